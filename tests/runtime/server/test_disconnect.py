from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.server import Server, Socket

from tests.runtime.server.stage import Stage, check_empty, play


def serve(told: list[Any]) -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room")

        @socket.on("disconnecting")
        def disconnecting(reason: str) -> None:
            told.append(("disconnecting", reason, len(socket.rooms), socket.connected))

        @socket.on("disconnect")
        def disconnected(reason: str) -> None:
            told.append(("disconnect", reason, len(socket.rooms), socket.connected))

    return server


def expected(reason: str) -> list[Any]:
    return [("disconnecting", reason, 2, True), ("disconnect", reason, 0, False)]


def test_a_client_that_leaves_the_namespace_keeps_its_connection() -> None:
    told: list[Any] = []

    async def scenario(stage: Stage) -> None:
        peer, first = await stage.join()
        await peer.send("41")
        second = await stage.enter(peer)
        assert first != second
        assert told == expected("client namespace disconnect")

    play(serve(told), scenario)


def test_the_server_can_end_a_socket_or_the_whole_connection() -> None:
    told: list[Any] = []
    server = serve(told)
    server.of("/other")

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await stage.enter(peer, "/other")
        socket = server.main.sockets[sid]
        socket.disconnect()
        socket.disconnect()
        assert told == expected("server namespace disconnect")
        await peer.expect("41")
        sid = await stage.enter(peer)
        server.main.sockets[sid].disconnect(close=True)
        assert sorted([await peer.receive_text(), await peer.receive_text()]) == ["41", "41/other,"]
        await peer.expect_close()
        assert told == expected("server namespace disconnect") * 2
        assert server.connections == frozenset()

    play(server, scenario)


def test_what_a_client_sent_before_it_learned_that_it_was_put_out_is_ignored() -> None:
    told: list[Any] = []
    server = serve(told)
    server.of("/other").on("connection", lambda socket: socket.on("still", lambda: "here"))

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await stage.enter(peer, "/other")
        server.main.sockets[sid].disconnect()
        await peer.send(
            '42["late"]', '421["late"]', "431[]", '451-["late"]', b"\1", "41", '42/other,1["still"]'
        )
        await peer.expect("41", '43/other,1["here"]')
        await stage.enter(peer)
        await peer.send("41", '42["too late: the client itself has left"]')
        await peer.expect_close(timeout=0.1)

    play(server, scenario)


def test_the_end_of_the_transport_ends_the_socket() -> None:
    told: list[Any] = []

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.close()
        await asyncio.sleep(1)
        assert told == expected("transport close")
        assert stage.server.connections == frozenset()

    play(serve(told), scenario)


def test_a_client_that_does_not_answer_pings_is_disconnected() -> None:
    told: list[Any] = []

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.expect("2", timeout=26)
        await peer.expect_close(timeout=21)
        assert told == expected("ping timeout")

    play(serve(told), scenario)


def test_a_violation_ends_the_socket_at_once() -> None:
    told: list[Any] = []

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("42{}", '42["x"]')
        await peer.expect_close(timeout=0.1)
        assert told == expected("forced close")
        check_empty(stage.server.main)

    play(serve(told), scenario)


def test_closing_the_server_ends_every_socket() -> None:
    told: list[Any] = []
    server = serve(told)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await server.close()
        await peer.expect_close()
        assert told == expected("server shutting down")

    play(server, scenario)


