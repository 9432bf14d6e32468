"""Requests of open sessions over long-polling, recognized with little work, on ASGI and on
uvicorn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Final
from urllib.parse import unquote_plus

from ackord.runtime.asgi_types import Header
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.session import EngineSession

MAX_QUERY_STRING: Final = 16_384
"""Bytes of a query string that is parsed: as many as Node's HTTP server takes for all headers."""

MAX_PARAMETERS: Final = 1000
"""Parameters of a query string that are read: as many as Node reads."""

MAX_HEADER_BYTES: Final = 32_768
"""Bytes of the headers of a handshake, which the session keeps; some ASGI servers take any
number.
"""

NO_STORE: Final[Header] = (b"cache-control", b"no-store")
"""A header of every answer."""

_HOST: Final = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~%!$&'()*+;=-]*)(?::[0-9]*)?[ \t]*")


@lru_cache(maxsize=64)
def is_host(value: bytes | None) -> bool:
    """Whether the value is a well-formed header Host: empty, or a host with or without a port (RFC
    9112, 3.2).
    """
    return value is not None and _HOST.fullmatch(value) is not None


@dataclass(slots=True)
class PollingRequest:
    """The parts of a request of an open session that the answer depends on."""

    session: EngineSession
    headers: list[Header]
    """Headers of the answer, with any status."""
    content_type: bytes = b""
    content_length: bytes | None = None
    accept_encoding: bytes | None = None
    is_streamed: bool = False
    """Whether the body comes in chunks, or only after ``100 Continue``."""

    @property
    def is_octets(self) -> bool:
        """Whether the body isn't text, as it was in Engine.IO 3."""
        return self.content_type.lower().startswith(b"application/octet-stream")


def recognize(
    engine: EngineServer,
    query_string: bytes,
    headers: Sequence[tuple[bytes, bytes]],
    *,
    size: int | None = None,
) -> PollingRequest | None:
    """Recognize an ordinary request of an open session by its query string and headers, whose names
    are in lower case.

    `None` means that `EngineServer.open_polling` must be called with the whole request: it opens a
    session, is refused, or a hook must see it. Nothing has been done then. `size` is the most bytes
    that the headers can have, if known.
    """
    if (
        len(query_string) > MAX_QUERY_STRING
        or (size_of(headers) if size is None else size) > MAX_HEADER_BYTES
    ):
        return None
    found = dict(headers)
    if len(found) != len(headers):  # the values of repeated headers would have to be joined
        return None
    if b"host" not in found or not is_host(found[b"host"]):
        return None
    origin = found[b"origin"].decode("latin-1") if b"origin" in found else None
    session = engine.find_polling(parse_query(query_string.decode("latin-1")), origin)
    if session is None:
        return None
    answered: list[Header] = [NO_STORE]
    if engine.cors.is_enabled:
        answered += engine.cors.headers({} if origin is None else {"origin": origin})
    return PollingRequest(
        session,
        answered,
        found.get(b"content-type", b""),
        found.get(b"content-length"),
        found.get(b"accept-encoding"),
        b"transfer-encoding" in found or b"expect" in found,
    )


def size_of(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Count the bytes of names and values."""
    return sum(map(len, chain.from_iterable(headers)))


def parse_query(query_string: str) -> Mapping[str, str]:
    """Parse a query string. The last value of a repeated key counts, and parameters beyond
    `MAX_PARAMETERS` are ignored, as in Node.
    """
    query: dict[str, str] = {}
    pairs = query_string.split("&", MAX_PARAMETERS)
    del pairs[MAX_PARAMETERS:]
    is_encoded = "%" in query_string or "+" in query_string
    for pair in pairs:
        if pair:
            name, _, value = pair.partition("=")
            if is_encoded:
                name, value = unquote_plus(name), unquote_plus(value)
            query[name] = value
    return query
