"""Packets at DEBUG: on both transports and every way of hosting, in both directions, on the server
and on the client.
"""

from __future__ import annotations

import logging
import re

import pytest
from ackord.runtime.client import connect
from ackord.runtime.engine.logged import LoggedSession
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, run

from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import Served, frame, masked, until
from tests.runtime.hosting.ways import Hosting, on_every_hosting, send_at_once, text

PACKETS = "ackord.runtime.packets"
WARNINGS = "ackord.runtime.engine"


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        re.sub(r"^(Session|The connection to) \S+( of '[^']*')? ", "", record.getMessage())
        for record in caplog.records
    ]


@on_every_hosting
def test_a_websocket_is_logged_on_every_hosting(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        await send_at_once(
            connection,
            text('40{"token":"hush"}')
            + masked(0x82, b"\x01\x02")
            + masked(0x01, b"4hu")
            + masked(0x80, b"sh"),
        )
        for _ in range(3):
            await frame(connection[0])

    caplog.set_level(logging.DEBUG)
    hosting.play(scenario)
    shown = [
        line
        for record, line in zip(caplog.records, lines(caplog), strict=True)
        if record.name == PACKETS
    ]
    assert shown[0] == "is opened by /socket.io/?EIO=4&transport=websocket"
    assert shown[1].startswith('sent 0{"sid":"')
    assert shown[2:4] == ['received 40{"token":"***"}', 'sent 40{"token":"***"}']
    assert {"received 2 bytes", "sent 2 bytes", "received 4hush", "sent 4hush"} <= set(shown)
    assert "hush" not in caplog.text.replace("4hush", "")


def test_long_polling_and_the_upgrade_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query, websocket = await site.probed()
        assert (await site.post(query, "40\x1e4é".encode())).status == 200
        websocket.send("5")
        websocket.send("4done")
        await websocket.receive()
        await websocket.receive()

    caplog.set_level(logging.DEBUG, PACKETS)
    run(scenario())
    shown = lines(caplog)
    for wanted in (
        "received 2probe",
        "sent 3probe",
        "received 40",
        "received 4é",
        "received 5",
        "received 4done",
        "sent 4done",
        "sent 40",
    ):
        assert wanted in shown
    assert not re.search(r"sid=[^*]", caplog.text)


def test_a_client_logs_what_it_sends_and_receives(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()
    server.on("connection", lambda socket: socket.on("hello", lambda: "there"))

    async def scenario() -> None:
        async with connect(
            "http://test", connector=Link(server), query={"token": "hush"}
        ) as socket:
            await socket.emit_with_ack("hello")
        await server.close()

    caplog.set_level(logging.DEBUG, PACKETS)
    run(scenario())
    client = [
        line
        for record, line in zip(caplog.records, lines(caplog), strict=True)
        if record.getMessage().startswith("The connection")
    ]
    assert [line[:7] for line in client] == [
        "receive",
        "sent 40",
        "receive",
        "sent 42",
        "receive",
        "sent 41",
    ]
    assert client[3:5] == ['sent 420["hello"]', 'received 430["there"]']
    assert "hush" not in caplog.text


def test_without_debug_nothing_is_wrapped() -> None:
    async def scenario() -> None:
        site = Site()
        await site.open_websocket()
        assert not isinstance(site.recorder.socket, LoggedSession)

    run(scenario())


@on_every_hosting
@pytest.mark.parametrize(
    "message",
    [masked(0x81, b"4" + b"x" * 1000), masked(0x01, b"4" * 600) + masked(0x80, b"x" * 401)],
    ids=["one frame", "fragments"],
)
def test_a_message_over_max_payload_is_a_warning(
    hosting: Hosting, message: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        await send_at_once(connection, message)
        assert (await frame(connection[0]))[0] == 0x88
        await until(lambda: not served.site.engine.sessions)

    hosting.play(scenario, max_payload=1000)
    [line] = [
        record.getMessage()
        for record in caplog.records
        if record.levelname == "WARNING" and record.name == WARNINGS
    ]
    assert "max_payload (1,000 bytes)" in line
    assert "'127.0.0.1'" in line
    assert hosting.name == "through ASGI" or "sent 1,001 bytes" in line


@on_every_hosting
@pytest.mark.parametrize(
    ("data", "line"),
    [
        (masked(0x83, b""), "1002: a malformed frame"),
        (masked(0x81, b"4\xff"), "1007: a text that isn't UTF-8"),
    ],
)
def test_a_violation_of_websockets_is_a_warning(
    hosting: Hosting, data: bytes, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        for _ in range(3):
            connection = await served.open_websocket()
            await send_at_once(connection, data)
            assert (await frame(connection[0]))[0] == 0x88
            await until(lambda: not served.site.engine.sessions)

    hosting.play(scenario)
    first, *others = [record.getMessage() for record in caplog.records if record.name == WARNINGS]
    assert first == (
        "A client at '127.0.0.1' broke the protocol of WebSockets and is disconnected with "
        f"close code {line}."
    )
    assert others == [f"2 more of these since, not written in full: {first}"]


def test_a_body_over_max_payload_is_a_warning_and_the_session_lives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        site = Site(max_payload=1000)
        query = await site.open_polling()
        assert (
            await site.post(query, b"4" * 2000, headers={"content-length": "2000"})
        ).status == 413
        assert site.engine.sessions == 1

    run(scenario())
    assert "'192.0.2.1' sent 2,000 bytes, over max_payload (1,000 bytes)" in caplog.text


def test_a_client_that_reads_too_slowly_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    server = Server(max_buffered=10_000)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        for _ in range(100):
            socket.emit("flood", "x" * 1000)

    async def scenario() -> None:
        link = Link(server, capacity=1)
        peer = await link.raw()
        await peer.send("40")
        await until(lambda: not server.engine.sessions)
        await server.close()

    run(scenario())
    assert "max_buffered (10,000 bytes)" in caplog.text
