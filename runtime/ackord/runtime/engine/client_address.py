"""From the URL that an application gives to those that a client asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ackord.runtime.errors import UsageError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.handshake import PROTOCOL, WEBSOCKET

_EXAMPLE: Final = "https://example.org:8000"
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that no URL has; `urlsplit` drops some of them."""
_RESERVED: Final = frozenset({"EIO", "transport", "sid", "b64", "j"})
"""Names in the query string that belong to the protocol (Engine.IO protocol v4, "HTTP
long-polling").
"""
_SAFE: Final = "@"
"""What the query string has as it is, beside what every one has."""
_SECURE: Final = {"http": False, "ws": False, "https": True, "wss": True}


class Address:
    """Where a server is, and what each request to it has in its URL."""

    def __init__(self, url: str, *, path: str, query: Mapping[str, str]) -> None:
        """Take an ``http``, ``https``, ``ws`` or ``wss`` URL without a path.

        Raises:
            UsageError: `url` isn't a server's URL, or has a path of its own; or a name in the query
                string belongs to the protocol.
        """
        parts = split_url(url)
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
        self.is_secure = _SECURE[parts.scheme.lower()]
        """Whether requests go over TLS."""
        place = parts.netloc + (f"/{path.strip('/')}/" if path.strip("/") else "/")
        secure = "s" * self.is_secure
        self.http = f"http{secure}://{place}"
        """The URL without a query string, as cookies and HTTP see it."""
        self._websocket = f"ws{secure}://{place}"
        self._pairs = pairs
        self._query = self._encode_query()

    def add_to_query(self, name: str, value: str) -> None:
        """Add a parameter to the query string of all requests from now on; once is enough."""
        if (name, value) not in self._pairs:
            self._pairs.append((name, value))
            self._query = self._encode_query()

    def url(self, transport: str, sid: str | None = None, *, unique: str | None = None) -> str:
        """Return the URL of a request (Engine.IO protocol v4, "handshake"): the first one of a
        session, or another one.

        `unique` keeps caches from answering.
        """
        url = self._websocket if transport == WEBSOCKET else self.http
        query = f"{self._query}&transport={transport}"
        if unique is not None:
            query += f"&t={unique}"
        if sid is not None:
            query += "&" + urlencode({"sid": sid}, safe=_SAFE)
        return f"{url}?{query}"

    def _encode_query(self) -> str:
        return urlencode([*self._pairs, ("EIO", PROTOCOL)], safe=_SAFE)


def split_url(url: str) -> SplitResult:
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
        parts.scheme.lower() not in _SECURE
        or not host
        or port == 0
        or parts.fragment
        or _FORBIDDEN.search(url)
    ):
        raise UsageError(f"a server's URL looks like {_EXAMPLE}, not like {url!r}")
    return parts


def without_secrets(url: str) -> str:
    """Return a URL without its query string, and without the password that may stand before the
    host.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def explain_redirect(url: str, status: int, location: str) -> str:
    """Return why a redirect isn't followed: headers and payloads would go to a host that the
    application didn't name.
    """
    try:
        host = urlsplit(urljoin(url, location)).netloc.rpartition("@")[2]
    except ValueError:
        host = location
    return (
        f"the server redirects (HTTP status {status}) to the host {quoted(host)}, and redirects "
        "aren't followed: connect to the right address"
    )
