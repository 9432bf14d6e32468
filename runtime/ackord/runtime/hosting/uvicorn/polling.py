"""Requests of open sessions over long-polling, served where uvicorn parses them: no ASGI scope, no
messages and no task for each.

What isn't ordinary goes through ASGI, as if this file weren't there: handshakes, whatever is
refused, large, chunked or pipelined bodies, HTTP/1.0, and everything while somebody wants to see
each request. Both ways answer with the same bytes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, Final

from ackord.runtime.containment import Step
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.hosting.uvicorn.polling_request import DirectGet, DirectPost, DirectRequest
from ackord.runtime.hosting.uvicorn.protocol import FastHttp
from ackord.runtime.hosting.uvicorn.response import ResponseWriter
from ackord.runtime.polling.body import CLOSE
from ackord.runtime.polling.request import recognize
from ackord.runtime.tasks import start_later
from typing_extensions import override

MAX_BODY: Final = 65_536
"""Bytes of a body that is kept until it is whole; a larger one goes through ASGI, where it is read
no faster than it is taken.
"""

REQUESTS_PER_TURN: Final = 32
"""Requests of one connection after which others have their turn: the next one goes through ASGI,
where it waits.
"""

_ORDINARY_QUERY: Final = re.compile(rb"[A-Za-z0-9._~=&-]*")
_SOON: Final = 0.01
"""Seconds that the end of an idle connection may come early, so that no timer is set for them."""


class DirectHttp(FastHttp):
    """uvicorn's HTTP/1.1, guarded, and with both transports past ASGI.

    Requests of long-polling go through ASGI all the same where the application is mounted in
    another one, which has to see the requests, and with settings of uvicorn that concern each
    request.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._app = _application_of(self)
        self._max_body = (
            0 if self._app is None else min(MAX_BODY, self._app.engine.options.max_payload)
        )
        self._is_in_head = False
        self._head_size: int | None = (
            None  # how long the heads can be that came whole in what is being read
        )
        self._requests_in_turn = 0
        self._message: DirectRequest | None = None  # whose bytes are being read
        self._outstanding: DirectRequest | None = None  # which waits for its answer
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    # The transport's side

    @override
    def data_received(self, data: bytes) -> None:
        self._requests_in_turn = 0
        self._head_size = None if self._is_in_head else len(data)
        super().data_received(data)
        if self._is_in_head and self._head_timer is None and not self.transport.is_closing():
            self._await_head()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        with Step("end a connection of uvicorn's"):
            super().connection_lost(exc)
        with Step("stop the timer of an idle connection"):
            self._cancel_idle_timer()
        request, self._outstanding, self._message = self._outstanding, None, None
        if request is not None:
            request.lose()
        self.cycle = None  # type: ignore[assignment]  # it holds this object, and this object it

    @override
    def handle_websocket_upgrade(self) -> None:
        self._cancel_idle_timer()
        super().handle_websocket_upgrade()

    # The parser's side

    @override
    def on_message_begin(self) -> None:
        # What uvicorn does here is for ASGI: `_go_through_asgi` does it. The timer for the head
        # starts if it doesn't come whole.
        self._is_requested = True
        self.url = b""
        self.headers = []
        self._is_in_head = True

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    @override
    def on_headers_complete(self) -> None:
        self._is_requested = True
        self._is_in_head = False
        request = self._recognize()
        if request is None:
            self._go_through_asgi()
            return
        self._stop_waiting()
        self._requests_in_turn += 1
        self._message = self._outstanding = request
        self.cycle = request  # type: ignore[assignment]  # it has what uvicorn asks of its own
        try:
            request.start()
        except BaseException as exc:  # noqa: BLE001 - as uvicorn does; the parser would take it for a mistake of the client
            self._fail(request, exc)

    @override
    def on_body(self, body: bytes) -> None:
        if self._message is None:
            super().on_body(body)
        else:
            self._overhead = max(0, self._overhead - 2 * len(body))
            self._message.receive(body)

    @override
    def on_message_complete(self) -> None:
        request, self._message = self._message, None
        if request is None:
            super().on_message_complete()
        else:
            self._overhead = 0
            try:
                request.complete()
            except BaseException as exc:  # noqa: BLE001 - as above
                self._fail(request, exc)

    def _recognize(self) -> DirectRequest | None:
        """Return the request whose head has been read, if it is an ordinary one of an open
        session.
        """
        app = self._app
        cycle: Any = self.cycle  # `None` at first, whatever uvicorn says
        parser: Any = self.parser
        if (
            app is None
            or (cycle is not None and not cycle.response_complete)
            or self._requests_in_turn >= REQUESTS_PER_TURN
            or self.flow.write_paused
            or self.transport.is_closing()
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
        ):
            return None
        path, _, query = self.url.partition(b"?")
        if path != app.prefix or _ORDINARY_QUERY.fullmatch(query) is None:
            return None
        request = recognize(app.engine, query, self.headers, size=self._head_size)
        if request is None or request.is_streamed:
            return None
        method = parser.get_method()
        length = request.content_length
        if method == b"POST":
            is_small = (
                length is not None
                and length.isdigit()
                and len(length) < 9
                and int(length) <= self._max_body
            )
            return (
                DirectPost(self, app.long_polling, request)
                if is_small and not request.is_octets
                else None
            )
        return (
            DirectGet(self, app.long_polling, request)
            if method == b"GET" and length in (None, b"0")
            else None
        )

    def _go_through_asgi(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        for name, value in headers:
            super().on_header(name, value)
        super().on_headers_complete()

    # The requests' side

    def respond(
        self,
        request: DirectRequest,
        status: int,
        content_type: bytes | None = None,
        body: bytes = b"",
    ) -> None:
        """See `ackord.runtime.hosting.uvicorn.polling_request.DirectConnection`."""
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
                self._idle_timer = self.loop.call_later(
                    self.timeout_keep_alive, self._look_whether_idle
                )

    def spawn(self, work: Coroutine[Any, Any, None], request: DirectRequest) -> None:
        """See `ackord.runtime.hosting.uvicorn.polling_request.DirectConnection`."""
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
        request.fail()

    # Idle connections

    def _look_whether_idle(self) -> None:
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
            self._idle_timer = self.loop.call_later(left, self._look_whether_idle)
        else:
            self.timeout_keep_alive_handler()

    def _cancel_idle_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None


def _application_of(http: FastHttp) -> AsgiApp | None:
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


_WRITER: Final = ResponseWriter()
"""One for all connections: it keeps the headers of the server that asked last."""
