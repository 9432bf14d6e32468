"""Guards of handlers: conditions that a client must meet, with an error of the contract for those
that don't.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from functools import wraps
from inspect import signature
from types import CoroutineType
from typing import (
    Any,
    Final,
    Generic,
    NamedTuple,
    ParamSpec,
    TypeVar,
    cast,
    get_type_hints,
    overload,
)

from ackord.runtime.typed.context import Context
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.model import Error

P = ParamSpec("P")
R = TypeVar("R")
ContextT = TypeVar("ContextT", bound=Context[Any])
ErrorT_co = TypeVar("ErrorT_co", bound=Error, covariant=True)

_CHECK: Final = "__ackord_check__"


class Guard(Generic[ErrorT_co]):
    """The decorator that `requires` makes."""

    __slots__ = ("_check",)

    def __init__(self, check: Callable[[Any], Any]) -> None:
        self._check = check

    def __call__(
        self, handler: Callable[P, Awaitable[R]]
    ) -> Callable[P, CoroutineType[Any, Any, R | ErrorT_co]]:
        """Return a handler that answers with the error of the check, if there is one."""
        check = self._check

        @wraps(handler)
        async def handle(*args: P.args, **kwargs: P.kwargs) -> R | ErrorT_co:
            found: Any = check(args[1] if len(args) > 1 else kwargs["ctx"])
            error: ErrorT_co | None = await found if hasattr(found, "__await__") else found
            return await handler(*args, **kwargs) if error is None else error

        setattr(handle, _CHECK, check)
        # pyright takes `async def` for more than a `Coroutine`, and demands that of overrides.
        return cast("Callable[P, CoroutineType[Any, Any, R | ErrorT_co]]", handle)


@overload
def requires(
    check: Callable[[ContextT], Coroutine[Any, Any, ErrorT_co | None]],
) -> Guard[ErrorT_co]: ...
@overload
def requires(check: Callable[[ContextT], ErrorT_co | None]) -> Guard[ErrorT_co]: ...
def requires(check: Callable[[ContextT], Any]) -> Guard[Any]:
    """Handle an event only if `check` has nothing against it; else answer with the error that it
    returns.

    ::

        def owners_only(ctx: ChatContext) -> NotAllowed | None:
            return None if ctx.data.is_owner else NotAllowed()

        class Chat(ChatNamespace):
            @requires(owners_only)
            async def on_clear(self, ctx: ChatContext) -> ClearResult: ...

    `check` is a plain function or a coroutine function. The event must declare its error: type
    checkers report it otherwise, and so does the class of the namespace where it is defined. Of
    several guards, the upper one is asked first.
    """
    return Guard(check)


def check_guards(cls: type[Any], events: Iterable[Event[Any]]) -> None:
    """Refuse guards whose error the event doesn't declare, or that take the context of another
    namespace, as far as their annotations say it.

    Raises:
        TypeError: a guard is wrong.
    """
    for event in events:
        for check in _checks_of(getattr(cls, event.handler)):
            where = f"{cls.__name__}.{event.handler} requires {check.name}"
            for error in check.errors:
                if not issubclass(error, event.errors):
                    raise TypeError(
                        f"{where}, whose error {error.__name__} the event {event.name!r} doesn't "
                        "declare: add it to its `errors` in the contract"
                    )
            if isinstance(check.context, type) and not issubclass(cls.context_type, check.context):
                raise TypeError(
                    f"{where}, which takes a {check.context.__name__}, not a "
                    f"{cls.context_type.__name__}"
                )


class _Check(NamedTuple):
    """What the annotations of a check say; names that only type checkers import say nothing."""

    name: str
    context: Any
    """The annotation of its parameter, or `None`."""
    errors: Sequence[type[Error]]


def _checks_of(handler: Any) -> Iterator[_Check]:
    """Yield the checks of a handler that guards decorate, the outer one first."""
    inner: Any = handler
    while inner is not None:
        found: Any = getattr(inner, _CHECK, None)
        inner = getattr(inner, "__wrapped__", None)
        if found is not None and found is not getattr(inner, _CHECK, None):
            yield _describe(found)


def _describe(check: Any) -> _Check:
    name: str = getattr(check, "__name__", repr(check))
    try:
        hints = get_type_hints(check)
        parameters = list(signature(check).parameters)
    except (NameError, TypeError, ValueError, AttributeError):
        return _Check(name, None, ())
    context = hints.get(parameters[0]) if parameters else None
    return _Check(name, context, tuple(_errors_in(hints.get("return"))))


def _errors_in(annotation: Any) -> Iterator[type[Error]]:
    parts: tuple[Any, ...] = getattr(annotation, "__args__", ())
    if isinstance(annotation, type) and issubclass(annotation, Error):
        yield annotation
    for part in parts:
        yield from _errors_in(part)
