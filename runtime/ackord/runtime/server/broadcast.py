"""Broadcasts: whom they reach, and what can be done to all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.server.gathering import (
    Answers,
    BroadcastReplies,
    BroadcastTimeoutError,
    Gathered,
    Gathering,
)
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckReply, check_timeout
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.outgoing import decode_answer

if TYPE_CHECKING:
    from ackord.runtime.server.namespace import Namespace
    from ackord.runtime.server.socket import Socket

T = TypeVar("T")

EVERYBODY = Target()
DEFAULT_FLAGS = BroadcastFlags()

AnswersCallback: TypeAlias = Callable[[BroadcastTimeoutError | None, Answers], Any]
"""Takes the error if some socket didn't answer in time, else `None`, and the answers that came."""


def room_names(rooms: Iterable[str | Iterable[str]]) -> frozenset[str]:
    """Flatten what `to`, `join` and the like take: rooms, and collections of rooms.

    Raises:
        UsageError: the name of a room isn't a string.
    """
    names: set[str] = set()
    for room in rooms:
        if isinstance(room, str):
            names.add(room)
        else:
            names.update(_checked(room))
    return frozenset(names)


def _checked(rooms: Any) -> Iterable[str]:
    items: Iterable[Any] = rooms if hasattr(rooms, "__iter__") else (rooms,)
    for room in items:
        if not isinstance(room, str):
            raise UsageError(f"the name of a room is a string, not {type(room).__name__!r}")
        yield room


