"""One Engine.IO session of a client: over long-polling, over a WebSocket, or from the one to the
other.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final, Literal, TypeAlias

from tests.soak.wire import GoneError, HttpConnection, WebSocket

Mode: TypeAlias = Literal["polling", "websocket", "upgrade"]
MODES: Final[tuple[Mode, ...]] = ("polling", "websocket", "upgrade")
Packet: TypeAlias = str | bytes

PATH: Final = "/socket.io/?EIO=4&transport="


class Link:
    """A session; `receive` is called with each message packet, without the engine's type digit
    where it is text.
    """

    def __init__(self, port: int, mode: Mode, receive: Callable[[Packet], None]) -> None:
        self.mode = mode
        self.problem: str | None = None
        """Why the session ended, unless this side ended it."""
        self.ended = asyncio.Event()
        self._port = port
        self._receive = receive
        self._sid = ""
        self._websocket: WebSocket | None = None
        self._get = HttpConnection(port)
        self._post = HttpConnection(port)
        self._outgoing: list[Packet] = []
        self._wake = asyncio.Event()
        self._may_post = asyncio.Event()
        self._may_post.set()
        self._posting = False
        self._posted = asyncio.Event()
        self._polled = asyncio.Event()
        self._pause_polling = False
        self._is_closing = False
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Open the session and begin to read and write."""
        if self.mode == "websocket":
            self._websocket = await WebSocket.open(self._port, PATH + "websocket")
            packet = await self._websocket.receive()
            self._start(partial(self._read_websocket, self._websocket))
        else:
            status, body = await self._get.request("GET", PATH + "polling")
            if status != 200:
                raise GoneError(f"handshake refused: {status}")
            packet = body.decode()
            self._sid = json.loads(packet[1:])["sid"]
            self._start(self._poll)
            self._start(self._write)
        if not isinstance(packet, str) or not packet.startswith("0{"):
            raise GoneError("no open packet")

    def send(self, *packets: Packet) -> None:
        """Send message packets, in order and together."""
        if self.ended.is_set():
            return
        messages = ["4" + packet if isinstance(packet, str) else packet for packet in packets]
        if self._websocket is not None:
            for message in messages:
                self._websocket.send(message)
        else:
            self._outgoing += messages
            self._wake.set()

    async def upgrade(self) -> None:
        """Move from long-polling to a WebSocket, as the reference client does: probe, pause,
        upgrade.
        """
        websocket = await WebSocket.open(self._port, f"{PATH}websocket&sid={self._sid}")
        try:
            websocket.send("2probe")
            if await websocket.receive() != "3probe":
                raise GoneError("the probe wasn't answered")  # noqa: TRY301 - one way out
            self._pause_polling = True
            self._may_post.clear()
            await self._polled.wait()
            await self._stop_posting()
            websocket.send("5")
        except BaseException:
            websocket.abort()
            raise
        self._websocket = websocket
        for message in self._outgoing:
            websocket.send(message)
        self._outgoing.clear()
        self._start(partial(self._read_websocket, websocket))

    async def close(self) -> None:
        """End the session as a polite client does."""
        self._is_closing = True
        if self._websocket is not None:
            self._websocket.close()
        else:
            self._pause_polling = True  # the session is unknown once the server has read CLOSE
            self._may_post.clear()
            await self._stop_posting()
            with suppress(GoneError, OSError):
                await self._post_packets([*self._outgoing, "1"])
        self.abort()

    def abort(self) -> None:
        """Drop the session's connections without a word."""
        self._is_closing = True
        self._end(None)
        # again: a request that was under way at the end may have opened its connection anew
        self._hang_up()

    def vanish(self) -> None:
        """Neither read nor write nor hang up any more."""
        for task in self._tasks:
            task.cancel()

    def _start(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._tasks.append(asyncio.ensure_future(self._guard(run)))

    async def _guard(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await run()
        except (GoneError, OSError) as error:
            self._end(f"{self.mode}: {error}")

    def _end(self, problem: str | None) -> None:
        if self.ended.is_set():
            return
        self.problem = None if self._is_closing else problem
        self.ended.set()
        self._hang_up()
        for task in self._tasks:
            task.cancel()

    def _hang_up(self) -> None:
        self._get.abort()
        self._post.abort()
        if self._websocket is not None:
            self._websocket.abort()

    async def _read_websocket(self, websocket: WebSocket) -> None:
        while True:
            packet = await websocket.receive()
            if packet == "2":
                websocket.send("3")
            else:
                self._take(packet)

    async def _poll(self) -> None:
        target = f"{PATH}polling&sid={self._sid}"
        while not self._pause_polling:
            status, body = await self._get.request("GET", target)
            if status != 200:
                raise GoneError(f"GET refused: {status} {body[:60]!r}")
            for packet in body.decode().split("\x1e"):
                if packet == "2":
                    self._outgoing.append("3")
                    self._wake.set()
                elif packet == "1":
                    raise GoneError("closed by the server")
                else:
                    self._take(b64decode(packet[1:]) if packet.startswith("b") else packet)
        self._polled.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            await self._may_post.wait()
            self._wake.clear()
            packets, self._outgoing = self._outgoing, []
            if packets:
                await self._post_packets(packets)

    async def _stop_posting(self) -> None:
        while self._posting:
            self._posted.clear()
            await self._posted.wait()

    async def _post_packets(self, packets: list[Packet]) -> None:
        body = "\x1e".join(
            packet if isinstance(packet, str) else "b" + b64encode(packet).decode()
            for packet in packets
        )
        self._posting = True
        try:
            status, answer = await self._post.request(
                "POST", f"{PATH}polling&sid={self._sid}", body.encode()
            )
        finally:
            self._posting = False
            self._posted.set()
        if status != 200:
            raise GoneError(f"POST refused: {status} {answer[:60]!r}")

    def _take(self, packet: Packet) -> None:
        if isinstance(packet, bytes):
            self._receive(packet)
        elif packet.startswith("4"):
            self._receive(packet[1:])
        elif packet == "1":
            raise GoneError("closed by the server")
        elif packet != "6":
            raise GoneError(f"unexpected packet {packet[:60]!r}")
