"""Long-polling of the client: its requests, its ends, and servers that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.errors import (
    AckordError,
    DisconnectedError,
    InvalidPayloadError,
    SlowConsumerError,
)
from ackord.runtime.testing import OPEN_PACKET, RawServer

from tests.runtime.engine.client_harness import (
    PollingPeer,
    make_engine,
    open_connection,
    run_alone,
)

POLLING: dict[str, Any] = {"transports": ("polling",)}


def test_packets_are_batched_up_to_what_the_server_takes_one_post_at_a_time() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server, OPEN_PACKET.replace("1000000", "30"))
        peer.post_delay = 1
        connection, _ = await open_connection(server, **POLLING)
        assert connection.writable
        connection.send("4first")
        assert not connection.writable
        for packet in ("4" + "a" * 14, "4" + "é" * 7, "4" + "b" * 29, "4c"):
            connection.send(packet)
        connection.send("45", [b"\x00" * 9])
        await connection.drain()
        assert connection.buffered == 0
        bodies = [
            "4first\x1e4" + "a" * 14,
            "4" + "é" * 7,  # 15 bytes; the packets of this turn go together as far as they fit
            "4" + "b" * 29,
            "4c\x1e45\x1ebAAAAAAAAAAAA",
        ]
        assert peer.bodies == bodies
        assert asyncio.get_running_loop().time() == len(bodies)
        with pytest.raises(InvalidPayloadError, match=r"33 bytes \(over long-polling .* third\)"):
            connection.send("45", [b"\x00" * 24])
        with pytest.raises(InvalidPayloadError, match=r"U\+001E"):
            connection.send("4a\x1e4b")
        await connection.close("io client disconnect")
        await peer.close()

    run_alone(scenario)


def test_a_ping_is_answered_and_silence_is_a_ping_timeout() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        connection, recorder = await open_connection(server, **POLLING)
        for _ in range(3):
            await asyncio.sleep(40)
            peer.say("2")
        await asyncio.sleep(44)
        assert (peer.posted, recorder.ends) == (["3"] * 3, [])
        await asyncio.sleep(1)
        assert recorder.ends == [("ping timeout", "no heartbeat in time")]
        with pytest.raises(DisconnectedError):
            connection.send("4late")
        await peer.close()

    run_alone(scenario)


@pytest.mark.parametrize(
    ("method", "answer", "reason", "words"),
    [
        ("GET", {"body": "1"}, "transport close", None),
        ("GET", {"body": "4a\x1e9"}, "parse error", "unknown packet type"),
        ("GET", {"body": "4a\x1e0{}"}, "parse error", "opened an open session"),
        ("GET", {"body": "4a\x1eb!"}, "parse error", "base64"),
        ("GET", {"body": "<p>"}, "parse error", "web page"),
        (
            "GET",
            {"body": '{"code":1,"message":"Session ID unknown"}', "status": 400},
            "transport error",
            "sticky sessions",
        ),
        ("POST", {"body": "", "status": 413}, "transport error", "413: the message is larger"),
        ("POST", {"body": "", "status": 500}, "transport error", "refused a POST with HTTP"),
        ("GET", None, "transport error", "cut"),
        ("POST", None, "transport error", "cut"),
    ],
)
def test_the_ways_in_which_long_polling_ends(
    method: str, answer: dict[str, Any] | None, reason: str, words: str | None
) -> None:
    async def scenario() -> None:
        server = RawServer()
        opening = asyncio.ensure_future(open_connection(server, **POLLING))
        (await server.accept_request()).answer(OPEN_PACKET)
        connection, recorder = await opening
        connection.send("4hello")
        requests = [await server.accept_request() for _ in range(2)]
        (request,) = (each for each in requests if each.method == method)
        if answer is None:
            request.cut()
        else:
            request.answer(**answer)
        await asyncio.sleep(0.1)
        for each in requests:
            if each.method == "POST" and not each.is_over:
                each.answer()
        ((told, description),) = recorder.ends
        assert told == reason
        assert (words or "") in (description or "")
        assert recorder.received == (["4a"] if "4a" in (answer or {}).get("body", "") else [])
        await connection.wait_closed()

    run_alone(scenario)


def test_a_post_without_an_answer_ends_the_connection() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        peer.post_delay = 9999
        connection, recorder = await open_connection(server, **POLLING)
        connection.send("4hello")
        for _ in range(2):
            await asyncio.sleep(24)
            peer.say("2")
        assert [reason for reason, _ in recorder.ends] == ["transport error"]
        assert "POST within 45 seconds" in str(recorder.ends)
        await peer.close()

    run_alone(scenario)


def test_handlers_that_cannot_keep_up_set_the_pace() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        connection, recorder = await open_connection(server, **POLLING)
        recorder.congested = True
        peer.say("4a", "4b", "4c")
        await asyncio.sleep(100)
        assert recorder.received == ["4a"]
        recorder.congested = False
        recorder.may_go_on.set()
        assert await recorder.wait_for(3) == ["4a", "4b", "4c"]
        assert connection.is_open
        await connection.close("io client disconnect")
        await peer.close()

    run_alone(scenario)


def test_what_waits_for_a_post_is_bounded() -> None:
    async def scenario() -> None:
        server = RawServer()
        peer = PollingPeer(server)
        peer.post_delay = 9999
        connection, _ = await open_connection(server, max_buffered=100, **POLLING)
        connection.send("4" + "a" * 90)
        with pytest.raises(SlowConsumerError):
            connection.send("4" + "b" * 90)
        assert connection.buffered == 91
        await connection.close("io client disconnect")
        await peer.close()

    run_alone(scenario)


Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def http(body: bytes, *headers: str, length: int | None = None) -> bytes:
    head = [
        "HTTP/1.1 200 OK",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


OPEN = OPEN_PACKET.encode()
BOMB = gzip.compress(b"4" * 50_000_000)
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: lb=1\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    % (len(OPEN), OPEN)
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (http(OPEN), None),
        (CHUNKED, None),
        (http(gzip.compress(OPEN), "Content-Encoding: gzip"), None),
        (http(zlib.compress(OPEN), "Content-Encoding: deflate"), None),
        (
            http(OPEN, length=len(OPEN) + 9),
            "no answer from http://127.0.0.1.*closed before the end",
        ),
        (http(gzip.compress(OPEN)[:50], "Content-Encoding: gzip"), "not JSON|no answer"),
        (http(b"nonsense", "Content-Encoding: gzip"), "no answer"),
        (http(BOMB, "Content-Encoding: gzip"), "more than the 1,000,000 bytes.*max_message"),
        (http(b"4" * 1_000_001), "more than the 1,000,000 bytes.*max_message"),
        (http(OPEN, length=10**15), "0.3 seconds"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0", "0.3 seconds"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, "no answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "no answer"),
        (b"", "0.3 seconds"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_servers_answer_over_the_network(answer: bytes, words: str | None) -> None:
    async def scenario() -> None:
        requests: list[bytes] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            # What is cut by its server ends here; what never ends stays open.
            if words is not None and "seconds" not in words:
                writer.close()
            await reader.read()
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            engine = make_engine(
                None,
                url=f"http://me:secret@127.0.0.1:{port}",
                proxy=None,
                timeout=0.3 if words and "seconds" in words else 10,
                max_message=1_000_000,
                **POLLING,
            )
            if words is None:
                connection = await engine.open()
                connection.end("transport error")
                await connection.wait_closed()
            else:
                with pytest.raises(AckordError, match=words) as caught:
                    await engine.open()
                assert "secret" not in str(caught.value)
        assert requests[0].startswith(b"GET /socket.io/?EIO=4&transport=polling&t=")
        assert b"Authorization: Basic" in requests[0]
        assert not [task for task in asyncio.all_tasks() if "ackord" in task.get_name()]

    asyncio.run(scenario(), debug=True)


def test_nobody_listens() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            port = listening.getsockname()[1]
        engine = make_engine(None, url=f"http://127.0.0.1:{port}?token=secret", proxy=None)
        for _ in range(2):
            with pytest.raises(DisconnectedError, match=f"can't connect to .*127.0.0.1:{port}/"):
                await engine.open()
        engine = make_engine(None, url=f"http://127.0.0.1:{port}", proxy=None, **POLLING)
        with pytest.raises(DisconnectedError, match=f"can't connect to http://127.0.0.1:{port}/"):
            await engine.open()

    asyncio.run(scenario(), debug=True)
