"""The recipients of an event and how it is sent: the methods `to`, `except_`, `volatile`, `emit`
and the like, each written once.

- `Selection` has the methods that narrow a part of a namespace to a `BroadcastOperator`.
- `Broadcasting` adds the methods that act on all its sockets. A `Namespace` and a `Server` stand
  for all sockets, a `BroadcastOperator` for the ones that it was narrowed to.
- `SocketOperators` adds flags to the methods of `UntypedEmitter`, for one socket; `Socket` inherits
  it, and `SocketOperator`, which is a socket with flags. As a `Selection` both stand for all other
  sockets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from ackord.runtime.adapters.base import Adapter, BroadcastFlags, Target
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import (
    EncodedEvent,
    check_event_name,
    encode_plain_event,
)
from ackord.runtime.server.contracts import Audience, RemoteSocket
from ackord.runtime.server.gathering import (
    Answers,
    BroadcastTimeoutError,
    Gathered,
    Gathering,
)
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckCallback, AckReply, check_timeout
from ackord.runtime.sockets.emitter import UntypedEmitter
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.outgoing import decode_answer
from typing_extensions import override

T = TypeVar("T")

EVERYBODY: Final = Target()
DEFAULT_FLAGS: Final = BroadcastFlags()

AnswersCallback: TypeAlias = Callable[[BroadcastTimeoutError | None, Answers], Any]
"""Takes a `BroadcastTimeoutError` if a socket didn't answer in time, else `None`, and the
answers.
"""


def room_names(rooms: Iterable[str | Iterable[str]]) -> frozenset[str]:
    """Flatten the arguments of `to`, `join` and the like: rooms, and collections of rooms.

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


