"""What uvicorn's protocols leave unbounded, bounded: the bytes before a body, control frames and
fragments, and clients that don't read.

uvicorn takes a class for each protocol (`http=` and `ws=`);
`ackord.runtime.hosting.uvicorn.serve.configure` passes these.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final, cast

from ackord.runtime.asgi_types import Header
from ackord.runtime.bounds.memory import LIGHT, Account, Part
from ackord.runtime.engine.websocket import CloseCode, WebSocketReceiver
from ackord.runtime.hosting.uvicorn.waiting import waiting_of
from ackord.runtime.logs.text import quoted
from ackord.runtime.polling.body import CLOSE, JSON
from ackord.runtime.polling.request import MAX_HEADER_BYTES, is_host, size_of
from ackord.runtime.protocol.engineio.handshake import HEADERS_TOO_LARGE
from ackord.runtime.websocket import bounds
from ackord.runtime.websocket.asgi import HOST, VIOLATION
from ackord.runtime.websocket.framing import LENGTH_OF_2, FrameCutter
from ackord.runtime.websocket.progress import ProgressWatch
from ackord.runtime.websocket.stall import StallWatch
from httptools import HttpParserError, HttpParserUpgrade
from typing_extensions import override
from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets import frames
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import Protocol
from websockets.server import ServerProtocol

MAX_HEAD: Final = 65_536
"""Bytes of one request that aren't its body: request line, headers, trailers, and the frames of
chunks beyond what real clients need.
"""
HEAD_TIMEOUT: Final = 30.0
"""Seconds from the connection, or from the first byte of a later request, to the end of its
headers.
"""
MAX_AHEAD: Final = 64
"""Requests of one connection that wait for the answer to an earlier one: each takes 5 KB and as
long as several events, and one read brings thousands.
"""
_REQUEST_COST: Final = 5_000
"""Bytes that such a request takes."""
MAX_BYTES_AHEAD: Final = 65_536
"""Bytes of these that are read beside the read that brought the first of them."""

_VERSION: Final = "13"
"""The only version of the WebSocket protocol."""
_VERSIONS: Final = frozenset(("1.0", "1.1"))
_BODY: Final = frozenset((b"content-length", b"transfer-encoding"))


class _Handshake(ServerProtocol):
    """The library's protocol, whose close frames have a code and no text, as those of the reference
    implementation.
    """

    @override
    def fail(self, code: frames.CloseCode | int, reason: str = "") -> None:
        super().fail(code)

    @override
    def recv_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            # RFC 6455, 5.4: it may come between fragments as every control frame, where the library
            # takes it for a mistake.
            self.current_size = None
        super().recv_frame(frame)

    @override
    def accept(self, request: Request) -> Response:
        response = super().accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            return response
        # Without the library's text, which repeats what the client sent.
        versions = request.headers.get_all("Sec-WebSocket-Version")
        is_version_wrong = response.status_code == HTTPStatus.BAD_REQUEST and versions not in (
            [],
            [_VERSION],
        )
        status = (
            HTTPStatus.UPGRADE_REQUIRED if is_version_wrong else HTTPStatus(response.status_code)
        )
        refusal = self.reject(status, "Invalid WebSocket handshake.\n")
        for name in ("Allow", "Upgrade"):
            if name in response.headers:
                refusal.headers[name] = response.headers[name]
        if is_version_wrong:  # RFC 6455, 4.2.2
            refusal.headers["Upgrade"] = "websocket"
            refusal.headers["Sec-WebSocket-Version"] = _VERSION
        return refusal

    def receive_request(self, request: Request) -> None:
        """Take a request that was read already: the library's own limits, 8192 bytes a line and 128
        headers, are narrower than ours.
        """
        self.parser = Protocol.parse(self)
        next(self.parser)
        self.events.append(request)


class BadRequestError(Exception):
    """A request that HTTP demands to be refused, and that the parser lets pass; its text says
    why.
    """


def check_head(version: str, headers: Iterable[Header]) -> None:
    """Check what RFC 9112 demands of the head of a request, beside what the parser has checked.

    Raises:
        BadRequestError: the request must be refused (RFC 9112, 2.3, 3.2 and 6.1).
    """
    hosts = 0
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if not is_host(value):
                raise BadRequestError("the header Host is malformed")
        elif name == b"transfer-encoding" and (
            version != "1.1" or value.strip(b" \t").lower() != b"chunked"
        ):
            raise BadRequestError("the Transfer-Encoding isn't supported")
    if version not in _VERSIONS:
        raise BadRequestError("the version isn't HTTP/1.1")
    if hosts > 1 or (not hosts and version == "1.1"):
        raise BadRequestError("there must be one header Host")


class GuardedHttp(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 with bounds on what comes before and beside a body, in bytes and in time,
    and on requests sent ahead.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._waiting = waiting_of(self.server_state)
        self._overhead = 0
        self._is_in_head = False
        self._early = b""  # what follows the opening handshake of a WebSocket in the same read
        self._is_requested = (
            False  # whether what is being read belongs to a request that isn't answered yet
        )
        self._head_timer: asyncio.TimerHandle | None = None
        # uvicorn's, of the request that is being answered; its own `cycle` is that of the last
        # request
        self._cycle: Any = None
        self._sizes: deque[int] = (
            deque()
        )  # bytes read behind each request that waits, the newest first, as in `pipeline`
        self._ahead = 0  # their sum
        # when uvicorn's timer for idle connections is due: not every event loop's timers tell
        self._idle_until = 0.0
        self._stall: StallWatch | None = None
        self._account: Account | None = None  # made when there is something to count

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))  # uvloop's isn't a subclass
        self._stall = StallWatch(self.loop, self.transport)
        self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._stop_waiting()
        self._release()
        if self._stall is not None:
            self._stall.stop()
        cycle, self._cycle = self._cycle, None
        self.pipeline.clear()
        if cycle is not None and not cycle.response_complete:
            # uvicorn tells the last request only, be it that an earlier one is still being
            # answered.
            cycle.disconnected = True
            cycle.message_event.set()

    @override
    def data_received(self, data: bytes) -> None:
        self._overhead += len(data)
        self._is_requested = False
        idle = self.timeout_keep_alive_task
        if self._sizes:
            self._sizes[0] += len(data)
            self._ahead += len(data)
            if self._ahead > MAX_BYTES_AHEAD:
                self.send_400_response(
                    "Too many bytes were sent before the answer to an earlier request."
                )
                return
        self._parse(data)
        if self.transport.is_closing():
            return
        if self._sizes:
            self._count_ahead()
        if self._overhead > MAX_HEAD:
            self._refuse_overhead()
        elif (
            idle is not None
            and not self._is_requested
            and self._head_timer is None
            and self.timeout_keep_alive_task is None
        ):
            # Empty lines, or the rest of a body that was answered already: uvicorn has stopped this
            # timer, and would start it no more.
            self.timeout_keep_alive_task = self.loop.call_at(
                self._idle_until, self.timeout_keep_alive_handler
            )

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        while len(self._sizes) > len(self.pipeline):
            self._ahead -= self._sizes.pop()
        if self._account is not None:
            self._count_ahead()
        if self._sizes:
            self._read_on()
        self._idle_until = self.loop.time() + self.timeout_keep_alive

    @override
    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._cycle = cycle
        super()._start_asgi_task(cycle, app)

    def _parse(self, data: bytes) -> None:
        # As uvicorn's `data_received`, which drops what follows a request to upgrade, and logs each
        # mistake of a client.
        self._unset_keepalive_if_required()
        parser: Any = self.parser
        while True:
            try:
                parser.feed_data(data)
            except HttpParserError as exc:
                reason = exc.__context__
                message = (
                    f"Bad request: {reason}."
                    if isinstance(reason, BadRequestError)
                    else "Invalid HTTP request received."
                )
                self._warn(
                    message,
                    (
                        "isn't valid HTTP and was answered with 400; other things than Socket.IO "
                        f"clients send such requests as well. ({message})"
                    ),
                )
                self.send_400_response(message)
            except HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._should_upgrade():
                    self._early = data
                    self.handle_websocket_upgrade()
                elif data:
                    # to another protocol, such as h2c: an offer, which is ignored (RFC 9110, 7.8)
                    continue
            return

    def _warn(self, kind: str, text: str) -> None:
        """Write one line for each kind and interval, where uvicorn writes one for each request."""
        self._waiting.log.write_warning(
            kind, None, f"A request of {quoted(str(self.client[0]) if self.client else '')} {text}"
        )

    def _refuse_overhead(self) -> None:
        if not self._is_in_head and size_of(self.headers or ()) <= MAX_HEADER_BYTES:
            self.send_400_response("Too many bytes beside the body of a request.")
            return
        headers = (
            (b"content-type", JSON),
            (b"content-length", b"%d" % len(HEADERS_TOO_LARGE.body)),
            CLOSE,
        )
        lines = [
            b"%b: %b\r\n" % header for header in (*self.server_state.default_headers, *headers)
        ]
        self.transport.write(
            b"".join(
                (STATUS_LINE[HEADERS_TOO_LARGE.status], *lines, b"\r\n", HEADERS_TOO_LARGE.body)
            )
        )
        self.transport.close()

    @override
    def on_message_begin(self) -> None:
        self._is_in_head = True
        self._is_requested = True
        super().on_message_begin()
        if self._head_timer is None:
            self._await_head()

    @override
    def on_headers_complete(self) -> None:
        self._is_in_head = False
        self._is_requested = True
        self._stop_waiting()
        parser: Any = self.parser
        version = parser.get_http_version()
        check_head(version, self.headers)
        if version != "1.1" and self._get_upgrade() == b"websocket":
            raise BadRequestError("a WebSocket needs HTTP/1.1")
        super().on_headers_complete()
        if len(self.pipeline) > MAX_AHEAD:
            raise BadRequestError("too many requests were sent before the answer to an earlier one")
        if len(self.pipeline) > len(self._sizes):
            self._sizes.appendleft(0)
            self._read_on()

    @override
    def on_body(self, body: bytes) -> None:
        # Twice, so that the frames of chunks of a reasonable size never count.
        self._overhead = max(0, self._overhead - 2 * len(body))
        super().on_body(body)
        if self._sizes:
            self._read_on()

    def _read_on(self) -> None:
        """Read on where uvicorn doesn't, because requests wait: who doesn't read isn't told that
        the client has gone.
        """
        if self.flow.read_paused and not self.transport.is_closing():
            self.flow.resume_reading()

    @override
    def on_message_complete(self) -> None:
        self._overhead = 0
        super().on_message_complete()

    @override
    def handle_websocket_upgrade(self) -> None:
        cycle: Any = self.cycle  # `None` at first, whatever uvicorn says
        if cycle is not None and not cycle.response_complete:
            # The answer to it would be written between the frames.
            self.send_400_response(
                "A WebSocket can't begin before the request ahead of it is answered."
            )
            return
        if any(name in _BODY and value != b"0" for name, value in self.headers):
            self.send_400_response("A WebSocket can't begin with a request that has a body.")
            return
        self._overhead = 0
        self._release()
        early, self._early = self._early, b""
        self._upgrade(early)

    def _upgrade(self, early: bytes) -> None:
        """Begin a WebSocket: there is nothing else on this connection.

        `early` is what the client has sent already.
        """
        if self.ws_protocol_class is GuardedWebSocket:
            self.connections.discard(self)
            websocket = GuardedWebSocket(
                config=self.config, server_state=self.server_state, app_state=self.app_state
            )
            websocket.connection_made(self.transport)
            websocket.receive_request(self.scope["method"], self.url, self.headers)
            self.transport.set_protocol(websocket)
        else:
            super().handle_websocket_upgrade()
        if early:
            cast("asyncio.Protocol", self.transport.get_protocol()).data_received(early)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is not None:
            self._stall.start()
        self._hold(Part.OUTGOING, self.transport.get_write_buffer_size())

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.stop()
        self._hold(Part.OUTGOING, 0)

    # What is held

    def measure(self) -> None:
        """See `ackord.runtime.bounds.memory.Holder.measure`."""
        if self._account is not None and self._account.holds(Part.OUTGOING):
            self._account.hold(Part.OUTGOING, self.transport.get_write_buffer_size())

    def shed(self, account: Account) -> None:
        """Drop the connection: see `ackord.runtime.bounds.memory.Holder.shed`."""
        self._waiting.log.write_warning(
            "memory_budget",
            None,
            f"A connection of {quoted(str(self.client[0]) if self.client else '')} is closed: all clients together make this process hold more than "
            f"memory_budget ({account.limit:,} bytes), and this connection the most: {account}.",
        )
        account.close()
        self.transport.abort()

    def _count_ahead(self) -> None:
        size = self._ahead + _REQUEST_COST * len(self._sizes)
        self._hold(Part.AHEAD, size if size > LIGHT else 0)

    def _hold(self, part: Part, size: int) -> None:
        account = self._account
        if account is None:
            if not size:
                return
            account = self._account = Account(self._waiting.memory, self)
        account.hold(part, size)

    def _release(self) -> None:
        if self._account is not None:
            self._account.release()
            self._account = None

    def _await_head(self) -> None:
        if self.transport not in self._waiting:  # else the first bytes aren't the whole head
            self._waiting.add(self.transport)
        self._head_timer = self.loop.call_later(HEAD_TIMEOUT, self._head_timed_out)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
            self._waiting.remove(self.transport)

    def _head_timed_out(self) -> None:
        self._stop_waiting()
        self.transport.abort()


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket with bounds on control frames, on fragments, on what is inflated and on
    clients that don't read or don't go on.

    Implements `ackord.runtime.websocket.asgi.HostWebSocket`.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.conn = self._handshake = _Handshake(
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
        """Take an opening handshake that was read already, and call the application."""
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
            # uvicorn says 1005 whether there was a close frame without a status or none at all.
            self.queue.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL})
        super().connection_lost(exc)
        if has_more:  # what came before the end is taken first
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
            if len(cutter.pending) > MAX_BYTES_AHEAD and not self.transport.is_closing():
                self.transport.pause_reading()
        elif (
            0 <= size < LENGTH_OF_2
            and data[1] & 0x7F == size
            and not (self.read_paused or cutter.pending or cutter.missing)
        ):
            # A frame alone, as most are.
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
        """Take frames up to the next message, which the application has to handle before anything
        that follows.

        So its answers come before the end of the connection, and no inflated messages pile up.
        """
        while not self.read_paused:
            if self._frames_in_turn > bounds.FRAMES_PER_TURN:
                # The event loop would otherwise go on with this connection as long as it is the
                # fastest.
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
        """Take what was read behind a message that the application has handled now, or before it
        accepted the connection.
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
        # As uvicorn's, but bad UTF-8 is no error of this side: no traceback for whoever sends it.
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
            # A refusal, complete: no reason for uvicorn to log that there was no handshake.
            self.handshake_complete = True

    @override
    def send_500_response(self) -> None:
        if not self.conn.eof_sent:  # else the server has stopped meanwhile, and has said so
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

    def watch(self, receiver: WebSocketReceiver) -> None:
        """See `HostWebSocket.watch`."""
        self._receiver = receiver

    def drop(self) -> None:
        """See `HostWebSocket.drop`."""
        self._cutter.pending.clear()
        if not self.disconnected and self.transport.get_write_buffer_size():
            self.transport.abort()

    def _count_kept(self) -> None:
        """Tell the receiver how much is held of messages that aren't complete or aren't read, and
        watch that they go on.
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
        """Tell whether a message has begun whose rest is to come from the client: not where it is
        this side that doesn't read.
        """
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
        """Answer a request that the WebSocket library couldn't read, such as one with too many
        headers.
        """
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
        self.transport.close()
