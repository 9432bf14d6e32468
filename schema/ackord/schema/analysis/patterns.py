"""Regular expressions of constraints."""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\b\{|\\.", re.DOTALL)
_ASCII: Final = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[0-9A-Za-z_]",
    r"\W": "[^0-9A-Za-z_]",
    r"\b": r"(?-u:\b)",
    r"\B": r"(?-u:\B)",
}
"""Character classes in ASCII, in a form that is also valid inside of another class."""
_ESCAPE_OR_CLASS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_OPEN: Final = re.compile(r"[*+|]|\{[0-9]+,\}|\(\?(?!:)")
"""Matches the parts of a pattern that may match text of any length."""


def ascii_pattern(pattern: str) -> str:
    r"""Write a pattern so that ``\d``, ``\w``, ``\b`` and ``\B`` know only ASCII's digits and
    letters, as in JavaScript.

    In Rust's regex crate, which pydantic uses, they match digits and letters of all scripts.
    """
    return _ESCAPE.sub(lambda match: _ASCII.get(match[0], match[0]), pattern)


def limits_length(pattern: str) -> bool:
    """Return whether a pattern certainly limits the length of a text, as ``^[a-z]{1,32}$`` does."""
    bare = _ESCAPE_OR_CLASS.sub(".", pattern)
    return bare.startswith("^") and bare.endswith("$") and _OPEN.search(bare) is None
