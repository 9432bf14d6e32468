"""The handshake of one WebSocket on uvicorn, as an ASGI application sees it.

The application gets a scope and messages as from uvicorn itself, so that middlewares work, and a
`DirectUpgrade` among the extensions of the scope. If the application uses that, a `DirectWebSocket`
takes the connection over. Otherwise uvicorn's own protocol takes the connection over, with all
bytes that the client has sent: if the application ignores the extension or declines, and if a
middleware refuses a handshake that the application accepts.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, cast
from urllib.parse import unquote

from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send
from ackord.runtime.engine.websocket import CloseCode, WebSocketReceiver
from ackord.runtime.hosting.direct import DIRECT_UPGRADE, DirectUpgrade
from ackord.runtime.hosting.uvicorn.guarded_websocket import GuardedWebSocket
from ackord.runtime.hosting.uvicorn.upgrade_request import (
    UpgradeRequest,
    subprotocols_of,
    write_response,
)
from ackord.runtime.hosting.uvicorn.waiting import waiting_of
from ackord.runtime.hosting.uvicorn.websocket import DirectWebSocket
from ackord.runtime.tasks import start_later
from ackord.runtime.websocket.turns import turns_of
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

MAX_EARLY: Final = 65_536
"""Bytes after a handshake that are read before the handshake is answered."""

_logger = logging.getLogger("uvicorn.error")


class ServerContext:
    """The arguments that uvicorn passes to each protocol of a server."""

    __slots__ = (
        "app_state",
        "config",
        "has_common_websockets",
        "loop",
        "registry",
        "server_state",
        "turns",
        "waiting",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.config = config
        self.server_state = server_state
        self.app_state = app_state
        self.loop = loop
        self.turns = turns_of(loop)
        self.waiting = waiting_of(server_state)
        self.registry = cast("set[asyncio.Protocol]", server_state.connections)
        """The connections of the server; uvicorn only calls their `shutdown`, although its types
        ask for more.
        """
        self.has_common_websockets = (
            config.ws_protocol_class is GuardedWebSocket and config.ws_ping_interval is None
        )
        """Whether no setting needs uvicorn's own WebSockets."""


