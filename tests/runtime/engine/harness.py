"""An ASGI server without a network: drives an application with the messages of a client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ackord.runtime.asgi_types import Application, Message
from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.protocol.engineio.packet import Packet


@dataclass
class Recorder:
    """The upper layer of one session, which writes down what it is told."""

    socket: EngineSocket
    log: list[Packet] = field(default_factory=list[Packet])
    ends: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])
    echo: bool = False
    congested: bool = False
    relieved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def session(self) -> EngineSession:
        """What the engine itself knows of the session."""
        assert isinstance(self.socket, EngineSession)
        return self.socket

    def receive_text(self, packet: str) -> bool:
        if packet == "4raise":
            raise RuntimeError("a bug of the upper layer")
        if packet == "4close":
            self.socket.close()
        self.log.append(packet)
        if self.echo:
            self.socket.send(packet)
        return not self.congested

    def receive_binary(self, data: bytes) -> bool:
        self.log.append(data)
        if self.echo:
            self.socket.send_binary(data)
        return not self.congested

    def closed(self, reason: str, description: str | None = None) -> None:
        self.ends.append((reason, description))
        self.relieve()

    def relieve(self) -> None:
        self.congested = False
        self.relieved.set()

    async def ready(self) -> None:
        await self.relieved.wait()


class Site:
    """A server whose sessions are recorded."""

    def __init__(self, *, echo: bool = False, **options: Any) -> None:
        self.recorders: list[Recorder] = []
        self.engine = EngineServer(EngineOptions(**options), self._connect)
        self.engine.open()  # as the lifespan of a host does
        self.app = AsgiApp(self.engine)
        self._echo = echo

    def _connect(self, socket: EngineSocket) -> Recorder:
        recorder = Recorder(socket, echo=self._echo)
        self.recorders.append(recorder)
        return recorder

    @property
    def recorder(self) -> Recorder:
        """Of the only session."""
        [recorder] = self.recorders
        return recorder

    async def get(self, query: str = "", **arguments: Any) -> Response:
        return await Request(self.app, "GET", query, **arguments).response()

    async def post(self, query: str, *chunks: bytes, **arguments: Any) -> Response:
        return await Request(self.app, "POST", query, chunks, **arguments).response()

    def park(self, query: str) -> Request:
        """Send a GET that isn't waited for."""
        return Request(self.app, "GET", query)

    async def open_polling(self, parameters: str = "") -> str:
        """Open a session; return the query string of its requests."""
        response = await self.get("EIO=4&transport=polling" + parameters)
        assert response.status == 200
        sid: str = json.loads(response.text[1:])["sid"]
        return f"EIO=4&transport=polling&sid={sid}{parameters}"

    async def websocket(
        self, query: str = "EIO=4&transport=websocket", **arguments: Any
    ) -> WebSocket:
        websocket = WebSocket(self.app, query, **arguments)
        await websocket.opening()
        return websocket

    async def open_websocket(self, parameters: str = "") -> WebSocket:
        websocket = await self.websocket("EIO=4&transport=websocket" + parameters)
        packet = await websocket.receive()
        assert isinstance(packet, str)
        assert packet.startswith("0")
        return websocket

    async def probed(self) -> tuple[str, WebSocket]:
        query = await self.open_polling()
        websocket = await self.websocket(query.replace("=polling", "=websocket"))
        websocket.send("2probe")
        assert await websocket.receive() == "3probe"
        return query, websocket


@dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]
    body: bytes
    fields: list[tuple[bytes, bytes]]

    def lines(self, name: str) -> list[str]:
        return [value.decode() for key, value in self.fields if key == name.encode()]

    @property
    def text(self) -> str:
        return self.body.decode()


def scope_of(
    kind: str, query: str, headers: Mapping[str, str], path: str, **more: Any
) -> dict[str, Any]:
    return {
        "type": kind,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("192.0.2.1", 1234),
        **more,
    }


