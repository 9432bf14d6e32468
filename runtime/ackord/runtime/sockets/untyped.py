"""Calls the listeners of an untyped event, and encodes the acknowledgement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import (
    INVALID_RESPONSE,
    FailureReply,
    unknown_event,
)
from ackord.runtime.protocol.socketio.values import encode_value
from ackord.runtime.sockets.listeners import Registration, ack_arguments
from ackord.runtime.sockets.routes import EncodedArguments


def call_all(registrations: Sequence[Registration], arguments: Sequence[Any]) -> list[Any]:
    """Call plain listeners; the results may have awaitables all the same."""
    return [registration.call(arguments) for registration in registrations]


def has_awaitable(results: list[Any]) -> bool:
    """Whether some of the results must be awaited."""
    for result in results:  # noqa: SIM110  # on the path of every message
        if hasattr(result, "__await__"):
            return True
    return False


async def await_all(results: list[Any]) -> list[Any]:
    """Await those results that are awaitable, in order."""
    return [await result if hasattr(result, "__await__") else result for result in results]


async def call_in_order(
    registrations: Sequence[Registration], arguments: Sequence[Any]
) -> list[Any]:
    """Call listeners one after the other, each after the one before is done."""
    results: list[Any] = []
    for registration in registrations:
        result = registration.call(arguments)
        results.append(await result if hasattr(result, "__await__") else result)
    return results


def acknowledge(
    registrations: Sequence[Registration], results: Sequence[Any]
) -> EncodedArguments | None:
    """Encode the listeners' answer; `None` if they leave the event unacknowledged.

    Raises:
        FailureReply: nobody listens, or the answer can't be written as JSON.
    """
    if not registrations:
        raise unknown_event()
    values = ack_arguments(results)
    return None if values is None else encode_reply(values)


def encode_reply(values: tuple[Any, ...]) -> EncodedArguments:
    """Encode the arguments of an acknowledgement.

    Raises:
        FailureReply: they can't be written as JSON.
    """
    if not values:
        return "[]", ()
    try:
        return encode_value(values)
    except InvalidPayloadError as error:
        raise FailureReply(INVALID_RESPONSE, "The handler's answer can't be sent") from error
