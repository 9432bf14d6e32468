"""Events between the servers of a cluster (``serverSideEmit``): what a namespace sends to its
namesakes on other nodes, and what it does when one comes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, overload

from ackord.runtime.containment import contain_awaited
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.error_acks import (
    INVALID_RESPONSE,
    FailureReply,
    internal_error,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent, check_name
from ackord.runtime.protocol.socketio.values import encode_value
from ackord.runtime.sockets.acks import DEFAULT_ACK_TIMEOUT, AckReply, check_timeout
from ackord.runtime.sockets.listeners import Listener, ListenerT, ListenerTable, Registration
from ackord.runtime.sockets.outgoing import decode_answer
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.sockets.untyped import acknowledge, call_in_order

if TYPE_CHECKING:
    from ackord.runtime.adapters.base import Adapter
    from ackord.runtime.engine.server_loop import ServerLoop
    from ackord.runtime.tasks import TaskSet

RESERVED_SERVER_EVENTS: Final = frozenset({"connect", "connection", "new_namespace"})
"""Names that a server tells itself."""

ServerRoute: TypeAlias = Callable[[EncodedEvent], Awaitable[None]]
"""Takes an event as it came, undecoded."""

ServerRouteT = TypeVar("ServerRouteT", bound=ServerRoute)


class ServerEvents:
    """The events between servers, of one namespace.

    They reach the *other* servers only, as in Socket.IO: on a single server nobody.
    """

    __slots__ = ("_server_listeners", "_server_routes")

    adapter: Adapter
    server_loop: ServerLoop
    tasks: TaskSet

    def __init__(self) -> None:
        self._server_listeners = ListenerTable()
        self._server_routes: dict[str, ServerRoute] = {}

    @overload
    def on_server_side(
        self, name: str, listener: None = None
    ) -> Callable[[ListenerT], ListenerT]: ...
    @overload
    def on_server_side(self, name: str, listener: ListenerT) -> ListenerT: ...
    def on_server_side(self, name: str, listener: Listener | None = None) -> Any:
        """Call `listener` with the arguments of each event of this name that another server sends;
        what it returns is the acknowledgement.

        Raises:
            ReservedEventError: no server may send this name.
        """
        if listener is None:
            return partial(self.on_server_side, name)
        _check(name)
        self._server_listeners.add(name, Registration(listener))
        return listener

    def set_server_route(self, name: str, route: ServerRoute) -> None:
        """Have events of this name handled by `route`, before listeners are asked.

        Raises:
            ReservedEventError: no server may send this name.
            UsageError: the name has a route.
        """
        _check(name)
        if name in self._server_routes:
            raise UsageError(f"the server event {name!r} has a route already")
        self._server_routes[name] = route

    def server_side_emit(self, name: str, *values: Any) -> None:
        """Send an event to the other servers of the cluster.

        Raises:
            ReservedEventError: no server may send this name.
            InvalidPayloadError: JSON can't hold a value.
        """
        self.send_server_event(_encode(name, values))

    async def server_side_emit_with_ack(
        self,
        name: str,
        *values: Any,
        timeout: float | None = None,  # noqa: ASYNC109  # Socket.IO's timeout
    ) -> list[Any]:
        """Send an event to the other servers and return what they answer, one answer each; on a
        single server, none.

        Raises:
            ReservedEventError: no server may send this name.
            InvalidPayloadError: JSON can't hold a value.
            AckTimeoutError: some didn't answer in `timeout` seconds, 20 by default.
        """
        event = _encode(name, values)
        seconds = DEFAULT_ACK_TIMEOUT if timeout is None else timeout
        check_timeout(seconds)
        self.server_loop.check()
        replies = await self.adapter.server_side_emit_with_ack(event, seconds)
        return [decode_answer(reply) for reply in replies]

    def send_server_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to the other servers."""
        loop = self.server_loop
        if get_ident() == loop.thread or not loop.hand_over(self.send_server_event, event):
            self.adapter.server_side_emit(event)

    async def receive_server_event(self, event: EncodedEvent) -> AckReply:
        """Handle an event of another server, for the adapter that brings it; return the
        acknowledgement.

        Raises:
            FailureReply: nobody listens, a listener returned `NO_ACK`, the answer can't be sent, or
                what handles the event has raised: there is no acknowledgement.
        """
        try:
            route = self._server_routes.get(event.name)
            if route is not None:
                await route(event)
                return "[]", ()
            registrations = self._server_listeners.take(event.name)
            results = await call_in_order(
                registrations, decode_array(event.arguments, event.attachments)[1:]
            )
            reply = acknowledge(registrations, results)
        except FailureReply:
            raise
        except BaseException as error:
            contain_awaited(error)
            self.tasks.log.crash(f"Event {quoted(event.name)} of another server", error)
            raise internal_error() from error
        if reply is None:
            raise FailureReply(INVALID_RESPONSE, "The listeners left the event unacknowledged")
        return reply

    def copy_server_events(self, source: ServerEvents) -> None:
        """Listen as another namespace does."""
        self._server_listeners = source._server_listeners.copy()
        self._server_routes = dict(source._server_routes)


def _check(name: str) -> None:
    check_name(name)
    if name in RESERVED_SERVER_EVENTS:
        raise ReservedEventError(name)


def _encode(name: str, values: tuple[Any, ...]) -> EncodedEvent:
    _check(name)
    text, attachments = encode_value([name, *values])
    return EncodedEvent(name, text, attachments)
