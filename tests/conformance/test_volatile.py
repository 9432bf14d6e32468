"""Volatile events, which go out at once or not at all: the same however the server is hosted, and
over each transport, as npm's server does it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from ackord.runtime.server import Server, Socket

from tests.hosts import Hosting
from tests.interop.foreign.raw import POLLING, WEBSOCKET, Raw, Site, play

WAYS: Final = {
    "v v v": "v",
    "e v": "e",
    "v e v": "v e",
    "b v": "b",
    "V V v": "v",
    "v V": "v",
    "x x": "451-",
}
"""What a handler sends, and what of it goes out: an event, a broadcast, a volatile event or
broadcast (V), one with an attachment (x).
"""


def emit(server: Server, socket: Socket, way: str) -> None:
    for kind in way.split():
        match kind:
            case "e":
                socket.emit("e")
            case "b":
                server.emit("b")
            case "v":
                socket.volatile.emit("v")
            case "V":
                server.volatile.emit("v")
            case _:
                socket.volatile.emit("x", b"x")


def listen(server: Server, cause: str) -> None:
    @server.on("connection")
    def connected(socket: Socket) -> None:
        if cause == "middleware":

            @socket.use
            async def pause(name: str, args: tuple[Any, ...]) -> None:
                await asyncio.sleep(0)

        @socket.on("go")
        def go(way: str) -> None:
            if cause == "timer":
                asyncio.get_running_loop().call_later(0.01, emit, server, socket, way)
            else:
                emit(server, socket, way)


async def ask_over_polling(poll: Raw, post: Raw, query: str, events: list[str]) -> list[str]:
    poll.begin("GET", query)
    await asyncio.sleep(0.02)
    await post.request("POST", query, "", "\x1e".join(events))
    return (await poll.response())[1].split("\x1e")


async def ask_over_websocket(client: Raw, events: list[str]) -> list[str]:
    client.send(*events)
    await asyncio.sleep(0.03)
    client.send('42["echo","end"]')
    received: list[str] = []
    while (message := await client.receive()) != '42["echo","end"]':
        received.append(str(message))
    return received


@pytest.mark.parametrize("hosting", list(Hosting))
@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("cause", ["timer", "handler", "middleware", "two events in one read"])
def test_only_what_can_go_at_once_is_sent(hosting: Hosting, transport: str, cause: str) -> None:
    async def script(site: Site) -> None:
        listen(site.server, cause)
        client, other = await site.connect(), await site.connect()
        query = (
            f"{POLLING}&sid={await client.open_polling()}" if transport == "polling" else WEBSOCKET
        )
        if transport == "polling":
            await client.request("POST", query, "", "40")
            assert (await client.request("GET", query))[1].startswith("40")
        else:
            await client.upgrade(query)
            client.send("40")
            await client.expect('0{"sid":"…', '40{"sid":"…')
        for way, sent in WAYS.items():
            if (
                transport == "websocket"
                and cause.startswith("two")
                and hosting is not Hosting.DIRECT
                and way[0] in "eb"
            ):
                # ASGI doesn't tell that two messages came in one read, and what answers the first
                # has gone out
                continue
            # The second event finds what the first has sent on its way.
            events = [
                f'42["go","{way}"]',
                *(['42["go","v V x"]'] if cause.startswith("two") else []),
            ]
            asked = (
                ask_over_polling(client, other, query, events)
                if transport == "polling"
                else ask_over_websocket(client, events)
            )
            packets = [packet for packet in await asked if packet.startswith("4")]
            assert [
                packet[:4] if packet.startswith("45") else packet[4:-2] for packet in packets
            ] == sent.split(), way

    play(hosting, script)
