"""The tree of a YAML file: scalars, sequences and mappings, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Literal, NamedTuple, TypeAlias

from ackord.schema.source import Block, Place, Source

ScalarKind: TypeAlias = Literal["text", "null", "bool", "int", "float"]

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_FIRST_OF_NUMBER = frozenset("-+.0123456789")
_INT = re.compile(r"[-+]?[0-9]{1,400}|0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_FINITE = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,6})?")
_SINGLE_QUOTED = re.compile(r"''|[^']")
_DOUBLE_QUOTED = re.compile(r"\\(?:x..|u....|U........|.)|[^\\]")


class Scalar(NamedTuple):
    """A plain, quoted or block scalar."""

    source: Source | Block
    start: int
    end: int
    text: str
    style: str | None
    """The quote or the block indicator; `None` for a plain scalar."""

    @property
    def place(self) -> Place:
        """The place of the scalar, quotes included."""
        return Place(self.source, self.start, self.end)

    @property
    def kind(self) -> ScalarKind:
        """The kind of the scalar in YAML 1.2's core schema (section 10.3.2)."""
        if self.style is not None:
            return "text"
        if self.text in _NULL:
            return "null"
        if self.text in _TRUE or self.text in _FALSE:
            return "bool"
        if self.text[0] not in _FIRST_OF_NUMBER:
            return "text"
        if _INT.fullmatch(self.text):
            return "int"
        return "float" if _FLOAT.fullmatch(self.text) else "text"

    def boolean(self) -> bool | None:
        """Return the value of a boolean."""
        return self.text in _TRUE if self.kind == "bool" else None

    def number(self) -> int | Decimal | None:
        """Return the exact value of a number; `None` if it isn't a number, is infinite or too
        large.
        """
        if self.kind == "int":
            return int(self.text, 0) if self.text[:2] in {"0o", "0x"} else int(self.text)
        return exact_decimal(self.text) if self.kind == "float" else None

    def inside(self, start: int, end: int) -> Place:
        """Return the place of a part of the text."""
        return self.at(self.offsets(), start, end)

    def at(self, offsets: SequenceOf[int] | None, start: int, end: int) -> Place:
        """Return the place of a part of the text, whose `offsets` the caller has taken once."""
        if offsets is None:
            return self.place
        if offsets.__class__ is range:  # most scalars are written as they are
            return Place(self.source, self.start + start, self.start + max(start, end))
        start = min(start, len(offsets) - 1)
        end = min(max(start, end), len(offsets) - 1)
        return Place(self.source, self.start + offsets[start], self.start + offsets[end])

    def offsets(self) -> SequenceOf[int] | None:
        """Return the offset of each character of the text, and of the end, from the scalar's start.

        `None` for a scalar over several lines, and for a block scalar, whose parts have the place
        of the whole.
        """
        raw = self.source.text[self.start : self.end]
        if self.style is None:
            return range(len(raw) + 1) if raw == self.text else None
        if "\n" in raw or "\r" in raw:
            return None
        pattern = {"'": _SINGLE_QUOTED, '"': _DOUBLE_QUOTED}.get(self.style)
        widths = [len(piece) for piece in pattern.findall(raw[1:-1])] if pattern else []
        return (
            tuple(accumulate(widths, initial=1))
            if pattern and len(widths) == len(self.text)
            else None
        )


def exact_decimal(text: str) -> Decimal | None:
    """Read a number with up to 400 digits and an exponent between -400 and 400; `None` for every
    other text.
    """
    if len(text) > 410 or not _FINITE.fullmatch(text):
        return None
    value = Decimal(text)
    return value if -400 <= value.adjusted() <= 400 else None


class Sequence(NamedTuple):
    """A list."""

    place: Place
    items: tuple[Node, ...]


class Entry(NamedTuple):
    """A key and its value."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; its keys are scalars and differ from each other."""

    place: Place
    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping


def is_null(node: Node) -> bool:
    """Return whether there is no value."""
    return isinstance(node, Scalar) and node.kind == "null"


def describe(node: Node) -> str:
    """Name the kind of a node, for messages."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar():
            names: dict[ScalarKind, str] = {
                "text": "text",
                "null": "nothing",
                "bool": "true or false",
                "int": "a number",
                "float": "a number",
            }
            return names[node.kind]
