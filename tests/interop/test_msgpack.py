"""The Python client against npm socket.io with npm's msgpack parser; the servers' side is in the
matrix.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.errors import ConnectRefusedError, ProtocolError
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser

from tests.interop.conftest import NodeScripts

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def url(node: NodeScripts) -> Iterator[str]:
    with node.serving("parser_server.mjs") as url:
        yield url


def play(url: str, scenario: Callable[[Manager], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), Manager(url, parser=MsgpackParser()) as manager:
            await scenario(manager)

    asyncio.run(main())


def test_values_of_every_kind_come_back_as_they_were_sent(url: str) -> None:
    values: list[Any] = [
        0,
        -1,
        2**53,
        1.5,
        "text \N{GRINNING FACE}",
        True,
        None,
        [],
        {},
        {"deep": [{"data": b"\0\1"}, b""]},
        b"x" * 70_000,
    ]

    async def scenario(manager: Manager) -> None:
        socket = manager.socket("/")
        await socket.connect()
        assert list(await socket.emit_with_ack("echo", *values)) == values
        kinds = await socket.emit_with_ack("kinds", 1, 1.5, "x", None, b"x", [], {})
        assert kinds == ["number", "number", "string", "null", "Buffer", "object", "object"]
        assert await socket.emit_with_ack("echo") is None

    play(url, scenario)


def test_values_that_only_javascript_has_are_what_json_would_make_of_them(url: str) -> None:
    async def scenario(manager: Manager) -> None:
        socket = manager.socket("/")
        await socket.connect()
        assert await socket.emit_with_ack("values") == (
            "1970-01-01T00:00:00.000Z",
            None,
            None,
            {"kept": [None]},
            bytes(8),
            b"\1",
        )

    play(url, scenario)


def answer(question: bytes) -> dict[str, bytes]:
    return {"you asked": question}


def test_namespaces_acknowledgements_both_ways_and_a_refusal(url: str) -> None:
    async def scenario(manager: Manager) -> None:
        for name in ("/", "/second"):
            socket = manager.socket(name)
            socket.on("question", answer)
            await socket.connect()
        for name in ("/second", "/"):
            assert await manager.socket(name).emit_with_ack("ask", b"why") == (
                name,
                {"you asked": b"why"},
            )
        with pytest.raises(ConnectRefusedError, match="not welcome") as caught:
            await manager.socket("/private", auth={"token": 7}).connect()
        assert caught.value.data == {"token": 7}
        assert await manager.socket("/").emit_with_ack("echo", 1) == 1

    play(url, scenario)


def test_a_python_client_comes_back_to_npm_and_misses_nothing(url: str) -> None:
    async def scenario(manager: Manager) -> None:
        socket = manager.socket("/")
        gone = asyncio.Event()
        news: list[int] = []
        socket.on("news", news.append)
        socket.on("disconnect", gone.set)
        await socket.connect()
        sid = socket.id
        await socket.emit_with_ack("news", 7)
        socket.emit("drop")
        await gone.wait()
        await socket.connect()
        assert (socket.recovered, socket.id) == (True, sid)
        await socket.emit_with_ack("news", 9)
        assert news == [7, 1, 9]

    play(url, scenario)


def test_the_protocols_own_parser_does_not_get_through(url: str) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), Manager(url, timeout=2) as manager:
            with pytest.raises((ProtocolError, ConnectionError)):
                await manager.socket("/").connect()

    asyncio.run(main())
