"""Clients over long-polling, with a GET parked at the server, as real ones have it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, Protocol

from ackord.runtime.asgi_types import Message, Scope

from tests.runtime.budget.clients import Step
from tests.runtime.budget.network import MemoryTransport
from tests.runtime.budget.stage import Stage

_QUERY: Final = b"EIO=4&transport=polling"
_HOST: Final = b"127.0.0.1:8000"
_TEXT: Final = b"text/plain;charset=UTF-8"


class PollingClient(Protocol):
    """One session over long-polling."""

    def __init__(self, stage: Stage) -> None: ...

    async def connect(self) -> None:
        """Open a session, join ``/`` and leave a GET at the server."""
        ...

    def exchange(self, packet: str) -> Step:
        """Return what sends a packet, waits until the parked GET is answered, and parks the next
        one.
        """
        ...

    def take(self) -> str:
        """Return what the GETs have brought last, and forget it."""
        ...


class AsgiPolling:
    """Requests as an ASGI server makes them, a task for each."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._query = _QUERY
        self._parked: asyncio.Task[bytes] | None = None
        self._last = b""

    async def connect(self) -> None:
        opened = json.loads((await self._request("GET"))[1:])
        self._query += b"&sid=" + opened["sid"].encode()
        self._park()
        assert await self._request("POST", b"40") == b"ok"
        assert self._parked is not None
        assert (await self._parked).startswith(b"40{")
        self._park()

    def exchange(self, packet: str) -> Step:
        body = packet.encode()

        async def exchange() -> None:
            assert self._parked is not None
            assert await self._request("POST", body) == b"ok"
            self._last = await self._parked
            self._park()

        return lambda: self._stage.loop.create_task(exchange())

    def take(self) -> str:
        last, self._last = self._last, b""
        return last.decode()

    def _park(self) -> None:
        self._parked = self._stage.loop.create_task(self._request("GET"))

    async def _request(self, method: str, body: bytes = b"") -> bytes:
        headers = [(b"host", _HOST), (b"user-agent", b"budget"), (b"accept", b"*/*")]
        if method == "POST":
            headers += [(b"content-type", _TEXT), (b"content-length", str(len(body)).encode())]
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50_000),
            "root_path": "",
            "path": "/socket.io/",
            "raw_path": b"/socket.io/",
            "query_string": self._query,
            "headers": headers,
            "state": {},
        }
        exchange = _Exchange(body)
        await self._stage.app(scope, exchange.receive, exchange.send)
        assert exchange.status == 200
        return exchange.answer


class _Exchange:
    """A request's two ends of ASGI."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self.status = 0
        self.answer = b""

    async def receive(self) -> Message:
        body, self._body = self._body, None
        if body is None:
            await asyncio.get_running_loop().create_future()  # the client stays
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.answer += message.get("body", b"")


class HttpPolling:
    """Bytes of HTTP on two connections, from uvicorn's side of the transport to the same side."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._query = _QUERY
        self._get = MemoryTransport()
        self._post = MemoryTransport()
        self._last = b""

    async def connect(self) -> None:
        stage = self._stage
        http: Any = stage.config.http_protocol_class
        for transport in (self._get, self._post):
            transport.protocol = http(
                config=stage.config, server_state=stage.state, app_state={}, _loop=stage.loop
            )
            transport.protocol.connection_made(transport)
        self._poll()
        opened = json.loads((await _answer(self._get))[1:])
        self._query += b"&sid=" + opened["sid"].encode()
        self._poll()
        self._post.protocol.data_received(self._posting("40"))
        assert await _answer(self._post) == b"ok"
        assert (await _answer(self._get)).startswith(b"40{")
        self._poll()

    def exchange(self, packet: str) -> Step:
        posting = self._posting(packet)
        polling = self._polling()

        async def exchange() -> None:
            self._post.protocol.data_received(posting)
            assert await _answer(self._post) == b"ok"
            self._last = await _answer(self._get)
            self._get.protocol.data_received(polling)

        return lambda: self._stage.loop.create_task(exchange())

    def take(self) -> str:
        last, self._last = self._last, b""
        return last.decode()

    def _poll(self) -> None:
        self._get.protocol.data_received(self._polling())

    def _polling(self) -> bytes:
        return (
            b"GET /socket.io/?%b HTTP/1.1\r\nhost: %b\r\nuser-agent: budget\r\naccept: */*\r\n\r\n"
            % (self._query, _HOST)
        )

    def _posting(self, packet: str) -> bytes:
        body = packet.encode()
        head = (
            b"POST /socket.io/?%b HTTP/1.1\r\nhost: %b\r\nuser-agent: budget\r\naccept: */*\r\n"
            b"content-type: %b\r\ncontent-length: %d\r\n\r\n"
        )
        return head % (self._query, _HOST, _TEXT, len(body)) + body


async def _answer(transport: MemoryTransport) -> bytes:
    """Wait for a whole response; return its body."""
    while True:
        head, end, body = transport.written.partition(b"\r\n\r\n")
        if end and len(body) == int(
            head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        ):
            transport.written = b""
            assert head.startswith(b"HTTP/1.1 200"), head
            return body
        await asyncio.sleep(0)
