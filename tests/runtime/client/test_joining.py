"""How a client joins namespaces, and how that fails: transcripts against a server that the test
types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest
from ackord.runtime.client import ClientSocket, Manager, connect
from ackord.runtime.errors import (
    AckordError,
    ConnectRefusedError,
    DisconnectedError,
    ProtocolError,
    UsageError,
)
from ackord.runtime.testing import OPEN_PACKET, RawPeer, RawServer, run


def in_virtual_time(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario and see that it leaves no task behind."""

    async def main() -> None:
        await scenario()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())


async def answer(server: RawServer, *replies: str | bytes) -> RawPeer:
    peer = await server.accept()
    await peer.send(OPEN_PACKET)
    await peer.receive_text()
    await peer.send(*replies)
    return peer


def test_a_client_joins_the_main_namespace_and_leaves_it() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        assert not socket.connected
        peer = await server.join(socket, sid="abc")
        assert socket.connected
        assert not socket.disconnected
        assert socket.id == "abc"
        await socket.disconnect()
        await peer.expect("41")
        assert await peer.expect_close() == 1000
        assert (socket.connected, socket.id) == (False, None)

    in_virtual_time(scenario)


def test_the_handshake_has_the_path_the_query_and_the_headers() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect(
            "https://test/chat",
            connector=server,
            path="/live",
            query={"v": "1"},
            headers={"Authorization": "Bearer x"},
        )
        peer = await server.join(socket)
        assert peer.url == "wss://test/live/?v=1&EIO=4&transport=websocket"
        assert server.headers == {"Authorization": "Bearer x"}
        await socket.disconnect()
        await peer.expect("41/chat,")

    in_virtual_time(scenario)


async def async_auth() -> Mapping[str, Any]:
    await asyncio.sleep(1)
    return {"token": "async"}


@pytest.mark.parametrize(
    ("auth", "packet"),
    [
        (None, "40/chat,"),
        ({}, "40/chat,{}"),
        ({"token": "é"}, '40/chat,{"token":"é"}'),
        (lambda: {"token": "called"}, '40/chat,{"token":"called"}'),
        (async_auth, '40/chat,{"token":"async"}'),
    ],
)
def test_connect_carries_the_auth_payload(auth: Any, packet: str) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test/chat", auth=auth, connector=server)
        async with asyncio.TaskGroup() as group:
            connecting = group.create_task(socket.connect())
            peer = await server.accept()
            await peer.send(OPEN_PACKET)
            await peer.expect(packet)
            await peer.send('40/chat,{"sid":"x"}')
            await connecting
        await socket.disconnect()

    in_virtual_time(scenario)


def test_an_auth_function_that_raises_opens_nothing() -> None:
    def auth() -> Mapping[str, Any]:
        raise LookupError("no token")

    async def scenario() -> None:
        socket = connect("http://test", auth=auth, connector=RawServer())
        with pytest.raises(LookupError):
            await socket.connect()
        assert not socket.active

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("reply", "message", "data"),
    [
        ('44{"message":"Invalid namespace"}', "Invalid namespace", None),
        ('44{"message":"no","data":{"code":"banned"}}', "no", {"code": "banned"}),
        ('44"Unable to connect"', "Unable to connect", None),
    ],
)
def test_a_refusal_is_raised_and_told_to_listeners(reply: str, message: str, data: object) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        told: list[AckordError] = []
        socket.on("connect_error", told.append)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answer(server, reply))
            with pytest.raises(ConnectRefusedError) as caught:
                await socket.connect()
            peer = await answering
        assert (caught.value.message, caught.value.data) == (message, data)
        await socket.disconnect()
        assert told == [caught.value]
        await peer.expect_close()

    in_virtual_time(scenario)


@pytest.mark.parametrize("reply", ["40", "40{}", '40{"sid":""}', '40{"sid":7}'])
def test_a_server_that_answers_without_a_sid_is_named_as_an_old_one(reply: str) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answer(server, reply))
            with pytest.raises(ProtocolError, match=r"Socket\.IO 2"):
                await socket.connect()
            await (await answering).expect_close()

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    "first",
    [
        "",
        "0",
        "0{",
        "garbage",
        "40",
        "2",
        b"\x00",
        '0{"sid":"x","pingInterval":-1,"pingTimeout":1}',
        '0{"sid":"x"}',
    ],
)
def test_a_server_that_begins_with_nonsense_is_left(first: str | bytes) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)

        async def babble() -> None:
            peer = await server.accept()
            await peer.send(first)
            await peer.expect_close()

        async with asyncio.TaskGroup() as group:
            group.create_task(babble())
            with pytest.raises(ProtocolError):
                await socket.connect()

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    "reply", ["40[]", "40null", "49", "4", '44{"data":1}', "44", "42{}", "9", b"\x01", '41{"a":1}']
)
def test_a_server_that_answers_connect_with_nonsense_is_left(reply: str | bytes) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answer(server, reply))
            with pytest.raises(ProtocolError, match="parse error"):
                await socket.connect()
            await (await answering).expect_close()

    in_virtual_time(scenario)


