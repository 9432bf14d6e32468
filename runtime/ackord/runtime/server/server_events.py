"""Events between the servers of a cluster (``serverSideEmit``), to the same namespace on the other
servers.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from ackord.runtime.containment import contain_awaited
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.error_acks import (
    INVALID_RESPONSE,
    FailureReply,
    internal_error,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent, check_name
from ackord.runtime.protocol.socketio.values import encode_value
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.failures import describe_failure
from ackord.runtime.sockets.listeners import Listener, ListenerTable, Registration
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.sockets.untyped import acknowledge, call_in_order

RESERVED_SERVER_EVENTS: Final = frozenset({"connect", "connection", "new_namespace"})
"""Names that servers may not send."""


class ServerRoute(Protocol):
    """How the events of one name from other servers are handled and answered."""

    @property
    def answers_failures(self) -> bool:
        """Whether a server that waits for the acknowledgement gets an error ack for a failure; if
        not, that server waits until its timeout, as with untyped listeners.
        """
        ...

    async def handle(self, namespace: Any, event: EncodedEvent) -> AckReply:
        """Handle an event of `namespace`, the application's `Namespace`, as the event came,
        undecoded; return the acknowledgement.

        Any exception is the failure ``internal``; `FailureReply` is the one that it holds.
        """
        ...


class ServerListeners:
    """The listeners and routes for events of other servers."""

    __slots__ = ("_listeners", "_routes")

    def __init__(self) -> None:
        self._listeners = ListenerTable()
        self._routes: dict[str, ServerRoute] = {}

    def copy(self) -> ServerListeners:
        """Return the same for another namespace."""
        other = ServerListeners()
        other._listeners = self._listeners.copy()
        other._routes = dict(self._routes)
        return other

    def add(self, name: str, listener: Listener) -> None:
        """Call `listener` for each event of this name.

        Raises:
            ReservedEventError: no server may send this name.
        """
        _check(name)
        self._listeners.add(name, Registration(listener))

    def set_route(self, name: str, route: ServerRoute) -> None:
        """Handle events of this name by `route`, rather than by listeners.

        Raises:
            ReservedEventError: no server may send this name.
            UsageError: the name has a route.
        """
        _check(name)
        first = self._routes.get(name)
        if first is not None:
            raise UsageError(
                f"the server event {name!r} is handled by {first} already, so {route} can't be "
                "registered as well: leave one of them out"
            )
        self._routes[name] = route

    async def receive(self, namespace: Any, event: EncodedEvent, log: LimitedLog) -> AckReply:
        """Handle an event of another server and return the acknowledgement; see
        `Namespace.receive_server_event`.
        """
        route = self._routes.get(event.name)
        if route is None:
            return await self._call_listeners(event, log)
        try:
            return await _handle(route, namespace, event, log)
        except FailureReply as failure:
            if not route.answers_failures:
                raise
            return failure.arguments_text(), ()

    async def _call_listeners(self, event: EncodedEvent, log: LimitedLog) -> AckReply:
        try:
            registrations = self._listeners.take(event.name)
            results = await call_in_order(
                registrations, decode_array(event.arguments, event.attachments)[1:]
            )
            reply = acknowledge(registrations, results)
        except FailureReply:
            raise
        except BaseException as error:
            contain_awaited(error)
            log.crash(f"Event {quoted(event.name)} of another server", error)
            raise internal_error() from error
        if reply is None:
            raise FailureReply(INVALID_RESPONSE, "The listeners left the event unacknowledged")
        return reply


async def _handle(
    route: ServerRoute, namespace: Any, event: EncodedEvent, log: LimitedLog
) -> AckReply:
    name = f"Event {quoted(event.name)} of another server"
    try:
        return await route.handle(namespace, event)
    except FailureReply as failure:
        text = f"{name} failed: {quoted(failure.code)}{describe_failure(failure)}"
        log.write_warning(f"server event {failure.code}", event.name, text)
        raise
    except BaseException as error:
        contain_awaited(error)
        log.crash(name, error)
        raise internal_error() from error


def encode_server_event(name: str, values: tuple[Any, ...]) -> EncodedEvent:
    """Encode an event for the other servers.

    Raises:
        ReservedEventError: no server may send this name.
        InvalidPayloadError: JSON can't hold a value.
    """
    _check(name)
    text, attachments = encode_value([name, *values])
    return EncodedEvent(name, text, attachments)


def _check(name: str) -> None:
    check_name(name)
    if name in RESERVED_SERVER_EVENTS:
        raise ReservedEventError(name)
