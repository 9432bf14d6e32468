"""The opening handshake of a client (RFC 6455, 4.1), without I/O: the request, and the answer that
accepts it as servers nearly always write it.

Reading that one answer here takes a fifth of the time that the `websockets` library needs. Any
other answer is left to the library: refusals, redirects, wrong headers, extensions, and what isn't
HTTP. So what is accepted here must be what the library accepts, and need not be all of that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.extensions import ClientExtensionFactory
from websockets.http11 import USER_AGENT
from websockets.uri import WebSocketURI, parse_uri
from websockets.utils import accept_key

END_OF_HEAD: Final = b"\r\n\r\n"

_MAX_SIZE: Final = 4096
"""Bytes of an answer that is read here, fewer than the library allows in a line."""
_HEAD: Final = re.compile(
    rb"HTTP/1\.1 101 [\t\x20-\x7e]*\r\n"
    rb"(?:[-!#$%&'*+.^_`|~0-9A-Za-z]+:[\t\x20-\x7e]*\r\n){1,64}\r\n"
)
_KEY: Final = "Sec-WebSocket-Key"
_SESSION: Final = "sid="
"""Stands in URLs that are for one session, to which long-polling has led. All other connections to
a server have one URL, so what is made of that is kept.
"""
_USER_AGENT: Final = f"User-Agent: {USER_AGENT}\r\n".encode()
_ONCE: Final = frozenset({"upgrade", "connection", "sec-websocket-accept"})
_NEGOTIATED: Final = frozenset({"sec-websocket-extensions", "sec-websocket-protocol"})


def write_request(
    url: str, key: str, headers: Mapping[str, str], extensions: tuple[ClientExtensionFactory, ...]
) -> bytes:
    """Return the request that opens a WebSocket; `key` is of `websockets.utils.generate_key`.

    Raises:
        WebSocketException: The URL or a header can't be sent.
    """
    write = _write_first_lines if _SESSION in url else _first_lines
    first = write(url, extensions) + f"{_KEY}: {key}\r\n".encode()
    if not headers:
        return first + _USER_AGENT + b"\r\n"
    further = Headers(headers)
    if "User-Agent" not in further:
        first += _USER_AGENT
    return first + further.serialize()


def parse_url(url: str) -> WebSocketURI:
    """Return the parts of a URL.

    Raises:
        WebSocketException: It isn't a WebSocket's.
    """
    return parse_uri(url) if _SESSION in url else _parse(url)


_parse: Final = lru_cache(maxsize=64)(parse_uri)


def _write_first_lines(url: str, extensions: tuple[ClientExtensionFactory, ...]) -> bytes:
    """Return what all requests to a URL have in common, as the library writes it."""
    request = ClientProtocol(parse_url(url), extensions=extensions or None).connect()
    del request.headers[_KEY]
    return request.serialize().removesuffix(b"\r\n")


_first_lines: Final = lru_cache(maxsize=64)(_write_first_lines)


def read_acceptance(head: bytes, key: str) -> list[tuple[str, str]] | None:
    """Return the headers of an answer that accepts the request with `key` and negotiates nothing,
    or `None` for any other answer.

    `head` is the answer up to its empty line, inclusive.
    """
    if len(head) > _MAX_SIZE or _HEAD.fullmatch(head) is None:
        return None
    headers: list[tuple[str, str]] = []
    single: dict[str, str] = {}
    for line in head.decode("ascii").split("\r\n")[1:-2]:
        name, _, value = line.partition(":")
        value = value.strip(" \t")
        headers.append((name, value))
        name = name.lower()
        if name in _NEGOTIATED or name in single:
            return None
        if name in _ONCE:
            single[name] = value
    if (
        single.get("upgrade", "").lower() == "websocket"
        and single.get("connection", "").lower() == "upgrade"
        and single.get("sec-websocket-accept") == accept_key(key)
    ):
        return headers
    return None
