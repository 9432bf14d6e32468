"""A client of packets, for the Socket.IO conformance tests: it adds nothing to what a test says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from tests.attempts import hold_once
from tests.conformance.http_client import WEBSOCKET, HttpClient


class Client(HttpClient):
    """A client whose WebSockets expect packets."""

    async def open_websocket(self) -> WebSocket:
        """Open a session and take its open packet."""
        websocket = WebSocket(await self.http.ws_connect(self.url(WEBSOCKET)))
        assert (await websocket.text()).startswith("0")
        return websocket

    async def join(self, namespace: str = "/", payload: str = "") -> WebSocket:
        """Open a session and join a namespace; its `auth` event is taken."""
        websocket = await self.open_websocket()
        prefix = "" if namespace == "/" else f"{namespace},"
        await websocket.send(f"40{prefix}{payload}")
        assert set(json.loads((await websocket.text()).removeprefix(f"40{prefix}"))) == {"sid"}
        assert await websocket.text() == f'42{prefix}["auth",{payload or "{}"}]'
        return websocket


class WebSocket:
    """A WebSocket that expects packets."""

    def __init__(self, inner: aiohttp.ClientWebSocketResponse) -> None:
        self.inner = inner

    async def send(self, *messages: str | bytes) -> None:
        for message in messages:
            if isinstance(message, str):
                await self.inner.send_str(message)
            else:
                await self.inner.send_bytes(message)

    async def text(self) -> str:
        return await self.inner.receive_str(timeout=15)

    async def binary(self) -> bytes:
        return await self.inner.receive_bytes(timeout=15)

    async def expect_close(self, within: float) -> None:
        """Wait for the close frame; nothing but it may come."""
        started = time.monotonic()
        message = await self.inner.receive(timeout=15)
        assert message.type in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSING,
        }, message
        assert time.monotonic() - started < within

    async def close(self) -> None:
        await self.inner.close()


def play_in_time(address: str, scenario: Callable[[Client], Awaitable[Any]]) -> None:
    """Run a scenario that says how soon something happens: a busy machine may need several
    attempts.
    """
    hold_once(lambda _: play(address, scenario), range(3))


def play(address: str, scenario: Callable[[Client], Awaitable[Any]]) -> None:
    """Run a scenario against a server, in a bounded time."""

    async def main() -> None:
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            await scenario(Client(http, address, "/socket.io/"))

    asyncio.run(main())
