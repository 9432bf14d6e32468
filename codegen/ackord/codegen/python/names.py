"""Names in generated Python: escapes, and conflicts between names."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

MODULES: Final = frozenset({"types", "events", "server", "client", "client_sync", "contract"})
"""The generated package's own modules; a name in ``__init__.py`` would hide one."""


class Scope:
    """Chooses names that differ from each other and from names that are taken."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

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
        kept = {name for name in wanted if attribute(name) == name and self._is_free(name)}
        others = {name for name in wanted if name not in kept}
        self._taken |= kept
        changed: dict[str, str] = {}
        for name in others:
            free = f"{attribute(name).rstrip('_')}_"
            while not self._is_free(free):
                free += "_"
            changed[name] = free
        self._taken.update(changed.values())
        return tuple(changed.get(name, name) for name in wanted)

    def names(self) -> frozenset[str]:
        """Return all names that are taken."""
        return frozenset(self._taken)

    def _is_free(self, name: str) -> bool:
        return name not in self._taken and not keyword.iskeyword(name)


def attribute(name: str) -> str:
    """Make the name of a field or parameter an identifier that is neither private nor special.

    ``_id`` becomes ``id_``: a leading underscore makes pydantic take a field for a private
    attribute.
    """
    plain = name.lstrip("_")
    leading = len(name) - len(plain)
    return f"{plain}_" if leading and not plain.endswith("_") else plain


def members(names: Sequence[str], taken: AbstractSet[str]) -> tuple[str, ...]:
    """Name fields, arguments or parameters, none of which may be one of those that are taken."""
    return Scope(taken).claim_all(names)


def clashes(
    declared: Sequence[str], given: Sequence[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """List the names that were given more than once, each with the names in the contract."""
    found: dict[str, list[str]] = {}
    for name, wanted in zip(given, declared, strict=True):
        found.setdefault(name, []).append(wanted)
    return tuple((name, tuple(who)) for name, who in found.items() if len(who) > 1)
