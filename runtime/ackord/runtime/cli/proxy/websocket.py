"""Passes one WebSocket on, in both directions.

Each direction waits for its receiver before it takes the next message, so that little is held here
for one that is slow.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ackord.runtime.asgi_types import Receive, Scope, Send
from ackord.runtime.cli.proxy.upstream import CONNECT_TIMEOUT, MAX_MESSAGE, Upstream
from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

_WITHOUT_CODE: Final = frozenset({1005, 1006, 1015})
"""Codes that no side can send: they say how a connection ended without one."""
_GOING_AWAY: Final = 1001
_BAD_GATEWAY: Final = 1014
_MESSAGES: Final = 16
"""Messages of the server that wait here."""


class _Connect(connect):
    """Opens a WebSocket, and follows no redirect: the headers that the user has given are for this
    server only.
    """

    @override
    def process_redirect(self, exc: Exception) -> Exception:
        return exc


async def pass_websocket(upstream: Upstream, scope: Scope, receive: Receive, send: Send) -> None:
    """Connect to the server, accept the browser's WebSocket, and pass messages until either of them
    ends it. Where the server refuses the WebSocket, so does the proxy.
    """
    await receive()  # "websocket.connect"
    headers = upstream.request_headers(scope["headers"])
    try:
        server = await _Connect(
            upstream.address(scope["query_string"], websocket=True),
            additional_headers=headers,
            user_agent_header=None,
            compression=None,
            max_size=MAX_MESSAGE,
            max_queue=_MESSAGES,
            ping_interval=None,  # Engine.IO has its own heartbeat
            open_timeout=CONNECT_TIMEOUT,
            proxy=None,
        )
    except (OSError, InvalidHandshake, TimeoutError):
        await send({"type": "websocket.close", "code": _BAD_GATEWAY})
        return
    async with server:
        await send({"type": "websocket.accept"})
        await _pass_until_either_ends(server, receive, send)


async def _pass_until_either_ends(server: ClientConnection, receive: Receive, send: Send) -> None:
    to_server = asyncio.create_task(_pass_to_server(server, receive))
    to_browser = asyncio.create_task(_pass_to_browser(server, send))
    both = {to_server, to_browser}
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if to_server.done() and to_server.exception() is not None:
            await to_browser  # the server has closed: the browser is told its code
    finally:
        for each in both:
            each.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _pass_to_server(server: ClientConnection, receive: Receive) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        text = message.get("text")
        await server.send(message["bytes"] if text is None else text)
    await server.close(_code(message.get("code")))


async def _pass_to_browser(server: ClientConnection, send: Send) -> None:
    try:
        while True:
            message = await server.recv()
            kind = "text" if isinstance(message, str) else "bytes"
            await send({"type": "websocket.send", kind: message})
    except ConnectionClosed:
        code = server.close_code
        await send({"type": "websocket.close", "code": _code(code)})


def _code(code: int | None) -> int:
    return _GOING_AWAY if code is None or code in _WITHOUT_CODE else code
