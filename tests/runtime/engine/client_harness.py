"""A client's engine without Socket.IO above it, and a server of long-polling that a test drives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ackord.runtime.client.engine import make_engine_client
from ackord.runtime.engine.client import Connection
from ackord.runtime.engine.client_opening import EngineClient
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER
from ackord.runtime.testing import OPEN_PACKET, RawRequest, RawServer, run

OFFER = OPEN_PACKET.replace('"upgrades":[]', '"upgrades":["websocket"]')


class Recorder:
    """What the upper layer of a connection is told."""

    def __init__(self) -> None:
        self.received: list[str | bytes] = []
        self.ends: list[tuple[str, str | None]] = []
        self.arrived = asyncio.Event()
        self.ended = asyncio.Event()
        self.congested = False
        self.may_go_on = asyncio.Event()

    def receive_text(self, message: str) -> bool:
        return self._take(message)

    def receive_binary(self, data: bytes) -> bool:
        return self._take(data)

    def _take(self, message: str | bytes) -> bool:
        self.received.append(message)
        self.arrived.set()
        return not self.congested

    def closed(self, reason: str, description: str | None) -> None:
        self.ends.append((reason, description))
        self.ended.set()

    async def ready(self) -> None:
        await self.may_go_on.wait()

    async def wait_for(self, count: int) -> list[str | bytes]:
        while len(self.received) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return self.received


class PollingPeer:
    """A session over long-polling: a GET waits until there is something to say."""

    def __init__(self, server: RawServer, open_packet: str = OFFER) -> None:
        self.open_packet = open_packet
        self.bodies: list[str] = []
        self.posted: list[str] = []
        self.urls: list[str] = []
        self.get: RawRequest | None = None
        self.post_delay = 0.0
        self._server = server
        self._say: list[str] = []
        self._task = asyncio.ensure_future(self._serve())
        self._posts: set[asyncio.Task[None]] = set()

    def say(self, *packets: str) -> None:
        self._say += packets
        self._answer()

    def _answer(self) -> None:
        if self._say and self.get is not None and not self.get.is_over:
            self.get.answer("\x1e".join(self._say))
            self._say.clear()

    async def _serve(self) -> None:
        while True:
            request = await self._server.accept_request(timeout=9999)
            self.urls.append(request.url)
            if "sid" not in request.query:
                request.answer(self.open_packet)
            elif request.method == "GET":
                assert self.get is None or self.get.is_over, "two GETs at a time"
                self.get = request
                self._answer()
            else:
                assert not self._posts, "two POSTs at a time"
                post = asyncio.ensure_future(self._take(request))
                self._posts.add(post)
                post.add_done_callback(self._posts.discard)

    async def _take(self, request: RawRequest) -> None:
        await asyncio.sleep(self.post_delay)
        self.bodies.append(request.body)
        self.posted += request.body.split("\x1e")
        self._posts.clear()
        if not request.is_over:
            request.answer()

    async def close(self) -> None:
        for task in (self._task, *self._posts):
            task.cancel()
        await asyncio.gather(self._task, *self._posts, return_exceptions=True)


def make_engine(server: object, *, url: str = "http://test", **options: Any) -> EngineClient:
    return make_engine_client(
        url, {"connector": server, **options}, parser=TEXT_PARSER, max_attachments=10
    )


async def open_connection(server: object, **options: Any) -> tuple[Connection, Recorder]:
    return start(await make_engine(server, **options).open())


def start(connection: Connection) -> tuple[Connection, Recorder]:
    recorder = Recorder()
    connection.start(recorder)
    return connection, recorder


def run_alone(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario in virtual time; see that it leaves no task."""

    async def main() -> None:
        await scenario()
        await asyncio.sleep(10)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())
