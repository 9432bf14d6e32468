"""Incoming events of a typed client: decorators and asynchronous iterators."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, Generic, ParamSpec, Self, TypeVar, overload
from weakref import WeakSet

from ackord.runtime.errors import (
    AckordError,
    DisconnectedError,
    EventTimeoutError,
    UsageError,
)
from ackord.runtime.protocol.socketio.error_acks import unknown_event
from ackord.runtime.sockets.routes import Arguments, EncodedArguments
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.event_stream import LEFT, EventStream
from ackord.runtime.typed.route import answer_of, encode_answer

P = ParamSpec("P")
R = TypeVar("R")
ItemT = TypeVar("ItemT")

DEFAULT_BUFFER: Final = 1000
"""Events that an iterator holds for its loop unless told otherwise."""
DEFAULT_TIMEOUT: Final = 10.0
"""Seconds that `ClientEvent.next` waits unless told otherwise."""


class ClientEvent(Generic[P, R, ItemT]):
    """An event that the server sends: use it as a decorator of a handler, or iterate over it.

    ::

        @chat.on_message_posted
        async def _(message: Message) -> None: ...

        async for message in chat.on_message_posted: ...

        message = await chat.on_message_posted.next(timeout=5)

    Iteration gives the argument, a tuple of several, or `None` where there is none.
    What an acknowledged event's handler returns is the acknowledgement, so that it can have only
    one.
    """

    def __init__(self, event: Event[R]) -> None:
        """Take the event; made by `Client`."""
        self._event = event
        self._handlers: tuple[Callable[P, R | Coroutine[Any, Any, R]], ...] = ()
        self._streams: WeakSet[EventStream[ItemT]] = WeakSet()
        self._end: AckordError | None = None
        self.concurrent = event.concurrent
        """Whether an event may be handled while an earlier one is still being handled."""

    @overload
    def __call__(
        self, handler: Callable[P, Coroutine[Any, Any, R]]
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(self, handler: Callable[P, R]) -> Callable[P, R]: ...
    def __call__(self, handler: Callable[P, Any]) -> Callable[P, Any]:
        """Call `handler`, a function or a coroutine function, for each event of this name.

        Raises:
            UsageError: the event is acknowledged, and has a handler already.
        """
        if self._event.acked and self._handlers:
            raise UsageError(
                f"event {self._event.name!r} has a handler already, and only one can answer"
            )
        self._handlers = (*self._handlers, handler)
        return handler

    def __aiter__(self) -> EventStream[ItemT]:
        return self.stream()

    def stream(self, buffer: int = DEFAULT_BUFFER) -> EventStream[ItemT]:
        """Return an iterator over the events from now on, which buffers up to `buffer` of them
        while the loop's body runs.
        """
        stream = EventStream[ItemT](self._event.name, buffer, self._end)
        self._streams.add(stream)
        return stream

    def next(self, *, timeout: float | None = DEFAULT_TIMEOUT) -> Awaitable[ItemT]:
        """Wait for the next event after this call, for `timeout` seconds, or as long as it takes.

        What this returns has to be awaited, now or later: an event that comes in between counts.

        Raises:
            EventTimeoutError: none came in time.
            DisconnectedError: the client is disconnected.
        """
        return self._next(self.stream(1), timeout)

    async def _next(self, stream: EventStream[ItemT], timeout: float | None) -> ItemT:  # noqa: ASYNC109  # a bound on what the peer does
        try:
            async with asyncio.timeout(timeout):
                return await anext(stream)
        except TimeoutError as error:
            raise EventTimeoutError(
                f"no event {self._event.name!r} within {timeout:g} s"
            ) from error
        except StopAsyncIteration:
            raise DisconnectedError("the client has disconnected", LEFT) from None

    def begin(self) -> None:
        """Note that the client connects: iterators wait for events."""
        self._end = None

    def note_gap(self) -> None:
        """Note that the client was away, and may have missed events."""
        for stream in tuple(self._streams):
            stream.gaps += 1

    def end(self, error: AckordError) -> None:
        """Note that the client is disconnected, and why: iterators end."""
        self._end = error
        for stream in tuple(self._streams):
            stream.end(error)

    def decode(self, payload: str, attachments: Sequence[bytes]) -> Arguments:
        """See `ackord.runtime.sockets.routes.Route.decode`."""
        return self._event.arguments.decode(payload, attachments)

    async def handle(self, socket: Any, arguments: Arguments) -> Any:  # noqa: ARG002  # a Route takes it
        """See `ackord.runtime.sockets.routes.Route.handle`."""
        if self._streams:
            item: Any = arguments if len(arguments) > 1 else arguments[0] if arguments else None
            for stream in tuple(self._streams):
                stream.push(item)
        answer: Any = None
        for handler in self._handlers:
            answer = self._call(handler, arguments)
            if hasattr(answer, "__await__"):
                answer = await answer
        return answer

    def rescue(self, error: BaseException) -> Any:
        """See `ackord.runtime.sockets.routes.Route.rescue`."""
        return answer_of(self._event, error)

    def encode(self, answer: Any) -> EncodedArguments:
        """See `ackord.runtime.sockets.routes.Route.encode`."""
        if self._event.acked and not self._handlers:
            failure = unknown_event()
            failure.add_note(
                f"this client has no handler for it, write one with the decorator "
                f"`{self._event.handler}` of the client, or as a method of its handlers"
            )
            raise failure
        return encode_answer(self._event, self._handlers[0] if self._handlers else self, answer)

    @staticmethod
    def _call(handler: Callable[..., Any], arguments: Arguments) -> Any:
        return handler(*arguments)


class Incoming(Generic[P, R, ItemT]):
    """A descriptor for an event of a generated client class: on an instance it returns that
    client's `ClientEvent`.
    """

    __slots__ = ("event",)

    def __init__(self, event: Event[R]) -> None:
        self.event = event

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, client: object, owner: type[Any]) -> ClientEvent[P, R, ItemT]: ...
    def __get__(self, client: Any, owner: type[Any]) -> Any:
        return self if client is None else client._incoming(self.event)  # noqa: SLF001  # generated clients share it with their base
