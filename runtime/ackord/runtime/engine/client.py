"""One Engine.IO connection of a client: the session, its transport, and the upper layer.

`ackord.runtime.engine.client_opening` opens it. Nothing stands between the transport and the
handler but `Connection.receive`, and nothing between `Connection.send` and the transport but the
checks of what may be sent. Only what waits has a task: for handlers, and for the end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from ackord.runtime.engine.client_transport import ClientTransport, TransportLostError
from ackord.runtime.errors import (
    DisconnectedError,
    InvalidPayloadError,
    ProtocolError,
    SlowConsumerError,
)
from ackord.runtime.protocol.engineio.client_session import ClientSession
from ackord.runtime.protocol.engineio.handshake import POLLING
from ackord.runtime.protocol.engineio.open_packet import OpenPacket
from ackord.runtime.protocol.engineio.packet import MESSAGE, SEPARATOR, Packet
from ackord.runtime.protocol.engineio.post_queue import wire_size
from ackord.runtime.protocol.engineio.state import ClientState
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENTS
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser, write_packet
from ackord.runtime.tasks import start_later

_log = logging.getLogger("ackord.runtime.client")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """Bounds of a connection, and how packets are written."""

    close_timeout: float = 5.0
    """Seconds that a clean end may take to write what waits."""
    max_buffered: int = 16_000_000
    """Bytes that may wait for the network."""
    max_attachments: int = MAX_ATTACHMENTS
    """Attachments of one packet."""
    parser: Parser = TEXT_PARSER
    """How packets are written."""


class PacketHandler(Protocol):
    """The upper layer's end of a connection; called from the event loop, and must not wait."""

    def receive_text(self, message: str) -> bool:
        """Take one Engine.IO message packet, type digit included; return false if more events wait
        than may wait: then nothing is read until `ready`.

        Raises:
            ProtocolError: The server broke the protocol; the connection is closed with "parse
                error".
        """
        ...

    def receive_binary(self, data: bytes) -> bool:
        """Take one binary message; as `receive_text`."""
        ...

    def closed(self, reason: str, description: str | None) -> None:
        """Called once when the connection has ended; `reason` is one of the disconnect reasons of
        Socket.IO.
        """
        ...

    async def ready(self) -> None:
        """Wait until no longer congested, or closed."""
        ...


Upgrade: TypeAlias = "Callable[[Connection], Coroutine[Any, Any, None]]"
"""Moves a connection from long-polling to a WebSocket if that is possible."""


