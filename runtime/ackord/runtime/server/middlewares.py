"""Middlewares of events: they look at each event before its listeners, and may refuse it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from ackord.runtime.server.contracts import NamespaceSocket, SocketT
from ackord.runtime.sockets.listeners import Registration
from typing_extensions import override

SocketMiddleware: TypeAlias = Callable[[str, tuple[Any, ...]], Awaitable[None] | None]
"""Takes the event's name and its arguments, and raises to refuse it."""
SocketMiddlewareT = TypeVar("SocketMiddlewareT", bound=SocketMiddleware)

EventMiddleware: TypeAlias = Callable[[SocketT, str, tuple[Any, ...]], Awaitable[None] | None]
"""Takes the socket, the event's name and its arguments, and raises to refuse it."""


class SocketMiddlewareCall(Registration):
    """A middleware of one socket, called as catch-all listeners are."""

    __slots__ = ()

    @override
    def call(self, arguments: Sequence[Any]) -> Any:
        name, *values = arguments
        return self.listener(name, tuple(values))


class NamespaceMiddlewareCall(SocketMiddlewareCall):
    """A middleware of a namespace, for one of its sockets."""

    __slots__ = ("_socket",)

    def __init__(self, middleware: EventMiddleware[Any], socket: NamespaceSocket) -> None:
        # Made for each event: unlike a `Registration` it needn't know how many arguments the
        # function takes.
        self.listener = middleware
        self._socket = socket

    @override
    def call(self, arguments: Sequence[Any]) -> Any:
        name, *values = arguments
        return self.listener(self._socket, name, tuple(values))
