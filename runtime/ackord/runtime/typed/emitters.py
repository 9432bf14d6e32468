"""Emitters of the server, to one client or many; generated subclasses have a method for each
event.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar

from ackord.runtime.containment import contain
from ackord.runtime.errors import (
    AckordError,
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    PeerError,
)
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.namespace import Namespace, core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.sockets.acks import AckReply, check_timeout
from ackord.runtime.sockets.server_acks import ServersTimeoutError
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.exchange import encode_typed, request, request_result
from ackord.runtime.typed.model import Error, UnknownError
from ackord.runtime.typed.replies import Replies, ServerReplies
from ackord.runtime.typed.room import Room
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket

R = TypeVar("R")
T = TypeVar("T")

BroadcastTarget: TypeAlias = BroadcastOperator
"""The recipients of a broadcast, and how it is sent."""


class ClusterTarget:
    """The other servers of the cluster, as the recipients of a namespace's events."""

    __slots__ = ("_namespace",)

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace

    def send_event(self, event: EncodedEvent) -> None:
        """Send an event."""
        self._namespace.send_server_event(event)

    async def ask(self, event: EncodedEvent, timeout: float) -> tuple[Sequence[AckReply], int]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Send an event; return the acknowledgements, and the number of servers that sent none."""
        check_timeout(timeout)
        try:
            return await self._namespace.ask_servers(event, timeout), 0
        except ServersTimeoutError as error:
            return error.replies, error.missing

    def report_crash(self, what: str, error: BaseException) -> None:
        """Log an exception that the application's code raised for an answer."""
        core_of(self._namespace).tasks.log.crash(what, error)


class ClientTarget:
    """One client of a namespace, by its public id.

    Its socket is looked up at each event, because the client may have disconnected. During
    ``on_connect`` it isn't connected yet, so it is passed.
    """

    __slots__ = ("_namespace", "_sid", "_socket", "_volatile")

    def __init__(
        self,
        namespace: Namespace,
        sid: str,
        socket: Socket | None = None,
        *,
        volatile: bool = False,
    ) -> None:
        self._namespace = namespace
        self._sid = sid
        self._socket = socket
        self._volatile = volatile

    @property
    def volatile(self) -> ClientTarget:
        """The same client, for volatile events, which are dropped unless the client can take them
        at once.
        """
        return ClientTarget(self._namespace, self._sid, self._socket, volatile=True)

    def send_event(self, event: EncodedEvent) -> None:
        """Send an event; it is dropped if the client has disconnected, as a broadcast would be."""
        # The room with this id isn't used: a wrong id could name any room.
        socket = self._socket or self._namespace.sockets.get(self._sid)
        if socket is not None:
            socket.send_event(event, volatile=self._volatile)

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an event and return what `decode` makes of its acknowledgement."""
        core_of(self._namespace).server_loop.check()
        socket = self._socket or self._namespace.sockets.get(self._sid)
        if socket is None:
            raise DisconnectedError(
                f"no client {self._sid!r} is connected to namespace {self._namespace.name}"
            )
        return await socket.request(event, decode, timeout)


class RemoteTarget:
    """One client on any server of the cluster, by the room of its id; the id is that of a client
    which was found there.
    """

    __slots__ = ("_operator", "_sid")

    def __init__(self, sid: str, operator: BroadcastOperator) -> None:
        """Take the id, and the recipients in the room of that id."""
        self._sid = sid
        self._operator = operator

    @property
    def volatile(self) -> RemoteTarget:
        """The same client, for volatile events."""
        return RemoteTarget(self._sid, self._operator.volatile)

    def send_event(self, event: EncodedEvent) -> None:
        """Send an event; it is dropped if the client has disconnected."""
        self._operator.send_event(event)

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an event and return what `decode` makes of its acknowledgement."""

        def read(reply: AckReply) -> tuple[T] | AckordError:
            try:
                return (decode(reply),)
            except PacketError:
                raise
            except AckordError as error:
                return error

        gathered = await self._operator.request(event, read, timeout)
        for answer in gathered.replies.values():
            if isinstance(answer, AckordError):
                raise answer
            return answer[0]
        if gathered.timed_out:
            raise AckTimeoutError(f"no acknowledgement of {event.name!r} came in time")
        raise DisconnectedError(f"client {self._sid!r} disconnected, or isn't connected any more")


