"""Texts and places in them."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """A range of text: lines and columns count from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A range of a file."""

    file: str
    range: Range


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
        pieces = _split_lines(self.text)
        object.__setattr__(self, "lines", tuple(piece.rstrip("\r\n") for piece in pieces))
        object.__setattr__(self, "_starts", (0, *accumulate(len(piece) for piece in pieces[:-1])))

    def place(self, start: int, end: int) -> Place:
        """Turn two offsets into a place."""
        line, column = self._position(start)
        end_line, end_column = self._position(max(start, end))
        return Place(self.file, Range(line, column, end_line, end_column))

    def _position(self, offset: int) -> tuple[int, int]:
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def _split_lines(text: str) -> list[str]:
    """Split after each line end; the last piece is empty if the text ends with one."""
    pieces: list[str] = []
    start = 0
    for index, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            pieces.append(text[start : index + 1])
            start = index + 1
    pieces.append(text[start:])
    return pieces


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
