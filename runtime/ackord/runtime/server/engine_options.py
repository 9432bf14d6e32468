"""The options of the Engine.IO server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ackord.runtime.engineio.handshake import POLLING, WEBSOCKET
from ackord.runtime.engineio.session import SessionLimits
from ackord.runtime.errors import UsageError
from ackord.runtime.server.link import HandshakeRequest

AllowRequest: TypeAlias = Callable[[HandshakeRequest], Awaitable[str | None]]
"""Decides about a handshake: `None` allows it, a text refuses it with that message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Options of an `EngineServer`: times in seconds, sizes in bytes.

    Raises:
        UsageError: a value can't work.
    """

    path: str = "/socket.io/"
    """Prefix of the paths that are served; a trailing slash is added."""
    ping_interval: float = 25.0
    """From a PONG to the next PING."""
    ping_timeout: float = 20.0
    """From a PING to the end of a session whose client doesn't answer."""
    upgrade_timeout: float = 10.0
    """For a WebSocket to complete the upgrade of a polling session."""
    max_payload: int = 1_000_000
    """Largest message and largest request body that a client may send; told to it as ``maxPayload``."""
    transports: tuple[str, ...] = (POLLING, WEBSOCKET)
    """Transports that are served."""
    allow_upgrades: bool = True
    """Whether a polling session may be upgraded to WebSocket."""
    cors_origins: Literal["*"] | tuple[str, ...] | None = None
    """Origins that may read responses; a tuple also limits which other sites may open WebSockets, `None` sends no CORS header at all."""
    cors_credentials: bool = False
    """Whether cross-origin requests may carry cookies."""
    max_buffered: int = 4_000_000
    """Outgoing bytes that may wait for a connection before it is closed as too slow; a single message may exceed it."""
    allow_request: AllowRequest | None = None
    """Asked before each handshake."""

    def __post_init__(self) -> None:
        """Check the values."""
        if not self.path.startswith("/"):
            raise UsageError(f"path {self.path!r} must begin with a slash")
        for name in ("ping_interval", "ping_timeout", "upgrade_timeout", "max_payload", "max_buffered"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name} must be greater than zero")
        if not self.transports or not {POLLING, WEBSOCKET}.issuperset(self.transports):
            raise UsageError(f"transports {self.transports!r} must be some of {POLLING!r} and {WEBSOCKET!r}")
        if isinstance(self.cors_origins, str) and self.cors_origins != "*":
            raise UsageError(f"cors_origins must be '*' or a tuple of origins, not {self.cors_origins!r}")
        if self.cors_origins == "*" and self.cors_credentials:
            raise UsageError("cors_credentials needs cors_origins to name the origins: browsers refuse credentials for '*'")

    @property
    def prefix(self) -> str:
        """The path with exactly one slash at its end."""
        return self.path.rstrip("/") + "/"

    @property
    def upgrades(self) -> tuple[str, ...]:
        """What a polling session may be upgraded to."""
        return (WEBSOCKET,) if self.allow_upgrades and WEBSOCKET in self.transports else ()

    @property
    def limits(self) -> SessionLimits:
        """What the sessions need of this."""
        return SessionLimits(
            ping_interval=self.ping_interval,
            ping_timeout=self.ping_timeout,
            upgrade_timeout=self.upgrade_timeout,
            max_buffered=self.max_buffered,
        )
