"""Open WebSockets of a client over the network (`ackord.runtime.websocket.client_opening` opens
them).

`NetworkWebSocket` is the protocol of the network transport itself, so that no queue and no task
stands between the network and the connection. The rules:

Reading
    Whole text and binary frames are read here; all others by the `Protocol` of the `websockets`
    library, which is made when the first of them comes. It reads one frame at a time, so that what
    one read inflates to is handled before the next frame is looked at. A frame that is cut waits in
    `_cut`. Where the receiver can't keep up, the reading stops, and the rest waits there as well.

Writing
    What is sent in one turn of the event loop goes out in one piece at its end, and what is sent
    while a read is handled, at the end of the read.

The end
    The receiver is told as soon as it's clear: by a close frame, a violation, or the loss of the
    connection. The closing handshake goes on without it, for `close_timeout` seconds at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    TransportLostError,
    TransportReceiver,
)
from ackord.runtime.engine.websocket import CloseCode
from ackord.runtime.logs.packets import SILENT
from ackord.runtime.logs.text import printable, quoted
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.client_framing import (
    BINARY,
    CLOSE,
    LENGTH_OF_2,
    TEXT,
    MaskKeys,
    encode_frame,
    frame_end,
    is_wrong,
    plain_close_code,
)
from typing_extensions import override
from websockets.exceptions import PayloadTooBig
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

_COMMON: Final = (TEXT, BINARY)
_NORMAL: Final = CloseCode.NORMAL.to_bytes(2)
_LARGE: Final = 16_384
"""Bytes from which on a frame is written at once, so that the transport tells of a busy network."""
_MAX_SHOWN: Final = 300

_keys = MaskKeys()


@dataclass(frozen=True, slots=True)
class Opened:
    """A network transport whose other end has accepted a WebSocket."""

    transport: asyncio.Transport
    headers: Sequence[tuple[str, str]]
    """Those of the answer."""
    early: bytes
    """What was read after the answer."""
    frames: Protocol | None
    """The library's state of the connection, if the library has read the answer: it may have
    negotiated extensions.
    """
    is_lost: bool
    """Whether the connection has ended already."""


class NetworkWebSocket(asyncio.Protocol, ClientWebSocket):
    """One open WebSocket: a transport of the engine, and the protocol of its network transport."""

    __slots__ = (
        "_close_timeout",
        "_cut",
        "_drained",
        "_fragments",
        "_gone",
        "_is_closed",
        "_is_common",
        "_is_held",
        "_is_reading",
        "_is_text",
        "_left",
        "_library",
        "_loop",
        "_lost",
        "_max_message",
        "_needed",
        "_out",
        "_out_size",
        "_receiver",
        "_timer",
        "_transport",
        "response_headers",
    )

    response_headers: Sequence[tuple[str, str]]

    def __init__(
        self,
        opened: Opened,
        receiver: TransportReceiver,
        close_timeout: float,
        max_message: int,
    ) -> None:
        """Take the place of the handshake's protocol."""
        self.response_headers = opened.headers
        self._loop = asyncio.get_running_loop()
        self._transport = opened.transport
        self._library = opened.frames
        self._receiver = receiver
        self._close_timeout = close_timeout
        self._max_message = max_message
        self._is_common = opened.frames is None or not opened.frames.extensions
        """Whether frames of the server may be read here: compressed ones are the library's."""
        self._cut = bytearray(opened.early)
        """What was read and not handled yet."""
        self._needed = 0
        """How long that must become before it is looked at."""
        self._fragments: list[bytes] = []
        self._left = max_message
        """Bytes that the next frame may have."""
        self._is_text = False
        self._out: list[bytes] = []
        self._out_size = 0
        self._is_reading = False
        self._is_held = False  # the receiver wants nothing until `resume`
        self._is_closed = False  # nothing more is sent or delivered
        self._drained: asyncio.Future[None] | None = None
        self._lost: TransportLostError | None = None  # told when what waits is handled
        self._timer: asyncio.TimerHandle | None = None
        self._gone: asyncio.Future[None] = self._loop.create_future()
        self._transport.set_protocol(self)
        if opened.is_lost:
            self._gone.set_result(None)
            self._lost = TransportLostError("transport close", "the connection was lost")
        else:
            self._transport.resume_reading()
        if self._cut or self._lost:
            self._loop.call_soon(self._read_on)

    @property
    def _frames(self) -> Protocol:
        """The library's state of the connection; many connections never need it."""
        if self._library is None:
            self._library = Protocol(Side.CLIENT, max_size=self._max_message, logger=SILENT)
        return self._library

    # The engine's side (`ClientWebSocket`)

    @property
    @override
    def buffered(self) -> int:
        return self._out_size + self._transport.get_write_buffer_size()

    @property
    @override
    def writable(self) -> bool:
        return not self._out and not self._transport.get_write_buffer_size()

    @override
    def send(self, packet: Packet) -> None:
        if self._is_closed:
            return
        if not self._is_common:
            frame = self._encode_compressed(packet)
        elif isinstance(packet, str):
            frame = encode_frame(TEXT, packet.encode(), _keys.take())
        else:
            frame = encode_frame(BINARY, packet, _keys.take())
        if not self._out and not self._is_reading:
            self._loop.call_soon(self._flush)
        self._out.append(frame)
        self._out_size += len(frame)
        if len(frame) > _LARGE:
            self._flush()

    @override
    async def drain(self) -> None:
        while self.buffered and not self._is_closed:
            if self._drained is None:
                self._drained = self._loop.create_future()
                # From now on the transport says when it holds nothing.
                self._transport.set_write_buffer_limits(0)
            drained = self._drained
            self._flush()
            await asyncio.wait([drained])

    @override
    def resume(self) -> None:
        if self._is_held:
            self._is_held = False
            self._loop.call_soon(self._read_on)

    @override
    def adopt(self, receiver: TransportReceiver) -> None:
        self._receiver = receiver

    @override
    def close(self, *, abort: bool = False) -> None:
        if self._gone.done():
            self._is_closed = True
            return
        if not self._is_closed:
            if not abort:
                self._flush()
            self._stop()
            if self._library is None:
                self._write_close(_NORMAL)
            elif self._library.close_sent is None:
                self._library.send_close(CloseCode.NORMAL)
            self._write_frames()
        if abort:
            self._close_transport()
        else:
            self._transport.resume_reading()  # until the server has closed

    @override
    async def wait_closed(self) -> None:
        await asyncio.shield(self._gone)

    # The network's side (`asyncio.Protocol`)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_closed:
            return  # only the end of the connection is waited for
        self._is_reading = True
        try:
            if (
                not self._cut
                and self._is_common
                and data[0] == TEXT
                and len(data) >= 2
                and data[1] == len(data) - 2 < LENGTH_OF_2
                and not self._is_held
                and data[1] <= self._max_message
                and not self._fragments
            ):
                # All of what was read is one short text, as nearly always: as `_deliver_text`,
                # without the calls.
                try:
                    text = data[2:].decode()
                except UnicodeDecodeError:
                    self._fail(CloseCode.INVALID_DATA)
                else:
                    if not self._receiver.receive(text) and not self._is_closed:
                        self._is_held = True
            else:
                self._cut += data
                if self._is_held:
                    # Only now: mostly the receiver goes on before more comes, and pausing costs
                    # more than a message does.
                    self._transport.pause_reading()
                elif len(self._cut) >= self._needed:
                    self._read()
        finally:
            self._is_reading = False
            if self._out:
                self._flush()

    @override
    def eof_received(self) -> bool:
        return False  # the transport closes itself

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._gone.done():
            self._gone.set_result(None)
        if not self._is_closed:
            words = "" if exc is None else f": {shown_words(exc)}"
            self._lost = TransportLostError("transport close", f"the connection was lost{words}")
            self._wake()
            if not self._is_held:
                self._tell()

    @override
    def resume_writing(self) -> None:
        if not self._transport.get_write_buffer_size():
            self._wake()

    # Reading

    def _read_on(self) -> None:
        """Handle what waits, after a pause."""
        if self._is_closed or self._is_held:
            return
        if not self._gone.done():
            self._transport.resume_reading()
        self._is_reading = True
        try:
            self._read()
        finally:
            self._is_reading = False
            if self._out:
                self._flush()
        if self._lost is not None and not self._is_held:
            self._tell()

    def _read(self) -> None:
        """Handle the whole frames that wait."""
        data = self._cut
        at, end = 0, len(data)
        self._needed = 0
        try:
            while at < end and not self._is_held and not self._is_closed:
                if is_wrong(data, at, end, may_be_compressed=not self._is_common):
                    self._fail(CloseCode.PROTOCOL_ERROR)
                    return
                body, stop = frame_end(data, at, end)
                if stop > end and (not body or stop - body <= self._left):
                    self._needed = stop - at
                    return
                first = data[at]
                if (
                    self._is_common
                    and first in _COMMON
                    and not self._fragments
                    and stop - body <= self._max_message
                ):
                    payload = bytes(data[body:stop])
                    at = stop
                    if first == TEXT:
                        self._deliver_text(payload)
                    else:
                        self._deliver(payload)
                else:
                    frame = bytes(data[at:stop])
                    at = min(stop, end)
                    self._read_uncommon(frame)
        finally:
            del data[:at]

    def _deliver_text(self, payload: bytes) -> None:
        try:
            text = payload.decode()
        except UnicodeDecodeError:
            self._fail(CloseCode.INVALID_DATA)
            return
        self._deliver(text)

    def _deliver(self, message: Packet) -> None:
        if not self._receiver.receive(message) and not self._is_closed:
            self._is_held = True

    def _read_uncommon(self, frame: bytes) -> None:
        """Have the library read one frame, or the beginning of one that is wrong."""
        code = None if self._library else plain_close_code(frame)
        if code is not None:
            # A server that ends many connections says so to all of them in the same way.
            self._write_close(frame[2:])
            self._end("transport close", _describe_close(code, ""))
            return
        frames = self._frames
        frames.receive_data(frame)
        for event in frames.events_received():
            if isinstance(event, Frame):
                self._receive_frame(event)
        if frames.parser_exc is not None:
            self._end("transport error", self._complaint(frames.parser_exc))
        elif frames.close_rcvd is not None:
            self._end(
                "transport close", _describe_close(frames.close_rcvd.code, frames.close_rcvd.reason)
            )
        elif not self._is_closed and self._transport.get_write_buffer_size() < _LARGE:
            self._write_frames()
        else:
            frames.data_to_send()  # a server that sends PINGs and doesn't read gets no PONGs

    def _receive_frame(self, frame: Frame) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT} or self._is_closed:
            return
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._fragments.append(bytes(frame.data))
        self._left -= len(frame.data)
        if len(self._fragments) > bounds.MAX_FRAGMENTS:
            self._fail(CloseCode.POLICY_VIOLATION)
        elif frame.fin:
            payload = b"".join(self._fragments)
            self._fragments.clear()
            self._left = self._max_message
            if self._is_text:
                self._deliver_text(payload)
            else:
                self._deliver(payload)

    # Writing

    def _flush(self) -> None:
        out = self._out
        if out and not self._gone.done():
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        self._out = []
        self._out_size = 0
        if self._drained is not None and not self._transport.get_write_buffer_size():
            self._wake()

    def _encode_compressed(self, packet: Packet) -> bytes:
        if isinstance(packet, str):
            self._frames.send_text(packet.encode())
        else:
            self._frames.send_binary(packet)
        return b"".join(self._frames.data_to_send())

    def _write_frames(self) -> None:
        """Write what the library has to say: PONGs, and close frames."""
        data = b"" if self._library is None else b"".join(self._library.data_to_send())
        if self._out:
            self._flush()
        if data and not self._gone.done():
            self._transport.write(data)

    def _write_close(self, payload: bytes) -> None:
        """Write a close frame without the library, which has read and written nothing so far."""
        self._flush()
        if not self._gone.done():
            self._transport.write(encode_frame(CLOSE, payload, _keys.take()))

    def _wake(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # The end

    def _fail(self, code: CloseCode) -> None:
        """End the connection because of what the server has sent."""
        self._frames.fail(code)
        self._end("transport error", _COMPLAINTS[code])

    def _complaint(self, error: Exception) -> str:
        if isinstance(error, PayloadTooBig):
            return (
                f"the server sent a message of more than the {self._max_message:,} bytes that the "
                "option max_message allows"
            )
        return f"the server broke the WebSocket protocol: {shown_words(error)}"

    def _end(self, reason: str, description: str) -> None:
        """Tell the receiver of the end, and finish the closing handshake without it."""
        if self._is_closed:
            return
        receiver = self._receiver
        self._write_frames()
        self._stop()
        if reason == "transport error":
            self._close_transport()
        receiver.closed(TransportLostError(reason, description))

    def _tell(self) -> None:
        error, self._lost = self._lost, None
        if error is not None and not self._is_closed:
            receiver = self._receiver
            self._stop()
            receiver.closed(error)

    def _stop(self) -> None:
        self._is_closed = True
        del self._receiver  # which holds this transport: neither is to wait for the collector
        self._out = []
        self._out_size = 0
        self._fragments.clear()
        self._cut.clear()
        self._wake()
        if not self._gone.done() and self._timer is None:
            self._timer = self._loop.call_later(self._close_timeout, self._transport.abort)

    def _close_transport(self) -> None:
        """Close the connection without waiting for anything: neither for a network that takes
        nothing, nor for the end of TLS.
        """
        transport = self._transport
        if transport.get_write_buffer_size() or transport.get_extra_info("sslcontext") is not None:
            transport.abort()
        else:
            transport.close()


_COMPLAINTS: Final = {
    CloseCode.INVALID_DATA: "the server broke the WebSocket protocol: a text that isn't UTF-8",
    CloseCode.PROTOCOL_ERROR: (
        "the server broke the WebSocket protocol: the head of a frame is wrong"
    ),
    CloseCode.POLICY_VIOLATION: "the server sent a message in too many fragments",
}


def _describe_close(code: int, text: str) -> str:
    """Say what a server's close frame means, and what to do."""
    shown = f", {quoted(text)}" if text else ""
    if code == CloseCode.MESSAGE_TOO_BIG:
        return (
            f"the server closed the WebSocket with the code 1009{shown}: a message was larger than "
            "the server, or a proxy in front of it, takes (`max_payload`, or `maxHttpBufferSize`, "
            "there)"
        )
    return f"the server closed the WebSocket with the code {code}{shown}"


def shown_words(error: Exception) -> str:
    """Return the words of an error, as far as they may be shown."""
    return printable(str(error)[:_MAX_SHOWN]) or type(error).__name__