def test_closing_the_server_waits_for_handlers_and_cancels_those_that_take_too_long() -> None:
    server = Server()
    ended: list[str] = []

    async def work(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            ended.append(f"{name} done")
        except asyncio.CancelledError:
            ended.append(f"{name} cancelled")
            raise

    server.on("connection", lambda socket: socket.on("work", work, concurrent=True))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["work","short",1]', '42["work","long",100]')
        await asyncio.sleep(0.1)
        await server.close(timeout=5)
        assert ended == ["short done", "long cancelled"]

    play(server, scenario)


def test_coroutine_listeners_of_disconnecting_still_see_the_rooms() -> None:
    server = Server()
    told: list[Any] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room")

        @socket.on("disconnecting")
        async def disconnecting(reason: str) -> None:
            told.append((reason, "room" in socket.rooms))
            await asyncio.sleep(1)
            told.append("room" in socket.rooms)

        @socket.on("disconnect")
        async def disconnected() -> None:
            told.append("disconnect")

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        await peer.send("41")
        await peer.expect_silence(2)
        assert told == [("client namespace disconnect", True), "disconnect", True]
        assert socket.rooms == frozenset()

    play(server, scenario)


def test_a_listener_of_disconnecting_may_disconnect() -> None:
    server = Server()
    told: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("disconnecting", lambda: socket.disconnect())  # noqa: PLW0108  # the reason is dropped
        socket.on("disconnect", told.append)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("41")
        await peer.expect_silence(1)
        assert told == ["client namespace disconnect"]

    play(server, scenario)


def serve_slowly(told: list[Any], seconds: float = 5) -> Server:
    """Serve events that take long, and a room that tells who is in it."""
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.join("room")

        async def slow(number: int) -> None:
            await asyncio.sleep(seconds)
            told.append((number, socket.connected, len(socket.rooms)))

        def disconnecting(reason: str) -> None:
            told.append(("disconnecting", reason))

        socket.on("slow", slow)
        socket.on("disconnecting", disconnecting)
        socket.on("disconnect", told.append)

    return server


@pytest.mark.parametrize(
    "end", ["41", "close", "42{}"], ids=["DISCONNECT", "transport", "violation"]
)
def test_what_arrived_before_the_client_went_is_handled_and_then_the_disconnect_is_told(
    end: str,
) -> None:
    told: list[Any] = []
    server = serve_slowly(told, seconds=2)
    reason = {
        "41": "client namespace disconnect",
        "close": "transport close",
        "42{}": "forced close",
    }[end]

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["slow",1]', '42["slow",2]')
        if end == "close":
            await peer.close()
        else:
            await peer.send(end)
        await asyncio.sleep(1)
        assert told == [("disconnecting", reason)]
        check_empty(server.main)
        await asyncio.sleep(5)
        assert told == [("disconnecting", reason), (1, False, 0), (2, False, 0), reason]

    play(server, scenario)


def test_an_event_and_a_end_in_one_turn_are_both_handled() -> None:
    told: list[Any] = []

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40", '42["slow",1]', "41")
        await asyncio.sleep(1)
        assert told == [
            ("disconnecting", "client namespace disconnect"),
            (1, False, 0),
            "client namespace disconnect",
        ]

    play(serve_slowly(told, seconds=0), scenario)


def test_a_stuck_handler_holds_the_disconnect_up_for_a_bounded_time_only(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[Any] = []
    server = serve_slowly(told, seconds=100)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["slow",1]', '42["slow",2]')
        await asyncio.sleep(1)
        await peer.close()
        await asyncio.sleep(9)
        assert told == [("disconnecting", "transport close")]
        await asyncio.sleep(2)
        assert told == [("disconnecting", "transport close"), "transport close"]
        await asyncio.sleep(300)
        assert told == [("disconnecting", "transport close"), "transport close", (1, False, 0)]

    play(server, scenario)
    assert "10 s after its peer has gone: 1 events" in caplog.text


def test_a_socket_that_the_server_ends_drops_what_waits() -> None:
    told: list[Any] = []
    server = serve_slowly(told)

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('42["slow",1]', '42["slow",2]')
        await asyncio.sleep(1)
        server.main.sockets[sid].disconnect()
        assert told == [
            ("disconnecting", "server namespace disconnect"),
            "server namespace disconnect",
        ]
        await asyncio.sleep(20)
        assert told[2:] == [(1, False, 0)]

    play(server, scenario)


def test_closing_the_server_tells_disconnects_that_wait_for_handlers() -> None:
    told: list[Any] = []
    server = serve_slowly(told, seconds=100)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["slow",1]', '42["slow",2]')
        await asyncio.sleep(1)
        await peer.close()
        await asyncio.sleep(1)
        await server.close(timeout=2)
        assert told == [("disconnecting", "transport close"), "transport close"]

    play(server, scenario)


def test_listeners_that_ask_for_more_than_there_is_to_tell_get_none() -> None:
    server = Server()
    told: list[Any] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("disconnect")
        def disconnected(reason: str, details: Any) -> None:
            told.append((reason, details))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("41")
        await peer.expect_silence(1)
        assert told == [("client namespace disconnect", None)]

    play(server, scenario)


def test_the_disconnect_hook_runs_after_the_socket_has_left(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    told: list[Any] = []

    async def hook(socket: Socket, reason: str) -> None:
        told.append((reason, socket.connected, dict(server.main.sockets)))
        raise ValueError("broken hook")

    server.main.set_disconnect_hook(hook)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.close()
        await asyncio.sleep(1)
        assert told == [("transport close", False, {})]

    play(server, scenario)
    assert "broken hook" in caplog.text


def test_the_cost_of_leaving_does_not_depend_on_the_rooms_of_others() -> None:
    server = Server()

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        _, other = await stage.join()
        server.main.sockets[other].join(f"room {number}" for number in range(1000))
        told: list[tuple[str, str | None]] = []
        server.main.adapter.on("leave-room", lambda room, sid: told.append((room, sid)))
        await peer.close()
        await asyncio.sleep(1)
        assert told == [(sid, sid)]

    play(server, scenario)
