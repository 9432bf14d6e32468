"""The server as an ASGI application, for any ASGI server, alone or mounted in another
application.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.asgi_types import Application, Message, Receive, Scope, Send
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.websocket import CloseCode, WebSocketReceiver
from ackord.runtime.hosting.direct import DIRECT_UPGRADE, DirectUpgrade
from ackord.runtime.hosting.explorer.app import ExplorerApp
from ackord.runtime.hosting.host_settings import problems_of
from ackord.runtime.hosting.lifespan import OtherLifespan
from ackord.runtime.polling.asgi import LongPolling
from ackord.runtime.polling.body import JSON, respond
from ackord.runtime.polling.request import (
    MAX_HEADER_BYTES,
    MAX_QUERY_STRING,
    parse_query,
    recognize,
    size_of,
)
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.protocol.engineio.handshake import (
    FORBIDDEN,
    HEADERS_TOO_LARGE,
    QUERY_TOO_LARGE,
    Refusal,
)
from ackord.runtime.websocket.asgi import HOST, VIOLATION, AsgiWebSocket
from ackord.runtime.websocket.pump import Pump

Hook = Callable[[], Awaitable[None]]
"""Called when the server starts or stops."""

_NAMES: Final = {
    name.encode(): name
    for name in (
        "accept",
        "accept-encoding",
        "accept-language",
        "authorization",
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "host",
        "origin",
        "pragma",
        "referer",
        "sec-websocket-extensions",
        "sec-websocket-key",
        "sec-websocket-protocol",
        "sec-websocket-version",
        "upgrade",
        "user-agent",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    )
}
"""Names of common headers, so that sessions share one string for each."""

_logger = logging.getLogger("ackord.runtime.hosting")

_TURNS_OF_A_CLOSE: Final = 3
"""Turns of the event loop that closing a connection takes. If an application that has refused a
WebSocket with a response returns earlier, uvicorn takes the handshake for unanswered and logs an
error.
"""
_TLS_CLOSE_TIMEOUT: Final = 31.0
"""Seconds that closing a connection with TLS takes at most: its client must answer, and event loops
wait 30 seconds.
"""


class AsgiApp:
    """An ASGI application that serves one `EngineServer` below its path.

    Requests for other paths go to `other`, or are answered with 404 if there is none. Mounted below
    a prefix, or behind a proxy that strips one, the path is found as Starlette finds it.

    The lifespan of ASGI starts and stops the engine, then `other`, if that application has a
    lifespan; Django has none.
    """

    def __init__(
        self,
        engine: EngineServer,
        *,
        other: Application | None = None,
        on_startup: Hook | None = None,
        on_shutdown: Hook | None = None,
        on_join: Callable[[int, Channels], None] | None = None,
        has_adapter: bool = False,
        explorer: ExplorerApp | None = None,
    ) -> None:
        """`on_join` is called with the worker's number and the channels of all workers;
        `has_adapter` says that the server reaches the clients of other processes.
        """
        self._has_adapter = has_adapter
        self.explorer = explorer
        """Serves the explorer at its path, if that was asked for."""
        self.engine = engine
        self._other = other
        self._on_startup = on_startup
        self._on_shutdown = on_shutdown
        self._on_join = on_join
        self._is_shut_down = False
        self._started_in: asyncio.AbstractEventLoop | None = None
        self._has_warned = False
        self._prefix = engine.options.prefix
        self.prefix = self._prefix.encode()
        """The path without percent-encoding, as ASGI has it."""
        self.long_polling = LongPolling(engine)
        self._pump = Pump()
        self._proxies = TrustedProxies(engine.options.trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._lifespan(scope, receive, send)
        elif kind in ("http", "websocket") and self._is_ours(scope):
            if kind == "http" and scope["method"] in ("GET", "POST"):
                known = recognize(self.engine, scope.get("query_string", b""), scope["headers"])
                if known is not None:
                    await self.long_polling.serve_session(scope["method"], known, receive, send)
                    return
            refusal = _measure(scope)
            if refusal is not None:
                bare = request_of({**scope, "query_string": b"", "headers": []}, self._proxies)
                self.engine.report(bare, refusal)
                await _refuse(
                    scope,
                    receive,
                    send,
                    status=refusal.status,
                    body=refusal.body,
                    content_type=JSON,
                )
                return
            request = request_of(scope, self._proxies)
            self._warn_unless_started()
            if kind == "http":
                await self.long_polling.serve(request, receive, send)
            else:
                await self._websocket(request, receive, send)
        elif self.explorer is not None and kind == "http" and self._is_explorer(scope):
            await self.explorer(scope, receive, send)
        elif self._other is not None:
            await self._other(scope, receive, send)
        elif kind in ("http", "websocket"):
            await _refuse(
                scope,
                receive,
                send,
                status=404,
                body=b"Not Found",
                content_type=b"text/plain; charset=utf-8",
            )
        else:
            raise RuntimeError(f"unknown ASGI scope type {kind!r}")

    def _warn_unless_started(self) -> None:
        if not self._has_warned and not self.engine.was_opened:
            self._has_warned = True
            _logger.warning(
                "Nothing has started this server: hooks of on_startup don't run, and clients "
                "aren't told when the process ends. Mounted in another "
                'application, give that one lifespan=server.lifespan(); see "Start and stop" in '
                "docs/hosting.md. (It is logged once.)"
            )

    def join(self, number: int, channels: Channels) -> None:
        """Be one of several workers from the start on: its number, and the channels of all."""
        self.engine.become_worker(number)
        if self._on_join is not None:
            self._on_join(number, channels)

    async def startup(self) -> None:
        """Run the start-up hook and open the engine, also again after `shutdown`; a second call
        does nothing.
        """
        self.engine.server_loop.enter()
        if self._started_in is self.engine.server_loop.current:
            return
        self._started_in = self.engine.server_loop.current
        self._is_shut_down = False
        if self._on_startup is not None:
            try:
                await self._on_startup()
            except BaseException:
                self._started_in = None
                raise
        self.engine.open()

    async def shutdown(self) -> None:
        """Run the shutdown hook, then close all sessions; a second call does nothing."""
        if self._is_shut_down:
            return
        self._is_shut_down = True
        self._started_in = None
        try:
            if self._on_shutdown is not None:
                await self._on_shutdown()
        finally:
            await self.engine.close()

    def _is_ours(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path == self._prefix:
            return True
        inner = _without_root(path, scope.get("root_path", ""))
        return any(
            candidate.startswith(self._prefix) or candidate + "/" == self._prefix
            for candidate in (inner, path)
        )

    def _is_explorer(self, scope: Scope) -> bool:
        path: str = scope["path"]
        inner = _without_root(path, scope.get("root_path", ""))
        return self.explorer is not None and self.explorer.serves(inner, path)

    async def _websocket(self, request: EngineRequest, receive: Receive, send: Send) -> None:
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        extensions: Mapping[str, Any] = request.scope.get("extensions") or {}
        direct: DirectUpgrade | None = extensions.get(DIRECT_UPGRADE)
        subprotocol = _subprotocol_of(request.scope)
        try:
            if direct is None:
                violation, host = extensions.get(VIOLATION), extensions.get(HOST)
                websocket = AsgiWebSocket(
                    send, self._pump, subprotocol=subprotocol, violation=violation, host=host
                )
                receiver = await self.engine.open_websocket(request, websocket)
                await websocket.run(receive, receiver, self.engine.response_headers(request))
            else:
                receiver = await self.engine.open_websocket(request, direct.open())
                await _attach(
                    direct, receiver, send, subprotocol, self.engine.response_headers(request)
                )
        except HandshakeRefusedError as exc:
            if direct is not None:
                direct.decline()
            await _refuse_websocket(request.scope, receive, send, exc.refusal)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        startup = await receive()
        if startup["type"] != "lifespan.startup":
            await self._stop(send)
            return
        for problem in problems_of(receive, has_adapter=self._has_adapter):
            _logger.warning(problem)
        try:
            await self.startup()
        except Exception as exc:
            _logger.exception("The server can't start")
            await send({"type": "lifespan.startup.failed", "message": repr(exc)})
            return
        other = OtherLifespan(startup, receive, send, self.shutdown)
        if self._other is not None:
            try:
                await other.run(self._other, scope)
            except BaseException:
                await self.shutdown()  # nobody asks for it any more
                raise
        if other.has_failed:
            await self.shutdown()
            return
        if not other.is_started:
            await send({"type": "lifespan.startup.complete"})
        if not other.is_stopped:
            if not other.is_told_to_stop:
                await receive()
            await self._stop(send)

    async def _stop(self, send: Send) -> None:
        try:
            await self.shutdown()
        except Exception as exc:
            _logger.exception("The server can't stop as it should")
            await send({"type": "lifespan.shutdown.failed", "message": repr(exc)})
        else:
            await send({"type": "lifespan.shutdown.complete"})


def _without_root(path: str, root: str) -> str:
    """Return the path below the place where an application is mounted, as Starlette's routing finds
    it.

    `root` is the prefix that a proxy has stripped from the path, the prefix of the mount, or both.
    So the path begins with all of `root`, with its end (the mount), or with no part of it.
    """
    start = 0
    while start >= 0 and (rest := root[start:].rstrip("/")):
        if path == rest or path.startswith(f"{rest}/"):
            return path[len(rest) :]
        start = root.find("/", start + 1)
    return path


def _measure(scope: Scope) -> Refusal | None:
    """Refuse a request whose head is too large for a session to keep."""
    if len(scope.get("query_string", b"")) > MAX_QUERY_STRING:
        return QUERY_TOO_LARGE.because(name="REQUEST_TOO_LARGE")
    return (
        HEADERS_TOO_LARGE.because(name="REQUEST_TOO_LARGE")
        if size_of(scope["headers"]) > MAX_HEADER_BYTES
        else None
    )


def request_of(scope: Scope, proxies: TrustedProxies) -> EngineRequest:
    """Describe the request of an ASGI scope, as it was before it went through `proxies`."""
    headers: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        key = _NAMES.get(name) or name.decode("latin-1").lower()
        text = value.decode("latin-1")
        if key in headers:
            repeated.setdefault(key, [headers[key]]).append(text)
        else:
            headers[key] = text
    for key, values in repeated.items():
        headers[key] = ", ".join(values)
    query_string = scope.get("query_string", b"").decode("latin-1")
    raw_path: bytes | None = scope.get("raw_path")
    path = quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1")
    client = scope.get("client")
    connected = str(client[0]) if client else ""
    address, secure = proxies.peer(
        connected, headers, secure=scope.get("scheme") in ("https", "wss")
    )
    return EngineRequest(
        url=f"{path}?{query_string}" if query_string else path,
        query=parse_query(query_string),
        headers=headers,
        address=address,
        client=proxies.identify(connected, address, headers),
        method=scope.get("method", "GET"),
        host=proxies.host(connected, headers),
        secure=secure,
        scope=scope,
    )


def _subprotocol_of(scope: Mapping[str, Any]) -> str | None:
    """Return the first subprotocol that the client offers: a WebSocket client fails if none of its
    own is chosen.
    """
    offered: list[str] = scope.get("subprotocols") or []
    return offered[0] if offered else None


async def _refuse(
    scope: Scope, receive: Receive, send: Send, *, status: int, body: bytes, content_type: bytes
) -> None:
    """Answer a request that the engine doesn't serve."""
    if scope["type"] == "http":
        await respond(send, status, (), body, content_type)
    else:
        await receive()  # "websocket.connect"
        await _deny(scope, receive, send, status=status, body=body, content_type=content_type)


