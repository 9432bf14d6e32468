"""Handles one incoming event, from its packet to its acknowledgement, on server and client.

The rules:

- Arguments are decoded when the packet comes, in the order of the packets; handlers run in the same
  order, one at a time, unless an event is `concurrent`.
- A packet that breaks the protocol raises `PacketError`, which ends the connection (Socket.IO
  protocol v5). Every other failure of an event is an answer: an error ack if the event has an ack
  id, else the namespace's reaction to failed events. The answer keeps its place in the order, too.
- An event that meets an idle queue is handled at once: by a plain call if all listeners are plain
  functions, else in the queue's task until the handler waits for something.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from ackord.runtime.containment import contain, is_being_cancelled, is_closing
from ackord.runtime.protocol.socketio.complexity import Complexity
from ackord.runtime.protocol.socketio.error_acks import (
    FailureReply,
    InvalidArgumentsError,
    internal_error,
    unknown_event,
)
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.protocol.socketio.names import check_event_name
from ackord.runtime.sockets.backlog import WEIGHT_PER_TURN
from ackord.runtime.sockets.driving import IDLE, EventHandler, Job, awaiting
from ackord.runtime.sockets.listeners import NO_ACK, ListenerTable, Registration
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.sockets.routes import Arguments, Route
from ackord.runtime.sockets.untyped import (
    acknowledge,
    await_all,
    call_all,
    call_in_order,
    encode_reply,
    has_awaitable,
)

FAILURE_WEIGHT: Final = WEIGHT_PER_TURN // 63
"""The weight of an event with wrong arguments: reporting and logging the issues takes as long as
ten events.
"""


class EventRules(Protocol):
    """The rules of a namespace for its events."""

    @property
    def routes(self) -> Mapping[str, Route]:
        """The routes that decode, handle and answer events, instead of listeners."""
        ...

    @property
    def event_middlewares(self) -> Sequence[Any]:
        """The middlewares, called for each event before its listeners."""
        ...

    @property
    def short(self) -> int:
        """Characters up to which a payload is never too complex."""
        ...

    @property
    def complexity(self) -> Complexity:
        """The bounds on the JSON of one packet."""
        ...

    @property
    def max_event_name(self) -> int:
        """Characters of an event's name."""
        ...


