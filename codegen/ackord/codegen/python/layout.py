"""Lay out Python as ``ruff format`` would with its default settings.

A document is text with groups in it; a group is printed on one line where it fits, and one item a
line where it doesn't. The algorithm is the one of Wadler's "A prettier printer", as Prettier and
ruff refine it: whether a group fits is measured up to the first place after it where a line may
end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

WIDTH: Final = 88
"""The line length of ``ruff format`` where nothing else is configured."""
UNLIMITED: Final = 1_000_000
"""A line length that everything fits into."""
_INDENT: Final = 4


@dataclass(frozen=True, slots=True)
class Concat:
    """Documents one after the other."""

    parts: tuple[Doc, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line may end; `flat` is printed where it doesn't."""

    flat: str = ""


@dataclass(frozen=True, slots=True)
class Nest:
    """A document whose lines are indented one step more."""

    body: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """A document that is broken at all of its own lines or at none."""

    body: Doc
    broken: bool = False
    """Whether it is broken even where it fits."""
    bare: bool = False
    """Whether it has no brackets of its own."""


@dataclass(frozen=True, slots=True)
class IfBroken:
    """Text that only a broken group has."""

    text: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """Text that goes into parentheses where it fits only there."""

    text: str
    after: int = 0
    """How much must fit behind it."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A target and its value, which goes into parentheses where not even its first brackets fit
    behind the target.
    """

    target: Doc
    value: Doc
    operator: str = " = "


Doc: TypeAlias = str | Concat | Line | Nest | Group | IfBroken | Fitted | Assignment


def concat(*parts: Doc) -> Doc:
    """Put documents one after the other."""
    return Concat(parts)


def brackets(
    opening: str, items: Iterable[Doc], closing: str, *, comma: bool = True, broken: bool = False
) -> Doc:
    """List items between brackets, with a comma after the last one where they stand one a line."""
    listed = tuple(items)
    if not listed:
        return opening + closing
    inner: list[Doc] = [Line()]
    for position, item in enumerate(listed):
        inner += [",", Line(" "), item] if position else [item]
    trailing = IfBroken("," if comma else "")
    return Group(
        Concat((opening, Nest(Concat((*inner, trailing))), Line(), closing)), broken=broken
    )


def call(function: str, items: Iterable[Doc], *, broken: bool = False) -> Doc:
    """Call a function."""
    return brackets(f"{function}(", items, ")", broken=broken)


def tuple_of(items: Sequence[Doc]) -> Doc:
    """Write a tuple."""
    if len(items) == 1:
        return brackets("(", (concat(items[0], ","),), ")", comma=False)
    return brackets("(", items, ")")


def subscript(name: str, items: Iterable[Doc]) -> Doc:
    """Subscript a generic type.

    A single item gets no trailing comma, as that would make it a tuple.
    """
    listed = tuple(items)
    return brackets(f"{name}[", listed, "]", comma=len(listed) > 1)


def alternatives(operands: Iterable[Doc]) -> Doc:
    """Join types with ``|``."""
    listed = tuple(operands)
    if len(listed) == 1:
        return listed[0]
    parts: list[Doc] = []
    for operand in listed:
        separator: tuple[Doc, ...] = (Line(" "), "| ") if parts else ()
        inner = (
            operand.body.parts
            if isinstance(operand, Group) and operand.bare and isinstance(operand.body, Concat)
            else (operand,)
        )
        parts += [*separator, *inner]
    return Group(Concat(tuple(parts)), bare=True)


def parenthesized(body: Doc) -> Doc:
    """Put parentheses around a document that doesn't fit on its line."""
    return Group(Concat((IfBroken("("), Nest(Concat((Line(), body))), Line(), IfBroken(")"))))


def assignment(target: Doc, value: Doc) -> Doc:
    """Assign a value, which goes into parentheses where it is too long and has no brackets of its
    own.
    """
    return Assignment(target, fitted(value))


def returned(value: Doc) -> Doc:
    """Return a value."""
    return Assignment("return", value, " ")


def block(head: Doc, *body: Doc) -> Doc:
    """Put statements below the head of a compound one."""
    return Concat(
        (
            head,
            Group(
                Nest(Concat(tuple(part for statement in body for part in (Line(), statement)))),
                broken=True,
            ),
        )
    )


def fitted(value: Doc) -> Doc:
    """Leave a document with brackets of its own as it is, and put parentheses around others where
    that makes them fit.
    """
    match value:
        case str():
            return Fitted(value) if value.endswith(('"', "'")) else value
        case Group(bare=True):
            return parenthesized(value)
        case _:
            return value


@dataclass(frozen=True, slots=True)
class _Cell:
    """A document and how it is to be printed."""

    indent: int
    broken: bool
    doc: Doc