class Connection:
    """An Engine.IO connection.

    `start` gives an open connection its handler; nothing is read between the open packet and that.
    It ends by itself when the server or the network ends it, and by `close` and `end`.
    The handler learns of the end at once; `wait_closed` returns when no task and no socket is left.

    Implements `ackord.runtime.engine.client_transport.TransportReceiver`.
    """

    def __init__(
        self, session: ClientSession, options: ConnectionOptions, upgrade: Upgrade | None = None
    ) -> None:
        """Take a session whose open packet comes over the transport that `attach` is given;
        `upgrade` is run from `start` on if the server offers a WebSocket.
        """
        self._session = session
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._transport: ClientTransport | None = None
        self._retired: ClientTransport | None = None
        """What was used before an upgrade, and is closed."""
        self._handler: PacketHandler | None = None
        self._held: list[Packet] = []
        """Packets that wait for the end of an upgrade."""
        self._held_size = 0
        self._opening: asyncio.Future[None] = self._loop.create_future()
        # Nobody may wait for it any more: then its exception isn't a mistake of this program.
        self._opening.add_done_callback(_ignore)
        self._ended = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._is_overfull = False
        """Whether the server doesn't take the answers that it asks for; it isn't read until it
        does.
        """
        self._task: asyncio.Task[None] | None = None
        self._run_upgrade = upgrade
        self._upgrade: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None

    @property
    def session(self) -> ClientSession:
        """The rules of the connection, for those who open and upgrade it."""
        return self._session

    @property
    def opened(self) -> OpenPacket:
        """The server's open packet."""
        opened = self._session.opened
        if opened is None:
            raise AssertionError("a connection begins after its open packet")
        return opened

    @property
    def is_open(self) -> bool:
        """Whether packets can still be sent."""
        return self._session.is_open

    @property
    def transport(self) -> str:
        """The name of the transport in use: ``"polling"`` or ``"websocket"``."""
        return self._session.transport

    @property
    def writable(self) -> bool:
        """Whether a packet would go out at once: what `volatile` asks."""
        return self._session.may_send and self._carrier.writable

    @property
    def buffered(self) -> int:
        """Bytes that wait for the network."""
        return self._carrier.buffered + self._held_size

    @property
    def _carrier(self) -> ClientTransport:
        if self._transport is None:
            raise AssertionError("a connection begins with its transport")
        return self._transport

    # Opening, for `ackord.runtime.engine.client_opening`

    def attach(self, transport: ClientTransport) -> None:
        """Use a transport from now on: the first one, or the one of an upgrade, to which all that
        waits is given.
        """
        if transport is not self._transport:
            self._retired, self._transport = self._transport, transport
        if self._session.may_send:
            held, self._held, self._held_size = self._held, [], 0
            for packet in held:
                transport.send(packet)

    async def wait_opened(self) -> None:
        """Wait for the open packet.

        Raises:
            TransportLostError: The transport ended before it.
            ProtocolError: The server's first packet isn't a valid open packet.
        """
        await self._opening

    def start(self, handler: PacketHandler) -> None:
        """Begin to read; every packet and the end go to `handler`."""
        self._handler = handler
        self._watch_heartbeat()
        self._task = start_later(self._loop, self._run())
        self._task.set_name("ackord client connection")
        if self._run_upgrade is not None and self._session.can_upgrade:
            self._upgrade = start_later(self._loop, self._run_upgrade(self))
            self._upgrade.set_name("ackord client upgrade")
        self._carrier.resume()

    # Sending

    def check_heartbeat(self) -> None:
        """Notice that the heartbeat's deadline has passed while the machine slept: nobody listens
        any more (engine.io-client does the same before it sends).
        """
        if self._session.expire(self._loop.time()):
            self._finish("no heartbeat in time")

    def send(self, packet: str, attachments: Sequence[bytes] = (), *, bounded: bool = True) -> None:
        """Send one packet and its attachments; nothing comes between them.

        What isn't `bounded` may exceed what may wait for the network: answers to the server, which
        isn't read meanwhile.

        Raises:
            InvalidPayloadError: The text isn't Unicode, the parser can't write it, the packet has
                too many attachments, or one of its messages is larger than the server takes.
            SlowConsumerError: More would wait for the network than may wait; nothing of the packet
                is sent.
            DisconnectedError: The connection has ended.
        """
        if not self._session.is_open:
            raise DisconnectedError("the connection has ended")
        message: Packet = packet
        if self._options.parser.transcodes:
            message, attachments = write_packet(self._options.parser, packet, attachments), ()
        size = self._measure(message)
        if attachments:
            if len(attachments) > self._options.max_attachments:
                raise InvalidPayloadError(
                    f"the packet has {len(attachments)} attachments, and may have at most "
                    f"{self._options.max_attachments} (max_attachments)"
                )
            size += sum(map(self._measure, attachments))
        if bounded and (buffered := self.buffered):
            # One packet always fits, whatever its size.
            self._refuse_too_much(buffered, size)
        self._write(message)
        for data in attachments:
            self._write(data)
        if not bounded:
            self._note_fullness()

    def _note_fullness(self) -> None:
        self._is_overfull = self.buffered > self._options.max_buffered

    def _measure(self, message: Packet) -> int:
        """Return the bytes of a message on the wire.

        Raises:
            InvalidPayloadError: The server would close the connection for it, and tell nobody why;
                or it can't be sent at all.
        """
        is_polling = self._session.transport == POLLING
        if isinstance(message, str):
            size = len(message) if message.isascii() else _utf8_length(message)
            if is_polling and SEPARATOR in message:
                raise InvalidPayloadError(
                    "a text with the character U+001E can't be sent over long-polling, which "
                    "separates packets by it"
                )
        else:
            size = wire_size(message) if is_polling else len(message)
        most = self.opened.max_payload
        if most is not None and size > most:
            grows = is_polling and isinstance(message, bytes)
            growth = " (over long-polling data grows by a third)" if grows else ""
            raise InvalidPayloadError(
                f"the packet has a message of {size} bytes{growth}, and the server takes at most "
                f"{most} (its maxPayload)"
            )
        return size

    def _refuse_too_much(self, buffered: int, size: int) -> None:
        if buffered + size > self._options.max_buffered:
            raise SlowConsumerError(
                f"{buffered} bytes wait for the network, of {self._options.max_buffered} that may"
            )

    def _write(self, packet: Packet) -> None:
        if self._session.may_send:
            self._carrier.send(packet)
        else:
            self._held.append(packet)
            self._held_size += len(packet)

    async def drain(self) -> None:
        """Wait until everything was handed to the network, or the connection has ended."""
        while self.is_open:
            if self._held and self._upgrade is not None and not self._upgrade.done():
                await asyncio.wait([self._upgrade])
            elif self._carrier.buffered:
                await self._carrier.drain()
            else:
                return

    # The end

    async def close(self, reason: str) -> None:
        """Write what waits, within a bound, then close; return when no task is left."""
        try:
            async with asyncio.timeout(self._options.close_timeout):
                await self.drain()
        except TimeoutError:
            _log.debug("the network did not take what was left to write")
        finally:
            self.end(reason)
        await self.wait_closed()

    def end(self, reason: str, description: str | None = None) -> None:
        """Close now; what waits is dropped. The first reason stays."""
        self._session.close(reason)
        self._finish(description)

    async def wait_closed(self) -> None:
        """Wait until the transport is closed and no task is left; the caller's cancellation doesn't
        disturb that.
        """
        if self._task is None:
            await self._carrier.wait_closed()
        elif not self._task.done() and self._task is not asyncio.current_task():
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        """Wait for the end, and then until nothing is left."""
        try:
            await self._ended.wait()
        except asyncio.CancelledError:
            # The loop is shutting down: the handler still learns of the end. (Nothing can be done
            # once the loop is closed: then the exception is another one.)
            self.end("forced close")
            await self._clean_up()
            raise
        await self._clean_up()

    async def _clean_up(self) -> None:
        """End the tasks of the connection, and wait for the end of its transports."""
        for task in (self._upgrade, self._waiting):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        for transport in (self._retired, self._carrier):
            if transport is not None:
                await transport.wait_closed()

    def _finish(self, description: str | None) -> None:
        if self._ended.is_set():
            return
        self._ended.set()
        if self._timer is not None:
            self._timer.cancel()
        reason = self._session.close_reason or "transport close"
        self._held.clear()
        self._held_size = 0
        if self._transport is not None:
            self._transport.close(abort=reason in {"ping timeout", "transport error"})
        # The handler holds this connection: neither is to wait for the collector.
        handler, self._handler = self._handler, None
        if handler is not None:
            handler.closed(reason, description)

    # The transport's side (`TransportReceiver`)

    def receive(self, message: Packet) -> bool:
        """Take one packet; see `TransportReceiver.receive`."""
        handler = self._handler
        if handler is None:
            self._receive_open(message)
            return False
        session = self._session
        try:
            if (
                session.state is ClientState.OPEN
                and isinstance(message, str)
                and message[:1] == MESSAGE
            ):
                # The common packet, which `ClientSession.receive` would return as it is.
                may_go_on = handler.receive_text(message)
            else:
                may_go_on = self._receive_uncommon(message, handler)
        except ProtocolError as error:
            self.end("parse error", str(error))
            return False
        except Exception:  # noqa: BLE001  # nothing may reach the event loop's transport
            _log.exception("a client's connection is ended by an unexpected error")
            self.end("transport error")
            return False
        if not may_go_on or self._is_overfull:
            if not self._is_paused and session.is_open:
                self._pause(handler)
            return False
        return True

    def _receive_uncommon(self, message: Packet, handler: PacketHandler) -> bool:
        session = self._session
        payload = session.receive(message, self._loop.time())
        if isinstance(payload, str):
            return handler.receive_text(payload)
        if payload is not None:
            return handler.receive_binary(payload)
        if not session.is_open:
            self._finish(None)
            return False
        for packet in session.outgoing():
            self._write(packet)
        self._note_fullness()
        return True

    def closed(self, error: TransportLostError) -> None:
        """Called when the transport has ended; see `TransportReceiver.closed`."""
        if not self._opening.done():
            self._opening.set_exception(error)
        self.end(error.reason, error.description)

    def _receive_open(self, message: Packet) -> None:
        if self._opening.done():
            return
        try:
            self._session.receive(message, self._loop.time())
        except ProtocolError as error:
            self._opening.set_exception(error)
        else:
            self._opening.set_result(None)

    def _pause(self, handler: PacketHandler) -> None:
        """Read nothing until the handlers have caught up, and the server has taken its answers: the
        network slows it down.
        """
        self._is_paused = True
        self._waiting = start_later(self._loop, self._wait(handler))
        self._waiting.set_name("ackord client waits for handlers")

    async def _wait(self, handler: PacketHandler) -> None:
        await handler.ready()
        if self.buffered > self._options.max_buffered:
            await self.drain()
        self._is_overfull = self._is_paused = False
        self._session.extend(self._loop.time())
        self._carrier.resume()

    def _watch_heartbeat(self) -> None:
        """Look at the deadline when it's due; one timer, however often the deadline moves."""
        now = self._loop.time()
        if self._is_paused:
            self._session.extend(now)
        if self._session.expire(now):
            self._finish("no heartbeat in time")
        deadline = self._session.deadline()
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._watch_heartbeat)


def _ignore(opening: asyncio.Future[None]) -> None:
    if not opening.cancelled():
        opening.exception()


def _utf8_length(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise InvalidPayloadError(
            "text with half a surrogate pair can't be sent: it isn't Unicode"
        ) from error
