"""Routes the events of one name to a method of a typed namespace, as often as the contract allows.

Only events with a rate have such a route, so that the others pay nothing for it.
"""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable, Coroutine, Hashable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

from ackord.runtime.protocol.socketio.error_acks import RATE_LIMITED, FailureReply
from ackord.runtime.sockets.routes import Arguments, Decode
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.rate import RateLimiter
from ackord.runtime.typed.route import Handler, TypedRoute
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.socket import Socket

RateKey: TypeAlias = Callable[[Any, str], Hashable]
"""Takes the context and the event's name, and returns whose events are counted together."""


class RatedRoute(TypedRoute):
    """A `TypedRoute` that refuses events that come too often with ``rate_limited``."""

    __slots__ = ("_key_of", "_take")

    def __init__(
        self,
        event: Event[Any],
        handler: Handler,
        make_context: Callable[[Socket], Any],
        limiter: RateLimiter,
        key_of: RateKey | None,
    ) -> None:
        """Take also what counts the events, and whose they are; `None`: the connection's."""
        super().__init__(event, handler, make_context)
        self._take = limiter.take
        self._key_of = key_of
        self.decode = _with_time(event.arguments.decode)

    @override
    def handle(self, socket: Socket, arguments: Arguments) -> Coroutine[Any, Any, Any]:
        now, taken = arguments
        context = socket.context or self._make_context(socket)
        key = socket.id if self._key_of is None else self._key_of(context, self._event.name)
        if wait := self._take(key, now):
            raise _too_many(now + wait - get_running_loop().time())
        return self._handler(context, *taken)


def _with_time(decode: Decode) -> Decode:
    """Return the time of arrival beside the arguments: they may wait for a while to be handled."""

    def decode_with_time(payload: str, attachments: Sequence[bytes], /) -> Arguments:
        return get_running_loop().time(), decode(payload, attachments)

    return decode_with_time


def _too_many(seconds: float) -> FailureReply:
    retry_after = max(1, ceil(seconds * 1000)) / 1000
    return FailureReply(RATE_LIMITED, "Too many events", {"retry_after": retry_after})
