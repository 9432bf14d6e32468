"""The options of the Engine.IO server."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from math import inf
from typing import Final, TypeAlias, TypedDict

from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.engine.hosts import AllowedHosts
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.origins import Origins, is_origin
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.errors import UsageError
from ackord.runtime.option_values import check_values
from ackord.runtime.protocol.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.protocol.engineio.session import SessionLimits

if sys.platform != "win32":
    import resource

MAX_CONNECTIONS: Final = 100_000
"""The default of `max_connections`, if the process may open enough files: about a gigabyte."""

AllowRequest: TypeAlias = Callable[[EngineRequest], Awaitable[str | None] | str | None]
"""A function or coroutine function that decides about a handshake: `None` allows it, a string
refuses it with that message.
"""

GenerateId: TypeAlias = Callable[[EngineRequest], Awaitable[str] | str]
"""A function or coroutine function that makes the id of a new session: a secret that nobody can
guess, of letters, digits, ``-``, ``_``, ``.`` and ``~``.
"""


_PATH: Final = re.compile(r"/[^?#]*")


class EngineKeywords(TypedDict, total=False):
    """The options of `EngineOptions` as the keyword arguments of a `Server`.

    Type checkers take keyword arguments from a `TypedDict` only (PEP 692), so the names stand here
    a second time; a test compares both lists.
    """

    path: str
    ping_interval: float
    ping_timeout: float
    upgrade_timeout: float
    max_payload: int
    max_buffered: int
    max_half_open: int
    max_connections: int | None
    memory_budget: int | None
    transports: tuple[str, ...]
    allow_upgrades: bool
    cors_origins: Origins
    cors_credentials: bool
    cors_methods: Sequence[str]
    cors_allowed_headers: Sequence[str] | None
    cors_exposed_headers: Sequence[str]
    cors_max_age: int | None
    allow_request: AllowRequest | None
    generate_id: GenerateId | None
    cookie: Cookie | None
    initial_packet: str | bytes | None
    compression_threshold: int | None
    trusted_proxies: Sequence[str]
    allowed_hosts: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Options of an `EngineServer`: times in seconds, sizes in bytes.

    Raises:
        UsageError: a value can't work.
    """

    path: str = "/socket.io/"
    """Prefix of the paths that are served, with and without a slash at its end."""
    ping_interval: float = 25.0
    """Seconds from a PONG to the next PING."""
    ping_timeout: float = 20.0
    """Seconds that a client has to answer a PING before its session ends."""
    upgrade_timeout: float = 10.0
    """Seconds that the upgrade of a polling session to WebSocket may take."""
    max_payload: int = 1_000_000
    """Bytes of the largest message and the largest request body that a client may send; sent to
    clients as ``maxPayload``.
    """
    max_buffered: int = 4_000_000
    """Outgoing bytes that may wait for a client before its session is closed as a slow consumer; a
    single message may be larger.
    """
    max_half_open: int = 10_000
    """Sessions whose client has sent no message yet; for one more, the oldest is closed, of the
    client that has the most of them.
    """
    max_connections: int | None = None
    """Sessions in all. For one more, a session of the client that has the most is closed, or a
    half-open one; if there is none, the handshake is answered with 503.

    `None`: three quarters of the files that the process may have open, 100,000 at most.
    """
    memory_budget: int | None = None
    """Bytes that the server may hold for all clients together; beyond that, the client with the
    most is disconnected.

    `None`: a quarter of the memory that the process may take, which is the least of the machine's
    memory, its control group's limit and the rest of ``RLIMIT_AS``; all servers in an event loop
    share it.
    """
    transports: tuple[str, ...] = (POLLING, WEBSOCKET)
    """Transports that are served."""
    allow_upgrades: bool = True
    """Whether a polling session may be upgraded to WebSocket."""
    cors_origins: Origins = None
    """Other origins that may read responses and open WebSockets; `None`: no other origin, and no
    CORS headers.
    """
    cors_credentials: bool = False
    """Whether cross-origin requests may carry cookies."""
    cors_methods: Sequence[str] = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE")
    """Methods in the answer to a preflight request."""
    cors_allowed_headers: Sequence[str] | None = None
    """Request headers in the answer to a preflight request; `None`: those that the request asks
    for.
    """
    cors_exposed_headers: Sequence[str] = ()
    """Response headers that scripts may read."""
    cors_max_age: int | None = None
    """Seconds for which a browser may keep the answer to a preflight request."""
    allow_request: AllowRequest | None = None
    """Called before each handshake; may refuse it."""
    generate_id: GenerateId | None = None
    """Makes session ids; `None`: 120 random bits from `secrets`."""
    cookie: Cookie | None = None
    """A cookie with the session id, for load balancers; sent with the first polling response only.
    """
    initial_packet: str | bytes | None = None
    """A message that follows the open packet of each session."""
    compression_threshold: int | None = 1024
    """Bytes from which on a polling response is compressed, if the client accepts that; `None`:
    never.
    """
    trusted_proxies: Sequence[str] = ()
    """Addresses and networks of proxies that may set ``X-Forwarded-For``, ``-Proto`` and ``-Host``;
    ``"unix"`` for connections by Unix sockets.
    """
    allowed_hosts: Sequence[str] | None = None
    """Hosts that requests may be for, without the port: names, ``".example.org"`` with all
    subdomains, ``"*"``; `None`: any.

    Protects servers without authentication, such as those of a developer's machine, from DNS
    rebinding.
    """

    def __post_init__(self) -> None:
        """Check the values."""
        check_values(
            {each.name: getattr(self, each.name) for each in fields(self)},
            EngineOptions,
            signed=("cors_max_age",),
        )
        if not _PATH.fullmatch(self.path):
            raise UsageError(
                f"path {self.path!r} must begin with a slash, and have no '?' and no '#'"
            )
        for name in (
            "ping_interval",
            "ping_timeout",
            "upgrade_timeout",
            "max_payload",
            "max_buffered",
            "max_half_open",
            "max_connections",
            "memory_budget",
        ):
            value = getattr(self, name)
            if value is not None and not 0 < value < inf:
                raise UsageError(f"{name} must be greater than zero, and finite")
        if not self.transports or not {POLLING, WEBSOCKET}.issuperset(self.transports):
            raise UsageError(
                f"transports {self.transports!r} must be some of {POLLING!r} and {WEBSOCKET!r}"
            )
        _check_origins(self.cors_origins, credentials=self.cors_credentials)
        try:
            TrustedProxies(self.trusted_proxies)
            AllowedHosts(self.allowed_hosts)
        except ValueError as exc:
            raise UsageError(
                f"trusted_proxies are addresses and networks, allowed_hosts names of hosts: {exc}"
            ) from exc

    @property
    def connections(self) -> int:
        """How many sessions there may be."""
        return _count_files() if self.max_connections is None else self.max_connections

    @property
    def prefix(self) -> str:
        """The path with exactly one slash at its end."""
        return self.path.rstrip("/") + "/"

    @property
    def upgrades(self) -> tuple[str, ...]:
        """The transports that a polling session may be upgraded to."""
        return (WEBSOCKET,) if self.allow_upgrades and WEBSOCKET in self.transports else ()

    @property
    def limits(self) -> SessionLimits:
        """The options that the sessions need."""
        return SessionLimits(
            ping_interval=self.ping_interval,
            ping_timeout=self.ping_timeout,
            upgrade_timeout=self.upgrade_timeout,
            max_buffered=self.max_buffered,
        )


def _count_files() -> int:
    """Return how many sessions this process can have by its limit of open files, a quarter of which
    is left to the application.
    """
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        MAX_CONNECTIONS
        if soft == resource.RLIM_INFINITY
        else max(1, min(MAX_CONNECTIONS, soft * 3 // 4))
    )


def _check_origins(origins: Origins, *, credentials: bool) -> None:
    if origins is None or origins is True or callable(origins) or isinstance(origins, re.Pattern):
        return
    if credentials and (origins == "*" or "*" in origins):
        raise UsageError(
            "cors_credentials needs cors_origins to name the origins: browsers refuse "
            "credentials for '*'"
        )
    for origin in (origins,) if isinstance(origins, str) else origins:
        if isinstance(origin, str) and not is_origin(origin):
            hint = (
                "a scheme and a host, and a port if that isn't the default, such as "
                "'https://app.example'; several are a list, a wildcard is a re.compile(…)"
            )
            raise UsageError(
                f"cors_origins has {origin!r}, which no page can have as its origin: an "
                f"origin is {hint}"
            )
