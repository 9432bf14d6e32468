"""How the events of one name reach a method of a typed namespace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ackord.runtime.error_acks import INVALID_RESPONSE, FailureReply
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.events.routes import Arguments, EncodedArguments
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.model import DeclaredError

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket

Handler: TypeAlias = Callable[..., Awaitable[Any]]


class TypedRoute:
    """Validates the arguments, calls one handler, encodes its answer (see `ackord.runtime.events.routes.Route`)."""

    __slots__ = ("_event", "_handler", "_make_context", "concurrent")

    def __init__(self, event: Event[Any], handler: Handler, make_context: Callable[[Socket], Any]) -> None:
        """Take the event, what handles it, and what makes the handler's first argument."""
        self._event = event
        self._handler = handler
        self._make_context = make_context
        self.concurrent = event.concurrent

    def decode(self, payload: str, attachments: Sequence[bytes]) -> Arguments:
        """See `Route.decode`."""
        return self._event.arguments.decode(payload, attachments)

    async def handle(self, socket: Socket, arguments: Arguments, *, acked: bool) -> EncodedArguments | None:
        """See `Route.handle`."""
        answer = await call_handler(self._event, self._handler(self._make_context(socket), *arguments))
        return encode_answer(self._event, answer) if acked else None


async def call_handler(event: Event[Any], call: Awaitable[Any]) -> Any:
    """Return what a handler answers; a declared error of its event that it raises (`Error.unwrap` does) is an answer as well."""
    try:
        return await call
    except DeclaredError as raised:
        if isinstance(raised.error, event.errors):
            return raised.error
        raise


def encode_answer(event: Event[Any], answer: Any) -> EncodedArguments:
    """Return the acknowledgement of an event; empty if it declares none, for whoever asks for one all the same has to get one.

    Raises:
        FailureReply: the answer isn't as declared: ``invalid_response``.
    """
    if not event.acked:
        return "[]", ()
    try:
        return event.reply.encode(answer)
    except InvalidPayloadError as error:
        raise FailureReply(INVALID_RESPONSE, "The handler's answer isn't as declared") from error
