"""Passes one HTTP request on, as long-polling needs it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx2
from ackord.runtime.asgi_types import Receive, Scope, Send
from ackord.runtime.cli.proxy.upstream import (
    CONNECT_TIMEOUT,
    MAX_MESSAGE,
    Upstream,
    response_headers,
)
from ackord.runtime.polling.body import (
    CLOSE,
    BodyTooLargeError,
    RequestAbortedError,
    read_body,
    respond,
)


class HttpPassing:
    """Sends requests to the server, and its answers to the browser, a piece at a time."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._client = httpx2.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # no proxy in between, as for WebSockets
            timeout=httpx2.Timeout(None, connect=CONNECT_TIMEOUT),  # polls wait
            limits=httpx2.Limits(max_connections=64, max_keepalive_connections=8),
        )

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._client.aclose()

    async def pass_request(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; it ends when the browser goes.

        A server that can't be reached, or that answers no HTTP, is a 502.
        """
        declared = dict(scope["headers"]).get(b"content-length")
        try:
            body = await read_body(receive, declared=declared, limit=MAX_MESSAGE)
        except BodyTooLargeError:
            await respond(send, 413, (CLOSE,), b"Content Too Large", b"text/plain")
            return
        except RequestAbortedError:
            return
        request = self._client.build_request(
            scope["method"],
            self._upstream.address(scope["query_string"]),
            headers=self._upstream.request_headers(scope["headers"]),
            content=body if scope["method"] == "POST" else None,
        )
        answering = asyncio.create_task(self._answer(request, send))
        gone = asyncio.ensure_future(receive())  # "http.disconnect"
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not answering.done():
                answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering

    async def _answer(self, request: httpx2.Request, send: Send) -> None:
        try:
            response = await self._client.send(request, stream=True)
        except httpx2.HTTPError as error:
            text = f"The server can't be reached: {type(error).__name__}"
            await respond(send, 502, (), text.encode(), b"text/plain")
            return
        start = {"type": "http.response.start", "status": response.status_code}
        await send({**start, "headers": response_headers(response.headers.raw)})
        try:
            async for piece in response.aiter_raw():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx2.HTTPError:
            return  # uvicorn closes the connection, as the answer isn't whole
        finally:
            await response.aclose()
        await send({"type": "http.response.body", "body": b""})
