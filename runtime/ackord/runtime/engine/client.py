"""One Engine.IO connection of a client: the WebSocket, the session and the tasks between them."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ackord.runtime.engine.client_logged import LoggedWebSocket
from ackord.runtime.engine.client_websocket import ClientWebSocket, Connector, WebSocketLostError
from ackord.runtime.errors import (
    DisconnectedError,
    InvalidPayloadError,
    ProtocolError,
    SlowConsumerError,
)
from ackord.runtime.logs.packets import LOGGER, PacketLog
from ackord.runtime.logs.text import masked_url
from ackord.runtime.protocol.engineio.client_session import ClientSession
from ackord.runtime.protocol.engineio.open_packet import OpenPacket
from ackord.runtime.protocol.engineio.state import ClientState
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENTS
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser, write_packet
from ackord.runtime.tasks import start_later

_log = logging.getLogger("ackord.runtime.client")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """Bounds of a connection."""

    timeout: float = 20.0
    """Seconds from the start to the open packet."""
    close_timeout: float = 5.0
    """Seconds that a clean end may take to write what waits."""
    max_buffered: int = 16_000_000
    """Bytes that may wait for the network."""
    max_attachments: int = MAX_ATTACHMENTS
    """Attachments of one packet."""
    parser: Parser = TEXT_PARSER
    """How packets are written."""


class PacketHandler(Protocol):
    """The upper layer's end of a connection; it is called from the reading task and must not
    wait.
    """

    def receive_text(self, packet: str) -> None:
        """Take one Engine.IO message packet, type digit included.

        Raises:
            ProtocolError: The server broke the protocol; the connection is closed with "parse
                error".
        """
        ...

    def receive_binary(self, data: bytes) -> None:
        """Take one binary message; raises as `receive_text`."""
        ...

    def closed(self, reason: str, description: str | None) -> None:
        """Called once when the connection has ended; `reason` is one of the disconnect reasons of
        Socket.IO.
        """
        ...

    @property
    def congested(self) -> bool:
        """Whether more events wait than may wait; nothing more is read until `ready`."""
        ...

    async def ready(self) -> None:
        """Wait until no longer congested, or closed."""
        ...


async def open_connection(
    connector: Connector, url: str, headers: Mapping[str, str], options: ConnectionOptions
) -> Connection:
    """Open a WebSocket and wait for the open packet.

    Raises:
        DisconnectedError: The network or the time ended it.
        ProtocolError: The server's first packet isn't a valid open packet.
    """
    loop = asyncio.get_running_loop()
    session = ClientSession(loop.time(), open_timeout=options.timeout)
    try:
        async with asyncio.timeout_at(session.deadline()):
            websocket = await connector.open(url, headers)
            if LOGGER.isEnabledFor(logging.DEBUG):
                websocket = LoggedWebSocket(
                    websocket, PacketLog(f"The connection to {masked_url(url)}", is_server=False)
                )
            try:
                session.receive(await websocket.receive(), loop.time())
            except BaseException:
                await websocket.close()
                raise
    except TimeoutError as error:
        raise DisconnectedError(
            f"the server did not open a session within {options.timeout:g} seconds"
        ) from error
    except WebSocketLostError as error:
        raise DisconnectedError(
            f"the server closed the WebSocket before it opened a session: {error}"
        ) from error
    return Connection(websocket, session, options)


class Connection:
    """An open Engine.IO connection.

    `start` gives it its handler and its tasks.
    It ends by itself when the server or the network ends it, and by `close` and `end`.
    The handler learns of the end at once; `wait_closed` returns when no task is left.
    """

    def __init__(
        self, websocket: ClientWebSocket, session: ClientSession, options: ConnectionOptions
    ) -> None:
        """Take a WebSocket whose open packet the session has received."""
        self._websocket = websocket
        self._session = session
        self._handler: PacketHandler | None = None
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._outbox: deque[str | bytes] = deque()
        self._buffered = 0
        self._wake_writer = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._is_paused = False
        self._task: asyncio.Task[None] | None = None

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
        return self._session.state is ClientState.OPEN

    @property
    def writable(self) -> bool:
        """Whether a packet would go out at once: what `volatile` asks."""
        return self.is_open and not self._outbox

    @property
    def buffered(self) -> int:
        """Bytes that wait for the network."""
        return self._buffered

    def start(self, handler: PacketHandler) -> None:
        """Begin to read and write; every packet and the end go to `handler`."""
        self._handler = handler
        self._watch_heartbeat()
        self._task = start_later(self._loop, self._run(handler))
        self._task.set_name("ackord client connection")

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
        if not self.is_open:
            raise DisconnectedError("the connection has ended")
        message: str | bytes = packet
        if self._options.parser.transcodes:
            message, attachments = write_packet(self._options.parser, packet, attachments), ()
        sizes = [_size(message), *map(len, attachments)]
        self._refuse_what_the_server_refuses(sizes)
        size = sum(sizes)
        # One packet always fits, whatever its size.
        if bounded and self._buffered and self._buffered + size > self._options.max_buffered:
            raise SlowConsumerError(
                f"{self._buffered} bytes wait for the network, of "
                f"{self._options.max_buffered} that may"
            )
        self._enqueue(message)
        for data in attachments:
            self._enqueue(data)

    def _refuse_what_the_server_refuses(self, sizes: list[int]) -> None:
        """Raise here where the server would close the connection, and tell nobody why; `sizes` are
        those of a packet's messages.
        """
        limit = self._options.max_attachments
        if len(sizes) - 1 > limit:
            raise InvalidPayloadError(
                f"the packet has {len(sizes) - 1} attachments, and may have at most {limit} "
                "(max_attachments)"
            )
        largest, most = max(sizes), self.opened.max_payload
        if most is not None and largest > most:
            raise InvalidPayloadError(
                f"the packet has a message of {largest} bytes, and the server takes at most "
                f"{most} (its maxPayload)"
            )

    async def drain(self) -> None:
        """Wait until everything was handed to the network, or the connection has ended."""
        await self._written.wait()

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
        """Wait until the WebSocket is closed and no task is left; the caller's cancellation doesn't
        disturb that.
        """
        if self._task is not None and self._task is not asyncio.current_task():
            await asyncio.wait([self._task])

    def _enqueue(self, message: str | bytes) -> None:
        self._buffered += _size(message)
        self._outbox.append(message)
        self._written.clear()
        self._wake_writer.set()

    async def _run(self, handler: PacketHandler) -> None:
        reader = start_later(self._loop, self._read(handler))
        writer = start_later(self._loop, self._write())
        reader.set_name("ackord client reader")
        writer.set_name("ackord client writer")
        try:
            await self._ended
        finally:
            # Cancelled from outside (the loop is shutting down), the handler still learns of the
            # end.
            self.end("forced close")
            reader.cancel()
            writer.cancel()
            for outcome in await asyncio.gather(reader, writer, return_exceptions=True):
                if isinstance(outcome, Exception):
                    _log.error("client connection ended by an unexpected error", exc_info=outcome)
            await self._websocket.close()

    async def _read(self, handler: PacketHandler) -> None:
        description: str | None = None
        try:
            while self.is_open:
                self._receive(await self._websocket.receive(), handler)
                if handler.congested or self._buffered > self._options.max_buffered:
                    await self._pause(handler)
        except WebSocketLostError as error:
            self._session.close(error.reason)
            description = error.description
        except ProtocolError as error:
            self._session.close("parse error")
            description = str(error)
        finally:
            self._session.close("transport error")
            self._finish(description)

    def _receive(self, message: str | bytes, handler: PacketHandler) -> None:
        payload = self._session.receive(message, self._loop.time())
        if isinstance(payload, str):
            handler.receive_text(payload)
        elif payload is not None:
            handler.receive_binary(payload)
        else:
            for packet in self._session.outgoing():
                self._enqueue(packet)

    async def _pause(self, handler: PacketHandler) -> None:
        """Read nothing until the handlers have caught up, and the server has taken its answers: the
        network slows it down.
        """
        self._is_paused = True
        try:
            await handler.ready()
            if self._buffered > self._options.max_buffered:
                await self.drain()
        finally:
            self._is_paused = False
            self._session.extend(self._loop.time())

    async def _write(self) -> None:
        try:
            while True:
                await self._wake_writer.wait()
                self._wake_writer.clear()
                while self._outbox:
                    # It stays in the outbox until it's written: `writable` means that the network
                    # has taken everything.
                    await self._websocket.send(self._outbox[0])
                    self._buffered -= _size(self._outbox.popleft())
                self._written.set()
        except WebSocketLostError:
            # The reader returns what came before the end, and then says what the end was.
            self._outbox.clear()
            self._written.set()
        except Exception:
            self.end("transport error")
            raise

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

    def _finish(self, description: str | None) -> None:
        if self._ended.done():
            return
        self._ended.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
        self._written.set()
        if self._handler is not None:
            self._handler.closed(self._session.close_reason or "transport close", description)


def _size(message: str | bytes) -> int:
    """Count bytes; ASCII text, the usual case, needs no encoding for that."""
    if isinstance(message, bytes) or message.isascii():
        return len(message)
    try:
        return len(message.encode())
    except UnicodeEncodeError as error:
        raise InvalidPayloadError(
            "text with half a surrogate pair can't be sent: it isn't Unicode"
        ) from error
