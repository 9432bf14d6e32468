"""What happens to one incoming event, from its decoded arguments to its acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import copy_context
from typing import Any, Protocol, TypeAlias

from ackord.runtime.containment import contain, is_being_cancelled, is_closing
from ackord.runtime.protocol.socketio.error_acks import FailureReply, internal_error, unknown_event
from ackord.runtime.sockets.driving import IDLE, EventHandler, Job, awaiting
from ackord.runtime.sockets.listeners import NO_ACK, Registration
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


class EventReceiver(Protocol):
    """A socket that receives events, of a server or of a client."""

    @property
    def connected(self) -> bool:
        """Whether answers still reach the peer."""
        ...

    @property
    def catch_all(self) -> tuple[Registration, ...]:
        """The catch-all listeners for incoming events."""
        ...

    @property
    def watchers(self) -> tuple[Registration, ...]:
        """What looks at an event before its listeners: the catch-all listeners, then whatever may
        refuse it.
        """
        ...

    def take_listeners(self, name: str) -> tuple[Registration, ...]:
        """Return the listeners that an event is for."""
        ...

    def send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        ...

    def fail_event(
        self,
        name: str,
        ack_id: int | None,
        failure: FailureReply,
        error: BaseException | None = None,
    ) -> None:
        """Answer an event that failed."""
        ...


class InlineReceiver(EventReceiver, Protocol):
    """A socket that handles events without a task where it can."""

    def finish_later(self, job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Queue the rest of an event before whatever waits."""
        ...


RouteEvent: TypeAlias = tuple[EventReceiver, Route, str, Arguments, int | None]
"""An event of a typed route: the socket, the route, the event's name, its arguments, and the id of
the acknowledgement that is asked for.
"""


@awaiting
def handle_events() -> EventHandler:
    """Handle the events of one socket: `RouteEvent`s, and jobs for all that is less common."""
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
    watchers.
    """
    try:
        if catch_all is not None:
            await call_in_order(socket.watchers, catch_all)
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
        socket.send_ack(ack_id, text, attachments)
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
        if watchers := socket.watchers:
            await call_in_order(watchers, [name, *arguments])
        registrations = socket.take_listeners(name)
        results = await call_in_order(registrations, arguments)
        finish_untyped(socket, name, registrations, results, ack_id)
    except BaseException as error:  # noqa: BLE001  # whatever it is becomes an error ack
        _failed(socket, name, ack_id, error)


def run_untyped_inline(
    socket: InlineReceiver, name: str, arguments: list[Any], ack_id: int | None
) -> None:
    """Handle an event whose listeners are all plain functions, without a task.

    A plain function that returns an awaitable after all gets a task for the rest.
    """
    try:
        if socket.catch_all:
            call_all(socket.catch_all, [name, *arguments])
        registrations = socket.take_listeners(name)
        results = call_all(registrations, arguments)
        if has_awaitable(results):
            socket.finish_later(
                lambda: _finish_awaited(socket, name, registrations, results, ack_id)
            )
        else:
            finish_untyped(socket, name, registrations, results, ack_id)
    except BaseException as error:  # noqa: BLE001  # whatever a listener raises becomes an error ack
        _failed(socket, name, ack_id, error)


def run_listener_at_once(  # noqa: PLR0917  # on the path of every message
    socket: InlineReceiver,
    registration: Registration,
    name: str,
    arguments: list[Any],
    ack_id: int | None,
    queue: EventQueue,
) -> None:
    """Handle the common event of listeners: one plain function, an idle queue, and nobody else who
    looks at it; `arguments` begins with the name.
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
            socket.finish_later(
                lambda: _finish_awaited(socket, name, (registration,), [result], ack_id)
            )
        elif ack_id is not None and result is not NO_ACK:
            if result.__class__ is not tuple:  # as `ack_arguments`, without the call
                result = () if result is None else (result,)
            text, attachments = encode_reply(result)
            socket.send_ack(ack_id, text, attachments)
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
            socket.send_ack(ack_id, *reply)
    elif not registrations and not socket.catch_all:
        socket.fail_event(name, None, unknown_event())


def _failed(socket: EventReceiver, name: str, ack_id: int | None, error: BaseException) -> None:
    """Answer an event that wasn't answered yet, whatever ended its handling; go on with the end of
    the task, if that was it.

    Nothing that an application can raise prevents the answer: `FailureReply` was encoded when it
    was made.
    """
    contain(error)
    cancelled = isinstance(error, asyncio.CancelledError) and is_being_cancelled()
    if cancelled and not socket.connected:
        raise error
    if isinstance(error, FailureReply):
        socket.fail_event(name, ack_id, error)
    else:
        socket.fail_event(name, ack_id, internal_error(), error)
    if cancelled:
        raise error