class BroadcastOperator:
    """Some sockets of a namespace: everybody, or those in some rooms, less those in others.

    Immutable: each method that narrows it returns another one.
    A selection of no rooms, such as ``to([])``, reaches nobody.
    """

    __slots__ = ("_flags", "_is_empty", "_namespace", "_target", "_timeout")

    def __init__(
        self,
        namespace: Namespace,
        target: Target = EVERYBODY,
        flags: BroadcastFlags = DEFAULT_FLAGS,
        timeout: float = DEFAULT_ACK_TIMEOUT,
        *,
        is_empty: bool = False,
    ) -> None:
        """Take whom to reach; nobody if the selection `is_empty`, for a target without rooms is
        everybody.
        """
        self._is_empty = is_empty
        self._namespace = namespace
        self._target = target
        self._flags = flags
        self._timeout = timeout

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach whoever is in one of these rooms, too; once, however many of them, and nobody if
        there are no rooms.
        """
        names = self._target.rooms | room_names(rooms)
        return self._derive(replace(self._target, rooms=names), is_empty=not names)

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

    def timeout(self, seconds: float) -> BroadcastOperator:
        """Bound the wait for acknowledgements."""
        check_timeout(seconds)
        return self._derive(timeout=seconds)

    def emit(self, name: str, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send an event to all of them.

        `ack` is called once, with an error or `None` and with the answers, as `emit_with_ack`
        raises or returns them.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        event = encode_plain_event(name, values)
        if ack is None:
            self.send_event(event)
        else:
            self._namespace.server_loop.call(self._ask, event, Registration(ack))

    def send(self, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send the event ``message``."""
        self.emit("message", *values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Answers:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event to all of them and return what they answer, once everybody has answered or
        left.

        With nobody to ask the result is empty, at once.

        Raises:
            BroadcastTimeoutError: some didn't answer in time, 20 seconds by default; it holds the
                answers of the others.
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        seconds = self._timeout if timeout is None else timeout
        gathered = await self._gathered(encode_plain_event(name, values), seconds, decode_answer)
        answers = Answers(gathered.replies, gathered.missing)
        if gathered.timed_out:
            raise BroadcastTimeoutError(answers, seconds)
        return answers

    def send_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to all of them.

        Raises:
            InvalidPayloadError: it has more attachments than a packet may have, or the parser can't
                write it.
        """
        if self._is_empty:
            self._namespace.check_event(event)
        else:
            self._namespace.broadcast_event(event, self._target, self._flags)

    async def request(self, event: EncodedEvent, timeout: float | None = None) -> BroadcastReplies:  # noqa: ASYNC109  # a timer, no task
        """Send an encoded event to all of them and return their acknowledgements, undecoded, and
        who didn't answer.
        """
        return await self._gathered(
            event, self._timeout if timeout is None else timeout, _undecoded
        )

    def report_crash(self, what: str, error: BaseException) -> None:
        """Log what the application's code raised for an answer."""
        self._namespace.tasks.log.crash(what, error)

    async def fetch_sockets(self) -> list[Socket]:
        """Return the connected sockets."""
        return [] if self._is_empty else await self._namespace.fetch_from(self._target)

    def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """Put all of them into rooms."""
        self._each(partial(_join, names=room_names(rooms)))

    def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take all of them out of rooms."""
        self._each(partial(_leave, names=room_names(rooms)))

    def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect all of them from the namespace; with `close`, end their connections."""
        self._each(partial(_disconnect, close=close))

    def _each(self, command: Callable[[Socket], None]) -> None:
        self._namespace.server_loop.call(self._command, command)

    def _command(self, command: Callable[[Socket], None]) -> None:
        for socket in self._sockets():
            command(socket)

    def _sockets(self) -> list[Socket]:
        return [] if self._is_empty else self._namespace.select_sockets(self._target)

    def _gather(
        self,
        event: EncodedEvent,
        timeout: float,
        decode: Callable[[AckReply], T],
        done: Callable[[Gathered[T]], None],
    ) -> Gathering[T]:
        namespace = self._namespace
        gathering = Gathering(namespace.next_ack_id(), timeout, decode, done, namespace.forget_ack)
        try:
            if self._is_empty:
                namespace.check_event(event)
                gathering.seal()
            else:
                namespace.ask_sockets(event, self._target, self._flags, gathering)
        except BaseException:
            gathering.abandon()
            raise
        return gathering

    async def _gathered(
        self,
        event: EncodedEvent,
        timeout: float,  # noqa: ASYNC109  # a timer, no task
        decode: Callable[[AckReply], T],
    ) -> Gathered[T]:
        self._namespace.server_loop.check()
        future: asyncio.Future[Gathered[T]] = asyncio.get_running_loop().create_future()
        gathering = self._gather(event, timeout, decode, partial(_resolve, future))
        try:
            return await future
        finally:
            gathering.abandon()

    def _ask(self, event: EncodedEvent, ack: Registration) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # there is nobody to ask, and no event loop to call back in
            self._namespace.check_event(event)
        else:
            self._gather(
                event, self._timeout, decode_answer, partial(self._call_back, ack, event.name)
            )

    def _call_back(self, ack: Registration, name: str, gathered: Gathered[Any]) -> None:
        answers = Answers(gathered.replies, gathered.missing)
        error = BroadcastTimeoutError(answers, self._timeout) if gathered.timed_out else None
        self._namespace.call_back(ack, (error, answers), name)

    def _derive(
        self,
        target: Target | None = None,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
        *,
        is_empty: bool | None = None,
    ) -> BroadcastOperator:
        return BroadcastOperator(
            self._namespace,
            target or self._target,
            flags or self._flags,
            self._timeout if timeout is None else timeout,
            is_empty=self._is_empty if is_empty is None else is_empty,
        )


def _join(socket: Socket, names: Iterable[str]) -> None:
    socket.join(names)


def _leave(socket: Socket, names: Iterable[str]) -> None:
    socket.leave(names)


def _disconnect(socket: Socket, close: bool) -> None:
    socket.disconnect(close)


def _undecoded(reply: AckReply) -> AckReply:
    return reply


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)


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

    def timeout(self, seconds: float) -> BroadcastOperator:
        """Bound the wait for acknowledgements."""
        return self._everybody().timeout(seconds)

    def emit(self, name: str, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send an event to everybody; see `BroadcastOperator.emit`."""
        self._everybody().emit(name, *values, ack=ack)

    def send(self, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send the event ``message`` to everybody."""
        self._everybody().send(*values, ack=ack)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Answers:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event to everybody and return what they answer; see
        `BroadcastOperator.emit_with_ack`.
        """
        return await self._everybody().emit_with_ack(name, *values, timeout=timeout)

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
