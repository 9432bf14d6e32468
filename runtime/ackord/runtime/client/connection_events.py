"""What a manager tells of its connection: events of the reference's Manager."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeAlias, get_args, overload

from ackord.runtime.errors import UsageError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.sockets.lifecycle import call_lifecycle
from ackord.runtime.sockets.listeners import ListenerT, ListenerTable, Registration
from ackord.runtime.tasks import TaskSet

ConnectionEvent: TypeAlias = Literal[
    "open", "close", "reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"
]
_NAMES: Final = get_args(ConnectionEvent)


class ConnectionEvents:
    """Listeners for what happens to a connection.

    - ``open``: the Engine.IO connection was opened.
    - ``close`` (reason, description or `None`): it has ended.
    - ``reconnect_attempt`` (number): an attempt to connect again begins; the first is 1.
    - ``reconnect`` (number): this attempt has opened a connection.
    - ``reconnect_error`` (exception): this attempt has failed.
    - ``reconnect_failed``: the last attempt has failed, there will be no other.

    Listeners are plain functions or coroutine functions; nothing waits for the latter.
    """

    def __init__(self) -> None:
        self._listeners = ListenerTable()
        self._tasks = TaskSet(LimitedLog(logging.getLogger("ackord.runtime.client")))

    @overload
    def on(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def on(self, name: ConnectionEvent, listener: ListenerT) -> ListenerT: ...
    def on(self, name: ConnectionEvent, listener: Any = None) -> Any:
        """Call `listener` for each event of this name; without `listener`, return a decorator.

        Raises:
            UsageError: there is no such event.
        """
        return self._register(name, listener, once=False)

    @overload
    def once(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def once(self, name: ConnectionEvent, listener: ListenerT) -> ListenerT: ...
    def once(self, name: ConnectionEvent, listener: Any = None) -> Any:
        """Call `listener` for the next event of this name only; see `on`."""
        return self._register(name, listener, once=True)

    def off(
        self, name: ConnectionEvent | None = None, listener: Callable[..., Any] | None = None
    ) -> None:
        """Forget one listener, or all of a name, or all."""
        self._listeners.remove(name, listener)

    def _register(self, name: ConnectionEvent, listener: Any, *, once: bool) -> Any:
        if name not in _NAMES:
            raise UsageError(f"a connection has no event {name!r}, but {', '.join(_NAMES)}")
        if listener is None:
            return partial(self._register, name, once=once)
        self._listeners.add(name, Registration(listener, once=once))
        return listener

    def _notify(self, name: ConnectionEvent, *arguments: Any) -> None:
        call_lifecycle(self._listeners, name, arguments, self._tasks)
