"""The events of which a namespace tells this program: somebody has joined, or another namespace was
made.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar, overload

from ackord.runtime.sockets.listeners import ListenerT

if TYPE_CHECKING:
    from ackord.runtime.server.namespace import Namespace
    from ackord.runtime.server.socket import Socket

ConnectionEvent: TypeAlias = Literal["connect", "connection"]
"""Names of the event that a socket has joined."""

ConnectionListener: TypeAlias = "Callable[[Socket], Any]"
"""A plain function or a coroutine function that takes a socket which has joined."""
ConnectionListenerT = TypeVar("ConnectionListenerT", bound="Callable[[Socket], Any]")

NamespaceListener: TypeAlias = "Callable[[Namespace], Any]"
"""A plain function that takes a namespace which has just been made."""
NamespaceListenerT = TypeVar("NamespaceListenerT", bound="Callable[[Namespace], Any]")


class ConnectionEvents:
    """`on` and `once` on whatever stands for a namespace."""

    __slots__ = ()

    def _add_listener(self, name: str, listener: ListenerT, *, once: bool) -> ListenerT:
        raise NotImplementedError

    @overload
    def on(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def on(self, name: ConnectionEvent, listener: ConnectionListener) -> ConnectionListener: ...
    @overload
    def on(
        self, name: Literal["new_namespace"], listener: None = None
    ) -> Callable[[NamespaceListenerT], NamespaceListenerT]: ...
    @overload
    def on(
        self, name: Literal["new_namespace"], listener: NamespaceListener
    ) -> NamespaceListener: ...
    def on(self, name: str, listener: Callable[..., Any] | None = None) -> Any:
        """Call `listener` with each socket that has joined (``connection``, or ``connect``);
        without `listener`, return a decorator.

        On a server this is about the namespace ``/``.
        There, ``new_namespace`` is the event that another namespace was made, before anybody is in
        it; its listeners are plain functions, and take the namespace.
        """
        return (
            partial(self._add_listener, name, once=False)
            if listener is None
            else self._add_listener(name, listener, once=False)
        )

    @overload
    def once(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def once(self, name: ConnectionEvent, listener: ConnectionListener) -> ConnectionListener: ...
    @overload
    def once(
        self, name: Literal["new_namespace"], listener: None = None
    ) -> Callable[[NamespaceListenerT], NamespaceListenerT]: ...
    @overload
    def once(
        self, name: Literal["new_namespace"], listener: NamespaceListener
    ) -> NamespaceListener: ...
    def once(self, name: str, listener: Callable[..., Any] | None = None) -> Any:
        """Call `listener` for the next event of this name only; without `listener`, return a
        decorator.
        """
        return (
            partial(self._add_listener, name, once=True)
            if listener is None
            else self._add_listener(name, listener, once=True)
        )
