"""Requests that RFC 9112 and RFC 6455 demand to be refused, as bytes over a socket: on both ways of
hosting.
"""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import parse_qsl

import pytest
from ackord.runtime.polling.request import parse_query
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.hosting.network import Served, masked
from tests.runtime.hosting.ways import Hosting, everything, on_every_hosting

POLLING = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"


def get(line: str = f"GET {POLLING} HTTP/1.1", headers: str = "Host: x\n") -> bytes:
    return f"{line}\n{headers}\n".replace("\n", "\r\n").encode("latin-1")


def post(headers: str, body: bytes = b"1\r\n4\r\n0\r\n\r\n", version: str = "1.1") -> bytes:
    return get(f"POST {POLLING} HTTP/{version}", f"Host: x\n{headers}\n") + body


def upgrade(more: str = "", *, version: str = "1.1", method: str = "GET", **changes: str) -> bytes:
    """Build an opening handshake; an empty value leaves a header out, `|` separates several."""
    headers = {
        "Host": "x",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **{
            {"key": "Sec-WebSocket-Key", "number": "Sec-WebSocket-Version"}.get(
                name, name.title()
            ): value
            for name, value in changes.items()
        },
    }
    lines = "".join(
        f"{name}: {value}\n"
        for name, values in headers.items()
        if values
        for value in values.split("|")
    )
    return get(f"{method} {WEBSOCKET} HTTP/{version}", lines + more)


REFUSED = {
    # RFC 9112, 3.2
    "no Host": get(headers=""),
    "two Hosts": get(headers="Host: x\nHost: x\n"),
    "two Hosts of HTTP/1.0": get(f"GET {POLLING} HTTP/1.0", "Host: x\nHost: y\n"),
    "a Host with a blank": get(headers="Host: a b\n"),
    "a Host with a path": get(headers="Host: x/socket.io\n"),
    "a Host with a user": get(headers="Host: x@y\n"),
    "a list of Hosts": get(headers="Host: x, y\n"),
    "a Host that isn't ASCII": get(headers="Host: \xe9\n"),
    "a port that isn't a number": get(headers="Host: x:http\n"),
    # 2.3 and 3
    "HTTP/2.0": get(f"GET {POLLING} HTTP/2.0"),
    "HTTP/0.9": get(f"GET {POLLING} HTTP/0.9"),
    "HTTP/1.2": get(f"GET {POLLING} HTTP/1.2"),
    "no version": get(f"GET {POLLING}", ""),
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a blank in the target": get(f"GET {POLLING} x HTTP/1.1"),
    # 5
    "a blank before a colon": get(headers="Host: x\nA : b\n"),
    "a folded line": get(headers="Host: x\nA: b\n c\n"),
    "a blank before the first header": get(headers=" A: b\nHost: x\n"),
    "a header without a colon": get(headers="Host: x\nA\n"),
    "a header without a name": get(headers="Host: x\n: b\n"),
    "a zero in a header": get(headers="Host: x\nA: \0\n"),
    "a CR in a header": get(headers="Host: x\nA: b\rc\n"),
    "lines that end with LF only": f"GET {POLLING} HTTP/1.1\nHost: x\n\n".encode(),
    # 6.1 to 6.3 and 7.1
    "two lengths": post("Content-Length: 1\nContent-Length: 1", b"4"),
    "a list of lengths": post("Content-Length: 1, 1", b"4"),
    "a length with a sign": post("Content-Length: +1", b"4"),
    "a length in hexadecimal": post("Content-Length: 0x1", b"4"),
    "a length and a coding": post("Content-Length: 1\nTransfer-Encoding: chunked"),
    "a coding and a length": post("Transfer-Encoding: chunked\nContent-Length: 1"),
    "an unknown coding": post("Transfer-Encoding: gzip"),
    "an unknown coding before chunked": post("Transfer-Encoding: gzip, chunked"),
    "chunked before another coding": post("Transfer-Encoding: chunked, gzip"),
    "chunked twice": post("Transfer-Encoding: chunked\nTransfer-Encoding: chunked"),
    "a coding that looks like chunked": post("Transfer-Encoding: xchunked"),
    "a coding in HTTP/1.0": post("Transfer-Encoding: chunked", version="1.0"),
    "a chunk's size that is no number": post("Transfer-Encoding: chunked", b"x\r\n4\r\n0\r\n\r\n"),
    "a chunk's size beyond 64 bits": post(
        "Transfer-Encoding: chunked", b"fffffffffffffffff\r\n4\r\n0\r\n\r\n"
    ),
    "a chunk that ends with LF only": post("Transfer-Encoding: chunked", b"1\n4\n0\n\n"),
    "a chunk longer than its size": post("Transfer-Encoding: chunked", b"1\r\n4a\r\n0\r\n\r\n"),
    # RFC 6455, 4.2.1
    "a WebSocket over HTTP/1.0": upgrade(version="1.0"),
    "a WebSocket over HTTP/2.0": upgrade(version="2.0"),
    "a WebSocket without Host": upgrade(host=""),
    "a WebSocket with two Hosts": upgrade(host="x|x"),
    "a WebSocket with a malformed Host": upgrade(host="a b"),
    "a WebSocket with a body": upgrade("Content-Length: 2\n") + b"4a",
    "a WebSocket with chunks": upgrade("Transfer-Encoding: chunked\n") + b"0\r\n\r\n",
    "no key": upgrade(key=""),
    "a short key": upgrade(key="dGhlIHNhbXBsZSBub24="),
    "a long key": upgrade(key="dGhlIHNhbXBsZSBub25jZSE="),
    "a key that isn't base64": upgrade(key="dGhlIHNhbXBsZSBub25j*Q=="),
    "two keys": upgrade(key="dGhlIHNhbXBsZSBub25jZQ==|dGhlIHNhbXBsZSBub25jZQ=="),
    "no version of the WebSocket": upgrade(number=""),
    "a subprotocol that is none": upgrade("Sec-WebSocket-Protocol: a b\n"),
}
STATUS = {
    "two versions of the WebSocket": "13|13",
    "an old version": "8",
    "a new version": "14",
    "a list of versions": "13, 8",
}


