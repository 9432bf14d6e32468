"""A namespace of a server: its sockets, middlewares, routes and rooms."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from ackord.runtime.adapters.base import AckCollector, Adapter, BroadcastFlags, Target
from ackord.runtime.containment import Step
from ackord.runtime.errors import InvalidPayloadError, ReservedEventError, UsageError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.protocol.socketio.packet import encode_event, namespace_prefix
from ackord.runtime.server.broadcast import Broadcasting, BroadcastOperator
from ackord.runtime.server.connection_events import ConnectionEvents
from ackord.runtime.server.gates import EventMiddleware, EventMiddlewareT
from ackord.runtime.server.limits import Limits
from ackord.runtime.server.refusal import RefusalReply
from ackord.runtime.server.server_events import ServerEvents
from ackord.runtime.sockets.failures import Failures, InvalidHook, InvalidPolicy
from ackord.runtime.sockets.lifecycle import Report, call_guarded, call_lifecycle, guard
from ackord.runtime.sockets.listeners import ListenerT, ListenerTable, Registration
from ackord.runtime.sockets.routes import Route
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.admission import Admission
    from ackord.runtime.server.member import Member
    from ackord.runtime.server.parent import ParentNamespace
    from ackord.runtime.server.server import Server
    from ackord.runtime.server.socket import Socket

_EVENTS: Final = ("connect", "connection")
_CALLBACK: Final = "A callback of an event"
_NEW_NAMESPACE: Final = "new_namespace"
_NO_PARAMS: Final[Mapping[str, str]] = {}

Middleware: TypeAlias = "Callable[[Socket], Awaitable[None] | None]"
"""Looks at a socket before it is connected; raises `RefusalReply` to refuse it."""
MiddlewareT = TypeVar("MiddlewareT", bound="Callable[[Socket], Awaitable[None] | None]")

ConnectHook: TypeAlias = "Callable[[Socket, str | None], Awaitable[None]]"
"""Runs after the middlewares, before CONNECT is answered; takes the socket and the JSON text of
CONNECT's payload.
"""

DisconnectHook: TypeAlias = "Callable[[Socket, str], Awaitable[None]]"
"""Runs after the socket has left; takes the reason."""


class Namespace(Broadcasting, ConnectionEvents, ServerEvents):
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

    The attributes `error_replies`, `invalid_events` and `failures` say what happens to events that
    fail (docs/decisions/0006).
    """

    __slots__ = (
        "_connect_hook",
        "_custom",
        "_disconnect_hook",
        "_listeners",
        "_middlewares",
        "_next_ack_id",
        "adapter",
        "admissions",
        "complexity",
        "error_replies",
        "event_middlewares",
        "failures",
        "invalid_events",
        "limits",
        "make_data",
        "max_event_name",
        "name",
        "params",
        "parent",
        "prefix",
        "recovery",
        "routes",
        "server",
        "server_loop",
        "short",
        "sockets",
        "tasks",
    )

    def __init__(self, server: Server, name: str) -> None:
        super().__init__()
        self.server = server
        self.server_loop = server.engine.server_loop
        """The event loop that the server works in."""
        self.name = name
        self.params: Mapping[str, str] = _NO_PARAMS
        """The parameters in the name of a dynamic namespace, by their names; see `Server.of`."""
        self.parent: ParentNamespace | None = None
        """What a dynamic namespace was made after."""
        self.prefix = namespace_prefix(name)
        self.sockets: dict[str, Member] = {}
        self.adapter: Adapter = self._make_adapter()
        self.recovery = server.make_recovery(self.name, self.adapter, self.dispose_if_unused)
        self.routes: dict[str, Route] = {}
        self.failures: Failures[Socket] = Failures(name, server.tasks)
        self.error_replies: bool = server.error_replies
        self.invalid_events: InvalidPolicy = server.invalid_events
        self.limits: Limits = server.limits
        self.complexity = server.limits.complexity
        self.short = self.complexity.short
        self.max_event_name = server.limits.event_name
        """Characters of a payload up to which nobody has to look whether it holds too much."""
        self.tasks = server.tasks
        self.make_data: Callable[[], Any] = dict
        """Makes the `data` of a new socket."""
        self._listeners = ListenerTable()
        self._middlewares: tuple[Middleware, ...] = ()
        self.event_middlewares: tuple[EventMiddleware, ...] = ()
        self.admissions: set[Admission] = set()
        """Those which wait for middlewares or the connect hook."""
        self._custom = False
        self._connect_hook: ConnectHook | None = None
        self._disconnect_hook: DisconnectHook | None = None
        # Shared by the sockets, so that one broadcast can ask everybody for an acknowledgement
        # under one id.
        self._next_ack_id = itertools.count()

    def off(self, name: str | None = None, listener: Callable[..., Any] | None = None) -> None:
        """Forget one listener, or all of a name, or all."""
        self._listeners.remove(name, listener)

    def listeners(self, name: str) -> list[Callable[..., Any]]:
        """Return the listeners of a name."""
        return [registration.listener for registration in self._listeners.get(name)]

    def use(self, middleware: MiddlewareT) -> MiddlewareT:
        """Run `middleware` for each socket before it is connected, in the order of registration.

        `RefusalReply` becomes CONNECT_ERROR; any other exception too, with a message that says
        nothing of it. The connection stays open either way.
        """
        self._middlewares = (*self._middlewares, middleware)
        self._custom = True
        return middleware

    def use_event(self, middleware: EventMiddlewareT) -> EventMiddlewareT:
        """Run `middleware` for each event of each socket, after catch-all listeners and before the
        event's own, in the order of registration.

        What it raises is answered as if a listener had raised it: `FailureReply` as it says,
        anything else as ``internal``.
        """
        self.event_middlewares = (*self.event_middlewares, middleware)
        self._custom = True
        return middleware

    def set_route(self, name: str, route: Route) -> None:
        """Have events of this name decoded and handled by `route`, before untyped listeners are
        asked.

        Raises:
            ReservedEventError: clients may not send this name.
            UsageError: the name has a route.
        """
        if name in RESERVED_EVENTS:
            raise ReservedEventError(name)
        if name in self.routes:
            raise UsageError(f"event {name!r} of namespace {self.name} has a route already")
        self.routes[name] = route
        self._custom = True

    def set_data_factory(self, make: Callable[[], Any]) -> None:
        """Have `make` called for the `data` of each new socket."""
        self.make_data = make

    def set_connect_hook(self, hook: ConnectHook) -> None:
        """Run `hook` for each socket after the middlewares and before CONNECT is answered; it may
        raise `RefusalReply`.
        """
        self._connect_hook = hook
        self._custom = True

    def set_disconnect_hook(self, hook: DisconnectHook) -> None:
        """Run `hook` after a socket has left."""
        self._disconnect_hook = hook
        self._custom = True

    def on_invalid(self, hook: InvalidHook[Socket]) -> InvalidHook[Socket]:
        """Call `hook` with the socket, the event's name and the failure whenever an event fails."""
        if self.parent is not None and self.failures is self.parent.failures:
            self.failures = Failures(self.name, self.tasks)
        self.failures.set_hook(hook)
        return hook

    # What the server does with a namespace

    def bequeath(self, child: Namespace) -> None:
        """Make `child` what this namespace is now; what is registered later isn't copied.

        Failures are counted together, so that many children don't log the same.
        """
        child.routes = dict(self.routes)
        child.failures = self.failures
        child.error_replies = self.error_replies
        child.invalid_events = self.invalid_events
        child.limits = self.limits
        child.event_middlewares = self.event_middlewares
        child._listeners = self._listeners.copy()
        child._middlewares = self._middlewares
        child.make_data = self.make_data
        child._connect_hook = self._connect_hook
        child._disconnect_hook = self._disconnect_hook
        child.copy_server_events(self)

    def settle(self) -> None:
        """Note that whoever prepares a new namespace has done so: what is registered from now on
        makes it worth keeping.
        """
        self._custom = False

    def dispose_if_unused(self) -> None:
        """Let a dynamic namespace go if nobody is in it, or about to be, and it has no listeners of
        its own.
        """
        if self.is_idle:
            self.server.namespaces.rest(self)

    async def close(self) -> None:
        """Let go of what the recovery and the adapter hold."""
        if self.recovery is not None:
            with Step("forget the events and the clients of a recovery", self.tasks.log):
                self.recovery.close()
        await guard(
            _close(self.adapter),
            f"Closing the adapter of namespace {quoted(self.name)}",
            self.tasks.log,
        )

    @property
    def is_unused(self) -> bool:
        """Whether this is a dynamic namespace that nobody needs."""
        return self.is_idle and not (self.recovery is not None and self.recovery.waits)

    @property
    def is_idle(self) -> bool:
        """Whether this is a dynamic namespace that nobody is in, though clients that are away may
        come back to it.
        """
        return (
            self.parent is not None
            and not self.sockets
            and not self.admissions
            and not self._custom
        )

    @property
    def is_pending(self) -> bool:
        """Whether this is a dynamic namespace that nobody is in, while some wait to be let in."""
        return (
            self.parent is not None
            and not self.sockets
            and bool(self.admissions)
            and not self._custom
        )

    def refuse_all(self, payload: str) -> None:
        """Refuse those that wait to be let in, with this payload of CONNECT_ERROR."""
        for admission in tuple(self.admissions):
            admission.refuse(payload)

    def discard(self) -> None:
        """Forget sockets, rooms and what is kept for absent clients: the event loop that they
        belonged to has ended.
        """
        self.sockets.clear()
        self.admissions.clear()
        self.adapter = self._make_adapter()
        if self.recovery is not None:
            self.recovery.log.clear()
        self.recovery = self.server.make_recovery(self.name, self.adapter, self.dispose_if_unused)

    def check_attachments(self, attachments: Sequence[bytes], what: str) -> None:
        """Refuse more attachments than a packet may have: its receiver would close the connection,
        and tell nobody why.

        Raises:
            InvalidPayloadError: there are more than `Limits.attachments`.
        """
        limit = self.limits.attachments
        if len(attachments) > limit and not self.server.parser.transcodes:
            problem = f"{what} has {len(attachments)} attachments, and a packet has at most {limit} (Limits.attachments)"
            self.server.log.write_warning(
                "attachments",
                (self.name, what),
                f"Not sent in namespace {quoted(self.name)}: {problem}",
            )
            raise InvalidPayloadError(problem)

    def check_event(self, event: EncodedEvent) -> None:
        """Refuse an event that can't be sent, before anything is kept of it.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        if self.server.parser.transcodes:
            text = encode_event(self.prefix, event.arguments, len(event.attachments))
            self.server.transcoder.check(Prepared(text, event.attachments))

    def broadcast_event(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> None:
        """Send an encoded event to some of the sockets: the one way of all broadcasts that ask for
        no acknowledgement.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        loop = self.server_loop
        if get_ident() != loop.thread and loop.hand_over(
            self.broadcast_event, event, target, flags
        ):
            return
        sent = event
        if self.recovery is not None:
            self.check_event(event)
            is_kept = not flags.volatile and not flags.local
            sent = (
                self.recovery.record(event, target.rooms, target.except_)
                if is_kept
                else self.recovery.mark(event)
            )
        text = encode_event(self.prefix, sent.arguments, len(sent.attachments))
        prepared = Prepared(text, event.attachments, compress=flags.compress)
        self.server.transcoder.check(prepared)
        self.adapter.broadcast(event, prepared, target, flags)

    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        """Send an encoded event to some of the sockets and bring their acknowledgements to
        `collector`.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        text = encode_event(self.prefix, event.arguments, len(event.attachments), collector.ack_id)
        prepared = Prepared(text, event.attachments, compress=flags.compress)
        self.server.transcoder.check(prepared)
        self.adapter.broadcast_with_ack(event, prepared, target, flags, collector)

    def forget_ack(self, sid: str, ack_id: int) -> None:
        """Make a socket of this process no longer wait for an acknowledgement."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket.forget_ack(ack_id)

    def select_sockets(self, target: Target) -> list[Socket]:
        """Return some of the sockets of this process."""
        self.server_loop.check()
        return [self.sockets[sid] for sid in self.adapter.sockets(target)]

    async def fetch_from(self, target: Target) -> list[Socket]:
        """Return some of the sockets."""
        return self.select_sockets(target)

    @property
    def admits_at_once(self) -> bool:
        """Whether nothing has to be asked before a socket is connected."""
        return (
            not self._middlewares
            and self._connect_hook is None
            and (self.parent is None or not self.parent.has_predicate)
        )

    async def admit(self, socket: Member, auth_text: str | None) -> None:
        """Ask middlewares and hook.

        Raises:
            RefusalReply: one of them says so, or disconnected the socket; whatever else they raise
                is raised as well.
        """
        for middleware in self._middlewares:
            answer: Any = middleware(socket)
            if hasattr(answer, "__await__"):
                await answer
        if self._connect_hook is not None:
            await self._connect_hook(socket, auth_text)
        if socket.refused:
            raise RefusalReply("Disconnected")

    def add(self, socket: Member) -> None:
        """Take a socket in: into the namespace, and the room of its own id."""
        self.sockets[socket.id] = socket
        self.adapter.add_all(socket.id, (socket.id,))

    def remove(self, socket: Member) -> None:
        """Let a socket go, with all its rooms."""
        with Step("take a socket out of its rooms", self.tasks.log):
            self.adapter.del_all(socket.id)
        self.sockets.pop(socket.id, None)
        if self.parent is not None:
            with Step("let an unused namespace go", self.tasks.log):
                self.dispose_if_unused()

    def announce(self, socket: Socket) -> list[asyncio.Task[None]]:
        """Call the listeners of ``connect`` and ``connection``; return the tasks, which begin
        before the socket's first event is handled.
        """
        started: list[asyncio.Task[None]] = []
        for name in _EVENTS:
            if name in self._listeners.by_name:
                started += call_lifecycle(
                    self._listeners,
                    name,
                    (socket,),
                    self.tasks,
                    partial(self.server.report, socket, name),
                )
        return started

    def announce_namespace(self, namespace: Namespace) -> None:
        """Call the listeners of ``new_namespace``."""
        report = partial(self.server.report, None, _NEW_NAMESPACE)
        call_lifecycle(self._listeners, _NEW_NAMESPACE, (namespace,), self.tasks, report)

    def run_disconnect_hook(self, socket: Socket, reason: str) -> asyncio.Task[None] | None:
        """Run the disconnect hook in a task, which is returned."""
        if self._disconnect_hook is None:
            socket.context = None
            return None
        report = partial(self.server.report, socket, "disconnect")
        return self.tasks.start(_call(self._disconnect_hook, socket, reason, report))

    def next_ack_id(self) -> int:
        """Return an ack id that no socket of the namespace waits for."""
        return next(self._next_ack_id)

    def call_back(
        self,
        callback: Registration,
        arguments: Sequence[Any],
        event: str,
        socket: Socket | None = None,
    ) -> None:
        """Call a callback of the application which has to do with an event, of one socket or of
        many.
        """
        call_guarded(
            callback, arguments, self.tasks, _CALLBACK, partial(self.server.report, socket, event)
        )

    @override
    def _everybody(self) -> BroadcastOperator:
        return BroadcastOperator(self)

    def _make_adapter(self) -> Adapter:
        return self.server.make_adapter(self.sockets)

    @override
    def _add_listener(self, name: str, listener: ListenerT, *, once: bool) -> ListenerT:
        if name not in _EVENTS and (name != _NEW_NAMESPACE or self.name != "/"):
            raise UsageError(
                f"a namespace has the event 'connection', not {name!r}; a client's events are "
                "listened for on its socket"
            )
        registration = Registration(listener, once=once)
        if name == _NEW_NAMESPACE and registration.is_async:
            raise UsageError(
                "a listener of 'new_namespace' is called while the namespace is made: it must "
                "be a plain function, not async"
            )
        self._listeners.add(name, registration)
        self._custom = True
        return listener


async def _close(adapter: Adapter) -> None:
    await adapter.close()


async def _call(hook: DisconnectHook, socket: Socket, reason: str, report: Report) -> None:
    try:
        await guard(hook(socket, reason), "The disconnect hook", socket.namespace.tasks.log, report)
    finally:
        socket.context = None  # they refer to one another
