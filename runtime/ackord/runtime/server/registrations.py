"""The registrations for a namespace: listeners, middlewares, hooks and routes.

A namespace and a server, which stands for the namespace ``/``, inherit these methods from
`Registering`. They are kept in a `Registrations`; each dynamic namespace begins with a copy of its
parent's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar, overload

from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.server.contracts import NamedNamespace, SocketT
from ackord.runtime.server.middlewares import EventMiddleware
from ackord.runtime.server.operators import Broadcasting
from ackord.runtime.server.server_events import ServerListeners, encode_server_event
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, check_timeout
from ackord.runtime.sockets.listeners import Listener, ListenerT, ListenerTable, Registration
from ackord.runtime.sockets.outgoing import decode_answer
from ackord.runtime.sockets.routes import Route

CONNECTION_EVENTS: Final = ("connect", "connection")
"""Names of the event that a socket has joined."""
NEW_NAMESPACE: Final = "new_namespace"
"""Name of the event that a namespace was made."""

ConnectionEvent: TypeAlias = Literal["connect", "connection"]
ResultT = TypeVar("ResultT")
NamespaceT = TypeVar("NamespaceT", bound=NamedNamespace)
"""A `Namespace`, whose module stands above this one."""

Middleware: TypeAlias = Callable[[SocketT], Awaitable[None] | None]
"""Called with a socket before it is connected; raises `RefusalReply` to refuse it."""
MiddlewareResultT = TypeVar("MiddlewareResultT", bound="Awaitable[None] | None")

ConnectHook: TypeAlias = Callable[[SocketT, "str | None"], Awaitable[None]]
"""Runs after the middlewares, before CONNECT is answered; takes the socket and the JSON text of
CONNECT's payload.
"""

DisconnectHook: TypeAlias = Callable[[SocketT, str], Awaitable[None]]
"""Runs after the socket has left; takes the reason."""


class Registrations(Generic[SocketT]):
    """The registrations of one namespace."""

    __slots__ = (
        "connect_hook",
        "contracts",
        "disconnect_hook",
        "dump_data",
        "event_middlewares",
        "is_custom",
        "is_main",
        "listeners",
        "load_data",
        "make_data",
        "middlewares",
        "routes",
        "server_listeners",
    )

    def __init__(self, *, is_main: bool = False) -> None:
        """Begin with nothing, for the namespace ``/`` if it `is_main`."""
        self.is_main = is_main
        self.listeners = ListenerTable()
        self.middlewares: list[Middleware[SocketT]] = []
        self.event_middlewares: list[EventMiddleware[SocketT]] = []
        self.routes: dict[str, Route] = {}
        self.make_data: Callable[[], Any] = dict
        """Makes the `data` of a new socket."""
        self.dump_data: Callable[[Any], Any] | None = None
        """Makes values of JSON of the `data` of a socket, for other servers."""
        self.load_data: Callable[[Any], Any] | None = None
        """Makes the `data` of a socket of such values, for a client that comes back."""
        self.connect_hook: ConnectHook[SocketT] | None = None
        self.contracts: dict[str, ContractName] = {}
        """The contracts that describe the namespace, by name."""
        self.disconnect_hook: DisconnectHook[SocketT] | None = None
        self.server_listeners = ServerListeners()
        self.is_custom = False
        """Whether this namespace has registrations of its own, so that it is kept when it is
        empty.
        """

    def copy(self) -> Registrations[SocketT]:
        """Return a copy for another namespace; later registrations aren't copied."""
        other: Registrations[SocketT] = Registrations()
        other.listeners = self.listeners.copy()
        other.middlewares = self.middlewares[:]
        other.event_middlewares = self.event_middlewares[:]
        other.routes = dict(self.routes)
        other.make_data = self.make_data
        other.dump_data = self.dump_data
        other.load_data = self.load_data
        other.connect_hook = self.connect_hook
        other.contracts = dict(self.contracts)
        other.disconnect_hook = self.disconnect_hook
        other.server_listeners = self.server_listeners.copy()
        return other

    def add(self, name: str, listener: ListenerT, *, once: bool) -> ListenerT:
        """Call `listener` for an event of the life cycle."""
        if name not in CONNECTION_EVENTS and (name != NEW_NAMESPACE or not self.is_main):
            raise UsageError(
                f"a namespace has the event 'connection', not {name!r}; a client's events are "
                "listened for on its socket"
            )
        registration = Registration(listener, once=once)
        if name == NEW_NAMESPACE and registration.is_async:
            raise UsageError(
                "a listener of 'new_namespace' is called while the namespace is made: it must "
                "be a plain function, not async"
            )
        self.listeners.add(name, registration)
        self.is_custom = True
        return listener