class Emitter(ABC):
    """Base of all emitters: generated methods call `_emit`."""

    __slots__ = ()

    @abstractmethod
    def _emit(self, event: Event[None], *args: object) -> None:
        """Send an event."""


class ClientEmitter(Emitter):
    """Base of emitters to one client, which can acknowledge events."""

    __slots__ = ("__target",)

    def __init__(self, target: ClientTarget | RemoteTarget) -> None:
        self.__target = target

    @property
    def volatile(self) -> Self:
        """Drop the event unless the client can take it at once."""
        return type(self)(self.__target.volatile)

    @override
    def _emit(self, event: Event[None], *args: object) -> None:
        self.__target.send_event(encode_typed(event, args))

    async def _request(self, event: Event[R], *args: object, timeout: float) -> R:  # noqa: ASYNC109  # a timer, no task
        return await request(self.__target, event, args, timeout)

    async def _request_result(
        self,
        event: Event[R],
        *args: object,
        timeout: float,  # noqa: ASYNC109  # a timer, no task
    ) -> R | UnknownError:
        return await request_result(self.__target, event, args, timeout)


class BroadcastEmitter(Emitter):
    """Base of emitters to many clients. Events are encoded once. Generated subclasses with
    acknowledged events have `gather` as well.
    """

    __slots__ = ("__published", "__target")

    def __init__(
        self, target: BroadcastTarget, published: list[asyncio.Future[None]] | None = None
    ) -> None:
        """Take whom to reach, and where to note what the adapter has yet to publish."""
        self.__target = target
        self.__published = published

    def except_(self, *rooms: Room) -> Self:
        """Leave out the clients in these rooms."""
        return type(self)(self.__target.except_(room_names(rooms)), self.__published)

    @property
    def volatile(self) -> Self:
        """Reach only clients that can take the event at once."""
        return type(self)(self.__target.volatile, self.__published)

    @property
    def local(self) -> Self:
        """Reach only clients of this process."""
        return type(self)(self.__target.local, self.__published)

    async def publish(self, send: Callable[[Self], object]) -> None:
        """Call `send`, which sends events with the emitter that it is given, and return when the
        adapter has published them to the other servers: at once on a single server.

        ::

            await ctx.to(room).publish(lambda to: to.message_posted(message))

        Raises:
            InvalidPayloadError: an argument isn't as declared.
            Exception: what the adapter raised; clients of this process may have got the event.
        """
        self.__target._check_loop()  # noqa: SLF001  # not for applications
        published: list[asyncio.Future[None]] = []
        send(type(self)(self.__target, published))
        await asyncio.gather(*map(asyncio.shield, published))

    @override
    def _emit(self, event: Event[None], *args: object) -> None:
        # If nobody gets the event, its arguments are neither validated nor encoded.
        if self.__target._is_heard:  # noqa: SLF001  # not for applications, which emit
            published = self.__target._send(encode_typed(event, args))  # noqa: SLF001  # likewise
            if published is not None and self.__published is not None:
                self.__published.append(published)

    @property
    def _target(self) -> BroadcastTarget:
        return self.__target


