"""Cross-origin resource sharing; the origins of WebSockets are checked too, because browsers don't
check them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

from ackord.runtime.asgi_types import Header
from ackord.runtime.containment import contain
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.origins import is_from, parse_origin
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.patterns import as_ascii

_HEADER_NAMES: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z, ]*")


class CorsPolicy:
    """Which origins may use the server from a browser; headers as the reference implementation's
    `cors` module sends them.
    """

    __slots__ = ("_log", "_options", "is_enabled")

    def __init__(self, options: EngineOptions) -> None:
        """Follow the options whose names begin with ``cors_``."""
        self._options = options
        self.is_enabled = options.cors_origins is not None
        """Whether CORS headers are sent, and preflight requests answered."""
        self._log = LimitedLog(logging.getLogger("ackord.runtime.engine"))

    def allows(self, origin: str) -> bool:
        """Whether an origin is one of those that are allowed."""
        origins = self._options.cors_origins
        if origins is None:
            return False
        if origins is True:
            return True
        if callable(origins):
            return _ask(origins, origin, self._log)
        every = (origins,) if isinstance(origins, str | re.Pattern) else origins
        plain = _normalized(origin)
        return any(
            each == "*" or _normalized(each) == plain
            if isinstance(each, str)
            else as_ascii(each).fullmatch(origin) is not None
            for each in every
        )

    def headers(self, request: Mapping[str, str]) -> list[Header]:
        """Return the headers that every response has; `request` are the request's headers, names in
        lower case.
        """
        if not self.is_enabled:
            return []
        answer = self._origin_headers(request)
        if self._options.cors_exposed_headers:
            answer.append(
                (
                    b"access-control-expose-headers",
                    ",".join(self._options.cors_exposed_headers).encode("latin-1"),
                )
            )
        return answer

    def preflight_headers(self, request: Mapping[str, str]) -> list[Header]:
        """Return the headers of the answer to a preflight request."""
        answer = [
            *self.headers(request),
            (
                b"access-control-allow-methods",
                ",".join(self._options.cors_methods).encode("latin-1"),
            ),
        ]
        if self._options.cors_allowed_headers is not None:
            answer.append(
                (
                    b"access-control-allow-headers",
                    ",".join(self._options.cors_allowed_headers).encode("latin-1"),
                )
            )
        else:
            answer.append((b"vary", b"Access-Control-Request-Headers"))
            wanted = request.get("access-control-request-headers")
            if wanted is not None and _HEADER_NAMES.fullmatch(wanted):
                answer.append((b"access-control-allow-headers", wanted.encode("ascii")))
        if self._options.cors_max_age is not None:
            answer.append((b"access-control-max-age", str(self._options.cors_max_age).encode()))
        return answer

    def allows_websocket(self, request: Mapping[str, str], host: str) -> bool:
        """Whether a WebSocket with these headers may be opened; `host` is the one that was asked
        for.

        Browsers always send an Origin; a client that sends none isn't a browser, and could send
        any. A page may always open a WebSocket to the host that it came from; other origins must be
        allowed, as for long-polling.
        """
        origin = request.get("origin")
        return origin is None or self.allows(origin) or is_from(origin, host)

    def _origin_headers(self, request: Mapping[str, str]) -> list[Header]:
        if self._options.cors_origins == "*":
            return [(b"access-control-allow-origin", b"*")]
        answer: list[Header] = [(b"vary", b"Origin")]
        origin = request.get("origin")
        if origin is not None and self.allows(origin):
            answer.append((b"access-control-allow-origin", origin.encode("latin-1")))
            if self._options.cors_credentials:
                answer.append((b"access-control-allow-credentials", b"true"))
        return answer


def _ask(decide: Callable[[str], bool], origin: str, log: LimitedLog) -> bool:
    try:
        return decide(origin) is True
    except BaseException as exc:  # noqa: BLE001  # a hook of the application
        contain(exc)
        log.crash("The function cors_origins", exc, " (the origin isn't allowed)")
        return False


def _normalized(origin: str) -> object:
    return parse_origin(origin) or origin.rstrip("/").lower()
