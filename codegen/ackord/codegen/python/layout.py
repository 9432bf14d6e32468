"""Breaks lines of rendered Python that are too long, as ``ruff format`` does by default.

A template prints each statement on one line, or one item a line with a comma after the last one.
`arrange` is for the lines that are longer than `WIDTH`, and only for those. It breaks them

- at brackets: one item a line, and a comma after the last item, after which ruff keeps one item a
  line;
- at the bars of a union: one member a line, in parentheses where no brackets are around it;
- for a name or a string: in parentheses, if it fits then.

Of several brackets in a line the last ones are broken first: brackets stay whole if the text up to
the next opening bracket fits into the line.

The reason for not using a formatter is in docs/decisions/0026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

WIDTH: Final = 88
"""The default line length of ``ruff format``."""
_INDENT: Final = 4
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_BAR: Final = " | "
_TOKEN: Final = re.compile(
    r"""[^\s"'()\[\]{},|]+(?:[ ](?!\|)[^\s"'()\[\]{},|]+)*"""  # most of all text
    r"""|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
    r"""|[()\[\]{}]|,[ ]?|\n|[ ]\|[ ]|.""",
    re.DOTALL,
)
_UNUSUAL: Final = re.compile(r"\n|,(?! )")
"""What brackets that were broken already have, or a tuple of one item."""
_DEF: Final = re.compile(r"((?:async )?def \w+.*) -> (.*)(:(?: \.\.\.)?)")
_ATTRIBUTE_OR_TEXT: Final = re.compile(r"""\w+(\.\w+)+|.*["']""", re.DOTALL)
_IMPORT: Final = re.compile(r"(from \S+ import )(.+)")


class _Brackets(NamedTuple):
    """Brackets that aren't empty."""

    opening: str
    items: tuple[str, ...]
    """The texts of the items, which are parsed only if they don't fit."""
    closing: str
    flat: str
    """The brackets and their content on one line."""
    is_single: bool
    """Whether a single item has a comma after it, which makes a tuple."""
    is_broken: bool
    """Whether the brackets were broken already."""
    keeps_comma_off: bool
    """Whether a single item gets no comma, because in a subscript that would make it a tuple."""


_Parts: TypeAlias = tuple["str | _Brackets", ...]
"""A sequence of text and brackets."""


def arrange(text: str) -> str:
    """Break the lines of some code that are too long."""
    lines = iter(text.split("\n"))
    return "\n".join(
        _arrange(_whole(line, lines)) if len(line) > WIDTH and not line.startswith("#") else line
        for line in lines
    )


def _whole(line: str, following: Iterator[str]) -> str:
    """Join the lines of a statement whose first line ends with an opening bracket."""
    closing = _CLOSING.get(line[-1])
    if closing is None:
        return line
    margin = line[: len(line) - len(line.lstrip())]
    items: list[str] = []
    for item in following:
        if item.startswith(margin + closing):
            return f"{line}{' '.join(items)}\n{item.strip()}"
        items.append(item.strip())
    raise AssertionError("a template opens a bracket and doesn't close it")


def _arrange(line: str) -> str:
    """Break one line."""
    body = line.lstrip(" ")
    indent = len(line) - len(body)
    margin = line[:indent]
    if imported := _IMPORT.fullmatch(body):
        inner = f"\n{margin}    ".join(("", *(f"{name}," for name in imported[2].split(", "))))
        return f"{margin}{imported[1]}({inner}\n{margin})"
    if found := _DEF.fullmatch(body):
        return margin + _definition(_parse(found[1]), _parse(found[2]), found[3], indent)
    parts = _parse(body.removesuffix(","))
    if body.endswith(","):
        return f"{margin}{_item(parts, indent, 1)},"
    if body.startswith("class "):
        parts = tuple(
            part._replace(keeps_comma_off=True) if isinstance(part, _Brackets) else part
            for part in parts
        )
    if body.startswith("return "):
        return margin + _assigned(("return",), " ", _parse(body[7:]), indent, 0)
    return margin + _item(parts, indent, 0, is_statement=True)


def _definition(head: _Parts, result: _Parts, end: str, indent: int) -> str:
    """Break the parameters of a function, and its return annotation if that is too long as well:
    ruff doesn't break the line within the annotation.
    """
    opened = "".join(part if isinstance(part, str) else _broken(part, indent) for part in head)
    column = indent + len(") -> ")
    is_name = len(result) == 1 and isinstance(result[0], str)
    written = _in_parentheses if is_name else _free
    return f"{opened} -> {written(result, indent, column, len(end))}{end}"


def _item(parts: _Parts, indent: int, tail: int, *, is_statement: bool = False) -> str:
    """Break a statement, or an item between brackets, behind which `tail` characters follow."""
    target, value = _split_once(parts, " = ")
    if value is not None:
        annotated = _split_once(target, ": ") if is_statement else (target, None)
        left = target if annotated[1] is None else annotated[0]
        return _assigned(left, " = ", value, indent, tail, annotation=annotated[1])
    if is_statement:
        name, annotation = _split_once(parts, ": ")
        if annotation is not None and len(name) == 1:
            head = f"{_flat(name)}: "
            return head + _free(annotation, indent, indent + len(head), tail)
    return _expression(parts, indent, indent, tail)


def _assigned(
    target: _Parts,
    sign: str,
    value: _Parts,
    indent: int,
    tail: int,
    *,
    annotation: _Parts | None = None,
) -> str:
    """Write a value after its target.

    The value is put into parentheses if it fits there and the part before its first bracket doesn't
    fit after the target. The same goes for a string or an attribute, and for a name or a number
    after an annotation that could be put into parentheses.
    """
    left = len(_flat(target)) + (0 if annotation is None else len(": ") + len(_flat(annotation)))
    room = WIDTH - indent - left - len(sign)
    is_union = len(_operands(value)) > 1
    is_text = len(value) == 1 and isinstance(value[0], str)
    may_wrap = not is_union
    if is_text:
        first = len(_flat(value)) + tail
        bars = annotation is not None and len(_operands(annotation)) > 1
        may_wrap = bars or _ATTRIBUTE_OR_TEXT.fullmatch(_flat(value)) is not None
    else:
        first = _head(value)
    inner = indent + _INDENT
    wrapped = ""
    if may_wrap and first > room >= 1:
        wrapped = f"(\n{' ' * inner}{_expression(value, inner, inner, 0)}\n{' ' * indent})"
        if any(len(line) > WIDTH for line in wrapped.split("\n")):
            wrapped = ""
    behind = 1 if wrapped or is_union else first
    if annotation is None:
        said = _expression(target, indent, indent, len(sign) + behind) + sign
    else:
        head = f"{_flat(target)}: "
        said = head + _free(annotation, indent, indent + len(head), len(sign) + behind) + sign
    if wrapped:
        return said + wrapped
    at = len(said.rpartition("\n")[2]) + (0 if "\n" in said else indent)
    if sign == " ":
        return said + _expression(value, indent, at, tail)
    return said + _free(value, indent, at, tail)


def _free(parts: _Parts, indent: int, column: int, tail: int) -> str:
    """Break an expression without brackets around it: unions and strings may be put into
    parentheses.
    """
    flat = _flat(parts)
    if column + len(flat) + tail <= WIDTH:
        return flat
    if len(_operands(parts)) > 1:
        inner = indent + _INDENT
        body = _expression(parts, inner, inner, 0)
        return f"(\n{' ' * inner}{body}\n{' ' * indent})"
    if flat.endswith(('"', "'")):
        return _in_parentheses(parts, indent, column, tail)
    return _expression(parts, indent, column, tail)


def _in_parentheses(parts: _Parts, indent: int, column: int, tail: int) -> str:
    """Put a name or a string into parentheses, if it fits then."""
    flat = _flat(parts)
    inner = indent + _INDENT
    if column + len(flat) + tail > WIDTH >= inner + len(flat):
        return f"(\n{' ' * inner}{flat}\n{' ' * indent})"
    return flat


def _expression(parts: _Parts, indent: int, column: int, tail: int) -> str:
    """Break a union at its bars, any other expression at its brackets."""
    operands = _operands(parts)
    if len(operands) > 1:
        flat = _flat(parts)
        if column + len(flat) + tail <= WIDTH:
            return flat
        first, *others, last = operands
        margin = f"\n{' ' * indent}| "
        lines = [_row(first, indent, column, 0)]
        lines += [_row(each, indent, indent + 2, 0) for each in others]
        return margin.join((*lines, _row(last, indent, indent + 2, tail)))
    return _row(parts, indent, column, tail)


def _row(parts: _Parts, indent: int, column: int, tail: int) -> str:
    """Break brackets that don't fit up to the next place where the line may end."""
    done = ""
    for position, part in enumerate(parts):
        if isinstance(part, str):
            done += part
            continue
        rest = parts[position + 1 :]
        at = len(done.rpartition("\n")[2]) + (0 if "\n" in done else column)
        flat = part.flat
        following = _head(rest) + (0 if any(isinstance(each, _Brackets) for each in rest) else tail)
        fits = not part.is_broken and at + len(flat) + following <= WIDTH
        done += flat if fits else _broken(part, indent)
    return done


def _broken(brackets: _Brackets, indent: int) -> str:
    inner = indent + _INDENT
    margin = " " * inner
    count = len(brackets.items)
    keeps_off = brackets.keeps_comma_off and count == 1 and not brackets.is_single
    comma = "" if keeps_off else ","
    room = WIDTH - inner - len(comma)
    items = [
        each
        if len(each) <= room and "\n" not in each  # most items
        else _item(_parse(each), inner, len(comma))
        for each in brackets.items
    ]
    body = "\n".join([f"{margin}{item}{comma}" for item in items])
    return f"{brackets.opening}\n{body}\n{' ' * indent}{brackets.closing}"


def _flat(parts: _Parts) -> str:
    if len(parts) == 1:  # most parameters and arguments
        return parts[0] if isinstance(parts[0], str) else parts[0].flat
    return "".join([part if isinstance(part, str) else part.flat for part in parts])


def _head(parts: _Parts) -> int:
    """Count the characters up to the first opening bracket, inclusive."""
    length = 0
    for part in parts:
        if isinstance(part, _Brackets):
            return length + len(part.opening)
        length += len(part)
    return length


def _operands(parts: _Parts) -> list[_Parts]:
    """Return the members of a union, or the expression itself."""
    if _BAR not in parts:
        return [parts]
    operands: list[list[str | _Brackets]] = [[]]
    for part in parts:
        if part == _BAR:
            operands.append([])
        else:
            operands[-1].append(part)
    return [tuple(operand) for operand in operands]


def _split_once(parts: _Parts, separator: str) -> tuple[_Parts, _Parts | None]:
    """Split at the first separator outside of brackets and strings."""
    for position, part in enumerate(parts):
        if isinstance(part, str) and part[:1] not in {'"', "'"} and separator in part:
            before, _, after = part.partition(separator)
            left = (*parts[:position], before) if before else parts[:position]
            right = (after, *parts[position + 1 :]) if after else parts[position + 1 :]
            return left, right
    return parts, None


def _parse(text: str) -> _Parts:
    """Parse text and brackets; empty brackets are text."""
    tokens = iter(_TOKEN.findall(text))
    parts: list[str | _Brackets] = []
    for token in tokens:
        first = token[0]
        if first in _CLOSING:
            _open(parts, token, tokens)
        elif first in "\"'" or token == _BAR:
            parts.append(token)
        elif first != "\n":
            _add(parts, token)
    return tuple(parts)


def _open(parts: list[str | _Brackets], opening: str, tokens: Iterator[str]) -> None:
    """Read brackets after some parts, and add them."""
    before = parts[-1] if parts else ""
    is_subscript = opening == "[" and (isinstance(before, _Brackets) or before[-1:].isidentifier())
    items, closing, is_broken = _items(tokens)
    if items == [""]:
        _add(parts, opening + closing)
        return
    has_comma = not items[-1]
    if has_comma:
        items.pop()
    is_single = has_comma and len(items) == 1 and not is_broken
    content = ", ".join(items)
    if _UNUSUAL.search(content):
        items = [each if "\n" in each else _line(each) for each in items]
        content = ", ".join(map(_line, items))
    flat = f"{opening}{content}{',' if is_single else ''}{closing}"
    parts.append(
        _Brackets(
            opening=opening,
            items=tuple(items),
            closing=closing,
            flat=flat,
            is_single=is_single,
            is_broken=is_broken,
            keeps_comma_off=is_subscript,
        )
    )


def _items(tokens: Iterator[str]) -> tuple[list[str], str, bool]:
    """Read up to a closing bracket.

    Returns:
        The items, of which the last one is empty after a comma; the closing bracket; and whether
        there is a line feed outside of other brackets.
    """
    items: list[str] = []
    current: list[str] = []
    depth = 0
    closing = ""
    is_broken = False
    for token in tokens:
        first = token[0]
        if first in _CLOSING:
            depth += 1
        elif first in ")]}":
            if not depth:
                closing = token
                break
            depth -= 1
        elif not depth and first == ",":
            items.append("".join(current))
            current = []
            continue
        elif not depth and first == "\n":
            is_broken = True
            continue
        current.append(token)
    items.append("".join(current))
    return items, closing, is_broken


def _line(text: str) -> str:
    """Return an item on one line, as it would be printed there."""
    return _flat(_parse(text)) if _UNUSUAL.search(text) else text


def _add(parts: list[str | _Brackets], text: str) -> None:
    if parts and isinstance(parts[-1], str) and parts[-1] != _BAR and parts[-1][:1] not in "\"'":
        parts[-1] += text
    else:
        parts.append(text)
