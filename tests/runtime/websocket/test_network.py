"""The client over real sockets of this machine: against PyPI's python-socketio, and against servers
that misbehave as only networks can.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket as socket_module
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
import socketio
import uvicorn
from ackord.runtime.client import ClientSocket, Manager, connect
from ackord.runtime.client.multiplexer import Multiplexer
from ackord.runtime.engine.client import Connection
from ackord.runtime.errors import (
    ConnectRefusedError,
    DisconnectedError,
    SlowConsumerError,
)
from ackord.runtime.testing import OPEN_PACKET
from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from tests.attempts import hold_once

TLS = Path(__file__).parent / "tls"
"""A certificate for 127.0.0.1 that nobody has signed but itself, and its key; they protect nothing.
"""


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20):
            await scenario()
        left = [task for task in asyncio.all_tasks() if is_ours(task)]
        assert not left, f"tasks are left: {left}"

    asyncio.run(main())


def is_ours(task: asyncio.Task[Any]) -> bool:
    """Tell whether a task runs the client's code; python-socketio leaves some of its own."""
    coroutine: Any = task.get_coro()
    return "ackord" in coroutine.cr_code.co_filename and coroutine.cr_code.co_name != "main"


@asynccontextmanager
async def raw_server(
    handler: Callable[[ServerConnection], Awaitable[None]],
) -> AsyncGenerator[str, None]:
    async with serve(handler, "127.0.0.1", 0, compression=None, close_timeout=1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def asgi_server(app: Any) -> AsyncGenerator[str, None]:
    listening = socket_module.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="error",
            ws="websockets-sansio",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        # also where a test fails: it closes its sockets, which a cancellation would leave open
        server.should_exit = True
        await serving


def python_socketio(ping_timeout: float = 20) -> Any:
    module: Any = socketio
    server = module.AsyncServer(async_mode="asgi", ping_interval=1, ping_timeout=ping_timeout)

    async def connected(sid: str, environ: object, auth: object) -> None:
        if auth == {"token": "bad"}:
            raise module.exceptions.ConnectionRefusedError("not you", {"code": 7})

    async def echo(sid: str, *values: object) -> object:
        return values

    async def ask_me(sid: str) -> None:
        await server.emit("answer", await server.call("question", 20, to=sid), to=sid)

    async def kick_me(sid: str) -> None:
        await server.disconnect(sid)

    for name, handler in {
        "connect": connected,
        "echo": echo,
        "ask me": ask_me,
        "kick me": kick_me,
    }.items():
        server.on(name, handler)
    return module.ASGIApp(server)


def test_it_talks_with_python_socketio() -> None:
    hold_once(
        lambda ping_timeout: run(partial(_talk_with_python_socketio, ping_timeout)), (1, 3, 6)
    )


async def _talk_with_python_socketio(ping_timeout: float) -> None:
    async with asgi_server(python_socketio(ping_timeout)) as url:
        client = connect(url, auth={"token": "good"}, proxy=None)
        answered: asyncio.Queue[object] = asyncio.Queue()
        reasons: asyncio.Queue[str] = asyncio.Queue()
        client.on("answer", answered.put)
        client.on("disconnect", reasons.put)

        @client.on("question")
        async def question(value: int) -> dict[str, object]:
            return {"twice": value * 2, "data": b"\x00\xff"}

        async with client:
            assert client.id
            assert await client.emit_with_ack("echo", 1, {"é": b"\x01"}, timeout=5) == (
                1,
                {"é": b"\x01"},
            )
            client.emit("ask me")
            assert await answered.get() == {"twice": 40, "data": b"\x00\xff"}
            # Some heartbeats: without an answer to the first one python-socketio closes.
            await asyncio.sleep(1.5 + ping_timeout)
            assert client.connected
            client.emit("kick me")
            assert await reasons.get() == "io server disconnect"


def test_python_socketio_refuses_it() -> None:
    async def scenario() -> None:
        async with asgi_server(python_socketio()) as url:
            with pytest.raises(ConnectRefusedError) as caught:
                await connect(url, auth={"token": "bad"}, proxy=None).connect()
            assert (caught.value.message, caught.value.data) == ("not you", {"code": 7})

    run(scenario)


def test_nobody_listens_at_the_address() -> None:
    async def scenario() -> None:
        with socket_module.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        with pytest.raises(DisconnectedError, match=f"ws://127.0.0.1:{port}/socket.io/: "):
            await connect(
                f"http://me:secret@127.0.0.1:{port}?token=secret",
                proxy=None,
            ).connect()

    run(scenario)


GOOD_ANSWER = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: KEY\r\n\r\n"
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "HTTP status 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP status 200"),
        (b"HTTP/1.1 503 Busy\r\n\r\n" + b"x" * 100_000, "HTTP status 503"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "can't open a WebSocket"),
        (GOOD_ANSWER.replace(b"KEY", b"AAAA"), "Sec-WebSocket-Accept"),
        (GOOD_ANSWER.replace(b"Sec-WebSocket-Accept: KEY\r\n", b""), "Sec-WebSocket-Accept"),
        (GOOD_ANSWER.replace(b"websocket", b"h2c"), "Upgrade"),
        (GOOD_ANSWER.replace(b"n: Upgrade", b"n: close"), "Connection"),
        (
            GOOD_ANSWER.replace(b"Upgrade: w", b"Sec-WebSocket-Protocol: x\r\nUpgrade: w"),
            "protocol",
        ),
        (
            GOOD_ANSWER.replace(b"Upgrade: w", b"Sec-WebSocket-Extensions: x\r\nUpgrade: w"),
            "extension",
        ),
        (
            GOOD_ANSWER.replace(b"Upgrade: w", b"X: " + b"x" * 9000 + b"\r\nUpgrade: w"),
            "valid HTTP response",
        ),
        (
            GOOD_ANSWER.replace(b"Upgrade: w", b"X: x\r\n" * 129 + b"Upgrade: w"),
            "valid HTTP response",
        ),
        (b"HTTP/1.1 101 Endless\r\n" + b"X: x\r\n" * 100_000, "valid HTTP response"),
        (GOOD_ANSWER[:16], "can't open a WebSocket"),
        (GOOD_ANSWER[:60], "can't open a WebSocket"),
        (GOOD_ANSWER[:-2], "can't open a WebSocket"),
        (GOOD_ANSWER, "before the server opened a session"),
        (b"\x00\xff\x00 garbage\r\n\r\n", "can't open a WebSocket"),
        (b"", "can't open a WebSocket"),
    ],
)
@pytest.mark.parametrize("pieces", [1, 40])
def test_what_answers_is_no_websocket_server(answer: bytes, words: str, pieces: int) -> None:
    async def scenario() -> None:
        async def serve_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
            data = answer.replace(b"KEY", accept_key(key.decode()).encode())
            size = len(data) // pieces + 1
            with suppress(OSError):  # the client may have seen enough
                for at in range(0, len(data), size):
                    writer.write(data[at : at + size])
                    await writer.drain()
                    await asyncio.sleep(0)
                writer.close()
                await writer.wait_closed()

        async with await asyncio.start_server(serve_answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            url = f"http://127.0.0.1:{port}"
            with pytest.raises(DisconnectedError, match=words):
                await connect(url, transports=["websocket"], proxy=None).connect()

    run(scenario)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
@pytest.mark.parametrize(
    ("location", "named"),
    [
        ("http://127.0.0.1:{port}/socket.io/", "'127.0.0.1:{port}'"),
        ("ws://127.0.0.1:{port}/other/", "'127.0.0.1:{port}'"),
        ("//evil.example/", "'evil.example'"),
        ("wss://user:secret@evil.example:444/", "'evil.example:444'"),
        ("http://ev\x85il/", r"'ev\\x85il'"),
        ("http://[", r"'http://\['"),
    ],
)
def test_a_redirect_is_an_error_that_names_its_host_and_nothing_is_sent_there(
    status: int, location: str, named: str
) -> None:
    async def scenario() -> None:
        requests: list[bytes] = []

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(
                (
                    f"HTTP/1.1 {status} Elsewhere\r\nLocation: {location.format(port=port)}\r\n\r\n"
                ).encode("latin-1")
            )
            writer.close()
            await writer.wait_closed()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            client = connect(
                f"http://user:pass@127.0.0.1:{port}",
                auth={"token": "good"},
                proxy=None,
            )
            with pytest.raises(
                DisconnectedError, match=f"redirects.*{status}.*{named.format(port=port)}"
            ) as caught:
                await client.connect()
        assert len(requests) == 1
        assert "secret" not in str(caught.value)

    run(scenario)


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    async def scenario() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(DisconnectedError, match=r"0\.2 seconds"):
                await connect(
                    f"http://127.0.0.1:{port}",
                    proxy=None,
                    timeout=0.2,
                ).connect()
            await asyncio.sleep(0.05)

    run(scenario)


async def opened(connection: ServerConnection, open_packet: str = OPEN_PACKET) -> None:
    await connection.send(open_packet)
    await connection.recv()
    await connection.send('40{"sid":"x"}')


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("close", "transport close"),
        ("abort", "transport close"),
        ("mid frame", "transport close"),
        ("huge frame", "transport error"),
        ("huge fragments", "transport error"),
        ("bad utf-8", "transport error"),
        ("bad opcode", "transport error"),
    ],
)
def test_the_ways_in_which_networks_end(end: str, reason: str) -> None:
    async def handle(connection: ServerConnection) -> None:
        await opened(connection)
        transport = connection.transport
        match end:
            case "close":
                await connection.close(1001)
            case "abort":
                transport.abort()
            case "mid frame":
                transport.write(b"\x81\x7e\x01\x00" + b'42["x",')
                transport.close()
            case "huge frame":
                transport.write(b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"4")
            case "huge fragments":
                await connection.send("x" * 600 for _ in range(3))
            case "bad utf-8":
                transport.write(b"\x81\x03\xff\xfe\xfd")
            case _:
                transport.write(b"\x83\x00")
        await connection.wait_closed()

    async def scenario() -> None:
        async with raw_server(handle) as url:
            client = connect(url, proxy=None, max_message=1000, close_timeout=1)
            reasons: asyncio.Queue[str] = asyncio.Queue()
            client.on("disconnect", reasons.put)
            await client.connect()
            assert await reasons.get() == reason
            await client.disconnect()

    run(scenario)


