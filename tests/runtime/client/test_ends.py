"""How connections of a client end, and what their listeners and tasks see of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.client import ClientSocket, Manager, connect
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.testing import RawPeer, RawServer, run

Scenario = Callable[[ClientSocket, RawPeer, list[str]], Awaitable[None]]


def joined(scenario: Scenario, **options: Any) -> None:
    """Run a scenario with a joined socket, its server and the reasons of its ends; see that no task
    is left without `disconnect`.
    """

    async def main() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server, reconnection=False, **options)
        reasons: list[str] = []
        socket.on("disconnect", reasons.append)
        peer = await server.join(socket)
        await scenario(socket, peer, reasons)
        await asyncio.sleep(60)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())


def test_the_client_leaves() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await socket.disconnect()
        assert reasons == ["io client disconnect"]

    joined(scenario)


def test_what_was_emitted_before_leaving_still_arrives() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        socket.emit("one")
        socket.emit("two", b"\x01")
        await socket.disconnect()
        await peer.expect('42["one"]', '451-["two",{"_placeholder":true,"num":0}]', b"\x01", "41")
        await peer.expect_close()

    joined(scenario)


def test_the_server_disconnects_the_namespace() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send("41")
        await peer.expect_close()
        await asyncio.sleep(0.1)
        assert reasons == ["io server disconnect"]
        assert not socket.active

    joined(scenario)


def test_events_from_before_the_end_are_handled_though_the_next_connection_fails() -> None:
    async def main() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        handled: list[str] = []

        @socket.on("event")
        async def event(name: str) -> None:  # pyright: ignore[reportUnusedFunction]  # registered
            await asyncio.sleep(1)
            handled.append(name)

        socket.on("disconnect", handled.append)

        @socket.on("connect_error")
        def failed(_: object) -> None:  # pyright: ignore[reportUnusedFunction]  # registered
            handled.append("failed")

        peer = await server.join(socket)
        await peer.send('42["event","one"]', '42["event","two"]', "41")
        await asyncio.sleep(0.1)
        server.refusal = "nobody is there"
        with pytest.raises(DisconnectedError):
            await socket.connect()
        await asyncio.sleep(5)
        assert sorted(handled) == ["failed", "io server disconnect", "one", "two"]
        assert handled.index("one") < handled.index("two") < handled.index("io server disconnect")
        await socket.disconnect()

    run(main())


def test_the_server_disconnects_one_namespace_of_two() -> None:
    async def scenario() -> None:
        server = RawServer()
        async with Manager("http://test", connector=server) as manager:
            peer = await server.join(manager.socket())
            other = manager.socket("/other")
            async with asyncio.TaskGroup() as group:
                group.create_task(other.connect())
                await peer.expect("40/other,")
                await peer.send('40/other,{"sid":"o"}')
            await peer.send("41/other,", '42/other,["late"]', '43/other,5["late"]', "2")
            await peer.expect("3")
            assert not other.active
            assert manager.socket().connected

    run(scenario())


def test_the_server_closes_the_websocket() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.close()
        await asyncio.sleep(0.1)
        assert reasons == ["transport close"]
        with pytest.raises(DisconnectedError):
            socket.emit("x")

    joined(scenario)


def test_the_server_sends_an_engine_close_packet() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send("1")
        await peer.expect_close()
        await asyncio.sleep(0.1)
        assert reasons == ["transport close"]

    joined(scenario)


def test_a_silent_server_is_a_ping_timeout() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await asyncio.sleep(44)
        assert socket.connected
        await asyncio.sleep(1)
        assert reasons == ["ping timeout"]
        await peer.expect_close()

    joined(scenario)


def test_pings_keep_the_connection() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        for _ in range(10):
            await asyncio.sleep(40)
            await peer.send("2")
            await peer.expect("3")
        assert socket.connected
        await socket.disconnect()

    joined(scenario)


@pytest.mark.parametrize(
    "messages",
    [
        [""],
        ["9"],
        ["0"],
        ["4"],
        ["49"],
        ["4abc"],
        ["42{}"],
        ["42[]"],
        ["42"],
        ["42[true]"],
        ["42[null]"],
        ['42["x"'],
        ['42["x",NaN]'],
        ['42["x",' + "[" * 100_000],
        ['42["connect"]'],
        ['42["disconnect","transport close"]'],
        ['42abc["x"]'],
        ['42-1["x"]'],
        ['421.5["x"]'],
        ['42²["x"]'],
        ["42" + "1" * 100 + '["x"]'],
        ["43{}"],
        ['40{"sid":"again"}'],
        ['44{"message":"too late"}'],
        ["41{}"],
        ["5"],
        ["45-"],
        ["451.2-[]"],
        ['4511-["x"]'],
        ['459999999-["x"]'],
        ['451-["x",{"_placeholder":true,"num":0}]', '42["y"]'],
        ['451-["x",{"_placeholder":true,"num":1}]', b"\x01"],
        ['451-["x",{"_placeholder":true,"num":-1}]', b"\x01"],
        ['451-["x",{"_placeholder":true,"num":"splice"}]', b"\x01"],
        [b"\x01"],
        [b""],
    ],
    ids=lambda messages: str(messages)[:40],
)
def test_a_server_that_breaks_the_protocol_is_left_at_once(messages: list[str | bytes]) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[object] = []
        socket.on("x", seen.append)
        socket.on("connect", lambda: seen.append("connect"))
        await peer.send(*messages)
        await peer.expect_close()
        assert asyncio.get_running_loop().time() == 0.0
        await asyncio.sleep(0.1)
        assert reasons == ["parse error"]
        assert seen == []

    joined(scenario)


@pytest.mark.parametrize(
    "messages",
    [
        ["3"],
        ["6"],
        ["43"],
        ["437[]"],
        ['42/other,["x"]'],
        ["41/other"],
        ['42["__proto__"]'],
        ["430[1]"],
    ],
)
def test_what_means_nothing_is_ignored(messages: list[str]) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send(*messages, "2")
        await peer.expect("3")
        assert socket.connected
        await socket.disconnect()

    joined(scenario)


def test_attachments_that_never_come_end_the_connection() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send('452-["x",{"_placeholder":true,"num":0}]', b"\x01")
        await asyncio.sleep(20)
        assert socket.connected
        await asyncio.sleep(11)
        assert reasons == ["parse error"]

    joined(scenario)


def test_a_server_that_closes_in_the_middle_of_a_packet_is_a_lost_connection() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send(
            '452-["x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', b"\x01"
        )
        await peer.close()
        await asyncio.sleep(0.1)
        assert reasons == ["transport close"]

    joined(scenario)


def test_attachments_larger_than_allowed_end_the_connection() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        await peer.send('452-["x"]', b"x" * 60, b"x" * 60)
        await peer.expect_close()
        await asyncio.sleep(0.1)
        assert reasons == ["parse error"]

    joined(scenario, max_attachment_bytes=100)


def test_an_acknowledgement_that_is_not_json_is_told_to_its_caller() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[object] = []
        socket.timeout(5).emit("x", ack=seen.append)
        await peer.expect('420["x"]')
        await peer.send("430[oops]")
        await peer.expect_close()
        await asyncio.sleep(0.1)
        assert len(seen) == 1
        assert reasons == ["parse error"]

    joined(scenario)


def test_events_that_came_before_the_end_are_handled_before_it() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[object] = []

        @socket.on("slow")
        async def slow(number: int) -> None:
            await asyncio.sleep(4)
            seen.append((number, list(reasons), socket.connected))

        await peer.send('42["slow",1]', '427["slow",2]')
        await peer.close()
        await asyncio.sleep(20)
        assert seen == [(1, [], False), (2, [], False)]
        assert reasons == ["transport close"]

    joined(scenario)


def test_a_stuck_handler_holds_the_disconnect_up_for_a_bounded_time_only() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[int] = []

        @socket.on("stuck")
        async def stuck(number: int) -> None:
            await asyncio.sleep(100)
            seen.append(number)

        await peer.send('42["stuck",1]', '42["stuck",2]')
        await peer.close()
        await asyncio.sleep(9)
        assert reasons == []
        await asyncio.sleep(2)
        assert reasons == ["transport close"]
        await asyncio.sleep(300)
        assert seen == [1]

    joined(scenario)


def test_leaving_drops_what_waits_and_lets_the_running_handler_end() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[int] = []

        @socket.on("slow")
        async def slow(number: int) -> None:
            await asyncio.sleep(2)
            seen.append(number)

        await peer.send('425["slow",1]', '42["slow",2]')
        await asyncio.sleep(1)
        await socket.disconnect()
        assert seen == [1]
        assert reasons == ["io client disconnect"]
        await peer.expect("41")
        await peer.expect_close()

    joined(scenario)


def test_a_handler_that_takes_too_long_is_cancelled_by_leaving() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        seen: list[str] = []

        @socket.on("forever")
        async def forever() -> None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise

        await peer.send('42["forever"]')
        await asyncio.sleep(1)
        await socket.disconnect()
        assert seen == ["cancelled"]
        assert asyncio.get_running_loop().time() == 6.0

    joined(scenario)


def test_a_handler_may_leave() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        @socket.on("bye")
        async def bye() -> None:
            await socket.disconnect()

        await peer.send('423["bye"]', '42["bye"]')
        await peer.expect("41")
        await peer.expect_close()
        await asyncio.sleep(1)
        assert reasons == ["io client disconnect"]

    joined(scenario)


def test_a_server_that_takes_nothing_any_more_does_not_stop_the_client_from_leaving() -> None:
    async def scenario() -> None:
        server = RawServer(capacity=10)
        socket = connect("http://test", connector=server)
        await server.join(socket)
        for _ in range(5):
            socket.emit("x" * 100)
        await socket.disconnect()
        assert asyncio.get_running_loop().time() == 5.0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario())


def test_after_the_end_a_socket_can_connect_again() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server, reconnection=False)
        seen: list[object] = []
        socket.on("n", seen.append)
        for number in range(3):
            peer = await server.join(socket, sid=str(number))
            assert socket.id == str(number)
            await peer.send(f'42["n",{number}]')
            await peer.close()
            await asyncio.sleep(1)
            assert not socket.connected
        assert seen == [0, 1, 2]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario())


def test_a_handler_that_outlives_its_connection_answers_nobody() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)

        @socket.on("slow")
        async def slow(value: int) -> int:
            await asyncio.sleep(3)
            return value

        first = await server.join(socket)
        await first.send('420["slow",1]')
        await asyncio.sleep(1)
        await first.close()
        second = await server.join(socket)
        await second.send('420["slow",2]')
        await second.expect("430[2]")
        await second.expect_silence(5)
        await socket.disconnect()

    run(scenario())


def test_a_disconnect_listener_may_connect_again() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        peer = await server.join(socket, sid="first")

        @socket.once("disconnect")
        async def reconnect() -> None:
            await server.join(socket, sid="second")

        await peer.close()
        await asyncio.sleep(1)
        assert socket.id == "second"
        await socket.disconnect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario())


def test_a_machine_that_slept_finds_the_connection_lost_when_it_emits() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer, reasons: list[str]) -> None:
        loop: Any = asyncio.get_running_loop()
        # The clock moves on without a timer having run, as after a suspension.
        loop.jump(100.0)
        with pytest.raises(DisconnectedError):
            socket.emit("x")
        await asyncio.sleep(0.1)
        assert reasons == ["ping timeout"]

    joined(scenario)


def test_a_loop_that_ends_leaves_no_warning_behind() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        reasons: list[str] = []
        socket.on("disconnect", reasons.append)
        await server.join(socket)

    run(scenario())
