"""One namespace of one server, as a client uses it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, Final, Self, TypeAlias, TypeVar

from ackord.runtime.client.answer import Welcome, read_refusal, read_welcome
from ackord.runtime.client.connection_events import ConnectionEvents
from ackord.runtime.client.contracts import FORCED_CLOSE, ConnectionSource, SocketOptions
from ackord.runtime.client.lifecycle import notify, notify_last
from ackord.runtime.client.operator import ClientOperator
from ackord.runtime.client.outbox import Outbox
from ackord.runtime.client.recovery import ClientRecovery
from ackord.runtime.client.stay import ClientNamespace, Stay
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import (
    AckordError,
    ConnectRefusedError,
    DisconnectedError,
    NetworkError,
    ProtocolError,
)
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.contract_names import ContractName
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError, UnexpectedPacketError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import (
    Packet,
    PacketType,
    encode_connect,
    encode_disconnect,
    namespace_prefix,
)
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.sockets.acks import AckCallback, AckReply, check_timeout
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.sockets.emitter import UntypedEmitter
from ackord.runtime.sockets.failures import Failures, InvalidHook
from ackord.runtime.sockets.lifecycle import call_guarded
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.outgoing import decode_answer
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.sockets.routes import Route
from ackord.runtime.sockets.source import EventSource
from ackord.runtime.tasks import TaskSet
from typing_extensions import override

T = TypeVar("T")

SERVER_DISCONNECT: Final = "io server disconnect"

AuthPayload: TypeAlias = Mapping[str, Any]
Auth: TypeAlias = AuthPayload | Callable[[], AuthPayload | Awaitable[AuthPayload]] | None
"""Payload of CONNECT, or a plain or async function that returns it for each connection."""


class SocketState(Enum):
    """Where a socket stands.

    ::

        DISCONNECTED --connect()--> CONNECTING --CONNECT answered--> CONNECTED
                                                                      |    ^
                                              the connection was lost v    | CONNECT answered
                                                                   RECONNECTING

    Every state goes back to DISCONNECTED when the server refuses or disconnects the socket, when
    the application disconnects it, and when nobody tries to connect any more.
    """

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    """`connect` runs: the connection is being opened, or CONNECT isn't answered yet."""
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    """The connection was lost, and the manager opens another one."""


