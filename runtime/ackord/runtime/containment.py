"""Containment of exceptions that the application's functions raise (docs/decisions/0023)."""

from __future__ import annotations

import asyncio
import logging
from types import TracebackType
from typing import Final, NoReturn
from weakref import WeakSet

from ackord.runtime.logs.limited import LimitedLog

_log = logging.getLogger("ackord.runtime")
_interrupted: Final[WeakSet[asyncio.AbstractEventLoop]] = WeakSet()
"""Event loops that have been told of a `KeyboardInterrupt`."""


def contain(error: BaseException) -> None:
    """Contain an exception of a listener, hook or middleware: it ends nothing but its own event,
    which the caller answers and logs.

    That goes for `SystemExit` and `GeneratorExit`, which libraries raise (`argparse` does), for
    `asyncio.CancelledError`, which a plain function raises by asking a cancelled future for its
    result, and for what derives from `BaseException` only, such as the outcomes of test frameworks.

    `KeyboardInterrupt` is Ctrl-C: it ends the program, but in the next turn of the event loop. Thus
    the event is answered first, and transports such as uvloop's don't take it for an error of their
    connection. Only the first one of an event loop ends the program; others, such as those of
    ``disconnect`` listeners whose clients are disconnected by the end, end their event only. They
    would break off `asyncio.Runner.close`, which cancels and awaits the remaining tasks. Tasks that
    nobody awaits log their end while the interpreter shuts down, where that may block for ever.

    Raises:
        GeneratorExit: the coroutine that awaited the application's function is being closed.
    """
    if is_closing(error):
        raise error
    if isinstance(error, KeyboardInterrupt):
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise error from None
        if loop not in _interrupted:
            _interrupted.add(loop)
            loop.call_soon(_interrupt, error)


def is_closing(error: BaseException) -> bool:
    """Tell whether the coroutine that has caught an exception is being closed; the application may
    raise `GeneratorExit`, too.

    Python closes what a coroutine awaits before it raises `GeneratorExit` in the coroutine itself:
    then no other frame is in the traceback. This must be called where the exception was caught
    first.
    """
    return isinstance(error, GeneratorExit) and (
        error.__traceback__ is None or error.__traceback__.tb_next is None
    )


def is_being_cancelled() -> bool:
    """Tell whether somebody cancelled the current task, so that an `asyncio.CancelledError` has to
    go on.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def contain_awaited(error: BaseException) -> None:
    """Do what `contain` does, and raise again the cancellation of the task that awaited the
    application's function.
    """
    contain(error)
    if isinstance(error, asyncio.CancelledError) and is_being_cancelled():
        raise error


class Step:
    """One step of closing a session, socket or server: exceptions in it are logged, and the
    following steps run.

    ::

        with Step("take a socket out of its rooms"):
            adapter.del_all(socket.id)
        with Step("tell the listeners of 'disconnect'"):
            ...

    Adapters, parsers and event loops may be the application's: any of them may raise anything.
    """

    __slots__ = ("_log", "_what")

    def __init__(self, what: str, log: LimitedLog | None = None) -> None:
        """`what` names the step in the log; `log` is given if the step runs code of the
        application.
        """
        self._what = what
        self._log = log

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Log the exception, and go on."""
        if error is None:
            return False
        contain(error)
        what = f"One step of an end ({self._what})"
        if self._log is None:
            _log.error("%s failed", what, exc_info=error)
        else:
            self._log.crash(what, error)
        return True


def _interrupt(error: BaseException) -> NoReturn:
    raise error
