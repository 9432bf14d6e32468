from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.client.recovery import ClientRecovery
from ackord.runtime.server import Server
from ackord.runtime.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.testing import Link, run


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
        manager = Manager("http://test", connector=link)
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
