"""A client on any server of the cluster, as a typed namespace finds it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar, cast

from ackord.runtime.errors import AckordError, InvalidAckError, UsageError
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.server.contracts import Audience, RemoteSocket
from ackord.runtime.server.handshake import Handshake
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.typed.emitters import RemoteTarget, room_names
from ackord.runtime.typed.event import NamespaceContract
from ackord.runtime.typed.room import Room

SessionT = TypeVar("SessionT")


class Member(Generic[SessionT]):
    """One client, on this server or on another one.

    `rooms`, `data` and `handshake` of a client of another server are those of the time when the
    client was found. Commands go to the client's server.
    """

    __slots__ = ("_audience", "_contract", "_remote")

    def __init__(
        self, remote: RemoteSocket, contract: NamespaceContract, audience: Audience
    ) -> None:
        """Take the untyped socket, and the namespace that it is in."""
        self._remote = remote
        self._contract = contract
        self._audience = audience

    @property
    def sid(self) -> str:
        """The client's public id."""
        return self._remote.id

    @property
    def socket(self) -> RemoteSocket:
        """The untyped socket: of a client of this server the socket itself."""
        return self._remote

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection."""
        return self._remote.handshake

    @property
    def data(self) -> SessionT:
        """The typed data of the connection (``session:`` in the contract). Of a client of another
        server it is a copy.

        Raises:
            UsageError: the contract declares no session, or nothing was assigned yet.
            InvalidAckError: what another server says isn't as declared.
        """
        session, adapter = self._contract.session, self._contract.session_value
        if session is None or adapter is None:
            raise UsageError(f"namespace {self._contract.path} declares no session")
        data = self._remote.data
        if isinstance(data, session):
            return cast("SessionT", data)
        if data is None or data == {}:
            raise UsageError(f"the session of client {self.sid!r} isn't set")
        try:
            return cast("SessionT", adapter.read(encode_json(data)))
        except AckordError as error:
            raise InvalidAckError(
                f"the session of client {self.sid!r} isn't as declared: {error}"
            ) from error

    @property
    def rooms(self) -> frozenset[str]:
        """Names of the rooms that the client is in, its own id among them."""
        return self._remote.rooms

    def is_in(self, room: Room) -> bool:
        """Tell whether the client is in a room."""
        return room.name in self._remote.rooms

    def join(self, *rooms: Room) -> None:
        """Put the client into rooms."""
        self._remote.join(room_names(rooms))

    def leave(self, *rooms: Room) -> None:
        """Take the client out of rooms."""
        self._remote.leave(room_names(rooms))

    def disconnect(self, close: bool = False) -> None:
        """Disconnect the client from the namespace; with `close`, close the connection."""
        self._remote.disconnect(close)

    @property
    def _client(self) -> RemoteTarget:
        return RemoteTarget(self.sid, BroadcastOperator(self._audience).to(self.sid))


def dump_session(contract: NamespaceContract, data: Any) -> Any:
    """Return the session of a connection as JSON values, for another server; `None` if the session
    isn't set.

    Raises:
        InvalidPayloadError: JSON can't hold it.
    """
    if contract.session_value is None or not isinstance(data, contract.session):
        return None
    return contract.session_value.dump(data)


def load_session(contract: NamespaceContract, data: Any) -> Any:
    """Return the session of a connection from what another server says; nothing is trusted.

    Raises:
        AckordError: it isn't as declared.
    """
    if contract.session_value is None or data is None or data == {}:
        return {} if contract.session_default is None else contract.session_default()
    return contract.session_value.read(encode_json(data))
