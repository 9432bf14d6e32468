"""The first protocol of a connection on uvicorn: it decides between WebSocket and HTTP."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from ackord.runtime.hosting.uvicorn import bounds
from ackord.runtime.hosting.uvicorn.http import Http
from ackord.runtime.hosting.uvicorn.upgrade import ServerContext, Upgrade
from ackord.runtime.hosting.uvicorn.upgrade_request import read_upgrade_request
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.server import ServerState

_SOON: Final = 0.1
"""Seconds that waiting connections may be dropped late, so that one timer is enough for many."""


class FirstBytesFactory:
    """Makes a `FirstBytes` for each connection of a server; passed to uvicorn as its `http=`
    class.
    """

    def __init__(self, *, is_direct: bool = True) -> None:
        """Without `is_direct`, all requests and messages go through ASGI."""
        self.is_direct = is_direct
        self._first: type[FirstBytes] = FirstBytes
        self._context: ServerContext | None = None
        self._waiting: dict[FirstBytes, float] = {}  # and since when, the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> FirstBytes:
        """Make the protocol of a new connection."""
        context = self._context
        if (
            context is None
            or context.server_state is not server_state
            or context.app_state is not app_state
        ):
            context = self._context = ServerContext(
                config, server_state, app_state, _loop or asyncio.get_running_loop()
            )
            context.has_common_websockets &= self.is_direct
            self._waiting.clear()
            self._timer = None
        return self._first(self, context)

    def make_http(self, context: ServerContext) -> Http:
        """Make the protocol of a connection that doesn't begin with a WebSocket."""
        return Http(
            config=context.config,
            server_state=context.server_state,
            app_state=context.app_state,
            _loop=context.loop,
            is_direct=self.is_direct,
        )

    def await_head(self, connection: FirstBytes, context: ServerContext) -> None:
        """Drop a connection if no request comes within `HEAD_TIMEOUT`."""
        loop = context.loop
        context.waiting.add(connection.transport)
        self._waiting[connection] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(bounds.HEAD_TIMEOUT, self._look, loop)

    def forget(self, connection: FirstBytes) -> None:
        """Don't drop the connection any more."""
        self._waiting.pop(connection, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for connection, since in list(self._waiting.items()):
            left = since + bounds.HEAD_TIMEOUT - now
            if left > _SOON:
                self._timer = loop.call_later(left, self._look, loop)
                return
            del self._waiting[connection]
            connection.transport.abort()


class FirstBytes(asyncio.Protocol):
    """A connection until its first bytes have come.

    If they are the whole request of a common WebSocket, `Upgrade` takes the connection over; else
    `Http`.
    """

    __slots__ = ("_context", "_factory", "transport")

    transport: asyncio.Transport

    def __init__(self, factory: FirstBytesFactory, context: ServerContext) -> None:
        self._factory = factory
        self._context = context

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass
        self._context.registry.add(self)
        self._factory.await_head(self, self._context)

    @override
    def data_received(self, data: bytes) -> None:
        context = self._context
        self._leave()
        request = None
        if context.has_common_websockets:
            request = read_upgrade_request(
                data, is_compressing=context.config.ws_per_message_deflate
            )
        if request is not None:
            context.waiting.remove(self.transport)
            Upgrade(context, self.transport, *request).start()
            return
        http = self._factory.make_http(context)
        http.connection_made(self.transport)
        self.transport.set_protocol(http)
        http.data_received(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._context.waiting.remove(self.transport)

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self.transport.close()

    def _leave(self) -> None:
        self._context.registry.discard(self)
        self._factory.forget(self)