def test_after_a_ping_timeout_the_next_connection_waits_for_nothing_of_the_old_one() -> None:
    hurried = OPEN_PACKET.replace("25000", "100").replace("20000", "100")

    async def scenario() -> None:
        connections: asyncio.Queue[ServerConnection] = asyncio.Queue()

        async def handle(connection: ServerConnection) -> None:
            await opened(connection, hurried)
            connection.transport.pause_reading()  # a network that is gone answers no close frame
            await connections.put(connection)
            await connection.wait_closed()

        async with raw_server(handle) as url:
            client = connect(url, proxy=None, close_timeout=3600, reconnection_delay=0)
            await client.connect()
            for left in [await connections.get() for _ in range(3)]:
                left.transport.abort()
            await client.disconnect()

    run(scenario)


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (1000, "", "the code 1000"),
        (1012, "", "the code 1012"),
        (1000, "bye", "the code 1000, 'bye'"),
        (3000, "", "the code 3000"),
        (1005, "", "the code 1005"),
    ],
)
def test_a_close_frame_is_answered_and_told(code: int, text: str, words: str) -> None:
    answered: list[int | None] = []

    async def handle(connection: ServerConnection) -> None:
        await opened(connection)
        if code == 1005:  # stands for none
            connection.protocol.send_close()
            connection.transport.write(b"".join(connection.protocol.data_to_send()))
        await connection.close(code, text)
        assert connection.protocol.close_rcvd is not None
        answered.append(connection.protocol.close_rcvd.code)

    async def scenario() -> None:
        told: asyncio.Queue[str] = asyncio.Queue()
        async with raw_server(handle) as url:
            client = connect(url, proxy=None, reconnection=False)

            @client.on("disconnect")
            async def disconnected(reason: str, description: str) -> None:
                await told.put(f"{reason}: {description}")

            await client.connect()
            assert (await told.get()).endswith(words)
        assert answered == [code]

    run(scenario)


