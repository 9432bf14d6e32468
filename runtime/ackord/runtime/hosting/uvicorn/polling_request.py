"""The requests of open sessions over long-polling that don't go through ASGI."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Coroutine
from typing import Any, Protocol

from ackord.runtime.bounds.memory import LIGHT, Part
from ackord.runtime.engine.polled import abort_poll, begin_post, end_post, poll, receive_payload
from ackord.runtime.polling.asgi import LongPolling
from ackord.runtime.polling.body import CLOSE, TEXT_HTML, TEXT_PLAIN, append
from ackord.runtime.polling.compression import Coding, compress
from ackord.runtime.polling.request import PollingRequest
from ackord.runtime.protocol.engineio.actions import AnswerPoll
from typing_extensions import override


class DirectConnection(Protocol):
    """The connection by which a request came."""

    def respond(
        self,
        request: DirectRequest,
        status: int,
        content_type: bytes | None = None,
        body: bytes = b"",
    ) -> None:
        """Write the whole response of the request, whose answer is the only one that is
        outstanding.
        """
        ...

    def spawn(self, work: Coroutine[Any, Any, None], request: DirectRequest) -> None:
        """Run what a request has to wait for in a task, which the server knows."""
        ...


class _NoEvent:
    """Where uvicorn would wake a task."""

    def set(self) -> None:
        """Wake nobody."""


class DirectRequest(ABC):
    """One request; it stands where uvicorn expects its cycle of request and response, and has what
    uvicorn asks of that.
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
        """Whether the connection is gone; set by uvicorn, or by `lose`."""
        self.keep_alive = True
        """Whether the connection may be used for another request; cleared by uvicorn when it stops.
        """
        self.response_complete = False

    @abstractmethod
    def start(self) -> None:
        """Take the head."""

    @abstractmethod
    def receive(self, chunk: bytes) -> None:
        """Take a part of the body."""

    @abstractmethod
    def complete(self) -> None:
        """Learn that the body is complete."""

    @abstractmethod
    def lose(self) -> None:
        """Learn that the connection is gone, while the answer is outstanding."""

    def fail(self) -> None:
        """Answer that something is wrong here."""
        self.request.headers = [CLOSE]
        self._respond(500, b"text/plain; charset=utf-8", b"Internal Server Error")

    def _respond(self, status: int, content_type: bytes | None = None, body: bytes = b"") -> None:
        if not self.response_complete:
            self.response_complete = True
            self._connection.respond(self, status, content_type, body)


class DirectGet(DirectRequest):
    """A GET, which waits for its answer without a task."""

    __slots__ = ()

    @override
    def start(self) -> None:
        if not poll(self.request.session, self):
            self._respond(400)

    @override
    def receive(self, chunk: bytes) -> None:
        """Drop it; what announces a body goes through ASGI."""

    @override
    def complete(self) -> None:
        """Do nothing."""

    @override
    def lose(self) -> None:
        self.disconnected = True
        abort_poll(self.request.session, self)

    def answer(self, answer: AnswerPoll) -> None:
        """See `ackord.runtime.engine.requests.WaitingGet`."""
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


class DirectPost(DirectRequest):
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
        if self.response_complete:  # refused, or given up, before the body was whole
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
    def lose(self) -> None:
        self.disconnected = True
        if not self._is_whole:
            self.response_complete = True
            self.request.session.fail("data request connection closed prematurely")
            end_post(self.request.session)

    @override
    def fail(self) -> None:
        end_post(self.request.session)
        super().fail()

    def give_up(self) -> None:
        """See `ackord.runtime.engine.requests.IncomingPost`."""
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
