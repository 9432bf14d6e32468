"""Somebody who knows nothing of the attack: connects, is echoed once, leaves, and comes again a
moment later.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from tests.soak.links import PATH
from tests.soak.wire import GoneError, HttpConnection, WebSocket

PAUSE: Final = 0.05
"""Seconds between two visits."""
HEADERS: Final = "X-Forwarded-For: 80.1.2.3\r\n"
"""Where the stranger comes from, for servers behind a proxy."""


@dataclass
class Stranger:
    """What a stranger noticed in visits over a WebSocket and over long-polling by turns."""

    port: int
    namespace: str
    """Where the stranger goes; a ``*`` in it becomes a number that is new each time."""
    patience: float
    """Seconds after which a visit has failed."""
    longest: float = 0.0
    """Seconds of the visit that took longest, whether it failed or not."""
    visits: int = 0
    failures: Counter[str] = field(default_factory=Counter[str])
    """How visits failed."""

    async def visit(self) -> None:
        """Connect, be echoed, leave."""
        self.visits += 1
        namespace = self.namespace.replace("*", str(900_000_000 + self.visits))
        prefix = "" if namespace == "/" else f"{namespace},"
        # The first visit over WebSocket.
        way = _visit_websocket if self.visits % 2 else _visit_polling
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                await way(self.port, prefix)
        except TimeoutError:
            self.failures[f"no answer in {self.patience:g} s"] += 1
        except (GoneError, OSError) as error:
            self.failures[str(error) or type(error).__name__] += 1
        self.longest = max(self.longest, time.monotonic() - begun)
        await asyncio.sleep(PAUSE)


def _wanted(packet: str | bytes, prefix: str) -> bool:
    """Whether this is the answer to what the stranger asked; others may talk meanwhile.

    Raises:
        GoneError: it is a refusal.
    """
    text = packet if isinstance(packet, str) else ""
    if text.startswith(f"44{prefix}"):
        raise GoneError(f"refused: {text[:60]}")
    return text.startswith((f"40{prefix}{{", f"43{prefix}1["))


async def _visit_websocket(port: int, prefix: str) -> None:
    websocket = await WebSocket.open(port, PATH + "websocket", HEADERS)
    try:
        for message in (f"40{prefix}", f'42{prefix}1["echo","x"]'):
            websocket.send(message)
            while not _wanted(await websocket.receive(), prefix):
                pass
    finally:
        websocket.abort()


async def _visit_polling(port: int, prefix: str) -> None:
    connection = HttpConnection(port, HEADERS)
    try:
        body = await _request(connection, "GET", PATH + "polling")
        sid = body.split('"')[3]
        target = f"{PATH}polling&sid={sid}"
        for message in (f"40{prefix}", f'42{prefix}1["echo","x"]'):
            await _request(connection, "POST", target, message.encode())
            while not any(
                _wanted(packet, prefix)
                for packet in (await _request(connection, "GET", target)).split("\x1e")
            ):
                pass
        await _request(connection, "POST", target, b"1")
    finally:
        connection.abort()


async def _request(connection: HttpConnection, method: str, target: str, body: bytes = b"") -> str:
    status, answer = await connection.request(method, target, body)
    if status != 200:
        raise GoneError(f"refused: {status}")
    return answer.decode()
