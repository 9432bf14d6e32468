"""A WebSocket whose frames go past ASGI, straight between the transport and the engine.

No message, queue or task stands between the two. The rules:

Reading
    Common frames (whole texts, binary messages, control frames) are parsed here, by the functions
    of `ackord.runtime.websocket.framing`; all others by the `websockets` library, in
    `UncommonFrames`, which is made when it is needed (RFC 6455, 5.2 and 5.4). A frame that isn't
    whole waits in `_cut`. Other connections have their turn after some frames or bytes of one read,
    and a receiver that can't keep up stops the reading: what is left of the read then waits in
    `_held`, and goes first (`_go_on`). Messages that came before the end of a connection are
    delivered, and nothing else.

Writing
    What is written while a read is handled is collected in `_out`, and goes out in one piece at the
    end of the read; so does what is written before the handshake is accepted. Many frames or a
    large one aren't collected, because the transport must say whether the network takes them.

Backpressure
    The transport says by `pause_writing` that the network doesn't take what is written; then
    `paused` is true, and the engine looks at `buffered`. A client that takes nothing for some time
    is dropped (`StallWatch`), and so is a client that begins a message and doesn't go on
    (`ProgressWatch`).

The end
    `close` writes a close frame and waits for the client's (RFC 6455, 7.1.2), `abort` drops the
    connection. From either on, `_is_closed` says that nothing more is written or delivered. The
    receiver is told once, by `_tell_receiver`.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Iterable
from operator import length_hint
from typing import Final, TypeAlias

from ackord.runtime.bounds.memory import LIGHT, Part
from ackord.runtime.containment import Step
from ackord.runtime.engine.websocket import CloseCode, ServerWebSocket, WebSocketReceiver
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.tasks import start_later
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.framing import (
    LENGTH_OF_2,
    LONGEST_HEAD,
    TEXT_HEADS,
    encode_binary,
    encode_text,
    frame_size,
    next_control,
    next_message,
    prepare,
    take_text,
    take_texts,
)
from ackord.runtime.websocket.turns import Turns
from ackord.runtime.websocket.uncommon import UncommonFrames
from ackord.runtime.websocket.watch import ProgressWatch, StallWatch
from typing_extensions import override

_Held: TypeAlias = tuple[Iterable[str], bytes | bytearray, int]
"""The rest of an interrupted read: messages that weren't delivered, the bytes, and the index of the
next frame in them.
"""
_NOTHING: Final[_Held] = ((), b"", 0)

_TEXTS_FACTOR: Final = 2
"""How many times the bytes of an interrupted read are held: as bytes, and as messages."""

_NO_CONTEXT: Final = contextvars.Context()

_MANY: Final = 64
_LARGE: Final = 4096
"""So many frames, or a frame of so many bytes, are written without waiting for the end of a
read.
"""


class DirectWebSocket(asyncio.Protocol, ServerWebSocket):
    """A WebSocket of the engine, and the protocol of its transport once the handshake is over."""

    __slots__ = (
        "_context",
        "_cut",
        "_description",
        "_held",
        "_is_closed",
        "_is_gone",
        "_kept",
        "_max_size",
        "_needed",
        "_out",
        "_progress",
        "_receive",
        "_receiver",
        "_registry",
        "_stall",
        "_timer",
        "_turns",
        "_uncommon",
        "_waiter",
        "_written_in",
        "paused",
        "transport",
    )

    paused: bool

    def __init__(
        self,
        transport: asyncio.Transport,
        registry: set[asyncio.Protocol],
        turns: Turns,
        max_size: int,
    ) -> None:
        """Write to `transport`; `registry` holds the connections of a server, which it shuts down
        when it stops.
        """
        self.transport = transport
        """The transport of the frames; uvicorn's own protocols have this attribute, too."""
        self._registry = registry
        self._turns = turns
        self._written_in: object | None = None  # the turn of the last message that wasn't collected
        self._max_size = max_size
        self.paused = False
        """Whether the network takes less than is written at present."""
        self._out: (
            list[bytes] | None
        ) = []  # what is collected, or `None` when what is written goes out at once
        self._is_closed = False  # nothing more is written, nor delivered: closed or gone
        self._is_gone = False
        self._description: str | None = None
        self._receiver: WebSocketReceiver | None = (
            None  # from `accept` on, until it has learned of the end
        )
        self._receive: Callable[[str | bytes], bool] = _ignore
        self._context = _NO_CONTEXT
        self._cut: bytearray | None = None  # the beginning of a frame
        self._needed = 0  # how long that must become before it is looked at
        self._held: _Held | None = None  # while a read is interrupted
        self._uncommon: UncommonFrames | None = None
        self._kept = 0  # bytes of all these, as last passed to `hold`
        self._progress: ProgressWatch | None = None
        self._waiter: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stall: StallWatch | None = None

    # The engine's side

    @property
    @override
    def buffered(self) -> int:
        # One byte stands for what the network has taken in this turn of the event loop.
        size = self.transport.get_write_buffer_size()
        if self._out:
            return size + sum(map(len, self._out))
        return size or int(self._written_in is not None and self._written_in is self._turns.current)

    @override
    def send(self, message: str | bytes) -> None:
        if self._is_closed:
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
            self._written_in = self._turns.current or self._turns.begin()
            if self.paused:
                self._count(len(frame))
            self.transport.write(frame)
        else:
            out.append(frame)
            if len(out) > _MANY or len(frame) > _LARGE:
                self._flush()

    @override
    def send_prepared(self, prepared: Prepared) -> None:
        if self._is_closed:
            return
        frames = prepared.wire or prepare(prepared)
        if self._out is None:
            self._written_in = self._turns.current or self._turns.begin()
            if self.paused:
                self._count(len(frames))
            self.transport.write(frames)
        else:
            self._write(frames)

    @override
    def close(self, code: int | None = None) -> None:
        # After what was written: a close frame, whose answer is waited for.
        if self._is_closed:
            return
        uncommon = self._uncommon = self._uncommon or UncommonFrames(self._max_size)
        uncommon.close(code)
        self._write(uncommon.output())
        self._mark_closed()
        if self._receiver is not None:
            self._await_end()
            self._stop_waiting()

    @override
    def abort(self) -> None:
        if self._is_gone:
            return
        self._description = "closed by this side"
        self._clear()
        if (
            self._receiver is not None
            and not self.transport.get_write_buffer_size()
            and not self._is_closed
        ):
            # Nothing is buffered, so a close frame can go out: it tells the peer that the network
            # isn't at fault.
            self.close()
            self._close_transport()
        else:
            self._is_gone = True
            self._mark_closed()
            if self._receiver is not None:
                self.transport.abort()

    # The handshake's side

    @property
    def is_accepted(self) -> bool:
        """Whether the handshake was accepted; stays true after the end."""
        return self._context is not _NO_CONTEXT

    def accept(self, head: bytes, receiver: WebSocketReceiver, early: bytes = b"") -> None:
        """Become the transport's protocol: write the answer to the handshake and the collected
        frames, and read from now on.

        The receiver is called in a copy of the current context. `early` are bytes that the client
        has sent already.
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
        if self._is_closed:
            self._await_end()
        else:
            self._receive = receiver.receive
        if early:
            self.data_received(early)

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops."""
        self.close(CloseCode.SERVICE_RESTART)  # the code with which uvicorn stops
        self._close_transport()

    # The transport's side

    @override
    def data_received(self, data: bytes) -> None:
        out = self._out = []
        try:
            if self._cut is None and self._held is None and self._uncommon is None:
                text = take_text(data, self._max_size)
                if text is None:
                    self._context.run(self._read, (), data, 0)
                    self._count_kept()
                elif not self._context.run(self._receive, text) and not self._is_closed:
                    self._wait(_NOTHING)
            else:
                self._context.run(self._receive_more, data)
                self._count_kept()
        finally:
            # As `_release`, without the call.
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
        if self._receiver is not None:
            self._receiver.hold(Part.OUTGOING, self.transport.get_write_buffer_size())

    @override
    def resume_writing(self) -> None:
        self.paused = False  # pyright: ignore[reportIncompatibleMethodOverride]  # read each time: no property
        if self._stall is not None:
            self._stall.stop()
            self._stall = None
        if self._receiver is not None:
            self._receiver.hold(Part.OUTGOING, 0)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._registry.discard(self)
        self._is_gone = self._is_closed = True
        with Step("stop the timers of a WebSocket"):
            self.resume_writing()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._progress is not None:
                self._progress.stop()
        if (
            self._held is None or self._held is _NOTHING
        ):  # else messages before the end are delivered first
            self._context.run(self._tell_receiver)

    # Reading

    def _receive_more(self, data: bytes | bytearray) -> None:
        """Take the bytes of a read, after the rest of earlier reads."""
        cut = self._cut
        if self._held is not None:
            texts, held, at = self._held
            self._held = (texts, b"".join((held[at:], data)), 0)
        elif cut is None:
            self._read((), data, 0)
        elif self._needed > len(cut) + len(data):
            cut += data
        elif self._needed < LONGEST_HEAD:  # perhaps these bytes only tell where the frame ends
            self._cut = None
            self._read((), b"".join((cut, data)), 0)
        else:
            # The frame alone, so that what follows it isn't copied.
            missing = self._needed - len(cut)
            cut += data[:missing]
            self._cut = None
            self._read((), cut, 0)
            if self._held is not None:
                self._receive_more(data[missing:])
            elif missing < len(data):
                self._read((), data, missing)

    def _read(self, texts: Iterable[str], data: bytes | bytearray, at: int) -> None:
        """Deliver `texts`, then the frames of `data` from `at` on."""
        end = len(data)
        left = bounds.FRAMES_PER_TURN - length_hint(texts)
        texts = iter(texts)
        while True:
            for text in texts:
                if not self._receive(text) and not self._is_closed:
                    self._wait((texts, data, at) if at < end or length_hint(texts) else _NOTHING)
                    return
            if at >= end:
                if end >= bounds.BYTES_PER_TURN and self._held is None:
                    self._pause(_NOTHING)
                return
            if left <= 0:
                self._pause((texts, data, at))
                return
            if self._uncommon is None:
                taken, at = take_texts(data, at, self._max_size, left)
                if taken:
                    left -= len(taken)
                    texts = iter(taken)
                    continue
            left -= 1
            at = self._read_one(data, at, end)

    def _read_one(self, data: bytes | bytearray, at: int, end: int) -> int:
        """Take the frame at `at`, which isn't a common text; return the index of the next frame,
        `end` if there is no more for now.
        """
        if self._uncommon is None:
            try:
                message, at = next_message(data, at, end, self._max_size)
            except UnicodeDecodeError:
                self._fail(CloseCode.INVALID_DATA)
                return end
            if message is not None:
                if not self._receive(message) and not self._is_closed:
                    self._wait(((), data, at) if at < end else _NOTHING)
                    return end
                return at
            pong, after = next_control(data, at, end)
            if after > at:
                # RFC 6455, 5.5.3: not every PING needs its own PONG, and a client that doesn't read
                # gets none.
                if pong and not self.paused and not self._is_closed:
                    self._write(pong)
                return after
        return self._read_uncommon(data, at, end)

    def _read_uncommon(self, data: bytes | bytearray, at: int, end: int) -> int:
        """Take the frame at `at`, if it is whole; return the index of the next frame."""
        uncommon = self._uncommon
        size = frame_size(data, at, end, self._max_size if uncommon is None else uncommon.limit)
        if size > end - at:
            self._cut = bytearray(data[at:])
            self._needed = size
            return end
        stop = at + size if size else end
        uncommon = self._uncommon = uncommon or UncommonFrames(self._max_size)
        message = uncommon.receive(data[at:stop])
        if message is not None and not self._receive(message) and not self._is_closed:
            self._uncommon = None
            self._wait(((), data, stop) if stop < end else _NOTHING)
            return end
        self._apply(uncommon)
        return stop if uncommon.ended is None else end

    def _fail(self, code: int) -> None:
        uncommon = self._uncommon = UncommonFrames(self._max_size)
        uncommon.fail(code)
        self._apply(uncommon)

    def _apply(self, uncommon: UncommonFrames) -> None:
        """Write the answers of `uncommon`, and close the connection if its frames have ended it."""
        output = uncommon.output()
        # A client that doesn't read gets no PONG, as above.
        if output and not self.transport.is_closing() and (not self.paused or uncommon.is_closing):
            self._write(output)
        code = uncommon.ended
        if code is not None:
            size = uncommon.oversized
            if size is not None and self._receiver is not None:
                self._receiver.oversized(size or None)
            self._description = self._description or f"close code {code}"
            self._mark_closed()
            self._close_transport()
            self._tell_receiver()
        elif not uncommon.holds_anything:
            self._uncommon = None

    # What is kept

    def _count_kept(self) -> None:
        """Tell the receiver how many bytes are kept of unfinished and undelivered messages, and
        watch the unfinished ones.
        """
        if self._cut is None and self._held is None and self._uncommon is None and not self._kept:
            return
        size = 0
        if self._held is not None:
            size = _TEXTS_FACTOR * len(self._held[1])
        elif self._is_unfinished():
            if self._progress is None:
                self._progress = ProgressWatch(
                    asyncio.get_running_loop(), self._is_unfinished, self._end_unfinished
                )
            self._progress.note()
        if self._cut is not None:
            size += len(self._cut)
        if self._uncommon is not None:
            size += self._uncommon.weight
        if size <= LIGHT:
            size = 0
        if size != self._kept and self._receiver is not None:
            self._kept = size
            self._receiver.hold(Part.UNFINISHED, size)

    def _is_unfinished(self) -> bool:
        """Whether a message is unfinished while this side reads."""
        if self._held is not None or self._is_closed:
            return False
        return self._cut is not None or (
            self._uncommon is not None and self._uncommon.holds_anything
        )

    def _end_unfinished(self) -> None:
        self._description = "a message was begun and not ended"
        self._context.run(self._fail, CloseCode.POLICY_VIOLATION)

    # Interrupted reads

    def _hold(self, held: _Held) -> None:
        """Keep the rest of a read, and read no more for now."""
        self._held = held
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def _pause(self, held: _Held) -> None:
        """Go on in the next turn of the event loop."""
        self._hold(held)
        asyncio.get_running_loop().call_soon(self._go_on)

    def _wait(self, held: _Held) -> None:
        """Go on when the receiver is ready."""
        self._hold(held)
        self._waiter = start_later(asyncio.get_running_loop(), self._await_receiver())

    async def _await_receiver(self) -> None:
        if self._receiver is not None:
            await self._receiver.ready()
        self._waiter = None
        self._go_on()

    def _stop_waiting(self) -> None:
        """Go on although the receiver isn't ready: after a close, it gets no more messages."""
        if self._waiter is not None:
            self._waiter.cancel()
            self._waiter = None
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        held, self._held = self._held, None
        if held is not None and held is not _NOTHING:
            out = self._out = []
            try:
                if self._cut is None:
                    self._context.run(self._read, *held)
                else:  # a frame wasn't whole when others had their turn, and more bytes came
                    self._context.run(self._receive_more, held[1])
            except BaseException:
                self.transport.abort()  # as event loops do where this happens in `data_received`
                raise
            finally:
                self._release(out)
        self._count_kept()
        if self._held is not None:
            return
        if self._is_gone:
            self._context.run(self._tell_receiver)
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    # Writing and the end

    def _write(self, frames: bytes) -> None:
        out = self._out
        if out is None:
            self._written_in = self._turns.current or self._turns.begin()
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

    def _release(self, out: list[bytes]) -> None:
        """Write what was collected."""
        self._out = None
        if out:
            frames = b"".join(out)
            if self.paused:
                self._count(len(frames))
            self.transport.write(frames)

    def _count(self, size: int) -> None:
        """Tell the watch how many bytes this side adds to the transport's buffer."""
        if self._stall is not None:
            self._stall.written += size

    def _mark_closed(self) -> None:
        self._is_closed = True
        self._receive = _ignore

    def _clear(self) -> None:
        """Forget collected frames and held messages."""
        if self._out:
            self._out.clear()
        self._cut = self._held = None
        if self._waiter is not None:
            self._waiter.cancel()
            self._waiter = None

    def _await_end(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(
                bounds.CLOSE_TIMEOUT, self.transport.abort
            )

    def _close_transport(self) -> None:
        self._flush()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._await_end()

    def _tell_receiver(self) -> None:
        receiver, self._receiver = self._receiver, None
        self._mark_closed()
        with Step("drop what a WebSocket hasn't delivered"):
            self._clear()
        if receiver is not None:
            is_violation = self._uncommon is not None and self._uncommon.is_violation
            receiver.closed(
                self._description or f"close code {CloseCode.ABNORMAL}", is_violation=is_violation
            )


def _ignore(message: str | bytes) -> bool:  # noqa: ARG001 - takes the place of `WebSocketReceiver.receive`
    return True
