"""Waits for the ASGI server that something else ends, and cancellations that nobody may lose."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.asgi_types import Message
from ackord.runtime.polling.interruption import Interruption
from ackord.runtime.testing.clock import run

DISCONNECT: Message = {"type": "http.disconnect"}


async def never() -> Message:
    await asyncio.get_running_loop().create_future()
    return DISCONNECT


async def later() -> Message:
    await asyncio.sleep(1)
    return DISCONNECT


class Waiter:
    """A task that waits, and what became of it."""

    def __init__(self, receive: Callable[[], Awaitable[Message]]) -> None:
        self._receive = receive
        self.interruption: Interruption | None = None
        self.messages: list[Message | None] = []
        self.cancelling = -1
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        interruption = self.interruption = Interruption(self._receive, asyncio.get_running_loop())
        try:
            self.messages.append(await interruption.wait())
            self.messages.append(await interruption.wait())
        finally:
            task = asyncio.current_task()
            assert task is not None
            self.cancelling = task.cancelling()

    def interrupt(self) -> None:
        assert self.interruption is not None
        self.interruption.interrupt()


def play(scenario: Callable[[], Awaitable[Any]]) -> None:
    async def main() -> None:
        await scenario()

    run(main())


def test_messages_come_through() -> None:
    async def scenario() -> None:
        waiter = Waiter(later)
        await waiter.task
        assert waiter.messages == [DISCONNECT] * 2

    play(scenario)


def test_an_interruption_ends_this_wait_and_all_later_ones_and_leaves_no_trace() -> None:
    async def scenario() -> None:
        waiter = Waiter(never)
        await asyncio.sleep(1)
        waiter.interrupt()
        waiter.interrupt()
        await waiter.task
        assert (waiter.messages, waiter.cancelling) == ([None, None], 0)

    play(scenario)


def test_an_interruption_between_two_waits_ends_the_second_before_it_begins() -> None:
    async def scenario() -> None:
        interruption = Interruption(never, asyncio.get_running_loop())
        interruption.interrupt()
        assert await interruption.wait() is None

    play(scenario)


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_who_cancels_the_task_at_the_same_time_has_his_way(*, cancelled_first: bool) -> None:
    async def scenario() -> None:
        waiter = Waiter(never)
        await asyncio.sleep(1)
        for step in (
            (waiter.task.cancel, waiter.interrupt)
            if cancelled_first
            else (waiter.interrupt, waiter.task.cancel)
        ):
            step()
        with pytest.raises(asyncio.CancelledError):
            await waiter.task
        assert (waiter.messages, waiter.cancelling) == ([], 1)

    play(scenario)


def test_who_cancels_the_task_alone_has_his_way() -> None:
    async def scenario() -> None:
        waiter = Waiter(never)
        await asyncio.sleep(1)
        waiter.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter.task

    play(scenario)


def test_a_message_that_comes_at_the_same_time_is_lost_and_the_interruption_is_not() -> None:
    async def scenario() -> None:
        waiter = Waiter(later)
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(1, waiter.interrupt)
        await waiter.task
        assert waiter.messages[-1] is None
        assert waiter.cancelling == 0

    play(scenario)


def test_a_timeout_around_it_still_works() -> None:
    async def scenario() -> None:
        interruption = Interruption(never, asyncio.get_running_loop())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await interruption.wait()
        asyncio.get_running_loop().call_later(1, interruption.interrupt)
        async with asyncio.timeout(5):
            assert await interruption.wait() is None

    play(scenario)


def test_outside_a_task_there_is_nothing_to_interrupt() -> None:
    async def scenario() -> None:
        errors: list[str] = []

        def outside() -> None:
            try:
                Interruption(never, asyncio.get_running_loop())
            except RuntimeError as exc:
                errors.append(str(exc))

        asyncio.get_running_loop().call_soon(outside)
        await asyncio.sleep(1)
        assert errors == ["an ASGI application must run in a task"]

    play(scenario)
