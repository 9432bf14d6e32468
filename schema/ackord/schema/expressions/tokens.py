"""The tokens of a one-line type expression."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from ackord.schema.source import invisible_name

TokenKind: TypeAlias = Literal["name", "string", "number", "symbol", "end"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*(?:[.-][A-Za-z0-9_]+)*"
NAME = re.compile(_NAME)
_TOKEN = re.compile(
    rf"""[ \t\r\n]*(?:
        (?P<name>{_NAME})
      | (?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{{4}})*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9_.]))
      | (?P<symbol>[\[\]{{}},|?=:])
      | (?P<end>\Z)
    )""",
    re.VERBOSE,
)


_WORD = re.compile(r"[\w.+-]+|.", re.DOTALL)
_CALL = re.compile(r"([A-Za-z][A-Za-z0-9_]*)[(<]([^()<>]{0,200})")
_ARGUMENT = re.compile(r"([a-z_]+) *[=:] *([^,=:]+)")
_VARIADIC = re.compile(r"tuple\[([^\[\],]+),")
_NOT_FINITE = re.compile(r"[-+]?\.?(?:inf|infinity|nan)", re.IGNORECASE)


class ExpressionError(Exception):
    """An expression doesn't follow the grammar; never leaves `parser.py`."""

    def __init__(self, start: int, end: int, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint


class Token(NamedTuple):
    """One token; `start` and `end` are offsets in the expression."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def shown(self) -> str:
        """The token for messages."""
        return "the end" if self.kind == "end" else repr(self.text)


_SHORT: Final = 100
"""Characters of an expression that is worth keeping: short ones stand in many fields."""


def tokenize(text: str) -> tuple[Token, ...]:
    """Split an expression; the last token is ``end``."""
    return _tokenize_short(text) if len(text) <= _SHORT else _tokenize(text)


@lru_cache(maxsize=1000)
def _tokenize_short(text: str) -> tuple[Token, ...]:
    return _tokenize(text)


def _tokenize(text: str) -> tuple[Token, ...]:
    tokens: list[Token] = []
    position = 0
    for match in _TOKEN.finditer(text):
        if match.start() != position:
            break
        kind: TokenKind = match.lastgroup  # type: ignore[assignment]  # the groups are named after the kinds
        start, position = match.span(kind)
        tokens.append(Token(kind, match[kind], start, position))
        if kind == "end":
            return tuple(tokens)
    raise _unreadable(text, position)


def string_value(token: Token) -> str | None:
    """Decode a string; `None` if it has a lone surrogate."""
    value: str = json.loads(token.text)
    return None if re.search("[\ud800-\udfff]", value) else value


def _unreadable(text: str, position: int) -> ExpressionError:
    start = position + len(text[position:]) - len(text[position:].lstrip(" \t\r\n"))
    character = text[start]
    invisible = invisible_name(character)
    if invisible is not None:
        return ExpressionError(start, start + 1, *invisible)
    if character == '"':
        return ExpressionError(
            start, len(text), "this string doesn't end, or holds an escape that JSON doesn't know"
        )
    if character == "'":
        return ExpressionError(
            start, start + 1, 'unexpected "\'"', "strings stand in double quotes"
        )
    if character in "()<>":
        return ExpressionError(start, start + 1, f"unexpected {character!r}", _call_hint(text))
    word = _WORD.match(text, start)
    found = word[0] if word else character
    return ExpressionError(
        start, start + len(found), f"unexpected {found!r}", _word_hint(text, start, found)
    )


def _call_hint(text: str) -> str:
    """Return the hint for a type with constraints written like a call: ``str(max_length=5)``."""
    call = _CALL.search(text)
    name = call[1] if call else ""
    if call is None or name.lower() in {"list", "array", "set", "map", "dict", "tuple", "literal"}:
        return "types take square brackets, as in list[str]; there are no groups"
    name = "str" if name.lower() in {"varchar", "char", "string"} else name
    given = [f"{key}: {value}" for key, value in _ARGUMENT.findall(call[2])]
    if not given and call[2].strip().isdigit():
        given = [f"max_length: {call[2].strip()}"]
    if not given:
        return "types take square brackets, as in list[str]; there are no groups"
    return f"constraints stand beside the type: `{{type: {name}, {', '.join(given)}}}`"


def _word_hint(text: str, start: int, found: str) -> str | None:
    if found.startswith("..."):
        item = _VARIADIC.search(text)
        return f"any number of values is a list: list[{item[1].strip() if item else 'T'}]"
    if _NOT_FINITE.fullmatch(found):
        return "write a finite number: JSON has no others"
    if "=" in text[:start]:
        return "text in a default stands in double quotes"
    return None
