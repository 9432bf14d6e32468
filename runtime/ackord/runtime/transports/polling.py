"""The requests and responses of long-polling, over ASGI."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from ackord.runtime.transports.asgi import Receive, Send

Header: TypeAlias = tuple[bytes, bytes]

TEXT_PLAIN: Final = b"text/plain; charset=UTF-8"
TEXT_HTML: Final = b"text/html"
JSON: Final = b"application/json"


class BodyTooLargeError(Exception):
    """The body of a request has more bytes than it may."""


class RequestAbortedError(Exception):
    """The client is gone before its request was complete."""


async def read_body(receive: Receive, *, declared: str | None, limit: int) -> bytes:
    """Read the body of a request, whose bytes are counted as they come; `declared` is its Content-Length.

    Raises:
        BodyTooLargeError: it has, or says that it has, more than `limit` bytes.
        RequestAbortedError: the client has gone.
    """
    if declared is not None and declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
        raise BodyTooLargeError
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestAbortedError("data request connection closed prematurely")
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError
        if chunk:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the client has gone; a body that comes with a GET is dropped."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def respond(send: Send, status: int, headers: Iterable[Header], body: bytes = b"", content_type: bytes | None = None) -> None:
    """Send a whole response."""
    every = [(b"content-length", str(len(body)).encode()), *headers]
    if content_type is not None:
        every.insert(0, (b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body, "more_body": False})
