"""Attacks by handshakes, connections and requests of HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import repeat

from tests.attack.aim import ADDRESS, AT_ONCE, POLLING, WEBSOCKET, Aim, Pipe, request
from tests.soak.wire import WebSocket

HALF_OPEN = 10_500
"""Handshakes: more than a server of ours keeps half open."""
CONNECTIONS = 2000
FEW = 20
MANY = 50
"""Requests in one write."""
BATCHES = "batches of requests"


async def handshakes_from_one_address(aim: Aim) -> None:
    await _handshakes(aim, 1, lambda _: ADDRESS)


async def handshakes_from_many_addresses(aim: Aim) -> None:
    await _handshakes(
        aim,
        4,
        lambda number: (
            f"X-Forwarded-For: 90.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}\r\n"
        ),
    )


async def _handshakes(aim: Aim, connections: int, headers: Callable[[int], str]) -> None:
    pipes = [await aim.pipe() for _ in range(connections)]

    async def shake_hands(number: int) -> None:
        batches = (
            b"".join(request("GET", POLLING, headers(each)) for each in range(first, first + FEW))
            for first in range(number * FEW, aim.many(HALF_OPEN), connections * FEW)
        )
        await aim.flood(pipes[number].ask, batches, BATCHES)

    await aim.each(connections, shake_hands)
    await aim.hold()
    for pipe in pipes:
        aim.done.update({f"answers {status}": count for status, count in pipe.statuses.items()})


async def websockets_that_join_nothing(aim: Aim) -> None:
    async def open_one(_: int) -> None:
        await aim.websocket(joins=None)
        aim.done["open"] += 1

    await aim.each(aim.many(CONNECTIONS), open_one)
    await aim.hold()


async def connections_from_one_address(aim: Aim) -> None:
    async def open_one(_: int) -> None:
        await aim.websocket()
        aim.done["joined"] += 1

    await aim.each(aim.many(CONNECTIONS), open_one)
    await aim.hold()


async def churn(aim: Aim) -> None:
    async def come_and_go(_: int) -> None:
        websocket = await aim.websocket()
        websocket.send('420["echo",1]')
        await websocket.receive()
        websocket.abort()
        aim.done["visits"] += 1

    await aim.each(100_000, come_and_go, at_once=16)


async def silent_connections(aim: Aim) -> None:
    await _pipes(aim, aim.many(CONNECTIONS), b"")
    await aim.hold()


async def slow_heads(aim: Aim) -> None:
    pipes = await _pipes(
        aim, aim.many(500), f"GET {POLLING} HTTP/1.1\r\nHost: x\r\nX-Slow: ".encode()
    )
    while not aim.is_over:
        for pipe in pipes:
            await aim.flood(pipe.write, [b"a"], "bytes")
        await asyncio.sleep(0.2)


async def endless_heads(aim: Aim) -> None:
    pipes = await _pipes(
        aim, aim.many(50), f"GET {POLLING} HTTP/1.1\r\nHost: x\r\nX-Long: ".encode()
    )
    await asyncio.gather(
        *(aim.flood(pipe.write, repeat(b"a" * 16_384, 100), "pieces of 16 KB") for pipe in pipes)
    )


async def bodies_that_stop(aim: Aim) -> None:
    async def begin(_: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        head = (
            f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\n{ADDRESS}Content-Length: 999999\r\n"
            "\r\n"
        )
        await aim.flood(pipe.write, [head.encode() + b"4" * 900_000], "bodies of 900 KB")

    await aim.each(aim.many(100), begin)
    await aim.hold()


async def endless_bodies(aim: Aim) -> None:
    async def pour(_: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        head = (
            f"POST {POLLING}&sid={sid} HTTP/1.1\r\nHost: x\r\n"
            f"{ADDRESS}Transfer-Encoding: chunked\r\n\r\n"
        )
        await pipe.write(head.encode())
        await aim.flood(
            pipe.write, repeat(b"10000\r\n" + b"4" * 65_536 + b"\r\n", 200), "chunks of 64 KB"
        )

    await aim.each(aim.many(20), pour)


async def pipelined_behind_a_poll(aim: Aim) -> None:
    async def pipeline(_: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        batch = (
            request("GET", f"{POLLING}&sid={sid}") + request("GET", f"{POLLING}&sid=none") * MANY
        )
        await aim.flood(pipe.write, repeat(batch, 100), BATCHES)

    await aim.each(aim.many(50), pipeline)
    await aim.hold()


async def refused_requests(aim: Aim) -> None:
    wrong = (
        request("GET", POLLING + "&sid=none"),
        request("GET", "/socket.io/?EIO=4&transport=none"),
        request("GET", "/socket.io/?EIO=9&transport=polling"),
        request("PUT", POLLING),
    )

    async def ask(_: int) -> None:
        pipe = await aim.pipe()
        await aim.flood(pipe.write, repeat(b"".join(wrong) * 15, 1000), BATCHES)
        pipe.abort()

    await aim.each(4, ask)


async def refused_websockets(aim: Aim) -> None:
    refusals = 0

    async def knock(number: int) -> None:
        nonlocal refusals
        headers = "Origin: http://elsewhere.example\r\n" if number % 2 else ""
        try:
            websocket = await WebSocket.open(
                aim.port, WEBSOCKET if number % 2 else WEBSOCKET + "&sid=none", headers
            )
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001  # what is wanted
            refusals += 1
        else:
            websocket.abort()

    await aim.each(100_000, knock, at_once=16)
    aim.done["handshakes refused"] = refusals


async def _pipes(aim: Aim, count: int, opening: bytes) -> list[Pipe]:
    pipes: list[Pipe] = []

    async def open_one(_: int) -> None:
        pipe = await aim.pipe()
        pipes.append(pipe)
        if opening:
            await pipe.write(opening)
        aim.done["connections"] += 1

    await aim.each(count, open_one, AT_ONCE)
    return pipes
