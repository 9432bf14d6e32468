"""The fast lane on uvicorn: WebSockets whose handshake is ASGI's, and whose frames go straight between the transport and the engine.

As with frames, the common handshake is done here, and everything else is left to uvicorn and the `websockets` library.
"""

from __future__ import annotations

import asyncio
import binascii
import logging
from collections.abc import Iterable
from typing import Any, Final, cast
from urllib.parse import unquote

from ackord.runtime.hosting.guard import GuardedHttp, GuardedWebSocket
from ackord.runtime.hosting.lane import FAST_LANE
from ackord.runtime.transports.asgi import Application, Message, Receive, Scope, Send
from ackord.runtime.transports.base import WebSocketReceiver
from ackord.runtime.transports.direct_websocket import DirectWebSocket
from typing_extensions import override
from uvicorn.protocols.utils import ClientDisconnected
from websockets.utils import accept_key

MAX_EARLY: Final = 65_536
"""Bytes after a handshake that are read before it is answered; real clients send none."""

MAX_HEADERS: Final = 100
"""Headers of a common handshake; the library has its own limit."""

_INTERNAL_ERROR: Final = 1011

_logger = logging.getLogger("uvicorn.error")


class FastHttp(GuardedHttp):
    """uvicorn's HTTP/1.1, guarded, with WebSockets on the fast lane where the application takes it."""

    @override
    def handle_websocket_upgrade(self) -> None:
        key = self._common_key()
        if key is None:
            super().handle_websocket_upgrade()
            return
        self._overhead = 0
        self.connections.discard(self)
        Handshake(self, key).start()
        # It holds this object, and this object it.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does itself when a connection is lost

    def _common_key(self) -> bytes | None:
        """Return the key of a handshake that needs nothing but the answer to it, else `None`."""
        config = self.config
        if (
            self.ws_protocol_class is not GuardedWebSocket
            or config.ws_ping_interval is not None
            or self.scope["method"] != "GET"
            or self.scope["http_version"] != "1.1"
            or not self.url.startswith(b"/")
            or not self.url.isascii()
            or len(self.headers) > MAX_HEADERS
        ):
            return None
        return _key(self.headers, is_compressing=config.ws_per_message_deflate)


