"""Texts and places in them."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, NamedTuple

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

    source: Source
    start: int
    """Offset in the text."""
    end: int

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.source.file

    @property
    def range(self) -> Range:
        """Lines and columns."""
        return self.source.range(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file, split into lines."""

    file: str
    """The name that diagnostics show, as the user gave it."""
    text: str
    lines: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """Without their line ends, split where YAML 1.2 splits (section 5.4)."""
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pieces = _LINE.findall(self.text)
        if len(pieces) > 1 and not pieces[-2].endswith(("\r", "\n")):
            pieces.pop()  # The text doesn't end with a line end, so no line begins at its end.
        object.__setattr__(self, "lines", tuple(piece.rstrip("\r\n") for piece in pieces))
        object.__setattr__(self, "_starts", (0, *accumulate(map(len, pieces[:-1]))))

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
