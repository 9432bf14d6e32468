"""Writes texts as docstrings and comments, in the form of ``ruff format``."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ackord.codegen.python.layout import WIDTH

_QUOTES: Final = '"""'
_VERBATIM: Final = "\0"
"""Marks lines that `wrap` doesn't change; it is escaped in texts of a contract."""
_NARROWEST: Final = 40
"""The smallest width of a docstring's text, at any indentation."""
_TAB: Final = 4
_KEPT: Final = 4096
"""Texts that are kept: most stand in several modules."""
_FENCE: Final = re.compile(r"\s*(```|~~~)")
_BULLET: Final = re.compile(r"(?:[-*+]|\d+[.)]) +|`?\w+`?: +(?=\S)")
"""The beginning of a list's item, whose other lines are indented."""


@lru_cache(maxsize=_KEPT)
def said(text: str, indent: int = 0) -> str:
    """Return a text escaped for a docstring, with the lines after the first at column `indent`.

    Code blocks (indented or fenced) and tables keep their lines, of any length.
    """
    if text.isprintable():  # one line, as most texts
        return _escape(text).strip()
    lines = [
        f"{_VERBATIM if is_verbatim else ''}{' ' * indent}{line}" if line else ""
        for line, is_verbatim in _lines(_escape(text))
    ]
    lines[0] = lines[0].lstrip(f" {_VERBATIM}")
    return "\n".join(lines)


@lru_cache(maxsize=_KEPT)
def wrap(text: str, indent: int) -> str:
    """Return a docstring with its quotes, whose first line begins at column `indent`; `text` is its
    content.
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
    """Return a text as one line of a comment, which isn't read as the declaration of an encoding
    (PEP 263).
    """
    visible = "".join(
        character if character.isprintable() else _escaped(character)
        for character in text.replace("\\", "\\\\")
    )
    return re.sub(r"(?<=coding)[:=]", lambda match: _escaped(match[0]), visible)


def _lines(text: str) -> Iterator[tuple[str, bool]]:
    """Split into lines and remove the common indentation of the lines after the first; return also
    which lines belong to code blocks and tables.
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
    """Break a line that is too long; `quotes` is the width of the quotes beside its text."""
    room = max(WIDTH - len(margin), _NARROWEST)
    if quotes + len(text) <= room:  # most lines; looking for places to break takes time
        return [margin + text if text else ""]
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
    """Escape characters that would end the docstring, change its meaning or be invisible."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(_TAB)
    visible = normal.replace("\\", "\\\\")
    if not visible.replace("\n", "").isprintable():
        visible = "".join(
            character if character == "\n" or character.isprintable() else _escaped(character)
            for character in visible
        )
    return visible.replace(_QUOTES, '\\"\\"\\"')


def _escaped(character: str) -> str:
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
