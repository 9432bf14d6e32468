"""Requests of open sessions over long-polling that don't go through ASGI.

A GET waits for its answer without a task. A POST is answered as soon as its last byte has come.
Only if it has too many packets for one turn, or the handlers are congested, a task waits.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Coroutine, Sequence
from typing import Any, Final, Protocol

from ackord.runtime.asgi_types import Header
from ackord.runtime.bounds.memory import LIGHT, Part
from ackord.runtime.engine.polled import begin_post, end_post, poll, poll_closed, receive_payload
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.polling.asgi import LongPolling
from ackord.runtime.polling.body import CLOSE, TEXT_HTML, TEXT_PLAIN, append
from ackord.runtime.polling.compression import Coding, compress
from ackord.runtime.polling.request import PollingRequest, recognize
from ackord.runtime.protocol.engineio.actions import AnswerPoll
from typing_extensions import override

MAX_BODY: Final = 65_536
"""Bytes of a body that is kept until it is whole; a larger body goes through ASGI, which has
backpressure.
"""

_ORDINARY_QUERY: Final = re.compile(rb"[A-Za-z0-9._~=&-]*")


class DirectConnection(Protocol):
    """The connection of a request, as the request uses it."""

    __slots__ = ()

    def respond(
        self,
        request: DirectRequest,
        status: int,
        content_type: bytes | None = None,
        body: bytes = b"",
    ) -> None:
        """Write the whole response to the request, which must be the only outstanding one."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None], request: DirectRequest) -> None:
        """Run `work` in a task that uvicorn waits for when it stops; if it raises, the request is
        answered with 500.
        """
        ...


class _NoEvent:
    """Stands for the event by which uvicorn wakes the task of a request: there is no task."""

    def set(self) -> None:
        """Do nothing."""


class DirectRequest(ABC):
    """One request past ASGI; it takes the place of uvicorn's `RequestResponseCycle`, with the
    attributes that uvicorn uses.
    """

    __slots__ = (
        "_connection",
        "_polling",
        "disconnected",
        "keep_alive",
        "request",
        "response_complete",
    )

    message_event = _NoEvent()

    def __init__(
        self, connection: DirectConnection, polling: LongPolling, request: PollingRequest
    ) -> None:
        self._connection = connection
        self._polling = polling
        self.request = request
        self.disconnected = False
        """Whether the connection is gone; set by uvicorn or by `closed`."""
        self.keep_alive = True
        """Whether the connection may be used for another request; cleared by uvicorn when it stops.
        """
        self.response_complete = False

    @abstractmethod
    def start(self) -> None:
        """Called when the head was read."""

    @abstractmethod
    def receive(self, chunk: bytes) -> None:
        """Take a part of the body."""

    @abstractmethod
    def complete(self) -> None:
        """Called when the body is complete."""

    @abstractmethod
    def closed(self) -> None:
        """Called when the connection is gone before the answer."""

    def answer_error(self) -> None:
        """Answer with 500 after an exception."""
        self.request.headers = [CLOSE]
        self._respond(500, b"text/plain; charset=utf-8", b"Internal Server Error")

    def _respond(self, status: int, content_type: bytes | None = None, body: bytes = b"") -> None:
        if not self.response_complete:
            self.response_complete = True
            self._connection.respond(self, status, content_type, body)


class DirectGet(DirectRequest, WaitingGet):
    """A GET, which waits for its answer without a task."""

    __slots__ = ()

    @override
    def start(self) -> None:
        if not poll(self.request.session, self):
            self._respond(400)

    @override
    def receive(self, chunk: bytes) -> None:
        """Do nothing: a GET with a body goes through ASGI."""

    @override
    def complete(self) -> None:
        """Do nothing."""

    @override
    def closed(self) -> None:
        self.disconnected = True
        poll_closed(self.request.session, self)

    @override
    def answer(self, answer: AnswerPoll) -> None:
        body = answer.payload.encode("utf-8", "replace")
        coding = self._polling.coding_of(self.request, answer, body)
        if coding is None:
            self._respond(200, TEXT_PLAIN, body)
        else:
            self._connection.spawn(self._compress(body, coding), self)

    async def _compress(self, body: bytes, coding: Coding) -> None:
        compressed = await compress(body, coding)
        self.request.headers.append((b"content-encoding", coding.encode()))
        self._respond(200, TEXT_PLAIN, compressed)


class DirectPost(DirectRequest, IncomingPost):
    """A POST, answered as its last byte comes, if the handlers keep up."""

    __slots__ = ("_body", "_is_whole", "patience")

    def __init__(
        self, connection: DirectConnection, polling: LongPolling, request: PollingRequest
    ) -> None:
        super().__init__(connection, polling, request)
        self._body: bytes | bytearray = b""
        self._is_whole = False
        self.patience = polling.patience

    @override
    def start(self) -> None:
        if not begin_post(self.request.session, self):
            self._respond(400)

    @override
    def receive(self, chunk: bytes) -> None:
        if not self.response_complete:
            self._body = append(self._body, chunk)
            if len(self._body) > LIGHT:
                self.request.session.hold(Part.BODY, len(self._body))

    @override
    def complete(self) -> None:
        if self.response_complete:  # answered before the body was whole
            return
        self._is_whole = True
        session = self.request.session
        if not session.machine.is_over_polling:
            self._finish(400)
            return
        rest = receive_payload(session, bytes(self._body))
        if rest is None:
            self._finish(400 if session.machine.is_malformed else 200)
        else:
            self._connection.spawn(self._await(rest), self)

    @override
    def closed(self) -> None:
        self.disconnected = True
        if not self._is_whole:
            self.response_complete = True
            self.request.session.close_with_error("data request connection closed prematurely")
            end_post(self.request.session)

    @override
    def answer_error(self) -> None:
        end_post(self.request.session)
        super().answer_error()

    @override
    def close(self) -> None:
        if not self.response_complete:
            self.request.headers.append(CLOSE)
            self._finish(400)

    async def _await(self, rest: Awaitable[None]) -> None:
        try:
            await rest
        finally:
            end_post(self.request.session)
        self._finish(400 if self.request.session.machine.is_malformed else 200)

    def _finish(self, status: int) -> None:
        end_post(self.request.session)
        if status == 200:
            self._respond(200, TEXT_HTML, b"ok")
        else:
            self._respond(status)


def read_direct_request(
    connection: DirectConnection,
    app: AsgiApp,
    parser: Any,
    url: bytes,
    headers: Sequence[Header],
    *,
    head_size: int | None,
) -> DirectRequest | None:
    """Return the request whose head `parser` has read, or `None` if it must go through ASGI.

    `head_size` is the most bytes that the head can have, if known.
    """
    if (
        parser.get_http_version() != "1.1"
        or not parser.should_keep_alive()
        or parser.should_upgrade()
    ):
        return None
    path, _, query = url.partition(b"?")
    if path != app.prefix or _ORDINARY_QUERY.fullmatch(query) is None:
        return None
    request = recognize(app.engine, query, headers, size=head_size)
    if request is None or request.is_streamed:
        return None
    method = parser.get_method()
    length = request.content_length
    if method == b"GET" and length in (None, b"0"):
        return DirectGet(connection, app.long_polling, request)
    if method == b"POST" and not request.is_octets and _is_small(length, app.long_polling):
        return DirectPost(connection, app.long_polling, request)
    return None


def _is_small(length: bytes | None, polling: LongPolling) -> bool:
    if length is None or not length.isdigit() or len(length) >= 9:
        return False
    size = int(length)
    return size <= MAX_BODY and size <= polling.max_payload
