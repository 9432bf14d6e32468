"""A namespace of a server: its sockets, middlewares, routes and rooms."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, overload

from ackord.runtime.adapters.base import Adapter
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.events.failures import Failures, InvalidHook, InvalidPolicy
from ackord.runtime.events.lifecycle import call_guarded, call_lifecycle, guard
from ackord.runtime.events.routes import Route
from ackord.runtime.listeners import ListenerTable, Registration
from ackord.runtime.server.broadcast import Broadcasting, BroadcastOperator
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.refusal import FAILED, ConnectRefused
from ackord.runtime.socketio.names import RESERVED_EVENTS
from ackord.runtime.socketio.packet import namespace_prefix
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.server import Server
    from ackord.runtime.server.socket import Socket

_log = logging.getLogger("ackord.runtime.server")

_EVENTS: Final = ("connect", "connection")

ConnectionListener: TypeAlias = "Callable[[Socket], Any]"
"""A plain function or a coroutine function that takes a socket which has joined."""
ConnectionListenerT = TypeVar("ConnectionListenerT", bound="Callable[[Socket], Any]")

Middleware: TypeAlias = "Callable[[Socket], Awaitable[None] | None]"
"""Looks at a socket before it is connected; raises `ConnectRefused` to refuse it."""
MiddlewareT = TypeVar("MiddlewareT", bound="Callable[[Socket], Awaitable[None] | None]")

ConnectHook: TypeAlias = "Callable[[Socket, str | None], Awaitable[None]]"
"""Runs after the middlewares, before CONNECT is answered; takes the socket and the JSON text of CONNECT's payload."""

DisconnectHook: TypeAlias = "Callable[[Socket, str], Awaitable[None]]"
"""Runs after the socket has left; takes the reason."""


