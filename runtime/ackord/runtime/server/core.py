"""The server's part of one namespace: its sockets, its rooms, and its broadcasts.

Applications use a `Namespace`, which has their API only; the other parts of the server use its
`NamespaceCore`.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from threading import get_ident
from typing import Any, Final, Generic

from ackord.runtime.adapters.base import (
    AckCollector,
    Adapter,
    BroadcastFlags,
    History,
    LocalNamespace,
    SocketDetails,
    Target,
)
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.containment import Step
from ackord.runtime.errors import ClusterError, InvalidPayloadError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import encode_event, namespace_prefix
from ackord.runtime.server.contracts import Audience, PendingAdmission, RemoteSocket, SocketT
from ackord.runtime.server.environment import AdapterFactory, Environment
from ackord.runtime.server.handshake import Handshake
from ackord.runtime.server.recovery import Recovery
from ackord.runtime.server.refusal import RefusalReply
from ackord.runtime.server.registrations import (
    CONNECTION_EVENTS,
    NEW_NAMESPACE,
    DisconnectHook,
    Registrations,
)
from ackord.runtime.server.remote import FetchedSocket
from ackord.runtime.server.shared_recovery import AnyRecovery, SharedRecovery
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.failures import Failures, InvalidPolicy
from ackord.runtime.sockets.lifecycle import Report, call_guarded, call_lifecycle, guard
from ackord.runtime.sockets.listeners import Registration
from typing_extensions import override

_CALLBACK: Final = "A callback of an event"
START_TIMEOUT: Final = 5.0
"""Seconds that clients and questions wait for the adapter of a new namespace."""
_NO_PARAMS: Final[Mapping[str, str]] = {}


class NamespaceCore(Audience, LocalNamespace, Generic[SocketT]):
    """The sockets of one namespace, their registrations, and their rooms."""

    __slots__ = (
        "_next_ack_id",
        "adapter",
        "admissions",
        "asks_predicate",
        "audience",
        "complexity",
        "environment",
        "error_replies",
        "event_middlewares",
        "facade",
        "failures",
        "invalid_events",
        "limits",
        "max_event_name",
        "name",
        "on_idle",
        "params",
        "parent",
        "prefix",
        "recovery",
        "registrations",
        "routes",
        "server_id",
        "server_loop",
        "short",
        "sockets",
        "starting",
        "tasks",
    )

    def __init__(
        self,
        environment: Environment,
        name: str,
        registrations: Registrations[SocketT],
        *,
        parent: NamespaceCore[SocketT] | None = None,
        make_adapter: AdapterFactory | None = None,
    ) -> None:
        """Begin; a dynamic namespace has a `parent`."""
        self.audience: Audience = self
        """Where broadcasts go; those of a parent go to its children."""
        self.facade: Any = None
        """The `Namespace` that applications see; its module stands above this one."""
        self.environment = environment
        self.server_loop = environment.loop
        self.tasks = environment.tasks
        self.name = name
        self.prefix = namespace_prefix(name)
        self.parent = parent
        self.params: Mapping[str, str] = _NO_PARAMS
        self.asks_predicate = False
        """Whether a predicate decides about each client, so that no client joins at once."""
        self.on_idle: Callable[[NamespaceCore[SocketT]], None] | None = None
        """Called when a dynamic namespace has become idle (`is_idle`)."""
        source = environment if parent is None else parent
        self.error_replies: bool = source.error_replies
        self.invalid_events: InvalidPolicy = source.invalid_events
        # Children count their failures together, so that many of them don't log the same.
        self.failures: Failures[SocketT] = (
            Failures(name, environment.tasks) if parent is None else parent.failures
        )
        self.registrations = registrations
        # The same objects again, for each event that a socket receives.
        self.routes = registrations.routes
        self.event_middlewares = registrations.event_middlewares
        self.limits = environment.limits
        self.complexity = environment.complexity
        self.max_event_name = environment.limits.event_name
        self.short = self.complexity.short
        """Characters up to which a payload needs no check by `complexity`."""
        self.sockets: dict[str, SocketT] = {}
        self.server_id = environment.membership.server_id
        make = environment.membership.make_adapter if make_adapter is None else make_adapter
        self.adapter: Adapter = make(self)
        self.starting: asyncio.Task[None] | None = None
        """Starts the adapter of a namespace that was made after the server's start, until it is in
        the cluster: what other servers send before may be missed.
        """
        self.recovery = self._make_recovery()
        self.admissions: set[PendingAdmission] = set()
        """Those which wait for middlewares or the connect hook."""
        # Shared by the sockets, so that one broadcast can ask everybody for an acknowledgement
        # under one id.
        self._next_ack_id = itertools.count()

    def start_with(self, starting: asyncio.Task[None]) -> None:
        """Take the task that starts the adapter; clients and questions wait for it."""
        self.starting = starting
        starting.add_done_callback(self._started)

    def _started(self, starting: asyncio.Task[None]) -> None:
        if self.starting is starting:
            self.starting = None

    async def until_started(self) -> None:
        """Wait until the adapter is in the cluster, for a bounded time."""
        if self.starting is not None:
            await asyncio.wait([self.starting], timeout=START_TIMEOUT)

    def rejoin(self) -> None:
        """Take the server's new id, and an adapter that connects the servers in place of one that
        doesn't, before any socket is here.
        """
        membership = self.environment.membership
        self.server_id = membership.server_id
        previous = self.adapter
        if type(previous) is MemoryAdapter and membership.make_adapter is not MemoryAdapter:
            self.adapter = membership.make_adapter(self)
            previous.pass_listeners(self.adapter)
            self.recovery = self._make_recovery()

    @property
    def is_idle(self) -> bool:
        """Whether this is an empty dynamic namespace; absent clients may come back to it."""
        return (
            self.parent is not None
            and not self.sockets
            and not self.admissions
            and not self.registrations.is_custom
        )

    @property
    def is_unused(self) -> bool:
        """Whether this is a dynamic namespace that isn't needed."""
        return self.is_idle and not (self.recovery is not None and self.recovery.waits)

    @property
    def is_pending(self) -> bool:
        """Whether this is an empty dynamic namespace with pending admissions."""
        return (
            self.parent is not None
            and not self.sockets
            and bool(self.admissions)
            and not self.registrations.is_custom
        )

    def refuse_all(self, payload: str) -> None:
        """Refuse all pending admissions with this payload of CONNECT_ERROR."""
        for admission in tuple(self.admissions):
            admission.refuse(payload)

    def close_if_idle(self) -> None:
        """Report an empty dynamic namespace without pending admissions and without listeners of its
        own.
        """
        if self.is_idle and self.on_idle is not None:
            self.on_idle(self)

    async def close(self) -> None:
        """Close the recovery and the adapter."""
        if self.recovery is not None:
            with Step("forget the events and the clients of a recovery", self.tasks.log):
                self.recovery.close()
        await self.until_started()
        await guard(
            _close(self.adapter),
            f"Closing the adapter of namespace {quoted(self.name)}",
            self.tasks.log,
        )

    def discard(self) -> None:
        """Forget sockets, rooms and absent clients: their event loop has ended."""
        self.sockets.clear()
        self.admissions.clear()
        self.starting = None
        self.adapter.discard()
        if self.recovery is not None:
            self.recovery.discard()
        self.recovery = self._make_recovery()

    # Sockets that come and go

    @property
    def admits_at_once(self) -> bool:
        """Whether a socket may join without middlewares, a connect hook or a wait for the
        adapter.
        """
        return (
            not self.registrations.middlewares
            and self.registrations.connect_hook is None
            and not self.asks_predicate
            and self.starting is None
        )

    async def admit(self, socket: SocketT, auth_text: str | None) -> None:
        """Run the middlewares and the connect hook.

        Raises:
            RefusalReply: one of them says so, or disconnected the socket; whatever else they raise
                is raised as well.
        """
        for middleware in self.registrations.middlewares:
            answer: Any = middleware(socket)
            if hasattr(answer, "__await__"):
                await answer
        if self.registrations.connect_hook is not None:
            await self.registrations.connect_hook(socket, auth_text)
        if socket._refused:
            raise RefusalReply("Disconnected")

    def add(self, socket: SocketT) -> None:
        """Add a socket to the namespace, and to the room of its own id."""
        self.sockets[socket.id] = socket
        self.adapter.add_all(socket.id, (socket.id,))

    def remove(self, socket: SocketT) -> None:
        """Take a socket out of the namespace and of its rooms."""
        with Step("take a socket out of its rooms", self.tasks.log):
            self.adapter.del_all(socket.id)
        self.sockets.pop(socket.id, None)
        if self.parent is not None:
            with Step("close an unused namespace", self.tasks.log):
                self.close_if_idle()

    def announce(self, socket: SocketT) -> list[asyncio.Task[None]]:
        """Call the listeners of ``connect`` and ``connection``; return the tasks, which begin
        before the socket's first event is handled.
        """
        started: list[asyncio.Task[None]] = []
        for name in CONNECTION_EVENTS:
            if name in self.registrations.listeners.by_name:
                started += call_lifecycle(
                    self.registrations.listeners,
                    name,
                    (socket,),
                    self.tasks,
                    partial(self.environment.errors.report, socket, name),
                )
        return started

    def announce_namespace(self, namespace: NamespaceCore[SocketT]) -> None:
        """Call the listeners of ``new_namespace``."""
        report = partial(self.environment.errors.report, None, NEW_NAMESPACE)
        call_lifecycle(
            self.registrations.listeners, NEW_NAMESPACE, (namespace.facade,), self.tasks, report
        )

    def run_disconnect_hook(self, socket: SocketT, reason: str) -> asyncio.Task[None] | None:
        """Run the disconnect hook in a task, which is returned."""
        if self.registrations.disconnect_hook is None:
            socket.context = None
            return None
        report = partial(self.environment.errors.report, socket, "disconnect")
        return self.tasks.start(
            _call(self.registrations.disconnect_hook, socket, reason, self.tasks.log, report)
        )

    # What goes to the sockets, and to other servers

    def check_attachments(self, attachments: Sequence[bytes], what: str) -> None:
        """Refuse more attachments than a packet may have, because the receiver would close the
        connection without a reason.

        Raises:
            InvalidPayloadError: there are more than `Limits.attachments`.
        """
        limit = self.limits.attachments
        if len(attachments) > limit and not self.environment.parser.transcodes:
            problem = (
                f"{what} has {len(attachments)} attachments, and a packet has at most {limit} "
                "(Limits.attachments)"
            )
            self.environment.log.write_warning(
                "attachments",
                (self.name, what),
                f"Not sent in namespace {quoted(self.name)}: {problem}",
            )
            raise InvalidPayloadError(problem)

    @override
    def check_event(self, event: EncodedEvent) -> None:
        """Check that an event can be sent, before it is recorded.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        if self.environment.parser.transcodes:
            text = encode_event(self.prefix, event.arguments, len(event.attachments))
            self.environment.transcoder.check(Prepared(text, event.attachments))

    @override
    def is_heard(self, target: Target, flags: BroadcastFlags) -> bool:
        """See `Audience.is_heard`; from another thread, which may not look at the rooms, every
        event is encoded.
        """
        if target.is_empty:
            return self.environment.checking.always
        return (
            get_ident() != self.server_loop.thread
            or self.adapter.may_reach(target, flags)
            or self.must_prepare
        )

    @override
    def may_answer(self, target: Target, flags: BroadcastFlags) -> bool:
        """See `Audience.may_answer`: an absent client isn't asked when it comes back."""
        return self.environment.checking.always or (
            not target.is_empty
            and (get_ident() != self.server_loop.thread or self.adapter.may_reach(target, flags))
        )

    @override
    def broadcast_event(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        """Send an encoded event to some of the sockets; all broadcasts without acknowledgements go
        this way.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        if target.is_empty:
            self.check_event(event)
            return None
        loop = self.server_loop
        if get_ident() != loop.thread and loop.hand_over(
            self.broadcast_event, event, target, flags
        ):
            return None
        published = self.adapter.broadcast(event, target, flags)
        if published is not None:
            published.add_done_callback(self._published)
        return published

    def _published(self, published: asyncio.Future[None]) -> None:
        if not published.cancelled() and (error := published.exception()) is not None:
            if isinstance(error, ClusterError):
                text = f"Other servers weren't told: {error} (in namespace {quoted(self.name)})"
                self.tasks.log.write_warning("unpublished", self.name, text)
            else:
                self.tasks.log.crash("Publishing an event to the other servers", error)

    @override
    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        """Send an encoded event to some of the sockets, and pass their acknowledgements to
        `collector`.

        Raises:
            InvalidPayloadError: it has too many attachments, or the parser can't write it.
        """
        if event.attachments:
            self.check_attachments(event.attachments, f"event {event.name!r}")
        ask = partial(self.adapter.broadcast_with_ack, event, target, flags, collector)
        if self.starting is None:
            ask()
        else:
            self.check_event(event)
            self.tasks.start(self._ask_later(ask))

    async def _ask_later(self, ask: Callable[[], None]) -> None:
        await self.until_started()
        ask()

    @override
    def adapters(self) -> tuple[Adapter, ...]:
        return (self.adapter,)

    @override
    def send_server_event(self, event: EncodedEvent) -> None:
        """Send an encoded event to the other servers."""
        loop = self.server_loop
        if get_ident() == loop.thread or not loop.hand_over(self.send_server_event, event):
            self.adapter.server_side_emit(event)

    @override
    async def ask_servers(
        self, event: EncodedEvent, timeout: float
    ) -> list[AckReply]:  # the adapter bounds the wait
        """Send an encoded event to the other servers and return the answer of each.

        Raises:
            AckTimeoutError: one of them didn't answer in `timeout` seconds.
        """
        self.server_loop.check()
        await self.until_started()
        return await self.adapter.server_side_emit_with_ack(event, timeout)

    @override
    async def fetch_from(
        self, target: Target, flags: BroadcastFlags, timeout: float
    ) -> list[RemoteSocket]:
        """Return some of the sockets: this process's sockets themselves, and the details of other
        servers' sockets.

        Raises:
            AckTimeoutError: another server didn't answer in `timeout` seconds.
        """
        self.server_loop.check()
        if not flags.local:
            await self.until_started()
        remote = () if flags.local else await self.adapter.fetch(target, timeout)
        local = [self.sockets[sid] for sid in self.adapter.sockets(target)]
        return [*local, *(FetchedSocket(self, details) for details in remote)]

    # What the adapter asks; see `LocalNamespace`

    @property
    @override
    def recipients(self) -> Mapping[str, SocketT]:
        return self.sockets

    @property
    @override
    def must_prepare(self) -> bool:
        return self.environment.checking.always or (
            self.recovery is not None and self.recovery.is_recording
        )

    @override
    def prepare(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> Prepared:
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
        self.environment.transcoder.check(prepared)
        return prepared

    @override
    def prepare_request(self, event: EncodedEvent, flags: BroadcastFlags, ack_id: int) -> Prepared:
        text = encode_event(self.prefix, event.arguments, len(event.attachments), ack_id)
        prepared = Prepared(text, event.attachments, compress=flags.compress)
        self.environment.transcoder.check(prepared)
        return prepared

    @override
    def describe(self, sids: Iterable[str]) -> list[SocketDetails]:
        return [
            SocketDetails(
                socket.id,
                socket.rooms,
                self._dump_data(socket.data),
                {field.name: getattr(socket.handshake, field.name) for field in fields(Handshake)},
            )
            for socket in [self.sockets[sid] for sid in sids]
        ]

    def _dump_data(self, data: Any) -> Any:
        dump = self.registrations.dump_data
        try:
            return data if dump is None else dump(data)
        except InvalidPayloadError:
            return None

    @override
    async def receive_server_event(self, event: EncodedEvent) -> AckReply:
        return await self.registrations.server_listeners.receive(self.facade, event, self.tasks.log)

    @override
    def next_ack_id(self) -> int:
        """Return an ack id that no socket of the namespace waits for."""
        return next(self._next_ack_id)

    @override
    def forget_ack(self, sid: str, ack_id: int) -> None:
        """Make a socket of this process no longer wait for an acknowledgement."""
        socket = self.sockets.get(sid)
        if socket is not None:
            socket._forget_ack(ack_id)

    @override
    def call_back(
        self,
        callback: Registration,
        arguments: Sequence[Any],
        event: str,
        socket: SocketT | None = None,
    ) -> None:
        """Call a callback of the application which has to do with an event, of one socket or of
        many.
        """
        call_guarded(
            callback,
            arguments,
            self.tasks,
            _CALLBACK,
            partial(self.environment.errors.report, socket, event),
        )

    def _make_recovery(self) -> AnyRecovery | None:
        settings = self.environment.recovery
        if settings is None:
            return None
        history: History | None = getattr(self.adapter, "history", None)
        if history is not None:
            return SharedRecovery(
                settings,
                self.adapter,
                history,
                self.registrations,
                name=self.name,
                log=self.tasks.log,
            )
        return Recovery(settings, self.name, self.adapter, self.close_if_idle)


async def _close(adapter: Adapter) -> None:
    await adapter.close()


async def _call(
    hook: DisconnectHook[SocketT], socket: SocketT, reason: str, log: LimitedLog, report: Report
) -> None:
    try:
        await guard(hook(socket, reason), "The disconnect hook", log, report)
    finally:
        socket.context = None  # they refer to each other
