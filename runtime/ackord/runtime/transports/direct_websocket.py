"""A WebSocket on a transport of the event loop itself: no message, queue or task between the frames and the engine."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Final

from ackord.runtime.engineio.prepared import Prepared
from ackord.runtime.transports import bounds
from ackord.runtime.transports.base import WebSocketReceiver
from ackord.runtime.transports.framing import (
    LENGTH_OF_2,
    MASKED,
    TEXT,
    TEXT_HEADS,
    encode_binary,
    encode_text,
    frame_size,
    next_message,
    prepare,
)
from ackord.runtime.transports.masking import apply_mask
from ackord.runtime.transports.stall import StallWatch
from ackord.runtime.transports.uncommon import INVALID_DATA, UncommonFrames
from typing_extensions import override

_SERVICE_RESTART: Final = 1012
"""The close code with which uvicorn stops."""

_TURN: Final = range(bounds.FRAMES_PER_TURN)

_HELD: Final = 1 << 62
"""More bytes than ever come: what is held isn't looked at, however much follows."""

_NO_CONTEXT: Final = contextvars.Context()

_MANY: Final = 64
_LARGE: Final = 4096
"""So many frames, or a frame of so many bytes, are written without waiting for the end of a read: the transport says whether the network
takes them."""


class DirectWebSocket(asyncio.Protocol):
    """A `ServerWebSocket` that is the protocol of its transport, once the handshake is over.

    What is written before `accept`, and what is written while a read is handled, goes out in one piece.
    Common frames are parsed here and everything else by `UncommonFrames`, which is made when it is needed.
    """

    __slots__ = (
        "_context",
        "_description",
        "_is_gone",
        "_is_mute",
        "_max_size",
        "_needed",
        "_out",
        "_receive",
        "_receiver",
        "_registry",
        "_rest",
        "_stall",
        "_timer",
        "_uncommon",
        "_waiter",
        "paused",
        "transport",
    )

    def __init__(self, transport: asyncio.Transport, registry: set[asyncio.Protocol], max_size: int) -> None:
        """Write to `transport`; `registry` holds the connections of a server, which it shuts down when it stops."""
        self.transport = transport
        """Where the frames go; also what uvicorn's own protocols call it."""
        self._registry = registry
        self._max_size = max_size
        self.paused = False
        """Whether the network takes less than is written at present."""
        self._out: list[bytes] | None = []  # what is collected, or `None` when what is written goes out at once
        self._is_mute = False  # nothing more is written, nor delivered: closed or gone
        self._is_gone = False
        self._description: str | None = None
        self._receiver: WebSocketReceiver | None = None  # from `accept` on, until it has learned of the end
        self._receive: Callable[[str | bytes], bool] = _ignore
        self._context = _NO_CONTEXT
        self._rest: bytearray | None = None  # of a frame that is cut, or of a read that is interrupted
        self._needed = 0  # how long the rest must become before it is looked at
        self._uncommon: UncommonFrames | None = None
        self._waiter: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stall: StallWatch | None = None

    # The engine's side

    @property
    def buffered(self) -> int:
        """Bytes that were written and that the network hasn't taken yet."""
        size = self.transport.get_write_buffer_size()
        return size + sum(map(len, self._out)) if self._out else size

    def send(self, message: str | bytes) -> None:
        """Write one message."""
        if self._is_mute:
            return
        if isinstance(message, str):
            # As `encode_text`, without the call.
            frame = message.encode()
            size = len(frame)
            frame = TEXT_HEADS[size] + frame if size < LENGTH_OF_2 else encode_text(message)
        else:
            frame = encode_binary(message)
        out = self._out
        if out is None:
            if self.paused:
                self._count(len(frame))
            self.transport.write(frame)
        else:
            out.append(frame)
            if len(out) > _MANY or len(frame) > _LARGE:
                self._flush()

    def send_prepared(self, prepared: Prepared) -> None:
        """Write a text message and its attachments."""
        if self._is_mute:
            return
        frames = prepared.wire or prepare(prepared)
        if self._out is None:
            if self.paused:
                self._count(len(frames))
            self.transport.write(frames)
        else:
            self._write(frames)

    def close(self, code: int | None = None) -> None:
        """Close after what was written: say so, and wait for the peer to agree."""
        if self._is_mute:
            return
        uncommon = self._uncommon = self._uncommon or UncommonFrames(self._max_size)
        uncommon.close(code)
        self._write(uncommon.output())
        self._mute()
        if self._receiver is not None:
            self._await_end()
            self._let_go()

    def abort(self) -> None:
        """Drop the connection and what is buffered now."""
        if self._is_gone:
            return
        self._description = "closed by this side"
        self._clear()
        if self._receiver is not None and not self.buffered and not self._is_mute:
            # Nothing is in the way of a close frame, which tells the peer that nothing is wrong with the network.
            self.close()
            self._hang_up()
        else:
            self._is_gone = True
            self._mute()
            if self._receiver is not None:
                self.transport.abort()

    # The handshake's side

    @property
    def is_accepted(self) -> bool:
        """Whether the handshake is over, be it that the connection is gone since."""
        return self._context is not _NO_CONTEXT

    def accept(self, head: bytes, receiver: WebSocketReceiver, early: bytes = b"") -> None:
        """Become the transport's protocol: write the answer to the handshake, then what was collected, and read from now on.

        The receiver is called in a copy of the current context. `early` is what the client has sent already.
        """
        self._receiver = receiver
        self._context = contextvars.copy_context()
        self._registry.add(self)
        self.transport.set_protocol(self)
        if self._is_gone:
            self.transport.abort()
            return
        out, self._out = self._out or [], None
        self.transport.write(b"".join((head, *out)))
        if self._is_mute:
            self._await_end()
        else:
            self._receive = receiver.receive
        if early:
            self.data_received(early)

    def shutdown(self) -> None:
        """Close because the server stops; called by uvicorn."""
        self.close(_SERVICE_RESTART)
        self._hang_up()

    # The transport's side

    @override
    def data_received(self, data: bytes | bytearray) -> None:
        if self._rest is not None:
            self._receive_rest(data)
            return
        out = self._out = []
        try:
            size = len(data) - 6
            # One whole short text is what most reads hold; `_read` takes it as well.
            if (
                size < LENGTH_OF_2
                and size >= 0
                and data[1] - MASKED == size
                and data[0] == TEXT
                and self._uncommon is None
                and size <= self._max_size
            ):
                try:
                    message = apply_mask(data[6:], data[2:6]).decode()
                except UnicodeDecodeError:
                    self._context.run(self._read, data)
                else:
                    if not self._context.run(self._receive, message) and not self._is_mute:
                        self._wait(b"", 0)
            else:
                self._context.run(self._read, data)
        finally:
            self._out = None
            if out:
                frames = out[0] if len(out) == 1 else b"".join(out)
                if self.paused:
                    self._count(len(frames))
                self.transport.write(frames)

    @override
    def pause_writing(self) -> None:
        self.paused = True
        if self._stall is None:
            self._stall = StallWatch(asyncio.get_running_loop(), self.transport)
        self._stall.start()

    @override
    def resume_writing(self) -> None:
        self.paused = False
        if self._stall is not None:
            self._stall.stop()
            self._stall = None

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._registry.discard(self)
        self._is_gone = self._is_mute = True
        self.resume_writing()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not (self._rest and self._needed == _HELD):  # else what came before the end is delivered first
            self._context.run(self._lose)

    # Reading

    def _receive_rest(self, data: bytes | bytearray) -> None:
        """Take what follows something that was cut, or what is held."""
        rest = self._rest
        if rest is not None:
            rest += data
            if len(rest) >= self._needed:
                self._rest = None
                self.data_received(rest)

    def _read(self, data: bytes | bytearray) -> None:
        at, end = 0, len(data)
        for _ in _TURN:
            message: str | bytes | None = None
            if self._uncommon is None:
                try:
                    if (
                        end - at > 5
                        and data[at] == TEXT
                        and 0 <= (size := data[at + 1] - MASKED) < LENGTH_OF_2
                        and (stop := at + 6 + size) <= end
                        and size <= self._max_size
                    ):
                        # As `next_message`, without the call.
                        message = apply_mask(data[at + 6 : stop], data[at + 2 : at + 6]).decode()
                        at = stop
                    else:
                        message, at = next_message(data, at, end, self._max_size)
                except UnicodeDecodeError:
                    self._fail(INVALID_DATA, "invalid UTF-8")
                    return
            if message is None:
                at = self._read_uncommon(data, at, end)
            elif not self._receive(message) and not self._is_mute:
                self._wait(data, at)
                return
            if at >= end:
                return
        self._hold(data, at)
        asyncio.get_running_loop().call_soon(self._go_on)

    def _read_uncommon(self, data: bytes | bytearray, at: int, end: int) -> int:
        """Take the frame at `at`, if it is whole; return where to go on."""
        uncommon = self._uncommon
        size = frame_size(data, at, end, self._max_size if uncommon is None else uncommon.limit)
        if size > end - at:
            if at < end:
                self._rest = bytearray(data[at:])
                self._needed = size
            return end
        stop = at + size if size else end
        uncommon = self._uncommon = uncommon or UncommonFrames(self._max_size)
        message = uncommon.receive(data[at:stop])
        if message is not None and not self._receive(message) and not self._is_mute:
            self._uncommon = None
            self._wait(data, stop)
            return end
        self._obey(uncommon)
        return end if self.transport.is_closing() else stop

    def _fail(self, code: int, reason: str) -> None:
        uncommon = self._uncommon = UncommonFrames(self._max_size)
        uncommon.fail(code, reason)
        self._obey(uncommon)

    def _obey(self, uncommon: UncommonFrames) -> None:
        """Write what the uncommon frames ask for, and end the connection if they have ended it."""
        output = uncommon.output()
        # RFC 6455, 5.5.3: not every PING needs its own PONG, and a client that doesn't read gets none.
        if output and not self.transport.is_closing() and (not self.paused or uncommon.is_closing):
            self._write(output)
        code = uncommon.ended
        if code is not None:
            self._description = self._description or f"close code {code}"
            self._mute()
            self._hang_up()
            self._lose()
        elif not uncommon.holds_anything:
            self._uncommon = None

    # Interrupted reads

    def _hold(self, data: bytes | bytearray, at: int) -> None:
        """Keep the rest of a read, and read no more."""
        self._rest = bytearray(data[at:])
        self._needed = _HELD
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def _wait(self, data: bytes | bytearray, at: int) -> None:
        self._hold(data, at)
        self._waiter = asyncio.get_running_loop().create_task(self._await_receiver())

    async def _await_receiver(self) -> None:
        if self._receiver is not None:
            await self._receiver.ready()
        self._waiter = None
        self._go_on()

    def _let_go(self) -> None:
        """Go on with what is held although the receiver isn't ready: it gets no more of it."""
        if self._waiter is not None:
            self._waiter.cancel()
            self._waiter = None
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        rest, self._rest = self._rest, None
        if rest:
            self.data_received(rest)
        if self._rest is not None and self._needed == _HELD:
            return
        if self._is_gone:
            self._context.run(self._lose)
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    # Writing and the end

    def _write(self, frames: bytes) -> None:
        out = self._out
        if out is None:
            if self.paused:
                self._count(len(frames))
            self.transport.write(frames)
            return
        out.append(frames)
        if len(out) > _MANY or len(frames) > _LARGE:
            self._flush()

    def _flush(self) -> None:
        out = self._out
        if out and self._receiver is not None:  # else it isn't accepted yet
            self._out = None
            self._write(b"".join(out))
            self._out = out
            out.clear()

    def _count(self, size: int) -> None:
        """Tell the watch that the transport's buffer grows by this side's doing."""
        if self._stall is not None:
            self._stall.written += size

    def _mute(self) -> None:
        self._is_mute = True
        self._receive = _ignore

    def _clear(self) -> None:
        """Forget what is collected and what is held."""
        if self._out:
            self._out.clear()
        self._rest = None
        if self._waiter is not None:
            self._waiter.cancel()
            self._waiter = None

    def _await_end(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(bounds.CLOSE_TIMEOUT, self.transport.abort)

    def _hang_up(self) -> None:
        self._flush()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._await_end()

    def _lose(self) -> None:
        receiver, self._receiver = self._receiver, None
        self._mute()
        self._clear()
        if receiver is not None:
            receiver.lost(self._description or "close code 1006")


def _ignore(message: str | bytes) -> bool:  # noqa: ARG001 - takes the place of `WebSocketReceiver.receive`
    return True