async def answer_to(served: Served, data: bytes) -> bytes:
    """Send a request after which the server closes the connection."""
    reader, writer = await served.connect()
    writer.write(data)
    async with asyncio.timeout(5):
        return await reader.read()


@on_every_hosting
def test_a_request_that_must_be_refused_gets_400_and_its_connection_ends(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        for name, data in REFUSED.items():
            answer = await answer_to(served, data)
            assert answer.startswith(b"HTTP/1.1 400 "), name
            assert answer.count(b"HTTP/1.1 ") == 1, name
        assert served.site.recorders == []

    hosting.play(scenario)
    assert len(caplog.records) < 10, "one line for each cause"
    assert all(
        record.levelno == logging.WARNING and record.message.isprintable()
        for record in caplog.records
    )


@on_every_hosting
@pytest.mark.parametrize("name", STATUS)
def test_another_version_of_the_websocket_protocol_is_told_which_one_is_spoken(
    hosting: Hosting, name: str
) -> None:
    async def scenario(served: Served) -> None:
        head = (await answer_to(served, upgrade(number=STATUS[name]))).lower()
        assert head.startswith(b"http/1.1 426 ")
        assert b"\r\nsec-websocket-version: 13\r\n" in head
        assert b"\r\nupgrade: websocket\r\n" in head
        assert (await answer_to(served, upgrade(method="POST"))).startswith(b"HTTP/1.1 405 ")

    hosting.play(scenario)


@on_every_hosting
@pytest.mark.parametrize(
    "host", ["x", "", "x:1", "x:", "EXAMPLE.org.", "[::1]", "[::1]:8000", "a_b-c.d", "x \t"]
)
def test_every_way_to_write_a_host_is_taken(hosting: Hosting, host: str) -> None:
    async def scenario(served: Served) -> None:
        assert b" 200 OK" in await answer_to(
            served, get(headers=f"Host: {host}\nConnection: close\n")
        )
        reader, writer = await served.connect()
        writer.write(upgrade(host=host or "x") + masked(0x81, b"4early"))
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        await reader.readuntil(b"4early")

    hosting.play(scenario)


@on_every_hosting
def test_what_is_wrong_in_the_same_read_as_the_handshake_harms_nobody(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        for data in (
            masked(0x83, b""),
            b"GET / HTTP/1.1\r\n\r\n",
            masked(0x88, b""),
            b"\x81\xfe\x00\x03",
            masked(0x81, b"\xff"),
        ):
            reader, writer = await served.connect()
            writer.write(upgrade() + data)
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            frames = await everything(reader)
            assert [first for first, _ in frames] == [0x81, 0x88], data
            await served.gone()

    hosting.play(scenario)
    assert {record.levelname for record in caplog.records} <= {
        "WARNING"
    }  # of the violations, without tracebacks


@on_every_hosting
def test_an_offer_of_another_protocol_is_ignored_and_what_follows_is_read(hosting: Hosting) -> None:
    offer = get(
        headers=(
            "Host: x\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: "
            "AAMAAABkAAQAAP__\n"
        )
    )

    async def scenario(served: Served) -> None:
        answers = await answer_to(served, offer * 20 + get(headers="Host: x\nConnection: close\n"))
        assert answers.count(b"HTTP/1.1 200 OK") == 21

    hosting.play(scenario)


@given(st.text(alphabet="ab&=+%41é\0", max_size=40) | st.text(max_size=20))
def test_a_query_string_is_read_as_the_standard_library_reads_it(text: str) -> None:
    assert parse_query(text) == dict(parse_qsl(text, keep_blank_values=True))


@pytest.mark.parametrize("pair", ["a", "%41=%42", "a+b"])
def test_a_query_string_has_at_most_a_thousand_parameters(pair: str) -> None:
    query = parse_query("&".join([*[pair] * 999, "EIO=4", "EIO=3"]))
    assert query["EIO"] == "4"
