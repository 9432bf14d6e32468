"""Scopes of names in generated code, and conflicts between names, for every target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet


class Scope:
    """Chooses names that differ from each other and from names that are taken."""

    def __init__(
        self,
        taken: Iterable[str] = (),
        *,
        keywords: AbstractSet[str] = frozenset(),
        form: Callable[[str], str] = str,
    ) -> None:
        """Make a scope.

        Args:
            taken: Names that are taken.
            keywords: Words of the language that are no names.
            form: Gives a name in the contract the form that the language demands.
        """
        # Not copied into `_taken`: there is a scope for each event, and each has all exports.
        self._before = taken if isinstance(taken, frozenset) else frozenset(taken)
        self._taken: set[str] = set()
        self._keywords = keywords
        self._form = form

    def claim(self, *candidates: str) -> str:
        """Take the first candidate that is free, or the last one with underscores after it."""
        free = next((name for name in candidates if self._is_free(name)), None)
        if free is None:
            free = f"{candidates[-1]}_"
            while not self._is_free(free):
                free += "_"
        self._taken.add(free)
        return free

    def claim_all(self, wanted: Sequence[str]) -> tuple[str, ...]:
        """Return a name for each wanted name, independent of their order.

        A name that isn't taken stays as it is. The others get underscores. Two of them may become
        equal; `clashes` finds these.
        """
        kept = {name for name in wanted if self._form(name) == name and self._is_free(name)}
        others = {name for name in wanted if name not in kept}
        self._taken |= kept
        changed: dict[str, str] = {}
        for name in others:
            free = f"{self._form(name).rstrip('_')}_"
            while not self._is_free(free):
                free += "_"
            changed[name] = free
        self._taken.update(changed.values())
        return tuple(changed.get(name, name) for name in wanted)

    def names(self) -> frozenset[str]:
        """Return all names that are taken."""
        return self._before | self._taken

    def _is_free(self, name: str) -> bool:
        return name not in self._before and name not in self._taken and name not in self._keywords


def clashes(
    declared: Sequence[str], given: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List the names that were given more than once, each with the names in the contract."""
    if len(set(given)) == len(given):
        return ()
    found: dict[str, list[str]] = {}
    for name, wanted in zip(given, declared, strict=True):
        found.setdefault(name, []).append(wanted)
    return tuple((name, tuple(who)) for name, who in found.items() if len(who) > 1)
