"""Problems of schema files, as data.

Nothing in this package raises because of what a schema file says: each reader reports what it finds
and goes on, so that one run shows everything that is wrong.
`CODES` in `rules.py` lists what can be reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from ackord.schema.diagnostics.rules import CODES
from ackord.schema.source import Place, Range

Severity: TypeAlias = Literal["error", "warning"]
"""Errors keep a contract from being used, warnings don't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place that a problem has to do with."""

    message: str
    file: str
    range: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem."""

    code: str
    """A key of `CODES`; its meaning never changes."""
    severity: Severity = "error"
    file: str
    range: Range
    message: str
    hint: str | None = None
    """What to do, where that can be said."""
    related: tuple[Related, ...] = ()


_MAX_SUGGESTING = 100
"""So many problems get a did-you-mean: looking for near names is slow, and nobody reads on for that
long.
"""
_MAX_CANDIDATES = 1000


class Reporter:
    """Collects the diagnostics of one run."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self._ignored: frozenset[str] = frozenset()
        self._suggestions = 0

    def error(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        hint: str | None = None,
        related: Iterable[Related] = (),
    ) -> None:
        """Report a problem that keeps the contract from being used; one that was reported before is
        not repeated.
        """
        self._add("error", code, place, message, hint, related)

    def warning(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        hint: str | None = None,
        related: Iterable[Related] = (),
    ) -> None:
        """Report what is likely to go wrong in a contract that can be used, unless the file ignores
        the code.
        """
        if code in self._ignored:
            return
        self._add("warning", code, place, message, hint, related)

    def _add(  # noqa: PLR0917  # passed on as they come
        self,
        severity: Severity,
        code: str,
        place: Place,
        message: str,
        hint: str | None,
        related: Iterable[Related],
    ) -> None:
        assert code in CODES, code  # noqa: S101 - a misspelled code is our bug
        found = Diagnostic(
            code=code,
            severity=severity,
            file=place.file,
            range=place.range,
            message=message,
            hint=hint,
            related=tuple(related),
        )
        self._found[found] = None

    def ignore(self, codes: frozenset[str]) -> None:
        """Report no warnings with these codes from now on."""
        self._ignored = codes

    @property
    def has_errors(self) -> bool:
        """Whether something keeps the contract from being used."""
        return any(found.severity == "error" for found in self._found)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take over what another reporter has collected."""
        self._found.update(dict.fromkeys(diagnostics))

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """Say "did you mean …?" where a known name is near."""
        if self._suggestions >= _MAX_SUGGESTING:
            return None
        self._suggestions += 1
        candidates = list(known)[:_MAX_CANDIDATES]
        matches = get_close_matches(name[:200], candidates, n=1, cutoff=0.6)
        if not matches:
            lower = {candidate.lower(): candidate for candidate in candidates}
            matches = [
                lower[near]
                for near in get_close_matches(name[:200].lower(), lower, n=1, cutoff=0.6)
            ]
        return f"did you mean {matches[0]!r}?" if matches else None

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Give what was found, in order of position."""
        return tuple(
            sorted(
                self._found, key=lambda found: (found.file, found.range, found.code, found.message)
            )
        )


def related(message: str, place: Place) -> Related:
    """Make a related place."""
    return Related(message=message, file=place.file, range=place.range)
