"""Handing a connection over from one worker to another, with the bytes that were read from it.

Each worker listens on a Unix socket of its own. To hand a connection over, a worker connects to the
socket of the owner and sends

1. the number of bytes that follow, in four bytes, with the file descriptor of the connection
   beside them (``SCM_RIGHTS``),
2. the bytes that the client has sent since the end of its last request.

Then both ends close the Unix connection; the next handover opens another one. The socket of a
worker that has died doesn't answer, until its successor opens it again.
"""

from __future__ import annotations

import array
import asyncio
import logging
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path
from typing import Final, TypeAlias

from ackord.runtime.hosting.workers.balance import Balance
from ackord.runtime.logs.limited import LimitedLog

MAX_BYTES: Final = 1_000_000
"""Bytes of a client that are handed over: what one read and a cut head can have is less."""
TIMEOUT: Final = 5.0
"""Seconds that a handover may take."""
BACKLOG: Final = 1024
"""Handovers that wait for a worker whose event loop is busy."""
MAX_LEAVING: Final = 1000
"""Connections that may be on their way from one worker at the same time."""

PAUSE: Final = 1.0
"""Seconds until a worker without file descriptors looks again for connections."""

_RETRY_INTERVAL: Final = 0.02
_FIRST: Final = 65_536
_SIZE: Final = 4
_CLOSE_ON_EXEC: Final = getattr(socket, "MSG_CMSG_CLOEXEC", 0)

_logger = logging.getLogger("ackord.runtime.hosting")

Adopt: TypeAlias = Callable[[socket.socket, bytes], object]
"""Takes a connection, and the bytes that were read from it."""


class Outcome(Enum):
    """How a handover ended."""

    GONE = auto()
    """The owner has the connection now, or the connection is lost."""
    NO_OWNER = auto()
    """There is no such worker: its sessions ended with it."""
    BUSY = auto()
    """Too many connections wait for the owner, or for other workers; or this worker has no file
    descriptor left.
    """


class HandoverClient:
    """Hands connections over to other workers."""

    def __init__(self, path_of: Callable[[int], Path]) -> None:
        """Take the function that returns the path of a worker's Unix socket."""
        self._path_of = path_of
        self._leaving = 0
        self._log = LimitedLog(_logger)

    async def hand_over(self, connection: int, owner: int, data: bytes) -> Outcome:
        """Give a copy of a file descriptor to another worker; the caller closes its own after that,
        without ending the connection.
        """
        if self._leaving >= MAX_LEAVING:
            return self._busy(owner, f"{MAX_LEAVING:,} others are on their way")
        self._leaving += 1
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as unix_socket:
                unix_socket.setblocking(False)
                async with asyncio.timeout(TIMEOUT):
                    return await self._send(unix_socket, connection, owner, data)
        except TimeoutError:
            return self._busy(owner, f"its event loop doesn't take them within {TIMEOUT:g} s")
        except OSError as error:  # no file descriptor is left, or too many are on their way
            return self._busy(owner, str(error))
        finally:
            self._leaving -= 1

    def _busy(self, owner: int, why: str) -> Outcome:
        self._log.write_warning(
            "busy",
            owner,
            f"Connections can't be handed over to worker {owner}, those of its sessions get 503: "
            f"{why}",
        )
        return Outcome.BUSY

    async def _send(
        self, unix_socket: socket.socket, connection: int, owner: int, data: bytes
    ) -> Outcome:
        while True:
            try:
                unix_socket.connect(str(self._path_of(owner)))
                break
            except BlockingIOError:  # the owner's event loop is busy, and BACKLOG others wait
                await asyncio.sleep(_RETRY_INTERVAL)
            except (FileNotFoundError, ConnectionError):
                return Outcome.NO_OWNER
        framed = len(data).to_bytes(_SIZE, "big") + data
        descriptor = array.array("i", [connection])
        try:
            sent = unix_socket.sendmsg(
                [framed[:_FIRST]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)]
            )
        except ConnectionError:
            return Outcome.NO_OWNER
        with suppress(OSError):  # the owner has died with the connection
            await asyncio.get_running_loop().sock_sendall(unix_socket, framed[sent:])
        return Outcome.GONE


