"""A client whose WebSocket goes through ASGI, as on a server that hosts through ASGI."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from ackord.runtime.asgi_types import Message, Scope

from tests.runtime.budget.clients import Step
from tests.runtime.budget.stage import Stage

_HEADERS: Final = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"budget"),
    (b"origin", b"http://127.0.0.1:8000"),
]


class Asgi:
    """A client on ASGI's messages, from the server's side of `receive` and `send` to the same
    side.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._arrived: deque[Message] = deque([{"type": "websocket.connect"}])
        self._waiter: asyncio.Future[None] | None = None
        self._written = ""

    def connect(self) -> object:
        return self._stage.loop.create_task(self._connect())

    async def _connect(self) -> None:
        stage = self._stage
        scope: Scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50_000),
            "root_path": "",
            "path": "/socket.io/",
            "raw_path": b"/socket.io/",
            "query_string": b"EIO=4&transport=websocket",
            "headers": list(_HEADERS),
            "subprotocols": [],
            "state": {},
            "extensions": {},
        }
        stage.loop.create_task(stage.app(scope, self._receive, self._send))
        for _ in range(2):
            await asyncio.sleep(0)
        assert self.take().startswith("0{")
        self._arrive({"type": "websocket.receive", "text": "40"})

    def arrival(self, *messages: str | bytes) -> Step:
        def arrive() -> None:
            for message in messages:
                self._arrive(
                    {
                        "type": "websocket.receive",
                        "text" if isinstance(message, str) else "bytes": message,
                    }
                )

        return arrive

    def lose(self) -> None:
        self._arrive({"type": "websocket.disconnect", "code": 1001})

    def take(self) -> str:
        written, self._written = self._written, ""
        return written

    def _arrive(self, message: Message) -> None:
        self._arrived.append(message)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _receive(self) -> Message:
        if not self._arrived:
            self._waiter = self._stage.loop.create_future()
            await self._waiter
        return self._arrived.popleft()

    async def _send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self._written += message.get("text") or ""
