"""Ten thousand clients that come and go, and what is left of them: ``python -m
tests.runtime.server.departures``.
"""

from __future__ import annotations

import asyncio
import gc
import re
import sys
import weakref
from typing import Any

from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, run

from tests.runtime.server.stage import check_empty


class Visits:
    """A server, and the sockets that it has had."""

    def __init__(self) -> None:
        self.server = Server()
        self.sockets: list[weakref.ref[Socket]] = []
        self.server.on("connection", self._connected)
        self.server.of(re.compile("/dynamic-.*"))

    async def _connected(self, socket: Socket) -> None:
        self.sockets.append(weakref.ref(socket))
        socket.join("room", f"own {socket.id}")
        socket.data = {"name": "x" * 1000}

        @socket.on("echo")
        def echo(value: object) -> object:
            return value

        @socket.on("wait")
        async def wait() -> None:
            await asyncio.sleep(1)

        @socket.on("disconnect")
        def gone(_: str) -> None:
            socket.data = None

        socket.emit("never answered", ack=lambda *_: None)

    async def happen(self, count: int) -> None:
        """Let so many clients come and go."""
        link = Link(self.server)
        for start in range(0, count, 100):
            await asyncio.gather(*(_visit(link, number) for number in range(start, start + 100)))
            await asyncio.sleep(2)


async def _visit(link: Link, number: int) -> None:
    peer = await link.raw()
    await peer.receive()
    await peer.send("40", f"40/dynamic-{number % 10},")
    await peer.send('421["echo",1]', '42["wait"]')
    if number % 2:
        await peer.send("41")
    assert (await peer.receive_text()).startswith("40")
    await peer.close()


async def scenario() -> None:
    """Let ten thousand come and go, and look for what is left."""
    visits = Visits()
    server = visits.server
    await visits.happen(1000)
    await asyncio.sleep(60)
    gc.collect()
    before = sys.getallocatedblocks()
    await visits.happen(9000)
    await asyncio.sleep(60)
    gc.collect()
    count = len(visits.sockets)
    alive = sum(reference() is not None for reference in visits.sockets)
    visits.sockets.clear()
    gc.collect()
    blocks = sys.getallocatedblocks() - before
    assert count == 10_000, f"{count} sockets"
    assert alive == 0, f"{alive} sockets are alive"
    assert blocks < 9000, f"{blocks} blocks of memory, one or more for each client"
    assert asyncio.all_tasks() == {asyncio.current_task()}, f"{asyncio.all_tasks()}"
    assert len(server.environment.tasks) == 0, (
        f"{len(server.environment.tasks)} tasks of the server"
    )
    assert server.engine.sessions == 0, f"{server.engine.sessions} sessions"
    assert server.connections == frozenset(), f"{len(server.connections)} connections"
    check_empty(server.main)
    names = [
        name
        for name in (f"/dynamic-{number}" for number in range(10))
        if server.find(name) is not None
    ]
    assert names == [], f"{names} exist"
    # No timer is left either, the loop's own bookkeeping aside.
    loop: Any = asyncio.get_running_loop()
    timers = [
        handle for handle in loop._scheduled if not handle.cancelled()
    ]  # there is no public list
    assert timers == [], f"{timers} are left"
    await server.close()


if __name__ == "__main__":
    run(scenario(), limit=100_000)
    print("nothing is left")
