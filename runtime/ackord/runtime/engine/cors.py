"""Cross-origin resource sharing, and the origins of WebSockets, which browsers don't protect."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from ackord.runtime.containment import contain
from ackord.runtime.engine.origins import is_from, parse_origin
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.patterns import as_ascii

Header: TypeAlias = tuple[bytes, bytes]

Origins: TypeAlias = (
    Literal[True]
    | str
    | re.Pattern[str]
    | Sequence[str | re.Pattern[str]]
    | Callable[[str], bool]
    | None
)
"""Origins that are allowed.

`None` allows none but the server's own; ``"*"`` tells browsers that anybody may, without
credentials; `True` allows each origin by its name. Otherwise an origin, a pattern that must match
the whole of it, a sequence of both, or a function that decides. Origins are compared without regard
to case, a default port, or a dot at the end of the host; `ws` counts as `http`, `wss` as `https`.
"""

DEFAULT_METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")

_HEADER_NAMES: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z, ]*")


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """Which origins may use the server from a browser; headers as the reference implementation's
    `cors` module sends them.
    """

    origins: Origins = None
    credentials: bool = False
    methods: Sequence[str] = DEFAULT_METHODS
    allowed_headers: Sequence[str] | None = None
    """`None` allows whatever the browser asks for."""
    exposed_headers: Sequence[str] = ()
    max_age: int | None = None
    log: LimitedLog = field(
        default_factory=lambda: LimitedLog(logging.getLogger("ackord.runtime.engine")),
        compare=False,
        repr=False,
    )
    """Where an exception of `origins` is written, if that is a function."""

    @property
    def is_enabled(self) -> bool:
        """Whether CORS headers are sent, and preflight requests answered."""
        return self.origins is not None

    def allows(self, origin: str) -> bool:
        """Whether an origin is one of those that are allowed."""
        origins = self.origins
        if origins is None:
            return False
        if origins is True:
            return True
        if callable(origins):
            return _ask(origins, origin, self.log)
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
        if self.origins is None:
            return []
        answer = self._origin_headers(request)
        if self.exposed_headers:
            answer.append(
                (b"access-control-expose-headers", ",".join(self.exposed_headers).encode("latin-1"))
            )
        return answer

    def preflight_headers(self, request: Mapping[str, str]) -> list[Header]:
        """Return the headers of the answer to a preflight request."""
        answer = [
            *self.headers(request),
            (b"access-control-allow-methods", ",".join(self.methods).encode("latin-1")),
        ]
        if self.allowed_headers is not None:
            answer.append(
                (b"access-control-allow-headers", ",".join(self.allowed_headers).encode("latin-1"))
            )
        else:
            answer.append((b"vary", b"Access-Control-Request-Headers"))
            wanted = request.get("access-control-request-headers")
            if wanted is not None and _HEADER_NAMES.fullmatch(wanted):
                answer.append((b"access-control-allow-headers", wanted.encode("ascii")))
        if self.max_age is not None:
            answer.append((b"access-control-max-age", str(self.max_age).encode()))
        return answer

    def allows_websocket(self, request: Mapping[str, str], host: str) -> bool:
        """Whether a WebSocket with these headers may be opened; `host` is the one that was asked
        for.

        A browser always tells the origin; what tells none isn't a browser, and could claim any.
        A site may always talk to the host that it came from; other sites may if they are allowed,
        as browsers hold it over long-polling.
        """
        origin = request.get("origin")
        return origin is None or self.allows(origin) or is_from(origin, host)

    def _origin_headers(self, request: Mapping[str, str]) -> list[Header]:
        if self.origins == "*":
            return [(b"access-control-allow-origin", b"*")]
        answer: list[Header] = [(b"vary", b"Origin")]
        origin = request.get("origin")
        if origin is not None and self.allows(origin):
            answer.append((b"access-control-allow-origin", origin.encode("latin-1")))
            if self.credentials:
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
