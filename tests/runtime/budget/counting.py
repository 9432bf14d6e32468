"""Counts what a step costs: in units that are the same on every machine."""

from __future__ import annotations

import _weakrefset
import asyncio
import gc
import os
import selectors
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from statistics import mode
from types import CodeType, FrameType
from typing import Any, Final

from ackord.runtime.testing import clock

from tests.runtime.budget.opcodes import opcodes_watched

_OWN: Final = Path(__file__).parent
_MACHINERY: Final = {selectors.__file__, _weakrefset.__file__, clock.__file__} | {
    str(file)
    for file in _OWN.glob("*.py")
    if file.stem != "application" and not file.stem.startswith("test_")
}
_ASYNCIO: Final = str(Path(asyncio.__file__).parent) + os.sep


@cache
def _is_machinery(code: CodeType) -> bool:
    """Tell the measured from what measures it, and from the event loop's inside, which is C in
    production.

    A call into the event loop counts, what it calls in turn doesn't.
    """
    return code.co_filename in _MACHINERY or code.co_filename.startswith(_ASYNCIO)


@contextmanager
def _undisturbed() -> Generator[None]:
    """Keep the garbage collector away, and whoever else profiles or traces this thread."""
    profile, trace, was_enabled = sys.getprofile(), sys.gettrace(), gc.isenabled()
    gc.collect()
    gc.disable()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.setprofile(profile)
        sys.settrace(trace)
        if was_enabled:
            gc.enable()


def count_calls(step: Callable[[], None], check: Callable[[], None], times: int) -> Counter[str]:
    """Count the calls of Python and C functions, by name; that of a type of C (`bytes(…)`) shows in
    its instructions only.
    """
    counts: Counter[str] = Counter()

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        code = frame.f_code
        if event == "call":
            caller = frame.f_back
            if not _is_machinery(code) or (caller is not None and not _is_machinery(caller.f_code)):
                counts[f"{_module(frame)}{code.co_qualname}"] += 1
        elif event == "c_call" and not _is_machinery(code):
            counts[f"{_module_of(arg)}{arg.__qualname__}"] += 1

    with _undisturbed():
        for _ in range(times):
            sys.setprofile(profile)
            try:
                step()
            finally:
                sys.setprofile(None)
            check()
    return counts


def count_opcodes(step: Callable[[], None], check: Callable[[], None], times: int) -> int:
    """Count the instructions that the interpreter executes."""
    count = 0
    with _undisturbed(), opcodes_watched(_is_machinery) as watch:
        for _ in range(times):
            count += watch(step)
            check()
    return count


def transient_bytes(step: Callable[[], None], check: Callable[[], None], times: int) -> int:
    """Return the most memory of Python's that a step holds above what was there before.

    It's what most of some steps have: now and then one has a set to enlarge, or meets two rooms in
    another order, as hashes of random ids will.
    """
    peaks: list[int] = []
    with _undisturbed(), _tracing():
        for _ in range(times):
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            step()
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
            check()
    return mode(peaks)


def kept_bytes(first: Callable[[], None], step: Callable[[], None]) -> int:
    """Return the memory of Python's that is held after `step` and wasn't before; `first` is done
    before, in the same way.
    """
    with _undisturbed(), _tracing():
        first()
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        step()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before


@contextmanager
def _tracing() -> Generator[None]:
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        yield
    finally:
        if not was_tracing:
            tracemalloc.stop()


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?")).removeprefix("ackord.runtime.") + "."


def _module_of(function: Any) -> str:
    module = getattr(function, "__module__", None)
    return f"{module}." if module and module != "builtins" else ""
