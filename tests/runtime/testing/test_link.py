"""A server and its clients in memory: the real code on both ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from ackord.runtime.client import Manager, connect
from ackord.runtime.errors import ConnectRefusedError, DisconnectedError
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, RawPeer, run


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario and see that neither end leaves a task."""

    async def main() -> None:
        await scenario()
        await asyncio.sleep(1)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())


def greeter() -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("hello")
        async def hello(name: str, data: bytes = b"") -> tuple[str, bytes]:
            await asyncio.sleep(1)
            return f"hello {name}", data

        @socket.on("ask me")
        async def ask_me() -> object:
            return await socket.emit_with_ack("question", 21, timeout=5)

        @socket.on("leave me")
        def leave_me() -> None:
            socket.disconnect()

        @socket.on("tell all")
        def tell_all(text: str) -> None:
            server.emit("told", text)

        socket.emit("welcome", {"data": b"\x01"})

    return server


def test_events_acks_and_attachments_go_both_ways() -> None:
    async def scenario() -> None:
        async with connect("http://test", connector=Link(greeter())) as client:
            welcomed: list[object] = []
            client.on("welcome", welcomed.append)

            @client.on("question")
            async def question(value: int) -> int:
                return value * 2

            assert await client.emit_with_ack("hello", "ada", b"\x02") == ("hello ada", b"\x02")
            assert await client.emit_with_ack("ask me") == 42
            assert welcomed == [{"data": b"\x01"}]

    in_virtual_time(scenario)


def test_two_clients_meet_at_the_server() -> None:
    async def scenario() -> None:
        link = Link(greeter())
        told: list[tuple[str, str]] = []
        async with (
            connect("http://test", connector=link) as ada,
            connect("http://test", connector=link) as bob,
        ):
            assert ada.id != bob.id

            @ada.on("told")
            def ada_told(text: str) -> None:
                told.append(("ada", text))

            @bob.on("told")
            def bob_told(text: str) -> None:
                told.append(("bob", text))

            ada.emit("tell all", "news")
            await asyncio.sleep(1)
        assert sorted(told) == [("ada", "news"), ("bob", "news")]

    in_virtual_time(scenario)


def test_heartbeats_keep_both_ends_for_hours() -> None:
    async def scenario() -> None:
        server = greeter()
        async with connect("http://test", connector=Link(server)) as client:
            await asyncio.sleep(3000)
            assert client.connected
            assert await client.emit_with_ack("hello", "late") == ("hello late", b"")
            assert server.engine.sessions == 1
        await asyncio.sleep(0)
        assert server.engine.sessions == 0

    in_virtual_time(scenario)


def test_the_server_learns_how_a_client_left() -> None:
    async def scenario() -> None:
        server = Server()
        reasons: list[str] = []

        @server.on("connection")
        def connected(socket: Socket) -> None:
            socket.on("disconnect", reasons.append)

        link = Link(server)
        async with connect("http://test", connector=link):
            pass
        peer = await link.raw()
        await peer.receive()
        await peer.send("40")
        await peer.receive()
        await peer.close()
        await asyncio.sleep(1)
        assert reasons == ["client namespace disconnect", "transport close"]

    in_virtual_time(scenario)


def test_the_server_ends_it() -> None:
    async def scenario() -> None:
        client = connect("http://test", connector=Link(greeter()))
        reasons: list[str] = []
        client.on("disconnect", reasons.append)
        await client.connect()
        client.emit("leave me")
        await asyncio.sleep(1)
        assert reasons == ["io server disconnect"]

    in_virtual_time(scenario)


def test_namespaces_middlewares_and_auth_are_the_servers() -> None:
    async def scenario() -> None:
        server = Server()
        seen: list[object] = []

        @server.of("/private").on("connection")
        def connected(socket: Socket) -> None:
            seen.append(
                (
                    socket.handshake.auth,
                    socket.handshake.address,
                    socket.handshake.headers["x-test"],
                )
            )

        async with Manager(
            "http://test", connector=Link(server, address="10.0.0.7"), headers={"X-Test": "1"}
        ) as manager:
            await manager.socket("/private", auth={"token": "t"}).connect()
            with pytest.raises(ConnectRefusedError, match="Invalid namespace"):
                await manager.socket("/nowhere").connect()
            await asyncio.sleep(1)
        assert seen == [({"token": "t"}, "10.0.0.7", "1")]

    in_virtual_time(scenario)


