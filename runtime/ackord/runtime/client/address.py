"""From the URL that an application gives to the one that a WebSocket is opened with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from ackord.runtime.errors import UsageError

_EXAMPLE: Final = "https://example.org:8000"
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that no URL has; `urlsplit` drops some of them."""
_RESERVED: Final = frozenset({"EIO", "transport", "sid", "b64", "j"})
"""Names in the query string that belong to the protocol (Engine.IO protocol v4, "HTTP
long-polling").
"""

_SCHEMES: Final = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}


def websocket_url(url: str, *, path: str, query: Mapping[str, str]) -> str:
    """Return the URL of the Engine.IO handshake over a WebSocket (Engine.IO protocol v4,
    "handshake").

    Raises:
        UsageError: `url` isn't a server's URL, or has a path of its own; or a name in the query
            string belongs to the protocol.
    """
    parts = _split(url)
    scheme = _SCHEMES[parts.scheme.lower()]
    if parts.path not in {"", "/"}:
        raise UsageError(
            f"{url!r} has a path: a namespace is named beside the URL, and where Socket.IO is "
            "served is the option `path`"
        )
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query.items()]
    for name, _ in pairs:
        if name in _RESERVED:
            raise UsageError(
                f"{name!r} in the query string belongs to the protocol: choose another name"
            )
    pairs += [("EIO", "4"), ("transport", "websocket")]
    return urlunsplit(
        (
            scheme,
            parts.netloc,
            f"/{path.strip('/')}/" if path.strip("/") else "/",
            urlencode(pairs),
            "",
        )
    )


def _split(url: str) -> SplitResult:
    """Split a server's URL.

    Raises:
        UsageError: nothing could be connected to it.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host.encode("idna")  # as it is looked up
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError(
            f"a server's URL looks like {_EXAMPLE}, not like {url!r}: {error}"
        ) from error
    if (
        parts.scheme.lower() not in _SCHEMES
        or not host
        or port == 0
        or parts.fragment
        or _FORBIDDEN.search(url)
    ):
        raise UsageError(f"a server's URL looks like {_EXAMPLE}, not like {url!r}")
    return parts


def split_namespace(url: str) -> tuple[str, str]:
    """Split a URL as `connect` takes it into the server's and the namespace, which is its path."""
    parts = _split(url)
    return urlunsplit((parts.scheme, parts.netloc, "", parts.query, "")), parts.path or "/"