def test_a_server_that_never_opens_a_session_is_given_up() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        with pytest.raises(DisconnectedError, match="20 seconds"):
            await socket.connect()
        assert asyncio.get_running_loop().time() == 20.0
        await (await server.accept()).expect_close()

    in_virtual_time(scenario)


def test_a_server_that_never_answers_connect_is_given_up() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server, timeout=3.0)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(answer(server))
            with pytest.raises(DisconnectedError, match="3 seconds"):
                await socket.connect()
            await (await answering).expect_close()

    in_virtual_time(scenario)


@pytest.mark.parametrize("opened", [False, True])
def test_a_server_that_closes_instead_of_answering_is_a_lost_connection(opened: bool) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)

        async def close() -> None:
            peer = await (answer(server) if opened else server.accept())
            await peer.close()

        async with asyncio.TaskGroup() as group:
            group.create_task(close())
            with pytest.raises(DisconnectedError):
                await socket.connect()

    in_virtual_time(scenario)


def test_a_websocket_that_does_not_open_is_told_to_listeners_too() -> None:
    async def scenario() -> None:
        server = RawServer()
        server.refusal = "HTTP status 403"
        socket = connect("http://test", connector=server)
        told: list[Exception] = []

        @socket.on("connect_error")
        async def failed(error: Exception) -> None:
            told.append(error)

        with pytest.raises(DisconnectedError, match="403"):
            await socket.connect()
        await socket.disconnect()
        assert len(told) == 1

    in_virtual_time(scenario)


def test_a_refused_socket_can_connect_again() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        async with asyncio.TaskGroup() as group:
            group.create_task(answer(server, '44{"message":"not yet"}'))
            with pytest.raises(ConnectRefusedError):
                await socket.connect()
        await server.join(socket, sid="second")
        assert socket.id == "second"
        await socket.disconnect()

    in_virtual_time(scenario)


def test_connecting_a_connected_socket_does_nothing() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        peer = await server.join(socket)
        await socket.connect()
        await peer.expect_silence(1.0)
        await socket.disconnect()

    in_virtual_time(scenario)


def test_namespaces_share_one_connection() -> None:
    async def scenario() -> None:
        server = RawServer()
        manager = Manager("http://test", connector=server)
        first, second = manager.socket(), manager.socket("/chat", auth={"a": 1})
        assert manager.socket("/chat") is second
        peer = await server.join(first)
        async with asyncio.TaskGroup() as group:
            connecting = group.create_task(second.connect())
            await peer.expect('40/chat,{"a":1}')
            await peer.send('40/chat,{"sid":"two"}')
            await connecting
        first.emit("x")
        second.emit("y")
        await peer.expect('42["x"]', '42/chat,["y"]')
        await first.disconnect()
        await peer.expect("41")
        assert second.connected
        assert manager.is_open
        await second.disconnect()
        await peer.expect("41/chat,")
        await peer.expect_close()
        assert not manager.is_open

    in_virtual_time(scenario)


def test_sockets_that_connect_at_once_open_one_connection() -> None:
    async def scenario() -> None:
        server = RawServer()
        async with Manager("http://test", connector=server) as manager:
            sockets = [manager.socket(name) for name in ("/", "/a", "/b")]
            async with asyncio.TaskGroup() as group:
                for socket in sockets:
                    group.create_task(socket.connect())
                peer = await server.accept()
                await peer.send(OPEN_PACKET)
                await peer.expect("40", "40/a,", "40/b,")
                await peer.send('40/b,{"sid":"3"}', '40{"sid":"1"}', '40/a,{"sid":"2"}')
            assert [socket.id for socket in sockets] == ["1", "2", "3"]
        await peer.expect("41", "41/a,", "41/b,")
        await peer.expect_close()

    in_virtual_time(scenario)


def test_a_refusal_in_one_namespace_leaves_the_others_alone() -> None:
    async def scenario() -> None:
        server = RawServer()
        manager = Manager("http://test", connector=server)
        first, second = manager.socket(), manager.socket("/no")
        peer = await server.join(first)
        async with asyncio.TaskGroup() as group:
            group.create_task(refuse(peer))
            with pytest.raises(ConnectRefusedError):
                await second.connect()
        assert first.connected
        first.emit("still here")
        await peer.expect('42["still here"]')
        await manager.close()

    in_virtual_time(scenario)


