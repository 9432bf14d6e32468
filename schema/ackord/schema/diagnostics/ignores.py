"""The warnings that a schema file ignores, each in a part of the file and with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ackord.schema.source import Place


@dataclass(slots=True, eq=False)
class Ignore:
    """One entry of ``ignore:``."""

    code: str
    place: Place
    """The place of the code."""
    part: Place
    """The part of the file that the entry is about."""
    is_used: bool = False


class Ignores:
    """All entries, of all files of a contract."""

    def __init__(self) -> None:
        self._found: dict[str, list[Ignore]] = {}
        self.count = 0
        """How many entries there are."""

    def __iter__(self) -> Iterator[Ignore]:
        return (one for ignores in self._found.values() for one in ignores)

    def add(self, ignore: Ignore) -> None:
        """Add an entry."""
        self.count += 1
        self._found.setdefault(ignore.code, []).append(ignore)

    def find(self, code: str, place: Place) -> Ignore | None:
        """Return the entry with the smallest part that a place is in."""
        around = [one for one in self._found.get(code, ()) if one.part.holds(place)]
        return min(around, key=lambda one: one.part.end - one.part.start, default=None)
