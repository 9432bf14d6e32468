"""Base of the classes whose methods handle what comes to a client."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from ackord.runtime.errors import AckordError
from ackord.runtime.typed.handlers import check_handlers, parameters_of
from typing_extensions import override

P = ParamSpec("P")
R = TypeVar("R")

HOOKS = ("on_connect", "on_disconnect", "on_connect_error", "on_reconnect_attempt")
"""Methods that are called for what happens to the connection, not for an event of the contract."""


def unhandled(
    function: Callable[P, Coroutine[Any, Any, R]],
) -> Callable[P, R | Coroutine[Any, Any, R]]:
    """Mark a method of generated handlers as empty: an event whose method isn't overridden has no
    handler.

    By its type, plain functions and coroutine functions may override it.
    """
    function.__ackord_unhandled__ = True  # type: ignore[attr-defined]  # functions take attributes
    return function


class ClientHandlers:
    """Base of the classes whose methods handle a client's incoming events."""

    @unhandled
    async def on_connect(self) -> None:
        """Called when the namespace is joined, for the first time and after a lost connection."""

    @unhandled
    async def on_disconnect(self, reason: str) -> None:
        """Called when the namespace was left; `reason` is one of the disconnect reasons of
        Socket.IO. The client comes back by itself if it is still `active`.
        """

    @unhandled
    async def on_connect_error(self, error: AckordError) -> None:
        """Called when an attempt to connect has failed: the server can't be reached, or refuses, as
        the namespace's ``ConnectRefusedError`` tells.
        """

    @unhandled
    async def on_reconnect_attempt(self, number: int) -> None:
        """Called when an attempt to connect again begins; the first has the number 1."""

    @override
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if ClientHandlers in cls.__bases__:  # the generated one
            return
        generated = [base for base in cls.__mro__ if ClientHandlers in base.__bases__]
        known = {
            name: parameters_of(getattr(base, name))
            for base in (*generated, ClientHandlers)
            for name in vars(base)
            if name.startswith("on_")
        }
        check_handlers(cls, known, plain=frozenset(known))


def overridden(handlers: ClientHandlers | None, name: str) -> Callable[..., Any] | None:
    """Return a handler that an application has written, or `None`."""
    handler: Callable[..., Any] | None = getattr(handlers, name, None)
    return None if getattr(handler, "__ackord_unhandled__", False) else handler
