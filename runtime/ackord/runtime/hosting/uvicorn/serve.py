"""Run an application on uvicorn with the settings that suit Socket.IO."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket as sockets
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from inspect import signature
from typing import Any, Final

import uvicorn
from ackord.runtime.asgi_types import Application
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.out_of_memory import end_without_memory
from ackord.runtime.hosting.uvicorn.first_bytes import FirstBytesFactory
from ackord.runtime.hosting.uvicorn.guarded_websocket import GuardedWebSocket
from ackord.runtime.hosting.uvicorn.http import Http
from ackord.runtime.hosting.uvicorn.waiting import waiting_of
from ackord.runtime.option_values import check_names, check_values
from typing_extensions import override

OBJECTS_BETWEEN_COLLECTIONS: Final = 5_000
"""New objects after which Python's garbage collector runs: those of about 50 connections. Python's
default is those of 7.
"""

_SETTINGS: Final = frozenset(signature(uvicorn.Config).parameters) - {"app"}
_OWN_SETTINGS: Final = (
    "host",
    "port",
    "graceful_timeout",
    "per_message_deflate",
    "direct",
    "application",
)
_RELOADING: Final = frozenset({"reload", "reload_dirs", "reload_includes", "reload_excludes"})

_logger = logging.getLogger("ackord.runtime.hosting")


class Host(uvicorn.Server):
    """A uvicorn that closes the sessions before it waits for running requests.

    uvicorn itself waits for running requests first and tells the application afterwards: parked
    polls would delay the exit until its timeout.
    """

    def __init__(self, config: uvicorn.Config, engine_app: AsgiApp) -> None:
        super().__init__(config)
        self._engine_app = engine_app
        self._is_mounted = config.app is not engine_app
        self._has_process = False
        waiting_of(self.server_state, engine_app.engine)

    @property
    def port(self) -> int | None:
        """The port that the server listens on, useful after asking for port 0; `None` for a Unix
        socket.

        Raises:
            UsageError: the server doesn't listen.
        """
        match self._name:
            case (_, int(port), *_):
                return port
            case _:
                return None

    @property
    def address(self) -> str:
        """Where the server listens: an ``http`` or ``https`` URL without a path, or ``unix:`` and
        the path of a Unix socket.

        Raises:
            UsageError: the server doesn't listen.
        """
        match self._name:
            case (host, port, *_):
                scheme = "https" if self.config.is_ssl else "http"
                return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
            case path:
                return f"unix:{path}"

    @property
    def _name(self) -> Any:
        listeners = self.servers[0].sockets if self.started else ()
        if not listeners:
            raise UsageError("the host isn't listening")
        return listeners[0].getsockname()

    @override
    def run(self, sockets: list[sockets.socket] | None = None) -> None:
        """Serve until stopped, in a process that does nothing else.

        So the garbage collector is tuned: objects that were made before are left out, and it runs
        after more objects.
        """
        self._has_process = True
        super().run(sockets)

    @override
    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        """Start the application, also one that gets no lifespan because it is mounted in another
        one, then begin to listen.
        """
        await self._engine_app.startup()
        try:
            await super().startup(sockets)
        except BaseException:  # uvicorn exits where it can't listen
            await self._stop_application()
            raise
        self._announce()
        if self._has_process:
            end_without_memory(asyncio.get_running_loop())
            gc.collect()
            gc.freeze()
            youngest, *older = gc.get_threshold()
            if 0 < youngest < OBJECTS_BETWEEN_COLLECTIONS:
                gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *older)

    @override
    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        """Stop: accept no new connections, close all sessions, answer running requests."""
        for server in self.servers:
            server.close()
        await self._stop_application()
        await super().shutdown(sockets)

    def _announce(self) -> None:
        """Say where the server listens: at INFO if that is logged, else on standard error if the
        process does nothing else.
        """
        path = self._engine_app.prefix.decode()
        mount = " below its mount" if self._is_mounted else ""
        line = f"Socket.IO listens on {self.address}, path {path}{mount}"
        if _logger.isEnabledFor(logging.INFO):
            _logger.info(line)
        elif self._has_process:
            sys.stderr.write(f"{line} (Ctrl-C stops it)\n")

    @override
    def _log_started_message(self, listeners: Sequence[sockets.SocketType]) -> None:
        """Do nothing: `_announce` writes this line, with the path of Socket.IO."""

    async def _stop_application(self) -> None:
        try:
            await self._engine_app.shutdown()
        except Exception:
            _logger.exception("The application raised while it was shut down")


def configure(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    graceful_timeout: float = 5,
    per_message_deflate: bool = False,
    direct: bool = True,
    application: Application | None = None,
    **settings: Any,
) -> Host:
    """Make a `Host`; `await host.serve()` runs it.

    Args:
        engine_app: The server's ASGI application, which is closed when the host stops.
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        graceful_timeout: Seconds for running requests when the host stops; parked polls and
            WebSockets are answered before.
        per_message_deflate: Whether WebSocket messages may be compressed; the limit of their size
            holds after inflation.
        direct: Whether the messages of WebSockets go past ASGI; middlewares then see only the
            handshake. Compressed messages always go through ASGI. Requests of long-polling go past
            ASGI too, unless the engine's application is mounted in another one.
        application: The application that uvicorn calls, if the engine's application is mounted in
            another one.
        settings: Passed to `uvicorn.Config`.

    Raises:
        UsageError: a setting doesn't exist, or can't work here.
    """
    own = {
        "host": host,
        "port": port,
        "graceful_timeout": graceful_timeout,
        "per_message_deflate": per_message_deflate,
        "direct": direct,
        "application": application,
    }
    check_values(own, configure)
    _check(settings)
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "http": FirstBytesFactory() if direct else partial(Http, is_direct=False),
        "ws": GuardedWebSocket,
        # Costs up to 100 KB a connection and a third of the CPU of small messages.
        "ws_per_message_deflate": per_message_deflate,
        "ws_max_size": engine_app.engine.options.max_payload,
        # Engine.IO has its own heartbeat.
        "ws_ping_interval": None,
        "timeout_graceful_shutdown": max(1, round(graceful_timeout)),
        # The engine's `trusted_proxies` names the proxies; uvicorn would trust every peer on this
        # machine.
        "proxy_headers": False,
        # The query string holds the session id, a secret of the client.
        "access_log": False,
        "log_level": "warning",
        # uvicorn would read it from the environment.
        "workers": 1,
        **settings,
    }
    return Host(uvicorn.Config(application or engine_app, **options), engine_app)


def _check(settings: Mapping[str, Any]) -> None:
    """Refuse settings that would be ignored here, or that uvicorn doesn't know."""
    check_names(settings, _SETTINGS.union(_OWN_SETTINGS), "the host")
    for name, value in settings.items():
        if name in _RELOADING and value:
            raise UsageError(
                f"{name!r} can't work here, as the application exists already: use `uvicorn "
                "--reload module:app`"
            )
    if settings.get("workers") not in (None, 1):
        raise UsageError(
            "several workers can't work here, as the application exists already, and each "
            "would have clients of its own: "
            "start several servers behind a load balancer with sticky sessions"
        )
    if settings.get("factory"):
        raise UsageError("'factory' can't work here: the application is given, not made")
    if settings.get("interface") not in (None, "auto", "asgi3"):
        raise UsageError("'interface' can't be changed: the application is ASGI 3")


def run(engine_app: AsgiApp, *, host: str = "127.0.0.1", port: int = 8000, **settings: Any) -> None:
    """Serve until interrupted."""
    with suppress(KeyboardInterrupt):
        configure(engine_app, host=host, port=port, **settings).run()
