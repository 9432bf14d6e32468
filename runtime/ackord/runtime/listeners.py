"""Who listens to which event: the part of Socket.IO's API that servers' and clients' sockets share.

Events of the peer and events of the life cycle (``connection``, ``disconnect`` …) are kept in tables of their own:
whatever name a peer sends, it never meets a listener of the life cycle.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar, Final, TypeAlias, TypeVar, overload

from ackord.runtime.error_acks import InvalidArgumentsError
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.signatures import signature_of
from ackord.runtime.socketio.names import RESERVED_EVENTS

Listener: TypeAlias = Callable[..., Any]
"""A plain function or a coroutine function; it takes the event's arguments."""

ListenerT = TypeVar("ListenerT", bound=Listener)

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def is_async(listener: Listener) -> bool:
    """Tell whether calling `listener` gives a coroutine: bound methods, partials and callable objects included."""
    while isinstance(listener, partial):
        listener = listener.func
    return inspect.iscoroutinefunction(listener) or inspect.iscoroutinefunction(getattr(listener, "__call__", None))  # noqa: B004  # its kind is asked


class Registration:
    """One listener, how it was registered, and how many arguments it takes."""

    __slots__ = ("concurrent", "is_async", "is_plain", "least", "listener", "most", "once")

    def __init__(self, listener: Listener, *, once: bool = False, concurrent: bool = False) -> None:
        """Look at the listener once, so that no call has to.

        Raises:
            UsageError: it can't be called with positional arguments only.
        """
        self.listener = listener
        self.once = once
        self.concurrent = concurrent
        self.is_async = is_async(listener)
        self.is_plain = not (self.is_async or once)
        """Whether it can be called without a task, and as often as the event comes."""
        self.least, self.most = positional_range(listener)

    def call(self, arguments: Sequence[Any]) -> Any:
        """Call the listener with as many arguments as it takes: JavaScript drops those that nobody asked for, and so do we.

        Raises:
            InvalidArgumentsError: there are too few.
        """
        count = len(arguments)
        if self.least <= count <= self.most:
            return self.listener(*arguments)
        if count < self.least:
            raise InvalidArgumentsError([{"loc": [], "type": "missing_argument", "msg": "Too few arguments"}])
        return self.listener(*arguments[: self.most])

    def notify(self, arguments: Sequence[Any]) -> Any:
        """Call a listener that answers nobody: what it asks for in vain is `None`, as it is undefined in JavaScript."""
        return self.call((*arguments, *(None,) * (self.least - len(arguments))))


def positional_range(listener: Listener) -> tuple[int, int]:
    """Return how many positional arguments a listener needs at least, and takes at most.

    Raises:
        UsageError: it can't be called with positional arguments only.
    """
    try:
        signature = signature_of(listener)
    except ValueError:
        return 0, sys.maxsize  # some builtins don't tell
    least = most = 0
    for parameter in signature.parameters.values():
        if parameter.kind in _POSITIONAL:
            most += 1
            least += parameter.default is parameter.empty
        elif parameter.kind is parameter.VAR_POSITIONAL:
            most = sys.maxsize
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise UsageError(f"a listener is called with positional arguments only: {parameter.name!r} of {listener!r} needs a default")
    return least, most


class ListenerTable:
    """Listeners by event name, each name's in the order of registration."""

    __slots__ = ("by_name",)

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[Registration, ...]] = {}
        """The registrations of each name; no tuple is empty."""

    def add(self, name: str, registration: Registration) -> None:
        """Append a listener."""
        self.by_name[name] = (*self.by_name.get(name, ()), registration)

    def remove(self, name: str | None = None, listener: Listener | None = None) -> None:
        """Remove one registration of `listener`, or all of a name, or all."""
        if name is None:
            self.by_name.clear()
            return
        kept = list(self.by_name.pop(name, ()))
        if listener is None:
            return
        for position in range(len(kept) - 1, -1, -1):
            if kept[position].listener == listener:
                del kept[position]
                break
        if kept:
            self.by_name[name] = tuple(kept)

    def copy(self) -> ListenerTable:
        """Return another table with the same registrations."""
        table = ListenerTable()
        table.by_name = dict(self.by_name)
        return table

    def get(self, name: str) -> tuple[Registration, ...]:
        """Return the registrations of a name."""
        return self.by_name.get(name, ())

    def take(self, name: str) -> tuple[Registration, ...]:
        """Return the registrations that an event of this name is for, and forget those which were for one event only."""
        found = self.by_name.get(name, ())
        for registration in found:
            if registration.once:
                self._forget_once(name, found)
                break
        return found

    def _forget_once(self, name: str, found: tuple[Registration, ...]) -> None:
        kept = tuple(registration for registration in found if not registration.once)
        if kept:
            self.by_name[name] = kept
        else:
            del self.by_name[name]


