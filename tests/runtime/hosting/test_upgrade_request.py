"""Which opening handshakes are common, and how they are answered."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time

import pytest
from ackord.runtime.hosting.uvicorn.upgrade_request import (
    MAX_UPGRADE_REQUEST,
    read_upgrade_request,
    subprotocols_of,
    websocket_key,
    write_response,
)
from websockets.client import ClientProtocol
from websockets.http11 import Response
from websockets.uri import parse_uri

from tests.runtime.hosting.network import Served, frame, until
from tests.runtime.hosting.ways import DIRECT

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
LINES = [
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    b"Host: example.org",
    b"Upgrade: WebSocket",
    b"Connection: keep-alive, Upgrade",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: " + KEY,
    b"Sec-WebSocket-Extensions: permessage-deflate",
    b"Sec-WebSocket-Protocol: chat, superchat",
    b"User-Agent:  Somebody (caf\xe9)\t ",
    b"X-Empty:",
]


def request(*lines: bytes) -> bytes:
    return b"\r\n".join((*lines, b"", b""))


def without(name: bytes) -> list[bytes]:
    return [line for line in LINES if not line.lower().startswith(name)]


def test_a_common_handshake_is_read() -> None:
    read = read_upgrade_request(request(*LINES), is_compressing=False)
    assert read is not None
    opening, rest = read
    assert rest == b""
    assert (opening.target, opening.key) == (b"/socket.io/?EIO=4&transport=websocket", KEY)
    assert opening.headers[0] == (b"host", b"example.org")
    assert opening.headers[-2:] == [(b"user-agent", b"Somebody (caf\xe9)"), (b"x-empty", b"")]
    assert subprotocols_of(opening.headers) == ["chat", "superchat"]


def test_what_the_library_sends_is_common() -> None:
    client = ClientProtocol(parse_uri("ws://example.org/socket.io/?EIO=4&transport=websocket"))
    client.send_request(client.connect())
    read = read_upgrade_request(b"".join(client.data_to_send()) + b"\x81", is_compressing=False)
    assert read is not None
    opening, rest = read
    assert rest == b"\x81"
    answer = write_response(
        opening.key, {"type": "websocket.accept"}, [(b"date", b"today"), (b"server", b"uvicorn")]
    )
    client.receive_data(answer)
    [response] = client.events_received()
    assert isinstance(response, Response)
    assert (response.status_code, response.headers["server"]) == (101, "uvicorn")
    assert client.handshake_exc is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(request(*LINES)[:-1], id="incomplete"),
        pytest.param(request(*LINES).replace(b"\r\n", b"\n"), id="bare line feeds"),
        pytest.param(request(*LINES).replace(b"GET", b"POST"), id="another method"),
        pytest.param(
            request(*LINES).replace(b"HTTP/1.1", b"HTTP/1.0"), id="another version of HTTP"
        ),
        pytest.param(
            request(*LINES).replace(b"GET /", b"GET http://example.org/"), id="an absolute target"
        ),
        pytest.param(
            request(*LINES).replace(b"EIO=4", b"EIO=\xe9"), id="a target that isn't ASCII"
        ),
        pytest.param(request(*LINES).replace(b"EIO=4", b"EIO=4#x"), id="a fragment"),
        pytest.param(request(LINES[0], b"bad header: x", *LINES[1:]), id="a space in a name"),
        pytest.param(request(LINES[0], b"X: a\0b", *LINES[1:]), id="a NUL in a value"),
        pytest.param(request(*LINES[:2], b" folded", *LINES[2:]), id="a folded line"),
        pytest.param(request(LINES[0], b"nothing", *LINES[1:]), id="no colon"),
        pytest.param(request(*without(b"upgrade")), id="no upgrade"),
        pytest.param(request(*without(b"upgrade"), b"Upgrade: h2c"), id="another upgrade"),
        pytest.param(request(*LINES, b"Upgrade: websocket"), id="two upgrades"),
        pytest.param(request(*without(b"connection")), id="no connection"),
        pytest.param(
            request(*without(b"connection"), b"Connection: close"), id="another connection"
        ),
        pytest.param(request(*without(b"sec-websocket-version")), id="no version"),
        pytest.param(
            request(*without(b"sec-websocket-version"), b"Sec-WebSocket-Version: 8"),
            id="another version",
        ),
        pytest.param(request(*without(b"sec-websocket-key")), id="no key"),
        pytest.param(request(*LINES, b"Sec-WebSocket-Key: " + KEY), id="two keys"),
        pytest.param(
            request(*without(b"sec-websocket-key"), b"Sec-WebSocket-Key: abc="), id="a short key"
        ),
        pytest.param(
            request(*without(b"sec-websocket-key"), b"Sec-WebSocket-Key: !!"),
            id="a key that isn't base64",
        ),
        pytest.param(request(*LINES, b"Origin: http://a", b"Origin: http://b"), id="two origins"),
        pytest.param(request(*LINES, b"Host: y"), id="two hosts"),
        pytest.param(
            request(*without(b"sec-websocket-protocol"), b"Sec-WebSocket-Protocol: a b"),
            id="no token as subprotocol",
        ),
        pytest.param(
            request(*without(b"sec-websocket-protocol"), b"Sec-WebSocket-Protocol:"),
            id="an empty subprotocol",
        ),
        pytest.param(
            request(*without(b"connection"), b"Connection: upgrade, a b"),
            id="no token as connection",
        ),
        pytest.param(request(*LINES, b"Content-Length: 5"), id="a body"),
        pytest.param(request(*LINES, b"Transfer-Encoding: chunked"), id="a streamed body"),
        pytest.param(request(*LINES, *[b"X: y"] * 100), id="many headers"),
        pytest.param(request(*LINES, b"X: " + b"y" * MAX_UPGRADE_REQUEST), id="long headers"),
    ],
)
def test_everything_else_is_left_to_uvicorn(data: bytes) -> None:
    assert read_upgrade_request(data, is_compressing=False) is None


def test_compression_is_left_to_uvicorn_where_it_is_on_and_offered() -> None:
    assert read_upgrade_request(request(*LINES), is_compressing=True) is None
    assert (
        read_upgrade_request(request(*without(b"sec-websocket-extensions")), is_compressing=True)
        is not None
    )
    assert websocket_key([(b"sec-websocket-key", KEY)], is_compressing=False) is None


def test_blanks_of_a_value_cost_nothing() -> None:
    data = request(*LINES, b"X: a" + b" " * 7000 + b"b")
    started = time.process_time()
    for _ in range(100):
        assert read_upgrade_request(data, is_compressing=False) is not None
    assert time.process_time() - started < 1  # it takes 0.01 s; a quadratic one takes 10 s


@pytest.mark.parametrize("header", [(b"x\r\n", b"y"), (b"x", b"y\nz"), (b"x", b"\0")])
def test_an_answer_cannot_be_split_by_a_header(header: tuple[bytes, bytes]) -> None:
    with pytest.raises(RuntimeError, match="holds a line break"):
        write_response(KEY, {"type": "websocket.accept", "headers": [header]}, [])


@pytest.mark.parametrize("cut", [1, 3, 60, 200])
def test_a_handshake_in_pieces_is_answered_as_well(cut: int) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect()
        data = request(*LINES)
        writer.write(data[:cut])
        await asyncio.sleep(0.01)
        writer.write(data[cut:])
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        assert (await frame(reader))[1].startswith(b"0{")
        await until(lambda: served.site.engine.sessions == 1)
        assert (
            served.site.recorder.socket.request.headers["user-agent"].strip() == "Somebody (café)"
        )  # uvicorn leaves blanks

    DIRECT.play(scenario)


def test_a_server_that_has_the_process_keeps_the_garbage_collector_from_what_stays() -> None:
    code = """
        import gc, sys
        from ackord.runtime.hosting import configure
        from ackord.runtime.hosting.uvicorn.host import OBJECTS_BETWEEN_COLLECTIONS
        from ackord.runtime.server import Server

        host = configure(Server().asgi(), port=0, callback_notify=None)
        started = type(host).startup

        async def startup(self, sockets=None):
            await started(self, sockets)
            print(gc.get_freeze_count() > 10_000, gc.get_threshold()[0] == OBJECTS_BETWEEN_COLLECTIONS)
            self.should_exit = True

        type(host).startup = startup
        host.run()
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert run.stdout.split() == ["True", "True"]
