"""The log lines of docs/how-to/debugging.md are those that its causes write."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import httpx
import pytest
import uvicorn
import websockets
from ackord.runtime.client import connect
from ackord.runtime.server import Server, Socket
from websockets.exceptions import InvalidStatus

from tests.examples.test_tutorial import ROOT

PAGE: Final = (ROOT / "docs/how-to/debugging.md").read_text(encoding="utf-8")
SHOWN: Final = set(re.findall(r"^(?:WARNING|ERROR) .*$", PAGE, re.MULTILINE))
WEBSOCKET: Final = "/socket.io/?EIO=4&transport=websocket"

Cause = Callable[[str], Awaitable[Any]]


def poll(query: str) -> Cause:
    """Send a request of long-polling."""

    async def cause(address: str) -> None:
        async with httpx.AsyncClient(base_url=f"http://{address}") as client:
            await client.get(f"/socket.io/?transport=polling&{query}")

    return cause


async def open_elsewhere(address: str) -> None:
    """Open a WebSocket as a page of another origin does."""
    with pytest.raises(InvalidStatus):
        await websockets.connect(f"ws://{address}{WEBSOCKET}", origin="https://elsewhere.example")  # type: ignore[arg-type]  # a NewType


async def open_websocket(address: str) -> None:
    with pytest.raises(InvalidStatus):
        await websockets.connect(f"ws://{address}{WEBSOCKET}")


async def upgrade(address: str) -> None:
    """Ask for the upgrade of a session in a request that isn't one of a WebSocket any more."""
    async with httpx.AsyncClient(base_url=f"http://{address}") as client:
        opened = await client.get("/socket.io/?EIO=4&transport=polling")
        sid = opened.text.partition('"sid":"')[2].partition('"')[0]
        upgrading = {"upgrade": "websocket", "connection": "upgrade"}
        await client.get(f"{WEBSOCKET}&sid={sid}", headers=upgrading)


def emit(*event: str) -> Cause:
    async def cause(address: str) -> None:
        async with connect(f"http://{address}") as client:
            await client.emit_with_ack(*event)

    return cause


def send(packet: str) -> Cause:
    """Send a packet that our own client would refuse to send."""

    async def cause(address: str) -> None:
        async with websockets.connect(f"ws://{address}{WEBSOCKET}") as websocket:
            await websocket.send("40")
            await websocket.send(packet)
            await websocket.wait_closed()

    return cause


CAUSES: Final[list[tuple[Cause, dict[str, Any], str]]] = [
    (poll("EIO=3"), {}, "auto"),
    (open_elsewhere, {}, "auto"),
    (upgrade, {}, "none"),
    (open_websocket, {"transports": ("polling",)}, "auto"),
    (poll("EIO=4&sid=abcdefghijklmnop"), {}, "auto"),
    (emit("sya", "hello"), {}, "auto"),
    (emit("say"), {}, "auto"),
    (send('42["connect"]'), {}, "auto"),
    (send(f'42["say","{"x" * 1_100_000}"]'), {}, "auto"),
]
"""What goes wrong, options of the server, and uvicorn's library for WebSockets."""


def make_server(options: dict[str, Any]) -> Server:
    server = Server(**options)

    @server.on("connection")
    def connected(socket: Socket) -> None:  # pyright: ignore[reportUnusedFunction]
        @socket.on("say")
        def say(text: str) -> str:  # pyright: ignore[reportUnusedFunction]
            return text

    return server


async def provoke(cause: Cause, options: dict[str, Any], library: Any) -> str:
    """Serve, let it go wrong, and return the server's address."""
    app = make_server(options).asgi()
    host = uvicorn.Server(
        uvicorn.Config(app, port=0, log_config=None, ws=library, ws_per_message_deflate=False)
    )
    serving = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    address = f"127.0.0.1:{host.servers[0].sockets[0].getsockname()[1]}"
    try:
        await cause(address)
    finally:
        host.should_exit = True
        await serving
    return address


def test_the_causes_write_the_lines_of_the_page(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("uvicorn", "uvicorn.error"):  # as if no other server of this process had set them
        caplog.set_level(logging.WARNING, logger=name)
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    caplog.set_level(logging.WARNING)
    found: set[str] = set()
    for cause, options, library in CAUSES:
        caplog.clear()
        address = asyncio.run(provoke(cause, options, library))
        logged = {line(record, address) for record in caplog.records}
        matched = {
            shown for shown in SHOWN if any(text.startswith(shown.rstrip("…")) for text in logged)
        }
        assert matched, logged
        found |= matched
    assert found == SHOWN


def line(record: logging.LogRecord, address: str) -> str:
    """Write a record as the page does: with one port, and one id for all sockets."""
    text = f"{record.levelname} {record.name}: {record.getMessage()}"
    return re.sub(r"by socket \S+ from", "by socket X from", text).replace(
        address, "127.0.0.1:8000"
    )
