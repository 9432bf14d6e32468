"""Methods that handle events are checked when their class is defined, whatever checks the types."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from collections.abc import Set as AbstractSet
from difflib import get_close_matches
from typing import Any, ParamSpec, TypeVar, cast

from ackord.runtime.signatures import signature_of
from ackord.runtime.sockets.listeners import is_async

P = ParamSpec("P")
R = TypeVar("R")


def check_handlers(
    cls: type[Any], handlers: Mapping[str, Sequence[str]], *, plain: AbstractSet[str] = frozenset()
) -> None:
    """Refuse methods ``on_…`` that nothing would ever call, that can't be awaited, or that don't
    take what they are called with.

    `handlers` has what each one takes besides `self`; `plain` are those that needn't be `async`.
    A plain function that wraps an asynchronous one, and says so by `functools.wraps`, counts as
    asynchronous: it returns what can be awaited.

    Raises:
        TypeError: it names the method, and the nearest event.
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
    """Let a method be overridden by a decorated one: a decorator may give any awaitable, where
    type checkers would want the coroutine that a plain `async def` gives.
    """
    return method


def awaiting(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return what gives a coroutine where `handler` may give any awaitable; most handlers are
    coroutine functions, and returned as they are.
    """
    if is_async(handler):
        return cast("Callable[..., Coroutine[Any, Any, Any]]", handler)

    async def handle(*arguments: Any) -> Any:
        return await handler(*arguments)

    return handle


def parameters_of(method: Callable[..., Any]) -> tuple[str, ...]:
    """Name what a method takes besides `self`."""
    return tuple(signature_of(method).parameters)[1:]


def _check_parameters(cls: type[Any], name: str, taken: Sequence[str]) -> None:
    signature = signature_of(getattr(cls, name))
    # The class gives static and class methods without a place for `self`.
    is_bound = isinstance(inspect.getattr_static(cls, name), classmethod | staticmethod)
    try:
        signature.bind(*([] if is_bound else ["self"]), *taken)
    except TypeError as error:
        raise TypeError(
            f"{cls.__name__}.{name} is called with ({', '.join(('self', *taken))}): {error}"
        ) from None
