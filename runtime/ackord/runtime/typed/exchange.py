"""Sending typed events and waiting for their typed acknowledgements, the same on the server and on
the client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.model import Error, UnknownError

R = TypeVar("R")
T = TypeVar("T")


class Requester(Protocol):
    """A socket, of a server or a client, that can send an event and wait for its
    acknowledgement.
    """

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an event and return what `decode` makes of its acknowledgement."""
        ...


def encode_typed(event: Event[Any], args: tuple[object, ...]) -> EncodedEvent:
    """Encode an event with typed arguments.

    Raises:
        InvalidPayloadError: an argument isn't of its declared type, or JSON can't hold it.
    """
    text, attachments = event.arguments.encode(args)
    return EncodedEvent(event.name, text, attachments, event.arguments.count_absent(args))


async def request_result(
    requester: Requester, event: Event[R], args: tuple[object, ...], seconds: float
) -> R | UnknownError:
    """Send an event and return the answer: the value, a declared error, or an `UnknownError`.

    Raises:
        AckTimeoutError: no acknowledgement came in `seconds`.
        DisconnectedError: the connection ended first.
        InvalidAckError: the answer isn't as declared.
        InvalidPayloadError: an argument isn't of its declared type, or JSON can't hold it.
    """
    result: R | UnknownError = await requester.request(
        encode_typed(event, args), event.reply.decode_reply, seconds
    )
    return result


async def request(
    requester: Requester, event: Event[R], args: tuple[object, ...], seconds: float
) -> R:
    """Send an event and return the value of the answer, or raise its error.

    Raises:
        DeclaredError: the answer is an error of the contract.
        RemoteError: the answer is another error.
    """
    result = await request_result(requester, event, args, seconds)
    if isinstance(result, Error | UnknownError):
        result.unwrap()
    return result
