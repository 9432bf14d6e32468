"""The ways that a WebSocket's frames may take to the engine, which must behave the same."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
import uvloop

from tests.runtime.hosting import network
from tests.runtime.hosting.network import Connection, Served, frame, masked


@dataclass(frozen=True)
class Hosting:
    """How a server is run."""

    name: str
    direct: bool
    loop_factory: Callable[[], asyncio.AbstractEventLoop]

    def play(
        self,
        scenario: Callable[[Served], Awaitable[None]],
        *,
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Run a scenario with a server hosted in this way."""
        merged = {"direct": self.direct, **(settings or {})}
        network.play(scenario, settings=merged, loop_factory=self.loop_factory, **options)


DIRECT: Final = Hosting("direct", True, uvloop.new_event_loop)
DIRECT_ON_ASYNCIO: Final = Hosting("direct without uvloop", True, asyncio.SelectorEventLoop)
THROUGH_ASGI: Final = Hosting("through ASGI", False, uvloop.new_event_loop)

on_every_hosting = pytest.mark.parametrize(
    "hosting", [DIRECT, DIRECT_ON_ASYNCIO, THROUGH_ASGI], ids=lambda hosting: hosting.name
)


async def send_at_once(connection: Connection, data: bytes) -> None:
    """Write what should arrive in one read."""
    _, writer = connection
    writer.get_extra_info("socket").setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
    writer.write(data)
    await writer.drain()


async def send_in_pieces(connection: Connection, *pieces: bytes) -> None:
    """Write what should arrive in one read each."""
    for piece in pieces:
        await send_at_once(connection, piece)
        await asyncio.sleep(0.001)


async def frames_until(
    reader: asyncio.StreamReader, last: tuple[int, bytes]
) -> list[tuple[int, bytes]]:
    """Read frames up to this one, which isn't among those returned."""
    received: list[tuple[int, bytes]] = []
    while (one := await frame(reader)) != last:
        received.append(one)
    return received


async def everything(reader: asyncio.StreamReader) -> list[tuple[int, bytes]]:
    """Read frames until the server has closed or dropped the connection."""
    received: list[tuple[int, bytes]] = []
    try:
        while True:
            received.append(await frame(reader))
    except (ConnectionError, asyncio.IncompleteReadError):
        return received


def is_message(one: tuple[int, bytes]) -> bool:
    """Tell messages from control frames, whose order among each other isn't the same whichever
    way a server is hosted.
    """
    return one[0] & 0x0F < 8


def text(payload: str) -> bytes:
    """Build a client's text frame."""
    return masked(0x81, payload.encode())
