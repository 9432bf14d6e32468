"""Who is in which room of the cluster of sixteen nodes, and how often something is sent.

Each node is the home of some rooms. Four of a room's five members are clients of its home, the
fifth is a client of another node. The home sends to its rooms in turn, as a server does that
streams the tokens of an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import cycle
from typing import Any, Final

NODES: Final = 16
ROOMS: Final = 20
"""Rooms of each node."""
AT_HOME: Final = 4
"""Members of a room that are clients of its home; one more is elsewhere."""
RATE: Final = 2000.0
"""Messages a second of all nodes."""
MEASURED: Final = 0
"""The node that is measured; what the others send comes from another process."""
TOKEN: Final = {"id": 123456, "text": " word"}


def room(node: int, number: int) -> str:
    """Return the name of a room."""
    return f"answer:{node}:{number}"


def homes(node: int) -> list[str]:
    """Return the rooms of a node."""
    return [room(node, number) for number in range(ROOMS)]


def seats(node: int) -> list[str]:
    """Return the room of each client of a node."""
    own = [name for name in homes(node) for _ in range(AT_HOME)]
    guests = [
        room(other, number)
        for other in range(NODES)
        for number in range(ROOMS)
        if other != node and (other + 1 + number % (NODES - 1)) % NODES == node
    ]
    return own + guests


CLIENTS: Final = len(seats(MEASURED))
DELIVERIES: Final = RATE / NODES * AT_HOME + RATE / NODES * (CLIENTS - AT_HOME * ROOMS) / ROOMS
"""Messages a second for the clients of one node."""


async def stream(rooms: list[str], rate: float, emit: Callable[[str], Any]) -> None:
    """Send to the rooms in turn, for ever; what `emit` returns is awaited if it can be."""
    names: Iterator[str] = cycle(rooms)
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        sent = emit(next(names))
        if isinstance(sent, Awaitable):
            await sent
        due += 1 / rate
        # Late by a second: what was missed isn't made up for.
        due = max(due, loop.time() - 1)
        await asyncio.sleep(max(0.0, due - loop.time()))
