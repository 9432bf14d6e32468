from __future__ import annotations

import asyncio
import queue
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.testing import DeadlockError, clock, run


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

    with pytest.raises(
        DeadlockError, match=r"(?s)nothing is left.*the waiting one waits in .*wait"
    ):
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


@pytest.mark.parametrize("with_timer", [False, True], ids=["nothing else", "heartbeats beside"])
@pytest.mark.parametrize("pooled", [False, True], ids=["thread", "executor of its own"])
def test_what_a_foreign_thread_does_is_waited_for(*, with_timer: bool, pooled: bool) -> None:
    async def scenario() -> list[int]:
        loop = asyncio.get_running_loop()
        asked: queue.SimpleQueue[asyncio.Future[int] | None] = queue.SimpleQueue()

        def work() -> None:  # as aiosqlite's thread does
            while (future := asked.get()) is not None:
                threading.Event().wait(0.005)
                loop.call_soon_threadsafe(future.set_result, 7)

        async def beat() -> None:
            while True:  # noqa: ASYNC110  # heartbeats
                await asyncio.sleep(25)

        pool = ThreadPoolExecutor(1)
        if pooled:
            pool.submit(work)
        else:
            threading.Thread(target=work).start()
        beating = asyncio.create_task(beat()) if with_timer else None
        results: list[int] = []
        try:
            for _ in range(5):
                future: asyncio.Future[int] = loop.create_future()
                asked.put(future)
                results.append(await future)
            assert loop.time() < 100
        finally:
            asked.put(None)
            pool.shutdown()
            if beating is not None:
                beating.cancel()
        return results

    assert run(scenario()) == [7] * 5


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a thread does")
def test_the_clock_stands_still_while_a_foreign_thread_computes() -> None:
    async def scenario() -> float:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def compute() -> None:  # far longer than the grace, whatever the machine
            while time.thread_time() < 10 * clock.THREAD_GRACE:
                pass
            loop.call_soon_threadsafe(future.set_result, None)

        threading.Thread(target=compute).start()
        async with asyncio.timeout(1):
            await future
        return loop.time()

    assert run(scenario()) == 0


def test_a_thread_that_waits_for_the_loop_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "THREAD_PATIENCE", 1.0)

    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        def wait_for_the_loop() -> None:
            asyncio.run_coroutine_threadsafe(asyncio.sleep(10), loop).result()

        await asyncio.to_thread(wait_for_the_loop)

    run(scenario())


def test_a_deadlock_beside_threads_names_them_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "THREAD_PATIENCE", 0.01)
    done = threading.Event()

    async def scenario() -> None:
        threading.Thread(target=done.wait, name="busy").start()
        await asyncio.get_running_loop().create_future()

    try:
        with pytest.raises(DeadlockError, match=r"other threads: .*busy.*asyncio\.run"):
            run(scenario())
    finally:
        done.set()
