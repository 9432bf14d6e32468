"""The contract of routes, which decode, handle and answer the events of one name.

A server's `Socket` and a client's `Stay` look up a `Route` by the event's name. The typed layer has
one for each event, which validates the arguments and calls one method; events without a route go to
listeners.
"""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeAlias

EncodedArguments: TypeAlias = tuple[str, Sequence[bytes]]
"""A JSON array as text, with placeholders, and the attachments that they stand for."""

Arguments: TypeAlias = tuple[Any, ...]
"""Decoded and validated positional arguments of one event."""


class Decode(Protocol):
    """The type of `Route.decode`."""

    def __call__(self, payload: str, attachments: Sequence[bytes], /) -> Arguments:
        """See `Route.decode`."""
        ...


class Encode(Protocol):
    """The type of `Route.encode`."""

    def __call__(self, answer: Any, /) -> EncodedArguments:
        """See `Route.encode`."""
        ...


class Route(Protocol):
    """How the events of one name are decoded, handled and answered."""

    @property
    def concurrent(self) -> bool:
        """Whether an event may be handled while an earlier one of the same socket is still being
        handled.
        """
        ...

    @property
    def decode(self) -> Decode:
        """Turn the text of an EVENT's JSON array, event name included, into the arguments for
        `handle`.

        Called when the packet arrives, so that broken JSON closes the connection at once.

        Raises:
            MalformedPayloadError: the text isn't JSON, or a placeholder is bad: a violation of the
                protocol.
            InvalidArgumentsError: it is JSON, but not what the event declares: answered with an
                error ack.
        """
        ...

    def handle(self, socket: Any, arguments: Arguments) -> Coroutine[Any, Any, Any]:
        """Run the handler and return its answer, for `encode`.

        `socket` is a server's `Socket`, or a client's `Stay`; only routes of servers need it.

        Any exception becomes the error ack ``internal``; `FailureReply` becomes the one that it
        holds.
        """
        ...

    def rescue(self, error: BaseException) -> Any:
        """Return the answer for an exception of `handle`, or raise it again."""
        ...

    @property
    def encode(self) -> Encode:
        """Return the acknowledgement's arguments, if the other side has asked for one.

        Raises:
            FailureReply: the answer isn't as declared: ``invalid_response``.
        """
        ...
