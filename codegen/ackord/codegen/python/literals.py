"""Writes values as Python literals, in the quotes that ``ruff format`` prefers."""

from __future__ import annotations

import math


def literal(value: object) -> str:
    """Write a string, a number, a boolean or `None`."""
    match value:
        case str():
            return text(value)
        case float() if math.isinf(value) or math.isnan(value):
            return f'float("{value}")'
        case None | bool() | int() | float():
            return repr(value)
        case _:
            message = f"no literal for {type(value).__name__}"
            raise TypeError(message)


def text(value: str) -> str:
    """Write a string in double quotes, unless single quotes need fewer escapes."""
    escaped = value
    if not value.isprintable() or "\\" in value:
        escaped = "".join(_character(character) for character in value)
    if value.count('"') > value.count("'"):
        return "'" + escaped.replace("'", "\\'") + "'"
    return '"' + escaped.replace('"', '\\"') + '"'


_SHORT = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _character(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
