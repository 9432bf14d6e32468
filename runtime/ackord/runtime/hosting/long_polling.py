"""The HTTP side of an Engine.IO server: handshakes, GETs that wait, POSTs, preflights."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from ackord.runtime.engine.link import HandshakeRequest
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.socket import EngineSocket
from ackord.runtime.engineio.actions import AnswerPoll
from ackord.runtime.engineio.errors import HandshakeRefusedError
from ackord.runtime.transports.asgi import Receive, Send
from ackord.runtime.transports.compression import choose_coding, compress
from ackord.runtime.transports.polling import (
    JSON,
    TEXT_HTML,
    TEXT_PLAIN,
    BodyTooLargeError,
    Header,
    RequestAbortedError,
    read_body,
    respond,
    wait_for_disconnect,
)

_logger = logging.getLogger(__name__)

_CLOSE: Final[Header] = (b"connection", b"close")
"""The rest of the body is of no interest: the connection can't be used for another request."""


class LongPolling:
    """Serves the HTTP requests of an `EngineServer`."""

    def __init__(self, engine: EngineServer) -> None:
        self._engine = engine
        options = engine.options
        self._max_payload = options.max_payload
        self._compression_threshold = options.compression_threshold
        # No session lives longer than this without a packet, so neither does the body of a request.
        self._body_timeout = options.ping_interval + options.ping_timeout

    async def serve(self, request: HandshakeRequest, receive: Receive, send: Send) -> None:
        """Answer one request."""
        cors = self._engine.cors
        if request.method == "OPTIONS" and cors.is_enabled:
            await respond(send, 204, cors.preflight_headers(request.headers))
            return
        headers = [(b"cache-control", b"no-store"), *cors.headers(request.headers)]
        try:
            socket = await self._engine.open_polling(request)
        except HandshakeRefusedError as exc:
            await respond(send, exc.refusal.status, headers, exc.refusal.body, JSON)
            return
        headers += self._engine.response_headers(request, socket)
        if request.method == "GET":
            await self._get(socket, request, headers, receive, send)
        elif request.method == "POST":
            await self._post(socket, request, headers, receive, send)
        else:
            await respond(send, 500, headers)  # as the reference implementation does

    async def _get(self, socket: EngineSocket, request: HandshakeRequest, headers: list[Header], receive: Receive, send: Send) -> None:
        poll = socket.poll()
        if poll is None:
            await respond(send, 400, headers)
            return
        if not poll.done():
            await _park(socket, poll, receive)
        if not poll.cancelled():
            await self._answer(poll.result(), request, headers, send)

    async def _answer(self, answer: AnswerPoll, request: HandshakeRequest, headers: list[Header], send: Send) -> None:
        body = answer.payload.encode("utf-8", "replace")
        threshold = self._compression_threshold
        if answer.compress and threshold is not None and len(body) >= threshold:
            coding = choose_coding(request.headers.get("accept-encoding"))
            if coding is not None:
                body = await compress(body, coding)
                headers.append((b"content-encoding", coding.encode()))
        await respond(send, 200, headers, body, TEXT_PLAIN)

    async def _post(self, socket: EngineSocket, request: HandshakeRequest, headers: list[Header], receive: Receive, send: Send) -> None:
        if request.headers.get("content-type", "").lower().startswith("application/octet-stream"):
            socket.fail("invalid content")
            await respond(send, 400, headers)
            return
        if not socket.begin_post():
            await respond(send, 400, headers)
            return
        try:
            status = await self._receive(socket, request.headers.get("content-length"), headers, receive)
        finally:
            socket.end_post()
        if status == 200:
            await respond(send, 200, headers, b"ok", TEXT_HTML)
        else:
            await respond(send, status, headers)

    async def _receive(self, socket: EngineSocket, declared: str | None, headers: list[Header], receive: Receive) -> int:
        """Read the body and hand its packets on; return the status of the answer."""
        try:
            async with asyncio.timeout(self._body_timeout) as reading:
                socket.begin_reading(reading)
                try:
                    body = await read_body(receive, declared=declared, limit=self._max_payload)
                finally:
                    socket.end_reading()
        except BodyTooLargeError:
            headers.append(_CLOSE)
            return 413
        except TimeoutError:
            socket.fail(f"request body incomplete after {self._body_timeout:g} seconds")
            headers.append(_CLOSE)
            return 400
        except RequestAbortedError as exc:
            socket.fail(str(exc))
            return 400
        except asyncio.CancelledError:
            socket.fail("data request cancelled")
            raise
        if not socket.session.is_over_polling:
            return 400
        return 200 if await socket.receive_payload(body) else 400


async def _park(socket: EngineSocket, poll: asyncio.Future[AnswerPoll], receive: Receive) -> None:
    """Wait until a GET has an answer, or its client has gone, which ends the session at once."""

    async def watch() -> None:
        try:
            await wait_for_disconnect(receive)
        except Exception as exc:  # noqa: BLE001 - an ASGI server that can't say whether the client is there
            _logger.debug("A parked GET was lost: %r", exc)
        finally:
            socket.abort_poll(poll)

    watcher = asyncio.get_running_loop().create_task(watch())
    try:
        await asyncio.wait((poll,))
    finally:
        socket.abort_poll(poll)  # does nothing if it has been answered
        watcher.cancel()
