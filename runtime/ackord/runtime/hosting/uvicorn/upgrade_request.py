"""The request for a WebSocket, as clients really send it (RFC 6455, 4.1), and the response.

Only common requests are read here. All others are left to uvicorn and the `websockets` library,
which also refuse wrong ones.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Iterable, Sequence
from hashlib import sha1
from itertools import chain
from typing import Final, NamedTuple

from ackord.runtime.asgi_types import Header, Message
from ackord.runtime.engine.fields import TOKENS
from ackord.runtime.polling.request import is_host

MAX_HEADER_COUNT: Final = 100
"""Headers of a common handshake; uvicorn and the `websockets` library have their own limits."""

MAX_UPGRADE_REQUEST: Final = 65_536
"""Bytes of a common handshake; the engine refuses smaller ones that are too large for it."""

_REQUEST: Final = re.compile(
    rb"GET (/[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*) HTTP/1\.1\r\n"
    rb"((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)+)\r\n"
)
_FIELD: Final = re.compile(rb"([^:\r\n]+):([^\r\n]*)\r\n")
_SINGLE: Final = frozenset(
    (
        b"connection",
        b"host",
        b"origin",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
        b"upgrade",
    )
)
_TOKENS: Final = re.compile(TOKENS.pattern.encode())
_UNUSUAL: Final = frozenset((b"content-length", b"expect", b"transfer-encoding"))
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

_HEAD: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"upgrade: websocket\r\n"
    b"connection: Upgrade\r\n"
    b"sec-websocket-accept: %b\r\n"
)


class UpgradeRequest(NamedTuple):
    """A common request for a WebSocket."""

    target: bytes
    """Path and query string."""
    headers: list[Header]
    """Names in lower case."""
    key: bytes


def read_upgrade_request(
    data: bytes, *, is_compressing: bool
) -> tuple[UpgradeRequest, bytes] | None:
    """Read the first bytes of a connection: return the request and the bytes after it, or `None` if
    they aren't a whole common request.
    """
    request = _REQUEST.match(data, 0, MAX_UPGRADE_REQUEST)
    if request is None:
        return None
    headers = [(name.lower(), value.strip(b" \t")) for name, value in _FIELD.findall(request[2])]
    key = websocket_key(headers, is_compressing=is_compressing)
    return (
        None if key is None else (UpgradeRequest(request[1], headers, key), data[request.end() :])
    )


def websocket_key(headers: Sequence[Header], *, is_compressing: bool) -> bytes | None:
    """Return the key of a common handshake, or `None` if these headers belong to another request.

    `is_compressing` says that the server accepts compression; a handshake that offers it isn't a
    common one then.
    """
    if (
        len(headers) > MAX_HEADER_COUNT
        or sum(map(len, chain.from_iterable(headers))) > MAX_UPGRADE_REQUEST
    ):
        return None
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _SINGLE:
            if name in found:
                return None
            found[name] = value
        elif name in _UNUSUAL:
            return None
    key = found.get(b"sec-websocket-key")
    connection = found.get(b"connection", b"").lower()
    protocol = found.get(b"sec-websocket-protocol")
    is_asked = (
        key is not None
        and is_host(found.get(b"host"))
        and found.get(b"sec-websocket-version") == b"13"
        and found.get(b"upgrade", b"").lower() == b"websocket"
        and (
            connection == b"upgrade"
            or (
                _TOKENS.fullmatch(connection)
                and b"upgrade" in map(bytes.strip, connection.split(b","))
            )
        )
        and (protocol is None or _TOKENS.fullmatch(protocol))
        and not (is_compressing and any(name == b"sec-websocket-extensions" for name, _ in headers))
    )
    return key if is_asked and key is not None and _is_nonce(key) else None


def subprotocols_of(headers: Iterable[Header]) -> list[str]:
    """Return the subprotocols that a client offers."""
    return [
        token.strip()
        for name, value in headers
        if name == b"sec-websocket-protocol"
        for token in value.decode("latin-1").split(",")
    ]


def write_response(key: bytes, accept: Message, default_headers: Iterable[Header]) -> bytes:
    """Build the answer to a handshake that the application accepts.

    Raises:
        RuntimeError: a header holds a line break.
    """
    lines = [_HEAD % b64encode(sha1(key + _GUID, usedforsecurity=False).digest())]
    headers: list[Header] = [*default_headers, *accept.get("headers", ())]
    subprotocol: str | None = accept.get("subprotocol")
    if subprotocol:
        headers.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    for name, value in headers:
        line = b"%b: %b" % (name, value)
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise RuntimeError(f"the header {name!r} of 'websocket.accept' holds a line break")
        lines.append(line + b"\r\n")
    lines.append(b"\r\n")
    return b"".join(lines)


def _is_nonce(key: bytes) -> bool:
    try:
        return len(a2b_base64(key, strict_mode=True)) == 16
    except Error:
        return False
