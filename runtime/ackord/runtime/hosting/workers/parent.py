"""The parent of several workers: it listens, starts the workers, replaces those that die, and
drains all of them at the end. It runs nothing of the application.

The workers are forks of the parent (docs/decisions/0033). The parent forks between two runs of its
event loop, which has no threads and nothing of the kernel that a fork would share with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NoReturn

from ackord.runtime.adapters.broker.broker import Broker
from ackord.runtime.hosting.workers.balance import Loads
from ackord.runtime.hosting.workers.listeners import Group, close_all
from ackord.runtime.hosting.workers.seat import Seat

START_FAILED: Final = 3
"""Exit code if a worker can't start, as uvicorn's."""
LONG_LIFE: Final = 10.0
"""Seconds after which a worker that dies is replaced at once."""
FIRST_PAUSE: Final = 0.5
"""Seconds before a worker that has died earlier is replaced; twice as many each time it happens
again.
"""
MAX_PAUSE: Final = 30.0

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGHUP)

_logger = logging.getLogger("ackord.runtime.hosting")

Serve = Callable[[Seat], None]
"""Runs a worker until it is told to stop."""
Watch = Callable[[socket.socket], None]
"""Watches the source of the application: writes a line for each change, until the other end is
closed.
"""


class _Process:
    """A process that the parent has started."""

    def __init__(self, pid: int, control: socket.socket) -> None:
        self.pid = pid
        self.control = control
        self.began = time.monotonic()
        self.is_ready = False
        self.received = b""


class Parent:
    """Runs the workers of one server."""

    def __init__(
        self,
        serve: Serve,
        groups: Sequence[Group],
        *,
        drain_timeout: float,
        watch: Watch | None = None,
    ) -> None:
        """Take what runs in each worker, the sockets of each worker, how long a drain may take, and
        for development what watches the source.
        """
        self._serve = serve
        self._groups = groups
        self._loads = Loads(len(groups))
        self._drain_timeout = drain_timeout
        self._watch = watch
        self._loop = asyncio.SelectorEventLoop(selectors.PollSelector())
        self._changed = asyncio.Event()
        self._workers: dict[int, _Process] = {}
        self._watcher: _Process | None = None
        self._due: dict[int, float] = {}  # when the workers that have died are started again
        self._pauses: dict[int, float] = {}
        self._stop_signal: int | None = None
        self._is_killing = False
        self._is_reloading = False
        self._is_announced = False
        self._exit_code = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._folder = Path()
        self._broker: Broker | None = None

    def run(self) -> None:
        """Run until Ctrl-C or SIGTERM.

        Raises:
            SystemExit: a worker can't start, or the workers were killed at a second signal.
        """
        with TemporaryDirectory(prefix="ackord-") as folder:
            self._folder = Path(folder)
            previous = [(number, signal.getsignal(number)) for number in _SIGNALS]
            try:
                self._begin()
                while self._workers or not self._is_stopping:
                    self._loop.run_until_complete(self._wait())
                    self._reap()
                    if not self._is_stopping:
                        self._start_due()
            finally:
                self._end()
                for each, handler in previous:
                    signal.signal(each, handler)
        if self._is_killing and self._stop_signal is not None:
            raise SystemExit(128 + self._stop_signal)
        if self._exit_code:
            raise SystemExit(self._exit_code)

    @property
    def _is_stopping(self) -> bool:
        return self._stop_signal is not None or self._exit_code != 0

    def _begin(self) -> None:
        loop = self._loop
        for stopping in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(stopping, self._stop, stopping)
        loop.add_signal_handler(signal.SIGCHLD, self._changed.set)
        self._broker = Broker(loop, self._folder / "broker")
        if self._watch is not None:
            self._watcher = self._fork(self._watch_source)
        for number in range(len(self._groups)):
            self._start(number)

    def _end(self) -> None:
        for process in (*self._workers.values(), *((self._watcher,) if self._watcher else ())):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(process.pid, 0)
            self._close(process)
        self._workers.clear()
        if self._broker is not None:
            self._broker.close()
        self._loop.close()
        close_all(self._groups)

    async def _wait(self) -> None:
        due = min(self._due.values(), default=None)
        left = None if due is None else max(0.0, due - time.monotonic())
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), left)
        self._changed.clear()

    # The start of processes

    def _start_due(self) -> None:
        if self._is_reloading:
            if self._workers:
                return
            self._is_reloading = False
            self._due = dict.fromkeys(range(len(self._groups)), 0.0)
            self._pauses.clear()
        now = time.monotonic()
        for number, due in tuple(self._due.items()):
            if due <= now:
                del self._due[number]
                self._start(number)

    def _start(self, number: int) -> None:
        self._workers[number] = self._fork(lambda control: self._work(number, control))

    def _fork(self, work: Callable[[socket.socket], None]) -> _Process:
        """Start a process; it never returns from here."""
        ours, theirs = socket.socketpair()
        sys.stdout.flush()
        sys.stderr.flush()
        # A signal to the child, before it has handlers of its own, would reach the parent's event
        # loop by the pipe that both have.
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if not pid:
                self._become_child(work, ours, theirs, masked)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        theirs.close()
        ours.setblocking(False)
        process = _Process(pid, ours)
        self._loop.add_reader(ours, self._read, process)
        return process

    def _become_child(
        self,
        work: Callable[[socket.socket], None],
        ours: socket.socket,
        theirs: socket.socket,
        masked: set[int | signal.Signals],
    ) -> NoReturn:
        code = 1
        try:
            ours.close()
            # Else the other workers wouldn't notice the parent's end.
            for process in (*self._workers.values(), *((self._watcher,) if self._watcher else ())):
                process.control.close()
            if self._broker is not None:
                self._broker.abandon()
            self._loop.close()
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent passes it on as SIGTERM
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
            work(theirs)
            code = 0
        except SystemExit as exit_:
            code = exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
        except BaseException:  # noqa: BLE001  # nothing above this belongs to the child
            traceback.print_exc()
        finally:
            with suppress(BaseException):
                logging.shutdown()
            with suppress(BaseException):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _work(self, number: int, control: socket.socket) -> None:
        group = self._groups[number]
        close_all(self._groups, but=group)
        seat = Seat(number, len(self._groups), self._folder, group, self._loads, control)
        self._serve(seat)

    def _watch_source(self, control: socket.socket) -> None:
        close_all(self._groups)
        if self._watch is not None:
            self._watch(control)

    # What happens to them

    def _read(self, process: _Process) -> None:
        try:
            data = process.control.recv(8192)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(process.control)
            return
        process.received += data
        line, end, _ = process.received.partition(b"\n")
        if not end:
            return
        process.received = b""
        if process is self._watcher:
            self._reload(line.decode("utf-8", "replace"))
        elif not process.is_ready:
            process.is_ready = True
            self._announce(line.decode("utf-8", "replace"))

    def _announce(self, line: str) -> None:
        if self._is_announced or not all(each.is_ready for each in self._workers.values()):
            return
        self._is_announced = True
        count = len(self._groups)
        workers = f"{count} workers; limits hold for each" if count > 1 else "1 worker"
        line = f"{line}, with {workers}"
        if _logger.isEnabledFor(logging.INFO):
            _logger.info(line)
        else:
            sys.stderr.write(f"{line} (Ctrl-C stops it)\n")
            sys.stderr.flush()

    def _reap(self) -> None:
        for number, process in tuple(self._workers.items()):
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            if pid:
                self._read_rest(process)
                del self._workers[number]
                self._close(process)
                self._ended(number, process, os.waitstatus_to_exitcode(status))
        if self._watcher is not None and os.waitpid(self._watcher.pid, os.WNOHANG)[0]:
            _logger.error("The watch of the source has ended: changes aren't noticed any more")
            self._close(self._watcher)
            self._watcher = None

    def _read_rest(self, process: _Process) -> None:
        if not process.is_ready:
            self._read(process)

    def _ended(self, number: int, process: _Process, code: int) -> None:
        how = f"was killed by {_name_of(-code)}" if code < 0 else f"ended with exit code {code}"
        who = f"Worker {number} (process {process.pid})"
        if self._is_stopping or self._is_reloading:
            if code not in {0, -signal.SIGTERM} and not self._is_killing:
                _logger.warning("%s %s while it was stopped", who, how)
        elif not process.is_ready and self._watch is not None:
            _logger.error("%s %s before it could serve: waiting for a change", who, how)
        elif not process.is_ready and not self._is_announced:
            _logger.error("%s %s before it could serve: the server stops", who, how)
            self._exit_code = code if code > 0 else START_FAILED
            self._terminate()
        else:
            pause = self._pause(number, time.monotonic() - process.began)
            when = f"in {pause:g} s" if pause else "now"
            _logger.error("%s %s: its clients connect again, and it is replaced %s", who, how, when)
            self._due[number] = time.monotonic() + pause

    def _pause(self, number: int, lived: float) -> float:
        """Return how long to wait before a worker is replaced: a program that crashes at once
        mustn't take all of the CPU.
        """
        if lived >= LONG_LIFE:
            self._pauses.pop(number, None)
            return 0.0
        pause = self._pauses.get(number, 0.0)
        self._pauses[number] = min(MAX_PAUSE, 2 * pause or FIRST_PAUSE)
        return pause

    def _close(self, process: _Process) -> None:
        self._loop.remove_reader(process.control)
        process.control.close()

    # The end

    def _stop(self, number: int) -> None:
        if self._stop_signal is None and not self._is_stopping:
            self._stop_signal = number
            self._terminate()
        else:
            self._stop_signal = self._stop_signal or number
            self._kill()

    def _terminate(self) -> None:
        """Drain all workers; kill those that take longer than they should."""
        close_all(self._groups)  # the workers have their own copies
        self._signal(signal.SIGTERM)
        self._deadline = self._loop.call_later(self._drain_timeout, self._overdue)
        self._changed.set()

    def _overdue(self) -> None:
        if self._workers:
            _logger.error(
                "%d workers haven't stopped within %g s: they are killed",
                len(self._workers),
                self._drain_timeout,
            )
            self._signal(signal.SIGKILL)

    def _kill(self) -> None:
        self._is_killing = True
        self._signal(signal.SIGKILL)
        self._changed.set()

    def _signal(self, number: signal.Signals) -> None:
        for process in self._workers.values():
            with suppress(ProcessLookupError):
                os.kill(process.pid, number)

    def _reload(self, line: str) -> None:
        if self._is_stopping or self._is_reloading:
            return
        _logger.warning("%s: the server starts anew", line)
        self._is_reloading = True
        self._is_announced = False
        self._due.clear()
        self._signal(signal.SIGTERM)
        self._loop.call_later(self._drain_timeout, self._overdue_reload, self._workers.copy())
        self._changed.set()

    def _overdue_reload(self, workers: dict[int, _Process]) -> None:
        for number, process in workers.items():
            if self._workers.get(number) is process:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
