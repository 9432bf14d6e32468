"""Broadcasts: whom they reach, and what can be done to all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.engineio.prepared import Prepared
from ackord.runtime.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.socketio.packet import encode_event

if TYPE_CHECKING:
    from ackord.runtime.server.namespace import Namespace
    from ackord.runtime.server.socket import Socket

EVERYBODY = Target()
DEFAULT_FLAGS = BroadcastFlags()


def room_names(rooms: Iterable[str | Iterable[str]]) -> frozenset[str]:
    """Flatten what `to`, `join` and the like take: rooms, and collections of rooms."""
    names: set[str] = set()
    for room in rooms:
        if isinstance(room, str):
            names.add(room)
        else:
            names.update(room)
    return frozenset(names)


class BroadcastOperator:
    """Some sockets of a namespace: everybody, or those in some rooms, less those in others.

    Immutable: each method that narrows it returns another one.
    """

    __slots__ = ("_flags", "_namespace", "_target")

    def __init__(self, namespace: Namespace, target: Target = EVERYBODY, flags: BroadcastFlags = DEFAULT_FLAGS) -> None:
        self._namespace = namespace
        self._target = target
        self._flags = flags

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach whoever is in one of these rooms, too; once, however many of them."""
        return self._derive(replace(self._target, rooms=self._target.rooms | room_names(rooms)))

    def in_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Do what `to` does; the name fits `fetch_sockets` and the like."""
        return self.to(*rooms)

    def except_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Leave out whoever is in one of these rooms."""
        return self._derive(replace(self._target, except_=self._target.except_ | room_names(rooms)))

    @property
    def volatile(self) -> BroadcastOperator:
        """Reach only those that can take the event at once."""
        return self._derive(flags=replace(self._flags, volatile=True))

    @property
    def local(self) -> BroadcastOperator:
        """Reach only sockets of this process."""
        return self._derive(flags=replace(self._flags, local=True))

    def compress(self, compress: bool) -> BroadcastOperator:
        """Say whether the transport may compress the event."""
        return self._derive(flags=replace(self._flags, compress=compress))

    def emit(self, name: str, *values: Any) -> None:
        """Send an event to all of them.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        self.send_event(encode_plain_event(name, values))

    def send(self, *values: Any) -> None:
        """Send the event ``message``."""
        self.emit("message", *values)

    def send_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to all of them."""
        namespace = self._namespace
        text = encode_event(namespace.prefix, event.arguments, len(event.attachments))
        namespace.adapter.broadcast(event, Prepared(text, event.attachments), self._target, self._flags)

    async def fetch_sockets(self) -> list[Socket]:
        """Return the connected sockets."""
        return self._sockets()

    def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """Put all of them into rooms."""
        for socket in self._sockets():
            socket.join(*rooms)

    def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take all of them out of rooms."""
        for socket in self._sockets():
            socket.leave(*rooms)

    def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect all of them from the namespace; with `close`, end their connections."""
        for socket in self._sockets():
            socket.disconnect(close)

    def _sockets(self) -> list[Socket]:
        connected = self._namespace.sockets
        return [connected[sid] for sid in self._namespace.adapter.sockets(self._target)]

    def _derive(self, target: Target | None = None, flags: BroadcastFlags | None = None) -> BroadcastOperator:
        return BroadcastOperator(self._namespace, target or self._target, flags or self._flags)


class Broadcasting:
    """The methods of `BroadcastOperator` on whatever stands for everybody in a namespace."""

    __slots__ = ()

    def _everybody(self) -> BroadcastOperator:
        raise NotImplementedError

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach whoever is in one of these rooms."""
        return self._everybody().to(*rooms)

    def in_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Do what `to` does."""
        return self._everybody().to(*rooms)

    def except_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach everybody but those in one of these rooms."""
        return self._everybody().except_(*rooms)

    @property
    def volatile(self) -> BroadcastOperator:
        """Reach only those that can take the event at once."""
        return self._everybody().volatile

    @property
    def local(self) -> BroadcastOperator:
        """Reach only sockets of this process."""
        return self._everybody().local

    def compress(self, compress: bool) -> BroadcastOperator:
        """Say whether the transport may compress the event."""
        return self._everybody().compress(compress)

    def emit(self, name: str, *values: Any) -> None:
        """Send an event to everybody."""
        self._everybody().emit(name, *values)

    def send(self, *values: Any) -> None:
        """Send the event ``message`` to everybody."""
        self._everybody().send(*values)

    def send_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to everybody."""
        self._everybody().send_event(event)

    async def fetch_sockets(self) -> list[Socket]:
        """Return the connected sockets."""
        return await self._everybody().fetch_sockets()

    def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """Put everybody into rooms."""
        self._everybody().sockets_join(*rooms)

    def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take everybody out of rooms."""
        self._everybody().sockets_leave(*rooms)

    def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect everybody from the namespace; with `close`, end their connections."""
        self._everybody().disconnect_sockets(close)
