"""Texts and places in them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import ClassVar, Final, NamedTuple

_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A range of text: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Place(NamedTuple):
    """A range of a file.

    Each part of a file has one, and few are ever shown: lines and columns are counted on demand.
    """

    source: Source | Block
    start: int
    """Offset in the text of the source."""
    end: int

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.source.file

    @property
    def range(self) -> Range:
        """Lines and columns."""
        return self.source.range(self.start, self.end)

    def holds(self, other: Place) -> bool:
        """Return whether another place is in this one."""
        shift = other.source.base - self.source.base
        return (
            self.file == other.file
            and self.start <= other.start + shift
            and other.end + shift <= self.end
        )


@dataclass(frozen=True)
class Source:
    """The text of one file, split into lines."""

    file: str
    """The name that diagnostics show, as the user gave it."""
    text: str
    base: ClassVar[int] = 0
    """See `Block`, whose places are used as those of a whole file."""

    @property
    def whole(self) -> Source:
        """See `Block`."""
        return self

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines without their line ends, split where YAML 1.2 splits (section 5.4)."""
        return tuple(piece.rstrip("\r\n") for piece in self._pieces)

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *accumulate(map(len, self._pieces[:-1])))

    @cached_property
    def _pieces(self) -> list[str]:
        pieces = _LINE.findall(self.text)
        if len(pieces) > 1 and not pieces[-2].endswith(("\r", "\n")):
            pieces.pop()  # The text doesn't end with a line end, so no line begins at its end.
        return pieces

    def place(self, start: int, end: int) -> Place:
        """Turn two offsets into a place."""
        return Place(self, start, end)

    def range(self, start: int, end: int) -> Range:
        """Turn two offsets into lines and columns."""
        return Range(*self._position(start), *self._position(max(start, end)))

    def _position(self, offset: int) -> tuple[int, int]:
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


@dataclass(slots=True, eq=False)
class Block:
    """An entry of a mapping, from the line of its key to the next entry, which is read alone.

    Its places count from its own beginning, so that what was read of it is still right after the
    text above it has changed: only `whole` and `base` are other ones then.
    """

    text: str
    whole: Source
    """The file that the block is in."""
    base: int
    """Where the text begins in the file."""
    file: str = field(init=False)
    """The name of the file."""
    readings: dict[tuple[object, int], object] = field(
        init=False, default_factory=dict[tuple[object, int], object]
    )
    """What readers have made of the entries in the block, by the reader and the entry's start."""

    def __post_init__(self) -> None:
        self.file = self.whole.file

    def range(self, start: int, end: int) -> Range:
        """Turn two offsets in the block into lines and columns of the file."""
        return self.whole.range(self.base + start, self.base + end)

    def place(self, start: int, end: int) -> Place:
        """Turn two offsets in the block into a place."""
        return Place(self, start, end)


def invisible_name(character: str) -> tuple[str, str] | None:
    """Describe an invisible character that isn't a space in YAML, with a hint; return `None` for
    every other character.
    """
    category = unicodedata.category(character)
    if category not in {"Zs", "Cf"} or character == " ":
        return None
    name = unicodedata.name(character, "invisible character").lower()
    article = "an" if name[0] in "aeiou" else "a"
    what = f"this is {article} {name} (U+{ord(character):04X}), which YAML takes for no space"
    return what, "write an ordinary space" if category == "Zs" else "remove it"
