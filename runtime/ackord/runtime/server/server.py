"""The Socket.IO server."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from functools import partial
from typing import Final, Protocol, Unpack, overload

from ackord.runtime.adapters.cluster.bus import ChannelBus
from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.asgi_types import Application
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.options import EngineKeywords, EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.explorer.app import ExplorerApp, Place
from ackord.runtime.hosting.explorer.options import Explorer, explorer_options
from ackord.runtime.hosting.uvicorn.keywords import UvicornKeywords
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.option_values import check_names, check_values
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.protocol.socketio.recovery_memory import RecoveryMemory
from ackord.runtime.server.connection import Connection, Connections
from ackord.runtime.server.documents import Documents
from ackord.runtime.server.environment import (
    AdapterFactory,
    Checking,
    Environment,
    ErrorHooks,
    ErrorHookT,
    Membership,
)
from ackord.runtime.server.lifetime import DRAIN_TIMEOUT, LifeHookT, Lifespan, Lifetime
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.matching import Matcher, Predicate
from ackord.runtime.server.namespace import Namespace, namespace_of
from ackord.runtime.server.namespaces import Namespaces
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.recovery import RecoverySettings
from ackord.runtime.server.registrations import Registering, Registrations
from ackord.runtime.server.socket import Socket
from ackord.runtime.server.transcoding import Transcoder
from ackord.runtime.sockets.failures import InvalidPolicy
from ackord.runtime.tasks import TaskSet

FLUSH_TIMEOUT: Final = 0.5
"""Seconds in which clients that are slow, or between two polls, may fetch their last packets before
the server stops.
"""


class Attachable(Protocol):
    """A typed namespace, as generated code makes them."""

    def attach_to(self, server: Server, /) -> None:
        """Set routes and hooks of the namespace, or namespaces, that it stands for."""
        ...


RECOVERY_OF_ONE_WORKER: Final = (
    "Connection state recovery works within a worker: a client that comes back to another worker "
    "begins anew. With redis_streams_adapter it works on all workers"
)


class Server(Registering[Socket]):
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

    A server has the methods of a namespace, for the namespace ``/``: `on`, `use`, `emit`, `to` …
    """

    __slots__ = (
        "_audience",
        "_connections",
        "_namespaces",
        "_registrations",
        "engine",
        "environment",
        "main",
    )

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        parser: Parser = TEXT_PARSER,
        error_replies: bool = True,
        invalid_events: InvalidPolicy = "drop",
        adapter: AdapterFactory = MemoryAdapter,
        cleanup_empty_child_namespaces: bool = True,
        connection_state_recovery: ConnectionStateRecovery | None = None,
        cancel_on_disconnect: bool = False,
        **engine: Unpack[EngineKeywords],
    ) -> None:
        """Take the options of the namespaces; `engine` are those of the transports, as
        `EngineOptions` describes them.

        Args:
            limits: Bounds of what one client can make the server hold.
            parser: How packets are written; all clients have to use the same one
                (`ackord.runtime.protocol.socketio.msgpack.MsgpackParser`).
            error_replies: Whether an event that fails is answered by an error ack; if not, it isn't
                answered, as in plain Socket.IO.
            invalid_events: What happens if an event without an ack id fails: nothing, or the socket
                is disconnected.
            adapter: Makes the adapter of each namespace, which keeps its rooms.
            cleanup_empty_child_namespaces: Whether a dynamic namespace is removed with its last
                socket.
            connection_state_recovery: How long, and how much, is kept for clients that lose their
                connection; `None`: nothing.
            cancel_on_disconnect: Whether running handlers of a socket are cancelled when it
                disconnects.

        Raises:
            UsageError: an option doesn't exist, or its value can't work.
        """
        own = {
            "limits": limits,
            "parser": parser,
            "error_replies": error_replies,
            "invalid_events": invalid_events,
            "adapter": adapter,
            "cleanup_empty_child_namespaces": cleanup_empty_child_namespaces,
            "connection_state_recovery": connection_state_recovery,
            "cancel_on_disconnect": cancel_on_disconnect,
        }
        check_names(engine, {*EngineKeywords.__annotations__, *own}, "a server")
        check_values(own, Server.__init__)
        limits = Limits() if limits is None else limits
        log = LimitedLog(logging.getLogger("ackord.runtime.server"))
        tasks = TaskSet(log)
        self.engine = EngineServer(EngineOptions(**engine), self._connect, self._discard)
        self.environment = Environment(
            membership=Membership(adapter),
            checking=Checking(),
            limits=limits,
            complexity=limits.complexity,
            parser=parser,
            transcoder=Transcoder(parser),
            loop=self.engine.server_loop,
            tasks=tasks,
            log=log,
            lifetime=Lifetime(self.engine, self._start_adapters, self.drain, log),
            errors=ErrorHooks(tasks),
            documents=Documents(),
            error_replies=error_replies,
            invalid_events=invalid_events,
            cancel_on_disconnect=cancel_on_disconnect,
            recovery=self._recovery_settings(connection_state_recovery),
        )
        """What the server hands down to its parts."""
        self._registrations: Registrations[Socket] = Registrations(is_main=True)
        self._namespaces = Namespaces(
            self.environment, self._registrations, cleanup=cleanup_empty_child_namespaces
        )
        self._connections = Connections(self.environment, self._namespaces)
        self.main: Namespace[Socket] = self._namespaces.main
        """The namespace ``/``."""
        # All that a server inherits is about the namespace "/".
        self._audience = self.main._core

    @overload
    def of(self, name: str) -> Namespace[Socket]: ...
    @overload
    def of(self, name: re.Pattern[str] | Predicate) -> ParentNamespace[Socket]: ...
    def of(self, name: Matcher) -> Namespace[Socket]:
        """Return the namespace of this name, made at first; a missing leading slash is added.

        A template (``"/tenant/{tenant}"``), a pattern that the whole name must match, or a
        predicate gives a `ParentNamespace`, of which clients make one namespace for each name that
        they ask for; those that were given first are asked first. The predicate takes the name and,
        if it wants it, the payload of CONNECT, and may be `async`.

        Raises:
            UsageError: no client could ask for this name, or a template is malformed.
        """
        return self._namespaces.of(name)

    def find(self, name: str) -> Namespace[Socket] | None:
        """Return the namespace of this name, unless it has yet to be made."""
        found = self._namespaces.find(name)
        return None if found is None else namespace_of(found)

    @property
    def connections(self) -> frozenset[Connection]:
        """All connections, with or without a namespace."""
        return frozenset(self._connections)

    def register(self, typed_namespace: Attachable) -> None:
        """Serve a typed namespace.

        Raises:
            UsageError: it isn't an instance of one.
        """
        if isinstance(typed_namespace, type) or not hasattr(typed_namespace, "attach_to"):
            name = getattr(typed_namespace, "__name__", None)
            hint = f", such as {name}(), not the class" if name else f", not {typed_namespace!r}"
            raise UsageError(f"register takes an instance of a typed namespace{hint}")
        typed_namespace.attach_to(self)

    def on_error(self, hook: ErrorHookT) -> ErrorHookT:
        """Call `hook` for each unexpected exception of the application, after it was logged; for
        services such as Sentry.

        It takes the socket, or `None` if there is no single one, the event's name and the
        exception. The event is an incoming one, an outgoing one (the callback of its
        acknowledgement raised), or one of ``connect``, ``connection``, ``disconnecting``,
        ``disconnect`` and ``new_namespace``. `FailureReply` and `RefusalReply` are answers, not
        errors.
        """
        return self.environment.errors.add(hook)

    # The server's start and stop

    def on_startup(self, hook: LifeHookT) -> LifeHookT:
        """Run `hook` when the server starts, before it accepts a connection: a plain function or a
        coroutine function without arguments.

        Hooks run in the order of registration, once for each start by `run`, the lifespan of
        `asgi`, or `lifespan`. An exception stops the start.

        Raises:
            UsageError: the server has started already.
        """
        return self.environment.lifetime.on_startup(hook)

    def on_shutdown(self, hook: LifeHookT) -> LifeHookT:
        """Run `hook` when the server has stopped, after the last connection has ended: a plain
        function or a coroutine function without arguments.

        The hook that was registered last runs first. Exceptions are logged.
        """
        return self.environment.lifetime.on_shutdown(hook)

    def lifespan(self, *, drain_timeout: float = DRAIN_TIMEOUT) -> Lifespan:
        """Return an asynchronous context manager that starts the server, and drains it at the end;
        for an application in which `asgi` is mounted.

        ::

            app = FastAPI(lifespan=server.lifespan())
            app.mount("/live", server.asgi())

        In a lifespan of your own: ``async with server.lifespan(): yield``.
        Handlers that still run have `drain_timeout` seconds.
        """
        check_values({"drain_timeout": drain_timeout}, Server.lifespan)
        return Lifespan(self.environment.lifetime, drain_timeout)

    def asgi(
        self,
        other: Application | None = None,
        *,
        explorer: bool | str | Explorer = False,
        drain_timeout: float = DRAIN_TIMEOUT,
    ) -> AsgiApp:
        """Return the ASGI application; requests for other paths go to `other`, or are answered with
        404.

        The ASGI server starts and stops the server through it (the lifespan of ASGI), with
        `drain_timeout` seconds for handlers that still run. Mounted in another application it gets
        no lifespan: see `lifespan`.

        With `explorer`, a page at ``/explorer``, or at the path that is given, shows the contracts
        of the typed namespaces to everyone, and lets them be tried; see `Explorer`.

        Raises:
            UsageError: the value of an option can't work.
        """
        own = {"other": other, "explorer": explorer, "drain_timeout": drain_timeout}
        check_values(own, Server.asgi)
        start, stop = (
            partial(self.environment.lifetime.start, drain_timeout),
            partial(self.environment.lifetime.stop, drain_timeout),
        )
        return AsgiApp(
            self.engine,
            other=other,
            on_startup=start,
            on_shutdown=stop,
            on_join=self._join_workers,
            has_adapter=self._has_adapter,
            explorer=self._explorer(explorer_options(explorer)),
        )

    def explorer_app(
        self, *, read_only: bool = False, socketio_path: str | None = None
    ) -> ExplorerApp:
        """Return the explorer as an ASGI application of its own, to be mounted behind the
        authentication of another application.

        `socketio_path` is where browsers find Socket.IO, if the server is mounted below a prefix:
        ``/live/socket.io/``. For `read_only` see `Explorer`.
        """
        own = {"read_only": read_only, "socketio_path": socketio_path}
        check_values(own, Server.explorer_app)
        place = Place(page=None, socketio=socketio_path or self.engine.options.prefix)
        return ExplorerApp(self.environment.documents.read, place, read_only=read_only)

    def _explorer(self, options: Explorer | None) -> ExplorerApp | None:
        if options is None:
            return None
        prefix = self.engine.options.prefix
        page = options.path.rstrip("/")
        if f"{page}/".startswith(prefix):
            raise UsageError(f"the explorer can't be at {page!r}: Socket.IO is at {prefix!r}")
        place = Place(page=page, socketio=prefix)
        return ExplorerApp(self.environment.documents.read, place, read_only=options.read_only)

    def run(
        self,
        host: str = "127.0.0.1",
        port: int = 8000,
        *,
        workers: int | None = None,
        application: Application | None = None,
        explorer: bool | str | Explorer = False,
        direct: bool = True,
        per_message_deflate: bool = False,
        graceful_timeout: float = 5,
        drain_timeout: float = DRAIN_TIMEOUT,
        **uvicorn: Unpack[UvicornKeywords],
    ) -> None:
        """Serve on uvicorn until interrupted.

        Args:
            host: The address to listen on.
            port: The port to listen on; 0 for any free port.
            workers: How many processes serve. Each has connections of its own, and broadcasts reach
                the clients of all: without the option `adapter` by way of a broker in the parent of
                the workers.
            application: The application to serve, if `asgi` is mounted in it, such as one of
                FastAPI. The server is started and stopped whether that has a lifespan or not.
            explorer: Whether, or where, the explorer is served; see `asgi`.
            direct: Whether messages go past ASGI; see `ackord.runtime.hosting.configure`.
            per_message_deflate: Whether WebSocket messages may be compressed.
            graceful_timeout: Seconds for running requests when the server stops.
            drain_timeout: Seconds for handlers that still run when the server stops.
            uvicorn: Passed to `uvicorn.Config`, such as `log_level` and `ssl_certfile`.

        Raises:
            UsageError: a setting doesn't exist, or can't work here.
        """
        try:
            from ackord.runtime.hosting.uvicorn.running import run  # noqa: PLC0415  # uvicorn is an optional extra
        except ModuleNotFoundError as error:
            raise UsageError(
                f"Server.run needs the package {error.name}; install it with: pip install "
                "'ackord[server]'"
            ) from error

        run(
            self.asgi(explorer=explorer, drain_timeout=drain_timeout),
            host=host,
            port=port,
            workers=workers,
            application=application,
            direct=direct,
            per_message_deflate=per_message_deflate,
            graceful_timeout=graceful_timeout,
            **uvicorn,
        )

    async def drain(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  # one bound for several waits
        """Stop gracefully: accept no new connections, let running handlers finish, and close each
        connection after its last handler.

        The sockets' reason is ``server shutting down``; clients see ``transport close`` and connect
        again, through a load balancer elsewhere. After `timeout` seconds handlers are cancelled.
        """
        self.engine.server_loop.check()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        self.engine.stop_accepting()
        busy = {connection for connection in self.connections if not connection.close_if_idle()}
        if busy:
            done = asyncio.Event()
            for connection in busy:
                connection.backlog.on_idle = partial(_drained, connection, busy, done)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    await done.wait()
        await self.engine.drain(min(FLUSH_TIMEOUT, max(0.0, deadline - loop.time())))
        await self.close(max(FLUSH_TIMEOUT, deadline - loop.time()))

    async def close(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109  # bounds one wait of several
        """End all connections with the reason ``server shutting down`` and wait for handlers, which
        are cancelled after `timeout` seconds.
        """
        self.engine.server_loop.check()
        await self.engine.close()
        await self.environment.tasks.finish(timeout)
        await self._namespaces.close()
        self.environment.log.close()

    def _recovery_settings(
        self, options: ConnectionStateRecovery | None
    ) -> RecoverySettings | None:
        if options is None:
            return None
        engine = self.engine.options
        return RecoverySettings(
            options=options,
            memory=RecoveryMemory(max_bytes=options.max_bytes, max_sessions=options.max_sessions),
            budget=lambda: self.engine.memory,
            grace=engine.ping_interval + engine.ping_timeout,
            max_buffered=engine.max_buffered,
        )

    @property
    def _has_adapter(self) -> bool:
        return self.environment.membership.make_adapter is not MemoryAdapter

    def _join_workers(self, number: int, channels: Channels) -> None:
        """Be one of several workers, in a process that may be a fork of their parent."""
        make = None if self._has_adapter else ChannelBus(channels).make_adapter
        self.environment.membership.renew(make)
        for namespace in self._namespaces:
            namespace.rejoin()
        recovery = self.main._core.recovery
        if number == 0 and recovery is not None and not recovery.is_shared:
            self.environment.log.write_warning("workers", None, RECOVERY_OF_ONE_WORKER)

    async def _start_adapters(self) -> None:
        await self._namespaces.start()

    def _connect(self, engine: EngineSocket) -> Connection:
        if not self._namespaces.is_started:
            self._namespaces.start_soon()
        return self._connections.connect(engine)

    def _discard(self) -> None:
        """Forget everything of an event loop that has ended; see `EngineServer`."""
        self._connections.discard()
        self.environment.tasks.discard()
        self._namespaces.discard()
        self.environment.lifetime.discard()


def _drained(connection: Connection, busy: set[Connection], done: asyncio.Event) -> None:
    connection.close_if_idle()
    busy.discard(connection)
    if not busy:
        done.set()
