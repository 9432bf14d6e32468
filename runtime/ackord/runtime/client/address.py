"""From the URL that an application gives to the one that a WebSocket is opened with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ackord.runtime.errors import UsageError

_RESERVED: Final = frozenset({"EIO", "transport", "sid", "b64", "j"})
"""Names in the query string that belong to the protocol (Engine.IO protocol v4, "HTTP long-polling")."""

_SCHEMES: Final = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}


def websocket_url(url: str, *, path: str, query: Mapping[str, str]) -> str:
    """Return the URL of the Engine.IO handshake over a WebSocket (Engine.IO protocol v4, "handshake").

    Raises:
        UsageError: `url` isn't a server's URL, or has a path of its own; or a name in the query string belongs to the protocol.
    """
    parts = urlsplit(url)
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None or not parts.hostname:
        raise UsageError(f"a server's URL looks like https://example.org:8000, not like {url!r}")
    if parts.path not in {"", "/"}:
        raise UsageError(f"{url!r} has a path: a namespace is named beside the URL, and where Socket.IO is served is the option `path`")
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query.items()]
    for name, _ in pairs:
        if name in _RESERVED:
            raise UsageError(f"{name!r} in the query string belongs to the protocol: choose another name")
    pairs += [("EIO", "4"), ("transport", "websocket")]
    return urlunsplit((scheme, parts.netloc, f"/{path.strip('/')}/" if path.strip("/") else "/", urlencode(pairs), ""))


def split_namespace(url: str) -> tuple[str, str]:
    """Split a URL as `connect` takes it into the server's and the namespace, which is its path."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")), parts.path or "/"
