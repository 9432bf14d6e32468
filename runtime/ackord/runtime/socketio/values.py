"""Values as Socket.IO writes them: compact JSON, with attachments in place of bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from json import JSONEncoder, encoder
from typing import Any, Final, NoReturn

from ackord.runtime.errors import InvalidPayloadError

_LONE_SURROGATE: Final = re.compile(r"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2}))")


class _BytesFoundError(Exception):
    """The value holds bytes: its encoding needs attachments."""


def _is_binary(value: object) -> bool:
    return isinstance(value, bytes | bytearray | memoryview)


def _refuse(value: object) -> NoReturn:
    if _is_binary(value):
        raise _BytesFoundError
    raise TypeError(f"a value of type {type(value).__name__!r} can't be written as JSON")


_PLAIN: Final = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_refuse)


def _make_writer() -> Callable[[Any, int], Iterable[str]]:
    """Return what `JSONEncoder` makes anew for each value: the part of it that is written in C, without the search for cycles.

    It has no documented name, so an interpreter that has none, or another one, is given the long way.
    """
    try:
        write: Callable[[Any, int], Iterable[str]] = vars(encoder)["c_make_encoder"](
            None, _refuse, encoder.encode_basestring, None, ":", ",", False, False, False
        )
        if "".join(write([{"\u00e9": 1.5}, None], 0)) == '[{"\u00e9":1.5},null]':
            return write
    except (KeyError, TypeError):
        pass
    return _write_slowly


def _write_slowly(value: Any, _: int) -> Iterable[str]:
    return (_PLAIN.encode(value),)


_write: Final = _make_writer()


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
    """Write a value as compact JSON, with a placeholder for each `bytes`, `bytearray` or `memoryview`, and return these beside it.

    They are numbered in the order of the text, which is depth first (Socket.IO protocol v5, "binary attachments").

    Raises:
        InvalidPayloadError: JSON can't hold it: NaN, an infinity, a set, an object of a class, a cycle.
    """
    try:
        try:
            text = "".join(_write(value, 0))
        except RecursionError:
            text = _PLAIN.encode(value)  # which tells a cycle from what is too deep
        except _BytesFoundError:
            return _encode_with_attachments(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidPayloadError(str(error)) from error
    return text if text.isascii() else _escape_surrogates(text), []


def _encode_with_attachments(value: Any) -> tuple[str, list[bytes]]:
    attachments: list[bytes] = []
    numbers: dict[int, int] = {}

    def extract(part: Any) -> dict[str, object]:
        if _is_binary(part):
            # What occurs twice goes out once: a peer may have sent one megabyte and thirty thousand placeholders for it.
            number = numbers.setdefault(id(part), len(attachments))
            if number == len(attachments):
                attachments.append(bytes(part))
            return {"_placeholder": True, "num": number}
        _refuse(part)

    text = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=extract).encode(value)
    return text if text.isascii() else _escape_surrogates(text), attachments


def _escape_surrogates(text: str) -> str:
    """Write lone surrogates, which UTF-8 can't hold, as escapes: JavaScript's `JSON.stringify` does the same."""
    return text.encode("utf-8", "backslashreplace").decode()


def repair_surrogates(text: str) -> str:
    r"""Replace the escapes of lone surrogates in JSON text by U+FFFD.

    JavaScript sends half of a surrogate pair as ``\ud800``; a Python string that held it couldn't be encoded, and strict parsers refuse it.
    """
    return _LONE_SURROGATE.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
