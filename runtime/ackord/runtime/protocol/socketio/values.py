"""Values as Socket.IO writes them: compact JSON, with attachments in place of bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from json import JSONEncoder, encoder
from math import isfinite
from typing import Any, Final, NoReturn, TypeAlias

from ackord.runtime.errors import InvalidPayloadError

_LONE_SURROGATE: Final = re.compile(
    # The common beginning of all alternatives stands first and once: `re` finds that many times
    # faster.
    r"\\u(?:"
    # the first half without a second one
    r"[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    # the second half without a first one
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F][0-9a-fA-F]{2})"
)
MAX_REPAIRED: Final = 10_000
"""Lone surrogates of one text that are replaced. A text with more of them stays as it is, and is
refused by the parser, because each replacement takes time.
"""
_HIDDEN: Final = "\0\0"
"""Takes the place of an escaped backslash while escapes are searched, because a ``u`` behind it
begins no escape. No JSON text holds a NUL itself.
"""


_NESTING: Final[frozenset[type]] = frozenset({list, dict})

_PLACEHOLDER_MARK: Final = '"_placeholder":true'
"""The text that every placeholder contains, and every other object that is read as one, in compact
JSON.
"""


class _BytesFoundError(Exception):
    """The value holds bytes: its encoding needs attachments."""


def _is_binary(value: object) -> bool:
    return isinstance(value, bytes | bytearray | memoryview)


def _refuse(value: object) -> NoReturn:
    if _is_binary(value):
        raise _BytesFoundError
    raise TypeError(f"a value of type {type(value).__name__!r} can't be written as JSON")


Writer: TypeAlias = Callable[[Any, int], Iterable[str]]
"""Writes a value as pieces of JSON; the number is the level of indentation, which isn't used."""


def _make_slow_writer(
    markers: dict[int, Any] | None, default: Callable[[Any], object], *_: Any
) -> Writer:
    slow = JSONEncoder(
        ensure_ascii=False,
        allow_nan=False,
        check_circular=markers is not None,
        separators=(",", ":"),
        default=default,
    )
    return lambda value, _: (slow.encode(value),)


# `JSONEncoder` makes this writer for each value; it is made once here. It is written in C where the
# interpreter has it, and isn't documented.
_make: Callable[..., Writer] = vars(encoder).get("c_make_encoder") or _make_slow_writer


def _make_writer(default: Callable[[Any], object], *, finds_cycles: bool) -> Writer:
    return _make(
        {} if finds_cycles else None,
        default,
        encoder.encode_basestring,
        None,
        ":",
        ",",
        False,
        False,
        False,
    )


try:
    _write = _make_writer(_refuse, finds_cycles=False)
except TypeError:
    _make = _make_slow_writer
    _write = _make_writer(_refuse, finds_cycles=False)


def encode_json(value: Any) -> str:
    """Write a value that holds no bytes as compact JSON.

    Raises:
        InvalidPayloadError: JSON can't hold it.
    """
    text, attachments = encode_value(value)
    if attachments:
        raise InvalidPayloadError("bytes can't be sent here")
    return text


def encode_value(value: Any) -> tuple[str, list[bytes]]:
    """Write a value as compact JSON, with a placeholder for each `bytes`, `bytearray` or
    `memoryview`, and return these beside it.

    They are numbered in the order of the text, which is depth first (Socket.IO protocol v5, "binary
    attachments").

    Raises:
        InvalidPayloadError: JSON can't hold it: NaN, an infinity, a set, an object of a class, a
            cycle; or what looks like a placeholder stands beside bytes.
    """
    try:
        try:
            text = "".join(_write(value, 0))
        except RecursionError:
            text = "".join(
                _make_writer(_refuse, finds_cycles=True)(value, 0)
            )  # to tell a cycle from a value that is too deep
        except _BytesFoundError:
            return _encode_with_attachments(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidPayloadError(str(error)) from error
    return text if text.isascii() else _escape_surrogates(text), []


def _encode_with_attachments(value: Any) -> tuple[str, list[bytes]]:
    attachments: list[bytes] = []
    numbers: dict[int, int] = {}
    placeholders = 0

    def extract(part: Any) -> dict[str, object]:
        nonlocal placeholders
        if _is_binary(part):
            placeholders += 1
            # Bytes that occur twice are sent once: a peer may have sent one megabyte and thirty
            # thousand placeholders for it.
            number = numbers.setdefault(id(part), len(attachments))
            if number == len(attachments):
                attachments.append(bytes(part))
            return {"_placeholder": True, "num": number}
        _refuse(part)

    text = "".join(_make_writer(extract, finds_cycles=True)(value, 0))
    refuse_false_placeholders(text, placeholders)
    return text if text.isascii() else _escape_surrogates(text), attachments


def refuse_false_placeholders(text: str, placeholders: int) -> None:
    """Refuse an object whose ``_placeholder`` is true: receivers would take it for an attachment.

    In a packet without attachments such an object is data. In a packet with attachments, npm's
    parser ends the connection, or puts an attachment in the object's place.

    Args:
        text: Compact JSON that stands beside attachments.
        placeholders: How many placeholders were written into it.

    Raises:
        InvalidPayloadError: there are more.
    """
    if text.count(_PLACEHOLDER_MARK) == placeholders:
        return
    found = 0

    def count(members: dict[str, Any]) -> None:
        nonlocal found
        found += members.get("_placeholder") is True

    json.loads(text, object_hook=count)  # strings may hold the mark
    if found > placeholders:
        raise InvalidPayloadError(
            "an object whose '_placeholder' is true can't be sent beside bytes: receivers "
            "would take it for an attachment"
        )


def is_finite(value: Any) -> bool:
    """Tell whether decoded JSON holds no infinity and no NaN: parsers take ``NaN``, and ``1e999``
    for an infinity.

    Numbers are checked by functions in C, half a million of them in one call; only lists and
    objects are visited one by one.
    """
    if value.__class__ is float:
        return isfinite(value)
    if value.__class__ not in _NESTING:
        return True
    nested: list[Any] = [value]
    for part in nested:  # the list grows meanwhile
        items = part.values() if part.__class__ is dict else part
        kinds = set(map(type, items))
        if float in kinds:
            floats = items if len(kinds) == 1 else [item for item in items if type(item) is float]
            if not all(map(isfinite, floats)):
                return False
        if not kinds.isdisjoint(_NESTING):
            nested += [item for item in items if type(item) in _NESTING]
    return True


def _escape_surrogates(text: str) -> str:
    """Write lone surrogates, which UTF-8 can't hold, as escapes: JavaScript's `JSON.stringify` does
    the same.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def repair_surrogates(text: str) -> str:
    r"""Replace the escapes of lone surrogates in JSON text by U+FFFD.

    JavaScript sends half of a surrogate pair as ``\ud800``; a Python string that held it couldn't
    be encoded, and strict parsers refuse it.
    """
    if "\0" in text:
        return text
    hidden = text.replace("\\\\", _HIDDEN)
    repaired, count = _LONE_SURROGATE.subn(r"\\ufffd", hidden, MAX_REPAIRED + 1)
    return text if not 0 < count <= MAX_REPAIRED else repaired.replace(_HIDDEN, "\\\\")