class EventReceiver(Protocol):
    """A socket that receives events, of a server or of a client."""

    @property
    def connected(self) -> bool:
        """Whether answers still reach the peer."""
        ...

    @property
    def _namespace(self) -> EventRules:
        """The rules of the namespace."""
        ...

    @property
    def _watchers(self) -> tuple[Registration, ...]:
        """The functions that are called before an event's listeners: catch-all listeners, then
        middlewares.
        """
        ...

    @property
    def _any(self) -> tuple[Registration, ...]:
        """The catch-all listeners for incoming events."""
        ...

    @property
    def _middlewares(self) -> tuple[Registration, ...]:
        """The middlewares of this socket alone."""
        ...

    @property
    def _events(self) -> ListenerTable | None:
        """The listeners, if there are any."""
        ...

    @property
    def _queue(self) -> EventQueue: ...

    def _send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        ...

    def _fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed."""
        ...


def receive_event(
    socket: EventReceiver,
    name: str,
    payload: str,
    ack_id: int | None,
    attachments: Sequence[bytes] = (),
) -> None:
    """Take an EVENT packet: its name, and its JSON array, which begins with that.

    Raises:
        PacketError: it ends the connection.
    """
    namespace = socket._namespace
    queue = socket._queue
    size = len(payload)
    if size > namespace.short:
        size, excess = queue.backlog.charge(payload, namespace.complexity)
        if excess is not None:
            check_event_name(name, namespace.max_event_name)
            too_much = InvalidArgumentsError(message=f"The message has {excess}")
            _put_failure(socket, name, ack_id, too_much, size)
            return
    if attachments:
        size += sum(map(len, attachments))
    route = namespace.routes.get(name)
    watched = socket._any or socket._middlewares or namespace.event_middlewares
    if route is None:
        events = socket._events
        registrations = () if events is None else events.by_name.get(name, ())
        if len(registrations) == 1 and registrations[0].is_plain and queue.idle and not watched:
            run_listener_at_once(
                socket, registrations[0], name, decode_array(payload, attachments), ack_id, queue
            )
        else:
            _receive_untyped(
                socket, name, registrations, decode_array(payload, attachments), ack_id, size
            )
        return
    try:
        arguments = route.decode(payload, attachments)
    except BaseException as error:  # noqa: BLE001  # a validator of the application, or the library that calls it
        _put_failure(socket, name, ack_id, error, size)
        return
    if not watched and not route.concurrent and queue.can_step:
        queue.step((socket, route, name, arguments, ack_id), size)
        return
    catch_all = (name, *decode_array(payload, attachments)[1:]) if watched else None
    _handle(
        queue,
        partial(run_route, socket, route, name, arguments, ack_id, catch_all),
        size,
        concurrent=route.concurrent,
    )


def _put_failure(
    socket: EventReceiver, name: str, ack_id: int | None, error: BaseException, size: int
) -> None:
    """Answer an event with wrong arguments when it has its turn.

    Raises:
        PacketError: it ends the connection.
    """
    if isinstance(error, PacketError):
        raise error
    if isinstance(error, FailureReply):
        job = partial(_fail_in_order, socket, name, ack_id, error, None)
    else:
        contain(error)
        job = partial(_fail_in_order, socket, name, ack_id, internal_error(), error)
    socket._queue.backlog.spend(FAILURE_WEIGHT)
    socket._queue.put(job, size)


async def _fail_in_order(
    socket: EventReceiver,
    name: str,
    ack_id: int | None,
    failure: FailureReply,
    error: BaseException | None,
) -> None:
    socket._fail_event(name, ack_id, failure, error)


def _receive_untyped(  # noqa: PLR0917  # on the path of every message
    socket: EventReceiver,
    name: str,
    registrations: tuple[Registration, ...],
    items: list[Any],
    ack_id: int | None,
    size: int,
) -> None:
    namespace = socket._namespace
    if not registrations:
        check_event_name(name, namespace.max_event_name)
    del items[0]
    queue = socket._queue
    is_async = concurrent = False
    for registration in registrations:
        is_async |= registration.is_async
        concurrent |= registration.concurrent
    for registration in socket._any:
        is_async |= registration.is_async
    if not is_async and queue.idle and not socket._middlewares and not namespace.event_middlewares:
        queue.enter()
        try:
            copy_context().run(run_untyped_inline, socket, name, items, ack_id)
        finally:
            queue.leave()
    else:
        _handle(
            queue, partial(run_untyped, socket, name, items, ack_id), size, concurrent=concurrent
        )


def _handle(queue: EventQueue, job: Job, size: int, *, concurrent: bool) -> None:
    if concurrent:
        queue.put_concurrent(job, size)
    elif queue.can_step:
        queue.step(job, size)
    else:
        queue.put(job, size)


def take_listeners(socket: EventReceiver, name: str) -> tuple[Registration, ...]:
    """Return the listeners of an event."""
    return () if socket._events is None else socket._events.take(name)


RouteEvent: TypeAlias = tuple[EventReceiver, Route, str, Arguments, int | None]
"""An event of a typed route: the socket, the route, the event's name, its arguments, and its ack
id.
"""


@awaiting
def handle_events() -> EventHandler:
    """Handle the events of one socket: `RouteEvent`s, and jobs for all less common ones."""
    while True:
        event: RouteEvent | Job = yield IDLE
        if callable(event):
            handling: Any = event()
            del event
            yield from handling
            del handling
        else:
            socket, route, name, arguments, ack_id = event
            handling = None
            try:
                handling = route.handle(socket, arguments)
                answer: Any = yield from handling  # pyright: ignore[reportUnknownVariableType]  # it knows nothing of what is awaited
            except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
                _rescue(socket, route, name, ack_id, error)
            else:
                if ack_id is not None:
                    _answer_route(socket, route, name, ack_id, answer)
            del event, arguments  # nothing of an event is kept until the next
            handling = answer = None


async def run_route(  # noqa: PLR0917  # bound once, by the queue
    socket: EventReceiver,
    route: Route,
    name: str,
    arguments: Arguments,
    ack_id: int | None,
    catch_all: tuple[Any, ...] | None,
) -> None:
    """Handle an event of a typed route; `catch_all` holds its plain arguments if there are
    middlewares or catch-all listeners.
    """
    try:
        if catch_all is not None:
            await call_in_order(socket._watchers, catch_all)
        answer = await route.handle(socket, arguments)
    except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
        _rescue(socket, route, name, ack_id, error)
    else:
        _answer_route(socket, route, name, ack_id, answer)


def _answer_route(
    socket: EventReceiver, route: Route, name: str, ack_id: int | None, answer: Any
) -> None:
    if ack_id is None:
        return
    try:
        text, attachments = route.encode(answer)
        socket._send_ack(ack_id, text, attachments)
    except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
        _failed(socket, name, ack_id, error)


def _rescue(
    socket: EventReceiver, route: Route, name: str, ack_id: int | None, error: BaseException
) -> None:
    """Answer an event whose handler raised: some errors are answers."""
    if is_closing(error):
        raise error
    try:
        answer = route.rescue(error)
    except BaseException as again:  # noqa: BLE001  # whatever it is becomes an error ack
        _failed(socket, name, ack_id, again)
    else:
        _answer_route(socket, route, name, ack_id, answer)


async def run_untyped(
    socket: EventReceiver, name: str, arguments: list[Any], ack_id: int | None
) -> None:
    """Handle an event of listeners, one listener after the other."""
    try:
        if watchers := socket._watchers:
            await call_in_order(watchers, [name, *arguments])
        registrations = take_listeners(socket, name)
        results = await call_in_order(registrations, arguments)
        finish_untyped(socket, name, registrations, results, ack_id)
    except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
        _failed(socket, name, ack_id, error)


def run_untyped_inline(
    socket: EventReceiver, name: str, arguments: list[Any], ack_id: int | None
) -> None:
    """Handle an event whose listeners are all plain functions, without a task.

    If a plain function returns an awaitable after all, a task awaits it.
    """
    try:
        if socket._any:
            call_all(socket._any, [name, *arguments])
        registrations = take_listeners(socket, name)
        results = call_all(registrations, arguments)
        if has_awaitable(results):
            socket._queue.put_first(
                lambda: _finish_awaited(socket, name, registrations, results, ack_id)
            )
        else:
            finish_untyped(socket, name, registrations, results, ack_id)
    except BaseException as error:  # noqa: BLE001  # whatever a listener raises becomes an error ack
        _failed(socket, name, ack_id, error)


def run_listener_at_once(  # noqa: PLR0917  # on the path of every message
    socket: EventReceiver,
    registration: Registration,
    name: str,
    arguments: list[Any],
    ack_id: int | None,
    queue: EventQueue,
) -> None:
    """Handle the common case: one plain function, an idle queue, and no catch-all listeners or
    middlewares; `arguments` begins with the name.
    """
    queue.enter()
    try:
        del arguments[0]
        if (
            registration.least <= len(arguments) <= registration.most
        ):  # as `Registration.call`, without the call
            result = copy_context().run(registration.listener, *arguments)
        else:
            result = copy_context().run(registration.call, arguments)
        if hasattr(result, "__await__"):
            socket._queue.put_first(
                lambda: _finish_awaited(socket, name, (registration,), [result], ack_id)
            )
        elif ack_id is not None and result is not NO_ACK:
            if result.__class__ is not tuple:  # as `ack_arguments`, without the call
                result = () if result is None else (result,)
            text, attachments = encode_reply(result)
            socket._send_ack(ack_id, text, attachments)
    except BaseException as error:  # noqa: BLE001  # whatever a listener raises becomes an error ack
        _failed(socket, name, ack_id, error)
    finally:
        queue.leave()


async def _finish_awaited(
    socket: EventReceiver,
    name: str,
    registrations: tuple[Registration, ...],
    results: list[Any],
    ack_id: int | None,
) -> None:
    try:
        finish_untyped(socket, name, registrations, await await_all(results), ack_id)
    except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
        _failed(socket, name, ack_id, error)


def finish_untyped(
    socket: EventReceiver,
    name: str,
    registrations: tuple[Registration, ...],
    results: list[Any],
    ack_id: int | None,
) -> None:
    """Answer an event after its listeners are done."""
    if ack_id is not None:
        reply = acknowledge(registrations, results)
        if reply is not None:
            socket._send_ack(ack_id, *reply)
    elif not registrations and not socket._any:
        socket._fail_event(name, None, unknown_event())


def _failed(socket: EventReceiver, name: str, ack_id: int | None, error: BaseException) -> None:
    """Answer an event whose handling was ended by an exception; raise again a cancellation of the
    task.

    No exception of the application prevents the answer: `FailureReply` was encoded when it was
    made.
    """
    contain(error)
    cancelled = isinstance(error, asyncio.CancelledError) and is_being_cancelled()
    if cancelled and not socket.connected:
        raise error
    if isinstance(error, FailureReply):
        socket._fail_event(name, ack_id, error)
    else:
        socket._fail_event(name, ack_id, internal_error(), error)
    if cancelled:
        raise error
