"""Listeners: functions of the application, by event name."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from typing import Any, Final, Literal, TypeAlias, TypeVar

from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.signatures import signature_of

Listener: TypeAlias = Callable[..., Any]
"""A plain function or a coroutine function; it takes the event's arguments."""


class _Unanswered(Enum):
    NO_ACK = "no ack"


NO_ACK: Final[Literal[_Unanswered.NO_ACK]] = _Unanswered.NO_ACK
"""Returned by a listener to leave an event unacknowledged, as a JavaScript listener that doesn't
call its callback.
"""

ListenerT = TypeVar("ListenerT", bound=Listener)

_POSITIONAL: Final = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def is_async(listener: Listener) -> bool:
    """Tell whether calling `listener` gives a coroutine: bound methods, partials and callable
    objects included.
    """
    while isinstance(listener, partial):
        listener = listener.func
    return inspect.iscoroutinefunction(listener) or inspect.iscoroutinefunction(
        getattr(listener, "__call__", None)  # noqa: B004  # its kind is asked
    )


class Registration:
    """One listener, how it was registered, and how many arguments it takes."""

    __slots__ = ("concurrent", "is_async", "is_plain", "least", "listener", "most", "once")

    def __init__(self, listener: Listener, *, once: bool = False, concurrent: bool = False) -> None:
        """Inspect the listener once, so that no call has to.

        Raises:
            UsageError: the listener can't be called with positional arguments only.
        """
        if not callable(listener):
            raise UsageError(f"a listener is a function, not {type(listener).__name__!r}")
        self.listener = listener
        self.once = once
        self.concurrent = concurrent
        self.is_async = is_async(listener)
        self.is_plain = not (self.is_async or once)
        """Whether it can be called without a task, and as often as the event comes."""
        self.least, self.most = positional_range(listener)

    def call(self, arguments: Sequence[Any]) -> Any:
        """Call the listener with as many arguments as it takes; further ones are dropped, as in
        JavaScript.

        Raises:
            InvalidArgumentsError: there are too few.
        """
        count = len(arguments)
        if self.least <= count <= self.most:
            return self.listener(*arguments)
        if count < self.least:
            raise InvalidArgumentsError(
                [{"loc": [], "type": "missing_argument", "msg": "Too few arguments"}]
            )
        return self.listener(*arguments[: self.most])

    def notify(self, arguments: Sequence[Any]) -> Any:
        """Call a listener without an answer; missing arguments are `None`, as they are undefined in
        JavaScript.
        """
        return self.call((*arguments, *(None,) * (self.least - len(arguments))))


def positional_range(listener: Listener) -> tuple[int, int]:
    """Return how many positional arguments a listener needs at least, and takes at most.

    Raises:
        UsageError: it can't be called with positional arguments only.
    """
    try:
        signature = signature_of(listener)
    except ValueError:
        return 0, sys.maxsize  # some builtins don't tell
    least = most = 0
    for parameter in signature.parameters.values():
        if parameter.kind in _POSITIONAL:
            most += 1
            least += parameter.default is parameter.empty
        elif parameter.kind is parameter.VAR_POSITIONAL:
            most = sys.maxsize
        elif parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty:
            raise UsageError(
                f"a listener is called with positional arguments only: {parameter.name!r} of "
                f"{listener!r} needs a default"
            )
    return least, most


class ListenerTable:
    """Listeners by event name, each name's in the order of registration."""

    __slots__ = ("by_name",)

    def __init__(self) -> None:
        self.by_name: dict[str, tuple[Registration, ...]] = {}
        """The registrations of each name; no tuple is empty."""

    def add(self, name: str, registration: Registration) -> None:
        """Append a listener."""
        self.by_name[name] = (*self.by_name.get(name, ()), registration)

    def remove(self, name: str | None = None, listener: Listener | None = None) -> None:
        """Remove one registration of `listener`, or all of a name, or all."""
        if name is None:
            self.by_name.clear()
            return
        kept = list(self.by_name.pop(name, ()))
        if listener is None:
            return
        for position in range(len(kept) - 1, -1, -1):
            if kept[position].listener == listener:
                del kept[position]
                break
        if kept:
            self.by_name[name] = tuple(kept)

    def copy(self) -> ListenerTable:
        """Return another table with the same registrations."""
        table = ListenerTable()
        table.by_name = dict(self.by_name)
        return table

    def get(self, name: str) -> tuple[Registration, ...]:
        """Return the registrations of a name."""
        return self.by_name.get(name, ())

    def take(self, name: str) -> tuple[Registration, ...]:
        """Return the registrations for an event of this name, and remove those for one event
        only.
        """
        found = self.by_name.get(name, ())
        for registration in found:
            if registration.once:
                self._forget_once(name, found)
                break
        return found

    def _forget_once(self, name: str, found: tuple[Registration, ...]) -> None:
        kept = tuple(registration for registration in found if not registration.once)
        if kept:
            self.by_name[name] = kept
        else:
            del self.by_name[name]


def ack_arguments(values: Iterable[Any]) -> tuple[Any, ...] | None:
    """Turn the return values of an event's listeners into the acknowledgement's arguments; `None`
    for no acknowledgement.

    The first value counts, a tuple stands for several arguments. Without a value there are no
    arguments, and no acknowledgement if a listener returned `NO_ACK`.
    """
    is_unanswered = False
    for value in values:
        if value is NO_ACK:
            is_unanswered = True
        elif value is not None:
            kind = value.__class__
            return value if kind is tuple else (value,)
    return None if is_unanswered else ()