class Selection:
    """A part of a namespace, from which broadcasts can be narrowed further."""

    __slots__ = ()

    _target: Target = EVERYBODY
    _flags: BroadcastFlags = DEFAULT_FLAGS
    _timeout: float | None = None

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach the sockets that are in at least one of these rooms, each once; without rooms, no
        socket.
        """
        names = (self._target.rooms or frozenset()) | room_names(rooms)
        return self._narrowed(replace(self._target, rooms=names))

    def in_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Do what `to` does; the name fits `fetch_sockets` and the like."""
        return self.to(*rooms)

    def except_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Leave out the sockets that are in one of these rooms."""
        except_ = self._target.except_ | room_names(rooms)
        return self._narrowed(replace(self._target, except_=except_))

    @property
    def local(self) -> BroadcastOperator:
        """Reach only sockets of this process."""
        return self._narrowed(flags=replace(self._flags, local=True))

    def _narrowed(
        self,
        target: Target | None = None,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
    ) -> BroadcastOperator:
        raise NotImplementedError


class Broadcasting(Selection):
    """The methods that act on all sockets of a selection."""

    __slots__ = ()

    _audience: Audience

    @override
    def _narrowed(
        self,
        target: Target | None = None,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
    ) -> BroadcastOperator:
        return BroadcastOperator(
            self._audience,
            target or self._target,
            flags or self._flags,
            self._timeout if timeout is None else timeout,
        )

    @property
    def volatile(self) -> BroadcastOperator:
        """Reach only sockets that can take the event at once."""
        return self._narrowed(flags=replace(self._flags, volatile=True))

    def compress(self, compress: bool) -> BroadcastOperator:
        """Say whether the transport may compress the event."""
        return self._narrowed(flags=replace(self._flags, compress=compress))

    def timeout(self, seconds: float) -> BroadcastOperator:
        """Bound the wait for acknowledgements."""
        check_timeout(seconds)
        return self._narrowed(timeout=seconds)

    def emit(self, name: str, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send an event to all of them.

        `ack` is called once, with an error or `None` and with the answers, as `emit_with_ack`
        raises or returns them.

        If no socket is reached, the event isn't encoded, and its values aren't checked.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        if ack is not None:
            self._emit_with_callback(name, values, Registration(ack))
        elif self._is_heard:
            self.send_event(encode_plain_event(name, values))
        else:
            check_event_name(name)

    def send(self, *values: Any, ack: AnswersCallback | None = None) -> None:
        """Send the event ``message``."""
        self.emit("message", *values, ack=ack)

    async def publish(self, name: str, *values: Any) -> None:
        """Send an event as `emit` does, and return when the adapter has published it to the other
        servers; on a single server at once.

        Raises:
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
            Exception: the adapter raised it; sockets of this process may have got the event.
        """
        self._check_loop()
        if not self._is_heard:
            check_event_name(name)
            return
        published = self._send(encode_plain_event(name, values))
        if published is not None:
            await asyncio.shield(published)

    async def emit_with_ack(self, name: str, *values: Any, timeout: float | None = None) -> Answers:  # noqa: ASYNC109  # Socket.IO's timeout
        """Send an event to all of them and return the answers, once every socket has answered or
        left.

        If no socket is reached, the result is empty at once, and the values aren't checked.

        Raises:
            BroadcastTimeoutError: some didn't answer in time, 20 seconds by default; the error has
                the answers of the others.
            ReservedEventError: nobody may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        self._check_loop()
        seconds = self._seconds(timeout)
        if not self._may_answer:
            check_event_name(name)
            check_timeout(seconds)
            return Answers({})
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
        self._send(event)

    @property
    def _is_heard(self) -> bool:
        """Whether an event may reach a client, now or when an absent client is back; if not, it
        isn't encoded.
        """
        return self._audience.is_heard(self._target, self._flags)

    @property
    def _may_answer(self) -> bool:
        """Whether a client may acknowledge an event; if not, it isn't encoded."""
        return self._audience.may_answer(self._target, self._flags)

    def _check_loop(self) -> None:
        """Refuse another event loop than the server's, and another thread."""
        self._audience.server_loop.check()

    async def fetch_sockets(self) -> list[RemoteSocket]:
        """Return the connected sockets: this process's sockets themselves, and the details of other
        servers' sockets.

        Raises:
            AckTimeoutError: a server didn't answer in time, 20 seconds by default (`timeout`).
        """
        if self._target.is_empty:
            return []
        return list(await self._audience.fetch_from(self._target, self._flags, self._seconds()))

    def sockets_join(self, *rooms: str | Iterable[str]) -> None:
        """Put all of them into rooms, those of other servers too."""
        names = room_names(rooms)
        self._command(lambda adapter: adapter.join(self._target, self._flags, names))

    def sockets_leave(self, *rooms: str | Iterable[str]) -> None:
        """Take all of them out of rooms, those of other servers too."""
        names = room_names(rooms)
        self._command(lambda adapter: adapter.leave(self._target, self._flags, names))

    def disconnect_sockets(self, close: bool = False) -> None:
        """Disconnect all of them from the namespace, those of other servers too; with `close`, end
        their connections.
        """
        self._command(lambda adapter: adapter.disconnect(self._target, self._flags, close))

    def _command(self, command: Callable[[Adapter], None]) -> None:
        if not self._target.is_empty:
            self._audience.server_loop.call(self._run, command)

    def _run(self, command: Callable[[Adapter], None]) -> None:
        for adapter in self._audience.adapters():
            command(adapter)

    def _send(self, event: EncodedEvent) -> asyncio.Future[None] | None:
        return self._audience.broadcast_event(event, self._target, self._flags)

    def _seconds(self, timeout: float | None = None) -> float:
        if timeout is not None:
            return timeout
        return DEFAULT_ACK_TIMEOUT if self._timeout is None else self._timeout

    def _gather(
        self,
        event: EncodedEvent,
        timeout: float,
        decode: Callable[[AckReply], T],
        done: Callable[[Gathered[T]], None],
    ) -> Gathering[T]:
        audience = self._audience
        gathering = Gathering(audience.next_ack_id(), timeout, decode, done, audience.forget_ack)
        try:
            if self._target.is_empty:
                audience.check_event(event)
                gathering.seal()
            else:
                audience.ask_sockets(event, self._target, self._flags, gathering)
        except BaseException:
            gathering.close()
            raise
        return gathering

    async def _gathered(
        self,
        event: EncodedEvent,
        timeout: float,  # noqa: ASYNC109  # a timer, no task
        decode: Callable[[AckReply], T],
    ) -> Gathered[T]:
        self._check_loop()
        future: asyncio.Future[Gathered[T]] = asyncio.get_running_loop().create_future()
        gathering = self._gather(event, timeout, decode, partial(_resolve, future))
        try:
            return await future
        finally:
            gathering.close()

    def _emit_with_callback(self, name: str, values: tuple[Any, ...], ack: Registration) -> None:
        if self._may_answer:
            event = encode_plain_event(name, values)
            self._audience.server_loop.call(self._ask, event, ack)
        else:
            check_event_name(name)
            nothing: Gathered[Any] = Gathered({}, (), timed_out=False)
            self._audience.server_loop.call(self._call_back, ack, name, nothing)

    def _ask(self, event: EncodedEvent, ack: Registration) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # there is no client, and no event loop to call back in
            self._audience.check_event(event)
        else:
            call_back = partial(self._call_back, ack, event.name)
            self._gather(event, self._seconds(), decode_answer, call_back)

    def _call_back(self, ack: Registration, name: str, gathered: Gathered[Any]) -> None:
        answers = Answers(gathered.replies, gathered.missing)
        error = BroadcastTimeoutError(answers, self._seconds()) if gathered.timed_out else None
        self._audience.call_back(ack, (error, answers), name)


