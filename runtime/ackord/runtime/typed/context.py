"""One client, as the handlers of a namespace see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from ackord.runtime.errors import UsageError
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.typed.emitters import BroadcastTarget, ClientTarget, room_names
from ackord.runtime.typed.event import NamespaceContract
from ackord.runtime.typed.params import Params, ParamsT
from ackord.runtime.typed.room import Room

if TYPE_CHECKING:
    from ackord.runtime.server.handshake import Handshake
    from ackord.runtime.server.socket import Socket

SessionT = TypeVar("SessionT")


class Context(Generic[SessionT]):
    """One client: its session, its rooms, and ways to send to it and to others.

    There is one for each connection, the same in all handlers, from ``on_connect`` to
    ``on_disconnect``.
    """

    __slots__ = ("_contract", "_found_params", "_socket")

    def __init__(self, socket: Socket, contract: NamespaceContract) -> None:
        """Take the untyped socket and the namespace's contract."""
        self._socket = socket
        self._contract = contract
        self._found_params: Params | None = None

    @property
    def sid(self) -> str:
        """The client's public id, new with each connection."""
        return self._socket.id

    @property
    def socket(self) -> Socket:
        """The untyped socket beneath."""
        return self._socket

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection."""
        return self._socket.handshake

    @property
    def recovered(self) -> bool:
        """Whether this connection goes on where an earlier one was cut off: its id, rooms and
        session are those of then.
        """
        return self._socket.recovered

    @property
    def data(self) -> SessionT:
        """The session: typed data of this connection, kept until it ends.

        Raises:
            UsageError: it has fields without defaults, and nothing was assigned yet; `on_connect`
                is the place.
        """
        session = self._contract.session
        data: SessionT = self._socket.data
        if session is None:
            raise UsageError(f"namespace {self._contract.path} declares no session")
        if not isinstance(data, session):
            raise UsageError(
                f"the session isn't set: assign a {session.__name__} to ctx.data in on_connect"
            )
        return data

    @data.setter
    def data(self, value: SessionT) -> None:
        session = self._contract.session
        if session is None or not isinstance(value, session):
            wanted = "nothing" if session is None else session.__name__
            raise TypeError(
                f"the session of namespace {self._contract.path} is {wanted}, not "
                f"{type(value).__name__}"
            )
        self._socket.data = value

    @property
    def rooms(self) -> frozenset[str]:
        """Names of the rooms that the client is in, its own id among them."""
        return self._socket.rooms

    def join(self, *rooms: Room) -> None:
        """Put the client into rooms."""
        self._socket.join(room_names(rooms))

    def leave(self, *rooms: Room) -> None:
        """Take the client out of rooms."""
        self._socket.leave(room_names(rooms))

    def is_in(self, room: Room) -> bool:
        """Tell whether the client is in a room."""
        return room.name in self._socket.rooms

    def disconnect(self, close: bool = False) -> None:
        """Disconnect the client from the namespace; with `close`, end the connection."""
        self._socket.disconnect(close)

    def _params(self, type_: type[ParamsT]) -> ParamsT:
        found = self._found_params
        if not isinstance(found, type_):
            path = self._socket.namespace.name
            found = type_.parse(path)
            if found is None:
                raise UsageError(f"{path!r} isn't a namespace of {type_.template!r}")
            self._found_params = found
        return found

    @property
    def _client(self) -> ClientTarget:
        return ClientTarget(self._socket.namespace, self._socket.id, self._socket)

    @property
    def _all(self) -> BroadcastTarget:
        return BroadcastOperator(self._socket.namespace.core)

    @property
    def _others(self) -> BroadcastTarget:
        return self._socket.broadcast

    def _to(self, *rooms: Room) -> BroadcastTarget:
        return self._socket.to(room_names(rooms))

    def _except(self, *rooms: Room) -> BroadcastTarget:
        return self._socket.except_(room_names(rooms))