class EventSource:
    """`on`, `once` and `off`, as decorators and as calls.

    ::

        @socket.on("hello")
        async def hello(name: str) -> str:          # the returned value is the acknowledgement
            return f"hello {name}"

        socket.on("bye", print)
    """

    __slots__ = ("_events", "_lifecycle")

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self._events: ListenerTable | None = None
        self._lifecycle: ListenerTable | None = None

    @overload
    def on(self, name: str, listener: None = None, *, concurrent: bool = False) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def on(self, name: str, listener: ListenerT, *, concurrent: bool = False) -> ListenerT: ...
    def on(self, name: str, listener: Listener | None = None, *, concurrent: bool = False) -> Any:
        """Call `listener` for each event of this name; without `listener`, return a decorator.

        `concurrent` lifts the order: the next event may be handled while this one still is.
        """
        if listener is None:
            return partial(self._register, name, once=False, concurrent=concurrent)
        return self._register(name, listener, once=False, concurrent=concurrent)

    @overload
    def once(self, name: str, listener: None = None, *, concurrent: bool = False) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def once(self, name: str, listener: ListenerT, *, concurrent: bool = False) -> ListenerT: ...
    def once(self, name: str, listener: Listener | None = None, *, concurrent: bool = False) -> Any:
        """Call `listener` for the next event of this name only; without `listener`, return a decorator."""
        if listener is None:
            return partial(self._register, name, once=True, concurrent=concurrent)
        return self._register(name, listener, once=True, concurrent=concurrent)

    def off(self, name: str | None = None, listener: Listener | None = None) -> None:
        """Forget one listener, or all of a name, or all."""
        if name is None:
            self._events = self._lifecycle = None
        elif (table := self._lifecycle if name in self._lifecycle_names else self._events) is not None:
            table.remove(name, listener)

    def listeners(self, name: str) -> list[Listener]:
        """Return the listeners of a name."""
        table = self._lifecycle if name in self._lifecycle_names else self._events
        return [] if table is None else [registration.listener for registration in table.get(name)]

    def _register(self, name: str, listener: ListenerT, *, once: bool, concurrent: bool) -> ListenerT:
        registration = Registration(listener, once=once, concurrent=concurrent)
        if name in self._lifecycle_names:
            if self._lifecycle is None:
                self._lifecycle = ListenerTable()
            self._lifecycle.add(name, registration)
            return listener
        self._check_event_name(name)
        if self._events is None:
            self._events = ListenerTable()
        self._events.add(name, registration)
        return listener

    def _check_event_name(self, name: str) -> None:
        if name in RESERVED_EVENTS:
            raise ReservedEventError(name)


class AnyEventSource(EventSource):
    """`EventSource` with the catch-all listeners of a socket."""

    __slots__ = ("_any", "_any_outgoing")

    def __init__(self) -> None:
        super().__init__()
        self._any: tuple[Registration, ...] = ()
        self._any_outgoing: tuple[Registration, ...] = ()

    def on_any(self, listener: ListenerT) -> ListenerT:
        """Call `listener` with the name and the arguments of each incoming event, before the event's own listeners."""
        self._any = (*self._any, Registration(listener))
        return listener

    def prepend_any(self, listener: ListenerT) -> ListenerT:
        """Like `on_any`, before the other catch-all listeners."""
        self._any = (Registration(listener), *self._any)
        return listener

    def off_any(self, listener: Listener | None = None) -> None:
        """Forget one catch-all listener for incoming events, or all."""
        self._any = () if listener is None else tuple(kept for kept in self._any if kept.listener != listener)

    def listeners_any(self) -> list[Listener]:
        """Return the catch-all listeners for incoming events."""
        return [registration.listener for registration in self._any]

    def on_any_outgoing(self, listener: ListenerT) -> ListenerT:
        """Call `listener`, a plain function, with the name and the arguments of each outgoing event, broadcasts included; acks are no events."""
        self._any_outgoing = (*self._any_outgoing, _plain(listener))
        return listener

    def prepend_any_outgoing(self, listener: ListenerT) -> ListenerT:
        """Like `on_any_outgoing`, before the other catch-all listeners."""
        self._any_outgoing = (_plain(listener), *self._any_outgoing)
        return listener

    def off_any_outgoing(self, listener: Listener | None = None) -> None:
        """Forget one catch-all listener for outgoing events, or all."""
        self._any_outgoing = () if listener is None else tuple(kept for kept in self._any_outgoing if kept.listener != listener)

    def listeners_any_outgoing(self) -> list[Listener]:
        """Return the catch-all listeners for outgoing events."""
        return [registration.listener for registration in self._any_outgoing]


def ack_arguments(values: Iterable[Any]) -> tuple[Any, ...]:
    """Turn what an event's listeners returned into the acknowledgement's arguments: the first that isn't `None` decides, a tuple gives several."""
    for value in values:
        if value is not None:
            kind = value.__class__
            return value if kind is tuple else (value,)
    return ()


def _plain(listener: Listener) -> Registration:
    registration = Registration(listener)
    if registration.is_async:
        raise UsageError("a listener for outgoing events is called while the event is sent: it must be a plain function, not async")
    return registration
