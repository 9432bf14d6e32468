"""Routes the events of one name to a method of a typed namespace."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from functools import partial
from inspect import unwrap
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import INVALID_RESPONSE, FailureReply
from ackord.runtime.sockets.routes import Arguments, Decode, Encode, EncodedArguments
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.model import Error
from ackord.runtime.typed.raised_errors import declared_error
from pydantic_core import PydanticSerializationError
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket

_CALLED: Final = re.compile(r"Error calling function `[^`]*`: (\w+)")
_REFUSALS: Final = frozenset(
    ("ValueError", "TypeError", "UnicodeEncodeError", "PydanticSerializationUnexpectedValue")
)

Handler: TypeAlias = Callable[..., Coroutine[Any, Any, Any]]


class TypedRoute:
    """Validates the arguments, calls one handler, encodes its answer (see
    `ackord.runtime.sockets.routes.Route`).
    """

    __slots__ = ("_event", "_handler", "_make_context", "concurrent", "decode", "encode")

    def __init__(
        self, event: Event[Any], handler: Handler, make_context: Callable[[Socket], Any]
    ) -> None:
        """Take the event, its handler, and the function that makes the handler's first argument."""
        self._event = event
        self._handler = handler
        self._make_context = make_context
        self.concurrent = event.concurrent
        # Attributes rather than methods, because every message goes this way, and methods would
        # only add a call.
        self.decode: Decode = event.arguments.decode
        """See `Route.decode`."""
        self.encode: Encode = partial(encode_answer, event, handler)
        """See `Route.encode`."""

    @override
    def __repr__(self) -> str:
        return name_of(self._handler)

    def handle(self, socket: Socket, arguments: Arguments) -> Coroutine[Any, Any, Any]:
        """See `Route.handle`."""
        return self._handler(socket.context or self._make_context(socket), *arguments)

    def rescue(self, error: BaseException) -> Any:
        """See `Route.rescue`."""
        return answer_of(self._event, error)


def answer_of(event: Event[Any], raised: BaseException) -> Any:
    """Return the declared error that a handler has raised, or raise the exception again."""
    return declared_error(raised, event.errors, owner=f"The event {event.name!r}", key="errors")


def name_of(handler: Callable[..., Any]) -> str:
    """Return the name of a handler with that of its class."""
    return str(getattr(handler, "__qualname__", handler))


def encode_answer(event: Event[Any], handler: Callable[..., Any], answer: Any) -> EncodedArguments:
    """Return the acknowledgement of an event; an empty one if the event declares none, because a
    client that asks for one must get one.

    Raises:
        FailureReply: the answer isn't as declared (``invalid_response``).
        InvalidPayloadError: a serializer of the application raised something else than `ValueError`
            or `TypeError`.
    """
    if not event.acked:
        return "[]", ()
    try:
        return event.reply.encode(answer)
    except InvalidPayloadError as error:
        if _is_crash(error.__cause__):
            raise
        raise FailureReply(
            INVALID_RESPONSE, "The handler's answer isn't as declared"
        ) from _wrong_answer(event, handler, answer, error)


def _wrong_answer(
    event: Event[Any], handler: Callable[..., Any], answer: Any, refusal: InvalidPayloadError
) -> InvalidPayloadError:
    """Return the exception for the log: it names the handler, and has none of our own frames."""
    code = getattr(unwrap(handler), "__code__", None)
    place = "" if code is None else f" ({code.co_filename}:{code.co_firstlineno})"
    why = str(refusal)
    if isinstance(answer, Error) and not isinstance(answer, event.errors):
        why = f"the event {event.name!r} doesn't declare it, add it to its `errors` in the contract"
    wrong = InvalidPayloadError(
        f"{name_of(handler)} returned a {type(answer).__name__}: {why}{place}"
    )
    wrong.__cause__ = refusal.__cause__
    return wrong


def _is_crash(error: BaseException | None) -> bool:
    """Whether a serializer raised an unexpected exception, rather than refused a value; pydantic
    keeps only the name of the exception.
    """
    found = _CALLED.search(str(error)) if isinstance(error, PydanticSerializationError) else None
    return found is not None and found[1] not in _REFUSALS
