"""A client's socket at work: it joins its namespace, stays there for a time, and leaves."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ackord.runtime.client.answer import Welcome, read_refusal, read_welcome
from ackord.runtime.client.lifecycle import notify, notify_last
from ackord.runtime.client.membership import Membership
from ackord.runtime.client.socket import ClientSocket, SocketState
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import AckordError, DisconnectedError, InvalidAckError, ProtocolError
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError, UnexpectedPacketError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import (
    Packet,
    PacketType,
    encode_connect,
    encode_disconnect,
    encode_event,
    namespace_prefix,
)
from ackord.runtime.protocol.socketio.values import encode_json
from ackord.runtime.sockets.acks import AckCallback, AckReply, PendingAcks
from ackord.runtime.sockets.lifecycle import call_guarded
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.sockets.queue import EventQueue
from ackord.runtime.sockets.routes import Route
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.client.manager import Manager


class ClientMember(ClientSocket):
    """A socket as its manager, and the connection's `Multiplexer`, know it."""

    __slots__ = (
        "_abandoned",
        "_acks",
        "_lock",
        "_manager",
        "_max_pending_acks",
        "_membership",
        "_next_ack_id",
        "_prefix",
        "_queue",
        "_routes",
    )

    def __init__(self, manager: Manager, namespace: str, max_pending_acks: int) -> None:
        super().__init__(namespace)
        self._manager = manager
        self._prefix = namespace_prefix(namespace)
        self._membership: Membership | None = None
        self._lock = asyncio.Lock()
        self._routes: dict[str, Route] = {}
        self._queue: EventQueue | None = None
        self._max_pending_acks = max_pending_acks
        self._acks = PendingAcks(max_pending_acks)
        self._abandoned: Connection | None = None
        """Where a CONNECT was given up before its answer, which may still come."""
        self._next_ack_id = 0

    @override
    async def connect(self) -> None:
        self._manager.enter_loop()
        async with self._lock:
            if self.connected:
                return
            payload = await self._connect_payload()
            self._state = SocketState.CONNECTING
            try:
                await self._join(payload)
            except BaseException as error:
                self._note_abandoned()
                self._leave()
                if self._queue is not None:
                    # It was never opened: what waits in it belongs to a namespace that wasn't
                    # joined.
                    self._queue.clear()
                    self._queue = None
                await self._manager.release()
                if isinstance(error, AckordError):
                    self._notify("connect_error", error)
                raise

    @override
    async def disconnect(self) -> None:
        self._manager.enter_loop()
        if self._membership is not None and self.connected:
            self._membership.send_quietly(encode_disconnect(self._prefix))
        if self._queue is not None:
            self._queue.clear()
        self._end("io client disconnect")
        await self._manager.release()
        await self._tasks.finish(self._manager.close_timeout)

    @override
    def set_route(self, name: str, route: Route) -> None:
        self._routes[name] = route

    # Sending

    @override
    async def drain(self) -> None:
        if self._membership is not None:
            await self._membership.connection.drain()

    @override
    def send_event(self, event: EncodedEvent, *, volatile: bool = False) -> None:
        if not volatile or self._writable:
            self._send(event, None)

    @override
    async def request(self, event: EncodedEvent, timeout: float | None = None) -> AckReply:
        ack_id = self._next_ack()
        return await self._acks.wait(ack_id, partial(self._send, event, ack_id), timeout)

    @override
    def send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
    ) -> None:
        dropped = volatile and not self._writable
        if ack is None or (dropped and timeout is None):
            if not dropped:
                self._send(event, None)
            return
        ack_id = self._next_ack()
        self._acks.expect(
            ack_id, partial(self._settle_callback, Registration(ack), timeout is not None), timeout
        )
        if dropped:
            return  # the timeout tells the callback
        try:
            self._send(event, ack_id)
        except BaseException:
            self._acks.discard(ack_id)
            raise

    # What `Membership` and `Multiplexer` need of a socket

    @property
    def prefix(self) -> str:
        """What stands for the namespace in packets."""
        return self._prefix

    @property
    def catch_all(self) -> tuple[Registration, ...]:
        """The catch-all listeners for incoming events."""
        return self._any

    def take_listeners(self, name: str) -> tuple[Registration, ...]:
        """Return the listeners that an event is for."""
        return () if self._events is None else self._events.take(name)

    def handles_concurrently(self, name: str) -> bool:
        """Tell whether a listener lifts the order for an event."""
        return self._events is not None and any(
            found.concurrent for found in self._events.get(name)
        )

    def find_route(self, name: str) -> Route | None:
        """Return the route of an event, or `None` if it's for listeners."""
        return self._routes.get(name)

    def receive(self, packet: Packet, connection: Connection) -> None:
        """Take a packet for this namespace; for `Multiplexer`.

        Raises:
            ProtocolError: It ends the connection.
        """
        kind = packet.type
        if kind == PacketType.EVENT:
            if self._membership is not None:
                self._membership.receive_event(packet)
        elif kind == PacketType.ACK:
            if self.connected and packet.ack_id is not None:
                self._acks.receive(packet.ack_id, packet.payload, packet.attachments)
        elif kind == PacketType.CONNECT:
            self._receive_connect(packet, connection)
        elif kind == PacketType.CONNECT_ERROR:
            self._receive_connect_error(packet, connection)
        elif packet.payload:
            raise MalformedPayloadError("DISCONNECT has no payload")
        elif self.active:
            self._end("io server disconnect")
            self._manager.abandon()

    def connection_closed(
        self, connection: Connection, reason: str, description: str | None
    ) -> None:
        """Learn that a connection is over; for `Multiplexer`."""
        if self._membership is not None and self._membership.connection is connection:
            self._end(reason, description)

    def discard(self) -> None:
        """Forget the stay in a namespace whose event loop has ended; for `Manager`."""
        self._leave()
        self._lock = asyncio.Lock()
        self._queue = None
        self._abandoned = None
        self._acks = PendingAcks(self._max_pending_acks)
        self._tasks.discard()

    @property
    def _writable(self) -> bool:
        return (
            self._membership is not None and self.connected and self._membership.connection.writable
        )

    async def _connect_payload(self) -> str:
        auth = self.auth() if callable(self.auth) else self.auth
        if inspect.isawaitable(auth):
            auth = await auth
        recovery = self.recovery.connect_members()
        return "" if auth is None and not recovery else encode_json({**recovery, **(auth or {})})

    async def _join(self, payload: str) -> None:
        connection, backlog = await self._manager.acquire()
        if not self.active:
            raise DisconnectedError("disconnected while connecting")
        membership = self._membership = Membership(self, connection, backlog, self._tasks)
        self._queue = membership.queue
        self._acks.follow(backlog)
        connection.send(encode_connect(self._prefix, payload), bounded=False)
        try:
            async with asyncio.timeout(self._manager.timeout):
                await membership.joined
        except TimeoutError as error:
            raise DisconnectedError(
                f"the server did not answer CONNECT within {self._manager.timeout:g} seconds"
            ) from error

    def _receive_connect(self, packet: Packet, connection: Connection) -> None:
        membership = self._membership
        if self.connected:
            self._receive_second_answer(connection)
            match read_welcome(packet.payload):
                case ProtocolError() as error:
                    raise error
                case Welcome(sid, pid):
                    # A server that doesn't give up the first CONNECT for the second knows us by the
                    # later one now.
                    self.id = sid
                    self.recovery.join(pid)
            return
        if membership is None or membership.joined.done():
            # Nobody waits for it any longer; the server is to know.
            connection.send(encode_disconnect(self._prefix), bounded=False)
            return
        match read_welcome(packet.payload):
            case ProtocolError() as error:
                membership.joined.set_exception(error)
            case Welcome(sid, pid):
                self.id = sid
                self.recovered = self.recovery.join(pid)
                self._state = SocketState.CONNECTED
                membership.joined.set_result(None)
                self._notify("connect")
                membership.open()

    def _receive_second_answer(self, connection: Connection) -> None:
        """Take the answer to one CONNECT after that to another, which was sent when the first had
        been given up.
        """
        if self._abandoned is not connection:
            raise UnexpectedPacketError("the namespace was joined already")
        self._abandoned = None

    def _note_abandoned(self) -> None:
        membership = self._membership
        if membership is not None and (
            not membership.joined.done() or membership.joined.cancelled()
        ):
            self._abandoned = membership.connection

    def _receive_connect_error(self, packet: Packet, connection: Connection) -> None:
        if self.connected:
            self._receive_second_answer(connection)
            return
        if self._membership is None or self._membership.joined.done():
            return
        self._membership.joined.set_exception(read_refusal(packet.payload))

    def _send(self, event: EncodedEvent, ack_id: int | None) -> None:
        if self._membership is None or not self.connected:
            raise DisconnectedError("the socket is not connected")
        text = encode_event(self._prefix, event.arguments, len(event.attachments), ack_id)
        self._membership.connection.send(text, event.attachments)
        if self._any_outgoing:
            self._tell_outgoing(event)

    def _tell_outgoing(self, event: EncodedEvent) -> None:
        try:
            values = decode_array(event.arguments, event.attachments)
        except ProtocolError:
            # Deeper than we read: it was written all the same.
            values = [event.name]
        for listener in self._any_outgoing:
            self._call_back(listener, values)

    def _next_ack(self) -> int:
        ack_id = self._next_ack_id
        self._next_ack_id += 1
        return ack_id

    @override
    def _decode_ack(self, reply: AckReply) -> list[Any]:
        try:
            return decode_array(*reply)
        except ProtocolError as error:
            if self._membership is not None:
                self._membership.connection.end("parse error", str(error))
            raise InvalidAckError(str(error)) from error

    def _settle_callback(
        self, ack: Registration, error_first: bool, outcome: AckReply | AckordError
    ) -> None:
        if not isinstance(outcome, AckordError):
            try:
                values = self._decode_ack(outcome)
            except InvalidAckError as error:
                outcome = error
            else:
                self._call_back(ack, (None, *values) if error_first else values)
                return
        if error_first:
            self._call_back(ack, (outcome,))

    def _call_back(self, callback: Registration, arguments: Sequence[Any]) -> None:
        call_guarded(
            callback, arguments, self._tasks, f"A callback of namespace {self.namespace!r}"
        )

    def _notify(self, name: str, *arguments: Any) -> None:
        notify(self._lifecycle, name, arguments, self._queue, self._tasks)

    def _end(self, reason: str, description: str | None = None) -> None:
        """Note that the namespace is left, or can't be joined any more."""
        was_connected, membership = self.connected, self._membership
        self._note_abandoned()
        self._leave()
        if membership is not None and not membership.joined.done():
            words = reason if description is None else f"{reason}: {description}"
            membership.joined.set_exception(
                ProtocolError(words) if reason == "parse error" else DisconnectedError(words)
            )
        if was_connected:
            self._acks.fail_all(lambda: DisconnectedError(f"the socket was disconnected: {reason}"))
            notify_last(self._lifecycle, "disconnect", (reason,), self._queue, self._tasks)

    def _leave(self) -> None:
        if self._membership is not None:
            self._membership.end()
        self._state = SocketState.DISCONNECTED
        self._membership = None
        self.id = None
