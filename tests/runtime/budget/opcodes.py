"""Counts the instructions that the interpreter executes, with what each version of Python has for
it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, TypeAlias

Step: TypeAlias = Callable[[], None]
Watch: TypeAlias = Callable[[Step], int]
"""Runs a step; returns how many instructions it was."""

if sys.version_info >= (3, 12):

    @contextmanager
    def opcodes_watched(is_excluded: Callable[[CodeType], bool]) -> Generator[Watch]:
        """Count the instructions of code that isn't excluded; `sys.settrace` skips some since it is
        built on `sys.monitoring`.
        """
        monitoring = sys.monitoring
        tool, event = monitoring.PROFILER_ID, monitoring.events.INSTRUCTION
        count = 0

        def executed(code: CodeType, _: int) -> None:
            nonlocal count
            if not is_excluded(code):
                count += 1

        def watch(step: Step) -> int:
            nonlocal count
            count = 0
            monitoring.set_events(tool, event)
            try:
                step()
            finally:
                monitoring.set_events(tool, 0)
            return count

        monitoring.use_tool_id(tool, __name__)
        monitoring.register_callback(tool, event, executed)
        try:
            yield watch
        finally:
            monitoring.free_tool_id(tool)

else:

    @contextmanager
    def opcodes_watched(is_excluded: Callable[[CodeType], bool]) -> Generator[Watch]:
        """Count the instructions of code that isn't excluded."""
        count = 0

        def trace_calls(frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
            if is_excluded(frame.f_code):
                return None
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
            return trace

        def trace(frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
            nonlocal count
            if event == "opcode":
                count += 1
            return trace

        def watch(step: Step) -> int:
            nonlocal count
            count = 0
            sys.settrace(trace_calls)
            try:
                step()
            finally:
                sys.settrace(None)
            return count

        yield watch
