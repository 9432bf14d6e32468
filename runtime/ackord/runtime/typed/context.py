"""The client, as the handlers of a typed namespace get it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.expiry import AUTH_EXPIRED_EVENT
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.typed.emitters import BroadcastTarget, ClientTarget, room_names
from ackord.runtime.typed.event import NamespaceContract
from ackord.runtime.typed.expiry import Expiry, check_seconds
from ackord.runtime.typed.params import Params, ParamsT
from ackord.runtime.typed.room import Room

if TYPE_CHECKING:
    from ackord.runtime.server.handshake import Handshake
    from ackord.runtime.server.socket import Socket

SessionT = TypeVar("SessionT")


class Context(Generic[SessionT]):
    """One client: its data, its rooms, and emitters to it and to others.

    Each connection has one context, the same object in all handlers, from ``on_connect`` to
    ``on_disconnect``.
    """

    __slots__ = ("__weakref__", "_contract", "_expiry", "_found_params", "_socket")

    def __init__(self, socket: Socket, contract: NamespaceContract) -> None:
        """Take the untyped socket and the namespace's contract."""
        self._socket = socket
        self._contract = contract
        self._found_params: Params | None = None
        self._expiry: Expiry | None = None

    @property
    def sid(self) -> str:
        """The client's public id, new with each connection."""
        return self._socket.id

    @property
    def socket(self) -> Socket:
        """The untyped socket of this client."""
        return self._socket

    @property
    def handshake(self) -> Handshake:
        """The request that opened the connection."""
        return self._socket.handshake

    @property
    def client_contract(self) -> ContractName | None:
        """Name and version of the contract that the client was generated from; `None` if the client
        doesn't announce it, as plain Socket.IO clients.
        """
        return self._socket.client_contract

    @property
    def recovered(self) -> bool:
        """Whether this connection has recovered an earlier one: then id, rooms and data are those
        of that connection.
        """
        return self._socket.recovered

    @property
    def data(self) -> SessionT:
        """The typed data of this connection (``session:`` in the contract), kept until the
        connection ends.

        Raises:
            UsageError: the data has fields without defaults, and nothing was assigned yet; assign
                it in `on_connect`.
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

    def expire_in(self, seconds: float) -> None:
        """End the connection after so many seconds, unless this is called again before: in
        `on_connect`, and in `on_refresh_auth`, by which the client renews its authentication.

        The client's reason is ``auth_expired``, and that of `on_disconnect` as well.

        Raises:
            UsageError: it isn't a finite number, or the contract doesn't say that the
                authentication expires.
        """
        if not self._contract.auth_expires:
            raise UsageError(
                f"the authentication of namespace {self._contract.path} doesn't expire: write "
                "`expires: true` under its `auth` in the contract"
            )
        check_seconds(seconds)
        core_of(self._socket.namespace).server_loop.call(self._set_expiry, seconds)

    def expire_at(self, time: datetime) -> None:
        """End the connection at a point in time; see `expire_in`.

        Raises:
            UsageError: the time has no time zone, or the contract doesn't say that the
                authentication expires.
        """
        if time.tzinfo is None:
            raise UsageError("the end of an authentication needs a time zone, such as datetime.UTC")
        self.expire_in((time - datetime.now(UTC)).total_seconds())

    def _set_expiry(self, seconds: float) -> None:
        if self._expiry is None:
            self._expiry = Expiry(self._end_expired)
        self._expiry.set(seconds)

    @property
    def _is_expired(self) -> bool:
        return self._expiry is not None and self._expiry.is_over

    def _forget_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    def _end_expired(self) -> None:
        if self._socket.connected:
            self._socket.send_event(AUTH_EXPIRED_EVENT)
        self._socket.disconnect()

    def disconnect(self, close: bool = False) -> None:
        """Disconnect the client from the namespace; with `close`, close the connection."""
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
        return BroadcastOperator(core_of(self._socket.namespace))

    @property
    def _others(self) -> BroadcastTarget:
        return self._socket.broadcast

    def _to(self, *rooms: Room) -> BroadcastTarget:
        return self._socket.to(room_names(rooms))

    def _except(self, *rooms: Room) -> BroadcastTarget:
        return self._socket.except_(room_names(rooms))
