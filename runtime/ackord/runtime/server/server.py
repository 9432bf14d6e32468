"""The Socket.IO server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, overload

from ackord.runtime.errors import UsageError
from ackord.runtime.events.failures import InvalidPolicy
from ackord.runtime.events.tasks import TaskSet
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.server.broadcast import Broadcasting, BroadcastOperator
from ackord.runtime.server.connection import Connection
from ackord.runtime.server.engine import EngineServer
from ackord.runtime.server.engine_options import AllowRequest, EngineOptions
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.link import EngineSocket
from ackord.runtime.server.namespace import ConnectionListener, ConnectionListenerT, MiddlewareT, Namespace
from ackord.runtime.transports.asgi import Application
from typing_extensions import override


class Attachable(Protocol):
    """A typed namespace, as generated code makes them."""

    @property
    def path(self) -> str:
        """The namespace's name."""
        ...

    def attach(self, namespace: Namespace) -> None:
        """Set routes and hooks of `namespace`."""
        ...


class Server(Broadcasting):
    """A Socket.IO server: namespaces over an Engine.IO server.

    ::

        server = Server()

        @server.on("connection")
        def connected(socket: Socket) -> None:
            @socket.on("hello")
            async def hello(name: str) -> str:
                return f"hello {name}"

        app = server.asgi()         # for any ASGI server
        server.run(port=8000)       # or on uvicorn, at once

    What a server can do for everybody in the namespace ``/`` it has as methods of its own: `on`, `use`, `emit`, `to` …
    """

    __slots__ = ("_connections", "_namespaces", "engine", "error_replies", "invalid_events", "limits", "tasks")

    def __init__(
        self,
        *,
        path: str = "/socket.io/",
        transports: tuple[str, ...] = ("polling", "websocket"),
        allow_upgrades: bool = True,
        ping_interval: float = 25.0,
        ping_timeout: float = 20.0,
        upgrade_timeout: float = 10.0,
        max_payload: int = 1_000_000,
        max_buffered: int = 4_000_000,
        cors_origins: Literal["*"] | tuple[str, ...] | None = None,
        cors_credentials: bool = False,
        allow_request: AllowRequest | None = None,
        limits: Limits | None = None,
        error_replies: bool = True,
        invalid_events: InvalidPolicy = "drop",
    ) -> None:
        """Take the options of `EngineOptions` and of the namespaces.

        Args:
            path: Prefix of the paths that are served.
            transports: Transports that are served.
            allow_upgrades: Whether a polling session may be upgraded to WebSocket.
            ping_interval: Seconds from a PONG to the next PING.
            ping_timeout: Seconds from a PING to the end of a session whose client doesn't answer.
            upgrade_timeout: Seconds for a WebSocket to complete the upgrade of a polling session.
            max_payload: Bytes of the largest message and request body that a client may send.
            max_buffered: Outgoing bytes that may wait for a connection before it is closed as too slow.
            cors_origins: Origins that may read responses; a tuple also limits which other sites may open WebSockets.
            cors_credentials: Whether cross-origin requests may carry cookies.
            allow_request: Asked before each handshake; `None` allows it, a text refuses it.
            limits: Bounds of what one client can make the server hold.
            error_replies: Whether an event that fails is answered by an error ack; without, by silence, as plain Socket.IO does.
            invalid_events: What happens to a socket whose event failed without an ack to say so.
        """
        self.limits = limits if limits is not None else Limits()
        self.error_replies = error_replies
        self.invalid_events: InvalidPolicy = invalid_events
        self.tasks = TaskSet()
        options = EngineOptions(
            path=path,
            transports=transports,
            allow_upgrades=allow_upgrades,
            ping_interval=ping_interval,
            ping_timeout=ping_timeout,
            upgrade_timeout=upgrade_timeout,
            max_payload=max_payload,
            max_buffered=max_buffered,
            cors_origins=cors_origins,
            cors_credentials=cors_credentials,
            allow_request=allow_request,
        )
        self._connections: set[Connection] = set()
        self._namespaces: dict[str, Namespace] = {}
        self.engine = EngineServer(options, self.connect)
        self.of("/")

    def of(self, name: str) -> Namespace:
        """Return the namespace of this name, made at first; a missing leading slash is added."""
        if not name.startswith("/"):
            name = f"/{name}"
        if "," in name or len(name) > self.limits.namespace_name:
            raise UsageError(f"{name[:100]!r} can't name a namespace: it holds a comma, or is too long")
        namespace = self._namespaces.get(name)
        if namespace is None:
            namespace = self._namespaces[name] = Namespace(self, name)
        return namespace

    @property
    def main(self) -> Namespace:
        """The namespace ``/``."""
        return self._namespaces["/"]

    @property
    def connections(self) -> frozenset[Connection]:
        """The connections, whatever namespaces they have joined."""
        return frozenset(self._connections)

    def register(self, typed_namespace: Attachable) -> None:
        """Serve a typed namespace."""
        typed_namespace.attach(self.of(typed_namespace.path))

    @overload
    def on(self, name: str, listener: None = None) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def on(self, name: str, listener: ConnectionListener) -> ConnectionListener: ...
    def on(self, name: str, listener: ConnectionListener | None = None) -> Any:
        """Call `listener` with each socket that joins the namespace ``/`` (``connection``); without `listener`, return a decorator."""
        return self.main.on(name) if listener is None else self.main.on(name, listener)

    @overload
    def once(self, name: str, listener: None = None) -> Callable[[ConnectionListenerT], ConnectionListenerT]: ...
    @overload
    def once(self, name: str, listener: ConnectionListener) -> ConnectionListener: ...
    def once(self, name: str, listener: ConnectionListener | None = None) -> Any:
        """Call `listener` with the next socket that joins the namespace ``/`` only; without `listener`, return a decorator."""
        return self.main.once(name) if listener is None else self.main.once(name, listener)

    def off(self, name: str | None = None, listener: ConnectionListener | None = None) -> None:
        """Forget one listener, or all of a name, or all."""
        self.main.off(name, listener)

    def use(self, middleware: MiddlewareT) -> MiddlewareT:
        """Run `middleware` for each socket before it joins the namespace ``/``."""
        return self.main.use(middleware)

    def asgi(self, other: Application | None = None) -> AsgiApp:
        """Return the ASGI application; what isn't below the server's path goes to `other`, or is answered with 404."""
        return AsgiApp(self.engine, other=other, on_shutdown=self.close)

    def run(self, host: str = "127.0.0.1", port: int = 8000, **settings: Any) -> None:
        """Serve on uvicorn until interrupted; `settings` are uvicorn's."""
        try:
            from ackord.runtime.hosting.serve import run  # noqa: PLC0415  # uvicorn is an optional extra
        except ModuleNotFoundError as error:
            raise UsageError(f"Server.run needs the package {error.name}; install it with: pip install 'ackord[server]'") from error

        run(self.asgi(), host=host, port=port, **settings)

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  # bounds one wait of several
        """End all connections with the reason ``server shutting down`` and wait for handlers, which are cancelled after `timeout` seconds."""
        await self.engine.close()
        await self.tasks.finish(timeout)
        for namespace in self._namespaces.values():
            await namespace.adapter.close()

    # What connections ask

    def connect(self, engine: EngineSocket) -> Connection:
        """Make the Socket.IO end of a session (the `connect` of `EngineServer`)."""
        connection = Connection(self, engine)
        self._connections.add(connection)
        return connection

    def find(self, name: str) -> Namespace | None:
        """Return the namespace that a client may join under this name."""
        return self._namespaces.get(name)

    def forget(self, connection: Connection) -> None:
        """Let a connection go that is over."""
        self._connections.discard(connection)

    @override
    def _everybody(self) -> BroadcastOperator:
        return BroadcastOperator(self.main)
