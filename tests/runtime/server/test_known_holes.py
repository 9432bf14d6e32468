"""Known defects of other implementations and the advisories of SECURITY.md that lie in
the Socket.IO layer, by name.

Those of the Engine.IO layer are in tests/runtime/engine/test_defects.py.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import ackord.runtime.server
import pytest
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.server import Limits, Server, Socket

from tests.runtime.server.stage import Stage, check_empty, play

PLACEHOLDER = '{"_placeholder":true,"num":0}'


def serve(**limits: Any) -> tuple[Server, list[Any]]:
    """Serve a namespace that writes down whatever reaches the application."""
    server, told = Server(limits=Limits(**limits)), list[Any]()

    def note(*values: Any) -> None:
        told.append(values)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        told.append("connection")
        socket.on_any(note)
        socket.on("disconnecting", lambda: told.append("disconnecting"))
        socket.on("disconnect", lambda: told.append("disconnect"))
        socket.on("still", lambda: "here")

    return server, told


def check_closed(*messages: str | bytes) -> list[Any]:
    """Send messages that must end their connection at once and disturb no other; return what
    reached the application meanwhile.
    """
    server, told = serve()
    reached: list[Any] = []

    async def scenario(stage: Stage) -> None:
        bystander, _ = await stage.join()
        peer, _ = await stage.join()
        told.clear()
        await peer.send(*messages)
        await peer.expect_close(timeout=0.2)
        reached.extend(told)
        await bystander.send('421["still"]')
        await bystander.expect('431["here"]')

    play(server, scenario)
    return reached


@pytest.mark.parametrize(
    "name",
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"],
)
def test_defect_1_no_client_can_send_a_reserved_event(name: str) -> None:
    assert check_closed(f'42["{name}","forged"]') == ["disconnecting", "disconnect"]


@pytest.mark.parametrize("goes", [False, True])
def test_defect_2_a_connect_handler_that_raises_is_answered_and_leaves_nothing(goes: bool) -> None:
    server = Server()

    @server.use
    async def broken(socket: Socket) -> None:
        socket.join("room")
        await asyncio.sleep(1)
        raise ValueError("a secret")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        if goes:
            await peer.close()
        else:
            await peer.expect('44{"message":"Internal error","data":{"code":"internal"}}')
        await asyncio.sleep(2)
        check_empty(server.main)
        assert len(server.connections) == (0 if goes else 1)

    play(server, scenario)


def test_defect_6_a_connection_that_joins_nothing_is_closed() -> None:
    server, told = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.expect("2", timeout=30)
        await peer.send("3")
        await peer.expect_close(timeout=25)
        assert (server.connections, told) == (frozenset(), [])

    play(server, scenario)


def test_defect_9_and_cve_2026_33151_attachments_are_bounded_in_number_and_bytes() -> None:
    assert check_closed('4511-["x"]') == ["disconnecting", "disconnect"]
    assert check_closed("45999999-[]") == ["disconnecting", "disconnect"]
    reached = check_closed(f'4510-["x",{PLACEHOLDER}]', *[b"." * 990_000] * 10, b".")
    assert reached[0][0] == "x", (
        "ten attachments that are small enough are let through; the eleventh that nobody "
        "announced is not"
    )
    server, told = serve(attachment_bytes=5_000_000)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(f'4510-["x",{PLACEHOLDER}]', *[b"." * 990_000] * 5, b"." * 50_001)
        await peer.expect_close(timeout=0.2)
        assert told == ["connection", "disconnecting", "disconnect"]

    play(server, scenario)


@pytest.mark.parametrize("number", ["1", "-1", "0.5", "true", "null", '"splice"', '"length"', "[]"])
def test_defect_10_and_cve_2022_2421_a_bad_placeholder_ends_the_connection_and_wedges_nothing(
    number: str,
) -> None:
    assert check_closed(f'451-["x",{{"_placeholder":true,"num":{number}}}]', b".") == [
        "disconnecting",
        "disconnect",
    ]


def test_defect_11_who_waits_for_an_answer_learns_of_the_disconnect_at_once() -> None:
    server, _ = serve()

    async def scenario(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        peer, sid = await stage.join()
        waiting = asyncio.ensure_future(
            server.main.sockets[sid].emit_with_ack("question", timeout=60)
        )
        await peer.expect('420["question"]')
        started = loop.time()
        await peer.close()
        with pytest.raises(DisconnectedError):
            await waiting
        assert loop.time() - started < 0.2

    play(server, scenario)


def test_cve_2020_36049_a_megabyte_of_digits_is_refused_at_once() -> None:
    for head in ("42", "43", "45", "42/chat,"):
        assert check_closed(head + "1" * 990_000 + '["x"]') == ["disconnecting", "disconnect"]


@pytest.mark.parametrize(
    "name", ['{"toString":"foo"}', "[]", "true", "null", '{"hasOwnProperty":1}']
)
def test_cve_2023_32695_an_event_name_is_a_string_or_a_number(name: str) -> None:
    assert check_closed(f'42[{name},"x"]') == ["disconnecting", "disconnect"]


@pytest.mark.parametrize(
    "name",
    [
        "error",
        "connection",
        "__proto__",
        "constructor",
        "__class__",
        "__init__",
        "_register",
        "emit",
        "*",
        "new_namespace",
    ],
)
def test_cve_2024_38355_no_event_name_is_magic(name: str) -> None:
    server, told = serve()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(f'42["{name}","x"]', f'421["{name}"]', '422["still"]')
        await peer.expect(
            '431[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]',
            '432["here"]',
        )
        assert told == ["connection", (name, "x"), (name,), ("still",)]

    play(server, scenario)


@pytest.mark.parametrize(
    "message", ['451-["x",' + PLACEHOLDER + "]", '451-/other,["x"]', '461-1["x"]', b"."]
)
def test_cve_2026_48804_a_binary_header_needs_a_namespace_that_was_joined(
    message: str | bytes,
) -> None:
    server, told = serve()
    server.of("/other")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send(message)
        await peer.expect_close(timeout=0.2)
        assert (told, server.connections) == ([], frozenset())

    play(server, scenario)


def test_cve_2025_61765_nothing_is_unpickled() -> None:
    sources = Path(ackord.runtime.server.__file__).parents[1].rglob("*.py")
    assert [source.name for source in sources if "pickle" in source.read_text("utf-8")] == []


@pytest.mark.parametrize("packet", ['42["early"]', '421["early"]', "431[]"])
def test_no_packet_reaches_the_application_while_the_connect_handler_runs(packet: str) -> None:
    server, told = serve()

    @server.use
    async def slow(_: Socket) -> None:
        await asyncio.sleep(5)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40", packet)
        await peer.expect_close(timeout=0.2)
        await asyncio.sleep(10)
        assert told == []
        check_empty(server.main)

    play(server, scenario)


def test_the_ids_that_others_see_are_not_those_of_sessions() -> None:
    server, _ = serve()

    async def scenario(stage: Stage) -> None:
        _, sid = await stage.join()
        socket = server.main.sockets[sid]
        assert socket.conn.sid != sid
        assert len(sid) == len(socket.conn.sid) == 20

    play(server, scenario)
