"""The sockets that the workers accept connections from.

Each worker has sockets of its own, bound to the same address (``SO_REUSEPORT``): the kernel spreads
the connections over them. With one socket for all, the worker that slept last would get most of the
connections. The parent keeps all sockets open, so that connections to a worker that has died wait
for the next one.
"""

from __future__ import annotations

import socket
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

Group: TypeAlias = list[socket.socket]
"""The sockets of one worker."""

_SPREADS: Final = sys.platform == "linux"
"""Whether the kernel spreads connections over the sockets of one address; elsewhere all workers
share one socket.
"""


def listen(host: str | None, port: int, backlog: int, workers: int) -> list[Group]:
    """Bind the sockets of each worker to all addresses of a host.

    Raises:
        OSError: the host has no address, or an address is in use.
    """
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    groups: list[Group] = [[] for _ in range(workers)]
    try:
        for family, _, _, _, (name, *_) in dict.fromkeys(found):
            # Alone at first: sockets with SO_REUSEPORT could be bound beside another server's.
            first = _bind(family, str(name), port)
            port = first.getsockname()[1]
            if _SPREADS:
                first.close()
            for group in groups:
                group.append(_bind(family, str(name), port, is_shared=True) if _SPREADS else first)
                group[-1].listen(backlog)
    except BaseException:
        close_all(groups)
        raise
    return groups


def listen_at(path: str, backlog: int, workers: int) -> list[Group]:
    """Bind one Unix socket for all workers; a socket that is left over is replaced.

    Raises:
        OSError: the path can't be used.
    """
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(Path(path).stat().st_mode):
                Path(path).unlink()
        bound.bind(path)
        Path(path).chmod(0o666)  # as uvicorn does, for a proxy of another user
        bound.listen(backlog)
    except BaseException:
        bound.close()
        raise
    return [[bound] for _ in range(workers)]


def close_all(groups: Iterable[Group], *, but: Group | None = None) -> None:
    """Close the sockets of this process, except those of a group."""
    for group in groups:
        for bound in group:
            if but is None or bound not in but:
                bound.close()


def _bind(
    family: socket.AddressFamily | int, name: str, port: int, *, is_shared: bool = False
) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((name, port))
    except BaseException:
        bound.close()
        raise
    return bound
