"""Base of the clients that block: the asynchronous client, called from other threads."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, overload

from ackord.runtime.client import Manager
from ackord.runtime.errors import AckordError
from ackord.runtime.sockets.listeners import is_async
from ackord.runtime.typed.background import background_loop, note_closed, note_open
from ackord.runtime.typed.client import Client, ClientOptions, ConnectRefusedError
from ackord.runtime.typed.client_event import DEFAULT_BUFFER, DEFAULT_TIMEOUT, ClientEvent
from ackord.runtime.typed.client_handlers import ClientHandlers
from ackord.runtime.typed.client_state import ClientState
from ackord.runtime.typed.event import Event, NamespaceContract
from ackord.runtime.typed.event_stream import EventStream
from ackord.runtime.typed.model import UnknownError
from ackord.runtime.typed.params import Params
from anyio import to_thread
from typing_extensions import Unpack, override

P = ParamSpec("P")
R = TypeVar("R")
ItemT = TypeVar("ItemT")


def in_thread(function: Callable[P, R]) -> Callable[P, Any]:
    """Return a coroutine function that calls a plain function in a thread; coroutine functions are
    returned as they are.
    """
    if is_async(function):
        return function

    @wraps(function)
    async def call(*arguments: P.args, **keywords: P.kwargs) -> R:
        def called() -> R:
            return function(*arguments, **keywords)

        return await to_thread.run_sync(called, abandon_on_cancel=True)

    return call


class _ThreadedClient(Client):
    """A client whose plain handlers may block."""

    @override
    def _prepare(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        return in_thread(handler)


class SyncClient(ClientState):
    """Base of generated clients that block: one namespace of one server.

    Every method can be called from any thread. Handlers are called one after the other, in threads
    of their own, so that they may block and call the client; handlers that are coroutine functions
    run in the event loop of all synchronous clients, and must not block.
    """

    def __init__(
        self,
        contract: NamespaceContract,
        server: str | Manager,
        *,
        auth: Any,
        handlers: ClientHandlers | None,
        refused: type[ConnectRefusedError[Any]],
        params: Params | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """Do what `Client` does."""
        self.__client = _ThreadedClient(
            contract,
            server,
            auth=auth,
            handlers=handlers,
            refused=refused,
            params=params,
            **options,
        )
        super().__init__(self.__client.socket)
        self.__loop = background_loop()

    def connect(self) -> None:
        """Open the connection and join the namespace; raises what `Client.connect` raises."""
        self.__loop.call(self.__client.connect)
        note_open(self, self.disconnect)

    def disconnect(self) -> None:
        """Leave the namespace, and close the connection unless another client uses it."""
        self.__loop.call(self.__client.disconnect)
        note_closed(self)

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.disconnect()

    def on_connect(self, hook: Callable[[], R]) -> Callable[[], R]:
        """Call `hook` when the namespace is joined, for the first time and after a lost connection;
        a decorator, as those that follow.
        """
        self.__register(self.__client.on_connect, hook)
        return hook

    def on_disconnect(self, hook: Callable[[str], R]) -> Callable[[str], R]:
        """Call `hook` with the reason when the namespace was left; the client comes back by itself
        if it is still `active`.
        """
        self.__register(self.__client.on_disconnect, hook)
        return hook

    def on_connect_error(self, hook: Callable[[AckordError], R]) -> Callable[[AckordError], R]:
        """Call `hook` with the exception when an attempt to connect has failed; a refusal has the
        type that `connect` raises.
        """
        self.__register(self.__client.on_connect_error, hook)
        return hook

    def on_reconnect_attempt(self, hook: Callable[[int], R]) -> Callable[[int], R]:
        """Call `hook` with the number when an attempt to connect again begins."""
        self.__register(self.__client.on_reconnect_attempt, hook)
        return hook

    def _emit(self, event: Event[None], *args: object) -> None:
        async def emit() -> None:  # in the event loop
            self.__client._emit(event, *args)  # noqa: SLF001  # it is this class's other half

        self.__loop.call(emit)

    def _request(self, event: Event[R], *args: object, timeout: float) -> R:
        async def request() -> R:
            return await self.__client._request(event, *args, timeout=timeout)  # noqa: SLF001  # likewise

        return self.__loop.call(request)

    def _request_result(self, event: Event[R], *args: object, timeout: float) -> R | UnknownError:
        async def request() -> R | UnknownError:
            return await self.__client._request_result(event, *args, timeout=timeout)  # noqa: SLF001  # likewise

        return self.__loop.call(request)

    def _incoming(self, event: Event[Any]) -> SyncEvent[..., Any, Any]:
        """Return the client's end of an event."""
        return SyncEvent(self.__client._incoming(event), self.__loop.call)  # noqa: SLF001  # likewise

    def __register(self, register: Callable[[Any], Any], hook: Callable[..., Any]) -> None:
        async def call() -> None:  # in the event loop
            register(in_thread(hook))

        self.__loop.call(call)