async def _attach(
    direct: DirectUpgrade,
    receiver: WebSocketReceiver,
    send: Send,
    subprotocol: str | None,
    headers: list[tuple[bytes, bytes]],
) -> None:
    """Accept a WebSocket whose messages don't go through ASGI."""
    accept: Message = {"type": "websocket.accept", "headers": headers}
    if subprotocol is not None:
        accept["subprotocol"] = subprotocol
    is_attached = False
    try:
        await send(accept)
        is_attached = direct.attach(receiver)
    finally:
        if not is_attached:  # the connection is gone, or a middleware has refused the WebSocket
            receiver.closed()


async def _refuse_websocket(
    scope: Mapping[str, Any], receive: Receive, send: Send, refusal: Refusal
) -> None:
    if refusal.after_accept:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": CloseCode.NORMAL})
        return
    # As the reference implementation does: 400 also where long-polling would say 403.
    status = 400 if refusal.status == FORBIDDEN.status else refusal.status
    await _deny(scope, receive, send, status=status, body=refusal.body, content_type=JSON)


async def _deny(
    scope: Mapping[str, Any],
    receive: Receive,
    send: Send,
    *,
    status: int,
    body: bytes,
    content_type: bytes,
) -> None:
    """Refuse a WebSocket before it is accepted: with a response if the ASGI server supports that,
    else with the server's own 403.
    """
    extensions = scope.get("extensions") or ()
    if "websocket.http.response" not in extensions:
        await send({"type": "websocket.close", "code": CloseCode.POLICY_VIOLATION})
        return
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})
    for _ in range(_TURNS_OF_A_CLOSE):
        await asyncio.sleep(0)
    if scope.get("scheme") == "wss" and HOST not in extensions:
        with suppress(TimeoutError):
            async with asyncio.timeout(_TLS_CLOSE_TIMEOUT):
                # uvicorn sends ``websocket.disconnect`` twice: when it has written the response,
                # with this code, and when the connection is closed. Other servers send it once.
                if (await receive()).get("code") == CloseCode.ABNORMAL:
                    await receive()
