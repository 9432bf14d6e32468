from __future__ import annotations

import asyncio
import time

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.testing import DeadlockError, run


def test_hours_pass_in_no_time() -> None:
    async def scenario() -> float:
        await asyncio.sleep(3000)
        return asyncio.get_running_loop().time()

    began = time.monotonic()
    assert run(scenario()) == 3000.0
    assert time.monotonic() - began < 100


def test_timers_run_in_the_order_of_time() -> None:
    async def scenario() -> list[int]:
        seen: list[int] = []

        async def note(seconds: int) -> None:
            await asyncio.sleep(seconds)
            seen.append(seconds)

        async with asyncio.TaskGroup() as group:
            for seconds in (3, 1, 2):
                group.create_task(note(seconds))
        return seen

    assert run(scenario()) == [1, 2, 3]


def test_a_timeout_happens_at_its_time() -> None:
    async def scenario() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7.5):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run(scenario()) == 7.5


def test_work_that_is_ready_goes_before_time() -> None:
    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        for _ in range(1000):
            await asyncio.sleep(0)
        return loop.time()

    assert run(scenario()) == 0.0


def test_waiting_for_nothing_is_an_error_that_names_the_tasks() -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(wait_for_ever(), name="the waiting one")

    with pytest.raises(DeadlockError, match=r"(?s)nothing is left.*the waiting one waits in .*wait"):
        run(scenario())


def test_a_scenario_that_goes_on_for_ever_is_ended() -> None:
    async def scenario() -> None:
        while True:  # noqa: ASYNC110 - nothing is waited for, as with heartbeats
            await asyncio.sleep(25)

    with pytest.raises(DeadlockError, match="100 seconds of virtual time"):
        run(scenario(), limit=100)


def test_cleaning_up_after_a_deadlock_may_take_time() -> None:
    cleaned: list[float] = []

    async def scenario() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1)
            cleaned.append(asyncio.get_running_loop().time())

    with pytest.raises(DeadlockError):
        run(scenario())
    assert cleaned == [1.0]


def test_the_clock_stands_still_while_a_thread_works() -> None:
    async def scenario() -> float:
        sleeping = asyncio.create_task(asyncio.sleep(100))
        await asyncio.to_thread(time.sleep, 0.05)
        moment = asyncio.get_running_loop().time()
        await sleeping
        return moment

    assert run(scenario()) == 0.0


def test_networks_are_refused() -> None:
    async def scenario() -> None:
        with pytest.raises(UsageError, match="in memory"):
            await asyncio.open_connection("127.0.0.1", 9)

    run(scenario())


def test_what_the_scenario_raises_comes_out() -> None:
    async def scenario() -> None:
        await asyncio.sleep(1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run(scenario())
