"""One connection: the Socket.IO end of an Engine.IO session, with its sockets in several
namespaces.

Packets come in (`receive_text`, `receive_binary`) and go to the sockets of their namespaces. The
first packet that breaks the protocol ends the connection. Each CONNECT is answered here, at once or
after an `Admission`, and each namespace is left here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ackord.runtime.bounds.memory import Part
from ackord.runtime.containment import Step, contain
from ackord.runtime.engine.link import EngineHandler, EngineSocket
from ackord.runtime.engine.server import SHUTTING_DOWN
from ackord.runtime.errors import ProtocolError
from ackord.runtime.logs.text import printable, quoted
from ackord.runtime.protocol.socketio.contract_names import (
    PARAMETER,
    ContractName,
    read_announced,
)
from ackord.runtime.protocol.socketio.errors import (
    AttachmentError,
    EventNameError,
    MalformedPayloadError,
    UnexpectedPacketError,
)
from ackord.runtime.protocol.socketio.names import scan_event_name
from ackord.runtime.protocol.socketio.packet import (
    Packet,
    PacketType,
    encode_connect_error,
    encode_disconnect,
    namespace_prefix,
    split_event,
)
from ackord.runtime.server.admission import Admission
from ackord.runtime.server.contract_check import check_contract
from ackord.runtime.server.contracts import RemoteSocket
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.environment import Environment
from ackord.runtime.server.joining import has_missed, make_socket, replay_missed, welcome
from ackord.runtime.server.leaving import leave
from ackord.runtime.server.namespaces import Namespaces
from ackord.runtime.server.refusal import (
    FAILED,
    INVALID_NAMESPACE,
    TOO_MANY_NAMESPACES,
    too_complex,
)
from ackord.runtime.server.replay import StalledError
from ackord.runtime.server.socket import Socket
from ackord.runtime.sockets.backlog import WEIGHT_PER_TURN, Backlog
from ackord.runtime.sockets.incoming import receive_event
from ackord.runtime.sockets.payloads import decode_object
from ackord.runtime.sockets.reader import PacketReader
from typing_extensions import override

_MEMBERSHIP_WEIGHT: Final = WEIGHT_PER_TURN // 7
"""The weight of a CONNECT or DISCONNECT, because a read may have thousands of them: each calls
listeners and middlewares, may make a namespace, and takes as long as fifty events.
"""
_LISTENERS: Final = 10
"""Running listeners of the life cycle that a connection may have for each of
`Limits.namespaces`.
"""

_LIMITS: Final[Mapping[type[ProtocolError], str]] = {
    AttachmentError: " (see Limits.attachments, attachment_bytes and attachment_timeout)",
    EventNameError: " (see Limits.event_name)",
}
"""The options that bound each kind of violation, for the log."""


class Connections:
    """The open connections of a server, and what they share."""

    __slots__ = ("_open", "environment", "namespaces")

    def __init__(self, environment: Environment, namespaces: Namespaces[Socket]) -> None:
        self.environment = environment
        self.namespaces = namespaces
        self._open: set[Connection] = set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._open)

    def connect(self, engine: EngineSocket) -> Connection:
        """Make the Socket.IO end of a session (the `connect` of `EngineServer`)."""
        connection = Connection(self, engine)
        self._open.add(connection)
        return connection

    def closed(self, connection: Connection) -> None:
        """Called when a connection has ended."""
        self._open.discard(connection)

    def discard(self) -> None:
        """Forget the connections: their event loop has ended."""
        for connection in self._open:
            connection.discard()
        self._open.clear()


class Connection(EngineHandler):
    """The Socket.IO end of one connection, see above."""

    __slots__ = (
        "_admissions",
        "_announced",
        "_connect_timer",
        "_connections",
        "_left",
        "_listening",
        "_pending",
        "_reader",
        "_sockets",
        "_split",
        "_split_text",
        "backlog",
        "engine",
        "loop",
    )

    def __init__(self, connections: Connections, engine: EngineSocket) -> None:
        """Begin, and start the time in which a namespace must be joined."""
        environment = connections.environment
        limits, parser = environment.limits, environment.parser
        self._connections = connections
        self.engine = environment.transcoder.wrap(engine)
        self.backlog = Backlog(limits.queued_events, limits.queued_bytes, self)
        self.loop = asyncio.get_running_loop()
        self._reader = PacketReader(
            parser.make_decoder(limits.attachments, limits.attachment_bytes, limits.namespace_name),
            limits.attachment_timeout,
            self.backlog,
            self,
        )
        # Finds common events, as long as there may be some: not over, no attachments awaited,
        # packets of text.
        self._split = self._split_text = _find_nothing if parser.transcodes else split_event
        self._announced: Mapping[str, ContractName] | None = None
        self._sockets: dict[str, Socket] = {}
        self._pending: dict[str, Admission] = {}
        self._admissions: set[Admission] = set()
        self._left: dict[str, None] | None = None  # names of namespaces, the oldest departure first
        # Tasks of listeners of the life cycle that run: a client may join and leave as fast as it
        # can write.
        self._listening = 0
        self._connect_timer: asyncio.TimerHandle | None = None
        self._start_connect_timer()

    # EngineHandler

    @override
    def receive_text(self, packet: str) -> bool:
        event = self._split(packet)
        if event is None:
            return self._reader.receive_text(packet)
        namespace, ack_id, payload, name = event
        socket = self._sockets.get(namespace)
        if socket is None:
            return self._reader.receive_text(packet)
        try:
            receive_event(socket, name, payload, ack_id)
        except ProtocolError as error:
            self.violated(error)
        except BaseException as error:  # noqa: BLE001  # what the application plugs in below events
            self._reader.drop(error)
        backlog = self.backlog
        return not (backlog.events and backlog.congested)

    @override
    def receive_binary(self, data: bytes) -> bool:
        return self._reader.receive_binary(data)

    @override
    def closed(self, reason: str, description: str | None = None) -> None:
        self._close_sockets(reason, description)
        self._connections.closed(self)

    @property
    @override
    def congested(self) -> bool:
        return self.backlog.congested

    @override
    async def ready(self) -> None:
        await self.backlog.ready()

    # What the server does with a connection

    def close(self, socket_reason: str, engine_reason: str) -> None:
        """End the sockets, then the connection."""
        self._close_sockets(socket_reason, None)
        self.engine.close(reason=engine_reason)

    def close_if_idle(self) -> bool:
        """Close the connection, so that the client connects elsewhere, unless one of its handlers
        runs; return whether it was closed.
        """
        if self.backlog.events:
            return False
        if not self._reader.is_closed:
            self.close(SHUTTING_DOWN, SHUTTING_DOWN)
        return True

    # What the reader of packets tells its connection (`ReadingConnection`)

    def receive_packet(self, packet: Packet) -> None:
        """Take a packet that isn't a common event; see `ReadingConnection.receive_packet`."""
        kind, name, ack_id, payload, attachments = packet
        if attachments:
            self._split = self._split_text
        socket = self._sockets.get(name)
        if socket is None:
            self._receive_unjoined(kind, name, payload)
        elif kind == PacketType.EVENT:
            receive_event(
                socket,
                scan_event_name(payload, self._connections.environment.limits.event_name),
                payload,
                ack_id,
                attachments,
            )
        elif kind == PacketType.ACK:
            socket._receive_ack(ack_id, payload, attachments)
        elif kind == PacketType.DISCONNECT:
            if payload:
                raise MalformedPayloadError("a DISCONNECT has no payload")
            self.backlog.spend(_MEMBERSHIP_WEIGHT)
            leave(socket, "client namespace disconnect")
        elif kind == PacketType.CONNECT and socket._is_new:
            # In the same turn of the event loop: npm's client sends CONNECT twice for `connect();
            # disconnect(); connect()`.
            leave(socket, "client namespace disconnect")
            self._connect(name, payload)
        else:
            raise UnexpectedPacketError(f"packet type {kind} for a namespace that was joined")

    def _receive_unjoined(self, kind: int, name: str, payload: str) -> None:
        """Take a packet for a namespace that the client isn't in."""
        if kind == PacketType.CONNECT:
            self._connect(name, payload)
        elif kind == PacketType.DISCONNECT and not payload and self._close_admission(name):
            self.backlog.spend(_MEMBERSHIP_WEIGHT)
        elif not self._was_left(name):
            raise _unjoined(name)

    def attachments_awaited(self, namespace: str | None) -> None:
        """See `ReadingConnection.attachments_awaited`."""
        if namespace not in self._sockets and not self._was_left(namespace):
            raise _unjoined(namespace)
        self._split = _find_nothing

    def hold_attachments(self, size: int) -> None:
        """See `ReadingConnection.hold_attachments`."""
        self.engine.hold(Part.ATTACHMENTS, size)

    def violated(self, error: ProtocolError) -> None:
        """Log the violation, and end the connection."""
        text, address = printable(str(error)[:300]), quoted(self.engine.request.address)
        limits = _LIMITS.get(type(error), "")
        line = f"A client at {address} broke the protocol and is disconnected: {text}{limits}"
        self._connections.environment.log.write_warning(
            "violation", text, line, client=self.engine.request.client
        )
        # The names that the reference has for it: over polling the transport isn't closed at once.
        reason = "forced close" if self.engine.transport == "websocket" else "forced server close"
        self.close(reason, reason)

    def message_dropped(self, error: BaseException) -> None:
        """See `ReadingConnection.message_dropped`."""
        if not self._reader.is_closed:
            self._split = self._split_text
        self._connections.environment.log.crash(
            "Reading a message",
            error,
            f" (from {quoted(self.engine.request.address)}; the message is dropped)",
        )

    # What sockets ask of their connection

    @property
    def announced(self) -> Mapping[str, ContractName]:
        """See `SocketConnection.announced`."""
        if self._announced is None:
            self._announced = read_announced(self.engine.request.url)
        return self._announced

    def socket_closed(self, name: str, socket: RemoteSocket) -> None:
        """Called when a socket has left its namespace."""
        if self._sockets.get(name) is socket:
            del self._sockets[name]

    def put_out(self, name: str) -> None:
        """Send DISCONNECT for a namespace, and close the socket there; packets that the client
        sends before it gets DISCONNECT are ignored.
        """
        socket = self._sockets[name]
        left = self._left
        if left is None:
            left = self._left = {}
        left.pop(name, None)
        left[name] = None
        if len(left) > self._connections.environment.limits.namespaces:
            # No more can have been joined at the same time, and clients may invent any number of
            # names.
            del left[next(iter(left))]
        with Step(
            "tell a client that it was put out of a namespace", self._connections.environment.log
        ):
            self.engine.send(encode_disconnect(socket._namespace.prefix))
        leave(socket, "server namespace disconnect")

    def disconnect(self) -> None:
        """Leave all namespaces, then end the connection."""
        for socket in tuple(self._sockets.values()):
            with Step(
                "tell a client that it was put out of a namespace",
                self._connections.environment.log,
            ):
                self.engine.send(encode_disconnect(socket._namespace.prefix))
        self.close("server namespace disconnect", "forced server close")

    def count_tasks(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Count listeners of the life cycle as long as they run."""
        for task in tasks:
            self._listening += 1
            task.add_done_callback(self._count_down)

    def _count_down(self, _: object) -> None:
        self._listening -= 1

    # Memory

    def hold_events(self, size: int) -> None:
        """Count the bytes of the events that wait for handlers."""
        self.engine.hold(Part.EVENTS, size, self._drop_events)

    def _drop_events(self) -> None:
        """Drop the events that wait for handlers: the memory budget is exceeded, and this client
        holds the most.

        Events of sockets that have ended are among them.
        """
        for socket in self._sockets.values():
            socket._drop_events()
        self.backlog.drop_rests()

    # What an admission asks of its connection

    def let_in(self, socket: Socket, admission: Admission | None = None) -> None:
        """Answer CONNECT: the socket has joined; with CONNECT_ERROR if something still fails."""
        namespace = socket._namespace
        try:
            self._join(namespace, socket)
        except BaseException as error:  # noqa: BLE001  # an adapter or a parser of the application
            self._sockets.pop(namespace.name, None)
            self._fail_to_join(namespace, socket, error)
            self.refuse(namespace.name, FAILED, admission)
            leave(socket, "server namespace disconnect")
            namespace.remove(socket)
            return
        if admission is not None:
            self._forget_admission(namespace.name, admission)
        socket._begin()
        self.count_tasks(namespace.announce(socket))
        socket._open_events()

    def refuse(self, name: str, payload: str, admission: Admission | None = None) -> None:
        """Answer a CONNECT by CONNECT_ERROR."""
        if admission is not None:
            self._forget_admission(name, admission)
        prefix = namespace_prefix(name)
        for each in (payload, FAILED):
            try:
                self.engine.send(encode_connect_error(prefix, each))
            except BaseException as error:  # noqa: BLE001  # a parser of the application
                contain(error)
                self._connections.environment.log.crash(
                    "Writing a refusal to join a namespace", error
                )
            else:
                break

    def admission_closed(self, admission: Admission) -> None:
        """Called when nothing of an admission runs any more; until then it counts, also if it was
        closed.
        """
        self._admissions.discard(admission)

    def discard(self) -> None:
        """Forget the sockets, and those that were to join: the event loop has ended."""
        for socket in self._sockets.values():
            socket._discard()
        for admission in self._admissions:
            admission.discard()

    async def catch_up(self, socket: Socket) -> None:
        """Write what a client missed, as far as that takes longer than a turn of the event loop."""
        if not has_missed(socket):
            return
        # The client has come back: the time for the rest depends on its network.
        self._stop_connect_timer()
        try:
            await replay_missed(self.engine, socket)
        except StalledError:
            self.close("transport close", "transport close")
        finally:
            if not self._sockets and self.engine.is_open:
                self._start_connect_timer()

    # Joining and leaving

    def _connect(self, name: str, payload: str) -> None:
        complexity = self._connections.environment.complexity
        self.backlog.spend(_MEMBERSHIP_WEIGHT)
        if len(payload) > complexity.short:
            _, excess = self.backlog.charge(payload, complexity)
            if excess is not None:
                self._close_admission(name)
                self.refuse(name, too_complex(excess))
                return
        auth = decode_object(payload)
        self._close_admission(
            name
        )  # the client connects again, as npm's does by `connect(); disconnect(); connect()`
        namespace = self._connections.namespaces.find(name)
        if namespace is None and not self._connections.namespaces.may_grow:
            self.refuse(name, INVALID_NAMESPACE)
        elif self._has_too_many:
            self._connections.environment.log.write_warning(
                "namespaces",
                None,
                f"A client at {quoted(self.engine.request.address)} wants to join more than "
                f"Limits.namespaces ({self._connections.environment.limits.namespaces}), or more "
                "often than listeners of 'connection' and 'disconnect' come to an end, and is "
                "refused.",
            )
            self.refuse(name, TOO_MANY_NAMESPACES)
        elif (
            namespace is not None
            and namespace.admits_at_once
            and (namespace.recovery is None or not namespace.recovery.knows(auth))
        ):
            self._admit_at_once(namespace, auth)
        else:
            admission = self._pending[name] = Admission(
                self._connections.namespaces,
                self,
                name,
                auth,
                payload or None,
            )
            self._admissions.add(admission)

    @property
    def _has_too_many(self) -> bool:
        most = self._connections.environment.limits.namespaces
        return (
            len(self._sockets) + len(self._admissions) >= most
            or self._listening >= most * _LISTENERS
        )

    def _admit_at_once(self, namespace: NamespaceCore[Socket], auth: dict[str, Any]) -> None:
        if PARAMETER in self.engine.request.query and (refusal := check_contract(namespace, self)):
            self.refuse(namespace.name, refusal)
            return
        try:
            socket = make_socket(self, namespace, auth)
        except BaseException as error:  # noqa: BLE001  # what makes a socket's data
            self._fail_to_join(namespace, None, error)
            self.refuse(namespace.name, FAILED)
        else:
            self.let_in(socket)

    def _fail_to_join(
        self, namespace: NamespaceCore[Socket], socket: Socket | None, error: BaseException
    ) -> None:
        contain(error)
        where = namespace.name if namespace.parent is None else namespace.parent.name
        self._connections.environment.log.crash(
            f"Letting a client into namespace {quoted(where)}",
            error,
            " (the client is refused with the code 'internal')",
        )
        if isinstance(error, Exception):
            self._connections.environment.errors.report(socket, "connect", error)

    def _close_admission(self, name: str) -> bool:
        """Close a CONNECT that isn't answered yet; return whether there was one."""
        admission = self._pending.pop(name, None)
        if admission is None:
            return False
        admission.close()
        return True

    def _forget_admission(self, name: str, admission: Admission) -> None:
        if self._pending.get(name) is admission:
            del self._pending[name]

    def _join(self, namespace: NamespaceCore[Socket], socket: Socket) -> None:
        if namespace.recovery is not None:
            namespace.recovery.check(socket)
        self._sockets[namespace.name] = socket
        namespace.add(socket)
        welcome(self.engine, socket)
        self._stop_connect_timer()
        if self._left is not None:
            self._left.pop(namespace.name, None)

    def _start_connect_timer(self) -> None:
        self._connect_timer = self.loop.call_later(
            self._connections.environment.limits.connect_timeout, self._connect_timed_out
        )

    def _stop_connect_timer(self) -> None:
        timer, self._connect_timer = self._connect_timer, None
        if timer is not None:
            timer.cancel()

    def _connect_timed_out(self) -> None:
        self._connect_timer = None
        self.close("forced server close", "forced server close")

    def _was_left(self, name: str | None) -> bool:
        return self._left is not None and name in self._left

    # The end

    def _close_sockets(self, reason: str, description: str | None) -> None:
        """End the sockets, and the CONNECTs that aren't answered yet."""
        self._split = _find_nothing
        log = self._connections.environment.log
        with Step("release what a connection holds", log):
            self.backlog.close()
            self._reader.close()
        if self._connect_timer is not None:
            with Step("stop the timer of a connection that has joined no namespace", log):
                self._stop_connect_timer()
        for name in tuple(self._pending):
            with Step("give up an unanswered CONNECT", log):
                self._close_admission(name)
        for socket in tuple(self._sockets.values()):
            with Step("end a socket", log):
                leave(socket, reason, description)


def _find_nothing(message: str) -> None:
    """Find no common event."""


def _unjoined(name: str | None) -> UnexpectedPacketError:
    # Without the query string, which may have tokens.
    return UnexpectedPacketError(
        f"a packet for namespace {(name or '').partition('?')[0]!r}, which wasn't joined"
    )
