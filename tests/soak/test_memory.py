"""What clients can make a real server hold, in megabytes of its process: as much as the options
allow, and only as long as they are there.
"""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from tests.hosts import Hosting
from tests.soak.__main__ import ServerProcess, serving
from tests.soak.links import PATH
from tests.soak.wire import HOST, HttpConnection, WebSocket

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("hosting", [Hosting.DIRECT, Hosting.ASGI])]

NOISE = 6.0
"""Megabytes that a process has more or less for reasons of its own."""
MEGABYTE = 1_000_000


def play(hosting: Hosting, scenario: Callable[[ServerProcess], Awaitable[None]]) -> None:
    async def main() -> None:
        async with serving(
            "tests.soak.server", "--hosting", hosting, "--ping-interval", "2", "--ping-timeout", "6"
        ) as server:
            for visitor in await asyncio.gather(*(open_websocket(server.port) for _ in range(50))):
                visitor.abort()
            await server.settled(10)
            await scenario(server)

    uvloop.run(main())


async def open_websocket(port: int, *, joins: bool = False) -> WebSocket:
    websocket = await WebSocket.open(port, PATH + "websocket")
    assert str(await websocket.receive()).startswith("0{")
    if joins:
        websocket.send("40")
        assert str(await websocket.receive()).startswith("40{")
    return websocket


async def peak_of(server: ServerProcess, seconds: float, *, least: float = 0.0) -> float:
    """Watch the server for a while, but not less long than until it has `least`, if it ever does;
    return the most that it had.
    """
    peak = 0.0
    for turn in range(1000):
        peak = max(peak, server.rss())
        if turn * 0.05 >= seconds and peak >= least:
            break
        await asyncio.sleep(0.05)
    return peak


async def gives_back(server: ServerProcess, before: float) -> None:
    """Wait until nobody is there; what they took must be free again."""
    report = await server.settled(30)
    assert not report["sessions"]
    for _ in range(20):
        if report["rss"] <= before + NOISE:
            return
        await asyncio.sleep(0.5)
        report = await server.report()
    raise AssertionError(f"{report['rss']:.1f} MB, {before:.1f} before")


def test_thousands_of_half_open_handshakes_cost_kilobytes_each_and_expire(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]

        async def open_many(count: int) -> None:
            connection = HttpConnection(server.port)
            for _ in range(count):
                status, _ = await connection.request("GET", PATH + "polling")
                assert status == 200
            connection.abort()

        await asyncio.gather(*(open_many(300) for _ in range(10)))
        assert server.rss() - before < 3000 * 0.009 + NOISE
        await gives_back(server, before)

    play(hosting, scenario)


def test_parked_attachments_are_bounded_for_each_client_and_freed_with_it(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]
        clients = await asyncio.gather(*(open_websocket(server.port, joins=True) for _ in range(8)))
        for client in clients:
            client.send('4510-["up",1]')
            for _ in range(9):
                client.send(bytes(950_000))
        peak = await peak_of(server, 1, least=before + 30)
        assert peak - before > 30, "the attachments didn't arrive"
        assert peak - before < 8 * 12 + NOISE
        for client in clients:
            client.abort()
        await gives_back(server, before)

    play(hosting, scenario)


def test_attachments_that_nobody_announced_are_not_kept(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]
        clients = await asyncio.gather(*(open_websocket(server.port, joins=True) for _ in range(8)))
        for client in clients:
            for _ in range(10):
                client.send(bytes(950_000))
        assert await peak_of(server, 1) - before < 8 * 3 + NOISE
        for client in clients:
            client.abort()
        await gives_back(server, before)

    play(hosting, scenario)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_client_that_stops_reading_is_dropped_at_the_limit(
    hosting: Hosting, transport: str
) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]
        flood = '42["flood",300,200000]'
        websocket = await open_websocket(server.port, joins=True)
        connection = HttpConnection(server.port)
        if transport == "websocket":
            websocket.stop_reading()
            websocket.send(flood)
        else:
            websocket.abort()
            _, body = await connection.request("GET", PATH + "polling")
            sid = body.decode().split('"')[3]
            target = f"{PATH}polling&sid={sid}"
            assert (await connection.request("POST", target, b"40\x1e" + flood.encode()))[0] == 200
        peak = await peak_of(server, 2)
        # 60 MB were to be sent: 4 MB may wait, one message above that, and what the system's own
        # buffers don't show here.
        assert peak - before < 4 + 0.5 + 6 + NOISE
        await gives_back(server, before)
        websocket.abort()
        connection.abort()

    play(hosting, scenario)


def test_endless_bodies_are_cut_off_while_they_come(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]

        async def pour() -> int:
            connection = HttpConnection(server.port)
            _, body = await connection.request("GET", PATH + "polling")
            connection.abort()
            sid = body.decode().split('"')[3]
            reader, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(
                (
                    f"POST {PATH}polling&sid={sid} HTTP/1.1\r\nHost: x\r\n"
                    "Transfer-Encoding: chunked\r\n\r\n"
                ).encode()
            )
            chunk = b"10000\r\n" + b"4" * 65_536 + b"\r\n"
            sent = 0
            try:
                while sent < 100 * MEGABYTE:
                    writer.write(chunk)
                    await writer.drain()
                    sent += len(chunk)
            except ConnectionError:
                pass
            finally:
                writer.transport.abort()
            del reader
            return sent

        sizes = asyncio.gather(*(pour() for _ in range(10)))
        peak = await peak_of(server, 1)
        for sent in await sizes:
            assert sent < 20 * MEGABYTE, "the body was taken to its end"
        assert peak - before < 10 * 3 + NOISE
        await gives_back(server, before)

    play(hosting, scenario)


def test_bodies_that_never_end_hold_no_more_than_the_limit(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]
        writers: list[asyncio.StreamWriter] = []
        for _ in range(20):
            connection = HttpConnection(server.port)
            _, body = await connection.request("GET", PATH + "polling")
            connection.abort()
            sid = body.decode().split('"')[3]
            _, writer = await asyncio.open_connection(HOST, server.port)
            writer.write(
                (
                    f"POST {PATH}polling&sid={sid} HTTP/1.1\r\nHost: x\r\n"
                    "Content-Length: 1000000\r\n\r\n"
                ).encode()
                + b"4" * 990_000
            )
            writers.append(writer)
        assert await peak_of(server, 1) - before < 20 * 2.2 + NOISE
        await gives_back(server, before)
        for writer in writers:
            writer.transport.abort()

    play(hosting, scenario)


def test_sockets_that_say_nothing_cost_little(hosting: Hosting) -> None:
    async def scenario(server: ServerProcess) -> None:
        before: float = (await server.report())["rss"]
        silent = [sockets.create_connection((HOST, server.port)) for _ in range(500)]
        assert await peak_of(server, 0.5) - before < 500 * 0.02 + NOISE
        for each in silent:
            each.close()
        await gives_back(server, before)

    play(hosting, scenario)
