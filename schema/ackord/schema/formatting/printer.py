"""Prints the tree of a schema file in the canonical style.

The printer walks through the tree in the order of the file, and takes each comment when it comes to
the node that the comment belongs to:

- a comment at the end of a line belongs to the entry on that line;
- a comment on a line of its own belongs to the entry below;
- if its line is indented deeper than the entry above, it belongs to that entry, or to the end of
  the list or mapping in it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from collections.abc import Sequence as Many
from itertools import accumulate
from typing import Final, TypeAlias

from ackord.schema.formatting.comments import Comment, find_comments
from ackord.schema.formatting.lines import Line, render
from ackord.schema.formatting.scalars import BLOCK_STYLES, Expressions, write_scalar
from ackord.schema.source import Source
from ackord.schema.yaml.nodes import Mapping, Node, Scalar, Sequence

WIDTH: Final = 100
"""Columns that a flow collection may reach, comments apart."""
STEP: Final = 2
"""Columns of a level."""

_Branch: TypeAlias = Mapping | Sequence
_Child: TypeAlias = tuple[str, int, int, Node]
"""What opens a line (``key:`` or ``-``), its offset and column in the file, and the value."""
_TO_COMMENT: Final = re.compile(r"[ \t]*:?[ \t]*,?[ \t]*")
_START: Final = re.compile(r"^---(?=\s)", re.MULTILINE)
_BLOCK_HEADER: Final = re.compile(r"[|>][+-]?[1-9]?[+-]?")


class Printer:
    """Prints one file; an instance is used once."""

    def __init__(self, source: Source, root: Mapping, expressions: Expressions) -> None:
        """Prepare the printing.

        Args:
            source: The file.
            root: The tree of all that is in the file.
            expressions: The type expressions of the file.

        Raises:
            IncompleteTreeError: The tree doesn't have all that is in the file.
        """
        self._root = root
        self._text = source.text
        pieces = (len(line) + 1 for line in source.text.split("\n"))
        self._starts = list(accumulate(pieces, initial=0))[:-1]
        self._expressions = expressions
        self._bodies: dict[int, list[str]] = {}
        """The lines below the header of each block scalar, by its offset."""
        spans = list(self._spans(root, 0))
        self._inside = {
            line for start, end in spans for line in range(self._line(start), self._line(end))
        }
        """Lines that end within a scalar: empty ones belong to the scalar."""
        self._atoms = [start for start, _ in spans]
        self._comments = find_comments(self._text, self._starts, spans)
        self._offsets = [comment.offset for comment in self._comments]
        self._next = 0
        self._lines: list[Line] = []
        self._is_glued = False
        """Whether the next line follows a dash, so that nothing may come between."""

    def print(self) -> str:
        """Return the formatted text."""
        first = self._first(self._root)
        start = _START.search(self._text, 0, first)
        if start is not None:
            self._above(self._take(start.start()), 0)
            line = Line(0, "---", self._at_end(start.end()))
            self._emit(line, blank=self._is_below_blank(self._line(start.start())))
        self._children(self._root, 0, in_flow=False)
        self._above(self._take(len(self._text)), 0)
        return render(self._lines)

    # Lists, mappings and their entries.

    def _children(self, node: _Branch, indent: int, *, in_flow: bool) -> None:
        in_flow = in_flow or self._is_flow(node)
        for opening, start, column, value in self._entries(node):
            self._above(self._take(start), indent)
            blank = self._is_below_blank(self._line(start)) if self._begins_line(start) else False
            child = (opening, start, column, value)
            inline = self._inline(value, in_flow=False)
            if inline is not None and self._fits(child, inline, indent):
                self._short(child, inline, indent, blank=blank, in_flow=in_flow)
            elif isinstance(value, Scalar):
                self._long(child, value, indent, blank=blank, in_flow=in_flow)
            elif opening == "-":
                self._item(child, value, indent, blank=blank, in_flow=in_flow)
            else:
                self._open(child, value, indent, blank=blank, in_flow=in_flow)

    def _entries(self, node: _Branch) -> Iterator[_Child]:
        if isinstance(node, Mapping):
            for entry in node.entries:
                start = entry.key.start
                key = self._scalar(entry.key, in_flow=False)
                yield f"{key}:", start, self._column(start), entry.value
            return
        column = node.place.range.column - 1
        is_flow = self._is_flow(node)
        for item in node.items:
            yield "-", self._start(item) if is_flow else self._dash(self._start(item)), column, item

    def _short(
        self, child: _Child, inline: str, indent: int, *, blank: bool, in_flow: bool
    ) -> None:
        """Print an entry with its value on one line."""
        opening, _, column, value = child
        before = self._take(self._start(value) if inline else 0)
        if not isinstance(value, Scalar):
            before += self._take(self._end(value))  # in empty braces
        at_end = self._at_end(self._end(value))
        if at_end is None and len(before) == 1 and not before[0].is_alone:
            at_end = before.pop()
        if before:
            self._above(before, indent, blank=blank)
            blank = False
        self._emit(Line(indent, f"{opening} {inline}".rstrip(), at_end), blank=blank)
        if not in_flow:
            self._above(self._take_deeper(self._end(value), column), indent + STEP)

    def _long(
        self, child: _Child, value: Scalar, indent: int, *, blank: bool, in_flow: bool
    ) -> None:
        """Print an entry with a scalar of several lines, or of one that is too long."""
        opening, start, column, _ = child
        body = self._bodies.get(value.start)
        before = self._take(value.start)
        at_end = before.pop(0) if before and not before[0].is_alone else None
        if before:
            self._above(before, indent, blank=blank)
            blank = False
        inner = indent + STEP
        if body is not None:
            end = self._header_end(value.start)
            header = re.sub("[1-9]", str(STEP), self._text[value.start : end])
            at_end = self._at_end(end) or at_end
            text = f"{opening} {header}"
            self._emit(Line(indent, text, at_end), blank=blank)
            self._lines += [Line(inner if text else 0, text) for text in body]
            return
        first, *others = self._flow_lines(value)
        if self._line(start) == self._line(value.start):
            self._emit(Line(indent, f"{opening} {first}", at_end), blank=blank)
        else:
            self._emit(Line(indent, opening, at_end), blank=blank)
            self._lines.append(Line(inner, first))
        self._lines += [Line(inner if text else 0, text) for text in others]
        self._lines[-1].comment = self._at_end(value.end)
        if not in_flow:
            self._above(self._take_deeper(value.end, column), inner)

    def _open(
        self, child: _Child, value: _Branch, indent: int, *, blank: bool, in_flow: bool
    ) -> None:
        """Print an entry of a mapping with a list or a mapping below."""
        opening, _, column, _ = child
        upcoming = self._peek(self._first(value))
        if upcoming is None and self._is_flow(value):
            at_end = self._at_end(self._end(value))
        elif upcoming is not None and not upcoming.is_alone:
            at_end = self._take_one()
        else:
            at_end = None
        self._emit(Line(indent, opening, at_end), blank=blank)
        self._children(value, indent + STEP, in_flow=in_flow)
        self._tail(value, column, indent + STEP, in_flow=in_flow)

    def _item(
        self, child: _Child, value: _Branch, indent: int, *, blank: bool, in_flow: bool
    ) -> None:
        """Print an item of a list that is a list or a mapping: its first line follows the dash."""
        _, _, column, _ = child
        before = self._take(self._first(value))
        at_end = self._at_end(self._end(value)) if self._is_flow(value) else None
        before += [] if at_end is None else [at_end]
        self._above(before, indent, blank=blank)
        if blank and not before:
            self._blank()
        first = len(self._lines)
        self._is_glued = True
        self._children(value, indent + STEP, in_flow=in_flow)
        while self._lines[first].is_comment:
            self._lines[first].indent = indent
            first += 1
        self._lines[first].indent = indent
        self._lines[first].text = f"- {self._lines[first].text}"
        self._tail(value, column, indent + STEP, in_flow=in_flow)

    def _tail(self, value: Node, column: int, indent: int, *, in_flow: bool) -> None:
        """Print the comments after the last entry of a list or a mapping."""
        if self._is_flow(value):
            rest = self._take(self._end(value))
            closing = self._at_end(self._end(value))
            self._above([*rest, *([] if closing is None else [closing])], indent)
        elif not in_flow:
            self._above(self._take_deeper(self._end(value), column), indent)

    # Values.

    def _inline(self, node: Node, *, in_flow: bool) -> str | None:
        """Return the value on one line; `None` if it has several in the file."""
        if isinstance(node, Scalar):
            if _is_absent(node):
                return ""
            is_long = node.style in BLOCK_STYLES or "\n" in self._text[node.start : node.end]
            return None if is_long else self._scalar(node, in_flow=in_flow)
        opening, closing = "{}" if isinstance(node, Mapping) else "[]"
        if self._is_empty(node):
            return opening + closing
        if not (in_flow or self._is_flow(node)):
            return None
        if "\n" in self._text[self._start(node) : self._end(node)]:
            return None
        if isinstance(node, Sequence):
            pieces = [self._inline(item, in_flow=True) or "" for item in node.items]
        else:
            keys = [self._scalar(entry.key, in_flow=True) for entry in node.entries]
            values = [self._inline(entry.value, in_flow=True) for entry in node.entries]
            pieces = [f"{key}: {value}" for key, value in zip(keys, values, strict=True)]
        return f"{opening}{', '.join(pieces)}{closing}"

    def _scalar(self, scalar: Scalar, *, in_flow: bool) -> str:
        raw = self._text[scalar.start : scalar.end]
        is_expression = scalar in self._expressions
        return write_scalar(scalar, raw, is_expression=is_expression, in_flow=in_flow)

    def _fits(self, child: _Child, inline: str, indent: int) -> bool:
        opening, start, _, value = child
        if indent + len(opening) + 1 + len(inline) <= WIDTH:
            return True
        if isinstance(value, Scalar):
            return self._line(start) == self._line(value.start)
        return self._is_empty(value)

    def _flow_lines(self, scalar: Scalar) -> list[str]:
        """Return the lines of a plain or quoted scalar without the spaces around them, which don't
        belong to the text.
        """
        raw = self._text[scalar.start : scalar.end]
        return [
            stripped + " " * (stripped.endswith("\\") and stripped != line.lstrip())
            for line in raw.split("\n")
            for stripped in [line.strip()]
        ]

    # The file.

    def _spans(self, node: Node, column: int) -> Iterator[tuple[int, int]]:
        """Return start and end of each scalar in their order; block scalars in two parts.

        Args:
            node: The node to begin with.
            column: The column of the list or mapping that the node is in.
        """
        if isinstance(node, Mapping):
            for entry in node.entries:
                yield entry.key.start, entry.key.end
                yield from self._spans(entry.value, self._column(entry.key.start))
        elif isinstance(node, Sequence):
            for item in node.items:
                yield from self._spans(item, node.place.range.column - 1)
        elif node.style in BLOCK_STYLES:
            yield node.start, self._header_end(node.start)
            yield self._body(node.start, column)
        elif not _is_absent(node):
            yield node.start, node.end

    def _header_end(self, start: int) -> int:
        header = _BLOCK_HEADER.match(self._text, start)
        return start if header is None else header.end()

    def _body(self, start: int, column: int) -> tuple[int, int]:
        """Find the lines below the header of a block scalar (YAML 1.2, section 8.1)."""
        number = self._line(start) + 1
        header = self._text[start : self._header_end(start)]
        digit = re.search("[1-9]", header)
        depth = 0 if digit is None else column + int(digit[0])
        body: list[str] = []
        for below in range(number, len(self._starts)):
            line = self._text[self._starts[below] : self._line_start(below + 1)].rstrip("\n")
            indent = len(line) - len(line.lstrip(" "))
            if indent < len(line):
                if not depth and indent > column:
                    depth = indent
                if indent < depth or not depth:
                    break
            body.append(line[depth:] if depth else "")
        while body and not body[-1] and "+" not in header:
            body.pop()
        self._bodies[start] = body
        first = self._line_start(number)
        return first, max(first, self._line_start(number + len(body)))

    def _line(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def _line_start(self, line: int) -> int:
        return self._starts[line] if line < len(self._starts) else len(self._text)

    def _column(self, offset: int) -> int:
        return offset - self._starts[self._line(offset)]

    def _start(self, node: Node) -> int:
        if isinstance(node, Scalar):
            return node.start
        return self._starts[node.place.range.line - 1] + node.place.range.column - 1

    def _end(self, node: Node) -> int:
        """Return the offset after a node: after its bracket, or after its last scalar."""
        if isinstance(node, Scalar):
            return node.end
        if self._is_flow(node) or self._is_empty(node):
            return self._starts[node.place.range.end_line - 1] + node.place.range.end_column - 1
        return self._end(node.entries[-1].value if isinstance(node, Mapping) else node.items[-1])

    def _first(self, node: Node) -> int:
        """Return the offset of the first scalar in a node."""
        if isinstance(node, Scalar) or self._is_empty(node):
            return self._start(node)
        if isinstance(node, Mapping):
            return node.entries[0].key.start
        return self._first(node.items[0])

    def _is_empty(self, node: _Branch) -> bool:
        return not (node.entries if isinstance(node, Mapping) else node.items)

    def _is_flow(self, node: Node) -> bool:
        return not isinstance(node, Scalar) and self._text[self._start(node)] == (
            "{" if isinstance(node, Mapping) else "["
        )

    def _dash(self, start: int) -> int:
        """Return the offset of the dash before an item of a list in block style."""
        dash = self._text.rfind("-", 0, start)
        while dash >= 0:
            index = bisect_right(self._offsets, dash) - 1
            if index < 0 or self._comments[index].line != self._line(dash):
                return dash
            dash = self._text.rfind("-", 0, dash)
        return start

    def _begins_line(self, offset: int) -> bool:
        return not self._text[self._starts[self._line(offset)] : offset].strip()

    def _is_below_blank(self, line: int) -> bool:
        above = line - 1
        return (
            above >= 0
            and above not in self._inside
            and not self._text[self._starts[above] : self._starts[line]].strip()
        )

    # Comments.

    def _peek(self, limit: int) -> Comment | None:
        if self._next < len(self._comments) and self._comments[self._next].offset < limit:
            return self._comments[self._next]
        return None

    def _take_one(self) -> Comment:
        self._next += 1
        return self._comments[self._next - 1]

    def _take(self, limit: int) -> list[Comment]:
        """Take all comments before an offset."""
        taken: list[Comment] = []
        while self._peek(limit) is not None:
            taken.append(self._take_one())
        return taken

    def _take_deeper(self, end: int, column: int) -> list[Comment]:
        """Take the comments below a node that are indented deeper than its entry."""
        taken: list[Comment] = []
        limit = self._next_atom(end)
        while (comment := self._peek(limit)) is not None and comment.column > column:
            taken.append(self._take_one())
        return taken

    def _at_end(self, end: int) -> Comment | None:
        """Take the comment after a node on the same line."""
        comment = self._peek(len(self._text))
        if comment is None or _TO_COMMENT.fullmatch(self._text, end, comment.offset) is None:
            return None
        return self._take_one()

    def _next_atom(self, offset: int) -> int:
        index = bisect_left(self._atoms, offset)
        return self._atoms[index] if index < len(self._atoms) else len(self._text)

    # Lines.

    def _above(self, comments: Many[Comment], indent: int, *, blank: bool = False) -> None:
        """Print comments on lines of their own."""
        for comment in comments:
            if blank or self._is_below_blank(comment.line):
                self._blank()
            self._lines.append(Line(indent, comment.text, is_comment=True))
            blank = False

    def _emit(self, line: Line, *, blank: bool) -> None:
        """Print a line, and the lines below that continue the comment at its end."""
        if blank:
            self._blank()
        self._is_glued = False
        self._lines.append(line)
        last = line.comment
        while last is not None:
            below = self._peek(self._next_atom(last.offset))
            last = (
                below
                if below is not None
                and below.is_alone
                and (below.line, below.column) == (last.line + 1, last.column)
                else None
            )
            if last is not None:
                self._lines.append(Line(line.indent, "", self._take_one()))

    def _blank(self) -> None:
        """Print an empty line, unless there is one, or nothing above."""
        if self._lines and not self._is_glued and _is_filled(self._lines[-1]):
            self._lines.append(Line(0, ""))


def _is_filled(line: Line) -> bool:
    return bool(line.text) or line.comment is not None


def _is_absent(scalar: Scalar) -> bool:
    return scalar.style is None and not scalar.text
