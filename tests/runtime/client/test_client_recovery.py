from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from ackord.runtime.client import Manager, stay
from ackord.runtime.client.recovery import ClientRecovery
from ackord.runtime.engine.client_transport import TransportLostError
from ackord.runtime.errors import DisconnectedError, ProtocolError
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, RawServer, run
from ackord.runtime.testing.raw_server import OPEN_PACKET


@pytest.mark.parametrize(
    ("payload", "offset"),
    [
        ('["x","a.1"]', "a.1"),
        ('["x",1,{"a":"b"},"a.2"]', "a.2"),
        ('["x"]', "x"),
        ('["x",""]', ""),
        ('["x",1]', None),
        ('["x",{"a":"b"}]', None),
        ('["x",["y"]]', None),
        (r'["x","a\"b"]', None),
        ('["x","' + "a" * 200 + '"]', None),
    ],
)
def test_the_last_string_of_an_event_is_its_offset(payload: str, offset: str | None) -> None:
    recovery = ClientRecovery()
    recovery.note(payload)
    assert recovery.connect_members() == {}
    assert not recovery.join("secret")
    recovery.note(payload)
    expected = {"pid": "secret"} if offset is None else {"pid": "secret", "offset": offset}
    assert recovery.connect_members() == expected


def test_a_new_private_id_ends_what_was() -> None:
    recovery = ClientRecovery()
    recovery.join("secret")
    recovery.note('["x","a.1"]')
    assert recovery.join("secret")
    assert not recovery.join("other")
    assert recovery.connect_members() == {"pid": "other"}
    assert not recovery.join(None)
    assert recovery.connect_members() == {}


@pytest.mark.parametrize("saw_an_event", [True, False])
def test_a_client_that_lost_its_connection_goes_on_where_it_was(saw_an_event: bool) -> None:
    server = Server(connection_state_recovery=ConnectionStateRecovery())

    async def scenario() -> None:
        received: list[Any] = []
        link = Link(server)
        manager = Manager("http://test", connector=link, reconnection=False)
        socket = manager.socket("/")
        socket.on("news", received.append)
        await socket.connect()
        sid = socket.id
        assert not socket.recovered
        if saw_an_event:
            server.emit("news", 1)
            await asyncio.sleep(1)
        server.main.sockets[str(sid)].conn.close(discard=True, reason="transport error")
        await asyncio.sleep(1)
        assert not socket.connected
        server.emit("news", 2)
        server.emit("news", 3)
        await socket.connect()
        assert (socket.recovered, socket.id) == (True, sid)
        server.emit("news", 4)
        await asyncio.sleep(1)
        assert received == ([1] if saw_an_event else []) + [2, 3, 4]
        await socket.disconnect()
        await socket.connect()
        assert not socket.recovered
        assert socket.id != sid
        await manager.close()
        await server.close()

    run(scenario())


def test_a_client_that_missed_more_than_may_wait_for_handlers_gets_all_of_it_once_although_an_attempt_is_cut() -> (
    None
):
    server = Server(connection_state_recovery=ConnectionStateRecovery())

    async def scenario() -> None:
        received: list[int] = []
        manager = Manager(
            "http://test",
            connector=Link(server),
            transports=("websocket",),
            reconnection=False,
            max_pending_events=10,
            max_pending_bytes=1000,
        )
        socket = manager.socket("/")

        def news(number: int, _: str) -> None:
            received.append(number)

        socket.on("news", news)
        await socket.connect()
        server.emit("news", 0, "")
        await asyncio.sleep(1)
        server.main.sockets[str(socket.id)].conn.close(discard=True, reason="transport error")
        await asyncio.sleep(1)
        for number in range(1, 600):
            server.emit("news", number, "x" * 10_000)
        connecting = asyncio.ensure_future(socket.connect())
        while not any(connection.engine.buffered for connection in server.connections):  # noqa: ASYNC110 - in the turn of the loop
            await asyncio.sleep(0)
        (connection,) = server.connections
        connection.engine.close(discard=True, reason="transport error")
        with pytest.raises(DisconnectedError):
            await connecting
        assert received == [0]
        await socket.connect()
        assert socket.recovered
        await asyncio.sleep(1)
        assert received == list(range(600))
        await manager.close()
        await server.close()

    run(scenario())


def test_what_a_server_may_send_before_it_answers_connect_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stay, "MAX_EARLY", 100_000)

    async def scenario() -> None:
        server = RawServer()
        manager = Manager("http://test", connector=server)
        connecting = asyncio.ensure_future(manager.socket("/").connect())
        peer = await server.accept()
        await peer.send(OPEN_PACKET)
        await peer.expect("40")
        sent = 0
        with suppress(TransportLostError):
            while sent < 10_000:
                await peer.send('42["x"]')
                await asyncio.sleep(0)
                sent += 1
        assert 100 < sent < 300
        with pytest.raises(ProtocolError):
            await connecting
        await manager.close()

    run(scenario())
