"""Values of events as people write and read them on the command line.

JSON has no binary values. One is written as ``{"$base64": "aGk="}`` in both directions; a whole
argument may also be a file, ``@photo.png``.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from ackord.runtime.cli.outcome import WRONG_USAGE, fail
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.sockets.payloads import decode_json

BINARY: Final = "$base64"
"""The only key of an object that stands for a binary value."""
STDIN: Final = "-"

Json: TypeAlias = Any


def read_arguments(texts: Sequence[str]) -> list[Json]:
    """Return the values of an event's arguments: JSON, ``@file`` for bytes, ``-`` for JSON from
    standard input, ``@-`` for bytes from there.
    """
    return [_read_argument(text, f"argument {n}") for n, text in enumerate(texts, 1)]


def read_event(text: str, what: str) -> tuple[str, list[Json]]:
    """Return the name of an event and the values of its arguments: ``join "lobby" 5``, where a name
    with blanks stands in quotes, as JSON has it.
    """
    text = text.strip()
    if not text:
        fail(f"{what} needs the name of an event", WRONG_USAGE)
    if text[0] == '"':
        name, *values = _read_values(text, what)
        return name, values
    name, *rest = text.split(maxsplit=1)
    return name, _read_values(rest[0], what) if rest else []


def _read_values(text: str, what: str) -> list[Json]:
    values: list[Json] = []
    while text:
        try:
            end = json.JSONDecoder().raw_decode(text)[1]
        except (ValueError, RecursionError):
            end = len(text)
        values.append(_restore_bytes(_parse(text[:end], what), what))
        text = text[end:].lstrip()
    return values


def read_auth(text: str | None) -> dict[str, Any] | None:
    """Return the payload of CONNECT: a JSON object, ``@file`` with one, or ``-`` for standard
    input. No error message shows any of it.
    """
    if text is None:
        return None
    what = "--auth"
    if text.startswith("@") or text == STDIN:
        text = _decode(_read_file(text.removeprefix("@"), what), what)
    value = _parse(text, what)
    if not isinstance(value, dict):
        fail(f"{what} is no JSON object", WRONG_USAGE)
    return cast("dict[str, Any]", value)


def check_stdin(texts: Sequence[str | None]) -> None:
    """Refuse to read standard input twice."""
    if sum(text in {STDIN, f"@{STDIN}"} for text in texts) > 1:
        fail("only one of the arguments can come from standard input", WRONG_USAGE)


def show(value: Json) -> str:
    """Return a value as one line of JSON, without characters that do something to a terminal."""
    return _escape(encode_json(_replace_bytes(value)))


def write_line(text: str) -> None:
    """Write a line to standard output at once, in UTF-8 as JSON is, whatever the locale."""
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.buffer.flush()


def _read_argument(text: str, what: str) -> Json:
    if text.startswith("@"):
        return _read_file(text[1:], what)
    if text == STDIN:
        text = _decode(_read_file(STDIN, what), what)
    return _restore_bytes(_parse(text, what), what)


def _read_file(name: str, what: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == STDIN else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no file can have this name"
        fail(f"{what}: can't read the file {name!r}: {reason}", WRONG_USAGE)


def _decode(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        fail(f"{what} is no JSON: it isn't UTF-8", WRONG_USAGE)


def _parse(text: str, what: str) -> Json:
    try:
        return decode_json(text)
    except MalformedPayloadError as error:
        hint = " (a text is written with its quotes: '\"text\"')" if _is_word(text) else ""
        fail(f"{what} is no JSON: {error}{hint}", WRONG_USAGE)
    except UnicodeEncodeError:
        fail(f"{what} is no JSON: it isn't UTF-8", WRONG_USAGE)


def _is_word(text: str) -> bool:
    return text.strip()[:1] not in {"", "{", "[", '"'}


def _restore_bytes(value: Json, what: str) -> Json:
    if value.__class__ is list:
        return [_restore_bytes(item, what) for item in value]
    if value.__class__ is not dict:
        return value
    if value.keys() == {BINARY} and isinstance(value[BINARY], str):
        try:
            return base64.b64decode(value[BINARY], validate=True)
        except ValueError:
            fail(f'{what}: what stands under "{BINARY}" is no base64', WRONG_USAGE)
    return {name: _restore_bytes(member, what) for name, member in value.items()}


def _replace_bytes(value: Json) -> Json:
    if value.__class__ is bytes:
        return {BINARY: base64.b64encode(value).decode("ascii")}
    if value.__class__ is list:
        return [_replace_bytes(item) for item in value]
    if value.__class__ is dict:
        return {name: _replace_bytes(member) for name, member in value.items()}
    return value


def _escape(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        each
        if each.isprintable()
        else "".join(f"\\u{unit:04x}" for unit in memoryview(each.encode("utf-16")[2:]).cast("H"))
        for each in text
    )