class HandoverServer:
    """Takes the connections that other workers hand over."""

    def __init__(self, path: Path, adopt: Adopt, balance: Balance) -> None:
        """Listen at `path`, in place of a predecessor that has died; `adopt` ends the arrivals
        that `balance` counts.
        """
        self._loop = asyncio.get_running_loop()
        self._balance = balance
        self._adopt = adopt
        self._path = path
        self._arrivals: set[_Arrival] = set()
        self._log = LimitedLog(_logger)
        self._pause: asyncio.TimerHandle | None = None
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with suppress(FileNotFoundError):
            path.unlink()
        self._listener.bind(str(path))
        self._listener.listen(BACKLOG)
        self._listener.setblocking(False)
        self._loop.add_reader(self._listener, self._accept)

    def _go_on(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Take no more connections."""
        if self._pause is not None:
            self._pause.cancel()
        self._log.close()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        for arrival in tuple(self._arrivals):
            arrival.close()
        with suppress(FileNotFoundError):
            self._path.unlink()

    def _accept(self) -> None:
        try:
            unix_socket, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:  # no file descriptor is left
            self._log.write_warning(
                "wait",
                None,
                f"Connections that other workers hand over wait: {error}. Raise `ulimit -n`.",
            )
            self._loop.remove_reader(self._listener)
            self._pause = self._loop.call_later(PAUSE, self._go_on)
            return
        unix_socket.setblocking(False)
        self._balance.begin_arrival()
        arrival = _Arrival(self._loop, unix_socket, self._adopt, self._ended)
        self._arrivals.add(arrival)
        arrival.start()

    def _ended(self, arrival: _Arrival) -> None:
        self._arrivals.discard(arrival)
        if not arrival.is_adopted:
            self._balance.end_arrival()


class _Arrival:
    """One connection that is being handed over."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        unix_socket: socket.socket,
        adopt: Adopt,
        ended: Callable[[_Arrival], object],
    ) -> None:
        self._loop = loop
        self._unix_socket = unix_socket
        self._adopt = adopt
        self._ended = ended
        self._connection: socket.socket | None = None
        self._data = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self.is_adopted = False

    def start(self) -> None:
        self._timer = self._loop.call_later(TIMEOUT, self.close)
        self._loop.add_reader(self._unix_socket, self._read)
        self._read()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._unix_socket)
        self._unix_socket.close()
        if self._connection is not None:
            self._connection.close()
        self._ended(self)

    def _read(self) -> None:
        try:
            data = self._receive()
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self._data += data
        size = int.from_bytes(self._data[:_SIZE], "big")
        if data and len(self._data) <= _SIZE + MAX_BYTES:
            if len(self._data) < _SIZE + size or len(self._data) < _SIZE:
                return
            connection, self._connection = self._connection, None
            if connection is not None and size and len(self._data) == _SIZE + size:
                self.is_adopted = True
                self.close()
                self._adopt(connection, bytes(self._data[_SIZE:]))
                return
            self._connection = connection
        self.close()

    def _receive(self) -> bytes:
        """Read on; keep the file descriptor that comes with the first bytes."""
        descriptors = array.array("i")
        space = socket.CMSG_SPACE(4 * descriptors.itemsize)
        data, ancillary, _, _ = self._unix_socket.recvmsg(_FIRST, space, _CLOSE_ON_EXEC)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                whole = len(content) - len(content) % descriptors.itemsize
                descriptors.frombytes(content[:whole])
        for descriptor in descriptors:
            if self._connection is None:
                self._connection = _connection_of(descriptor)
            else:
                os.close(descriptor)
        return data


def _connection_of(descriptor: int) -> socket.socket | None:
    """Return the connection of a descriptor; if it is anything else, close it."""
    try:
        found = socket.socket(fileno=descriptor)
    except OSError:
        os.close(descriptor)
        return None
    if found.type == socket.SOCK_STREAM and not found.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        found.set_inheritable(False)
        return found
    found.close()
    return None
