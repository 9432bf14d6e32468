"""The opening handshake of a client: what is written and accepted is what the `websockets` library
writes and accepts.
"""

from __future__ import annotations

from typing import Final

import pytest
from ackord.runtime.websocket.client_handshake import read_acceptance, write_request
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import WebSocketException
from websockets.extensions.permessage_deflate import enable_client_permessage_deflate
from websockets.http11 import Request, Response
from websockets.streams import StreamReader
from websockets.uri import parse_uri

KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT: Final = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, 1.3
UPGRADE: Final = b"Upgrade: websocket"
CONNECTION: Final = b"Connection: Upgrade"
STATUS: Final = b"HTTP/1.1 101 Switching Protocols"


def head(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in [*lines, b""])


def by_the_library(answer: bytes) -> list[tuple[str, str]] | None:
    """Return the headers of an answer that the library accepts without extensions."""
    library = ClientProtocol(parse_uri("ws://test/"))
    library.key = KEY
    library.receive_data(answer)
    if library.handshake_exc is not None:
        return None
    for event in library.events_received():
        if isinstance(event, Response):
            return list(event.headers.raw_items())
    return None


@pytest.mark.parametrize(
    "lines",
    [
        (UPGRADE, CONNECTION, ACCEPT),  # npm's ws
        (UPGRADE, CONNECTION, ACCEPT, b"date: Wed, 02 Dec 2026 09:00:00 GMT", b"server: uvicorn"),
        (b"upgrade: WebSocket", b"connection:upgrade ", ACCEPT, b"Set-Cookie: a=b; Path=/", b"X:"),
        (ACCEPT, b"Set-Cookie: a=b", b"Set-Cookie: c=d", CONNECTION, UPGRADE),
    ],
)
def test_the_common_answers_are_read_without_the_library(lines: tuple[bytes, ...]) -> None:
    answer = head(STATUS, *lines)
    headers = read_acceptance(answer, KEY)
    assert headers is not None
    assert headers == by_the_library(answer)


STATUSES: Final = (
    b"HTTP/1.1 101 ",
    b"HTTP/1.1 101",
    b"HTTP/1.0 101 Switching Protocols",
    b"HTTP/1.1 1010 Switching",
    b"HTTP/1.1 200 OK",
    b"HTTP/1.1 101 \x00",
    b"http/1.1 101 OK",
)
WRONG: Final = (
    b"Upgrade: h2c",
    b"Upgrade: websocket, h2c",
    b"Connection: close",
    b"Connection: keep-alive, Upgrade",
    b"Sec-WebSocket-Accept: ",
    b"Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
    b"Sec-WebSocket-Extensions: permessage-deflate",
    b"Sec-WebSocket-Extensions:",
    b"Sec-WebSocket-Protocol: chat",
    b"no colon",
    b": no name",
    b"two words: x",
    b" folded: x",
    b"name : x",
    b"bare\rreturn: x",
    b"bare: \nnewline",
    b"control: \x7f",
    b"latin: \xe9",
    b"long: " + b"x" * 9000,
)
GOOD: Final = (UPGRADE, CONNECTION, ACCEPT, b"upgrade: websocket", b"Tab:\ta\tb ", b"Empty:")


@given(
    status=st.sampled_from((STATUS,) * 5 + STATUSES),
    lines=st.lists(st.sampled_from((UPGRADE, CONNECTION, ACCEPT) * 4 + GOOD + WRONG), max_size=6),
    at=st.integers(0, 400),
    change=st.binary(max_size=2),
    cut=st.integers(0, 2),
)
def test_what_is_accepted_is_what_the_library_accepts(
    status: bytes, lines: list[bytes], at: int, change: bytes, cut: int
) -> None:
    answer = head(status, *lines)
    answer = answer[:at] + change + answer[at + cut :]
    headers = read_acceptance(answer, KEY)
    assert headers is None or headers == by_the_library(answer)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("instead_of", [None, UPGRADE, CONNECTION, ACCEPT])
def test_any_other_answer_is_left_to_the_library(wrong: bytes, instead_of: bytes | None) -> None:
    lines = [line for line in (UPGRADE, CONNECTION, ACCEPT) if line != instead_of]
    assert read_acceptance(head(STATUS, *lines, wrong), KEY) is None


@pytest.mark.parametrize("status", STATUSES[1:])
def test_another_status_is_left_to_the_library(status: bytes) -> None:
    assert read_acceptance(head(status, UPGRADE, CONNECTION, ACCEPT), KEY) is None


@pytest.mark.parametrize(
    "url",
    [
        "ws://example.org/socket.io/?EIO=4&transport=websocket",
        "wss://example.org:443/socket.io/?EIO=4",
        "ws://example.org:8000/",
        "ws://[::1]:8000/socket.io/?q=a%20b",
        "ws://me:p%40ss@example.org/",
        "ws://b\xfccher.example/\xe9?\xe9=1",
    ],
)
@pytest.mark.parametrize("compression", [False, True])
@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": "a=b", "x": "\xe9"}, {"User-Agent": "mine"}, {"user-agent": "mine"}]
)
def test_the_request_is_that_of_the_library(
    url: str, compression: bool, headers: dict[str, str]
) -> None:
    extensions = enable_client_permessage_deflate(None) if compression else None
    library = ClientProtocol(parse_uri(url), extensions=extensions)
    library.key = KEY
    expected = library.connect()
    expected.headers.update(headers)
    expected.headers.setdefault("User-Agent", parsed(write_request(url, KEY, {}, ()))["User-Agent"])
    written = write_request(url, KEY, headers, tuple(extensions or ()))
    assert written.startswith(f"GET {expected.path} HTTP/1.1\r\n".encode())
    assert sorted(parsed(written).raw_items()) == sorted(expected.headers.raw_items())


def parsed(request: bytes) -> Headers:
    reader = StreamReader()
    reader.feed_data(request)
    steps = Request.parse(reader.read_line)
    try:
        next(steps)
    except StopIteration as end:
        headers: Headers = end.value.headers
        return headers
    raise AssertionError("the request has no end")


def test_a_header_that_would_begin_another_line_is_refused() -> None:
    with pytest.raises(WebSocketException, match="Cookie"):
        write_request("ws://test/", KEY, {"Cookie": "a=b\r\nX: y"}, ())
