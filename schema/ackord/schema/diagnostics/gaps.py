"""Parts of files that couldn't be read, and what is reported only because they are missing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

from ackord.schema.diagnostics.diagnostic import Diagnostic
from ackord.schema.source import Place, Range, Source

_SYNTAX: Final = frozenset({"S004", "S005", "S006", "S007"})
"""Rules of YAML itself, which are never follow-ups."""
_OF_MAPPINGS: Final = frozenset({"S010", "S012", "S022", "S023", "S029", "S043", "S051"})
"""Rules that may be broken because an entry of a mapping is missing; they are reported at the key
of the mapping.
"""
_OF_SIBLINGS: Final = {
    "S043": frozenset({"name", "params"}),
    "S051": frozenset({"params"}),
    "S056": frozenset({"ack"}),
}
"""Rules that may be broken because one of these keys is missing in the same mapping."""
_OF_NAMES: Final = frozenset({"S021", "S031", "S039", "S042", "S046"})
"""Rules that may be broken because a declaration is missing."""

_Position: TypeAlias = tuple[int, int]


class Gap(NamedTuple):
    """A part of a file that couldn't be read."""

    place: Place
    key: str | None = None
    """The key of the part, if that could be read."""
    holders: tuple[Place, ...] = ()
    """The keys of the mappings that hold the part."""
    siblings: Place | None = None
    """The innermost of these mappings, unless that is the whole file."""
    names: frozenset[str] = frozenset()
    """Names that the part may declare."""


def without_follow_ups(found: Iterable[Diagnostic], gaps: Iterable[Gap]) -> Iterator[Diagnostic]:
    """Leave out what may be reported only because of gaps."""
    known = _Gaps(gaps)
    return (one for one in found if one.code in _SYNTAX or not known.may_cause(one))


class _Places:
    """Ranges of one file, for many questions."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._starts: list[_Position] = []
        self._ends: list[_Position] = []
        for one in sorted(ranges):
            start, end = (one.line, one.column), (one.end_line, one.end_column)
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(end, self._ends[-1])
            else:
                self._starts.append(start)
                self._ends.append(end)

    def hold(self, position: _Position) -> bool:
        index = bisect_right(self._starts, position) - 1
        return index >= 0 and position < self._ends[index]


class _Gaps:
    def __init__(self, gaps: Iterable[Gap]) -> None:
        ranges: defaultdict[tuple[str, str], list[Range]] = defaultdict(list)
        self._sources: dict[str, Source] = {}
        names: set[str] = set()
        for gap in gaps:
            file = gap.place.file
            self._sources[file] = gap.place.source.whole
            ranges[file, ""].append(gap.place.range)
            ranges[file, "holders"].extend(holder.range for holder in gap.holders)
            names |= gap.names
            for code, keys in _OF_SIBLINGS.items():
                if gap.siblings is not None and (gap.key is None or gap.key in keys):
                    ranges[file, code].append(gap.siblings.range)
        self._places = {key: _Places(found) for key, found in ranges.items()}
        self._names = names

    def may_cause(self, found: Diagnostic) -> bool:
        """Return whether something may be reported only because of a gap."""
        position = found.range.line, found.range.column
        kinds = ["", found.code]
        if found.code in _OF_MAPPINGS:
            kinds.append("holders")
        if any(
            (found.file, kind) in self._places and self._places[found.file, kind].hold(position)
            for kind in kinds
        ):
            return True
        return found.code in _OF_NAMES and not self._names.isdisjoint(self._words(found))

    def _words(self, found: Diagnostic) -> list[str]:
        """Return the names that a problem is about."""
        source, at = self._sources.get(found.file), found.range
        if source is None or at.line != at.end_line:
            return re.findall(r"\w+", " ".join(re.findall(r"'([^']*)'", found.message)))
        return re.findall(r"\w+", source.lines[at.line - 1][at.column - 1 : at.end_column - 1])
