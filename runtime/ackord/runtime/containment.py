"""What the application's functions raise, and what of it concerns nobody else
(docs/decisions/0023).
"""

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
    """Let what a listener, hook or middleware raised end nothing but its own event; the caller
    answers and logs it.

    That goes for `SystemExit` and `GeneratorExit`, which libraries raise (`argparse` does), for
    `asyncio.CancelledError`, which a plain function raises by asking a cancelled future for its
    result, and for what derives from `BaseException` only, such as the outcomes of test frameworks.

    `KeyboardInterrupt` is Ctrl-C: it ends the program, but in the next turn of the event loop.
    Thus the event is answered first, and no transport takes it for an error of its connection,
    as uvloop's do. One ends the program: further ones of the same event loop, such as those of the
    listeners of ``disconnect`` whose clients lose their connections now, end their event only.
    They would break off `asyncio.Runner.close`, which cancels the tasks that are left and awaits
    them, and tasks that nobody awaits log their end while the interpreter is going, where that may
    block for ever.

    Raises:
        GeneratorExit: it closes the coroutine that awaited the application's function.
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
    then no other frame is in the traceback. It must be asked where the exception was caught first.
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
    """One step of an end, of a session, socket or server: what it raises is logged, and the steps
    after it run.

    ::

        with Step("take a socket out of its rooms"):
            adapter.del_all(socket.id)
        with Step("tell the listeners of 'disconnect'"):
            ...

    Adapters, parsers and event loops are not ours: any of them may raise anything.
    """

    __slots__ = ("_log", "_what")

    def __init__(self, what: str, log: LimitedLog | None = None) -> None:
        """Take what the step does, as the log is to name it; and the log, where the step runs code
        of the application.
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
        """Log what was raised, and go on."""
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
