"""Cross-origin resource sharing, and the origins of WebSockets, which browsers don't protect."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

Header: TypeAlias = tuple[bytes, bytes]

_HEADER_NAMES: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z, ]*")
_METHODS: Final = b"GET,HEAD,PUT,PATCH,POST,DELETE"


class CorsPolicy:
    """Which origins may use the server from a browser; headers as the reference implementation's `cors` module sends them."""

    __slots__ = ("_credentials", "_origins")

    def __init__(self, origins: Literal["*"] | tuple[str, ...] | None, *, credentials: bool = False) -> None:
        self._origins = origins if origins is None or origins == "*" else frozenset(map(_normalized, origins))
        self._credentials = credentials

    @property
    def is_enabled(self) -> bool:
        """Whether CORS headers are sent, and preflight requests answered."""
        return self._origins is not None

    def headers(self, request: Mapping[str, str]) -> list[Header]:
        """Return the headers that every response has; `request` are the request's headers, names in lower case."""
        if self._origins is None:
            return []
        if isinstance(self._origins, str):
            return [(b"access-control-allow-origin", b"*")]
        answer: list[Header] = [(b"vary", b"Origin")]
        origin = request.get("origin")
        if origin is not None and _normalized(origin) in self._origins:
            answer.append((b"access-control-allow-origin", origin.encode("latin-1")))
            if self._credentials:
                answer.append((b"access-control-allow-credentials", b"true"))
        return answer

    def preflight_headers(self, request: Mapping[str, str]) -> list[Header]:
        """Return the headers of the answer to a preflight request."""
        answer = [*self.headers(request), (b"access-control-allow-methods", _METHODS)]
        wanted = request.get("access-control-request-headers")
        if wanted is not None and _HEADER_NAMES.fullmatch(wanted):
            answer.append((b"vary", b"Access-Control-Request-Headers"))
            answer.append((b"access-control-allow-headers", wanted.encode("ascii")))
        return answer

    def allows_websocket(self, request: Mapping[str, str]) -> bool:
        """Whether a WebSocket with these headers may be opened.

        A browser always tells the origin; what tells none isn't a browser, and could claim any.
        A site may always talk to the host that it came from.
        """
        origin = request.get("origin")
        if origin is None or self._origins is None or isinstance(self._origins, str):
            return True
        return _normalized(origin) in self._origins or _host(origin) == request.get("host", "").lower()


def _normalized(origin: str) -> str:
    return origin.rstrip("/").lower()


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin.lower()).netloc or None
    except ValueError:
        return None
