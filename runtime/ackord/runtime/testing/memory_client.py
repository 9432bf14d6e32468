"""A client's transports in memory: what `ackord.runtime.client.Connector` opens in tests."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from ackord.runtime.asgi_types import Application, Message
from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    HttpClient,
    HttpResponse,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.tasks import start_later
from ackord.runtime.testing.memory import MemoryWebSocket
from typing_extensions import override


class MemoryClientWebSocket(ClientWebSocket):
    """One end of a `MemoryWebSocket` as a transport: a task receives and another one sends."""

    response_headers: Sequence[tuple[str, str]] = ()

    def __init__(self, end: MemoryWebSocket, receiver: TransportReceiver) -> None:
        """Begin to receive."""
        self._end = end
        self._receiver = receiver
        self._outbox: deque[Packet] = deque()
        self._size = 0
        self._is_over = False
        self._may_read = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._loop = asyncio.get_running_loop()
        self._reader = start_later(self._loop, self._read())
        self._writer: asyncio.Task[None] | None = None

    @property
    @override
    def buffered(self) -> int:
        return self._size

    @property
    @override
    def writable(self) -> bool:
        return not self._outbox

    @override
    def send(self, packet: Packet) -> None:
        if self._is_over:
            return
        self._outbox.append(packet)
        self._size += len(packet)
        self._drained.clear()
        if self._writer is None:
            self._writer = start_later(self._loop, self._write())

    @override
    async def drain(self) -> None:
        await self._drained.wait()

    @override
    def resume(self) -> None:
        self._may_read.set()

    @override
    def adopt(self, receiver: TransportReceiver) -> None:
        self._receiver = receiver

    @override
    def close(self, *, abort: bool = False) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._drained.set()
        self._end.close_both(1000)
        for task in (self._reader, self._writer):
            if task is not None:
                task.cancel()

    @override
    async def wait_closed(self) -> None:
        tasks = [task for task in (self._reader, self._writer) if task is not None]
        await asyncio.wait(tasks)

    async def _read(self) -> None:
        try:
            while True:
                message = await self._end.receive()
                self._may_read.clear()
                if not self._receiver.receive(message):
                    await self._may_read.wait()
        except TransportLostError as error:
            self._outbox.clear()
            self._drained.set()
            if not self._is_over:
                self._receiver.closed(error)

    async def _write(self) -> None:
        try:
            while self._outbox:
                await self._end.send(self._outbox[0])
                self._size -= len(self._outbox.popleft())
        except TransportLostError:
            self._outbox.clear()  # the reader tells of the end, after what came before it
            self._size = 0
        finally:
            self._writer = None
            self._drained.set()


class MemoryHttp(HttpClient):
    """Does requests to an ASGI application, without a network.

    A request that is cancelled looks to the application like a client that has gone.
    """

    def __init__(self, application: Application, *, address: str = "127.0.0.1") -> None:
        """Take the application, and the address that clients seem to come from."""
        self._application = application
        self._address = address

    @override
    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_body: int,
    ) -> HttpResponse:
        exchange = _Exchange(body or b"")
        task = start_later(
            asyncio.get_running_loop(),
            self._serve(self._scope(method, url, headers, body), exchange),
        )
        try:
            await asyncio.wait([task])
        finally:
            exchange.gone.set()
            await asyncio.gather(task, return_exceptions=True)
        task.result()
        if len(exchange.body) > max_body:
            raise TransportLostError("transport error", f"more than {max_body:,} bytes")
        return HttpResponse(exchange.status, exchange.headers, bytes(exchange.body))

    async def _serve(self, scope: dict[str, Any], exchange: _Exchange) -> None:
        await self._application(scope, exchange.receive, exchange.send)

    def _scope(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> dict[str, Any]:
        parts = urlsplit(url)
        sent = {"host": parts.netloc.rpartition("@")[2], **headers}
        if body is not None:
            sent["content-length"] = str(len(body))
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": unquote(parts.path),
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1"))
                for name, value in sent.items()
            ],
            "client": (self._address, 1),
            "server": (parts.hostname or "", parts.port or 80),
        }

    @override
    async def close(self) -> None:
        pass


class _Exchange:
    """One request and its response, as ASGI has them."""

    def __init__(self, body: bytes) -> None:
        self._unread: bytes | None = body
        self.gone = asyncio.Event()
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()

    async def receive(self) -> Message:
        if self._unread is None:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        body, self._unread = self._unread, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message.get("headers", ())
            ]
        else:
            self.body += message.get("body", b"")


class ScriptedHttp(HttpClient):
    """Does requests that `answer` answers."""

    def __init__(
        self,
        answer: Callable[[str, str, Mapping[str, str], bytes | None], Awaitable[HttpResponse]],
    ) -> None:
        """Take what is called with method, URL, headers and body of each request."""
        self._answer = answer

    @override
    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        max_body: int,
    ) -> HttpResponse:
        return await self._answer(method, url, headers, body)

    @override
    async def close(self) -> None:
        pass