def test_what_the_engine_refuses_does_not_open() -> None:
    async def scenario() -> None:
        async def nobody(_: object) -> str:
            return "closed today"

        with pytest.raises(DisconnectedError, match="closed today"):
            await connect("http://test", connector=Link(Server(allow_request=nobody))).connect()
        with pytest.raises(DisconnectedError, match="nothing is served"):
            await connect("http://test", connector=Link(Server(path="/other/"))).connect()
        with pytest.raises(DisconnectedError, match="version"):
            await Link(Server()).raw(query={"EIO": "3"})

    in_virtual_time(scenario)


def test_a_raw_peer_reads_and_writes_the_servers_packets() -> None:
    async def scenario() -> None:
        async with await Link(greeter()).raw() as peer:
            opened = await peer.receive_text()
            assert set(json.loads(opened[1:])) == {
                "sid",
                "upgrades",
                "pingInterval",
                "pingTimeout",
                "maxPayload",
            }
            await peer.send("40")
            joined = await peer.receive_text()
            assert set(json.loads(joined[2:])) == {"sid"}
            await peer.expect('451-["welcome",{"data":{"_placeholder":true,"num":0}}]', b"\x01")
            await peer.send('427["hello","raw"]')
            await peer.expect('461-7["hello raw",{"_placeholder":true,"num":0}]', b"")
            await peer.expect("2", timeout=25)
            await peer.send("3", '429["nobody"]')
            await peer.expect(
                '439[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'
            )
            await peer.expect_silence(20)
            await peer.send("49")
            await peer.expect_close()

    in_virtual_time(scenario)


def test_a_raw_peer_says_what_went_otherwise() -> None:
    async def scenario() -> None:
        async with await Link(greeter()).raw() as peer:
            with pytest.raises(AssertionError, match=r"expected '40', got '0\{"):
                await peer.expect("40")
            with pytest.raises(AssertionError, match="nothing came in 3 seconds"):
                await peer.receive(timeout=3)
            with pytest.raises(AssertionError, match="nothing came in 3 seconds"):
                await peer.expect_close(timeout=3)
            await peer.send("40")
            with pytest.raises(AssertionError, match=r"expected silence for 1 seconds, got '40\{"):
                await peer.expect_silence(1)
            with pytest.raises(AssertionError, match="expected the end, got '451-"):
                await peer.expect_close()
            with pytest.raises(AssertionError, match=r"expected text, got the bytes b'\\x01'"):
                await peer.receive_text()
            await peer.send("9")
            with pytest.raises(AssertionError, match="closed instead"):
                await peer.expect("anything")
            with pytest.raises(AssertionError, match="closed instead"):
                await peer.expect_silence(1)

    in_virtual_time(scenario)


def test_a_peer_that_answers_no_ping_is_timed_out() -> None:
    async def scenario() -> None:
        peer: RawPeer = await Link(Server(ping_interval=5, ping_timeout=3)).raw()
        await peer.receive()
        await peer.send("40")
        await peer.receive()
        await peer.expect("2")
        await peer.expect_close(timeout=3.1)
        assert asyncio.get_running_loop().time() == pytest.approx(8.0)

    in_virtual_time(scenario)


def test_a_busy_server_slows_its_client_down() -> None:
    async def scenario() -> None:
        server = Server()
        handled: list[int] = []

        @server.on("connection")
        def connected(socket: Socket) -> None:
            @socket.on("work")
            async def work(number: int, _: str) -> None:
                await asyncio.sleep(0.01)
                handled.append(number)

        async with connect("http://test", connector=Link(server, capacity=1000)) as client:
            for number in range(1000):
                client.emit("work", number, "x" * 100)
                await client.drain()
            assert len(handled) > 500
            await asyncio.sleep(10)
        assert handled == list(range(1000))

    in_virtual_time(scenario)
