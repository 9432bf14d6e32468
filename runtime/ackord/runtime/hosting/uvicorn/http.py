"""HTTP/1.1 on uvicorn, with bounds, and past ASGI where that is possible.

`Http` is uvicorn's protocol with three additions:

Bounds
    The bytes before and beside a body, for which uvicorn has no bounds, are bounded in number and
    time (`ackord.runtime.hosting.uvicorn.bounds`). So are requests that are sent before an earlier
    one is answered (`PipelinedRequests`), and clients that don't read (`StallWatch`).

Long-polling past ASGI
    An ordinary request of an open session is served as soon as uvicorn has parsed it, without an
    ASGI scope, messages and a task (`ackord.runtime.hosting.uvicorn.polling`). All other requests
    go through ASGI: handshakes, refused requests, large, chunked or pipelined bodies, HTTP/1.0, and
    every request if a hook must see every request. Both ways answer with the same bytes. The head
    of a request is therefore collected first, and replayed to uvicorn by `_go_through_asgi`.

WebSockets past ASGI
    A common request for a WebSocket begins an `Upgrade`; any other one is passed to uvicorn's own
    protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, cast

from ackord.runtime.bounds.memory import LIGHT, Account, Holder, Part
from ackord.runtime.containment import Step
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn import bounds
from ackord.runtime.hosting.uvicorn.guarded_websocket import GuardedWebSocket
from ackord.runtime.hosting.uvicorn.head import BadRequestError, check_head
from ackord.runtime.hosting.uvicorn.pipelined import PipelinedRequests
from ackord.runtime.hosting.uvicorn.polling import (
    DirectConnection,
    DirectRequest,
    read_direct_request,
)
from ackord.runtime.hosting.uvicorn.response import ResponseWriter
from ackord.runtime.hosting.uvicorn.upgrade import ServerContext, Upgrade
from ackord.runtime.hosting.uvicorn.upgrade_request import UpgradeRequest, websocket_key
from ackord.runtime.hosting.uvicorn.waiting import waiting_of
from ackord.runtime.logs.text import quoted
from ackord.runtime.polling.body import CLOSE, JSON
from ackord.runtime.polling.request import MAX_HEADER_BYTES, size_of
from ackord.runtime.protocol.engineio.handshake import HEADERS_TOO_LARGE
from ackord.runtime.tasks import start_later
from ackord.runtime.websocket.watch import StallWatch
from httptools import HttpParserError, HttpParserUpgrade
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

REQUESTS_PER_TURN: Final = 32
"""Requests of one connection after which other connections have their turn: the next request goes
through ASGI, where it waits.
"""

_BODY: Final = frozenset((b"content-length", b"transfer-encoding"))
_SOON: Final = 0.01
"""Seconds that an idle connection may be closed early, rather than set a timer for them."""

_WRITER: Final = ResponseWriter()
"""One writer for all connections; it caches the default headers of the last server."""


class Http(HttpToolsProtocol, DirectConnection, Holder):
    """One connection that doesn't begin with a WebSocket."""

    def __init__(self, *arguments: Any, is_direct: bool, **settings: Any) -> None:
        """Take uvicorn's arguments; without `is_direct`, all requests go through ASGI."""
        super().__init__(*arguments, **settings)
        self._waiting = waiting_of(self.server_state)
        self._account: Account | None = None  # made when there is something to count
        self._is_direct = is_direct
        self._app = _application_of(self) if is_direct else None
        self._overhead = 0  # bytes of the present request that aren't its body
        self._is_in_head = False
        self._is_in_body = False  # whether the body of a request for ASGI is being read
        self._has_left = False  # whether another process reads this connection
        self._when_answered: Callable[[], object] | None = None  # called soon after each answer
        self._is_requested = False  # whether what is read belongs to a request without an answer
        self._head_size: int | None = None  # at most, of heads that came whole in this read
        self._head_timer: asyncio.TimerHandle | None = None
        self._early = b""  # what follows the request of a WebSocket in the same read
        self._pipelined = PipelinedRequests()
        self._stall: StallWatch | None = None
        # The request that is being answered; uvicorn's `cycle` is that of the last request.
        self._cycle: Any = None
        self._requests_in_turn = 0
        self._reading: DirectRequest | None = None  # whose bytes are being read
        self._outstanding: DirectRequest | None = None  # which waits for its answer
        # When uvicorn's timer for idle connections is due: not every event loop's timers tell.
        self._idle_until = 0.0
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    # The transport's side

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", transport))  # uvloop's isn't a subclass
        self._stall = StallWatch(self.loop, self.transport)
        self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        with Step("end a connection of uvicorn's"):
            super().connection_lost(exc)
        with Step("stop the timers of a connection"):
            self._stop_head_timer()
            self._release()
            self._stop_idle_timer()
            if self._stall is not None:
                self._stall.stop()
        cycle, self._cycle = self._cycle, None
        self.pipeline.clear()
        if cycle is not None and not cycle.response_complete:
            # uvicorn tells only the last request, although an earlier one may be being answered.
            cycle.disconnected = True
            cycle.message_event.set()
        request, self._outstanding, self._reading = self._outstanding, None, None
        if request is not None:
            request.closed()
        self.cycle = None  # type: ignore[assignment]  # it holds this object, and this object it

    @override
    def data_received(self, data: bytes) -> None:
        self._requests_in_turn = 0
        self._head_size = None if self._is_in_head else len(data)
        self._overhead += len(data)
        self._is_requested = False
        idle = self.timeout_keep_alive_task
        if self._pipelined.sizes and self._pipelined.grow(len(data)):
            self.send_400_response(
                "Too many bytes were sent before the answer to an earlier request."
            )
            return
        self._parse(data)
        if self.transport.is_closing():
            return
        if self._pipelined.sizes:
            self._count_pipelined()
        if self._overhead > bounds.MAX_HEAD:
            self._refuse_overhead()
        elif self._is_in_head:
            if self._head_timer is None:
                self._await_head()
        elif (
            idle is not None
            and not self._is_requested
            and self._head_timer is None
            and self.timeout_keep_alive_task is None
        ):
            # Only empty lines, or the rest of a body that was answered already: uvicorn has stopped
            # this timer, and wouldn't start it again.
            self.timeout_keep_alive_task = self.loop.call_at(
                self._idle_until, self.timeout_keep_alive_handler
            )

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

    def _parse(self, data: bytes) -> None:
        # As uvicorn's `data_received`, which drops what follows a request to upgrade, and logs each
        # mistake of a client.
        self._unset_keepalive_if_required()
        parser: Any = self.parser
        while True:
            try:
                parser.feed_data(data)
            except HttpParserError as exc:
                if self._has_left:
                    raise
                reason = exc.__context__
                message = (
                    f"Bad request: {reason}."
                    if isinstance(reason, BadRequestError)
                    else "Invalid HTTP request received."
                )
                self._warn(message)
                self.send_400_response(message)
            except HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._should_upgrade():
                    self._early = data
                    self.handle_websocket_upgrade()
                elif data:
                    # an upgrade to another protocol, such as h2c, is an offer, and ignored (RFC
                    # 9110, 7.8)
                    continue
            return

    def _read_on(self) -> None:
        # uvicorn doesn't read while requests wait; then nothing tells when the client has gone.
        if self.flow.read_paused and not self.transport.is_closing():
            self.flow.resume_reading()

    # The parser's side

    @override
    def on_message_begin(self) -> None:
        # What uvicorn does here is for ASGI, and done by `_go_through_asgi`.
        self._is_requested = True
        self._is_in_head = True
        self.url = b""
        self.headers = []

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    @override
    def on_headers_complete(self) -> None:
        self._is_requested = True
        self._is_in_head = False
        self._stop_head_timer()
        request = self._read_direct_request()
        if request is None:
            self._go_through_asgi()
            return
        self._requests_in_turn += 1
        self._reading = self._outstanding = request
        self.cycle = request  # type: ignore[assignment]  # it has what uvicorn asks of its own
        try:
            request.start()
        except BaseException as exc:  # noqa: BLE001 - as uvicorn does; the parser would take it for a mistake of the client
            self._fail(request, exc)

    @override
    def on_body(self, body: bytes) -> None:
        # Twice the size, so that the framing of chunks of a reasonable size never counts.
        self._overhead = max(0, self._overhead - 2 * len(body))
        if self._reading is not None:
            self._reading.receive(body)
            return
        super().on_body(body)
        if self._pipelined.sizes:
            self._read_on()

    @override
    def on_message_complete(self) -> None:
        self._overhead = 0
        request, self._reading = self._reading, None
        if request is None:
            self._is_in_body = False
            super().on_message_complete()
            return
        try:
            request.complete()
        except BaseException as exc:  # noqa: BLE001 - as above
            self._fail(request, exc)

    def _read_direct_request(self) -> DirectRequest | None:
        """Return the request whose head was read, or `None` if it must go through ASGI."""
        app = self._app
        cycle: Any = self.cycle  # `None` at first, whatever uvicorn says
        if (
            app is None
            or (cycle is not None and not cycle.response_complete)
            or self._requests_in_turn >= REQUESTS_PER_TURN
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return None
        return read_direct_request(
            self, app, self.parser, self.url, self.headers, head_size=self._head_size
        )

    def _go_through_asgi(self) -> None:
        """Pass the head that was read to uvicorn."""
        self._is_in_body = True
        parser: Any = self.parser
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        version = parser.get_http_version()
        check_head(version, self.headers)
        if version != "1.1" and self._get_upgrade() == b"websocket":
            raise BadRequestError("a WebSocket needs HTTP/1.1")
        super().on_headers_complete()
        if len(self.pipeline) > bounds.MAX_AHEAD:
            raise BadRequestError("too many requests were sent before the answer to an earlier one")
        if len(self.pipeline) > len(self._pipelined.sizes):
            self._pipelined.add()
            self._read_on()

    @override
    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self._cycle = cycle
        super()._start_asgi_task(cycle, app)

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._pipelined.shrink(len(self.pipeline))
        if self._account is not None:
            self._count_pipelined()
        if self._pipelined.sizes:
            self._read_on()
        self._idle_until = self.loop.time() + self.timeout_keep_alive
        if self._when_answered is not None:
            self.loop.call_soon(self._when_answered)

    # Refusals and time

    def _warn(self, problem: str) -> None:
        """Write one line for each kind and interval, where uvicorn writes one for each request."""
        self._waiting.log.write_warning(
            problem,
            None,
            f"A request of {self._shown_client} isn't valid HTTP "
            "and was answered with 400; other things than Socket.IO clients send such requests "
            f"as well. ({problem})",
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

    def _await_head(self) -> None:
        if self.transport not in self._waiting:  # else the first bytes aren't the whole head
            self._waiting.add(self.transport)
        self._head_timer = self.loop.call_later(bounds.HEAD_TIMEOUT, self._head_timed_out)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
            self._waiting.remove(self.transport)

    def _head_timed_out(self) -> None:
        self._stop_head_timer()
        self.transport.abort()

    # What is held

    @override
    def measure(self) -> None:
        if self._account is not None and self._account.holds(Part.OUTGOING):
            self._account.hold(Part.OUTGOING, self.transport.get_write_buffer_size())

    @override
    def shed(self, account: Account) -> None:
        self._waiting.log.write_warning(
            "memory_budget",
            None,
            f"A connection of {self._shown_client} is closed: all clients together make this "
            f"process hold more than memory_budget ({account.limit:,} bytes), and this connection "
            f"the most: {account}.",
        )
        account.close()
        self.transport.abort()

    @property
    def _shown_client(self) -> str:
        return quoted(str(self.client[0]) if self.client else "")

    def _count_pipelined(self) -> None:
        weight = self._pipelined.weight
        self._hold(Part.AHEAD, weight if weight > LIGHT else 0)

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

    # WebSockets

    @override
    def handle_websocket_upgrade(self) -> None:
        self._stop_idle_timer()
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
        if not (self._is_direct and self._upgrade_directly(early)):
            self._upgrade_by_asgi(early)

    def _upgrade_directly(self, early: bytes) -> bool:
        """Begin an `Upgrade`, if the request is a common one; `early` are the bytes after the
        request.
        """
        context = ServerContext(self.config, self.server_state, self.app_state, self.loop)
        if (
            not context.has_common_websockets
            or self.scope["method"] != "GET"
            or self.scope["http_version"] != "1.1"
            or self.url[:1] != b"/"
            or not self.url.isascii()
        ):
            return False
        key = websocket_key(self.headers, is_compressing=context.config.ws_per_message_deflate)
        if key is None:
            return False
        self.connections.discard(self)
        request = UpgradeRequest(self.url, self.headers, key)
        Upgrade(context, self.transport, request, early).start()
        # It holds this object, and this object it.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does itself when a connection is lost
        return True

    def _upgrade_by_asgi(self, early: bytes) -> None:
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

    # The side of requests past ASGI

    @override
    def respond(
        self,
        request: DirectRequest,
        status: int,
        content_type: bytes | None = None,
        body: bytes = b"",
    ) -> None:
        if self._outstanding is request:
            self._outstanding = None
        transport = self.transport
        if request.disconnected or transport.is_closing():
            return
        headers = request.request.headers
        is_last = not request.keep_alive or CLOSE in headers
        defaults = self.server_state.default_headers
        transport.write(
            _WRITER.write(defaults, status, content_type, headers, body, keep_alive=not is_last)
        )
        if is_last:
            transport.close()
        if is_last or self.pipeline or self.flow.read_paused:
            self.on_response_complete()
        else:
            # The same, but for the timer, which uvicorn makes anew for each request.
            self.server_state.total_requests += 1
            self._idle_since = self.loop.time()
            if self._idle_timer is None:
                self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._end_if_idle)
            if self._when_answered is not None:
                self.loop.call_soon(self._when_answered)

    @override
    def spawn(self, work: Coroutine[Any, Any, None], request: DirectRequest) -> None:
        task = start_later(self.loop, self._work(work, request))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _work(self, work: Coroutine[Any, Any, None], request: DirectRequest) -> None:
        try:
            await work
        except BaseException as exc:
            self._fail(request, exc)
            if not isinstance(exc, Exception):
                raise

    def _fail(self, request: DirectRequest, exc: BaseException) -> None:
        """Answer as uvicorn does when an application raises."""
        self.logger.error("Exception in ASGI application\n", exc_info=exc)
        request.answer_error()

    def _end_if_idle(self) -> None:
        self._idle_timer = None
        cycle: Any = self.cycle  # `None` at first, whatever uvicorn says
        # uvicorn has a timer of its own after what went through ASGI.
        if (
            self._is_in_head
            or (cycle is not None and not cycle.response_complete)
            or self.timeout_keep_alive_task is not None
        ):
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > _SOON:
            self._idle_timer = self.loop.call_later(left, self._end_if_idle)
        else:
            self.timeout_keep_alive_handler()

    def _stop_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None


def _application_of(http: HttpToolsProtocol) -> AsgiApp | None:
    """Return the engine's application, if uvicorn calls nothing else and has nothing else to do for
    each request.
    """
    config: Any = http.config
    app: object = config.loaded_app
    is_plain = not (
        http.root_path
        or http.access_log
        or http.limit_concurrency is not None
        or getattr(config, "reset_contextvars", False)
    )
    # Not of a subclass, which may do more in its `__call__`.
    return app if is_plain and type(app) is AsgiApp else None
