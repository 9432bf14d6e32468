from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.asgi_types import Message
from ackord.runtime.bounds.memory import Part
from ackord.runtime.testing.clock import run
from ackord.runtime.websocket.asgi import AsgiWebSocket
from ackord.runtime.websocket.pump import Pump


class Line:
    """One accepted WebSocket and what it has sent; nothing goes out while `free` isn't set."""

    def __init__(self, pump: Pump, tasks: set[asyncio.Task[Any]]) -> None:
        self.sent: list[str] = []
        self.free = asyncio.Event()
        self.free.set()
        self._tasks = tasks
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.websocket = AsgiWebSocket(self._send, pump)
        self.runner = asyncio.create_task(self.websocket.run(self._incoming.get, self))

    async def _send(self, message: Message) -> None:
        if message["type"] != "websocket.accept":
            task = asyncio.current_task()
            assert task is not None
            self._tasks.add(task)
            async with asyncio.timeout(1000):  # what an ASGI server may do, and only a task allows
                await self.free.wait()
            self.sent.append(message.get("text", "close"))

    def receive(self, message: str | bytes) -> bool:
        raise AssertionError("nothing comes in")

    def hold(self, part: Part, size: int) -> None:
        pass

    def oversized(self, size: int | None) -> None:
        pass

    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        pass

    async def ready(self) -> None:
        pass


async def lines(count: int) -> tuple[list[Line], set[asyncio.Task[Any]]]:
    tasks: set[asyncio.Task[Any]] = set()
    pump = Pump()
    opened = [Line(pump, tasks) for _ in range(count)]
    await asyncio.sleep(0.001)
    return opened, tasks


def test_a_broadcast_takes_one_task_for_all() -> None:
    async def scenario() -> None:
        opened, tasks = await lines(1000)
        for number in range(3):
            for line in opened:
                line.websocket.send(f"4{number}")
        await asyncio.sleep(0.001)
        assert all(line.sent == ["40", "41", "42"] for line in opened)
        assert len(tasks) == 1

    run(scenario())


@pytest.mark.parametrize("blocked", [1, 7])
def test_those_that_do_not_read_hold_up_nobody_else_and_keep_their_order(blocked: int) -> None:
    async def scenario() -> None:
        opened, tasks = await lines(100)
        slow, quick = opened[:blocked], opened[blocked:]
        for line in slow:
            line.free.clear()
        for number in range(3):
            for line in opened:
                line.websocket.send(f"4{number}")
            await asyncio.sleep(0.001)
        assert all(line.sent == ["40", "41", "42"] for line in quick)
        assert all(line.sent == [] and line.websocket.buffered == 6 for line in slow)
        assert sum(not task.done() for task in tasks) == blocked
        for line in slow:
            line.free.set()
        await asyncio.sleep(0.001)
        assert all(line.sent == ["40", "41", "42"] for line in slow)
        assert all(task.done() for task in tasks)

    run(scenario())


def test_dropping_one_that_does_not_read_leaves_the_others_alone() -> None:
    async def scenario() -> None:
        opened, tasks = await lines(5)
        opened[0].free.clear()
        for line in opened:
            line.websocket.send("4a")
        await asyncio.sleep(0)  # the first waits for its network, and the others for the next turn
        opened[0].websocket.abort()
        await asyncio.sleep(0.001)
        assert [line.sent for line in opened] == [[], ["4a"], ["4a"], ["4a"], ["4a"]]
        assert all(task.done() for task in tasks)
        await opened[0].runner

    run(scenario())


def test_what_is_written_while_the_network_is_full_goes_out_when_it_is_free_again() -> None:
    async def scenario() -> None:
        [line], _ = await lines(1)
        line.free.clear()
        line.websocket.send("4a")
        await asyncio.sleep(1)
        line.websocket.send("4b")
        line.websocket.close()
        await asyncio.sleep(1)
        line.free.set()
        await asyncio.sleep(1)
        assert line.sent == ["4a", "4b", "close"]
        line.websocket.abort()
        await line.runner

    run(scenario())


def test_a_pump_that_was_cut_off_with_its_event_loop_works_in_the_next() -> None:
    pump = Pump()

    async def cut_off() -> None:
        line = Line(pump, set())
        await asyncio.sleep(0)
        line.websocket.send("4lost")

    async def scenario() -> None:
        line = Line(pump, set())
        await asyncio.sleep(0)
        line.websocket.send("4a")
        await asyncio.sleep(0.001)
        assert line.sent == ["4a"]
        line.websocket.abort()
        await line.runner

    asyncio.run(cut_off())
    asyncio.run(scenario())