class Upgrade(asyncio.Protocol, DirectUpgrade):
    """The protocol of a connection from the request for a WebSocket to the answer."""

    __slots__ = (
        "_context",
        "_early",
        "_head",
        "_is_gone",
        "_is_told",
        "_outcome",
        "_plain",
        "_request",
        "_websocket",
        "transport",
    )

    def __init__(
        self,
        context: ServerContext,
        transport: asyncio.Transport,
        request: UpgradeRequest,
        early: bytes,
    ) -> None:
        """Take a request, and the bytes that the client has sent after it."""
        self._context = context
        self._request = request
        self.transport = transport
        self._early = early
        self._is_gone = False
        self._is_told = False  # whether the application has got "websocket.connect"
        self._head: bytes | None = None
        self._websocket: DirectWebSocket | None = None
        self._plain: GuardedWebSocket | None = None
        self._outcome: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Call the application."""
        context = self._context
        context.registry.add(self)
        self.transport.set_protocol(self)
        if len(self._early) > MAX_EARLY:
            self.transport.pause_reading()
        task = start_later(context.loop, self._run())
        tasks = context.server_state.tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    # The application's side

    @override
    def open(self) -> DirectWebSocket:
        websocket = DirectWebSocket(
            self.transport,
            self._context.registry,
            self._context.turns,
            self._context.config.ws_max_size,
        )
        if self._plain is None:
            self._websocket = websocket
        return websocket

    @override
    def decline(self) -> None:
        self._websocket = None

    @override
    def attach(self, receiver: WebSocketReceiver) -> bool:
        if self._head is None or self._websocket is None or self._is_gone:
            return False
        self._context.registry.discard(self)
        self._websocket.accept(self._head, receiver, self._take_early())
        return True

    # The transport's side

    @override
    def data_received(self, data: bytes) -> None:
        self._early += data
        if len(self._early) > MAX_EARLY:
            self.transport.pause_reading()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_gone = True
        self._context.registry.discard(self)

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops: refuse."""
        plain = self._fall_back()
        if plain is not None:
            plain.shutdown()

    # ASGI

    async def _run(self) -> None:
        # uvicorn types each kind of message.
        application = cast("Application", cast("Any", self._context.config).loaded_app)
        error: BaseException | None = None
        try:
            await application(self._scope(), self._receive, self._send)
        except BaseException as exc:  # noqa: BLE001 - as uvicorn does, or leaves to it
            error = exc
        websocket = self._websocket
        if websocket is not None and websocket.is_accepted:
            if error is not None:
                _logger.error("Exception in ASGI application\n", exc_info=error)
                websocket.close(CloseCode.INTERNAL_ERROR)
        elif self._is_gone:
            self._end(None)
            if error is not None and not isinstance(error, ClientDisconnected):
                _logger.error("Exception in ASGI application\n", exc_info=error)
        else:
            self._end(None if self._fall_back() is None else error)

    async def _receive(self) -> Message:
        if not self._is_told:
            self._is_told = True
            return {"type": "websocket.connect"}
        if self._head is not None or self._is_gone:
            return {"type": "websocket.disconnect", "code": CloseCode.ABNORMAL}
        plain = self._fall_back()
        return (
            {"type": "websocket.disconnect", "code": CloseCode.ABNORMAL}
            if plain is None
            else cast("Message", await plain.receive())
        )

    async def _send(self, message: Message) -> None:
        if self._is_gone:
            raise ClientDisconnected
        kind = message["type"]
        if self._websocket is None:
            await self._send_by_uvicorn(message)
        elif self._head is None:
            if kind == "websocket.accept":
                self._head = write_response(
                    self._request.key, message, self._context.server_state.default_headers
                )
            else:  # a middleware has refused the handshake that the application accepts
                self.decline()
                await self._send_by_uvicorn(message)
        elif kind == "websocket.send":
            self._websocket.send(
                message["bytes"] if message.get("text") is None else message["text"]
            )
        elif kind == "websocket.close":
            self._websocket.close(message.get("code") or CloseCode.NORMAL)
        else:
            raise RuntimeError(f"Unexpected ASGI message {kind!r} after 'websocket.accept'.")

    def _scope(self) -> Scope:
        target, headers, _ = self._request
        raw_path, _, query_string = target.partition(b"?")
        path = raw_path.decode("ascii")
        config = self._context.config
        root = config.root_path
        transport = self.transport
        return {
            "type": "websocket",
            "asgi": {"version": config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(transport) else "ws",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "root_path": root,
            "path": root + (unquote(path) if "%" in path else path),
            "raw_path": root.encode("ascii") + raw_path,
            "query_string": query_string,
            "headers": headers,
            "subprotocols": subprotocols_of(headers),
            "state": self._context.app_state.copy(),
            "extensions": {"websocket.http.response": {}, DIRECT_UPGRADE: self},
        }

    # uvicorn's WebSocket

    async def _send_by_uvicorn(self, message: Message) -> None:
        plain = self._fall_back()
        if plain is None:
            raise ClientDisconnected
        await plain.send(cast("Any", message))

    def _fall_back(self) -> GuardedWebSocket | None:
        """Return uvicorn's protocol, which takes the place of this one at the first call; `None` if
        that protocol has refused the request.
        """
        if self._plain is not None:
            return None if self._is_gone else self._plain
        context = self._context
        self._websocket = None  # from now on the transport belongs to uvicorn's protocol
        plain = self._plain = GuardedWebSocket(
            config=context.config, server_state=context.server_state, app_state=context.app_state
        )
        outcome = self._outcome = context.loop.create_future()

        async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - it runs already
            await outcome

        plain.app = cast("Any", application)
        plain.connection_made(self.transport)
        plain.receive_request("GET", self._request.target, self._request.headers)
        self._is_gone = plain.queue.empty()
        if not self._is_gone:
            plain.queue.get_nowait()  # "websocket.connect", which comes from here
        self._context.registry.discard(self)
        self.transport.set_protocol(plain)
        early = self._take_early()
        if self._is_gone:
            return None
        if early:
            plain.data_received(early)
        return plain

    def _end(self, error: BaseException | None) -> None:
        """Tell uvicorn's protocol how the application ended."""
        outcome = self._outcome
        if outcome is not None and not outcome.done():
            if error is None:
                outcome.set_result(None)
            else:
                outcome.set_exception(error)
                outcome.exception()  # wake the tasks that wait for it

    def _take_early(self) -> bytes:
        early = self._early
        if len(early) > MAX_EARLY:
            self.transport.resume_reading()
        self._early = b""
        return early
