"""Lines of the log with a limit for each cause: no cause floods the log, and none hides another
one.

A cause is a kind of line ("unknown_event") and a key within that kind (namespace and event name).
The first line of a cause is written at once. Further lines are counted for `INTERVAL` seconds, and
then their number is written. A peer may invent keys, so a kind has at most `MAX_CAUSES` causes at a
time; all others share one. The causes are shared among clients (`ackord.runtime.bounds.shares`), so
keys that one client invents leave lines for other clients. Exceptions of the application have
causes of their own: the type of the exception, the place where it was raised, and what the code was
called for.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Hashable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, TypeAlias

from ackord.runtime.bounds.shares import NOBODY, Shares
from ackord.runtime.logs.text import quoted

INTERVAL: Final = 60.0
"""Seconds in which a cause has one line."""
MAX_CAUSES: Final = 20
"""Causes of one kind that have lines of their own at the same time."""
MAX_CRASHES: Final = 1000
"""The same for exceptions of the application, whose number is bounded by its code."""

_CRASH: Final = "crash"
_CRASH_BELOW: Final = "crash below the application"
_OTHERS: Final = object()
_NOT_THE_APPLICATION: Final = sys.stdlib_module_names | {"pydantic", "pydantic_core"}
_RUNTIME: Final = "ackord.runtime"

_ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]
_Place: TypeAlias = tuple[str, int]
"""A file and a line."""


class _Cause:
    """The state of one cause: the last line, and how many lines were left out since."""

    __slots__ = ("level", "line", "omitted", "timer", "until")

    def __init__(self) -> None:
        self.until = 0.0
        self.omitted = 0
        self.level = logging.WARNING
        self.line = ""
        self.timer: asyncio.TimerHandle | None = None


class _Kind:
    """The causes of one kind by key, with the shares of clients in them."""

    __slots__ = ("causes", "shares")

    def __init__(self, most: int) -> None:
        self.causes: dict[Hashable, _Cause] = {}
        self.shares: Shares[tuple[Hashable]] = Shares(
            most
        )  # keys may be `None`, items of `Shares` may not

    def find(self, key: Hashable) -> _Cause | None:
        return self.causes.get(key)

    def add(self, key: Hashable, client: str) -> _Cause:
        cause = self.causes[key] = _Cause()
        if key is not _OTHERS:
            self.shares.add((key,), client)
        return cause

    def forget(self, key: Hashable) -> None:
        del self.causes[key]
        self.shares.remove((key,))


class LimitedLog:
    """A logger that writes one line for each cause and interval; one for each server, engine and
    client socket.
    """

    __slots__ = ("_kinds", "_logger")

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._kinds: dict[str, _Kind] = {}

    def crash(
        self, what: str, error: BaseException, details: str = "", *, cause: str | None = None
    ) -> None:
        """Write an exception of the application, or of a library that it uses, with the traceback.

        `what` says what failed. If it has text of a peer, `cause` takes its place in the cause.
        `details` are added to the line only.
        """
        outer, inner, where = _find_places(error)
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        shown = name.removeprefix("builtins.")
        text = f"{what} failed: {shown}{where}: {_text_of(error)}{details}"
        if outer is None:
            self._write(
                logging.ERROR, _CRASH_BELOW, (name, inner, what), MAX_CAUSES, text, error=error
            )
        else:
            self._write(
                logging.ERROR,
                _CRASH,
                (name, outer, inner, what if cause is None else cause),
                MAX_CRASHES,
                text,
                error=error,
            )

    def write_warning(self, kind: str, key: Hashable, text: str, *, client: str = NOBODY) -> None:
        """Write a line at WARNING; what a peer sent has to be `quoted` in `text`.

        `client` is the client that caused the line, for its share, if clients can invent the key.
        """
        self._write(logging.WARNING, kind, key, MAX_CAUSES, text, client=client)

    def write_info(self, kind: str, key: Hashable, text: str, *, client: str = NOBODY) -> None:
        """Write a line at INFO, as `write_warning` does."""
        self._write(logging.INFO, kind, key, MAX_CAUSES, text, client=client)

    def close(self) -> None:
        """Write the numbers of lines that were left out, and forget all causes."""
        kinds, self._kinds = self._kinds, {}
        for kind in kinds.values():
            for cause in kind.causes.values():
                self._tell_omitted(cause)

    def _write(
        self,
        level: int,
        kind: str,
        key: Hashable,
        most: int,
        text: str,
        *,
        client: str = NOBODY,
        error: BaseException | None = None,
    ) -> None:
        if not self._logger.isEnabledFor(level):
            return
        now = _now()
        causes = self._kinds.get(kind)
        if causes is None:
            causes = self._kinds[kind] = _Kind(most)
        cause = causes.find(key)
        if cause is None:
            if not causes.shares.has_room(client):
                self._forget_old(causes, now)
            if not causes.shares.has_room(client):
                key = _OTHERS
            cause = causes.find(key) or causes.add(key, client)
        if _is_current(cause, now):
            cause.omitted += 1
            if cause.timer is None:
                with suppress(
                    RuntimeError
                ):  # no loop: the next line of this cause says how many were left out
                    cause.timer = asyncio.get_running_loop().call_later(
                        cause.until - now, self._tell_omitted, cause
                    )
            return
        self._tell_omitted(cause)
        cause.until = now + INTERVAL
        cause.level, cause.line = level, text
        if key is _OTHERS:
            text = (
                f"{text} (of this kind there are more than {len(causes.shares)} different lines: "
                "others are counted only)"
            )
        self._emit(level, text, error)

    def _tell_omitted(self, cause: _Cause) -> None:
        if cause.timer is not None:
            cause.timer.cancel()
            cause.timer = None
        omitted, cause.omitted = cause.omitted, 0
        if omitted:
            self._emit(
                cause.level, f"{omitted} more of these since, not written in full: {cause.line}"
            )

    def _forget_old(self, kind: _Kind, now: float) -> None:
        for key, cause in list(kind.causes.items()):
            if not _is_current(cause, now):
                self._tell_omitted(cause)
                kind.forget(key)

    def _emit(self, level: int, text: str, error: BaseException | None = None) -> None:
        # Filters and handlers of logs are the application's code, too: if they raise, the event
        # must be answered all the same.
        with suppress(Exception):
            self._logger.log(level, "%s", text, exc_info=error and _traceback_of(error))


def _is_current(cause: _Cause, now: float) -> bool:
    # A time far in the future is that of an event loop that has ended.
    return now < cause.until <= now + INTERVAL


def _now() -> float:
    try:
        return asyncio.get_running_loop().time()
    except RuntimeError:
        return time.monotonic()


def _find_places(error: BaseException) -> tuple[_Place | None, _Place | None, str]:
    """Return the application's first place in a traceback, the last place of all, and a description
    of the application's last place, empty without a traceback.
    """
    outer: _Place | None = None
    inner: _Place | None = None
    shown = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        inner = (code.co_filename, trace.tb_lineno)
        is_ours = not _is_of_the_application(trace.tb_frame)
        if not is_ours or outer is None:
            shown = f" at {code.co_filename}:{trace.tb_lineno} in {code.co_qualname}"
        if not is_ours and outer is None:
            outer = inner
        trace = trace.tb_next
    return outer, inner, shown


def _traceback_of(error: BaseException) -> _ExcInfo:
    """Return what `logging` takes for an exception, without the frames that lead from the runtime
    to the application.
    """
    trace = error.__traceback__
    while trace is not None and not _is_of_the_application(trace.tb_frame):
        trace = trace.tb_next
    return type(error), error, trace or error.__traceback__


def _is_of_the_application(frame: FrameType) -> bool:
    module: Any = frame.f_globals.get("__name__", "")
    return not (
        f"{module}.".startswith(f"{_RUNTIME}.")
        or str(module).partition(".")[0] in _NOT_THE_APPLICATION
    )


def _text_of(error: BaseException) -> str:
    try:
        return quoted(str(error), 200)
    except Exception:  # noqa: BLE001  # an exception of the application that can't be printed
        return "(its text can't be made)"
