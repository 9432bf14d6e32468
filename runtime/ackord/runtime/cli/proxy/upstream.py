"""The server that the proxy passes requests on to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from ackord.runtime.errors import UsageError

Header = tuple[bytes, bytes]

MAX_MESSAGE: Final = 10_000_000
"""Bytes of one request, or of one message of a WebSocket, that are passed on."""
CONNECT_TIMEOUT: Final = 10.0
"""Seconds in which the server must take a connection."""

_FORWARDED: Final = frozenset(
    {b"accept", b"accept-encoding", b"accept-language", b"content-type", b"user-agent"}
)
"""Headers of the browser that the server gets. Cookies aren't among them: those of 127.0.0.1 are of
other applications. What speaks of a connection (hop-by-hop) isn't, either.
"""
_KEPT: Final = frozenset({b"content-type", b"content-encoding", b"content-length"})
"""Headers of the server that the browser gets."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the server is, and what it is sent besides the browser's headers."""

    url: str
    """The origin: ``http://127.0.0.1:8000``."""
    path: str
    """The path of Socket.IO: ``/socket.io/``."""
    headers: Sequence[tuple[str, str]] = ()

    def request_headers(self, received: Iterable[Header]) -> list[tuple[str, str]]:
        """Return the headers of a request to the server."""
        kept = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in received
            if name in _FORWARDED
        ]
        own = {name.lower() for name, _ in self.headers}
        return [
            *(each for each in [*kept, ("origin", self.url)] if each[0] not in own),
            *self.headers,
        ]

    def address(self, query: bytes, *, websocket: bool = False) -> str:
        """Return the URL of Socket.IO with a query."""
        origin = f"ws{self.url.removeprefix('http')}" if websocket else self.url
        return f"{origin}{self.path}?{query.decode('latin-1')}"


def response_headers(received: Iterable[Header]) -> list[Header]:
    """Return the headers of an answer to the browser."""
    kept = [(name.lower(), value) for name, value in received if name.lower() in _KEPT]
    return [*kept, (b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]


def parse_url(url: str) -> str:
    """Return the origin of a URL.

    Raises:
        UsageError: it isn't one of a server.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"--url: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError("--url must look like http://127.0.0.1:8000")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError("--url has no path: give that of Socket.IO by --path")
    if parts.username is not None:
        raise UsageError("--url has no password: give a header by --header")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"
