"""The uvicorn that serves one application."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket as sockets
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import uvicorn
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.out_of_memory import end_without_memory
from ackord.runtime.hosting.uvicorn.announcement import announce
from ackord.runtime.hosting.uvicorn.waiting import waiting_of
from typing_extensions import override

OBJECTS_BETWEEN_COLLECTIONS: Final = 5_000
"""New objects after which Python's garbage collector runs: those of about 50 connections. Python's
default is those of 7.
"""

_logger = logging.getLogger("ackord.runtime.hosting")

_FORCED_WITHIN: Final = 0.1
"""Seconds within which a second Ctrl-C is noticed."""


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
        line = f"{self._line}, with 1 worker"
        if _logger.isEnabledFor(logging.INFO):
            _logger.info(line)
        elif self._has_process:
            sys.stderr.write(f"{line} (Ctrl-C stops it)\n")

    @property
    def _line(self) -> str:
        app = self._engine_app
        explorer = None if app.explorer is None else app.explorer.path
        also = [] if explorer is None else [f"explorer at {self.address}{explorer}"]
        return announce(self.address, app.engine.options, below_mount=self._is_mounted, also=also)

    @override
    def _log_started_message(self, listeners: Sequence[sockets.SocketType]) -> None:
        """Do nothing: `_announce` writes this line, with the path of Socket.IO."""

    async def _stop_application(self) -> None:
        stopping = asyncio.create_task(self._engine_app.shutdown())
        try:
            while not stopping.done() and not self.force_exit:  # which a second Ctrl-C sets
                await asyncio.wait([stopping], timeout=_FORCED_WITHIN)
        finally:
            stopping.cancel()
        try:
            with suppress(asyncio.CancelledError):
                await stopping
        except Exception:
            _logger.exception("The application raised while it was shut down")
