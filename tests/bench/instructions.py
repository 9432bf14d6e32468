"""Instructions of another process, by `perf stat`, on machines that count them: the steadiest of
all figures.
"""

from __future__ import annotations

import functools
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench.child import Child

EVENTS: Final = ("instructions:u", "instructions:k")
"""Outside of the kernel, and within."""
PATIENCE: Final = 10.0
"""Seconds that perf may take for an answer."""


@functools.cache
def are_counted() -> bool:
    """Whether this machine counts instructions; many virtual ones don't, and not everybody may look
    at the kernel's.
    """
    if shutil.which("perf") is None:
        return False
    command = ["perf", "stat", "-x", ",", "-e", ",".join(EVENTS), "true"]
    tried = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return len(figures(tried.stderr)) == len(EVENTS)


def figures(output: str) -> list[float]:
    """Read the counts that ``perf stat -x ,`` has printed; those that it can't count are left
    out.
    """
    counts = [line.split(",")[0] for line in output.splitlines() if line.count(",") >= 2]
    return [float(count) for count in counts if not count.startswith("<")]


class Counter:
    """What is counted of a process between `start` and `stop`."""

    def __init__(self, perf: Child, control: int, acknowledged: int) -> None:
        self._perf = perf
        self._control = control
        self._acknowledged = acknowledged

    def start(self) -> None:
        """Count from now on.

        Raises:
            ChildError: perf failed.
        """
        self._ask(b"enable\n")

    def stop(self) -> list[float]:
        """Count no longer; return a figure for each event.

        Raises:
            ChildError: perf failed.
        """
        self._ask(b"disable\n")
        self._perf.interrupt()
        return figures(self._perf.complaints())

    def _ask(self, command: bytes) -> None:
        os.write(self._control, command)
        deadline = time.monotonic() + PATIENCE
        while not select.select([self._acknowledged], [], [], 0.05)[0]:
            if not self._perf.is_alive:
                raise self._perf.error("has ended")
            if time.monotonic() > deadline:
                raise self._perf.error("doesn't answer")
        os.read(self._acknowledged, 64)


@contextmanager
def counting(pid: int, core: int | None, events: Sequence[str] = EVENTS) -> Generator[Counter]:
    """Watch all threads of `pid`; nothing is counted yet."""
    with tempfile.TemporaryDirectory(prefix="ackord-bench-") as folder:
        paths = [str(Path(folder, name)) for name in ("control", "acknowledged")]
        for path in paths:
            os.mkfifo(path)
        # For both directions, so that nobody waits for the other end to be opened.
        control, acknowledged = (os.open(path, os.O_RDWR) for path in paths)
        watched = (
            "-e",
            ",".join(events),
            "-p",
            str(pid),
            "-D",
            "-1",
            "--control",
            f"fifo:{','.join(paths)}",
        )
        perf = Child("perf", ("perf", "stat", "-x", ",", *watched), core=core)
        try:
            yield Counter(perf, control, acknowledged)
        finally:
            perf.end()
            os.close(control)
            os.close(acknowledged)