def count(kind: type) -> int:
    return sum(type(thing) is kind for thing in gc.get_objects())


@pytest.mark.parametrize("end", ["close", "close with a text", "abort"])
def test_a_connection_that_has_ended_leaves_nothing_to_the_garbage_collector(end: str) -> None:
    async def handle(connection: ServerConnection) -> None:
        await opened(connection)
        if end == "abort":
            connection.transport.abort()
        else:
            await connection.close(1000, "bye" * (end != "close"))

    async def scenario() -> None:
        async with raw_server(handle) as url:
            client = connect(url, proxy=None, reconnection_delay=0, randomization_factor=0)
            joined: asyncio.Queue[None] = asyncio.Queue()
            client.on("connect", partial(joined.put_nowait, None))
            await client.connect()
            for _ in range(5):
                await joined.get()
                assert count(Connection) <= 1
                assert count(Multiplexer) <= 1
            await client.disconnect()

    gc.collect()
    gc.disable()
    try:
        run(scenario)
    finally:
        gc.enable()


def test_a_message_as_large_as_allowed_is_taken() -> None:
    async def handle(connection: ServerConnection) -> None:
        await opened(connection)
        await connection.send(f'42["x","{"y" * 990}"]')
        await connection.wait_closed()

    async def scenario() -> None:
        async with raw_server(handle) as url:
            client = connect(url, proxy=None, max_message=1000)
            got: asyncio.Queue[str] = asyncio.Queue()
            client.on("x", got.put)
            async with client:
                assert await got.get() == "y" * 990

    run(scenario)