class ClientSocket(EventSource, UntypedEmitter):
    """One namespace of one server.

    ::

        async with connect("http://127.0.0.1:8000") as socket:
            @socket.on("hello")
            async def hello(name: str) -> str:      # the returned value is the acknowledgement
                return f"hello {name}"

            socket.emit("news", 1, {"image": b"..."})
            answer = await socket.emit_with_ack("question", timeout=5)

    Beside the server's events there are ``connect``, ``disconnect`` (with the reason, and a
    description if there is one) and ``connect_error`` (with the exception). Events are handled one
    at a time, in the order of arrival, unless a listener was registered as `concurrent`. A listener
    that raises is logged, and answered with the error ack ``internal`` if the server asked for an
    acknowledgement.

    When the connection is lost, the manager opens another one and the socket joins its namespace
    again; events that are emitted meanwhile wait (see `Outbox`).

    A `Manager` makes the sockets.
    """

    __slots__ = (
        "_abandoned",
        "_lock",
        "_manager",
        "_namespace",
        "_options",
        "_outbox",
        "_outcome",
        "_queue",
        "_state",
        "_stay",
        "_tasks",
        "_when_closed",
        "auth",
        "end_reason",
        "failures",
        "id",
        "namespace",
        "recovered",
        "recovery",
        "server_contract",
    )

    _lifecycle_names: ClassVar[frozenset[str]] = frozenset(
        {"connect", "connect_error", "disconnect"}
    )

    def __init__(self, manager: ConnectionSource, namespace: str, options: SocketOptions) -> None:
        super().__init__()
        self.namespace = namespace
        self.auth: Auth = None
        """See `Manager.socket`; may be changed between connections."""
        self.end_reason: str = SERVER_DISCONNECT
        """What `disconnect` is told if the server disconnects the socket."""
        self.id: str | None = None
        """The socket's public id at the server while connected."""
        self.recovered = False
        """Whether the server knew this client again after a lost connection: same id, same rooms,
        and every event that it missed.
        """
        self.server_contract: ContractName | None = None
        """The contract by which the server serves the namespace, and its version there: what a
        server of Ackord answered when the namespace was joined last, to a client that announced a
        contract of this name.
        """
        self.recovery = ClientRecovery()
        """What the server is told when the connection was lost and this client comes back."""
        self._state = SocketState.DISCONNECTED
        self._tasks = TaskSet(LimitedLog(logging.getLogger("ackord.runtime.client")))
        self.failures: Failures[ClientSocket] = Failures(namespace, self._tasks)
        """Incoming events that failed, by name: those that didn't fit, that a listener raised for,
        or that asked in vain for an answer.
        """
        self._manager = manager
        self._namespace = ClientNamespace(
            namespace,
            namespace_prefix(namespace),
            partial(self.failures.record, self),
            self.recovery,
        )
        self._stay: Stay | None = None
        self._lock = asyncio.Lock()
        self._queue: EventQueue | None = None
        self._options = options
        self._outbox = Outbox(self, self._namespace.prefix, options, self._tasks.log)
        self._abandoned: Connection | None = None
        """Where a CONNECT was given up before its answer, which may still come."""
        self._when_closed: Callable[[AckordError], None] | None = None
        self._outcome: asyncio.Future[None] | None = None
        """Done when the next attempt to join the namespace again has succeeded or failed."""

    @property
    def connected(self) -> bool:
        """Whether the namespace is joined."""
        return self._state is SocketState.CONNECTED

    @property
    def disconnected(self) -> bool:
        """The opposite of `connected`."""
        return not self.connected

    @property
    def active(self) -> bool:
        """Whether the namespace is joined, or somebody tries to: `connect`, or the manager after a
        lost connection.
        """
        return self._state is not SocketState.DISCONNECTED

    @property
    def reconnecting(self) -> bool:
        """Whether the connection was lost, and the manager opens another one."""
        return self._state is SocketState.RECONNECTING

    @property
    def manager(self) -> ConnectionEvents:
        """The manager of the connection, with its events, such as ``reconnect_attempt``."""
        return self._manager.events

    async def connect(self) -> None:
        """Open the connection if need be, and join the namespace; nothing happens if it is joined.

        Calls at the same time wait for one attempt. After a lost connection the manager's next
        attempt begins at once, and this raises what it fails with; the manager goes on trying.

        The listeners of ``connect``, or those of ``connect_error``, are called as well.

        Raises:
            ConnectRefusedError: The server answered CONNECT with CONNECT_ERROR.
            DisconnectedError: The network, the time, or `disconnect` ended it.
            ProtocolError: The server broke the protocol, or speaks an older one.
        """
        self._manager.enter_loop()
        if not self.active or self._state is SocketState.CONNECTING:
            async with self._lock:
                if not self.active:
                    # It may be lost again by the time that this returns.
                    await self._connect_first()
                    return
        if self.reconnecting:
            await self._wait_for_next_attempt()

    async def disconnect(self) -> None:
        """Leave the namespace, for good; return when nothing of it is left running.

        Events that wait for handlers are dropped, handlers that run may end, within the manager's
        `close_timeout`. Called in a handler, that one is not waited for.
        """
        self._manager.enter_loop()
        if self._state is SocketState.CONNECTING:
            self._manager.retry_now()  # `connect` may wait for the time of its next attempt
        if self._stay is not None and self.connected:
            self._stay.send_quietly(encode_disconnect(self._namespace.prefix))
        if self._queue is not None:
            self._queue.clear()
        self._close("io client disconnect")
        await self._manager.release()
        await self._tasks.finish(self._options.close_timeout)

    def when_closed(self, hook: Callable[[AckordError], None]) -> None:
        """Call `hook` when nobody connects this socket any more, after the last event: the
        application or the server has disconnected it, or refused it, or the last attempt has
        failed. For the typed layer.
        """
        self._when_closed = hook

    def set_route(self, name: str, route: Route) -> None:
        """Decode, handle and answer the events of one name by `route` instead of by listeners;
        catch-all listeners stay.
        """
        self._namespace.routes[name] = route

    # Sending

    @property
    def volatile(self) -> ClientOperator:
        """Emit only if it would go out at once: dropped while disconnected, or while the network is
        busy.
        """
        return ClientOperator(self._outbox, volatile=True)

    def timeout(self, seconds: float) -> ClientOperator:
        """Bound the time that an acknowledgement may take.

        The callback of `emit` then takes an error or `None` before the values, and is called in any
        case.
        """
        check_timeout(seconds)
        return ClientOperator(self._outbox, timeout=seconds)

    async def drain(self) -> None:
        """Wait until everything that was emitted is handed to the network, or the connection has
        ended.
        """
        if self._stay is not None:
            await self._stay.connection.drain()

    def on_invalid(self, hook: InvalidHook[ClientSocket]) -> InvalidHook[ClientSocket]:
        """Call `hook` with the socket, the event's name and the failure for each incoming event
        that fails; see `failures`.
        """
        self.failures.set_hook(hook)
        return hook

    # Sending what is encoded already: what is above and the typed layer end here

    def send_event(self, event: EncodedEvent, *, volatile: bool = False) -> None:
        """Send an encoded event that asks for no acknowledgement; raises what `emit` raises."""
        self._outbox.send(event, volatile=volatile)

    async def request(
        self,
        event: EncodedEvent,
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer, no task
    ) -> T:
        """Send an encoded event and return what `decode` makes of the JSON array and the
        attachments of its acknowledgement, when they come.

        Raises what `emit_with_ack` raises; `None` sets no timeout, but for each try of `retries`.
        """
        return await self._outbox.request(event, decode, timeout)

    @override
    def _send_plain(self, event: EncodedEvent, ack: AckCallback | None) -> None:
        if ack is None:
            self._outbox.send(event)
        else:
            self._outbox.send_with_callback(event, ack, None)

    @override
    async def _ask_plain(self, event: EncodedEvent, timeout: float | None) -> Any:
        seconds = self._outbox.ack_timeout if timeout is None else timeout
        return await self._outbox.request(event, decode_answer, seconds)

    async def __aenter__(self) -> Self:
        """Connect; see `connect`."""
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect; see `disconnect`."""
        await self.disconnect()

    # What the manager and the packets of a connection need of a socket (`PacketReceiver`)

    def receive(self, packet: Packet, connection: Connection) -> None:
        """Take a packet for this namespace; for `Multiplexer`.

        Raises:
            ProtocolError: It ends the connection.
        """
        kind = packet.type
        if kind == PacketType.EVENT:
            if self._stay is not None:
                self._stay.receive_event(packet)
        elif kind == PacketType.ACK:
            if self.connected:
                self._outbox.receive_ack(packet)
        elif kind == PacketType.CONNECT:
            self._receive_connect(packet, connection)
        elif kind == PacketType.CONNECT_ERROR:
            self._receive_connect_error(packet, connection)
        elif packet.payload:
            raise MalformedPayloadError("DISCONNECT has no payload")
        elif self.active:
            reason, self.end_reason = self.end_reason, SERVER_DISCONNECT
            self._close(reason)
            self._manager.close_if_unused()

    def connection_closed(
        self, connection: Connection, reason: str, description: str | None
    ) -> None:
        """Called when a connection has ended; for `Multiplexer`."""
        stay = self._stay
        if stay is None or stay.connection is not connection:
            return
        # Who closes the connection on this side wants no other, nor does an event loop that ends.
        if self.connected and self._manager.reconnection and reason != FORCED_CLOSE:
            self._state = SocketState.RECONNECTING
            self._end_stay(reason, description)
            self._outbox.lost(partial(_ended, reason, description))
            notify_last(
                self._lifecycle,
                "disconnect",
                _told(reason, description),
                self._queue,
                self._tasks,
            )
        elif self.connected:
            self._close(reason, description)
        else:
            # Whoever joins the namespace, `connect` or `rejoin`, goes on from there.
            self._end_stay(reason, description)

    def rejoin(self, connection: Connection, backlog: Backlog) -> None:
        """Join the namespace again on the connection that the manager has opened after another one
        was lost; for `Manager`.
        """
        self._tasks.start(self._rejoin(connection, backlog))

    def attempt_failed(self, error: AckordError) -> None:
        """Called when an attempt of the manager to connect again has failed; others follow."""
        self._notify("connect_error", error)
        self._settle_outcome(error)

    def give_up(self, error: AckordError) -> None:
        """Called when the manager doesn't try to connect again any more."""
        self._close_with(error)

    def discard(self) -> None:
        """Forget the stay in a namespace whose event loop has ended; for `Manager`."""
        self._end_stay(FORCED_CLOSE, None)
        self._state = SocketState.DISCONNECTED
        self._lock = asyncio.Lock()
        self._queue = None
        self._abandoned = None
        self._outcome = None
        self._outbox.discard()
        self._tasks.discard()

    # Joining the namespace

    async def _connect_first(self) -> None:
        payload = await self._connect_payload()
        self._state = SocketState.CONNECTING
        self._outbox.connecting()
        try:
            while True:
                try:
                    self._check_active()
                    connection, backlog = await self._manager.acquire()
                    self._check_active()
                    await self._join(payload, connection, backlog)
                except (NetworkError, ProtocolError) as error:
                    if not (self._manager.retry_first and self.active):
                        raise
                    self._notify("connect_error", error)
                    await self._manager.pause(error)
                    payload = await self._connect_payload()
                else:
                    return
        except BaseException as error:
            self._note_abandoned()
            self._close_with(
                error if isinstance(error, AckordError) else _ended("io client disconnect", None)
            )
            await self._manager.release()
            if isinstance(error, AckordError):
                self._notify("connect_error", error)
            raise

    def _check_active(self) -> None:
        """Raise if the socket was disconnected while `connect` waited."""
        if not self.active:
            raise DisconnectedError("disconnected while connecting")

    async def _rejoin(self, connection: Connection, backlog: Backlog) -> None:
        """Join the namespace again; try until it is joined, refused, or this connection is lost as
        well. Then the manager opens the next one, and calls `rejoin` for that.
        """
        while True:
            try:
                payload = await self._connect_payload()
                if self._can_rejoin(connection):
                    await self._join(payload, connection, backlog)
            except ConnectRefusedError as error:
                self._notify("connect_error", error)
                self._close_with(error)
                self._manager.close_if_unused()
                return
            except Exception as error:  # noqa: BLE001  # the application's `auth`, too
                failure = error if isinstance(error, AckordError) else _auth_failed(error)
            else:
                return
            if not self._can_rejoin(connection):
                return
            self.attempt_failed(failure)
            try:
                await self._manager.pause(failure)
            except DisconnectedError as last:
                self.give_up(last)
                self._manager.close_if_unused()
                return
            if not self._can_rejoin(connection):
                return

    def _can_rejoin(self, connection: Connection) -> bool:
        return self.reconnecting and connection.is_open

    async def _join(self, payload: str, connection: Connection, backlog: Backlog) -> None:
        stay = self._stay = Stay(self._namespace, self, connection, backlog, self._tasks)
        self._queue = stay.queue
        try:
            self._outbox.follow(backlog)
            connection.send(encode_connect(self._namespace.prefix, payload), bounded=False)
            async with asyncio.timeout(self._options.timeout):
                await stay.joined
        except BaseException as error:
            # The queue was never opened: what waits in it belongs to a namespace that wasn't
            # joined. Events of an earlier stay wait in a queue of their own.
            stay.queue.clear()
            self._queue = None
            self._note_abandoned()
            stay.end()
            self._stay = None
            if isinstance(error, TimeoutError):
                raise DisconnectedError(
                    f"the server did not answer CONNECT within {self._options.timeout:g} seconds"
                ) from error
            raise

    async def _connect_payload(self) -> str:
        auth = self.auth() if callable(self.auth) else self.auth
        if inspect.isawaitable(auth):
            auth = await auth
        recovery = self.recovery.connect_members()
        return "" if auth is None and not recovery else encode_json({**recovery, **(auth or {})})

    async def _wait_for_next_attempt(self) -> None:
        if self._outcome is None:
            self._outcome = asyncio.get_running_loop().create_future()
            # Who waits may be cancelled: then nobody asks for the exception.
            self._outcome.add_done_callback(_retrieve)
        self._manager.retry_now()
        await asyncio.shield(self._outcome)

    def _settle_outcome(self, error: AckordError | None) -> None:
        outcome, self._outcome = self._outcome, None
        if outcome is None or outcome.done():
            return
        if error is None:
            outcome.set_result(None)
        else:
            outcome.set_exception(error)

    def _receive_connect(self, packet: Packet, connection: Connection) -> None:
        stay = self._stay
        if self.connected:
            self._receive_second_answer(connection)
            match read_welcome(packet.payload):
                case ProtocolError() as error:
                    raise error
                case Welcome(sid, pid, contract):
                    self.server_contract = contract
                    # A server that doesn't give up the first CONNECT for the second knows us by the
                    # later one now.
                    self.id = sid
                    self.recovery.join(pid)
            return
        if stay is None or stay.joined.done():
            # Nobody waits for it any longer; the server is to know.
            connection.send(encode_disconnect(self._namespace.prefix), bounded=False)
            return
        match read_welcome(packet.payload):
            case ProtocolError() as error:
                stay.joined.set_exception(error)
            case Welcome(sid, pid, contract):
                self.id = sid
                self.server_contract = contract
                self.recovered = self.recovery.join(pid)
                self._state = SocketState.CONNECTED
                self._manager.joined()
                self._notify("connect")
                stay.open()
                stay.joined.set_result(None)
                self._settle_outcome(None)
                self._outbox.joined(connection)

    def _receive_second_answer(self, connection: Connection) -> None:
        """Take the answer to one CONNECT after that to another, which was sent when the first had
        been given up.
        """
        if self._abandoned is not connection:
            raise UnexpectedPacketError("the namespace was joined already")
        self._abandoned = None

    def _note_abandoned(self) -> None:
        stay = self._stay
        if stay is not None and (not stay.joined.done() or stay.joined.cancelled()):
            self._abandoned = stay.connection

    def _receive_connect_error(self, packet: Packet, connection: Connection) -> None:
        if self.connected:
            self._receive_second_answer(connection)
            return
        if self._stay is None or self._stay.joined.done():
            return
        self._stay.joined.set_exception(read_refusal(packet.payload))

    # The end

    def _close(self, reason: str, description: str | None = None) -> None:
        """Leave the namespace, or give up joining it, for good."""
        was_connected = self.connected
        self._note_abandoned()
        self._end_stay(reason, description)
        error = _ended(reason, description)
        if was_connected:
            self._fail_all(error)
            notify_last(
                self._lifecycle,
                "disconnect",
                _told(reason, description),
                self._queue,
                self._tasks,
                then=partial(self._tell_closed, error),
            )
        else:
            self._close_with(error)

    def _close_with(self, error: AckordError) -> None:
        """Give up joining the namespace."""
        if self.active:
            self._fail_all(error)
            self._tell_closed(error)

    def _tell_closed(self, error: AckordError) -> None:
        if self._when_closed is not None and not self.active:
            self._when_closed(error)

    def _fail_all(self, error: AckordError) -> None:
        """Let all that waits for a connection fail."""
        if self._stay is not None:
            self._stay.end()
            self._stay = None
        self._state = SocketState.DISCONNECTED
        self.id = None
        self._outbox.closed(partial(_give_up_waiting, error))
        self._settle_outcome(error)

    def _end_stay(self, reason: str, description: str | None) -> None:
        """Note that the namespace is left, or can't be joined over this connection any more."""
        stay, self._stay = self._stay, None
        self.id = None
        if stay is None:
            return
        stay.end()
        if not stay.joined.done():
            error = _ended(reason, description)
            stay.joined.set_exception(
                ProtocolError(str(error)) if reason == "parse error" else error
            )

    def _call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        call_guarded(
            callback,
            arguments,
            self._tasks,
            f"A callback of event {quoted(event)} of namespace {quoted(self.namespace)}",
        )

    def _notify(self, name: str, *arguments: Any) -> None:
        notify(self._lifecycle, name, arguments, self._queue, self._tasks)


def _ended(reason: str, description: str | None) -> DisconnectedError:
    words = reason if description is None else f"{reason}: {description}"
    return DisconnectedError(f"the socket was disconnected: {words}", reason)


def _told(reason: str, description: str | None) -> tuple[str, ...]:
    """Return what the listeners of ``disconnect`` are called with."""
    return (reason,) if description is None else (reason, description)


def _give_up_waiting(error: AckordError) -> DisconnectedError:
    """Return what somebody gets who waits for a socket that is closed because of `error`: an
    exception of his own, which has a traceback of his own.
    """
    reason = error.reason if isinstance(error, DisconnectedError) else None
    failure = DisconnectedError(str(error), reason)
    failure.__cause__ = error
    return failure


def _auth_failed(error: Exception) -> DisconnectedError:
    failure = DisconnectedError(f"`auth` raised {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


def _retrieve(outcome: asyncio.Future[None]) -> None:
    if not outcome.cancelled():
        outcome.exception()