class Gatherer:
    """Base of emitters that collect the acknowledgements of many clients."""

    __slots__ = ("__target", "__timeout")

    def __init__(self, target: BroadcastTarget, timeout: float | None) -> None:
        """Take the recipients, and the seconds to wait; `None`: the timeout of each event."""
        self.__target = target
        self.__timeout = timeout

    async def _gather(self, event: Event[R], *args: object) -> Replies[R]:
        """Send an event without declared errors, and collect the answers."""
        return await self.__ask(event, args, errors=False)

    async def _gather_results(self, event: Event[R], *args: object) -> Replies[R | UnknownError]:
        """Send an event with declared errors, and collect the answers, which may be these
        errors.
        """
        return await self.__ask(event, args, errors=True)

    async def __ask(
        self, event: Event[Any], args: tuple[object, ...], *, errors: bool
    ) -> Replies[Any]:
        seconds = event.timeout if self.__timeout is None else self.__timeout
        self.__target._check_loop()  # noqa: SLF001  # not for applications
        if not self.__target._may_answer:  # noqa: SLF001  # likewise
            check_timeout(seconds)
            return Replies({}, {}, ())

        decode = partial(read_answer, event, errors, self.__target.report_crash)
        gathered = await self.__target.request(encode_typed(event, args), decode, seconds)
        values: dict[str, Any] = {}
        failures: dict[str, PeerError] = {}
        for sid, answer in gathered.replies.items():
            if isinstance(answer, PeerError):
                failures[sid] = answer
            else:
                values[sid] = answer
        return Replies(values, failures, gathered.missing)


class ClusterEmitter(Emitter):
    """Base of emitters to the other servers of a cluster; a single server sends nothing."""

    __slots__ = ("__target",)

    def __init__(self, target: ClusterTarget) -> None:
        self.__target = target

    @override
    def _emit(self, event: Event[None], *args: object) -> None:
        self.__target.send_event(encode_typed(event, args))

    async def _gather(self, event: Event[R], *args: object, timeout: float) -> ServerReplies[R]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Send an event without declared errors, and collect the answers."""
        return await self.__ask(event, args, timeout, errors=False)

    async def _gather_results(
        self,
        event: Event[R],
        *args: object,
        timeout: float,  # noqa: ASYNC109  # the adapter bounds the wait
    ) -> ServerReplies[R | UnknownError]:
        """Send an event with declared errors, and collect the answers, which may be these
        errors.
        """
        return await self.__ask(event, args, timeout, errors=True)

    async def __ask(
        self, event: Event[Any], args: tuple[object, ...], seconds: float, *, errors: bool
    ) -> ServerReplies[Any]:
        replies, missing = await self.__target.ask(encode_typed(event, args), seconds)
        values: list[Any] = []
        failures: list[PeerError] = []
        for reply in replies:
            try:
                answer = read_answer(event, errors, self.__target.report_crash, reply)
            except PacketError as error:
                answer = InvalidAckError(str(error))
            (failures if isinstance(answer, PeerError) else values).append(answer)
        return ServerReplies(tuple(values), tuple(failures), missing)


def read_answer(
    event: Event[Any],
    errors: bool,
    report_crash: Callable[[str, BaseException], None],
    reply: AckReply,
) -> Any:
    """Return the answer that an acknowledgement of one of many holds, or the `PeerError` which
    says why it holds none, so that one peer doesn't hide the answers of the others.

    With `errors`, declared errors and `UnknownError` are answers.

    Raises:
        PacketError: it isn't JSON.
    """
    try:
        answer = event.reply.decode_reply(reply)
        if not errors and isinstance(answer, Error | UnknownError):
            answer.unwrap()
    except PacketError:
        raise
    except PeerError as error:
        return error
    except BaseException as error:  # noqa: BLE001  # a validator of the application: the others' answers are returned all the same
        contain(error)
        report_crash(f"Reading an acknowledgement of {event.name!r}", error)
        return InvalidAckError("a validator of this program raised for the acknowledgement")
    return answer


def room_names(rooms: tuple[Room, ...]) -> list[str]:
    """Return the names of rooms."""
    for room in rooms:
        if not isinstance(room, Room):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            raise TypeError(f"a room of the contract is needed, not {type(room).__name__!r}")
    return [room.name for room in rooms]
