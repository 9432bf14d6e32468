"""The clients of a typed namespace on all servers of the cluster: who is in a room, and commands to
them.

A client is named by its id. The room with that id isn't used unless a client of this id was found:
a wrong id could name any room.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any, ClassVar, Final, Generic, TypeAlias, TypeVar, cast

from ackord.runtime.server.contracts import RemoteSocket
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, check_timeout
from ackord.runtime.typed.emitters import room_names
from ackord.runtime.typed.event import NamespaceContract
from ackord.runtime.typed.member import Member
from ackord.runtime.typed.reach import Reach
from ackord.runtime.typed.room import Room


class Everybody(Enum):
    """The type of `EVERYBODY`."""

    EVERYBODY = "everybody"


EVERYBODY: Final = Everybody.EVERYBODY
"""All clients of a namespace. It isn't `None`, so that a room which is missing by mistake doesn't
mean all clients.
"""

Whom: TypeAlias = Room | Iterable[Room] | str | Everybody
"""The clients in a room, or in at least one of several rooms; one client, by its id; or all."""

MemberT = TypeVar("MemberT", bound=Member[Any])


class Presence(Reach, Generic[MemberT]):
    """Finds the clients of one namespace on all servers of the cluster, and commands them.

    `of` says which clients are meant, by default all of the namespace.
    """

    contract: ClassVar[NamespaceContract]
    member_type: ClassVar[type[Member[Any]]]

    async def members(
        self,
        of: Whom = EVERYBODY,
        *,
        timeout: float = DEFAULT_ACK_TIMEOUT,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> list[MemberT]:
        """Return the connected clients.

        Raises:
            AckTimeoutError: another server didn't answer in `timeout` seconds.
        """
        audience = core_of(self.socket_namespace)
        found = await self.__fetch(of, timeout)
        return [
            cast("MemberT", self.member_type(socket, self.contract, audience)) for socket in found
        ]

    async def count(
        self,
        of: Whom = EVERYBODY,
        *,
        timeout: float = DEFAULT_ACK_TIMEOUT,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> int:
        """Return how many clients are connected.

        Raises:
            AckTimeoutError: another server didn't answer in `timeout` seconds.
        """
        return len(await self.__fetch(of, timeout))

    async def disconnect(self, of: Whom = EVERYBODY, *, close: bool = False) -> None:
        """Disconnect clients from the namespace; with `close`, close their connections."""
        (await self.__select(of)).disconnect_sockets(close)

    async def join(self, of: Whom, *rooms: Room) -> None:
        """Put clients into rooms."""
        (await self.__select(of)).sockets_join(room_names(rooms))

    async def leave(self, of: Whom, *rooms: Room) -> None:
        """Take clients out of rooms."""
        (await self.__select(of)).sockets_leave(room_names(rooms))

    async def move(self, room: Room, into: Room) -> None:
        """Put all clients of one room into another one."""
        left, entered = room_names((room,)), room_names((into,))
        if left != entered:
            clients = self.__all.to(left)
            # In this order: those that have left the room aren't found in it any more.
            clients.sockets_join(entered)
            clients.sockets_leave(left)

    @property
    def __all(self) -> BroadcastOperator:
        return BroadcastOperator(core_of(self.socket_namespace).audience)

    async def __fetch(self, of: Whom, seconds: float) -> list[RemoteSocket]:
        check_timeout(seconds)
        found = await self.__narrow(of).timeout(seconds).fetch_sockets()
        return [socket for socket in found if socket.id == of] if isinstance(of, str) else found

    async def __select(self, of: Whom) -> BroadcastOperator:
        if isinstance(of, str) and not await self.__fetch(of, DEFAULT_ACK_TIMEOUT):
            return self.__all.to()
        return self.__narrow(of)

    def __narrow(self, of: Whom) -> BroadcastOperator:
        if of is EVERYBODY:
            return self.__all
        if isinstance(of, str):
            return self.__all.to(of)
        rooms = (of,) if isinstance(of, Room) else tuple(of)
        return self.__all.to(room_names(rooms))
