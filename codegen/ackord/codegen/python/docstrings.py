"""Write texts into docstrings and comments, as ``ruff format`` leaves them."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Final

from ackord.codegen.python.layout import WIDTH

_QUOTES: Final = '"""'
_VERBATIM: Final = "\0"
"""Begins lines that `wrap` leaves as they are; it is escaped in texts of a contract."""
_NARROWEST: Final = 40
"""Columns that the text of a docstring has at least, however deep it stands."""
_TAB: Final = 4
_FENCE: Final = re.compile(r"\s*(```|~~~)")
_BULLET: Final = re.compile(r"(?:[-*+]|\d+[.)]) +|`?\w+`?: +(?=\S)")
"""Begins an item of a list, whose other lines are indented."""


def said(text: str, indent: int = 0) -> str:
    """Give a text that can stand in a docstring, its lines after the first at column `indent`.

    Code blocks (indented or fenced) and tables keep their lines, however long these are.
    """
    lines = [
        f"{_VERBATIM if is_verbatim else ''}{' ' * indent}{line}" if line else ""
        for line, is_verbatim in _lines(_escape(text))
    ]
    lines[0] = lines[0].lstrip(f" {_VERBATIM}")
    return "\n".join(lines)


def wrap(text: str, indent: int) -> str:
    """Print a docstring, the quotes with it, whose first line stands at column `indent`; `text` is
    what stands between the quotes.
    """
    margin = " " * indent
    first, *others = text.rstrip().split("\n")
    quotes = len(_QUOTES) * (1 if others else 2)
    lines = _wrapped(first.strip(), margin, quotes)
    for line in others:
        if line.startswith(_VERBATIM):
            lines.append(line.removeprefix(_VERBATIM))
        else:
            lines += _wrapped(line.strip(), line[: len(line) - len(line.lstrip())], 0)
    opening = margin + _QUOTES + (" " if first.strip().startswith('"') else "")
    body = "\n".join((opening + lines[0].removeprefix(margin), *lines[1:]))
    if len(lines) > 1:
        return f"{body}\n{margin}{_QUOTES}"
    return body + (" " if lines[0].endswith('"') else "") + _QUOTES


def comment(text: str) -> str:
    """Give a text that stays on one line of a comment, and that isn't read as the declaration of an
    encoding there (PEP 263).
    """
    visible = "".join(
        character if character.isprintable() else _escaped(character)
        for character in text.replace("\\", "\\\\")
    )
    return re.sub(r"(?<=coding)[:=]", lambda match: _escaped(match[0]), visible)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Split into lines, those after the first moved to the left as far as all of them go; say which
    ones belong to code blocks and tables.
    """
    first, _, rest = inspect.cleandoc(text).strip().partition("\n")
    is_fenced = False
    is_list = False
    for line in (first, *textwrap.dedent(rest).split("\n")) if rest else (first,):
        is_fence = _FENCE.match(line) is not None
        is_fenced ^= is_fence
        is_indented = line.startswith(" " * _TAB) and not is_list
        yield line.rstrip(), is_fenced or is_fence or is_indented or line.lstrip().startswith("|")
        if line.strip() and not line.startswith(" "):
            is_list = _BULLET.match(line) is not None


def _wrapped(text: str, margin: str, quotes: int) -> list[str]:
    """Break a line that is too long; `quotes` is what stands beside its text."""
    room = max(WIDTH - len(margin), _NARROWEST)
    hanging = " " * (2 if text[:1] in "-*+" else 4) if _BULLET.match(text) and not quotes else ""
    pieces = textwrap.wrap(
        " " * quotes + text if quotes else text,
        room,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [
        margin + piece.lstrip() if not position else margin + piece
        for position, piece in enumerate(pieces)
    ] or [""]


def _escape(text: str) -> str:
    """Escape what would end the docstring, change its meaning or not be visible."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(_TAB)
    visible = "".join(
        character if character == "\n" or character.isprintable() else _escaped(character)
        for character in normal.replace("\\", "\\\\")
    )
    return visible.replace(_QUOTES, '\\"\\"\\"')


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
