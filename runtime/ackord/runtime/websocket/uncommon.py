"""WebSocket frames that are rare or wrong, as the `websockets` library reads them.

These are fragments (RFC 6455, 5.4), close frames (5.5.1 and 7), and everything that the protocol
forbids: unmasked frames, reserved bits, opcodes without a meaning, lengths in more bytes than
needed. The library gets whole frames only. It is used as long as a message is unfinished or the
closing handshake goes on, and then dropped.
"""

from __future__ import annotations

from typing import Final

from ackord.runtime.logs.packets import SILENT
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.framing import is_padded
from typing_extensions import override
from websockets.exceptions import PayloadTooBig
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

_FRAGMENT_COST: Final = 64
"""Bytes that a fragment takes beside its own."""


class Frames(Protocol):
    """The library's reader, with close frames that have a code and no text, as those of the
    reference implementation.
    """

    has_failed = False
    """Whether this side has closed the connection because of what the peer sent."""

    @override
    def fail(self, code: CloseCode | int, reason: str = "") -> None:
        self.has_failed = True
        super().fail(code)

    @override
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # RFC 6455, 5.4: a close frame may come between fragments, as every control frame; the
            # library takes that for an error.
            self.current_size = None
        super().recv_frame(frame)


class UncommonFrames:
    """Reads control frames, fragments and violations, without I/O. Made when the first such frame
    comes, and needed while `holds_anything` is true.
    """

    __slots__ = ("_fragments", "_is_text", "_library", "_max_size", "_size")

    def __init__(self, max_size: int) -> None:
        self._library = Frames(Side.SERVER, state=OPEN, max_size=max_size, logger=SILENT)
        self._max_size = max_size
        self._fragments: list[bytes] = []
        self._size: int | None = None  # bytes of the fragments, if a message is incomplete
        self._is_text = False

    @property
    def holds_anything(self) -> bool:
        """Whether a message is incomplete, or the closing handshake has begun."""
        return self._size is not None or self.is_closing

    @property
    def weight(self) -> int:
        """Bytes that the fragments of an incomplete message take."""
        return (self._size or 0) + _FRAGMENT_COST * len(self._fragments)

    @property
    def is_closing(self) -> bool:
        """Whether a close frame was sent, also as an answer."""
        return self._library.close_sent is not None

    @property
    def ended(self) -> int | None:
        """The close code, once nothing more is to be read: the peer's code, or the code for the
        peer's violation.
        """
        library = self._library
        if not library.eof_sent:
            return None
        close = (
            library.close_sent
            if library.close_rcvd is None or library.has_failed
            else library.close_rcvd
        )
        return None if close is None else close.code

    @property
    def is_violation(self) -> bool:
        """Whether this side has closed the connection because the peer broke the protocol, or sent
        more than it may.
        """
        return self._library.has_failed

    @property
    def oversized(self) -> int | None:
        """Bytes of the message that was too large and ended the connection, 0 if unknown; `None` if
        the connection hasn't ended by that.
        """
        error = self._library.parser_exc
        if not isinstance(error, PayloadTooBig):
            return None
        return (error.size or 0) + (self._size or 0)

    @property
    def limit(self) -> int:
        """The largest payload that the next frame may have."""
        return self._max_size - (self._size or 0)

    def receive(self, frame: bytes | bytearray) -> str | bytes | None:
        """Take one whole frame, or the beginning of a wrong one; return the message that the frame
        completes.

        Answers to the frame are in `output` then.
        """
        library = self._library
        if is_padded(frame, 0):
            library.fail(CloseCode.PROTOCOL_ERROR)
            return None
        library.receive_data(frame)
        message: str | bytes | None = None
        for event in library.events_received():
            if isinstance(event, Frame) and event.opcode in {
                Opcode.TEXT,
                Opcode.BINARY,
                Opcode.CONT,
            }:
                message = self._take(event)
        return message

    def output(self) -> bytes:
        """Return the bytes to write, PONGs and the close frame, and forget them."""
        return b"".join(self._library.data_to_send())

    def close(self, code: int | None) -> None:
        """Send a close frame, unless one was sent."""
        if not self.is_closing:
            self._library.send_close(code)

    def fail(self, code: int) -> None:
        """Send a close frame, unless one was sent, and read no more."""
        self._library.fail(code)

    def _take(self, frame: Frame) -> str | bytes | None:
        fragments = self._fragments
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._size = None if frame.fin else (self._size or 0) + len(frame.data)
        if self.is_closing:
            fragments.clear()
            return None
        fragments.append(bytes(frame.data))
        if len(fragments) > bounds.MAX_FRAGMENTS:
            fragments.clear()
            self.fail(CloseCode.POLICY_VIOLATION)
            return None
        if not frame.fin:
            return None
        payload = b"".join(fragments)
        fragments.clear()
        if not self._is_text:
            return payload
        try:
            return payload.decode()
        except UnicodeDecodeError:
            self.fail(CloseCode.INVALID_DATA)
            return None
