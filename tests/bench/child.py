"""A process of the benchmark: on one core, read line by line, bounded in time."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
KEPT: Final = 2000
"""Characters of the end of what a process wrote on its standard error that are shown."""
GRACE: Final = 5.0
"""Seconds for a process to end once it was interrupted."""


class ChildError(Exception):
    """A process ended, or said nothing in time; the message says which, and holds the end of its
    standard error.
    """


class Child:
    """A running process."""

    def __init__(self, name: str, command: Sequence[str], *, core: int | None = None) -> None:
        self.name = name
        self._errors = tempfile.TemporaryFile("w+b")  # noqa: SIM115  # closed by end()
        self._buffer = b""
        with only_core(core):
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
            )

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it runs still."""
        return self._process.poll() is None

    def line(self, timeout: float) -> str:
        """Return the next line that it prints.

        Raises:
            ChildError: it ended before, or `timeout` seconds went by.
        """
        assert self._process.stdout is not None
        deadline = time.monotonic() + timeout
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self._process.stdout], [], [], left)[0]
            if not ready:
                raise self.error(f"printed nothing for {timeout:g} seconds")
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                raise self.error(f"ended with status {self._process.wait()}")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode(errors="replace").strip()

    def tell(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def finish(self, timeout: float) -> None:
        """Wait until it has ended by itself, with status 0.

        Raises:
            ChildError: it did not.
        """
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise self.error("doesn't end") from error
        if status != 0:
            raise self.error(f"ended with status {status}")

    def interrupt(self) -> None:
        """Do what Ctrl-C does, and wait for its end, however it ends."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired as error:
            raise self.error("doesn't end") from error

    def error(self, what: str) -> ChildError:
        """Make the error that says `what` about this process."""
        return ChildError("\n".join(filter(None, (f"{self.name} {what}", self.complaints()))))

    def complaints(self) -> str:
        """Return the end of what it wrote to its standard error, without this machine's paths."""
        if self._errors.closed:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - KEPT))
        return self._errors.read().decode(errors="replace").strip().replace(f"{ROOT}/", "")

    def output(self) -> bytes:
        """Return all that it wrote to its standard error."""
        # Not by the position in the file, which the process has, too.
        return os.pread(self._errors.fileno(), os.fstat(self._errors.fileno()).st_size, 0)

    def end(self) -> None:
        """End it at once: nobody here has anything to tidy up, and some servers wait long for their
        clients.
        """
        if self.is_alive:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._errors.close()


@contextmanager
def only_core(core: int | None) -> Generator[None]:
    """Let this thread, and the processes that it starts, run on one core for now."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
