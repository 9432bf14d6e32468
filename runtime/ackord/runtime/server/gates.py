"""Middlewares of events: they look at each event before its listeners, and may refuse it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ackord.runtime.sockets.listeners import Registration
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket

SocketMiddleware: TypeAlias = Callable[[str, tuple[Any, ...]], Awaitable[None] | None]
"""Takes the event's name and its arguments, and raises to refuse it."""
SocketMiddlewareT = TypeVar("SocketMiddlewareT", bound=SocketMiddleware)

EventMiddleware: TypeAlias = "Callable[[Socket, str, tuple[Any, ...]], Awaitable[None] | None]"
"""Takes the socket, the event's name and its arguments, and raises to refuse it."""
EventMiddlewareT = TypeVar(
    "EventMiddlewareT", bound="Callable[[Socket, str, tuple[Any, ...]], Awaitable[None] | None]"
)


class SocketGate(Registration):
    """A middleware of one socket, called as catch-all listeners are."""

    __slots__ = ()

    @override
    def call(self, arguments: Sequence[Any]) -> Any:
        name, *values = arguments
        return self.listener(name, tuple(values))


class NamespaceGate(SocketGate):
    """A middleware of a namespace, for one of its sockets."""

    __slots__ = ("_socket",)

    def __init__(self, middleware: EventMiddleware, socket: Socket) -> None:
        # Made for each event: unlike a `Registration` it needn't know how many arguments the
        # function takes.
        self.listener = middleware
        self._socket = socket

    @override
    def call(self, arguments: Sequence[Any]) -> Any:
        name, *values = arguments
        return self.listener(self._socket, name, tuple(values))