def test_headers_and_no_compression_are_asked_for() -> None:
    async def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        headers = connection.request.headers
        await opened(connection)
        await connection.send(
            f'42["headers","{headers["Authorization"]}","{headers.get("Sec-WebSocket-Extensions", "none")}"]'
        )
        await connection.wait_closed()

    async def scenario() -> None:
        async with raw_server(handle) as url:
            manager = Manager(url, headers={"Authorization": "Bearer x"}, proxy=None)
            client = manager.socket()
            got: asyncio.Queue[object] = asyncio.Queue()

            @client.on("headers")
            async def headers(*values: str) -> None:
                await got.put(values)

            async with client:
                assert await got.get() == ("Bearer x", "none")

    run(scenario)


def test_certificates_are_verified() -> None:
    async def stay(connection: ServerConnection) -> None:
        await opened(connection)
        await connection.wait_closed()

    async def scenario() -> None:
        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        async with serve(stay, "127.0.0.1", 0, ssl=serving) as server:
            url = f"https://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
            with pytest.raises(DisconnectedError, match="certificate verify failed"):
                await connect(url, proxy=None).connect()
            trusting = ssl.create_default_context(cafile=str(TLS / "certificate.pem"))
            async with connect(url, proxy=None, ssl=trusting) as client:
                assert client.id == "x"

    run(scenario)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("answers", ["nothing", "the handshake only"])
