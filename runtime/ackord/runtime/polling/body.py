"""The bodies of requests and responses of long-polling, on ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from ackord.runtime.asgi_types import Header, Message, Send

TEXT_PLAIN: Final = b"text/plain; charset=UTF-8"
TEXT_HTML: Final = b"text/html"
JSON: Final = b"application/json"

CLOSE: Final[Header] = (b"connection", b"close")
"""Sent where the rest of a body isn't read: the connection can't be used for another request."""


class BodyTooLargeError(Exception):
    """The body of a request is too large."""


class RequestAbortedError(Exception):
    """The client has gone before its request was complete."""


class BodyUnwantedError(Exception):
    """The session ended before the body was complete."""


async def read_body(
    receive: Callable[[], Awaitable[Message | None]],
    *,
    declared: bytes | None,
    limit: int,
    tell: Callable[[int], None] | None = None,
) -> bytes:
    """Read the body of a request and count its bytes as they come; `declared` is its
    Content-Length.

    `tell` is called with the bytes so far, of a body that comes in pieces.

    Raises:
        BodyTooLargeError: the body has, or its Content-Length says, more than `limit` bytes.
        RequestAbortedError: the client has gone.
        BodyUnwantedError: `receive` has returned `None`.
    """
    if (
        declared is not None
        and declared.isdigit()
        and (len(declared) > 18 or int(declared) > limit)
    ):
        raise BodyTooLargeError
    body: bytes | bytearray = b""
    while True:
        message = await receive()
        if message is None:
            raise BodyUnwantedError
        if message["type"] != "http.request":
            raise RequestAbortedError("data request connection closed prematurely")
        chunk: bytes = message.get("body", b"")
        if len(body) + len(chunk) > limit:
            raise BodyTooLargeError
        body = append(body, chunk)
        if not message.get("more_body", False):
            return bytes(body)
        if tell is not None:
            tell(len(body))


def append(body: bytes | bytearray, chunk: bytes) -> bytes | bytearray:
    """Return the body with one more chunk. Most bodies have one chunk, which isn't copied; many
    small chunks take linear time.
    """
    if not body:
        return chunk
    if isinstance(body, bytes):
        body = bytearray(body)
    body += chunk
    return body


async def respond(
    send: Send,
    status: int,
    headers: Iterable[Header],
    body: bytes = b"",
    content_type: bytes | None = None,
) -> None:
    """Send a whole response."""
    length = (b"content-length", b"%d" % len(body))
    every = (
        [length, *headers]
        if content_type is None
        else [(b"content-type", content_type), length, *headers]
    )
    await send({"type": "http.response.start", "status": status, "headers": every})
    await send({"type": "http.response.body", "body": body, "more_body": False})
