"""`ackord explore`: what it refuses to start with, and what its proxy passes on and what it
doesn't.
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.hosts import Hosting
from tests.interop.conftest import serving_process, serving_python

SCHEMA = Path(__file__).parent / "explorer/lab.yaml"
EXPLORE = [sys.executable, "-m", "ackord.codegen", "explore"]
SOCKETIO = "socket.io/?EIO=4&transport="


class Explored(NamedTuple):
    """A running `ackord explore`."""

    port: int
    token: str
    server: str
    """The URL of the server."""
    stop_server: ExitStack

    def request(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def websocket(self, token: str, origin: str | None = None) -> ClientConnection:
        url = f"ws://127.0.0.1:{self.port}/{token}/{SOCKETIO}websocket"
        return connect(url, open_timeout=20, origin=None if origin is None else Origin(origin))


@pytest.fixture
def explored() -> Iterator[Explored]:
    with ExitStack() as server_stack:
        server = server_stack.enter_context(
            serving_python("tests.interop.explorer_server", Hosting.DIRECT)
        )
        with serving_process([*EXPLORE, str(SCHEMA), "--url", server]) as line:
            url = urlsplit(line.split(" is at ")[1].split()[0])
            assert url.port is not None
            yield Explored(url.port, url.path.strip("/"), server, server_stack)


def test_nothing_is_passed_on_without_the_token(explored: Explored) -> None:
    token, wrong = explored.token, explored.token[:-1] + "-"
    assert len(token) == 32
    paths = ["/", "/explorer", f"/{wrong}/", f"/{token}x/", f"//{token}/", f"/{token}/../", "/%00"]
    for path in [*paths, f"/{SOCKETIO}polling", f"/{wrong}/{SOCKETIO}polling"]:
        assert explored.request(path) == (404, b"Not Found"), path
    for wrong_host in ("evil.example", "evil.example:80", ""):
        headers = {"Host": wrong_host}
        assert explored.request(f"/{token}/", headers=headers) == (404, b"Not Found")
    for given in (wrong, "x", ""):
        with pytest.raises(InvalidStatus, match="403"):
            explored.websocket(given)


def test_nothing_is_passed_on_for_a_page_of_another_origin(explored: Explored) -> None:
    for origin in (
        "http://evil.example",
        "http://127.0.0.1.evil.example",
        "https://localhost",
        "null",
    ):
        headers = {"Origin": origin}
        for path in ("/", f"/{SOCKETIO}polling"):
            found = explored.request(f"/{explored.token}{path}", headers=headers)
            assert found == (404, b"Not Found"), origin
        with pytest.raises(InvalidStatus, match="403"):
            explored.websocket(explored.token, origin)


def test_only_the_page_and_socketio_are_there_with_the_token(explored: Explored) -> None:
    below = f"/{explored.token}"
    assert explored.request(f"{below}/")[0] == 200
    assert b'"name":"lab"' in explored.request(f"{below}/contract.json")[1]
    for path in (
        "docs/live",
        "socket.io/../docs/live",
        "socket.io/%2e%2e/docs/live",
        "socket.io/%3Fx",
        "socket.io/admin",
        "socket.io",
    ):
        assert explored.request(f"{below}/{path}") == (404, b"Not Found"), path
    status, packet = explored.request(f"{below}/{SOCKETIO}polling")
    assert (status, packet[:8]) == (200, b'0{"sid":')
    assert explored.request(f"{below}/{SOCKETIO}polling", "DELETE")[0] == 405
    assert explored.request(f"{below}/{SOCKETIO}nothing")[0] == 400


def test_the_page_is_of_the_servers_own_origin_behind_it(explored: Explored) -> None:
    headers = {"Origin": "http://localhost:1", "Cookie": "other=secret"}
    assert explored.request(f"/{explored.token}/{SOCKETIO}polling", headers=headers)[0] == 200
    with explored.websocket(explored.token, "http://localhost:1") as websocket:
        assert str(websocket.recv(timeout=20)).startswith('0{"sid":')
        websocket.send('40/lab,{"key":"shut"}')
        assert "wrong_key" in str(websocket.recv(timeout=20))


def test_a_body_that_is_too_large_is_refused_before_it_is_there(explored: Explored) -> None:
    with socket.create_connection(("127.0.0.1", explored.port), timeout=20) as client:
        path = f"/{explored.token}/{SOCKETIO}polling&sid=x"
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10000001\r\n\r\n"
        client.sendall(head.encode())
        assert client.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_a_message_that_is_too_large_ends_its_websocket_only(explored: Explored) -> None:
    with explored.websocket(explored.token) as websocket:
        websocket.recv(timeout=20)
        with pytest.raises(ConnectionClosed):  # noqa: PT012  # sending may be cut off already
            websocket.send("4" * 10_000_001)
            while True:
                websocket.recv(timeout=20)
    assert explored.request(f"/{explored.token}/")[0] == 200


def test_what_waits_ends_with_the_server_and_then_it_is_a_bad_gateway(explored: Explored) -> None:
    with explored.websocket(explored.token) as websocket:
        websocket.recv(timeout=20)
        explored.stop_server.close()
        with pytest.raises(ConnectionClosed):  # noqa: PT012  # the session's last packets
            while True:
                websocket.recv(timeout=20)
    status, text = explored.request(f"/{explored.token}/{SOCKETIO}polling")
    assert (status, text) == (502, b"The server can't be reached: ConnectError")
    with pytest.raises(InvalidStatus):
        explored.websocket(explored.token)
    assert explored.request(f"/{explored.token}/")[0] == 200


def test_a_body_that_is_cut_off_is_not_passed_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, before(listener) as (client, path):
        port = client.getpeername()[1]
        head = f"{path}{SOCKETIO}polling HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        client.sendall(f"POST {head}Content-Length: 100\r\n\r\n4hello".encode())
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
        with socket.create_connection(("127.0.0.1", port)) as other:
            other.sendall(f"GET {head}\r\n".encode())
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(65_536).startswith(b"GET ")


def test_no_redirect_is_followed_and_no_proxy_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_server(("127.0.0.1", 0)) as elsewhere,
    ):
        other = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/"
        monkeypatch.setenv("HTTP_PROXY", other)
        with before(listener, "--header", "X-Key: secret") as (client, path):
            asking = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            head = f"GET {path}{SOCKETIO}websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n{asking}\r\n"
            client.sendall(head.encode())
            redirect = f"HTTP/1.1 302 Found\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n"
            answer(listener, redirect.encode())
            assert client.recv(4096).startswith(b"HTTP/1.1 403 ")
        elsewhere.settimeout(0)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()


def test_an_answer_that_is_cut_off_is_cut_off_for_the_browser() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, before(listener) as (client, path):
        client.sendall(f"GET {path}{SOCKETIO}polling HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer(listener, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n4hello")
        received = b""
        while piece := client.recv(4096):
            received += piece
    assert b"content-length: 100\r\n" in received
    assert received.endswith(b"\r\n\r\n4hello")


@contextmanager
def before(listener: socket.socket, *options: str) -> Generator[tuple[socket.socket, str]]:
    """Run the verb before a server that is a listening socket; give a connection to the proxy, and
    the path with the token.
    """
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    command = [*EXPLORE, str(SCHEMA), "--url", url, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            answer(
                listener, b'HTTP/1.1 400 Bad\r\nContent-Length: 25\r\n\r\n{"code":0,"message":"no"}'
            )
            assert process.stdout is not None
            line: str = process.stdout.readline()
            at = urlsplit(line.split(" is at ")[1].split(maxsplit=1)[0])
            with socket.create_connection(("127.0.0.1", at.port or 0), timeout=20) as client:
                yield client, at.path
        finally:
            process.terminate()


def answer(listener: socket.socket, response: bytes) -> None:
    """Take one request, answer it, and close the connection."""
    listener.settimeout(30)
    connection, _ = listener.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(response)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nope.yaml", "--url", "{server}"], 2, "the file can't be read"),
        ([str(SCHEMA), "--url", "http://127.0.0.1:1"], 1, "no server can be reached at http://127.0.0.1:1: "),
        ([str(SCHEMA), "--url", "ftp://127.0.0.1"], 2, "--url must look like http://127.0.0.1:8000"),
        ([str(SCHEMA), "--url", "{server}/chat"], 2, "--url has no path: give that of Socket.IO by --path"),
        ([str(SCHEMA), "--url", "http://ada:secret@127.0.0.1"], 2, "--url has no password: give a header"),
        ([str(SCHEMA), "--url", "{server}", "--path", "/other"], 1, "no Socket.IO server answers at"),
        ([str(SCHEMA), "--url", "{server}", "--header", "x"], 2, "--header looks like 'Name: value'"),
        ([str(SCHEMA)], 2, "Missing option"),
    ],
)  # fmt: skip
def test_wrong_usage_ends_at_once(arguments: list[str], code: int, message: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = f"http://127.0.0.1:{listener.getsockname()[1]}"
        given = [each.replace("{server}", server) for each in arguments]
        process = subprocess.Popen([*EXPLORE, *given], stderr=subprocess.PIPE, text=True)
        if "/other" in given:
            answer(listener, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        _, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert message in said
    assert "secret" not in said


def test_the_header_that_is_given_reaches_the_server_in_place_of_the_browsers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with before(listener, "--header", "Authorization: Bearer t") as (client, path):
            own = "Authorization: Basic own\r\nCookie: a=b\r\nX-Own: 1\r\nTE: trailers"
            head = f"GET {path}{SOCKETIO}polling HTTP/1.1\r\nHost: 127.0.0.1\r\n{own}\r\n\r\n"
            client.sendall(head.encode())
            connection, _ = listener.accept()
            with connection:
                request = connection.recv(65_536).decode().lower()
    assert f"host: {urlsplit(url).netloc}" in request
    assert f"origin: {url}" in request
    assert "authorization: bearer t" in request
    assert not [name for name in ("cookie", "x-own", "te:", "basic") if name in request]


def test_a_new_token_each_time(explored: Explored) -> None:
    with serving_process([*EXPLORE, str(SCHEMA), "--url", explored.server]) as line:
        other = line.split(" is at ")[1].split()[0]
        assert explored.token not in other
    assert len(urlsplit(other).path) == len(f"/{explored.token}/")
