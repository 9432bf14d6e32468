"""WebSockets through ASGI on uvicorn, with bounds where uvicorn has none.

uvicorn puts all frames of one read into a queue before the application gets the first, inflates
them at once, and waits without a timeout for clients that stop in the middle. Here instead:

- Frames are taken one message at a time. The bytes behind a message wait until the application has
  taken the message (`_take_frames`), and nothing more is read meanwhile.
- Control frames count as frames of a turn, fragments are bounded in number, a client that doesn't
  read gets no PONG, an unfinished message must go on (`ProgressWatch`), and the network must take
  written bytes (`StallWatch`).
- The receiver learns how much is held, for `memory_budget`.
- A close without a close frame has the code 1006 (RFC 6455, 7.1.5).

uvicorn takes this class as its `ws=`; `ackord.runtime.hosting.configure` passes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from ackord.runtime.asgi_types import Header
from ackord.runtime.bounds.memory import LIGHT, Part
from ackord.runtime.engine.websocket import CloseCode, WebSocketReceiver
from ackord.runtime.hosting.uvicorn.handshake import GuardedHandshake
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.asgi import HOST, VIOLATION, HostWebSocket
from ackord.runtime.websocket.framing import LENGTH_OF_2, FrameCutter
from ackord.runtime.websocket.watch import ProgressWatch, StallWatch
from typing_extensions import override
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import Frame
from websockets.http11 import Request

MAX_EARLY: Final = 65_536
"""Bytes that a client may send before its handshake is answered; more isn't read until then."""