class BroadcastOperator(Broadcasting):
    """Some sockets of a namespace: all, or those in some rooms, less those in others.

    Immutable: each method that narrows it returns another one. A selection of no rooms, such as
    ``to([])``, reaches no socket.
    """

    __slots__ = ("_audience", "_flags", "_target", "_timeout")

    def __init__(
        self,
        audience: Audience,
        target: Target = EVERYBODY,
        flags: BroadcastFlags = DEFAULT_FLAGS,
        timeout: float | None = None,
    ) -> None:
        """Take the recipients, and how to send."""
        self._audience = audience
        self._target = target
        self._flags = flags
        self._timeout = timeout

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> Gathered[T]:
        """Send an encoded event to all of them and return what `decode` makes of their
        acknowledgements, when they come, and who didn't answer.
        """
        return await self._gathered(event, self._seconds(timeout), decode)

    def _gather_soon(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        done: Callable[[Gathered[T]], None],
    ) -> None:
        """Send an encoded event to all of them, and call `done` with the acknowledgements."""
        self._audience.server_loop.call(self._gather, event, self._seconds(), decode, done)

    def report_crash(self, what: str, error: BaseException) -> None:
        """Log an exception that the application's code raised for an answer."""
        self._audience.tasks.log.crash(what, error)


class OneSocket(Protocol):
    """A socket, as operators with flags use it."""

    id: str

    @property
    def _namespace(self) -> Audience: ...

    def _send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
        compress: bool = True,
    ) -> None:
        """Send an encoded event, with a callback for its acknowledgement."""
        ...

    async def _ask_plain(
        self,
        event: EncodedEvent,
        timeout: float | None,  # noqa: ASYNC109  # a timer, no task
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> Any:
        """Send an encoded event and return the client's answer."""
        ...


class SocketOperators(Selection, UntypedEmitter):
    """The methods that send to one socket; `to`, `except_`, `local` and `broadcast` select the
    other sockets of its namespace.
    """

    __slots__ = ()

    def _flagged(
        self, flags: BroadcastFlags | None = None, timeout: float | None = None
    ) -> SocketOperator:
        raise NotImplementedError

    @property
    def broadcast(self) -> BroadcastOperator:
        """All sockets of the namespace but this one, with the same flags."""
        return self._narrowed()

    @property
    def volatile(self) -> SocketOperator:
        """Drop the event unless it can go out at once."""
        return self._flagged(replace(self._flags, volatile=True))

    def compress(self, compress: bool) -> SocketOperator:
        """Say whether the transport may compress the event."""
        return self._flagged(replace(self._flags, compress=compress))

    def timeout(self, seconds: float) -> SocketOperator:
        """Bound the wait for the acknowledgement; a callback then takes an error first."""
        check_timeout(seconds)
        return self._flagged(timeout=seconds)


class SocketOperator(SocketOperators):
    """One socket with flags for events; immutable."""

    __slots__ = ("_flags", "_socket", "_timeout")

    def __init__(
        self,
        socket: OneSocket,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
    ) -> None:
        self._socket = socket
        self._flags = DEFAULT_FLAGS if flags is None else flags
        self._timeout = timeout

    @override
    def _flagged(
        self, flags: BroadcastFlags | None = None, timeout: float | None = None
    ) -> SocketOperator:
        return SocketOperator(
            self._socket, flags or self._flags, self._timeout if timeout is None else timeout
        )

    @override
    def _send_plain(self, event: EncodedEvent, ack: AckCallback | None) -> None:
        flags = self._flags
        self._socket._send_plain(
            event, ack, timeout=self._timeout, volatile=flags.volatile, compress=flags.compress
        )

    @override
    async def _ask_plain(self, event: EncodedEvent, timeout: float | None) -> Any:
        flags = self._flags
        seconds = self._timeout if timeout is None else timeout
        return await self._socket._ask_plain(
            event, seconds, volatile=flags.volatile, compress=flags.compress
        )

    @override
    def _narrowed(
        self,
        target: Target | None = None,
        flags: BroadcastFlags | None = None,
        timeout: float | None = None,
    ) -> BroadcastOperator:
        return others(
            self._socket,
            target,
            flags or self._flags,
            self._timeout if timeout is None else timeout,
        )


def others(
    socket: OneSocket,
    target: Target | None,
    flags: BroadcastFlags | None,
    timeout: float | None,
) -> BroadcastOperator:
    """Return an operator for the sockets in `target` without `socket`."""
    target = target or EVERYBODY
    return BroadcastOperator(
        socket._namespace,
        Target(target.rooms, target.except_ | {socket.id}),
        flags or DEFAULT_FLAGS,
        timeout,
    )


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