class Namespace(Broadcasting):
    """A namespace of a server; `Server.of` makes it.

    ::

        chat = server.of("/chat")

        @chat.use
        async def check(socket: Socket) -> None:
            if socket.handshake.auth.get("token") != "secret":
                raise ConnectRefused("not authorized", {"retry": False})

        @chat.on("connection")
        def connected(socket: Socket) -> None:
            socket.emit("welcome")

    The attributes `error_replies`, `invalid_events` and `failures` say what happens to events that fail (design, "Error acks").
    """

    __slots__ = (
        "_connect_hook",
        "_disconnect_hook",
        "_listeners",
        "_middlewares",
        "_next_ack_id",
        "adapter",
        "error_replies",
        "failures",
        "invalid_events",
        "limits",
        "name",
        "prefix",
        "routes",
        "server",
        "sockets",
        "tasks",
    )

    def __init__(self, server: Server, name: str) -> None:
        self.server = server
        self.name = name
        self.prefix = namespace_prefix(name)
        self.sockets: dict[str, Socket] = {}
        self.adapter: Adapter = MemoryAdapter(self.sockets)
        self.routes: dict[str, Route] = {}
        self.failures: Failures[Socket] = Failures(name, _log)
        self.error_replies: bool = server.error_replies
        self.invalid_events: InvalidPolicy = server.invalid_events
        self.limits: Limits = server.limits
        self.tasks = server.tasks
        self._listeners = ListenerTable()
        self._middlewares: tuple[Middleware, ...] = ()
        self._connect_hook: ConnectHook | None = None
        self._disconnect_hook: DisconnectHook | None = None
        # Shared by the sockets, so that one broadcast can ask everybody for an acknowledgement under one id.
        self._next_ack_id = itertools.count()

    @overload
    def on(self, name: str, listener: None = None) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def on(self, name: str, listener: ConnectionListener) -> ConnectionListener: ...
    def on(self, name: str, listener: ConnectionListener | None = None) -> Any:
        """Call `listener` with each socket that has joined (``connection``, or ``connect``); without `listener`, return a decorator."""
        return partial(self._register, name, once=False) if listener is None else self._register(name, listener, once=False)

    @overload
    def once(self, name: str, listener: None = None) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def once(self, name: str, listener: ConnectionListener) -> ConnectionListener: ...
    def once(self, name: str, listener: ConnectionListener | None = None) -> Any:
        """Call `listener` with the next socket only; without `listener`, return a decorator."""
        return partial(self._register, name, once=True) if listener is None else self._register(name, listener, once=True)

    def off(self, name: str | None = None, listener: ConnectionListener | None = None) -> None:
        """Forget one listener, or all of a name, or all."""
        self._listeners.remove(name, listener)

    def listeners(self, name: str) -> list[ConnectionListener]:
        """Return the listeners of a name."""
        return [registration.listener for registration in self._listeners.get(name)]

    def use(self, middleware: MiddlewareT) -> MiddlewareT:
        """Run `middleware` for each socket before it is connected, in the order of registration.

        `ConnectRefused` becomes CONNECT_ERROR; any other exception too, with a message that says nothing of it.
        The connection stays open either way.
        """
        self._middlewares = (*self._middlewares, middleware)
        return middleware

    def set_route(self, name: str, route: Route) -> None:
        """Have events of this name decoded and handled by `route`, before untyped listeners are asked.

        Raises:
            ReservedEventError: clients may not send this name.
            UsageError: the name has a route.
        """
        if name in RESERVED_EVENTS:
            raise ReservedEventError(name)
        if name in self.routes:
            raise UsageError(f"event {name!r} of namespace {self.name} has a route already")
        self.routes[name] = route

    def set_connect_hook(self, hook: ConnectHook) -> None:
        """Run `hook` for each socket after the middlewares and before CONNECT is answered; it may raise `ConnectRefused`."""
        self._connect_hook = hook

    def set_disconnect_hook(self, hook: DisconnectHook) -> None:
        """Run `hook` after a socket has left."""
        self._disconnect_hook = hook

    def on_invalid(self, hook: InvalidHook[Socket]) -> InvalidHook[Socket]:
        """Call `hook` with the socket, the event's name and the failure whenever an event fails."""
        self.failures.hook = hook
        return hook

    # What the server does with a namespace

    @property
    def admits_at_once(self) -> bool:
        """Whether nothing has to be asked before a socket is connected."""
        return not self._middlewares and self._connect_hook is None

    async def admit(self, socket: Socket, auth_text: str | None) -> str | None:
        """Ask middlewares and hook; return the payload of CONNECT_ERROR, or `None` for a welcome."""
        try:
            for middleware in self._middlewares:
                answer = middleware(socket)
                if answer is not None:
                    await answer
            if self._connect_hook is not None:
                await self._connect_hook(socket, auth_text)
            return ConnectRefused("Disconnected").payload() if socket.refused else None
        except ConnectRefused as refusal:
            return refusal.payload()
        except Exception:  # noqa: BLE001  # a hook of the application
            _log.exception("a middleware or the connect hook of namespace %s failed", self.name)
            return FAILED

    def add(self, socket: Socket) -> None:
        """Take a socket in: into the namespace, and the room of its own id."""
        self.sockets[socket.id] = socket
        self.adapter.add_all(socket.id, (socket.id,))

    def remove(self, socket: Socket) -> None:
        """Let a socket go, with all its rooms."""
        self.adapter.del_all(socket.id)
        self.sockets.pop(socket.id, None)

    def announce(self, socket: Socket) -> None:
        """Call the listeners of ``connect`` and ``connection``; those that are tasks begin before the socket's first event is handled."""
        for name in _EVENTS:
            call_lifecycle(self._listeners, name, (socket,), self.tasks)

    def run_disconnect_hook(self, socket: Socket, reason: str) -> None:
        """Run the disconnect hook, in a task."""
        if self._disconnect_hook is not None:
            self.tasks.start(_call(self._disconnect_hook, socket, reason))

    def next_ack_id(self) -> int:
        """Return an ack id that no socket of the namespace waits for."""
        return next(self._next_ack_id)

    def call_back(self, callback: Registration, arguments: Sequence[Any]) -> None:
        """Call a callback of the application."""
        call_guarded(callback, arguments, self.tasks, "a callback")

    @override
    def _everybody(self) -> BroadcastOperator:
        return BroadcastOperator(self)

    def _register(self, name: str, listener: ConnectionListener, *, once: bool) -> ConnectionListener:
        if name not in _EVENTS:
            raise UsageError(f"a namespace has the event 'connection', not {name!r}; a client's events are listened for on its socket")
        self._listeners.add(name, Registration(listener, once=once))
        return listener


async def _call(hook: DisconnectHook, socket: Socket, reason: str) -> None:
    await guard(hook(socket, reason), "the disconnect hook")