class GuardedWebSocket(WebSocketsSansIOProtocol, HostWebSocket):
    """uvicorn's WebSocket with bounds; also the `HostWebSocket` of its scope."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.conn = self._handshake = GuardedHandshake(
            extensions=self.conn.available_extensions,
            max_size=self.config.ws_max_size,
            logger=self.conn.logger,
        )
        self._cutter = (
            FrameCutter()
        )  # with the frames behind a message that the application hasn't taken yet
        # whether the application waits for a message without having accepted the connection
        self._is_awaited = False
        self._ending: ASGIReceiveEvent | None = (
            None  # what tells of the end of a connection, when these have been taken
        )
        self._violation: dict[str, Any] = {}  # see `VIOLATION`
        self._fragments = self.frames  # those of which the next two tell the number and the bytes
        self._fragment_count = 0
        self._fragment_bytes = 0
        self._frames_in_turn = 0
        self._bytes_in_turn = 0  # of messages, after they were inflated
        self._receiver: WebSocketReceiver | None = None
        self._kept = 0
        self._progress = ProgressWatch(self.loop, self._is_unfinished, self._end_unfinished)
        self._stall: StallWatch | None = None
        self._close_timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._stall = StallWatch(self.loop, self.transport)

    def receive_request(self, method: str, target: bytes, headers: Iterable[Header]) -> None:
        """Take a handshake that was read already, and call the application."""
        fields = Headers(
            (name.decode("ascii"), value.strip(b" \t").decode("latin-1")) for name, value in headers
        )
        self._handshake.receive_request(Request(target.decode("ascii"), fields, method))
        self.handle_events()

    @override
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.close_sent:
            scope: Any = self.scope
            scope["extensions"][VIOLATION] = self._violation
            scope["extensions"][HOST] = self

    @override
    def handle_parser_exception(self) -> None:
        self._violation["code"] = (
            None if self.conn.close_sent is None else self.conn.close_sent.code
        )
        if not self.transport.is_closing():
            super().handle_parser_exception()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        has_more = bool(self._cutter.pending)
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())] if has_more else []
        if self.handshake_complete and self.conn.close_rcvd is None and not self.close_sent:
            # uvicorn says 1005 both for a close frame without a status and for no close frame.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL})
        super().connection_lost(exc)
        if has_more:  # messages before the end are taken first
            self._ending, *_ = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
            for message in waiting:
                self.queue.put_nowait(message)
            if not waiting:
                self.read_paused = False
                self._take_frames()
        self._progress.stop()
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.hold(Part.UNFINISHED, 0)
            receiver.hold(Part.OUTGOING, 0)
        if self._stall is not None:
            self._stall.stop()
        if self._close_timer is not None:
            self._close_timer.cancel()
            self._close_timer = None

    @override
    def data_received(self, data: bytes) -> None:
        cutter = self._cutter
        size = len(data) - 6
        if not self.handshake_initiated:
            self._take_handshake(data)
        elif not self.handshake_complete:
            cutter.put(data)
            self.read_paused = True
            if len(cutter.pending) > MAX_EARLY and not self.transport.is_closing():
                self.transport.pause_reading()
        elif (
            0 <= size < LENGTH_OF_2
            and data[1] & 0x7F == size
            and not (self.read_paused or cutter.pending or cutter.missing)
        ):
            # One frame alone, as most reads are.
            self._take(data)
            self._frames_in_turn = 0
            self._count_kept()
        else:
            cutter.put(data)
            if self.read_paused:
                self._count_kept()
            else:
                self._take_frames()

    def _take_handshake(self, data: bytes) -> None:
        self.conn.receive_data(data)
        self.handle_events()
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse_handshake()

    def _take_frames(self) -> None:
        """Take frames up to the next message, and no further until the application has handled that
        message.

        So answers are sent before the end of the connection, and inflated messages don't pile up.
        """
        while not self.read_paused:
            if self._frames_in_turn > bounds.FRAMES_PER_TURN:
                # Without this, the event loop would go on with this connection as long as bytes
                # come.
                if not self.transport.is_closing():
                    self.transport.pause_reading()
                self.loop.call_soon(self._read_on)
                break
            frame = self._cutter.take()
            if frame is None:
                self._end_reading()
                break
            if self.conn.eof_sent:  # nothing counts after a close frame
                self._cutter.pending.clear()
            elif self._cutter.is_padded:
                self._fail(CloseCode.PROTOCOL_ERROR)
            else:
                self._take(frame)
        self._frames_in_turn = 0
        self._count_kept()

    def _take(self, frame: bytes | bytearray) -> None:
        self.conn.receive_data(frame)
        self.handle_events()
        if self.conn.parser_exc is not None and not self._violation:
            self.handle_parser_exception()

    def _end_reading(self) -> None:
        """Read on, or tell the application that the connection is gone."""
        if self._ending is not None:
            close = self.conn.close_rcvd
            self.queue.put_nowait(
                self._ending
                if close is None
                else {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
            )
            self._ending = None
        elif not self.transport.is_closing():
            self.transport.resume_reading()

    def _go_on(self) -> None:
        """Take the bytes behind a message that the application has handled now, or the bytes that
        came before it accepted the connection.
        """
        if self.read_paused and self.handshake_complete and self.queue.empty():
            self.read_paused = False
            self._take_frames()

    @override
    async def receive(self) -> ASGIReceiveEvent:
        # As uvicorn's, which reads on before a message is handled.
        if self._bytes_in_turn >= bounds.BYTES_PER_TURN:
            # A frame of a kilobyte may be a message of a megabyte: a read brings hundreds.
            self._bytes_in_turn = 0
            await asyncio.sleep(0)
        if self.read_paused:
            self._is_awaited = self.queue.empty() and not self.handshake_complete
            self._go_on()
        message = await self.queue.get()
        if (
            self.read_paused
            and self.queue.empty()
            and not self._cutter.pending
            and not self.transport.is_closing()
        ):
            self.read_paused = False
            self.transport.resume_reading()
        return message

    @override
    def handle_ping(self) -> None:
        self._frames_in_turn += 1
        output = b"".join(self.conn.data_to_send())
        # RFC 6455, 5.5.3: not every PING needs its own PONG, and a client that doesn't read gets
        # none.
        if (
            self.writable.is_set() or self.conn.close_sent is not None
        ) and not self.transport.is_closing():
            self.transport.write(output)

    @override
    def handle_pong(self, event: Frame) -> None:
        self._frames_in_turn += 1
        super().handle_pong(event)

    @override
    def handle_cont(self, event: Frame) -> None:
        self._frames_in_turn += 1
        if self.close_sent:
            return
        if len(self.frames) >= bounds.MAX_FRAGMENTS:
            self.frames = []
            self._fail(CloseCode.POLICY_VIOLATION)
            return
        super().handle_cont(event)

    @override
    def send_receive_event_to_app(self) -> None:
        # As uvicorn's, but bad UTF-8 is the client's mistake, and so no traceback.
        frames, self.frames = self.frames, []
        if self.close_sent:
            return
        data = frames[0] if len(frames) == 1 else b"".join(frames)
        self._bytes_in_turn += len(data)
        if self.curr_msg_data_type == "text":
            try:
                self.queue.put_nowait({"type": "websocket.receive", "text": str(data, "utf-8")})
            except UnicodeDecodeError:
                self._fail(CloseCode.INVALID_DATA)
                return
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": bytes(data)})
        if not self.read_paused:
            self.read_paused = True
            if not self.transport.is_closing():
                self.transport.pause_reading()

    @override
    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self._is_awaited and message["type"] == "websocket.accept":
            self._go_on()
        elif self._cutter.pending and self.close_sent:  # for the answer to the close
            self._take_frames()
        if message["type"] == "websocket.http.response.body" and not message.get(
            "more_body", False
        ):
            # The refusal is complete, so uvicorn mustn't log that there was no handshake.
            self.handshake_complete = True

    @override
    def send_500_response(self) -> None:
        if not self.conn.eof_sent:  # else the server has stopped meanwhile, and has logged that
            super().send_500_response()

    @override
    async def run_asgi(self) -> None:
        try:
            await super().run_asgi()
        finally:
            if not self.disconnected and self._close_timer is None:
                self._close_timer = self.loop.call_later(bounds.CLOSE_TIMEOUT, self.transport.abort)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is not None:
            self._stall.start()
        if self._receiver is not None:
            self._receiver.hold(Part.OUTGOING, self.transport.get_write_buffer_size())

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.stop()

    # What is held

    @override
    def watch(self, receiver: WebSocketReceiver) -> None:
        self._receiver = receiver

    @override
    def drop(self) -> None:
        self._cutter.pending.clear()
        if not self.disconnected and self.transport.get_write_buffer_size():
            self.transport.abort()

    def _count_kept(self) -> None:
        """Tell the receiver how many bytes are held of unfinished and unread messages, and watch
        the unfinished ones.
        """
        fragments = self.frames
        if fragments is not self._fragments:  # uvicorn begins a new list for each message
            self._fragments, self._fragment_count, self._fragment_bytes = fragments, 0, 0
        for index in range(self._fragment_count, len(fragments)):
            self._fragment_bytes += len(fragments[index])
        self._fragment_count = len(fragments)
        size = len(self.conn.reader.buffer) + self._fragment_bytes + len(self._cutter.pending)
        if size and not self.disconnected:
            self._progress.note()
        if size <= LIGHT:
            size = 0
        if size != self._kept and self._receiver is not None:
            self._kept = size
            self._receiver.hold(Part.UNFINISHED, size)

    def _is_unfinished(self) -> bool:
        """Whether a message is unfinished while this side reads."""
        has_begun = self._cutter.pending or self.conn.reader.buffer or self.frames
        return bool(has_begun) and not self.read_paused and not self.close_sent

    def _end_unfinished(self) -> None:
        self._fail(CloseCode.POLICY_VIOLATION)

    def _fail(self, code: int) -> None:
        self.conn.fail(code)
        if self.conn.close_sent is None:  # not accepted yet
            self.transport.abort()
        else:
            self.handle_parser_exception()

    def _read_on(self) -> None:
        if not self.read_paused:
            self._take_frames()

    def _refuse_handshake(self) -> None:
        """Answer a request that the library can't read, such as one with too many headers."""
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()
