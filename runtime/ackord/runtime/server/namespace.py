"""A namespace of a server, for applications."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ackord.runtime.adapters.base import Adapter
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.server.contracts import SocketT
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.registrations import ConnectHook, DisconnectHook, Registering
from ackord.runtime.server.server_events import ServerRoute
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.failures import Failures, InvalidHook, InvalidPolicy
from ackord.runtime.sockets.routes import Route


class Namespace(Registering[SocketT]):
    """A namespace of a server; `Server.of` makes it.

    ::

        chat = server.of("/chat")

        @chat.use
        async def check(socket: Socket) -> None:
            if socket.handshake.auth.get("token") != "secret":
                raise RefusalReply("not authorized", {"retry": False})

        @chat.on("connection")
        def connected(socket: Socket) -> None:
            socket.emit("welcome")

    The attributes `error_replies`, `invalid_events` and `failures` are about events that fail
    (docs/decisions/0006).
    """

    __slots__ = ("_audience", "_core", "_registrations")

    def __init__(self, core: NamespaceCore[SocketT]) -> None:
        core.facade = self
        self._core = core
        self._audience = core.audience
        self._registrations = core.registrations

    @property
    def name(self) -> str:
        """The name, with its leading slash."""
        return self._core.name

    @property
    def params(self) -> Mapping[str, str]:
        """The parameters in the name of a dynamic namespace, by their names; see `Server.of`."""
        return self._core.params

    @property
    def sockets(self) -> dict[str, SocketT]:
        """The connected sockets of this process, by their ids."""
        return self._core.sockets

    @property
    def adapter(self) -> Adapter:
        """The adapter, which keeps the rooms."""
        return self._core.adapter

    @property
    def failures(self) -> Failures[SocketT]:
        """Counts the events that fail."""
        return self._core.failures

    @property
    def error_replies(self) -> bool:
        """Whether an event that fails is answered by an error ack."""
        return self._core.error_replies

    @error_replies.setter
    def error_replies(self, value: bool) -> None:
        self._core.error_replies = value

    @property
    def invalid_events(self) -> InvalidPolicy:
        """What happens if an event without an ack id fails: nothing, or the socket is
        disconnected.
        """
        return self._core.invalid_events

    @invalid_events.setter
    def invalid_events(self, value: InvalidPolicy) -> None:
        self._core.invalid_events = value

    def set_route(self, name: str, route: Route) -> None:
        """Decode and handle events of this name by `route`, rather than by untyped listeners.

        Raises:
            ReservedEventError: clients may not send this name.
            UsageError: the name has a route.
        """
        if name in RESERVED_EVENTS:
            raise ReservedEventError(name)
        first = self._registrations.routes.get(name)
        if first is not None:
            raise UsageError(
                f"event {name!r} of namespace {self.name} is handled by {first} already, so "
                f"{route} can't be registered as well: leave one of them out"
            )
        self._registrations.routes[name] = route
        self._registrations.is_custom = True

    def set_data_factory(self, make: Callable[[], Any]) -> None:
        """Call `make` for the `data` of each new socket."""
        self._registrations.make_data = make

    def set_data_format(self, dump: Callable[[Any], Any], load: Callable[[Any], Any]) -> None:
        """Say how the `data` of a socket travels to other servers.

        `dump` takes it and returns values that can be written as JSON, `None` for data that isn't
        set; it raises `InvalidPayloadError` for data that can't travel. `load` takes such values of
        any server, which may be anything, and returns data, for a client that comes back from
        another server; it raises an `AckordError` for what isn't as it should be.
        """
        self._registrations.dump_data = dump
        self._registrations.load_data = load

    def add_contract(self, contract: ContractName) -> None:
        """Refuse clients that announce contracts and not this one, which describes the
        namespace.
        """
        self._registrations.contracts[contract.name] = contract

    def set_connect_hook(self, hook: ConnectHook[SocketT]) -> None:
        """Run `hook` for each socket after the middlewares and before CONNECT is answered; it may
        raise `RefusalReply`.
        """
        self._registrations.connect_hook = hook
        self._registrations.is_custom = True

    def set_disconnect_hook(self, hook: DisconnectHook[SocketT]) -> None:
        """Run `hook` after a socket has left."""
        self._registrations.disconnect_hook = hook
        self._registrations.is_custom = True

    def on_invalid(self, hook: InvalidHook[SocketT]) -> InvalidHook[SocketT]:
        """Call `hook` with the socket, the event's name and the failure whenever an event fails."""
        core = self._core
        if core.parent is not None and core.failures is core.parent.failures:
            core.failures = Failures(core.name, core.tasks)
        core.failures.set_hook(hook)
        return hook

    def set_server_route(self, name: str, route: ServerRoute) -> None:
        """Handle events of this name from other servers by `route`, rather than by listeners.

        Raises:
            ReservedEventError: no server may send this name.
            UsageError: the name has a route.
        """
        self._registrations.server_listeners.set_route(name, route)

    def send_server_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to the other servers."""
        self._audience.send_server_event(event)

    async def ask_servers(self, event: EncodedEvent, timeout: float) -> list[AckReply]:  # noqa: ASYNC109  # the adapter bounds the wait
        """Send an encoded event to the other servers and return the acknowledgement of each.

        Raises:
            ServersTimeoutError: some didn't answer in `timeout` seconds.
        """
        return await self._audience.ask_servers(event, timeout)

    async def receive_server_event(self, event: EncodedEvent) -> AckReply:
        """Handle an event of another server; return the acknowledgement. For adapters.

        Raises:
            FailureReply: there is no acknowledgement: nobody listens, a listener returned `NO_ACK`
                or raised, or the answer can't be sent.
        """
        return await self._core.receive_server_event(event)


def core_of(namespace: Namespace[SocketT]) -> NamespaceCore[SocketT]:
    """Return the core of a namespace, for other parts of the runtime."""
    return namespace._core


def namespace_of(core: NamespaceCore[SocketT]) -> Namespace[SocketT]:
    """Return the application's namespace of a core."""
    namespace: Namespace[SocketT] = core.facade
    return namespace
