"""What goes out to one client: events, questions, broadcasts and answers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ackord.runtime.adapters.base import AckCollector, BroadcastFlags
from ackord.runtime.containment import contain
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidAckError,
    InvalidPayloadError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.complexity import weigh
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import encode_ack, encode_event
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.socket import Socket
from ackord.runtime.sockets.acks import AckCallback, AckReply, PendingAcks
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.sockets.outgoing import receive_ack, settle_callback, tell_outgoing
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.memberships import Memberships
    from ackord.runtime.server.namespace import Namespace


class Addressee(Socket):
    """A socket that is written to: its packets go to the connection's engine, and the
    acknowledgements that they ask for come back here.

    Implements `ackord.runtime.adapters.base.Recipient`.
    """

    __slots__ = ("_acks", "_connection", "_outbox", "recovery_session")

    def __init__(
        self,
        sid: str,
        namespace: Namespace,
        connection: Memberships,
        auth: dict[str, Any],
        session: RecoverySession | None,
    ) -> None:
        super().__init__(sid, namespace, connection.engine, auth)
        self.recovery_session: RecoverySession | None = session
        """What is kept of the socket while its client is away; `None` without connection state
        recovery.
        """
        self._connection = connection
        self._acks: PendingAcks | None = None  # made for the first question
        self._outbox: (
            list[tuple[EncodedEvent, int | None]] | None
        ) = []  # until the client is told that it is connected, or refused

    def begin(self) -> None:
        """Note that the client was told: it is connected now."""
        self._connected = True
        waiting, self._outbox = self._outbox, None
        for event, ack_id in waiting or ():
            try:
                self.send_event(event, ack_id=ack_id)
            except BaseException as error:  # noqa: BLE001  # whoever emitted it is gone; the others go out, and the client is let in
                contain(error)
                self.namespace.tasks.log.crash(
                    f"Sending event {quoted(event.name)}, emitted before the client was connected,",
                    error,
                )
                if ack_id is not None and self._acks is not None:
                    self._acks.fail(
                        ack_id, InvalidPayloadError(f"event {event.name!r} can't be sent: {error}")
                    )

    # Events and answers

    @override
    def send_event(
        self,
        event: EncodedEvent,
        *,
        volatile: bool = False,
        compress: bool = True,
        ack_id: int | None = None,
    ) -> None:
        if event.attachments:
            self.namespace.check_attachments(event.attachments, f"event {event.name!r}")
        loop = self.namespace.server_loop
        if get_ident() != loop.thread and loop.hand_over(
            partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        ):
            return
        if not self._connected:
            if self._outbox is not None and not volatile:
                self._outbox.append((event, ack_id))
            elif (
                self.recovery_session is not None
                and self.namespace.recovery is not None
                and not volatile
                and ack_id is None
            ):
                self.namespace.check_event(event)
                self.namespace.recovery.record_for_absent(self.recovery_session, event)
            return
        if volatile and not self._engine.claim():
            return
        if self._any_outgoing:
            tell_outgoing(self, event)
        if self.namespace.recovery is not None and ack_id is None:
            recovery = self.namespace.recovery
            self.namespace.check_event(event)
            event = (
                recovery.mark(event) if volatile else recovery.record(event, frozenset((self.id,)))
            )
        text = encode_event(self.namespace.prefix, event.arguments, len(event.attachments), ack_id)
        if event.attachments or not compress:
            self._engine.send_prepared(Prepared(text, event.attachments, compress=compress))
        else:
            self._engine.send(text)

    def send_ack(self, ack_id: int, arguments: str, attachments: Sequence[bytes] = ()) -> None:
        """Answer an event; after the end nothing is sent."""
        if not self._connected:
            return
        text = encode_ack(self.namespace.prefix, ack_id, arguments, len(attachments))
        if attachments:
            self.namespace.check_attachments(attachments, "an acknowledgement")
            self._engine.send_prepared(Prepared(text, attachments))
        else:
            self._engine.send(text)

    def deliver(self, event: EncodedEvent, prepared: Prepared, flags: BroadcastFlags) -> None:
        """Write a broadcast (see `Recipient`)."""
        if flags.volatile and not self._engine.claim():
            return
        if self._any_outgoing:
            tell_outgoing(self, event)
        self._engine.send_prepared(prepared)

    # Questions, which ask for an acknowledgement

    @override
    async def request(
        self,
        event: EncodedEvent,
        timeout: float | None = None,
        *,
        volatile: bool = False,
        compress: bool = True,
    ) -> AckReply:
        self.namespace.server_loop.check()
        self._check_answerable()
        ack_id = self.namespace.next_ack_id()
        send = partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        return await self._pending_acks().wait(ack_id, send, timeout)

    @override
    def send_plain(
        self,
        event: EncodedEvent,
        ack: AckCallback | None,
        *,
        timeout: float | None = None,
        volatile: bool = False,
        compress: bool = True,
    ) -> None:
        if ack is None:
            self.send_event(event, volatile=volatile, compress=compress)
            return
        loop = self.namespace.server_loop
        if get_ident() != loop.thread:
            Registration(ack)  # what can't be called is refused here, in the thread of the caller
            if loop.hand_over(
                partial(
                    self.send_plain,
                    event,
                    ack,
                    timeout=timeout,
                    volatile=volatile,
                    compress=compress,
                )
            ):
                return
        if not self._connected and self._outbox is None:
            if timeout is not None:
                self._call_back(
                    Registration(ack),
                    (DisconnectedError("the socket has been disconnected"),),
                    event.name,
                )
            return
        if volatile and timeout is None and not (self._connected and self._engine.writable):
            return  # dropped: nobody will answer, and nothing would end the wait
        ack_id = self.namespace.next_ack_id()
        settle = partial(settle_callback, self, Registration(ack), event.name, timeout is not None)
        send = partial(self.send_event, event, volatile=volatile, compress=compress, ack_id=ack_id)
        self._pending_acks().send_and_expect(ack_id, send, settle, timeout)

    def ask(
        self,
        event: EncodedEvent,
        prepared: Prepared,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Write a broadcast that asks for an acknowledgement (see `Recipient`)."""
        settle = partial(collector.settle, self.id)
        if flags.volatile and not self._engine.writable:
            settle(AckTimeoutError("the client couldn't take a volatile event"))
            return
        try:
            self._pending_acks().expect(collector.ack_id, settle)
        except SlowConsumerError as error:
            settle(error)
        else:
            self.deliver(event, prepared, flags)

    @property
    def awaited_acks(self) -> int:
        """How many acknowledgements the client owes."""
        return 0 if self._acks is None else len(self._acks)

    def forget_ack(self, ack_id: int) -> None:
        """Wait for an acknowledgement no longer."""
        if self._acks is not None:
            self._acks.discard(ack_id)

    def receive_ack(self, ack_id: int | None, payload: str, attachments: Sequence[bytes]) -> None:
        """Take an ACK packet; one that nobody waits for is ignored.

        Raises:
            PacketError: it ends the connection.
        """
        if not payload:
            return
        if len(payload) > self.namespace.short:
            self._connection.backlog.spend(weigh(payload))
            excess = self.namespace.complexity.excess(payload)
            if excess is not None:
                if ack_id is not None and self._acks is not None:
                    self._acks.fail(ack_id, InvalidAckError(f"the acknowledgement has {excess}"))
                return
        receive_ack(self._acks, ack_id, payload, attachments)

    def _check_answerable(self) -> None:
        if self._connected:
            return
        if self._outbox is not None:
            raise UsageError("the client can't answer before it is told that it is connected")
        raise DisconnectedError("the socket has been disconnected")

    def _pending_acks(self) -> PendingAcks:
        if self._acks is None:
            self._acks = PendingAcks(self.namespace.limits.pending_acks)
            self._acks.follow(self._connection.backlog)
        return self._acks

    def _call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        self.namespace.call_back(callback, arguments, event, self)