class Handshake(asyncio.Protocol):
    """One handshake as an ASGI application sees it, and the `Lane` that it may take.

    If it doesn't take the lane, one of uvicorn's protocols is put in place, and gets what came so far.
    """

    __slots__ = (
        "_application",
        "_early",
        "_head",
        "_http",
        "_is_gone",
        "_is_told",
        "_key",
        "_loop",
        "_outcome",
        "_plain",
        "_registry",
        "_websocket",
        "transport",
    )

    def __init__(self, http: GuardedHttp, key: bytes) -> None:
        self._http = http
        # uvicorn wants of them `shutdown` only.
        self._registry = cast("set[asyncio.Protocol]", http.connections)
        self._application = cast("Application", cast("Any", http.config).loaded_app)  # uvicorn types each kind of message
        self._key = key
        self._loop = http.loop
        self.transport = http.transport
        self._early = bytearray()
        self._is_gone = False
        self._is_told = False  # whether the application has got "websocket.connect"
        self._head: bytes | None = None
        self._websocket: DirectWebSocket | None = None
        self._plain: GuardedWebSocket | None = None
        self._outcome: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Call the application."""
        http = self._http
        self._registry.add(self)
        self.transport.set_protocol(self)
        task = self._loop.create_task(self._run())
        http.tasks.add(task)
        task.add_done_callback(http.tasks.discard)

    # The lane

    def open(self) -> DirectWebSocket:
        """Return the WebSocket, which keeps what is written until it is accepted."""
        self._websocket = DirectWebSocket(self.transport, self._registry, self._http.config.ws_max_size)
        return self._websocket

    def decline(self) -> None:
        """Have everything go through ASGI after all."""
        self._websocket = None

    def attach(self, receiver: WebSocketReceiver) -> bool:
        """Begin, if "websocket.accept" has come through."""
        if self._head is None or self._websocket is None or self._is_gone:
            return False
        self._registry.discard(self)
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
        self._registry.discard(self)

    def shutdown(self) -> None:
        """Refuse because the server stops; called by uvicorn."""
        self._fall_back().shutdown()

    # ASGI

    async def _run(self) -> None:
        error: BaseException | None = None
        try:
            await self._application(self._scope(), self._receive, self._send)
        except BaseException as exc:  # noqa: BLE001 - as uvicorn does, or leaves to it
            error = exc
        websocket = self._websocket
        if websocket is not None and websocket.is_accepted:
            if error is not None:
                _logger.error("Exception in ASGI application\n", exc_info=error)
                websocket.close(_INTERNAL_ERROR)
        elif self._plain is None and self._is_gone:
            if error is not None and not isinstance(error, ClientDisconnected):
                _logger.error("Exception in ASGI application\n", exc_info=error)
        else:
            self._fall_back()
            self._end(error)

    async def _receive(self) -> Message:
        if not self._is_told:
            self._is_told = True
            return {"type": "websocket.connect"}
        if self._head is not None or self._is_gone:
            return {"type": "websocket.disconnect", "code": 1006}
        return cast("Message", await self._fall_back().receive())

    async def _send(self, message: Message) -> None:
        if self._plain is None and self._is_gone:
            raise ClientDisconnected
        kind = message["type"]
        if self._websocket is None:
            await self._fall_back().send(cast("Any", message))
        elif self._head is None:
            if kind == "websocket.accept":
                self._head = _response(self._key, message, self._http.server_state.default_headers)
            else:  # a middleware has refused what the application accepts
                self.decline()
                await self._fall_back().send(cast("Any", message))
        elif kind == "websocket.send":
            self._websocket.send(message["bytes"] if message.get("text") is None else message["text"])
        elif kind == "websocket.close":
            self._websocket.close(message.get("code") or 1000)
        else:
            raise RuntimeError(f"Unexpected ASGI message {kind!r} after 'websocket.accept'.")

    def _scope(self) -> Scope:
        http = self._http
        raw_path, _, query_string = http.url.partition(b"?")
        root = http.root_path
        return {
            "type": "websocket",
            "asgi": {"version": http.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if http.scheme == "https" else "ws",
            "server": http.server,
            "client": http.client,
            "root_path": root,
            "path": root + unquote(raw_path.decode("ascii")),
            "raw_path": root.encode("ascii") + raw_path,
            "query_string": query_string,
            "headers": http.headers,
            "subprotocols": _subprotocols(http.headers),
            "state": http.app_state.copy(),
            "extensions": {"websocket.http.response": {}, FAST_LANE: self},
        }

    # Without the lane

    def _fall_back(self) -> GuardedWebSocket:
        """Return uvicorn's protocol, put in the place of this one if it isn't yet."""
        if self._plain is not None:
            return self._plain
        http = self._http
        plain = self._plain = GuardedWebSocket(config=http.config, server_state=http.server_state, app_state=http.app_state)
        outcome = self._outcome = self._loop.create_future()

        async def application(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - it runs already
            await outcome

        plain.app = cast("Any", application)
        plain.connection_made(self.transport)
        head = [b"GET ", http.url, b" HTTP/1.1\r\n"]
        for name, value in http.headers:
            head += (name, b": ", value, b"\r\n")
        plain.data_received(b"".join((*head, b"\r\n")))
        if self._is_told:
            plain.queue.get_nowait()
        self._registry.discard(self)
        self.transport.set_protocol(plain)
        early = self._take_early()
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
                outcome.exception()  # whoever waits for it may be gone

    def _take_early(self) -> bytes:
        early = bytes(self._early)
        if len(early) > MAX_EARLY:
            self.transport.resume_reading()
        self._early.clear()
        return early


def _key(headers: Iterable[tuple[bytes, bytes]], *, is_compressing: bool) -> bytes | None:
    """Return the key of the handshake, or `None` if anything about these headers isn't as with common clients."""
    key: bytes | None = None
    has_version = has_upgrade = False
    for name, value in headers:
        if name == b"sec-websocket-key":
            if key is not None:
                return None
            key = value
        elif name == b"sec-websocket-version":
            if has_version or value != b"13":
                return None
            has_version = True
        elif name == b"upgrade":
            if has_upgrade:
                return None
            has_upgrade = True
        elif name in {b"content-length", b"transfer-encoding"} or (is_compressing and name == b"sec-websocket-extensions"):
            return None
    return key if has_version and key is not None and _is_nonce(key) else None


def _is_nonce(key: bytes) -> bool:
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == 16
    except binascii.Error:
        return False


def _subprotocols(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    return [token.strip() for name, value in headers if name == b"sec-websocket-protocol" for token in value.decode("latin-1").split(",")]


def _response(key: bytes, accept: Message, default_headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Build the answer to a handshake that is accepted."""
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"upgrade: websocket",
        b"connection: Upgrade",
        b"sec-websocket-accept: " + accept_key(key.decode("ascii")).encode("ascii"),
    ]
    headers: list[tuple[bytes, bytes]] = [*default_headers, *accept.get("headers", ())]
    subprotocol: str | None = accept.get("subprotocol")
    if subprotocol:
        headers.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
    for name, value in headers:
        line = name + b": " + value
        if b"\r" in line or b"\n" in line or b"\0" in line:
            raise RuntimeError(f"the header {name!r} of 'websocket.accept' holds a line break")
        lines.append(line)
    return b"\r\n".join((*lines, b"", b""))
