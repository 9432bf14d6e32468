"""Redis is restarted twice and a server is killed while many clients are told numbers: with the
Redis Streams adapter no number that was acknowledged is lost, doubled or out of order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from typing import Final

import pytest
from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.errors import AckordError

from tests.interop.conftest import ROOT, NodeScripts
from tests.redis import RedisServer, serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(1800)]

CLIENTS, NUMBERS = (500, 2000) if "ACKORD_THOROUGH" in os.environ else (12, 150)
WRITERS: Final = 4
"""Clients that emit at the same time, each its own numbers."""
MODULE: Final = "tests.interop.cluster.node"
EVERYBODY: Final[dict[str, list[str]]] = {"rooms": ["everybody"], "except": []}


class Listener:
    """A client, and the numbers of each writer that it was told."""

    def __init__(self, socket: ClientSocket) -> None:
        self.socket = socket
        self.numbers: dict[int, list[int]] = {writer: [] for writer in range(WRITERS)}
        socket.on("told", self._hear)

    def _hear(self, writer: int, number: int) -> None:
        self.numbers[writer].append(number)


@contextmanager
def serving_killable(redis: str) -> Generator[tuple[str, subprocess.Popen[str]]]:
    """Run a server; give its URL and its process."""
    command = [sys.executable, "-m", MODULE, "streams", redis]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().split()[1]}", process
        finally:
            process.kill()


def test_nothing_that_was_acknowledged_is_lost_doubled_or_out_of_order(node: NodeScripts) -> None:
    with ExitStack() as stack:
        redis = stack.enter_context(serving_redis("--appendonly", "yes", "--appendfsync", "always"))
        first, _ = stack.enter_context(serving_killable(redis.url))
        second, _ = stack.enter_context(serving_killable(redis.url))
        doomed, process = stack.enter_context(serving_killable(redis.url))
        of_node = stack.enter_context(node.serving("cluster_server.mjs", "streams", redis.url))
        living = [first, second, of_node]
        acked, listeners = asyncio.run(_disturb(redis, living, doomed, process))
    print(f"acknowledged: {sum(map(len, acked.values()))} of {WRITERS * NUMBERS}")
    assert all(len(numbers) > NUMBERS // 4 for numbers in acked.values())
    for listener in listeners:
        for writer, numbers in acked.items():
            told = [number for number in listener.numbers[writer] if number in set(numbers)]
            assert told == numbers


async def _disturb(
    redis: RedisServer, living: list[str], doomed: str, process: subprocess.Popen[str]
) -> tuple[dict[int, list[int]], list[Listener]]:
    """Return the numbers that were acknowledged, by writer, and the clients of living servers."""
    acked: dict[int, list[int]] = {writer: [] for writer in range(WRITERS)}
    turn = asyncio.Event()

    async def write(writer: int, socket: ClientSocket) -> None:
        for number in range(NUMBERS):
            try:
                answer = await socket.timeout(5).emit_with_ack(
                    "do", "emit", EVERYBODY, writer, number
                )
            except AckordError:
                continue
            if answer is None:
                acked[writer].append(number)
            turn.set()

    async def restart() -> None:
        await asyncio.to_thread(redis.stop)
        await asyncio.to_thread(redis.start)

    async with AsyncExitStack() as stack:

        async def connect(url: str, name: str) -> ClientSocket:
            manager = await stack.enter_async_context(Manager(url))
            return await stack.enter_async_context(manager.socket("/", auth={"name": name}))

        listeners = [
            Listener(await connect(living[number % 3], f"listener {number}"))
            for number in range(CLIENTS)
        ]
        manager = await stack.enter_async_context(Manager(doomed, reconnection=False))
        await stack.enter_async_context(manager.socket("/", auth={"name": "doomed"}))
        sockets = [await connect(living[writer % 2], f"w {writer}") for writer in range(WRITERS)]
        writing = [asyncio.ensure_future(write(*pair)) for pair in enumerate(sockets)]

        async def reach(number: int) -> None:
            while min(map(len, acked.values())) < number and not all(t.done() for t in writing):
                turn.clear()
                await turn.wait()

        await reach(NUMBERS // 10)
        await restart()
        process.send_signal(signal.SIGKILL)
        await reach(NUMBERS // 5)
        await restart()
        await asyncio.gather(*writing)
        await _catch_up(sockets[0], listeners)
    return acked, listeners


async def _catch_up(socket: ClientSocket, listeners: list[Listener]) -> None:
    """Emit numbers that nobody counts, until the last client has heard one of them."""
    for number in range(NUMBERS, NUMBERS + 300):
        with suppress(AckordError):
            await socket.timeout(5).emit_with_ack("do", "emit", EVERYBODY, 0, number)
        await asyncio.sleep(0.1)
        if all(number in listener.numbers[0] for listener in listeners):
            return
    pytest.fail("a client doesn't catch up")
