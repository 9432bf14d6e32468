"""Learns why a server is about to end the stay in a namespace."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from ackord.runtime.sockets.routes import Arguments, EncodedArguments


class Ending(Protocol):
    """A socket that tells its listeners why it was ended."""

    end_reason: str


class EndNotice:
    """A `Route` for the event that a server sends before DISCONNECT, which can't say why.

    The reason is noted when the event arrives, not when it has its turn, because DISCONNECT doesn't
    wait for handlers.
    """

    __slots__ = ("_reason", "_socket")

    concurrent = True

    def __init__(self, socket: Ending, reason: str) -> None:
        self._socket = socket
        self._reason = reason

    def decode(self, payload: str, attachments: Sequence[bytes], /) -> Arguments:  # noqa: ARG002  # it has no arguments
        """See `Route.decode`."""
        self._socket.end_reason = self._reason
        return ()

    def handle(self, socket: Any, arguments: Arguments) -> Coroutine[Any, Any, Any]:  # noqa: ARG002  # the Protocol's signature
        """See `Route.handle`."""
        return _nothing()

    def rescue(self, error: BaseException) -> Any:
        """See `Route.rescue`."""
        raise error

    def encode(self, answer: Any, /) -> EncodedArguments:  # noqa: ARG002  # likewise
        """See `Route.encode`."""
        return "[]", ()


async def _nothing() -> None:
    return None
