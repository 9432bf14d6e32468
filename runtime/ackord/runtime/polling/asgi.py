"""Long-polling on ASGI: handshakes, GETs that wait, POSTs, and preflight requests.

A GET of an open session waits here until the session answers it, or the client goes, which ends the
session (Engine.IO v4, "HTTP long-polling"). A POST is answered after its packets were passed to the
handlers: that slows down a client which sends more than the handlers take. Bodies are counted as
they come, and must be complete within `LongPolling.patience`.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Final

from ackord.runtime.asgi_types import Header, Message, Receive, Send
from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.hooks import merge_headers
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.polled import begin_post, end_post, poll, poll_closed, receive_payload
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.engine.violations import warn_of_size
from ackord.runtime.polling.body import (
    CLOSE,
    JSON,
    TEXT_HTML,
    TEXT_PLAIN,
    BodyTooLargeError,
    BodyUnwantedError,
    RequestAbortedError,
    read_body,
    respond,
)
from ackord.runtime.polling.compression import Coding, choose_coding, compress
from ackord.runtime.polling.interruption import Interruption
from ackord.runtime.polling.request import NO_STORE, PollingRequest
from ackord.runtime.protocol.engineio.actions import AnswerPoll
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from typing_extensions import override

_logger = logging.getLogger("ackord.runtime.hosting")

_SANE: Final = 20
"""Digits of a Content-Length that is read."""
_RELEVANT: Final = ("content-type", "content-length", "accept-encoding")


class LongPolling:
    """Serves the HTTP requests of an `EngineServer`."""

    def __init__(self, engine: EngineServer) -> None:
        self._engine = engine
        options = engine.options
        self.max_payload = options.max_payload
        """The most bytes that the body of a request may have."""
        self._compression_threshold = options.compression_threshold
        # No session stays open longer than this without a packet, so the body of a request mustn't
        # take longer either.
        self.patience = options.ping_interval + options.ping_timeout
        """Seconds that the body of a request may take."""

    async def serve(self, request: EngineRequest, receive: Receive, send: Send) -> None:
        """Answer one request."""
        cors = self._engine.cors
        if request.method == "OPTIONS" and cors.is_enabled:
            await respond(send, 204, cors.preflight_headers(request.headers))
            return
        headers = [NO_STORE, *cors.headers(request.headers)]
        try:
            session = await self._engine.open_polling(request)
        except HandshakeRefusedError as exc:
            await respond(send, exc.refusal.status, headers, exc.refusal.body, JSON)
            return
        headers = merge_headers(headers, self._engine.response_headers(request, session))
        await self.serve_session(request.method, _plain(request, session, headers), receive, send)

    async def serve_session(
        self, method: str, request: PollingRequest, receive: Receive, send: Send
    ) -> None:
        """Answer one request of an open session."""
        if method == "GET":
            await self._get(request, receive, send)
        elif method == "POST":
            await self._post(request, receive, send)
        else:
            await respond(send, 500, request.headers)  # as the reference implementation does

    def coding_of(self, request: PollingRequest, answer: AnswerPoll, body: bytes) -> Coding | None:
        """Return the coding for the answer to a GET, or `None` if it isn't compressed."""
        threshold = self._compression_threshold
        if threshold is None or len(body) < threshold or not answer.compress:
            return None
        return (
            None
            if request.accept_encoding is None
            else choose_coding(request.accept_encoding.decode("latin-1"))
        )

    async def _get(self, request: PollingRequest, receive: Receive, send: Send) -> None:
        session = request.session
        get = _Get(receive, session.loop)
        if not poll(session, get):
            await respond(send, 400, request.headers)
            return
        if get.answered is None:
            await _park(session, get)
        answer = get.answered
        if answer is None:
            # The client is gone, but a middleware such as Starlette's BaseHTTPMiddleware takes it
            # for a bug if an application answers nothing.
            with suppress(
                OSError
            ):  # the specification of ASGI: `send` may raise it when the client has gone
                await respond(send, 499, request.headers)
            return
        body = answer.payload.encode("utf-8", "replace")
        coding = self.coding_of(request, answer, body)
        if coding is not None:
            body = await compress(body, coding)
            request.headers.append((b"content-encoding", coding.encode()))
        await respond(send, 200, request.headers, body, TEXT_PLAIN)

    async def _post(self, request: PollingRequest, receive: Receive, send: Send) -> None:
        session = request.session
        if request.is_octets:
            session.close_with_error("invalid content")
            await respond(send, 400, request.headers)
            return
        post = _Post(receive, session.loop, self.patience)
        if not begin_post(session, post):
            await respond(send, 400, request.headers)
            return
        try:
            status = await self._receive(request, post)
        finally:
            end_post(session)
        if status == 200:
            await respond(send, 200, request.headers, b"ok", TEXT_HTML)
        else:
            await respond(send, status, request.headers)

    async def _receive(self, request: PollingRequest, post: _Post) -> int:
        """Read the body and pass its packets on; return the status of the answer."""
        session = request.session
        try:
            body = await read_body(
                post.wait,
                declared=request.content_length,
                limit=self.max_payload,
                tell=partial(session.hold, Part.BODY),
            )
        except BodyTooLargeError:
            declared = request.content_length
            is_number = declared is not None and declared.isdigit() and len(declared) < _SANE
            size = int(declared) if declared is not None and is_number else None
            warn_of_size(session.log, session.request, size, self.max_payload)
            request.headers.append(CLOSE)
            return 413
        except BodyUnwantedError:
            request.headers.append(CLOSE)
            return 400
        except RequestAbortedError as exc:
            session.close_with_error(str(exc))
            return 400
        except asyncio.CancelledError:
            session.close_with_error("data request cancelled")
            raise
        if not session.machine.is_over_polling:
            return 400
        rest = receive_payload(session, body)
        if rest is not None:
            await rest
        return 400 if session.machine.is_malformed else 200


def _plain(request: EngineRequest, session: EngineSession, headers: list[Header]) -> PollingRequest:
    """Return the parts of a request that the answer depends on; `headers` are those of the
    answer.
    """
    given = {
        name: request.headers[name].encode("latin-1")
        for name in _RELEVANT
        if name in request.headers
    }
    return PollingRequest(
        session,
        headers,
        given.get("content-type", b""),
        given.get("content-length"),
        given.get("accept-encoding"),
    )


class _Get(Interruption, WaitingGet):
    """A GET on ASGI, for the engine."""

    __slots__ = ("answered",)

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(receive, loop)
        self.answered: AnswerPoll | None = None

    @override
    def answer(self, answer: AnswerPoll) -> None:
        self.answered = answer
        self.interrupt()


class _Post(Interruption, IncomingPost):
    """A POST on ASGI, for the engine."""

    __slots__ = ("patience",)

    def __init__(self, receive: Receive, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        super().__init__(receive, loop)
        self.patience = patience

    @override
    def close(self) -> None:
        self.interrupt()


async def _park(session: EngineSession, get: _Get) -> None:
    """Wait until a GET has an answer, or its client has gone; the latter ends the session at
    once.
    """
    try:
        message: Message | None = {"type": "http.request"}
        while (
            message is not None and message["type"] != "http.disconnect"
        ):  # a body that comes with a GET is dropped
            message = await get.wait()
    except Exception as exc:  # noqa: BLE001 - an ASGI server that can't say whether the client is there
        _logger.debug("A parked GET was lost: %r", exc)
    finally:
        if get.answered is None:
            poll_closed(session, get)