class SyncStream(Generic[ItemT]):
    """The events of one name as an iterator; see `EventStream`."""

    def __init__(self, stream: EventStream[ItemT], call: Callable[..., Any]) -> None:
        self._stream = stream
        self._call = call

    @property
    def gaps(self) -> int:
        """How often the connection was lost, and came back without recovery, since the stream
        began: each time events may have been missed.
        """
        return self._stream.gaps

    def __iter__(self) -> Iterator[ItemT]:
        return self

    def __next__(self) -> ItemT:
        """Return the next event.

        Raises:
            SlowConsumerError: more events came than were taken.
            DisconnectedError: the client is disconnected, and not because this program wanted that.
            StopIteration: this program has disconnected the client.
        """
        found: tuple[ItemT] | None = self._call(self._take)
        if found is None:
            raise StopIteration
        return found[0]

    async def _take(self) -> tuple[ItemT] | None:
        async for item in self._stream:
            return (item,)
        return None


class SyncEvent(Generic[P, R, ItemT]):
    """An event that the server sends: decorate a handler with it, or iterate over it.

    ::

        @chat.on_message_posted
        def _(message: Message) -> None: ...

        for message in chat.on_message_posted: ...

        message = chat.on_message_posted.next(timeout=5)
    """

    def __init__(self, event: ClientEvent[P, R, ItemT], call: Callable[..., Any]) -> None:
        """Take an event of the asynchronous client, and what runs something in its loop."""
        self._event = event
        self._call = call

    @overload
    def __call__(
        self, handler: Callable[P, Coroutine[Any, Any, R]]
    ) -> Callable[P, Coroutine[Any, Any, R]]: ...
    @overload
    def __call__(self, handler: Callable[P, R]) -> Callable[P, R]: ...
    def __call__(self, handler: Callable[P, Any]) -> Callable[P, Any]:
        """Call `handler` with each event of this name, in a thread if it is a plain function.

        Raises:
            UsageError: the event is acknowledged, and has a handler.
        """

        async def register() -> None:  # in the event loop
            self._event(in_thread(handler))

        self._call(register)
        return handler

    def __iter__(self) -> SyncStream[ItemT]:
        return self.stream()

    def stream(self, buffer: int = DEFAULT_BUFFER) -> SyncStream[ItemT]:
        """Return an iterator over the events from now on; it holds up to `buffer` of them while its
        loop is busy.
        """

        async def begin() -> EventStream[ItemT]:  # in the event loop
            return self._event.stream(buffer)

        return SyncStream(self._call(begin), self._call)

    def next(self, *, timeout: float | None = DEFAULT_TIMEOUT) -> ItemT:
        """Wait for the next event, for `timeout` seconds, or as long as it takes.

        Raises:
            EventTimeoutError: none came in time.
            DisconnectedError: the client is disconnected.
        """

        async def wait() -> ItemT:
            return await self._event.next(timeout=timeout)

        item: ItemT = self._call(wait)
        return item


class SyncIncoming(Generic[P, R, ItemT]):
    """An event as an attribute of a generated client that blocks."""

    __slots__ = ("event",)

    def __init__(self, event: Event[R]) -> None:
        self.event = event

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, client: object, owner: type[Any]) -> SyncEvent[P, R, ItemT]: ...
    def __get__(self, client: Any, owner: type[Any]) -> Any:
        return self if client is None else client._incoming(self.event)  # noqa: SLF001  # generated clients share it with their base
