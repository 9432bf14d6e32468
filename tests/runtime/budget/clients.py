"""Clients over WebSocket, whose network is a call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeAlias

from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.websocket import WebSocketReceiver
from websockets.frames import Frame, Opcode

from tests.runtime.budget.network import MemoryTransport, MemoryWebSocket
from tests.runtime.budget.stage import Stage

Step: TypeAlias = Callable[[], object]

_TARGET: Final = "/socket.io/?EIO=4&transport=websocket"
_HEADERS: Final = {
    "host": "127.0.0.1:8000",
    "user-agent": "budget",
    "origin": "http://127.0.0.1:8000",
}


class Client(Protocol):
    """One connection, as scenarios use it."""

    def __init__(self, stage: Stage) -> None: ...

    def connect(self) -> object:
        """Open a session and join ``/``; it takes some turns of the loop."""
        ...

    def arrival(self, *messages: str | bytes) -> Step:
        """Return what lets messages arrive, in one read."""
        ...

    def lose(self) -> None:
        """Let the connection be lost."""
        ...

    def take(self) -> str:
        """Return the text that the server has written since the last time."""
        ...


class Direct:
    """A client at the engine's seam: messages, and nothing of a host."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._wire = MemoryWebSocket()
        self._receiver: WebSocketReceiver | None = None

    def connect(self) -> object:
        return self._stage.loop.create_task(self._connect())

    async def _connect(self) -> None:
        request = EngineRequest(
            url=_TARGET,
            query={"EIO": "4", "transport": "websocket"},
            headers=dict(_HEADERS),
            address="127.0.0.1",
            host=_HEADERS["host"],
        )
        self._receiver = await self._stage.server.engine.open_websocket(request, self._wire)
        assert self.take().startswith("0{")
        self._receiver.receive("40")

    def arrival(self, *messages: str | bytes) -> Step:
        assert self._receiver is not None
        receive = self._receiver.receive

        def arrive() -> None:
            for message in messages:
                receive(message)

        return arrive

    def lose(self) -> None:
        assert self._receiver is not None
        self._receiver.closed("close code 1001")

    def take(self) -> str:
        written, self._wire.written = self._wire.written, ""
        return written


class Framed:
    """A client the direct way: bytes of frames, from uvicorn's side of the transport to the same
    side.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._transport = MemoryTransport()

    def connect(self) -> object:
        return self._stage.loop.create_task(self._connect())

    async def _connect(self) -> None:
        stage, transport = self._stage, self._transport
        http: Any = stage.config.http_protocol_class
        transport.protocol = http(
            config=stage.config, server_state=stage.state, app_state={}, _loop=stage.loop
        )
        transport.protocol.connection_made(transport)
        transport.protocol.data_received(HANDSHAKE)
        await asyncio.sleep(0)  # the application runs in a task
        assert transport.written.startswith(b"HTTP/1.1 101 ")
        transport.written = b""
        transport.protocol.data_received(JOIN)

    def arrival(self, *messages: str | bytes) -> Step:
        transport = self._transport
        data = b"".join(map(frame, messages))

        def arrive() -> None:
            transport.protocol.data_received(data)

        return arrive

    def lose(self) -> None:
        self._transport.is_closed = True
        self._transport.protocol.connection_lost(None)

    def take(self) -> str:
        written, self._transport.written = self._transport.written, b""
        head = 2 if len(written) < 128 else 4
        assert not written or (
            written[0] == 0x81
            and len(written)
            == head + (written[1] if head == 2 else int.from_bytes(written[2:4], "big"))
        )
        return written[head:].decode()


def connect(stage: Stage, client: Client) -> str:
    """Connect a client; return the id of its socket in ``/``."""
    stage.run(client.connect)
    answer = client.take()
    assert answer.startswith("40{"), answer
    sid: str = json.loads(answer[2:])["sid"]
    return sid


def frame(message: str | bytes) -> bytes:
    """Build a client's frame."""
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    return Frame(opcode, message.encode() if isinstance(message, str) else message).serialize(
        mask=True
    )


HANDSHAKE: Final = "\r\n".join(
    [
        f"GET {_TARGET} HTTP/1.1",
        *(f"{name}: {value}" for name, value in _HEADERS.items()),
        "upgrade: websocket",
        "connection: Upgrade",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "",
        "",
    ]
).encode()
JOIN: Final = frame("40")
