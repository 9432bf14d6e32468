"""The time between a client's CONNECT and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket


class Admission:
    """A socket that waits for the predicate, the middlewares or the connect hook of a namespace, which is kept for it meanwhile."""

    __slots__ = ("socket",)

    def __init__(self) -> None:
        self.socket: Socket | None = None

    def begin(self, socket: Socket) -> None:
        """Keep the socket's namespace."""
        self.socket = socket
        socket.namespace.admissions += 1

    def end(self, reason: str | None) -> None:
        """Keep it no longer; a socket that isn't let in ends for a reason."""
        if self.socket is None:
            return
        namespace = self.socket.namespace
        namespace.admissions -= 1
        if reason is not None:
            self.socket.end(reason)
        namespace.dispose_if_unused()
