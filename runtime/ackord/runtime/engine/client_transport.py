"""What the client's engine needs of a transport, and what transports need of the network.

Two things stand between the network and a `ackord.runtime.engine.client.Connection`:

- A `Connector` reaches the network, or a server in memory for tests. It opens WebSockets, and does
  the HTTP requests of long-polling.
- A `ClientTransport` carries packets: a WebSocket is one as it is, long-polling is
  `ackord.runtime.polling.client.PollingTransport` over an `HttpClient`.

Backpressure: a transport never refuses a packet. It buffers what the network doesn't take, counts
that in `buffered`, and says by `TransportReceiver.drained` when nothing is left. A receiver that
can't keep up returns false from `receive`; nothing more is read until `resume`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ackord.runtime.errors import DisconnectedError
from ackord.runtime.protocol.engineio.open_packet import OpenPacket
from ackord.runtime.protocol.engineio.packet import Packet


class TransportLostError(DisconnectedError):
    """The network ended a transport, or didn't let it open."""

    def __init__(self, reason: str, description: str, *, is_final: bool = False) -> None:
        """Take one of the disconnect reasons ``"transport close"`` and ``"transport error"``, and
        words for people.

        `is_final` says that another transport to the same server would fail in the same way.
        """
        super().__init__(description, reason)
        self.reason: str = reason
        self.description = description
        self.is_final = is_final


class TransportReceiver(Protocol):
    """Who takes what a transport receives; called from the event loop, never within a call of the
    transport.
    """

    __slots__ = ()

    def receive(self, message: Packet) -> bool:
        """Take one packet; return whether there may be more before `ClientTransport.resume`."""
        ...

    def closed(self, error: TransportLostError) -> None:
        """Called once when the transport has ended by itself, after all packets before its end."""
        ...


class ClientTransport(Protocol):
    """One open transport of a client."""

    __slots__ = ()

    @property
    def buffered(self) -> int:
        """Bytes that were sent and that the network hasn't taken yet."""
        ...

    @property
    def writable(self) -> bool:
        """Whether a packet would go out at once: nothing that was sent in this turn of the event
        loop, or before, is on its way.
        """
        ...

    def send(self, packet: Packet) -> None:
        """Send one packet: text with its type digit, or bytes. Never waits and never raises;
        dropped after the end.
        """
        ...

    async def drain(self) -> None:
        """Wait until nothing is buffered, or the transport has ended."""
        ...

    def resume(self) -> None:
        """Read on, after `TransportReceiver.receive` has returned false."""
        ...

    def adopt(self, receiver: TransportReceiver) -> None:
        """Give packets to another receiver from now on."""
        ...

    def close(self, *, abort: bool = False) -> None:
        """End the transport, saying so to the server, within a bound; with `abort`, end it at once.

        The receiver isn't called any more.
        """
        ...

    async def wait_closed(self) -> None:
        """Wait until nothing of the transport is left: no task, no timer, no socket."""
        ...


class ClientWebSocket(ClientTransport, Protocol):
    """A WebSocket as a transport."""

    __slots__ = ()

    response_headers: Sequence[tuple[str, str]]
    """The headers of the answer to the handshake, which may set cookies."""


class ClientPolling(ClientTransport, Protocol):
    """Long-polling, as an upgrade needs it beside what all transports have."""

    __slots__ = ()

    def opened(self, packet: OpenPacket) -> None:
        """Take what the open packet says of the requests that follow."""
        ...

    async def pause(self) -> None:
        """Begin no more requests, and wait for the end of those that run."""
        ...

    def take_unsent(self) -> Sequence[Packet]:
        """Remove the packets that wait for a request, and return them; for after `pause`."""
        ...

    def unpause(self) -> None:
        """Begin requests again."""
        ...


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """The answer to one request."""

    status: int
    headers: Sequence[tuple[str, str]]
    """Names in any case; a name may come several times."""
    body: bytes
    """Decompressed."""

    def header(self, name: str) -> str:
        """Return the first header of a name in lower case, or an empty text."""
        return next((value for each, value in self.headers if each.lower() == name), "")


class HttpClient(Protocol):
    """Does the requests of one long-polling session."""

    __slots__ = ()

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_body: int,
    ) -> HttpResponse:
        """Do one request and return its answer, following no redirect.

        The caller bounds the time by cancelling. A body of more than `max_body` bytes, after
        decompression, is an error as soon as that is known.

        Raises:
            TransportLostError: There was no complete answer; the message says why.
        """
        ...

    async def close(self) -> None:
        """Let go of all connections; requests that run have been cancelled."""
        ...


class Connector(Protocol):
    """Reaches a server: over the network, or in memory for tests."""

    __slots__ = ()

    async def open_websocket(
        self, url: str, headers: Mapping[str, str], receiver: TransportReceiver
    ) -> ClientWebSocket:
        """Open a WebSocket to a ``ws`` or ``wss`` URL, sending these headers with the request.

        The caller bounds the time it takes by cancelling.

        Raises:
            TransportLostError: It couldn't be opened; the message says why.
        """
        ...

    def open_http(self, url: str) -> HttpClient:
        """Return what does the requests to an ``http`` or ``https`` URL; nothing is opened yet."""
        ...
