"""Typed events to the clients of a cluster from a process without a server; generated subclasses
have a method for each event.

`Publishing` and `PublishingEmitter` are for programs with an event loop. `SyncPublishing` and
`SyncPublishingEmitter` block, and run the publisher in the event loop of the synchronous clients.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self, TypeAlias

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.adapters.publisher import Publisher
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.operators import DEFAULT_FLAGS
from ackord.runtime.server.operators import EVERYBODY as EVERY_CLIENT
from ackord.runtime.typed.background import background_loop
from ackord.runtime.typed.emitters import room_names
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.exchange import encode_typed
from ackord.runtime.typed.params import Params
from ackord.runtime.typed.presence import EVERYBODY, Everybody
from ackord.runtime.typed.room import Room
from typing_extensions import override

Whom: TypeAlias = Room | Iterable[Room] | str | Everybody
"""The clients in a room, or in at least one of several rooms; one client, by its id; or all. The id
of a client is used as the name of a room, as Socket.IO does it: don't pass text that a client sent.
"""


class PublishTarget(ABC):
    """The recipients of published events."""

    __slots__ = ()

    @abstractmethod
    async def send(self, event: EncodedEvent) -> None:
        """Publish an event."""


@dataclass(frozen=True, slots=True)
class PublishedClients(PublishTarget):
    """Some clients of a namespace, on all servers."""

    publisher: Publisher
    namespace: str
    target: Target = EVERY_CLIENT
    flags: BroadcastFlags = DEFAULT_FLAGS

    def without(self, rooms: tuple[Room, ...]) -> PublishedClients:
        """Leave out the clients in these rooms."""
        left_out = self.target.except_ | set(room_names(rooms))
        return replace(self, target=replace(self.target, except_=left_out))

    @property
    def volatile(self) -> PublishedClients:
        """The same clients, for volatile events."""
        return replace(self, flags=replace(self.flags, volatile=True))

    @override
    async def send(self, event: EncodedEvent) -> None:
        """See `PublishTarget.send`."""
        if not self.target.is_empty:
            await self.publisher.publish(self.namespace, event, self.target, self.flags)


@dataclass(frozen=True, slots=True)
class PublishedServers(PublishTarget):
    """The servers of a cluster themselves."""

    publisher: Publisher
    namespace: str

    @override
    async def send(self, event: EncodedEvent) -> None:
        """See `PublishTarget.send`."""
        await self.publisher.server_side_emit(self.namespace, event)


class Publishing:
    """Base of classes whose methods publish events, and return when these are published."""

    __slots__ = ("__target",)

    def __init__(self, target: PublishTarget) -> None:
        self.__target = target

    async def _publish(self, event: Event[None], *args: object) -> None:
        await self.__target.send(encode_typed(event, args))


class SyncPublishing:
    """Base of classes whose methods publish events, and block until these are published."""

    __slots__ = ("__target",)

    def __init__(self, target: PublishTarget) -> None:
        self.__target = target

    def _publish(self, event: Event[None], *args: object) -> None:
        background_loop().call(self.__target.send, encode_typed(event, args))


class ClientsPublishing(Publishing):
    """Base of classes that publish events to clients."""

    __slots__ = ("__clients",)

    def __init__(self, target: PublishedClients) -> None:
        super().__init__(target)
        self.__clients = target

    def except_(self, *rooms: Room) -> Self:
        """Leave out the clients in these rooms."""
        return type(self)(self.__clients.without(rooms))

    @property
    def volatile(self) -> Self:
        """Reach only clients that can take the event at once."""
        return type(self)(self.__clients.volatile)


class SyncClientsPublishing(SyncPublishing):
    """Base of classes that publish events to clients."""

    __slots__ = ("__clients",)

    def __init__(self, target: PublishedClients) -> None:
        super().__init__(target)
        self.__clients = target

    def except_(self, *rooms: Room) -> Self:
        """Leave out the clients in these rooms."""
        return type(self)(self.__clients.without(rooms))

    @property
    def volatile(self) -> Self:
        """Reach only clients that can take the event at once."""
        return type(self)(self.__clients.volatile)


class Outlet:
    """Base of emitters for processes without a server: one namespace of a cluster."""

    def __init__(
        self, contract: NamespaceContract, publisher: Publisher, params: Params | None = None
    ) -> None:
        """Take the namespace, and the way to the cluster; a dynamic namespace needs `params`."""
        wanted = contract.params
        if wanted is None:
            path = contract.path
        elif isinstance(params, wanted):
            path = params.path
        else:
            raise TypeError(
                f"{contract.path} takes a {wanted.__name__}, not {type(params).__name__!r}"
            )
        self._publisher = publisher
        self._everybody = PublishedClients(publisher, path)

    @property
    def _cluster(self) -> PublishedServers:
        return PublishedServers(self._publisher, self._everybody.namespace)

    def _to(self, *rooms: Room) -> PublishedClients:
        return self._narrow(rooms)

    def _client(self, sid: str) -> PublishedClients:
        return self._narrow(sid)

    def _narrow(self, of: Whom) -> PublishedClients:
        if of is EVERYBODY:
            return self._everybody
        if isinstance(of, str):
            names = frozenset((of,))
        else:
            names = frozenset(room_names((of,) if isinstance(of, Room) else tuple(of)))
        return replace(self._everybody, target=Target(names))

    async def _join(self, of: Whom, rooms: list[str]) -> None:
        clients = self._narrow(of)
        if rooms and not clients.target.is_empty:
            await self._publisher.join(clients.namespace, clients.target, frozenset(rooms))

    async def _leave(self, of: Whom, rooms: list[str]) -> None:
        clients = self._narrow(of)
        if rooms and not clients.target.is_empty:
            await self._publisher.leave(clients.namespace, clients.target, frozenset(rooms))

    async def _move(self, room: Room, into: Room) -> None:
        left, entered = room_names((room,)), room_names((into,))
        if left != entered:
            # In this order: those that have left the room aren't found in it any more.
            await self._join(room, entered)
            await self._leave(room, left)

    async def _disconnect(self, of: Whom, close: bool) -> None:
        clients = self._narrow(of)
        if not clients.target.is_empty:
            await self._publisher.disconnect(clients.namespace, clients.target, close)


class PublishingEmitter(Outlet):
    """Base of emitters for processes without a server.

    Each method raises `ClusterError` if the cluster wasn't reached, or perhaps wasn't.
    """

    async def join(self, of: Whom, *rooms: Room) -> None:
        """Put clients into rooms."""
        await self._join(of, room_names(rooms))

    async def leave(self, of: Whom, *rooms: Room) -> None:
        """Take clients out of rooms."""
        await self._leave(of, room_names(rooms))

    async def move(self, room: Room, into: Room) -> None:
        """Put all clients of one room into another one."""
        await self._move(room, into)

    async def disconnect(self, of: Whom = EVERYBODY, *, close: bool = False) -> None:
        """Disconnect clients from the namespace; with `close`, close their connections."""
        await self._disconnect(of, close)

    async def close(self) -> None:
        """Close the publisher, which may be shared; it connects again when it is used."""
        await self._publisher.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class SyncPublishingEmitter(Outlet):
    """Base of emitters for processes without a server, which block.

    Each method raises `ClusterError` if the cluster wasn't reached, or perhaps wasn't.
    """

    def join(self, of: Whom, *rooms: Room) -> None:
        """Put clients into rooms."""
        background_loop().call(self._join, of, room_names(rooms))

    def leave(self, of: Whom, *rooms: Room) -> None:
        """Take clients out of rooms."""
        background_loop().call(self._leave, of, room_names(rooms))

    def move(self, room: Room, into: Room) -> None:
        """Put all clients of one room into another one."""
        background_loop().call(self._move, room, into)

    def disconnect(self, of: Whom = EVERYBODY, *, close: bool = False) -> None:
        """Disconnect clients from the namespace; with `close`, close their connections."""
        background_loop().call(self._disconnect, of, close)

    def close(self) -> None:
        """Close the publisher, which may be shared; it connects again when it is used."""
        background_loop().call(self._publisher.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
