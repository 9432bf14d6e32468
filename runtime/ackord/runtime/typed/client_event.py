"""Incoming events of a typed client: decorators and asynchronous iterators."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Generic, ParamSpec, Self, TypeVar, overload
from weakref import WeakSet

from ackord.runtime.errors import SlowConsumerError, UsageError
from ackord.runtime.protocol.socketio.error_acks import unknown_event
from ackord.runtime.sockets.routes import Arguments, EncodedArguments
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.route import declared_error, encode_answer

P = ParamSpec("P")
R = TypeVar("R")
ItemT = TypeVar("ItemT")

DEFAULT_BUFFER: Final = 1000
"""Events that an iterator buffers by default."""


class EventStream(Generic[ItemT]):
    """The events of one name as an asynchronous iterator; it ends when the client has disconnected.

    Events that come while the loop's body runs are buffered, up to a limit. Beyond it, iteration
    raises `SlowConsumerError` after the buffered events.
    """

    def __init__(self, name: str, buffer: int, *, ended: bool) -> None:
        self._name = name
        self._limit = buffer
        self._items: deque[ItemT] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = ended
        self._overrun = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ItemT:
        """Return the next event.

        Raises:
            SlowConsumerError: more events came than the buffer holds.
            StopAsyncIteration: the client has disconnected.
        """
        while not self._items:
            if self._overrun:
                self._overrun = False
                raise SlowConsumerError(
                    f"more than {self._limit} events {self._name!r} came while the loop over "
                    "them was busy"
                )
            if self._ended:
                raise StopAsyncIteration
            if self._is_awaited:
                raise UsageError(
                    f"two loops wait for the same stream of {self._name!r}: iterate over the "
                    "event twice instead"
                )
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._items.popleft()

    def push(self, item: ItemT) -> None:
        """Add an event to the buffer."""
        if self._overrun or len(self._items) >= self._limit:
            self._overrun = True
            return
        self._items.append(item)
        self._wake()

    def end(self) -> None:
        """End the iteration, after the buffered events."""
        self._ended = True
        self._wake()

    def _wake(self) -> None:
        if self._is_awaited and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def _is_awaited(self) -> bool:
        """Whether a task waits for the next event, in an event loop that hasn't ended."""
        return self._waiter is not None and not self._waiter.get_loop().is_closed()


class ClientEvent(Generic[P, R, ItemT]):
    """An event that the server sends: use it as a decorator of a handler, or iterate over it.

    ::

        @chat.on_message_posted
        async def _(message: Message) -> None: ...

        async for message in chat.on_message_posted: ...

    Iteration yields the argument, a tuple of several arguments, or `None` if there is none. The
    return value of the handler is the acknowledgement, so an acknowledged event can have only one
    handler.
    """

    def __init__(self, event: Event[R]) -> None:
        """Take the event; made by `Client`."""
        self._event = event
        self._handlers: tuple[Callable[P, R | Coroutine[Any, Any, R]], ...] = ()
        self._streams: WeakSet[EventStream[ItemT]] = WeakSet()
        self._ended = False
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
        stream = EventStream[ItemT](self._event.name, buffer, ended=self._ended)
        self._streams.add(stream)
        return stream

    def begin(self) -> None:
        """Called when the client connects: iterators wait for events."""
        self._ended = False

    def end(self) -> None:
        """Called when the client has disconnected: iterators end."""
        self._ended = True
        for stream in tuple(self._streams):
            stream.end()

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
        return declared_error(self._event, error)

    def encode(self, answer: Any) -> EncodedArguments:
        """See `ackord.runtime.sockets.routes.Route.encode`."""
        if self._event.acked and not self._handlers:
            raise unknown_event()
        return encode_answer(self._event, answer)

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
