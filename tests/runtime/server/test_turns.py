"""The rest of a costly read waits for the next turn of the event loop, whatever kind of packets it
holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import chain

import pytest
from ackord.runtime.server import Limits, Server, Socket

from tests.attack.server import Typed
from tests.runtime.server.stage import Stage, play

TEXT = "x" * 150_000
EMPTY_LISTS = "[" + ",".join(["[]"] * 5000) + "]"


KINDS: dict[str, tuple[Callable[[int], list[str]], int]] = {
    "CONNECTs": (lambda number: [f"40/room-{number},"], 8),
    "CONNECTs to dynamic namespaces": (lambda number: [f"40/tenant-{number},"], 8),
    "CONNECTs that middlewares refuse": (lambda _: ["40/closed,"], 8),
    "CONNECTs to namespaces that don't exist": (lambda number: [f"40/none-{number},"], 8),
    "CONNECTs with a large payload": (lambda _: [f'40/none,{{"a":"{TEXT}"}}'], 4),
    "CONNECTs that are given up": (
        lambda number: [f"40/tenant-{number},", f"41/tenant-{number},"],
        8,
    ),
    "joining and leaving": (lambda _: ["40/room-0,", "41/room-0,"], 8),
    "events with much text": (lambda _: [f'42["note","{TEXT}"]'], 7),
    "events with many objects": (lambda _: [f'42["note",{EMPTY_LISTS}]'], 2),
    "events that are too complex": (lambda _: [f'42["note",[{TEXT.replace("x", "[],")}0]]'], 3),
    "events with wrong arguments": (lambda _: ['42/typed,["tree",1]'], 64),
    "acknowledgements nobody waits for": (lambda _: [f'439["{TEXT}"]'], 7),
}
"""Packets by the number of the time, and after how many packets others have their turn."""


def serve() -> Server:
    server = Server(limits=Limits(namespaces=1000))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("note")
        def note(_: object) -> None:
            pass

    for number in range(100):
        server.of(f"/room-{number}")
    server.of(re.compile(r"/tenant-\d+"))

    def refuse(_: object) -> None:
        raise ValueError("closed")

    server.of("/closed").use(refuse)
    server.register(Typed())
    return server


@pytest.mark.parametrize("kind", KINDS)
def test_others_have_their_turn_within_a_read_of(kind: str) -> None:
    packets, most = KINDS[kind]

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await stage.enter(peer, "/typed")
        (connection,) = stage.server.connections
        read = chain.from_iterable(packets(number) for number in range(1000))
        counts: list[int] = []
        for _ in range(4):
            counts.append(1)
            while connection.receive_text(next(read)):
                counts[-1] += 1
            assert connection.congested
            await connection.ready()
        assert counts[0] <= most, "what joined before counts"
        assert counts[1:] == [most] * 3

    play(serve(), scenario)
