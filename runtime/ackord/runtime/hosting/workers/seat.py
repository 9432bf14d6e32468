"""What a worker gets from its parent, and how the worker notices that the parent is gone."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ackord.runtime.hosting.workers.balance import Loads

ENDING_TIMEOUT: Final = 30.0
"""Seconds that a worker without a parent has to drain; then it ends at once."""

BROKER: Final = "broker"
"""The name of the broker's socket in the folder of a server."""

_logger = logging.getLogger("ackord.runtime.hosting")


@dataclass(frozen=True, slots=True)
class Seat:
    """The place of one worker; a worker that is replaced leaves it to the next one."""

    number: int
    """The worker's number, from 0 on."""
    workers: int
    """How many workers there are."""
    folder: Path
    """The folder of the sockets between the workers, which only this user may read."""
    listeners: Sequence[socket.socket]
    """The sockets to accept connections from."""
    loads: Loads = field(repr=False)
    """How many connections each worker has."""
    control: socket.socket = field(repr=False)
    """The connection to the parent; it ends when the parent does."""

    @property
    def broker(self) -> Path:
        """The broker's socket."""
        return self.folder / BROKER

    def handover_path(self, number: int) -> Path:
        """Return the socket by which a worker takes connections of other workers."""
        return self.folder / str(number)

    def tell_ready(self, line: str) -> None:
        """Tell the parent that this worker accepts connections; `line` says where."""
        with suppress(OSError):  # the parent is gone, which the watch notices
            self.control.sendall(line.encode()[:4096] + b"\n")

    def watch_parent(self) -> None:
        """End this process when its parent is gone.

        A thread waits for that, because a handler may block the event loop.
        """
        threading.Thread(target=self._wait_for_end, name="ackord-parent", daemon=True).start()

    def _wait_for_end(self) -> None:
        with suppress(OSError):
            while self.control.recv(1):
                pass
        _logger.critical("The parent of worker %d is gone: the worker ends", self.number)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ENDING_TIMEOUT)
        os._exit(1)
