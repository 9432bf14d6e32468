"""Handlers that run as far as they get before the next packet is read, in the name of their
socket's task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any

import pytest
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.testing import RawPeer

from tests.runtime.server.stage import Stage, play

Listener = Callable[..., Coroutine[Any, Any, Any]]


def serve(limits: Limits | None = None, **listeners: Listener) -> Server:
    server = Server(limits=limits)

    async def warm() -> None:
        """The first event of a socket starts its task; those after it need no turn of the event
        loop.
        """

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("warm", warm)
        for name, listener in listeners.items():
            socket.on(name, listener)

    return server


async def join(stage: Stage) -> RawPeer:
    peer, _ = await stage.join()
    await peer.send('420["warm"]')
    await peer.expect("430[]")
    return peer


def test_a_handler_that_waits_for_nothing_answers_before_the_next_event_begins() -> None:
    log: list[str] = []

    async def note(text: str) -> str:
        log.append(f"begin {text}")
        asyncio.get_running_loop().call_soon(log.append, f"turn after {text}")
        log.append(f"end {text}")
        return text

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('421["note","a"]', '422["note","b"]')
        await peer.expect('431["a"]', '432["b"]')
        assert [entry for entry in log if not entry.startswith("turn")] == [
            "begin a",
            "end a",
            "begin b",
            "end b",
        ]

    play(serve(note=note), scenario)


def test_events_behind_a_handler_that_waits_keep_their_order() -> None:
    log: list[int] = []

    async def slow(number: int) -> int:
        if number % 3 == 0:
            await asyncio.sleep(1)
        elif number % 3 == 1:
            await asyncio.sleep(0)
        log.append(number)
        return number

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send(*(f'42{number}["slow",{number}]' for number in range(30)))
        await peer.expect(*(f"43{number}[{number}]" for number in range(30)))
        assert log == list(range(30))
        assert next(iter(stage.server.connections)).backlog.events == 0

    play(serve(slow=slow), scenario)


def test_the_current_task_is_the_same_before_and_after_the_first_wait_and_nobody_elses() -> None:
    seen: list[asyncio.Task[Any] | None] = []

    async def tasks() -> None:
        seen.append(asyncio.current_task())
        await asyncio.sleep(1)
        seen.append(asyncio.current_task())

    async def scenario(stage: Stage) -> None:
        here = asyncio.current_task()
        for _ in range(2):
            peer = await join(stage)
            await peer.send('421["tasks"]')
            await peer.expect("431[]")
        assert asyncio.current_task() is here
        first, again, second, _ = seen
        assert first is again is not None
        assert first is not second
        assert here not in seen

    play(serve(tasks=tasks), scenario)


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_timeout_that_begins_in_the_first_step_ends_the_wait(seconds: float) -> None:
    async def bounded() -> str:
        try:
            async with asyncio.timeout(seconds):
                await asyncio.sleep(9)
        except TimeoutError:
            task = asyncio.current_task()
            assert task is not None
            return f"timeout, {task.cancelling()}"
        return "none"

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        for _ in range(3):
            await peer.send('421["bounded"]')
            await peer.expect('431["timeout, 0"]')

    play(serve(bounded=bounded), scenario)


def test_a_task_group_that_begins_in_the_first_step_cancels_its_handler() -> None:
    async def fail() -> None:
        raise LookupError("one of the group")

    async def group() -> str:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
                await asyncio.sleep(9)
        except ExceptionGroup as errors:
            return str(errors.exceptions[0])
        return "none"

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        for _ in range(2):
            await peer.send('421["group"]')
            await peer.expect('431["one of the group"]')

    play(serve(group=group), scenario)


def test_a_handler_may_cancel_its_own_task() -> None:
    async def cancel(waits: bool) -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        if waits:
            await asyncio.sleep(9)
        return "unharmed"

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('421["cancel",false]', '422["cancel",true]', '423["cancel",false]')
        await peer.expect('431["unharmed"]')
        await peer.expect('432[{"error":{"code":"internal","message":"The handler failed"}}]')
        await peer.expect('433["unharmed"]')

    play(serve(cancel=cancel), scenario)


def test_a_handler_that_is_cancelled_just_after_its_first_step_learns_of_it_where_it_waits() -> (
    None
):
    inner: list[asyncio.Future[None]] = []
    log: list[str] = []

    async def wait() -> str:
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        inner.append(loop.create_future())
        loop.call_soon(task.cancel)  # before the task has had a turn
        try:
            await inner[-1]
        except asyncio.CancelledError:
            log.append(f"cancelled, and so is what it waited for: {inner[-1].cancelled()}")
            task.uncancel()
            await asyncio.sleep(1)
        return "went on"

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('421["wait"]')
        await peer.expect('431["went on"]')
        assert log == ["cancelled, and so is what it waited for: True"]

    play(serve(wait=wait), scenario)


VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="nothing")


def test_no_event_sees_what_another_left_in_its_context() -> None:
    async def remember(text: str, waits: bool) -> str:
        found = VARIABLE.get()
        VARIABLE.set(text)
        if waits:
            await asyncio.sleep(1)
        assert VARIABLE.get() == text
        assert await asyncio.create_task(asyncio.sleep(0, VARIABLE.get())) == text
        return found

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send(
            *(
                f'42{number}["remember","{number}",{waits}]'
                for number, waits in enumerate(("false", "true", "true", "false"))
            )
        )
        await peer.expect(*(f'43{number}["nothing"]' for number in range(4)))
        assert VARIABLE.get() == "nothing"

    play(serve(remember=remember), scenario)


@pytest.mark.parametrize("waits", [False, True])
def test_every_event_sees_what_its_connection_was_opened_with(waits: bool) -> None:
    async def look() -> str:
        if waits:
            await asyncio.sleep(1)
        return VARIABLE.get()

    async def scenario(stage: Stage) -> None:
        token = VARIABLE.set("something")
        peer = await join(stage)
        VARIABLE.reset(token)
        for _ in range(2):
            await peer.send('421["look"]')
            await peer.expect('431["something"]')

    play(serve(look=look), scenario)


def test_what_waited_no_longer_counts_once_it_is_handled() -> None:
    async def slow(text: str) -> int:
        await asyncio.sleep(1)
        return len(text)

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        (connection,) = stage.server.connections
        for _ in range(5):
            await peer.send(f'421["slow","{"x" * 400}"]')
            await peer.expect("431[400]")
            assert not connection.congested

    play(serve(Limits(queued_bytes=500), slow=slow), scenario)


@pytest.mark.parametrize("waits", [False, True])
def test_what_a_handler_raises_is_answered(waits: bool) -> None:
    async def fail() -> None:
        if waits:
            await asyncio.sleep(1)
        raise StopAsyncIteration("not for the peer")

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('421["fail"]', '422["warm"]')
        await peer.expect(
            '431[{"error":{"code":"internal","message":"The handler failed"}}]', "432[]"
        )

    play(serve(fail=fail), scenario)


@pytest.mark.parametrize("waits", [False, True])
def test_a_handler_that_disconnects_its_own_socket_runs_to_its_end(waits: bool) -> None:
    ends: list[str] = []
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("leave")
        async def leave() -> None:
            socket.disconnect()
            if waits:
                await asyncio.sleep(1)
            ends.append("handler")

        @socket.on("warm")
        async def warm() -> None:
            pass

        socket.on("disconnect", lambda: ends.append("disconnect"))

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('42["leave"]')
        await peer.expect("41")
        await asyncio.sleep(2)
        assert ends == ["disconnect", "handler"]
        assert len(server.environment.tasks) == 0

    play(server, scenario)


def test_a_socket_that_ends_in_the_first_step_of_a_handler_says_so_after_the_handler() -> None:
    log: list[str] = []
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("close")
        async def close() -> None:
            socket.conn.close(reason="transport close")
            log.append("handled")

        @socket.on("warm")
        async def warm() -> None:
            pass

        socket.on("disconnect", log.append)

    async def scenario(stage: Stage) -> None:
        peer = await join(stage)
        await peer.send('42["close"]', '42["warm"]')
        await asyncio.sleep(1)
        assert log == ["handled", "transport close"]
        assert len(server.environment.tasks) == 0

    play(server, scenario)
