"""Routes the events of one name to a method of a typed namespace."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import INVALID_RESPONSE, FailureReply
from ackord.runtime.sockets.routes import Arguments, Decode, Encode, EncodedArguments
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.model import DeclaredError
from pydantic_core import PydanticSerializationError

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
        self.encode: Encode = partial(encode_answer, event)
        """See `Route.encode`."""

    def handle(self, socket: Socket, arguments: Arguments) -> Coroutine[Any, Any, Any]:
        """See `Route.handle`."""
        return self._handler(socket.context or self._make_context(socket), *arguments)

    def rescue(self, error: BaseException) -> Any:
        """See `Route.rescue`."""
        return declared_error(self._event, error)


def declared_error(event: Event[Any], error: BaseException) -> Any:
    """Return the declared error of an event if a handler raised it (`Error.exception`): it is an
    answer as well. Raise any other exception again; a note says if an error isn't declared.
    """
    if isinstance(error, DeclaredError):
        if isinstance(error.error, event.errors):
            return error.error
        name = type(error.error).__name__
        error.add_note(
            f"The event {event.name!r} doesn't declare {name}, so the answer is 'internal': add "
            f"{name} to its `errors` in the contract, or catch it in the handler"
        )
    raise error


def encode_answer(event: Event[Any], answer: Any) -> EncodedArguments:
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
        raise FailureReply(INVALID_RESPONSE, "The handler's answer isn't as declared") from error


def _is_crash(error: BaseException | None) -> bool:
    """Whether a serializer raised an unexpected exception, rather than refused a value; pydantic
    keeps only the name of the exception.
    """
    found = _CALLED.search(str(error)) if isinstance(error, PydanticSerializationError) else None
    return found is not None and found[1] not in _REFUSALS
