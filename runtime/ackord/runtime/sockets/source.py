"""Registration of listeners: the part of Socket.IO's API that servers' and clients' sockets share.

Events of the peer and events of the life cycle (``connection``, ``disconnect`` …) are kept in
separate tables, so a peer's event never calls a listener of the life cycle.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, overload

from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.protocol.socketio.event import check_name
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.sockets.listeners import Listener, ListenerT, ListenerTable, Registration


class EventSource:
    """`on`, `once` and `off`, as decorators and as calls, and listeners of all events.

    ::

        @socket.on("hello")
        async def hello(name: str) -> str:          # the returned value is the acknowledgement
            return f"hello {name}"

        socket.on("bye", print)
    """

    __slots__ = ("_any", "_any_outgoing", "_events", "_lifecycle")

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        self._events: ListenerTable | None = None
        self._lifecycle: ListenerTable | None = None
        self._any: tuple[Registration, ...] = ()
        self._any_outgoing: tuple[Registration, ...] = ()

    @overload
    def on(
        self, name: str, listener: None = None, *, concurrent: bool = False
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def on(self, name: str, listener: ListenerT, *, concurrent: bool = False) -> ListenerT: ...
    def on(self, name: str, listener: Listener | None = None, *, concurrent: bool = False) -> Any:
        """Call `listener` for each event of this name; without `listener`, return a decorator.

        `concurrent` lifts the order: the next event may be handled while this one is still being
        handled.
        """
        if listener is None:
            return partial(self._register, name, once=False, concurrent=concurrent)
        return self._register(name, listener, once=False, concurrent=concurrent)

    @overload
    def once(
        self, name: str, listener: None = None, *, concurrent: bool = False
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def once(self, name: str, listener: ListenerT, *, concurrent: bool = False) -> ListenerT: ...
    def once(self, name: str, listener: Listener | None = None, *, concurrent: bool = False) -> Any:
        """Call `listener` for the next event of this name only; without `listener`, return a
        decorator.
        """
        if listener is None:
            return partial(self._register, name, once=True, concurrent=concurrent)
        return self._register(name, listener, once=True, concurrent=concurrent)

    def off(self, name: str | None = None, listener: Listener | None = None) -> None:
        """Remove one listener, or all of a name, or all."""
        if name is None:
            self._events = self._lifecycle = None
        elif (
            table := self._lifecycle if name in self._lifecycle_names else self._events
        ) is not None:
            table.remove(name, listener)

    def listeners(self, name: str) -> list[Listener]:
        """Return the listeners of a name."""
        table = self._lifecycle if name in self._lifecycle_names else self._events
        return [] if table is None else [registration.listener for registration in table.get(name)]

    def on_any(self, listener: ListenerT) -> ListenerT:
        """Call `listener` with the name and the arguments of each incoming event, before the
        event's own listeners.
        """
        self._any = (*self._any, Registration(listener))
        return listener

    def prepend_any(self, listener: ListenerT) -> ListenerT:
        """Like `on_any`, before the other catch-all listeners."""
        self._any = (Registration(listener), *self._any)
        return listener

    def off_any(self, listener: Listener | None = None) -> None:
        """Remove one catch-all listener for incoming events, or all."""
        self._any = (
            ()
            if listener is None
            else tuple(kept for kept in self._any if kept.listener != listener)
        )

    def listeners_any(self) -> list[Listener]:
        """Return the catch-all listeners for incoming events."""
        return [registration.listener for registration in self._any]

    def on_any_outgoing(self, listener: ListenerT) -> ListenerT:
        """Call `listener`, a plain function, with the name and the arguments of each outgoing
        event, broadcasts included; acks are no events.
        """
        self._any_outgoing = (*self._any_outgoing, _plain(listener))
        return listener

    def prepend_any_outgoing(self, listener: ListenerT) -> ListenerT:
        """Like `on_any_outgoing`, before the other catch-all listeners."""
        self._any_outgoing = (_plain(listener), *self._any_outgoing)
        return listener

    def off_any_outgoing(self, listener: Listener | None = None) -> None:
        """Remove one catch-all listener for outgoing events, or all."""
        self._any_outgoing = (
            ()
            if listener is None
            else tuple(kept for kept in self._any_outgoing if kept.listener != listener)
        )

    def listeners_any_outgoing(self) -> list[Listener]:
        """Return the catch-all listeners for outgoing events."""
        return [registration.listener for registration in self._any_outgoing]

    def _register(
        self, name: str, listener: ListenerT, *, once: bool, concurrent: bool
    ) -> ListenerT:
        check_name(name)
        registration = Registration(listener, once=once, concurrent=concurrent)
        if name in self._lifecycle_names:
            if self._lifecycle is None:
                self._lifecycle = ListenerTable()
            self._lifecycle.add(name, registration)
            return listener
        if name in RESERVED_EVENTS:
            raise ReservedEventError(name)
        if self._events is None:
            self._events = ListenerTable()
        self._events.add(name, registration)
        return listener


def _plain(listener: Listener) -> Registration:
    registration = Registration(listener)
    if registration.is_async:
        raise UsageError(
            "a listener for outgoing events is called while the event is sent: it must be a "
            "plain function, not async"
        )
    return registration
