"""Whatever makes the application's tasks: ours begin in a later turn of the event loop, and events
are handled as ever.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import ContextVar, copy_context
from typing import Any, Final, TypeAlias

import pytest
from ackord.runtime.client import connect
from ackord.runtime.server import Server, Socket
from ackord.runtime.tasks import start_later
from ackord.runtime.testing import Link, run

Factory: TypeAlias = Callable[..., asyncio.Task[Any]]

_number: Final[ContextVar[int]] = ContextVar("_number", default=0)


def begin_at_once(
    loop: Any, coroutine: Coroutine[Any, Any, Any], **options: Any
) -> asyncio.Task[Any]:
    """Make a task and take its first step, as `asyncio.eager_task_factory` does, which Python 3.11
    hasn't.
    """
    task = asyncio.Task(coroutine, loop=loop, **options)
    if not loop.is_running():
        return task
    first_step = loop._ready.pop()
    outer = asyncio.current_task(loop)
    if outer is not None:
        asyncio._leave_task(loop, outer)
    first_step._run()
    if outer is not None:
        asyncio._enter_task(loop, outer)
    return task


def make_as_ever(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
) -> asyncio.Task[Any]:
    """Make a task as event loops do, but by a factory, as tools do that watch tasks."""
    return asyncio.Task(coroutine, loop=loop, **options)


def make_in_python(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **options: Any
) -> asyncio.Task[Any]:
    """Make a task of the kind that asyncio has where there is no C."""
    task: asyncio.Task[Any] = vars(asyncio.tasks)["_PyTask"](coroutine, loop=loop, **options)
    return task


_EAGER: Final[Factory | None] = getattr(asyncio, "eager_task_factory", None)
FACTORIES: Final[list[Factory | None]] = [None, make_as_ever, begin_at_once]
if _EAGER is not None:
    FACTORIES.append(_EAGER)
if sys.version_info < (
    3,
    14,
):  # from then on `asyncio.current_task` itself doesn't know such tasks, nor does `asyncio.timeout`
    FACTORIES.append(make_in_python)


@pytest.fixture(params=FACTORIES, ids=lambda factory: getattr(factory, "__qualname__", "none"))
def factory(request: pytest.FixtureRequest) -> Any:
    return request.param


def run_with(factory: Any, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def with_factory() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        await main()

    run(with_factory())


@pytest.mark.parametrize(
    "eager",
    [factory for factory in FACTORIES if factory not in (None, make_as_ever, make_in_python)],
)
def test_these_factories_begin_at_once(eager: Any) -> None:
    async def main() -> None:
        begun: list[int] = []

        async def begin() -> None:
            begun.append(1)
            await asyncio.sleep(0)
            begun.append(2)

        task = asyncio.create_task(begin())
        assert begun == [1]
        await task
        assert begun == [1, 2]

    run_with(eager, main)


def test_a_task_begins_after_it_was_made_and_has_its_result_and_its_context(factory: Any) -> None:
    async def main() -> None:
        begun: list[asyncio.Task[int] | None] = []

        async def double() -> int:
            begun.append(asyncio.current_task())
            await asyncio.sleep(1)
            return _number.get() * 2

        context = copy_context()
        context.run(_number.set, 21)
        task = start_later(asyncio.get_running_loop(), double(), context)
        assert not begun
        assert await task == 42
        assert begun == [task]

    run_with(factory, main)


def test_a_task_that_is_cancelled_before_it_begins_never_does(
    factory: Any, recwarn: pytest.WarningsRecorder
) -> None:
    async def main() -> None:
        async def fail() -> None:
            raise AssertionError("it has begun")

        task = start_later(asyncio.get_running_loop(), fail())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_with(factory, main)
    assert not recwarn.list  # of a coroutine that was never awaited


def test_events_are_handled_in_order_by_one_task_and_answered(factory: Any) -> None:
    handled: list[tuple[int, asyncio.Task[Any] | None]] = []
    server = Server()

    @server.on("connection")
    async def connected(socket: Socket) -> None:
        @socket.on("wait")
        async def wait(number: int, seconds: float) -> int:
            async with asyncio.timeout(10):
                await asyncio.sleep(seconds)
            handled.append((number, asyncio.current_task()))
            return number

        @socket.on("concurrently", concurrent=True)
        async def concurrently(number: int) -> int:
            handled.append((number, None))
            return number

        await asyncio.sleep(1)

    async def main() -> None:
        async with connect("http://test", connector=Link(server)) as client:
            waits = [
                client.emit_with_ack("wait", number, seconds)
                for number, seconds in enumerate((2, 0, 1))
            ]
            assert await asyncio.gather(*waits, client.emit_with_ack("concurrently", 3)) == [
                0,
                1,
                2,
                3,
            ]
            assert await client.emit_with_ack("wait", 4, 0) == 4

    run_with(factory, main)
    assert [number for number, _ in handled] == [3, 0, 1, 2, 4]
    assert len({task for number, task in handled if number != 3}) == 1