@pytest.mark.parametrize("end", ["timeout", "cancel"])
@pytest.mark.parametrize("secure", [False, True])
def test_opening_that_is_given_up_leaves_nothing_and_waits_for_nobody(
    transport: Literal["websocket", "polling"], answers: str, end: str, secure: bool
) -> None:
    async def scenario() -> None:
        closed: list[asyncio.Event] = []

        async def serve_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            closed.append(gone := asyncio.Event())
            if answers != "nothing":
                request = await reader.readuntil(b"\r\n\r\n")
                key = request.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
                writer.write(
                    GOOD_ANSWER.replace(b"KEY", accept_key(key.decode()).encode())
                    if key
                    else b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n0{"
                )
            with suppress(OSError):
                await reader.read()
            gone.set()
            writer.transport.abort()

        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        async with await asyncio.start_server(
            serve_nothing, "127.0.0.1", 0, ssl=serving if secure else None
        ) as server:
            port = server.sockets[0].getsockname()[1]
            # A closing handshake would take longer than the test may.
            client = connect(
                f"http{'s' * secure}://127.0.0.1:{port}",
                transports=[transport],
                timeout=0.3 if end == "timeout" else 9999,
                close_timeout=9999,
                proxy=None,
                ssl=ssl.create_default_context(cafile=str(TLS / "certificate.pem")),
            )
            connecting = asyncio.ensure_future(client.connect())
            if end == "cancel":
                await asyncio.sleep(0.2)
                connecting.cancel()
            with pytest.raises((DisconnectedError, asyncio.CancelledError)):
                await connecting
            left = [task for task in asyncio.all_tasks() if is_ours(task)]
            assert not left, f"tasks are left: {left}"
            for each in closed:
                await each.wait()

    run(scenario)


@pytest.mark.parametrize("named_by", ["the option", "http_proxy", "HTTP_PROXY", "Http_Proxy"])
def test_connections_go_through_a_proxy(named_by: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    async def scenario() -> None:
        requests: list[bytes] = []

        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            requests.append(head.partition(b"\r\n")[0])
            target = requests[-1].split()[1]
            port = int(target.rpartition(b":")[2].partition(b"/")[0])
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            if head.startswith(b"CONNECT"):
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                far_writer.write(head)
            await asyncio.wait(
                [
                    asyncio.ensure_future(_copy(reader, far_writer)),
                    asyncio.ensure_future(_copy(far_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
            for end in (writer, far_writer):
                end.transport.abort()

        async with (
            asgi_server(python_socketio()) as url,
            await asyncio.start_server(pass_on, "127.0.0.1", 0) as proxy,
        ):
            through = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
            proxy_option: Any = through
            if named_by != "the option":
                monkeypatch.setenv(named_by, through)
                proxy_option = True
            async with connect(
                url, proxy=proxy_option, transports=("polling", "websocket")
            ) as client:
                assert await client.emit_with_ack("echo", 1) == 1
                await asyncio.sleep(0.3)
                assert await client.emit_with_ack("echo", 2) == 2
        assert {request.split()[0] for request in requests} == {b"GET", b"POST", b"CONNECT"}

    run(scenario)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)


def _emit_much(client: ClientSocket) -> None:
    for _ in range(400):
        client.emit("x", "y" * 900_000)


@pytest.mark.parametrize("end", ["drain", "close", "abort"])
def test_a_network_that_takes_nothing(end: str) -> None:
    async def handle(connection: ServerConnection) -> None:
        await opened(connection)
        connection.transport.pause_reading()
        if end == "drain":
            await asyncio.sleep(0.5)
            connection.transport.resume_reading()
            async for _ in connection:
                pass
        await connection.wait_closed()

    async def scenario() -> None:
        async with raw_server(handle) as url:
            client = connect(url, proxy=None, max_buffered=60_000_000, close_timeout=0.3)
            await client.connect()
            with pytest.raises(SlowConsumerError):
                _emit_much(client)
            client.volatile.emit("dropped")
            if end == "drain":
                await client.drain()
                client.emit("z")
            if end == "abort":
                client._close("transport error")
            await client.disconnect()

    run(scenario)