def layout(doc: Doc, indent: int = 0, *, width: int = WIDTH) -> str:
    """Print a document whose first line stands at column `indent`; the result has no indentation
    before its first line.
    """
    out: list[str] = []
    column = indent
    stack = [_Cell(indent, True, doc)]
    while stack:
        cell = stack.pop()
        match cell.doc:
            case Concat() | Nest():
                stack.extend(_inside(cell))
            case Assignment():
                stack.append(
                    _Cell(
                        cell.indent,
                        cell.broken,
                        _arranged(cell.doc, width - column, width - cell.indent - _INDENT),
                    )
                )
            case Group(body):
                fits = not _must_break(cell.doc) and _fits(
                    _Cell(cell.indent, False, body), stack, width - column
                )
                stack.append(_Cell(cell.indent, not fits, body))
            case _:
                text = _text(cell, column, width)
                out.append(text)
                _, newline, last = text.rpartition("\n")
                column = len(last) if newline else column + len(text)
    return "".join(out)


def _arranged(doc: Assignment, room: int, inner_room: int) -> Doc:
    """Put a value behind its target, in parentheses where its first brackets don't fit there but
    one more would.

    So it is with a name or a number, where the target would be put into parentheses otherwise.
    """
    left = len(layout(doc.target, width=UNLIMITED) + doc.operator)
    if (
        isinstance(doc.value, str | Fitted)
        and isinstance(doc.target, Concat)
        and _has_optional_parentheses(doc.target.parts[-1])
    ):
        length = len(doc.value if isinstance(doc.value, str) else doc.value.text)
        if left + length > room >= left + 1 and length <= inner_room:
            return Concat(
                (
                    doc.target,
                    doc.operator,
                    "(",
                    Group(Concat((Nest(Concat((Line(), doc.value))), Line())), broken=True),
                    ")",
                )
            )
    head, bracket, _ = layout(doc.value, width=UNLIMITED).partition("\n")[0].partition("(")
    opening = len(head + bracket)
    if (
        isinstance(doc.value, Group)
        and bracket
        and left + opening > room >= left + 1
        and opening <= inner_room
    ):
        inner = Group(Concat((Nest(Concat((Line(), doc.value))), Line())), broken=True)
        return Concat((doc.target, doc.operator, "(", inner, ")"))
    return Concat((doc.target, doc.operator, doc.value))


def _has_optional_parentheses(doc: Doc) -> bool:
    return (
        isinstance(doc, Group)
        and isinstance(doc.body, Concat)
        and doc.body.parts[:1] == (IfBroken("("),)
    )


def _inside(cell: _Cell) -> Iterator[_Cell]:
    """Give what a document consists of, last part first."""
    match cell.doc:
        case Concat(parts):
            return (_Cell(cell.indent, cell.broken, part) for part in reversed(parts))
        case Nest(body):
            return iter((_Cell(cell.indent + _INDENT, cell.broken, body),))
        case Group(body):
            return iter((_Cell(cell.indent, cell.broken, body),))
        case Assignment(target, value, operator):
            return iter(_Cell(cell.indent, cell.broken, part) for part in (value, operator, target))
        case _:
            return iter(())


def _text(cell: _Cell, column: int, width: int) -> str:
    """Give the text of a document that has no parts."""
    match cell.doc:
        case str(text):
            return text
        case Line(flat):
            return f"\n{' ' * cell.indent}" if cell.broken else flat
        case IfBroken(text):
            return text if cell.broken else ""
        case Fitted(text, after):
            inner = cell.indent + _INDENT
            fits_only_there = column + len(text) + after > width >= inner + len(text)
            return f"(\n{' ' * inner}{text}\n{' ' * cell.indent})" if fits_only_there else text
        case _:
            return ""


def _must_break(doc: Doc) -> bool:
    """Say whether a group, or one within it, is broken in any case."""
    match doc:
        case Group(body, broken):
            return broken or _must_break(body)
        case Concat(parts):
            return any(_must_break(part) for part in parts)
        case Nest(body):
            return _must_break(body)
        case Assignment(target, value):
            return _must_break(target) or _must_break(value)
        case _:
            return False


def _fits(candidate: _Cell, rest: list[_Cell], room: int) -> bool:
    """Say whether a document, and what follows up to the next place where a line may end, fits into
    the room that is left.
    """
    pending = [candidate]
    following = len(rest)
    while room >= 0:
        if not pending:
            if following == 0:
                return True
            following -= 1
            pending.append(rest[following])
            continue
        cell = pending.pop()
        match cell.doc:
            case Concat() | Nest() | Group() | Assignment():
                pending.extend(_inside(cell))
            case Line() if cell.broken:
                return True
            case _:
                room -= len(_text(cell, 0, UNLIMITED))
    return False
