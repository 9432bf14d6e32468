"""Collects diagnostics.

Nothing in this package raises because of the content of a schema file: each reader reports problems
and goes on, so that one run shows all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from ackord.schema.diagnostics.diagnostic import Diagnostic, Related
from ackord.schema.diagnostics.gaps import Gap, without_follow_ups
from ackord.schema.diagnostics.ignores import Ignores
from ackord.schema.diagnostics.rules import RULES
from ackord.schema.source import Place

_MAX_SUGGESTING: Final = 100
"""Problems that get a did-you-mean, because looking for near names is slow."""
_MAX_CANDIDATES: Final = 1000


class Reporter:
    """Collects the diagnostics of one run."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self.ignores = Ignores()
        """The warnings that aren't reported."""
        self._gaps: list[Gap] = []
        self._suggestions = 0
        self._calls = 0

    @property
    def activity(self) -> int:
        """A number that grows with whatever a reader reports, notes or asks."""
        return self._calls + self.ignores.count

    def add(
        self,
        code: str,
        place: Place,
        message: str,
        *,
        hint: str | None = None,
        related: Iterable[Related] = (),
    ) -> None:
        """Report that a rule is broken, once for each place and message.

        The rule has the severity, and the hint if no `hint` is given.
        """
        self._calls += 1
        rule = RULES[code]
        ignore = self.ignores.find(code, place) if rule.severity == "warning" else None
        if ignore is not None:
            ignore.is_used = True
            return
        found = Diagnostic(
            code=code,
            severity=rule.severity,
            file=place.file,
            range=place.range,
            message=message,
            hint=hint or rule.hint,
            related=tuple(related),
        )
        self._found[found] = None

    def broken(self, gap: Gap) -> None:
        """Note that a part of a file couldn't be read, so that what is missing because of that
        isn't reported as well.
        """
        self._calls += 1
        self._gaps.append(gap)

    def include(self, other: Reporter) -> None:
        """Take all that another reporter has collected."""
        self._calls += other.activity
        self._found.update(other._found)  # of the same class
        self._gaps.extend(other._gaps)  # of the same class

    @property
    def has_errors(self) -> bool:
        """Whether an error was reported."""
        return any(found.severity == "error" for found in self._found)

    def nearest(self, name: str, known: Iterable[str]) -> str | None:
        """Return "did you mean …?" if a known name is near."""
        self._calls += 1
        if self._suggestions >= _MAX_SUGGESTING:
            return None
        self._suggestions += 1
        from difflib import get_close_matches  # noqa: PLC0415 - few files have errors

        candidates = list(islice(known, _MAX_CANDIDATES))
        matches = get_close_matches(name[:200], candidates, n=1, cutoff=0.6)
        if not matches:
            lower = {candidate.lower(): candidate for candidate in candidates}
            matches = [
                lower[near]
                for near in get_close_matches(name[:200].lower(), lower, n=1, cutoff=0.6)
            ]
        return f"did you mean {matches[0]!r}?" if matches else None

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Return what was found, in order of position."""
        found = without_follow_ups(self._found, self._gaps) if self._gaps else self._found
        return tuple(sorted(found, key=lambda one: (one.file, one.range, one.code, one.message)))
