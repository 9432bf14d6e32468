"""An event loop with virtual time: hours of timeouts and heartbeats take no real time."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

from ackord.runtime.errors import UsageError
from typing_extensions import override

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_EXECUTOR = "asyncio"
"""How the names of threads begin of the executor that a loop makes when somebody needs one. A loop
that has an executor takes a thread to end it.
"""

THREAD_PATIENCE = 5.0
"""Real seconds that a run waits for threads at most, if nothing else is left to do, or an executor
works.
"""

THREAD_GRACE = 0.02
"""Real seconds in which other threads may wake a task before the clock jumps."""

DEFAULT_LIMIT = 3600.0
"""Virtual seconds that a run may take; a test with an hour of heartbeats and nothing else waits for
ever.
"""


class DeadlockError(AssertionError):
    """Every task waits and nothing can wake one, or the virtual time is over."""


def run(
    main: Coroutine[Any, Any, T], *, limit: float = DEFAULT_LIMIT, debug: bool | None = None
) -> T:
    """Run a coroutine on a `VirtualClockLoop` and return its result, as `asyncio.run` does on the
    real clock.

    Whenever every task waits, the time jumps to the next timer. `limit` is the number of virtual
    seconds that the run may take.

    Raises:
        DeadlockError: No timer is left to jump to, or the limit was reached; the message lists what
            each task waits for.
    """
    with asyncio.Runner(loop_factory=lambda: VirtualClockLoop(limit=limit), debug=debug) as runner:
        return runner.run(main)


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose `time()` begins at zero and jumps to the next timer instead of
    waiting for it.

    It refuses network I/O, because virtual time would pass while the network works. The clock
    stands still while an executor works (`asyncio.to_thread`), for up to `THREAD_PATIENCE` real
    seconds. Other threads that were started during the run, such as those of aiosqlite, have
    `THREAD_GRACE` real seconds before each jump of the clock, and `THREAD_PATIENCE` if there is no
    timer to jump to, or if the system (Linux) says that they use the CPU or the disk.
    """

    def __init__(self, *, limit: float = DEFAULT_LIMIT) -> None:
        """Make a loop that may live for `limit` virtual seconds."""
        self._virtual_now = 0.0
        self._limit = limit
        self._threads = 0
        self._older_threads = set(threading.enumerate())
        super().__init__(_JumpingSelector(self))

    @override
    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._virtual_now

    @override
    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run a function in a thread; the clock stands still meanwhile."""
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_done)
        return future

    @override
    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the threads to end; the clock stands still meanwhile."""
        self._threads += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._threads -= 1

    def patience(self, timeout: float | None) -> float:
        """Return the real seconds in which threads may wake a task before the clock jumps by
        `timeout` seconds.
        """
        if self._threads > 0:
            return THREAD_PATIENCE
        if not self._foreign_threads():
            return 0.0
        return THREAD_PATIENCE if timeout is None else THREAD_GRACE

    def has_busy_thread(self) -> bool:
        """Return whether a thread that was started during the run uses the CPU or the disk, as far
        as the system tells.
        """
        return any(_is_busy(thread) for thread in self._foreign_threads())

    def _foreign_threads(self) -> list[threading.Thread]:
        """Return the threads that were started during the run, without those of the default
        executor, which are counted.
        """
        return [
            thread
            for thread in threading.enumerate()
            if thread not in self._older_threads and not thread.name.startswith(_EXECUTOR)
        ]

    def jump(self, timeout: float | None) -> None:
        """Move the clock by `timeout` seconds; `None` means that no timer is left.

        Raises:
            DeadlockError: There is no timer, or the limit is reached.
        """
        if timeout is None:
            raise DeadlockError(
                "deadlock: nothing is left that could wake a task\n"
                + self._describe_tasks()
                + self._describe_threads()
            )
        self._virtual_now += timeout
        if self._virtual_now > self._limit:
            # Closing the loop may need timers of its own, so the clock mustn't stay beyond its
            # limit.
            limit, self._limit = self._limit, float("inf")
            raise DeadlockError(
                f"not finished after {limit:g} seconds of virtual time\n"
                + self._describe_tasks()
                + self._describe_threads()
            )

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self._threads -= 1

    def _describe_threads(self) -> str:
        others = [
            thread for thread in threading.enumerate() if thread is not threading.current_thread()
        ]
        if not others:
            return ""
        names = ", ".join(sorted(thread.name for thread in others)[:10])
        return (
            f"\nother threads: {names}; virtual time waits for threads up to "
            f"{THREAD_PATIENCE:g} real seconds, and only for those that were begun "
            "in the run: run a scenario that needs more with asyncio.run"
        )

    def _describe_tasks(self) -> str:
        return "\n".join(sorted(_describe(task) for task in asyncio.all_tasks(self)))


def _is_busy(thread: threading.Thread) -> bool:
    """Return whether Linux says that a thread is running, or would be on a machine with less to
    do, or waits for the disk (proc(5), `/proc/pid/stat`).
    """
    try:
        with open(f"/proc/self/task/{thread.native_id}/stat", "rb") as file:  # noqa: PTH123 - of Linux
            state = file.read().rpartition(b")")[2].split()[0]
    except OSError:  # another system, or the thread has ended
        return False
    return state in {b"R", b"D"}


def _describe(task: asyncio.Task[Any]) -> str:
    """Name a task and the innermost line that it waits in."""
    stack = task.get_stack()
    if not stack:
        return f"  {task.get_name()}"
    coroutine: Any = task.get_coro()
    while (inner := getattr(coroutine, "cr_await", None)) is not None and hasattr(
        inner, "cr_frame"
    ):
        coroutine = inner
    frame = coroutine.cr_frame
    return (
        f"  {task.get_name()} waits in {coroutine.__qualname__}, line {frame.f_lineno} of "
        f"{frame.f_code.co_filename}"
    )


class _JumpingSelector(selectors.BaseSelector):
    """Polls for I/O without waiting, and makes the loop's clock jump instead."""

    def __init__(self, loop: VirtualClockLoop) -> None:
        self._loop = loop
        self._inner = selectors.DefaultSelector()

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        # The loop's own wake-up pipe is registered first; anything after it is network I/O.
        if self._inner.get_map():
            raise UsageError(
                "no network I/O in virtual time; join the client to the server in memory, "
                "with ackord.runtime.testing.Link"
            )
        return self._inner.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    @override
    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0 if timeout == 0 else self._loop.patience(timeout))
        if ready or timeout == 0:
            return ready
        for _ in range(round(THREAD_PATIENCE / THREAD_GRACE)):
            if not self._loop.has_busy_thread():
                break
            if ready := self._inner.select(THREAD_GRACE):
                return ready
        self._loop.jump(timeout)
        return ready

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    @override
    def close(self) -> None:
        self._inner.close()
