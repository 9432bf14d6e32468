"""The contract between the Engine.IO server and the Socket.IO server.

`EngineSocket` is one Engine.IO session as the Socket.IO layer uses it; it is implemented by
`ackord.runtime.engine.session.EngineSession`. `EngineHandler` is the Socket.IO end of the same
session. The engine calls the handler from the event loop's thread, never from within a `send`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Protocol

from ackord.runtime.bounds.memory import Part
from ackord.runtime.protocol.engineio.prepared import Prepared

_NO_SCOPE: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """An HTTP request, as hooks see it; the first of a session is the source of
    `Socket.handshake`.
    """

    url: str
    """Path and query string, as requested."""
    query: Mapping[str, str]
    """Parsed query string; the last value of a repeated key."""
    headers: Mapping[str, str]
    """Lower-case names; repeated headers are joined with ``", "``."""
    address: str
    """The client's address, or an empty string where the server doesn't tell; behind trusted
    proxies, what the first of them saw.
    """
    client: str = ""
    """The address that limits count: of IPv6 the network (`/64`); empty where the address may
    belong to many clients, see "Shared limits" in docs/options.md.
    """
    method: str = "GET"
    host: str = ""
    """Host and port that the client asked for: the header ``Host``, or ``X-Forwarded-Host`` of a
    trusted proxy.
    """
    secure: bool = False
    """Whether the request came over TLS."""
    scope: Mapping[str, Any] = field(default_factory=lambda: _NO_SCOPE, repr=False)
    """The ASGI scope, for everything that isn't named here. Empty once the session is open, because
    the session would keep the scope in memory.
    """
    state: dict[str, Any] = field(default_factory=dict[str, Any])
    """For middlewares and hooks, to keep values with the session: a user, a tenant, something of
    the scope.
    """

    def kept(self) -> EngineRequest:
        """Return the request as the session keeps it, without the scope."""
        return EngineRequest(
            url=self.url,
            query=self.query,
            headers=self.headers,
            address=self.address,
            client=self.client,
            method=self.method,
            host=self.host,
            secure=self.secure,
            scope=_NO_SCOPE,
            state=self.state,
        )


class EngineSocket(Protocol):
    """One Engine.IO session on either transport, from the handshake to the end."""

    __slots__ = ()

    sid: str
    """The session id: a secret of this client, never shown to others (`Socket.id` is another id).
    """
    request: EngineRequest

    @property
    def transport(self) -> str:
        """``"polling"`` or ``"websocket"``."""
        ...

    @property
    def is_open(self) -> bool:
        """Whether packets can still be sent."""
        ...

    @property
    def writable(self) -> bool:
        """Whether a packet would go out at once: the network has taken everything, and nothing was
        written in this turn of the event loop.
        """
        ...

    def claim(self) -> bool:
        """Return whether a volatile packet may be sent now. If so, the caller sends it, and no
        other volatile packet may be sent in this turn of the event loop.
        """
        ...

    @property
    def buffered(self) -> int:
        """Bytes that were sent and that the network hasn't taken yet."""
        ...

    def send(self, packet: str) -> None:
        """Send one text packet, type digit included (``42["hello"]``)."""
        ...

    def send_prepared(self, prepared: Prepared) -> None:
        """Send a text packet and its attachments, atomically; `Prepared.compress` says whether it
        may be compressed.
        """
        ...

    def send_binary(self, data: bytes) -> None:
        """Send one binary message: a packet as `Parser.encode` writes it."""
        ...

    def close(self, *, discard: bool = False, reason: str = "forced close") -> None:
        """Close the session: after the buffered packets, or at once with `discard`.

        `EngineHandler.closed` gets `reason`, unless the transport closes first.
        """
        ...

    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        """Count the bytes that the upper layer holds for this client in one part, 0 for none; see
        `ackord.runtime.bounds.memory`.

        If all clients together hold too much, this session may be closed before the call returns.
        Then `drop` was called, which must free the part, and do nothing else.
        """
        ...


class EngineHandler(Protocol):
    """The upper layer's end of one session."""

    __slots__ = ()

    def receive_text(self, packet: str) -> bool:
        """Take one Engine.IO message packet, type digit included: its Socket.IO packet begins at
        index 1.

        Never raises for anything that a peer can send.
        Return whether the engine may go on reading: the opposite of `congested`.
        """
        ...

    def receive_binary(self, data: bytes) -> bool:
        """Take one binary message; return what `receive_text` does."""
        ...

    def closed(self, reason: str, description: str | None = None) -> None:
        """Called once, when the session is over; `reason` is one of the disconnect reasons of
        Socket.IO.
        """
        ...

    @property
    def congested(self) -> bool:
        """Whether too many events wait for handlers; the engine then reads nothing more from this
        client until `ready` returns.
        """
        ...

    async def ready(self) -> None:
        """Wait until the handler isn't congested any more, or is closed."""
        ...
