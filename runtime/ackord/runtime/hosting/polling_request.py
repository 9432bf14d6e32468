"""Requests of open sessions over long-polling: recognized at little cost, on every way on which they can come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from ackord.runtime.engine.cors import Header
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.socket import EngineSocket

MAX_QUERY_STRING: Final = 16_384
"""Bytes of a query string that are worth parsing: as much as Node's HTTP server takes for all headers."""

MAX_HEADERS: Final = 32_768
"""Bytes of the headers that a session may keep of the request that opened it; some ASGI servers take any number."""

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
"""Of every answer."""

_RELEVANT: Final = frozenset((b"accept-encoding", b"content-length", b"content-type", b"expect", b"origin", b"transfer-encoding"))


@dataclass(slots=True)
class PollingRequest:
    """What the answer to a request of an open session depends on."""

    socket: EngineSocket
    headers: list[Header]
    """Of the answer, whatever it is."""
    content_type: str = ""
    content_length: str | None = None
    accept_encoding: str | None = None
    is_streamed: bool = False
    """Whether the body comes in chunks, or only after ``100 Continue``."""


def recognize(engine: EngineServer, query_string: bytes, headers: Iterable[tuple[bytes, bytes]]) -> PollingRequest | None:
    """Recognize an ordinary request of an open session by its query string and headers, whose names are in lower case.

    `None` means that `EngineServer.open_polling` has to look at the whole request: it opens a session, is refused, or somebody else wants to
    see it; nothing has been done then.
    """
    if len(query_string) > MAX_QUERY_STRING:
        return None
    size = 0
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        size += len(name) + len(value)
        if name in _RELEVANT:
            if name in found:
                return None
            found[name] = value
    if size > MAX_HEADERS:
        return None
    origin = found[b"origin"].decode("latin-1") if b"origin" in found else None
    socket = engine.find_polling(parse_query(query_string.decode("latin-1")), origin)
    if socket is None:
        return None
    request = PollingRequest(socket, [NO_STORE, *engine.cors.headers({} if origin is None else {"origin": origin})])
    if b"content-type" in found:
        request.content_type = found[b"content-type"].decode("latin-1")
    if b"content-length" in found:
        request.content_length = found[b"content-length"].decode("latin-1")
    if b"accept-encoding" in found:
        request.accept_encoding = found[b"accept-encoding"].decode("latin-1")
    request.is_streamed = b"transfer-encoding" in found or b"expect" in found
    return request


def parse_query(query_string: str) -> Mapping[str, str]:
    """Parse a query string; the last value of a repeated key counts."""
    if "%" in query_string or "+" in query_string:
        return dict(parse_qsl(query_string, keep_blank_values=True))
    query: dict[str, str] = {}
    for pair in query_string.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            query[name] = value
    return query
