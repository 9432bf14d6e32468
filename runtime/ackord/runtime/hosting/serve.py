"""Run an application on uvicorn with the settings that suit Socket.IO."""

from __future__ import annotations

import gc
import logging
import socket as sockets
from contextlib import suppress
from typing import Any, Final

import uvicorn
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.direct_polling import DirectHttp
from ackord.runtime.hosting.entrance import Doors
from ackord.runtime.hosting.guard import GuardedHttp, GuardedWebSocket
from ackord.runtime.transports.asgi import Application
from typing_extensions import override

OBJECTS_BETWEEN_COLLECTIONS: Final = 5_000
"""New objects after which Python looks for garbage: what about 50 connections are made of, where its default is 7."""

_logger = logging.getLogger("ackord.runtime.hosting")


class Host(uvicorn.Server):
    """uvicorn, with the sessions drained before it waits for connections.

    uvicorn waits for running requests first and tells the application afterwards: parked polls would hold the exit until its timeout.
    """

    def __init__(self, config: uvicorn.Config, engine_app: AsgiApp) -> None:
        super().__init__(config)
        self._engine_app = engine_app
        self._has_process = False

    @property
    def port(self) -> int:
        """The port that is listened on; useful after asking for port 0."""
        return int(self.servers[0].sockets[0].getsockname()[1])

    @override
    def run(self, sockets: list[sockets.socket] | None = None) -> None:
        """Serve until stopped, as what this process is for.

        The garbage collector is told so: it needn't look again and again at what was imported and made before, nor every few connections
        whether there is garbage.
        """
        self._has_process = True
        super().run(sockets)

    @override
    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self._has_process:
            gc.collect()
            gc.freeze()
            youngest, *older = gc.get_threshold()
            if 0 < youngest < OBJECTS_BETWEEN_COLLECTIONS:
                gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, *older)

    @override
    async def shutdown(self, sockets: list[sockets.socket] | None = None) -> None:
        """Stop: no new connections, all sessions closed, running requests answered."""
        for server in self.servers:
            server.close()
        try:
            await self._engine_app.shutdown()
        except Exception:
            _logger.exception("The application raised while it was shut down")
        await super().shutdown(sockets)


def configure(
    engine_app: AsgiApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    graceful_timeout: float = 5,
    per_message_deflate: bool = False,
    fast_lane: bool = True,
    application: Application | None = None,
    **settings: Any,
) -> Host:
    """Make a `Host` that isn't running yet; `await host.serve()` runs it.

    Args:
        engine_app: What is closed when the host stops.
        host: The address to listen on.
        port: The port to listen on; 0 for any that is free.
        graceful_timeout: Seconds for running requests when the host stops; parked polls and WebSockets are answered before.
        per_message_deflate: Whether WebSocket messages may be compressed; the limit of their size holds after inflation.
        fast_lane: Whether the messages of WebSockets go past ASGI, middlewares seeing the handshake only; those that are compressed never do.
            Long-polling does so too, unless the engine's application is mounted in another one.
        application: What uvicorn calls, if the engine's application is mounted in another one.
        settings: Go to `uvicorn.Config`.
    """
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "http": Doors(DirectHttp) if fast_lane else GuardedHttp,
        "ws": GuardedWebSocket,
        # Costs up to 100 KB a connection and a third of the CPU of small messages.
        "ws_per_message_deflate": per_message_deflate,
        "ws_max_size": engine_app.engine.options.max_payload,
        # Engine.IO has its own heartbeat.
        "ws_ping_interval": None,
        "timeout_graceful_shutdown": max(1, round(graceful_timeout)),
        # The engine's `trusted_proxies` says whom to believe; uvicorn would believe whoever comes from this machine.
        "proxy_headers": False,
        # The query string holds the session id, a secret of the client.
        "access_log": False,
        "log_level": "warning",
        **settings,
    }
    return Host(uvicorn.Config(application or engine_app, **options), engine_app)


def run(engine_app: AsgiApp, *, host: str = "127.0.0.1", port: int = 8000, **settings: Any) -> None:
    """Serve until interrupted."""
    with suppress(KeyboardInterrupt):
        configure(engine_app, host=host, port=port, **settings).run()
