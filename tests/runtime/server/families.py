"""Families of texts that are cheap to send and may be costly to read, each as long as is asked for
or as long as it is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Final, TypeAlias

from ackord.runtime.protocol.socketio.complexity import (
    MAX_CONTAINERS,
    MAX_DEPTH,
    MAX_VALUES,
)

Family: TypeAlias = Callable[[int], str]
"""Makes a JSON value of about so many characters."""

_ROOM: Final = MAX_CONTAINERS - 10
_LEVELS: Final = MAX_DEPTH - 3


def flat_list(size: int) -> str:
    """Make the list that all others are compared with."""
    numbers: list[str] = []
    left = size - 10
    for number in count():
        text = str(number * 7919 % 10 ** (1 + number % 7))
        left -= len(text) + 1
        if left < 0:
            return f"[{','.join(numbers)}]"
        numbers.append(text)
    raise AssertionError


def _repeat(unit: str, opening: str = "[", closing: str = "]", last: str = "") -> Family:
    nested = unit.count("[") + unit.count("{")

    def make(size: int) -> str:
        number = min(max(1, size // (len(unit) + 1)), MAX_VALUES - 10)
        if nested and '"[[' not in unit:
            number = min(number, _ROOM // nested)
        return opening + ",".join([*[unit] * number, *[last] * bool(last)]) + closing

    return make


def _numbered(value: str) -> Family:
    nested = value.count("[") + value.count("{")

    def make(size: int) -> str:
        number = min(size // (len(value) + 9), MAX_VALUES - 10)
        return (
            "{"
            + ",".join(
                f'"{key}":{value}'
                for key in range(min(number, _ROOM // nested) if nested else number)
            )
            + "}"
        )

    return make


def _text(unit: str) -> Family:
    return lambda size: '"' + unit * (size // len(unit)) + '"'


def _chain(opening: str, inner: str, closing: str, levels: int = _LEVELS) -> str:
    return opening * levels + inner + closing * levels


FAMILIES: Final[Mapping[str, Family]] = {
    "digits": _repeat("1"),
    "floats": _repeat("1.5"),
    "exponents": _repeat("1e5"),
    "large floats": _repeat("1.7976931348623157e308"),
    "floats of many digits": _repeat("0." + "1" * 4000),
    "integers of many digits": _repeat("9" * 4299),
    "integers beyond 64 bits": _repeat("1" * 20),
    "a number too large at the end": _repeat("1", last="1e400"),
    "true": _repeat("true"),
    "null": _repeat("null"),
    "empty text": _repeat('""'),
    "letters": _repeat('"a"'),
    "umlauts": _repeat('"é"'),
    "one long text": _text("a"),
    "brackets in text": _text("[{"),
    "texts of brackets": _repeat('"[[["'),
    "escaped line feeds": _text("\\n"),
    "escaped letters": _repeat('"\\u0041"'),
    "surrogate pairs": _repeat('"\\ud83d\\ude00"'),
    "half pairs": _repeat('"\\ud83d"'),
    "half a pair at the end": _repeat('"a"', last='"\\ud83d"'),
    "escaped backslashes": lambda size: _text("\\\\")(size)[:-1] + '\\ud83d"',
    "empty lists": _repeat("[]"),
    "empty objects": _repeat("{}"),
    "lists of one": _repeat("[1]"),
    "pairs": _repeat('[1,"a"]'),
    "objects of one": _repeat('{"x":1}'),
    "objects and text": _repeat('{"value":1,"text":"aa"}'),
    "deep lists": _repeat(_chain("[", "", "]")),
    "deep objects": _repeat(_chain('{"a":', "1", "}")),
    "keys": _numbered("1"),
    "keys of objects": _numbered('{"value":1}'),
    "keys of lists": _numbered("[]"),
    "one key again and again": _repeat('"value":1', "{", "}"),
    "one key of objects again and again": _repeat('"kids":{"kids":1}', "{", "}"),
    "placeholders": _repeat('{"_placeholder":true,"num":0}'),
    "spaces": lambda size: "[" + " " * (size - 10) + "1]",
    "spaces between": _repeat(" 1 "),
    "times": _repeat('"2026-01-01T00:00:00Z"'),
    "decimals": _repeat('"1.5"'),
    "a decimal of many digits": _text("1"),
    "addresses": _repeat('"http://a.b"'),
    "ids": _repeat('"8c7e0c7a-2c4f-4e0e-9a57-1f8f6a6f2d3b"'),
    "trees": lambda size: '{"kids":' + _repeat('{"kids":1}')(size) + "}",
    "deep trees": _repeat(_chain('{"kids":', "1", "}")),
    "deep trees of lists": _repeat(_chain('{"kids":[', '"x"', "]}", _LEVELS // 2)),
    "deep trees that end wrong": _repeat(_chain('{"kids":', "null", "}")),
    "trees of ten levels": _repeat(_chain('{"kids":', "1", "}", 10)),
    "leaves": _repeat('{"value":1,"next":{"value":2}}'),
    "deep leaves": _repeat(_chain('{"value":1,"next":', '{"value":1}', "}")),
    "shapes": _repeat('{"class":"circle","radius":1}'),
    "shapes of no kind": _repeat('{"class":"none"}'),
    "items": _repeat('{"id":1,"text":"a","tags":["b"]}'),
    "wrong items": _repeat('{"id":"1","text":1,"tags":1}'),
    "wrong at the end": _repeat("1", last='"x"'),
    "no JSON at the end": _repeat("1", last="x"),
}
