"""Routes the events of one name from other servers to a method of a typed namespace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.route import Handler, answer_of, encode_answer, name_of
from typing_extensions import override


class TypedServerRoute:
    """Validates the arguments, calls one handler, encodes its answer (see
    `ackord.runtime.server.server_events.ServerRoute`).
    """

    __slots__ = ("_event", "_handler", "_make_instance", "answers_failures")

    def __init__(
        self,
        event: Event[Any],
        handler: Handler,
        make_instance: Callable[[Any], Any] | None,
        *,
        answers_failures: bool,
    ) -> None:
        """Take the event and its handler. In a dynamic namespace, `make_instance` makes the
        handler's first argument from the untyped namespace.
        """
        self._event = event
        self._handler = handler
        self._make_instance = make_instance
        self.answers_failures = answers_failures
        """See `ServerRoute.answers_failures`."""

    @override
    def __repr__(self) -> str:
        return name_of(self._handler)

    async def handle(self, namespace: Any, event: EncodedEvent) -> AckReply:
        """See `ServerRoute.handle`."""
        arguments = self._event.arguments.decode(event.arguments, event.attachments)
        first = () if self._make_instance is None else (self._make_instance(namespace),)
        try:
            answer = await self._handler(*first, *arguments)
        except BaseException as error:  # noqa: BLE001  # raised again unless it is declared
            answer = answer_of(self._event, error)
        return encode_answer(self._event, self._handler, answer)