async def refuse(peer: RawPeer) -> None:
    await peer.expect("40/no,")
    await peer.send('44/no,{"message":"no"}')


def test_disconnecting_while_connecting_ends_the_attempt() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)

        async def interrupt() -> None:
            peer = await answer(server)
            await socket.disconnect()
            await peer.expect_close()

        async with asyncio.TaskGroup() as group:
            group.create_task(interrupt())
            with pytest.raises(DisconnectedError):
                await socket.connect()
        assert not socket.active

    in_virtual_time(scenario)


def test_a_cancelled_attempt_leaves_nothing_open() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await socket.connect()
        await (await server.accept()).expect_close()
        await server.join(socket)
        await socket.disconnect()

    in_virtual_time(scenario)


def test_an_answer_that_nobody_waits_for_any_longer_is_undone() -> None:
    async def scenario() -> None:
        server = RawServer()
        manager = Manager("http://test", connector=server)
        peer = await server.join(manager.socket())
        late = manager.socket("/late")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await late.connect()
        await peer.expect("40/late,")
        await peer.send('40/late,{"sid":"x"}')
        await peer.expect("41/late,")
        assert not late.connected
        await manager.close()

    in_virtual_time(scenario)


def test_connect_listeners_run_before_the_first_event_and_may_wait_for_acks() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        seen: list[object] = []

        @socket.on("connect")
        async def connected() -> None:
            seen.append(socket.id)
            seen.append(await socket.emit_with_ack("who"))

        socket.on("news", seen.append)
        peer = await server.join(socket, sid="me")
        await peer.send('42["news",1]')
        await peer.expect('420["who"]')
        await peer.send('430["you"]')
        await asyncio.sleep(1)
        assert seen == ["me", "you", 1]
        await socket.disconnect()

    in_virtual_time(scenario)


def test_events_that_come_before_the_answer_to_connect_are_kept() -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        seen: list[int] = []
        socket.on("news", seen.append)
        async with asyncio.TaskGroup() as group:
            answering = group.create_task(
                answer(server, '42["news",1]', '40{"sid":"x"}', '42["news",2]')
            )
            await socket.connect()
            await answering
        await asyncio.sleep(1)
        assert seen == [1, 2]
        await socket.disconnect()

    in_virtual_time(scenario)


def test_listeners_registered_right_after_connecting_miss_nothing() -> None:
    async def scenario() -> None:
        server = RawServer()
        answering = asyncio.create_task(answer(server, '40{"sid":"x"}', '42["news",1]'))
        seen: list[int] = []
        async with connect("http://test", connector=server) as socket:
            socket.on("news", seen.append)
            await asyncio.sleep(1)
        await answering
        assert seen == [1]

    in_virtual_time(scenario)


@pytest.mark.parametrize("namespace", ["chat", "", "/a,b"])
def test_what_is_no_namespace_is_refused(namespace: str) -> None:
    with pytest.raises(UsageError):
        Manager("http://test").socket(namespace)


def test_a_socket_that_never_connected_disconnects_quietly() -> None:
    async def scenario() -> None:
        socket: ClientSocket = connect("http://test", connector=RawServer())
        await socket.disconnect()
        await socket.disconnect()

    in_virtual_time(scenario)


@pytest.mark.parametrize("later", ['40/b,{"sid":"second"}', '44/b,{"message":"gone"}'])
def test_a_connect_that_was_given_up_may_be_answered_after_the_next_one(later: str) -> None:
    async def scenario() -> None:
        server = RawServer()
        manager = Manager("http://test", connector=server)
        other, socket = manager.socket("/a"), manager.socket("/b")
        peer = await server.join(other, sid="a")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await socket.connect()
        joining = asyncio.create_task(socket.connect())
        await peer.expect("40/b,", "40/b,")
        await peer.send('40/b,{"sid":"first"}', later)
        await joining
        await asyncio.sleep(1)
        assert other.connected
        assert socket.connected
        assert socket.id == ("second" if "second" in later else "first")
        await peer.send('40/b,{"sid":"third"}')
        await asyncio.sleep(1)
        assert not socket.connected
        await manager.close()

    in_virtual_time(scenario)


def test_an_unknown_option_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(
        UsageError, match=r"no option 'max_atachments'; did you mean 'max_attachments'\?"
    ):
        connect("http://test", max_atachments=1)  # type: ignore[call-arg]  # the mistake
