"""Write docstrings and comments as ``ruff format`` leaves them."""

from __future__ import annotations

import inspect
import re
import textwrap

from ackord.codegen.python.layout import WIDTH

_QUOTES = '"""'
_NARROWEST = 40
_TAB = 4


def docstring(text: str, indent: int) -> str:
    """Give a docstring whose first line stands at column `indent`, without indentation before
    it.
    """
    lines = _wrap(_escape(text), WIDTH - indent)
    if not lines:
        return _QUOTES + _QUOTES
    first = f" {lines[0]}" if lines[0].startswith('"') else lines[0]
    margin = " " * indent
    if len(lines) > 1:
        body = "\n".join((margin + line) if line else "" for line in lines[1:])
        return f"{_QUOTES}{first}\n{body}\n{margin}{_QUOTES}"
    closing = f" {_QUOTES}" if first.endswith('"') else _QUOTES
    return _QUOTES + first + closing


def comment(text: str) -> str:
    """Give a text that stays on one line of a comment, and that isn't read as the declaration of an
    encoding there (PEP 263).
    """
    visible = "".join(
        character if character.isprintable() else _escaped(character)
        for character in text.replace("\\", "\\\\")
    )
    return re.sub(r"(?<=coding)[:=]", lambda match: _escaped(match[0]), visible)


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


def _dedented(text: str) -> list[str]:
    """Split into lines; those after the first are moved to the left as far as all of them go."""
    first, _, rest = inspect.cleandoc(text).strip().partition("\n")
    return [first, *textwrap.dedent(rest).split("\n")] if rest else [first]


def _wrap(text: str, width: int) -> list[str]:
    """Break lines that are too long; the author's own line breaks stay."""
    lines: list[str] = []
    for line in _dedented(text):
        stripped = line.strip()
        margin = line[: len(line) - len(line.lstrip())] if lines else ""
        # The first line has the quotes before it, and both where it is the only one.
        room = max(width - len(margin) - (0 if lines else 2 * len(_QUOTES) + 1), _NARROWEST)
        pieces = textwrap.wrap(stripped, room, break_long_words=False, break_on_hyphens=False) or [
            ""
        ]
        lines += [margin + piece if piece else "" for piece in pieces]
    while lines and not lines[-1]:
        lines.pop()
    return lines
