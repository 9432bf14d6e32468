from __future__ import annotations

import asyncio
import gc
import socket
import time
import weakref

from ackord.runtime.engine.timers import AlarmClock
from ackord.runtime.testing.clock import run


def test_alarms_ring_at_their_times_and_in_their_order() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        rung: list[float] = []
        times = [number * 37 % 500 / 5 for number in range(500)]
        alarms = [clock.alarm(rung.append) for _ in times]
        for alarm, when in zip(alarms, times, strict=True):
            alarm.set(when)
        await asyncio.sleep(101)
        assert len(rung) == 500
        assert all(
            0 <= after - before < 0.01 for before, after in zip(sorted(times), rung, strict=True)
        )

    run(scenario())


def test_an_alarm_can_be_moved_earlier_and_later_and_switched_off() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        rung: list[float] = []
        alarm = clock.alarm(rung.append)
        alarm.set(10)
        alarm.set(20)
        alarm.set(5)
        alarm.set(15)
        await asyncio.sleep(30)
        assert rung == [15]
        alarm.set(40)
        alarm.set(None)
        await asyncio.sleep(30)
        assert rung == [15]
        alarm.set(70)
        await asyncio.sleep(30)
        assert rung == [15, 70]

    run(scenario())


def test_an_alarm_may_be_set_again_from_its_own_call() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        rung: list[float] = []

        def ring(at: float) -> None:
            rung.append(at)
            if len(rung) < 4:
                alarm.set(at + 10)

        alarm = clock.alarm(ring)
        alarm.set(10)
        await asyncio.sleep(100)
        assert rung == [10, 20, 30, 40]

    run(scenario())


def test_moving_an_alarm_later_again_and_again_does_not_fill_the_heap() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        alarm = clock.alarm(lambda _: None)
        for when in range(1, 10_000):
            alarm.set(when)
        assert clock.size == 1

    run(scenario())


def test_a_closed_alarm_lets_go_of_its_owner() -> None:
    class Owner:
        def ring(self, at: float) -> None:
            raise AssertionError

    async def scenario() -> None:
        clock = AlarmClock()
        owner = Owner()
        alarm = clock.alarm(owner.ring)
        alarm.set(10)
        alarm.close()
        reference = weakref.ref(owner)
        del owner
        gc.collect()
        assert reference() is None
        await asyncio.sleep(20)

    run(scenario())


def test_an_exception_of_one_alarm_does_not_stop_the_others() -> None:
    async def scenario() -> None:
        errors: list[object] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: errors.append(context["exception"])
        )
        clock = AlarmClock()
        rung: list[float] = []

        def broken(at: float) -> None:
            raise RuntimeError("broken")

        for callback in (broken, rung.append):
            clock.alarm(callback).set(10)
        await asyncio.sleep(20)
        assert rung
        assert [str(error) for error in errors] == ["broken"]

    run(scenario())


def test_what_came_in_while_the_process_stood_still_is_handled_before_alarms_ring() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        loop = asyncio.get_running_loop()
        here, there = socket.socketpair()
        order: list[str] = []

        async def receive() -> None:
            here.setblocking(False)
            await loop.sock_recv(here, 1)
            for _ in range(3):  # an ASGI server's message takes some turns of the loop
                await asyncio.sleep(0)
            order.append("read")

        with here, there:
            receiving = asyncio.create_task(receive())
            await asyncio.sleep(0)
            clock.alarm(lambda _: order.append("rung")).set(loop.time() + 0.01)
            there.send(b"x")
            time.sleep(0.2)  # noqa: ASYNC251 - this is the process that stands still
            await receiving
            assert clock.is_catching_up
            for _ in range(1000):
                await asyncio.sleep(0.01)
                if not clock.is_catching_up:
                    break
        assert order == ["read", "rung"]
        assert not clock.is_catching_up

    asyncio.run(scenario())


def test_alarms_that_were_closed_do_not_fill_the_heap() -> None:
    async def scenario() -> None:
        clock = AlarmClock()
        rung: list[float] = []
        kept = clock.alarm(rung.append)
        kept.set(5.0)
        for number in range(10_000):
            alarm = clock.alarm(rung.append)
            alarm.set(10.0 + number)
            alarm.close()
        assert clock.size < 200
        await asyncio.sleep(20_000)
        assert (rung, clock.size) == ([5.0], 0)

    run(scenario(), limit=100_000)
