"""A server in a process of its own: how it ends, and how much memory clients can make it take."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from tests.attempts import hold_once
from tests.runtime.hosting.network import Connection, frame, masked

ROOT = Path(__file__).parents[3]
HANDSHAKE = "EIO=4&transport=polling"


class Process:
    """A server of the conformance suites, with long heartbeats."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, port: int) -> None:
        self.process = process
        self.name = name
        self.port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return reader, writer

    async def send(
        self, connection: Connection, method: str, query: str, more: str = "", body: bytes = b""
    ) -> None:
        connection[1].write(
            f"{method} /{self.name}.io/?{query} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode() + body
        )
        await connection[1].drain()

    async def open_polling(self, connection: Connection) -> str:
        await self.send(connection, "GET", HANDSHAKE)
        return f"{HANDSHAKE}&sid={json.loads((await body_of(connection[0]))[1:])['sid']}"

    async def open_websocket(self) -> Connection:
        connection = await self.connect()
        upgrade = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        )
        await self.send(connection, "GET", "EIO=4&transport=websocket", upgrade)
        assert b" 101 " in await connection[0].readuntil(b"\r\n\r\n")
        assert (await frame(connection[0]))[1].startswith(b"0{")
        return connection

    def memory(self) -> int:
        """Resident bytes of the process."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        [line] = [line for line in lines if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    async def ended(self) -> float:
        """Wait for the end; return how long it took."""
        began = time.monotonic()
        async with asyncio.timeout(20):
            await self.process.wait()
        return time.monotonic() - began

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def body_of(reader: asyncio.StreamReader) -> bytes:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    return await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))


@asynccontextmanager
async def running(name: str) -> AsyncGenerator[Process]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    module = f"tests.conformance.{name}io_server"
    times = ["--ping-interval", "25", "--ping-timeout", "20"]
    command = [sys.executable, "-m", module, "--port", str(port), *times]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    server = Process(process, name, port)
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    await server.connect()
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        yield server
    finally:
        server.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


def play(scenario: Callable[[Process], Awaitable[None]], name: str = "engine") -> None:
    async def main() -> None:
        async with asyncio.timeout(60), running(name) as server:
            await scenario(server)

    asyncio.run(main())


def play_to_the_end(
    scenario: Callable[[Process], Awaitable[float]],
    name: str = "engine",
    number: signal.Signals = signal.SIGTERM,
) -> None:
    """Play a scenario that returns how long a server takes to end: within a second of one that
    nobody is connected to.

    It would take a second longer if it waited for clients until the end of its patience.
    """

    def claim(_: int) -> None:
        took: list[float] = []

        async def alone(server: Process) -> None:
            server.close()
            await asyncio.sleep(0.1)
            server.process.send_signal(number)
            took.append(await server.ended())

        async def among_clients(server: Process) -> None:
            took.append(await scenario(server))

        play(alone, name)
        play(among_clients, name)
        assert took[1] < took[0] + 0.8

    hold_once(claim, range(3))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_signal_ends_the_server_within_a_second_with_open_polls_and_open_websockets(
    number: signal.Signals,
) -> None:
    async def scenario(server: Process) -> float:
        polls = [await server.connect() for _ in range(20)]
        for poll in polls:
            query = await server.open_polling(poll)
            await server.send(poll, "GET", query)  # parked
        websockets = [await server.open_websocket() for _ in range(20)]
        idle = await server.connect()
        await server.open_polling(idle)  # kept alive, without a request
        await asyncio.sleep(0.1)
        server.process.send_signal(number)
        took = await server.ended()
        assert [await body_of(reader) for reader, _ in polls] == [b"1"] * 20
        assert [(await frame(reader))[0] for reader, _ in websockets] == [0x88] * 20
        assert await idle[0].read() == b""
        return took

    play_to_the_end(scenario, number=number)


def test_a_signal_ends_a_socketio_server_within_a_second_with_open_polls_and_open_websockets() -> (
    None
):
    async def scenario(server: Process) -> float:
        polls = [await server.connect() for _ in range(10)]
        for poll in polls:
            query = await server.open_polling(poll)
            await server.send(poll, "POST", query, "Content-Length: 2\r\n", b"40")
            assert await body_of(poll[0]) == b"ok"
            received = b""
            while b'42["auth",{}]' not in received:
                await server.send(poll, "GET", query)
                received += await body_of(poll[0])
            assert received.startswith(b'40{"sid":')
            await server.send(poll, "GET", query)  # parked
        websockets = [await server.open_websocket() for _ in range(10)]
        for reader, writer in websockets:
            writer.write(masked(0x81, b"40"))
            assert (await frame(reader))[1].startswith(b'40{"sid":')
            assert (await frame(reader))[1] == b'42["auth",{}]'
        await asyncio.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        took = await server.ended()
        assert [await body_of(reader) for reader, _ in polls] == [b"1"] * 10
        assert [(await frame(reader))[0] for reader, _ in websockets] == [0x88] * 10
        return took

    play_to_the_end(scenario, "socket")


def test_a_signal_ends_the_server_although_clients_do_not_finish_their_requests() -> None:
    async def scenario(server: Process) -> float:
        posting = await server.connect()
        query = await server.open_polling(posting)
        await server.send(posting, "POST", query, "Content-Length: 100\r\n", b"4a")
        half = await server.connect()
        half[1].write(b"GET /engine.io/?EIO=4")
        await asyncio.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        took = await server.ended()
        assert (await posting[0].read()).startswith(b"HTTP/1.1 400")
        return took

    play_to_the_end(scenario)


@pytest.mark.slow
def test_five_thousand_half_open_handshakes_take_a_few_kilobytes_each() -> None:
    async def scenario(server: Process) -> None:
        connection = await server.connect()
        for _ in range(200):
            await server.open_polling(connection)
        before = server.memory()
        for _ in range(5000):
            await server.open_polling(connection)
        assert (server.memory() - before) / 5000 < 6_000

    play(scenario)


def test_a_body_that_streams_past_the_limit_is_not_kept() -> None:
    async def scenario(server: Process) -> None:
        queries = [await server.open_polling(await server.connect()) for _ in range(10)]
        before = server.memory()
        chunk = b"10000\r\n" + b"4" * 65_536 + b"\r\n"

        async def stream(query: str) -> bytes:
            reader, writer = await server.connect()
            await server.send((reader, writer), "POST", query, "Transfer-Encoding: chunked\r\n")
            try:
                for _ in range(16 * 20):  # 20 MB
                    writer.write(chunk)
                    await writer.drain()
            except ConnectionError:
                pass  # the server has hung up, as it should
            try:
                return await reader.read(12)
            except ConnectionError:
                return b""

        answers = await asyncio.gather(*map(stream, queries))
        assert {*answers} <= {b"HTTP/1.1 413", b""}
        assert server.memory() - before < 10_000_000
        # The sessions live: 413 is about the request.
        connection = await server.connect()
        for query in queries:
            await server.send(connection, "POST", query, "Content-Length: 2\r\n", b"4a")
            assert await body_of(connection[0]) == b"ok"

    play(scenario)


@pytest.mark.slow
def test_a_client_that_stops_reading_is_dropped_and_its_memory_freed() -> None:
    async def scenario(server: Process) -> None:
        _, writer = await server.open_websocket()
        other_reader, other_writer = await server.open_websocket()
        cast("asyncio.Transport", writer.transport).pause_reading()
        before = server.memory()
        peak = before
        message = masked(0x82, bytes(100_000))
        try:
            for _ in range(1000):  # a hundred megabytes of echoes that nobody takes
                writer.write(message)
                async with asyncio.timeout(25):
                    await writer.drain()
                peak = max(peak, server.memory())
        except ConnectionError:
            pass
        else:
            raise AssertionError("the connection should have been dropped")
        assert peak - before < 20_000_000
        other_writer.write(masked(0x81, b"4still here"))
        assert await frame(other_reader) == (0x81, b"4still here")

    play(scenario)
