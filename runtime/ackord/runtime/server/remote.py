"""A socket of another server, as `fetch_sockets` returns it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from functools import partial
from typing import Any

from ackord.runtime.adapters.base import SocketDetails, Target
from ackord.runtime.protocol.socketio.event import encode_plain_event
from ackord.runtime.server.contracts import Audience
from ackord.runtime.server.gathering import Gathered
from ackord.runtime.server.handshake import Handshake
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.sockets.acks import AckCallback, AckReply
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.payloads import decode_array

_NO_HANDSHAKE = Handshake(
    headers={},
    time="",
    address="",
    xdomain=False,
    secure=False,
    issued=0,
    url="",
    query={},
    auth={},
)


class FetchedSocket:
    """A socket as another server described it; implements
    `ackord.runtime.server.contracts.RemoteSocket`.

    `rooms` and `data` are those at the time when the socket was fetched. Commands go to the socket
    through the adapter.
    """

    __slots__ = ("_audience", "_operator", "data", "handshake", "id", "rooms")

    def __init__(self, audience: Audience, details: SocketDetails) -> None:
        self._audience = audience
        self.id = details.id
        self.rooms = details.rooms
        self.data: Any = details.data
        known = {field.name for field in fields(Handshake)} & details.handshake.keys()
        given = {name: details.handshake[name] for name in known}
        self.handshake = replace(_NO_HANDSHAKE, **given)
        self._operator = BroadcastOperator(audience, Target(frozenset((details.id,))))

    def join(self, *rooms: str | Iterable[str]) -> None:
        """Enter rooms."""
        self._operator.sockets_join(*rooms)

    def leave(self, *rooms: str | Iterable[str]) -> None:
        """Leave rooms."""
        self._operator.sockets_leave(*rooms)

    def disconnect(self, close: bool = False) -> None:
        """Leave the namespace; with `close`, leave all namespaces and end the connection."""
        self._operator.disconnect_sockets(close)

    def emit(self, name: str, *values: Any, ack: AckCallback | None = None) -> None:
        """Send an event to the client; `ack` isn't called if no acknowledgement comes within 20
        seconds.
        """
        if ack is None:
            self._operator.emit(name, *values)
        else:
            self._operator._gather_soon(
                encode_plain_event(name, values),
                _decode,
                partial(_settle, self._audience, Registration(ack), name),
            )


def _decode(reply: AckReply) -> list[Any]:
    return decode_array(*reply)


def _settle(
    audience: Audience, ack: Registration, name: str, gathered: Gathered[list[Any]]
) -> None:
    for values in gathered.replies.values():
        audience.call_back(ack, values, name)
