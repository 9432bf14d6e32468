"""How a scalar is written: the spaces of a type expression, and whether text stands in quotes.

Text that its author wrote without quotes stays so. Quotes are dropped only where no reader of YAML
can take the text for something else: YAML 1.1 reads ``on`` as a boolean and ``1:30`` as a number.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

from ackord.schema.expressions.tokens import tokenize
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Scalar

BLOCK_STYLES: Final = frozenset("|>")
"""The styles of block scalars."""

_UNQUOTED: Final = re.compile(r"[^\W\d][^:#{}\\]*|/[^:#{}\\]*")
"""Text that needs no quotes in block style, if it can be printed and has no space at its end."""
_FLOW_MARKS: Final = frozenset(",[]?")
_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Words that are no text in one of the versions of YAML, in lower case."""
_ESCAPES: Final = re.compile(r'(?:\\[\\"/]|[^\\])*')
"""The inside of double quotes without an escape for a character that can't be seen."""
_SPACED: Final = frozenset("|=")
_CLOSING: Final = frozenset("]}")


class Expressions:
    """Knows which scalars of a file are type expressions."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Take the places of all type expressions of the file."""
        self._starts = sorted((place.range.line, place.range.column) for place in places)

    def __contains__(self, scalar: Scalar) -> bool:
        at = scalar.place.range
        index = bisect_left(self._starts, (at.line, at.column))
        return index < len(self._starts) and self._starts[index] < (at.line, at.end_column)


def write_scalar(scalar: Scalar, raw: str, *, is_expression: bool, in_flow: bool) -> str:
    """Write a scalar of one line.

    Args:
        scalar: The scalar.
        raw: The text of the scalar in the file, quotes included.
        is_expression: Whether it is a type expression.
        in_flow: Whether the scalar is written between braces or brackets.
    """
    if scalar.style is None:
        return write_expression(scalar.text, ":") if is_expression else raw
    if not scalar.text.isprintable() or (scalar.style == '"' and not _ESCAPES.fullmatch(raw[1:-1])):
        return raw
    text = write_expression(scalar.text, ": ") if is_expression else scalar.text
    return text if _is_plain(text, in_flow=in_flow) else _quote(text)


def write_expression(text: str, colon: str = ": ") -> str:
    """Write a type expression with its canonical spaces.

    Without quotes, a colon in a default can't have a space after it.
    """
    written = ""
    for token in tokenize(text):
        if token.text in _SPACED and token.kind == "symbol":
            written += f" {token.text} "
        elif token.text == "," and token.kind == "symbol":
            written += ", "
        elif token.text == ":" and token.kind == "symbol":
            written += colon
        elif token.text in _CLOSING and token.kind == "symbol":
            written = written.removesuffix(", ") + token.text
        else:
            written += token.text
    return written


def _is_plain(text: str, *, in_flow: bool) -> bool:
    return (
        _UNQUOTED.fullmatch(text) is not None
        and not text[-1].isspace()
        and text.lower() not in _WORDS
        and not (in_flow and _FLOW_MARKS & set(text))
    )


def _quote(text: str) -> str:
    """Quote a text: in double quotes, or in single ones where those need fewer escapes."""
    if text.count('"') + text.count("\\") > text.count("'"):
        return "'" + text.replace("'", "''") + "'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
