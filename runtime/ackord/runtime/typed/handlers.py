"""Checks of the methods that handle events, when their class is defined, with or without a type
checker.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from ackord.runtime.signatures import signature_of
from ackord.runtime.sockets.listeners import is_async

P = ParamSpec("P")
R = TypeVar("R")


def check_handlers(
    cls: type[Any], handlers: Mapping[str, Sequence[str]], *, plain: AbstractSet[str] = frozenset()
) -> None:
    """Refuse methods ``on_…`` that belong to no event, that can't be awaited, or that don't take
    the event's arguments.

    `handlers` has the parameters of each one besides `self`; `plain` names those that needn't be
    `async`. A plain function that wraps an asynchronous one by `functools.wraps` counts as
    asynchronous, because it returns an awaitable.

    Raises:
        TypeError: a method is wrong; the message names it, and the nearest event.
    """
    for name in dir(cls):
        if not name.startswith("on_"):
            continue
        if name not in handlers:
            near = get_close_matches(name, handlers, n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"there are {', '.join(sorted(handlers)) or 'none'}"
            )
            raise TypeError(f"{cls.__name__}.{name} belongs to no event: {hint}")
        method = getattr(cls, name)
        if name not in plain and not is_async(inspect.unwrap(method)):
            raise TypeError(
                f"{cls.__name__}.{name} must be an async function: declare it with `async def`; "
                "a decorator whose wrapper is a plain function needs functools.wraps"
            )
        _check_parameters(cls, name, handlers[name])


def handler(method: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
    """Type a method so that a decorated one may override it: a decorator may return any awaitable,
    and type checkers would demand the coroutine of a plain `async def`.
    """
    return method


def awaiting(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a coroutine function for a handler that may return any awaitable; most handlers are
    coroutine functions and returned unchanged.
    """
    if is_async(handler):
        return cast("Callable[..., Coroutine[Any, Any, Any]]", handler)

    @wraps(handler)
    async def handle(*arguments: Any) -> Any:
        return await handler(*arguments)

    return handle


def parameters_of(method: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of a method's parameters besides `self`."""
    return tuple(signature_of(method).parameters)[1:]


def _check_parameters(cls: type[Any], name: str, taken: Sequence[str]) -> None:
    signature = signature_of(getattr(cls, name))
    # Static and class methods have no parameter `self` here.
    is_bound = isinstance(inspect.getattr_static(cls, name), classmethod | staticmethod)
    try:
        signature.bind(*([] if is_bound else ["self"]), *taken)
    except TypeError as error:
        raise TypeError(
            f"{cls.__name__}.{name} is called with ({', '.join(('self', *taken))}): {error}"
        ) from None
