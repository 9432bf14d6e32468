"""The start and the stop of a server, with the application's hooks before the first client and
after the last one.

The rules:

- Hooks of the start run in the order of registration, hooks of the stop in the opposite order.
- A start that fails is undone: the hooks of the stop that were registered before the hook that
  failed run, because what they close may be open already. Of a namespace that is ``on_stop`` after
  its own ``on_start``.
- What a hook of the start raises is the error of the start. What hooks of the stop raise is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeAlias, TypeVar

from ackord.runtime.containment import contain_awaited
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.errors import UsageError
from ackord.runtime.hosting.signals import StopSignals
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.tasks import start_later
from typing_extensions import override

LifeHook: TypeAlias = Callable[[], Awaitable[None] | None]
"""A plain function or a coroutine function without arguments."""

LifeHookT = TypeVar("LifeHookT", bound=LifeHook)

DRAIN_TIMEOUT: Final = 5.0
"""Default seconds for running handlers when the server stops."""


class _Hook(NamedTuple):
    run: LifeHook
    is_of_start: bool


class Lifetime:
    """Starts and stops one server. Several hosts, lifespans and applications may do so; each hook
    runs once.
    """

    __slots__ = (
        "_drain",
        "_draining",
        "_engine",
        "_hooks",
        "_is_started",
        "_is_stopped",
        "_log",
        "_signals",
        "_start_adapters",
    )

    def __init__(
        self,
        engine: EngineServer,
        start_adapters: Callable[[], Coroutine[Any, Any, None]],
        drain: Callable[[float], Coroutine[Any, Any, None]],
        log: LimitedLog,
    ) -> None:
        """Take the engine that is opened, what starts the adapters after the hooks of the start,
        and what ends all connections within a number of seconds.
        """
        self._log = log
        self._engine = engine
        self._start_adapters = start_adapters
        self._drain = drain
        self._hooks: list[_Hook] = []
        self._is_started = False
        self._is_stopped = False
        self._draining: asyncio.Task[None] | None = None
        self._signals: StopSignals | None = None

    def on_startup(self, hook: LifeHookT) -> LifeHookT:
        """Run `hook` at each start; see `Server.on_startup`."""
        if self._is_started:
            raise UsageError("the server has started: register what runs at its start before that")
        self._hooks.append(_Hook(hook, is_of_start=True))
        return hook

    def on_shutdown(self, hook: LifeHookT) -> LifeHookT:
        """Run `hook` at each stop; see `Server.on_shutdown`."""
        self._hooks.append(_Hook(hook, is_of_start=False))
        return hook

    async def start(self, drain_timeout: float) -> None:
        """Run the hooks of the server's start and open it; a second call does nothing.

        When the host is asked to stop, the server is drained at once, because the host may wait for
        parked polls before it stops the application.

        Raises:
            UsageError: the server works in another event loop that still runs.
            Exception: a hook raised it, which a note names; what had started is stopped again, and
                no connection is accepted.
        """
        self._engine.server_loop.enter()
        if self._is_started:
            return
        self._is_started, self._is_stopped = True, False
        try:
            await self._run_start()
        except BaseException:
            self._is_started = False
            self._engine.stop_accepting()
            raise
        self._engine.open()
        loop = asyncio.get_running_loop()
        self._signals = StopSignals(
            lambda: loop.call_soon_threadsafe(self._begin_drain, drain_timeout)
        )
        self._signals.watch()

    async def _run_start(self) -> None:
        begun: list[_Hook] = []
        try:
            for hook in self._hooks:
                if hook.is_of_start:
                    await _run_named(hook.run)
                begun.append(hook)
            await self._start_adapters()
        except BaseException:
            await self._run_stop(begun)
            raise

    async def _run_stop(self, hooks: Iterable[_Hook]) -> None:
        for hook in reversed([each.run for each in hooks if not each.is_of_start]):
            try:
                await _run(hook)
            except BaseException as error:  # noqa: BLE001  # a hook of the application: the others run all the same
                contain_awaited(error)
                self._log.crash("A hook of on_shutdown", error)

    async def stop(self, drain_timeout: float) -> None:
        """Drain the server, then run the hooks of its stop, the latest one first; a second call
        does nothing.

        Exceptions of a hook are logged, and the others still run.
        """
        if self._is_stopped:
            return
        self._is_stopped = True
        if self._signals is not None:
            self._signals.close()
        try:
            await asyncio.shield(self._begin_drain(drain_timeout))
        finally:
            self._draining = None
            if self._is_started:
                self._is_started = False
                await self._run_stop(self._hooks)

    def _begin_drain(self, timeout: float) -> asyncio.Task[None]:
        if self._draining is None:
            self._draining = start_later(asyncio.get_running_loop(), self._drain(timeout))
        return self._draining

    def discard(self) -> None:
        """Forget that the server has started: its event loop has ended."""
        self._is_started = self._is_stopped = False
        self._draining = None
        if self._signals is not None:
            self._signals.close()
            self._signals = None


class Lifespan(AbstractAsyncContextManager[None]):
    """A server's start and stop as an asynchronous context manager; called with an application, as
    Starlette's `lifespan` is, it is its own.
    """

    __slots__ = ("_drain_timeout", "_lifetime")

    def __init__(self, lifetime: Lifetime, drain_timeout: float) -> None:
        self._lifetime = lifetime
        self._drain_timeout = drain_timeout

    def __call__(self, app: Any) -> Self:  # noqa: ARG002  # the application that calls it
        """Return the context manager for an application."""
        return self

    @override
    async def __aenter__(self) -> None:
        """Start the server."""
        await self._lifetime.start(self._drain_timeout)

    @override
    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the server."""
        await self._lifetime.stop(self._drain_timeout)


async def _run(hook: LifeHook) -> None:
    result: Any = hook()
    if hasattr(result, "__await__"):
        await result


async def _run_named(hook: LifeHook) -> None:
    try:
        await _run(hook)
    except Exception as error:
        name = getattr(hook, "__qualname__", repr(hook))
        error.add_note(f"{name}, a hook of the server's start, raised this: the server can't start")
        raise