class Registering(Broadcasting, Generic[SocketT]):
    """The methods by which applications register for a namespace's sockets."""

    __slots__ = ()

    _registrations: Registrations[SocketT]

    @overload
    def on(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[Callable[[SocketT], ResultT]], Callable[[SocketT], ResultT]]: ...
    @overload
    def on(
        self, name: ConnectionEvent, listener: Callable[[SocketT], ResultT]
    ) -> Callable[[SocketT], ResultT]: ...
    @overload
    def on(
        self, name: Literal["new_namespace"], listener: None = None
    ) -> Callable[[Callable[[NamespaceT], ResultT]], Callable[[NamespaceT], ResultT]]: ...
    @overload
    def on(
        self, name: Literal["new_namespace"], listener: Callable[[NamespaceT], ResultT]
    ) -> Callable[[NamespaceT], ResultT]: ...
    def on(self, name: str, listener: Callable[..., Any] | None = None) -> Any:
        """Call `listener` with each socket that has joined (``connection``, or ``connect``);
        without `listener`, return a decorator.

        On a server this is about the namespace ``/``.
        There, ``new_namespace`` is the event that another namespace was made, before anybody is in
        it; its listeners are plain functions, and take the namespace.
        """
        return (
            partial(self._registrations.add, name, once=False)
            if listener is None
            else self._registrations.add(name, listener, once=False)
        )

    @overload
    def once(
        self, name: ConnectionEvent, listener: None = None
    ) -> Callable[[Callable[[SocketT], ResultT]], Callable[[SocketT], ResultT]]: ...
    @overload
    def once(
        self, name: ConnectionEvent, listener: Callable[[SocketT], ResultT]
    ) -> Callable[[SocketT], ResultT]: ...
    @overload
    def once(
        self, name: Literal["new_namespace"], listener: None = None
    ) -> Callable[[Callable[[NamespaceT], ResultT]], Callable[[NamespaceT], ResultT]]: ...
    @overload
    def once(
        self, name: Literal["new_namespace"], listener: Callable[[NamespaceT], ResultT]
    ) -> Callable[[NamespaceT], ResultT]: ...
    def once(self, name: str, listener: Callable[..., Any] | None = None) -> Any:
        """Call `listener` for the next event of this name only; without `listener`, return a
        decorator.
        """
        return (
            partial(self._registrations.add, name, once=True)
            if listener is None
            else self._registrations.add(name, listener, once=True)
        )

    def off(self, name: str | None = None, listener: Callable[..., Any] | None = None) -> None:
        """Remove one listener, or all of a name, or all."""
        self._registrations.listeners.remove(name, listener)

    def listeners(self, name: str) -> list[Callable[..., Any]]:
        """Return the listeners of a name."""
        return [registration.listener for registration in self._registrations.listeners.get(name)]

    def use(
        self, middleware: Callable[[SocketT], MiddlewareResultT]
    ) -> Callable[[SocketT], MiddlewareResultT]:
        """Run `middleware` for each socket before it is connected, in the order of registration.

        `RefusalReply` becomes CONNECT_ERROR; any other exception too, with a general message. The
        connection stays open either way.
        """
        self._registrations.middlewares.append(middleware)
        self._registrations.is_custom = True
        return middleware

    def use_event(
        self, middleware: Callable[[SocketT, str, tuple[Any, ...]], MiddlewareResultT]
    ) -> Callable[[SocketT, str, tuple[Any, ...]], MiddlewareResultT]:
        """Run `middleware` for each event of each socket, after catch-all listeners and before the
        event's own, in the order of registration.

        Exceptions are answered as those of a listener: `FailureReply` with its code, any other one
        with ``internal``.
        """
        self._registrations.event_middlewares.append(middleware)
        self._registrations.is_custom = True
        return middleware

    @overload
    def on_server_side(
        self, name: str, listener: None = None
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def on_server_side(self, name: str, listener: ListenerT) -> ListenerT: ...
    def on_server_side(self, name: str, listener: Listener | None = None) -> Any:
        """Call `listener` with the arguments of each event of this name that another server sends;
        what it returns is the acknowledgement.

        Raises:
            ReservedEventError: no server may send this name.
        """
        if listener is None:
            return partial(self.on_server_side, name)
        self._registrations.server_listeners.add(name, listener)
        return listener

    def server_side_emit(self, name: str, *values: Any) -> None:
        """Send an event to the other servers of the cluster.

        Raises:
            ReservedEventError: no server may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        self._audience.send_server_event(encode_server_event(name, values))

    async def server_side_emit_with_ack(
        self,
        name: str,
        *values: Any,
        timeout: float | None = None,  # noqa: ASYNC109  # Socket.IO's timeout
    ) -> list[Any]:
        """Send an event to the other servers and return their answers, one each; on a single
        server, none.

        Raises:
            ReservedEventError: no server may send this name.
            InvalidPayloadError: JSON can't hold a value.
            AckTimeoutError: some didn't answer in `timeout` seconds, 20 by default.
        """
        event = encode_server_event(name, values)
        seconds = DEFAULT_ACK_TIMEOUT if timeout is None else timeout
        check_timeout(seconds)
        replies = await self._audience.ask_servers(event, seconds)
        return [decode_answer(reply) for reply in replies]