class Request:
    """One HTTP request; the response is complete, or there is none because the client went away."""

    def __init__(
        self,
        app: Application,
        method: str,
        query: str = "",
        chunks: Iterable[bytes] = (),
        headers: Mapping[str, str] | None = None,
        *,
        path: str = "/socket.io/",
        is_complete: bool = True,
        **scope: Any,
    ) -> None:
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: list[Message] = []
        pending = list(chunks) or [b""]
        for number, chunk in enumerate(pending, 1):
            self._incoming.put_nowait(
                {
                    "type": "http.request",
                    "body": chunk,
                    "more_body": number < len(pending) or not is_complete,
                }
            )
        whole = scope_of("http", query, headers or {}, path, method=method, **scope)
        self.task = asyncio.create_task(self._run(app, whole))

    async def _run(self, app: Application, scope: dict[str, Any]) -> None:
        await app(scope, self._incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        self._outgoing.append(message)

    def disconnect(self) -> None:
        self._incoming.put_nowait({"type": "http.disconnect"})

    async def response(self) -> Response:
        await self.task
        start, *bodies = self._outgoing
        headers: dict[str, str] = {}
        for name, value in start["headers"]:
            key = name.decode()
            headers[key] = f"{headers[key]}, {value.decode()}" if key in headers else value.decode()
        body = b"".join(message["body"] for message in bodies)
        assert int(headers["content-length"]) == len(body)
        return Response(start["status"], headers, body, start["headers"])

    async def unanswered(self) -> bool:
        """Whether the client went away: the answer that nobody reads is there for middlewares
        only.
        """
        await self.task
        return [message.get("status") for message in self._outgoing[:1]] == [499]


class DeniedError(Exception):
    """The WebSocket was refused before it was accepted."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


class WebSocket:
    """A client's end of a WebSocket; clearing `free` makes the server's `send` wait, as a full
    network would.
    """

    def __init__(
        self,
        app: Application,
        query: str,
        headers: Mapping[str, str] | None = None,
        *,
        path: str = "/socket.io/",
        can_respond: bool = True,
        **scope: Any,
    ) -> None:
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self.free = asyncio.Event()
        self.free.set()
        extensions: dict[str, dict[str, Any]] = (
            {"websocket.http.response": {}} if can_respond else {}
        )
        whole = scope_of("websocket", query, headers or {}, path, extensions=extensions, **scope)
        self.task = asyncio.create_task(self._run(app, whole))

    async def _run(self, app: Application, scope: dict[str, Any]) -> None:
        await app(scope, self._incoming.get, self._send)

    async def _send(self, message: Message) -> None:
        await self.free.wait()
        if message["type"] == "websocket.close":
            self._incoming.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
        self._outgoing.put_nowait(message)

    async def opening(self) -> None:
        message = await self._outgoing.get()
        if message["type"] == "websocket.http.response.start":
            body = await self._outgoing.get()
            raise DeniedError(message["status"], body["body"])
        if message["type"] == "websocket.close":
            raise DeniedError(403, b"")
        assert message["type"] == "websocket.accept"
        self._fields: list[tuple[bytes, bytes]] = list(message.get("headers", ()))
        self.headers = {name.decode(): value.decode("latin-1") for name, value in self._fields}

    def lines(self, name: str) -> list[str]:
        return [value.decode() for key, value in self._fields if key == name.encode()]

    def send(self, message: Packet) -> None:
        kind = "text" if isinstance(message, str) else "bytes"
        self._incoming.put_nowait({"type": "websocket.receive", kind: message})

    def disconnect(self, code: int = 1006) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": code})

    async def receive(self) -> Packet:
        message = await self._outgoing.get()
        assert message["type"] == "websocket.send", message
        packet: Packet = message["text"] if "text" in message else message["bytes"]
        return packet

    async def closed(self) -> int:
        """Wait for the close frame, with nothing before it, and the end of the connection; return
        its code.
        """
        message = await self._outgoing.get()
        assert message["type"] == "websocket.close", message
        await self.task
        code: int = message["code"]
        return code
