from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from ackord.runtime.server import Limits, RefusalReply, Server, Socket
from ackord.runtime.socketio.msgpack import MsgpackParser
from ackord.runtime.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.testing import RawPeer
from typing_extensions import override

from tests.runtime.server.stage import Stage, check_empty, play


def serve(**options: Any) -> Server:
    return Server(connection_state_recovery=ConnectionStateRecovery(**options))


async def welcome(peer: RawPeer, namespace: str = "/", **auth: Any) -> dict[str, str]:
    """Join a namespace; return what CONNECT was answered with."""
    prefix = "40" if namespace == "/" else f"40{namespace},"
    await peer.send(prefix + (json.dumps(auth) if auth else ""))
    answer = await peer.receive_text()
    assert answer.startswith(prefix), answer
    members: dict[str, str] = json.loads(answer.removeprefix(prefix))
    assert set(members) == {"sid", "pid"}
    return members


async def receive(peer: RawPeer) -> list[Any]:
    """Receive an event; return its items."""
    text = await peer.receive_text()
    assert text.startswith("42"), text
    items: list[Any] = json.loads(text.removeprefix("42"))
    return items


async def come_back(stage: Stage, me: dict[str, str], offset: str | None = None) -> tuple[RawPeer, list[list[Any]]]:
    """Reconnect as a client that expects to be known; return what it missed, which comes before the answer to CONNECT."""
    peer = await stage.open()
    await peer.send("40" + json.dumps({"pid": me["pid"]} if offset is None else {"pid": me["pid"], "offset": offset}))
    replayed: list[list[Any]] = []
    while (text := await peer.receive_text()).startswith("42"):
        replayed.append(json.loads(text.removeprefix("42"))[:-1])
    assert json.loads(text.removeprefix("40")) == me
    return peer, replayed


def test_a_client_that_comes_back_is_who_it_was_and_misses_nothing() -> None:
    server = serve()
    seen: list[tuple[bool, str, Any, bool]] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        seen.append((socket.recovered, socket.id, socket.data, "room" in socket.rooms))
        if not socket.recovered:
            socket.join("room")
            socket.data["user"] = 7

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        server.emit("first", 1)
        _, _, offset = await receive(peer)
        server.emit("lost on the way", 2)
        await peer.close()
        await asyncio.sleep(1)
        server.emit("all", 3)
        server.to("room").emit("room", {"4": b"\4"})
        server.to("elsewhere").emit("not for it")
        server.except_("room").emit("not for it")
        server.to(me["sid"]).emit("own", 5)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"], "offset": offset}))
        assert (await receive(peer))[:2] == ["lost on the way", 2]
        assert (await receive(peer))[:2] == ["all", 3]
        text = await peer.receive_text()
        assert text.startswith('451-["room",{"4":{"_placeholder":true,"num":0}},"')
        assert await peer.receive() == b"\4"
        assert (await receive(peer))[:2] == ["own", 5]
        assert json.loads((await peer.receive_text()).removeprefix("40")) == me
        assert seen == [(False, me["sid"], {"user": 7}, False), (True, me["sid"], {"user": 7}, True)]
        server.to("room").emit("now", 6)
        assert (await receive(peer))[:2] == ["now", 6]

    play(server, scenario)


def test_every_event_but_volatile_local_and_acknowledged_ones_carries_an_offset() -> None:
    server = serve()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.emit("direct")
        socket.emit("asked", ack=print)
        socket.timeout(5).emit("asked", 1, ack=print)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await welcome(peer)
        name, offset = await receive(peer)
        assert name == "direct"
        assert await peer.receive_text() == '420["asked"]'
        assert await peer.receive_text() == '421["asked",1]'
        server.emit("broadcast", "text")
        name, _, second = await receive(peer)
        assert name == "broadcast"
        assert second != offset
        server.local.emit("local", 1)
        assert await receive(peer) == ["local", 1]
        server.volatile.emit("volatile", 1)
        assert await receive(peer) == ["volatile", 1]
        # A client takes any last string for an offset: one that ends so carries the offset that stands.
        server.volatile.emit("volatile", "text")
        assert await receive(peer) == ["volatile", "text", second]
        server.local.emit("local")
        assert await receive(peer) == ["local", second]

    play(server, scenario)


def test_volatile_local_and_acknowledged_events_are_not_replayed() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.close()
        await asyncio.sleep(1)
        server.volatile.emit("volatile")
        server.local.emit("local")
        server.emit("kept")
        asked = asyncio.ensure_future(server.timeout(1).emit_with_ack("asked"))
        await asyncio.sleep(2)
        await asyncio.gather(asked, return_exceptions=True)
        _, replayed = await come_back(stage, me)
        assert replayed == [["kept"]]

    play(server, scenario)


def test_a_client_that_received_no_event_comes_back_as_well() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        server.emit("before it came")
        peer = await stage.open()
        me = await welcome(peer)
        await peer.close()
        await asyncio.sleep(1)
        server.emit("hello", 1)
        _, replayed = await come_back(stage, me)
        assert replayed == [["hello", 1]]

    play(server, scenario)


def test_what_its_own_socket_emits_after_the_end_reaches_a_client_that_comes_back() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        socket = server.main.sockets[me["sid"]]
        socket.on("disconnect", lambda: socket.emit("sorry to lose you"))
        await peer.close()
        await asyncio.sleep(1)
        socket.emit("hello")
        socket.volatile.emit("volatile")
        _, replayed = await come_back(stage, me)
        assert replayed == [["sorry to lose you"], ["hello"]]

    play(server, scenario)


def test_a_client_may_come_back_before_its_end_was_noticed() -> None:
    server = serve()
    told: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        if not socket.recovered:
            socket.on("disconnect", told.append)

    async def scenario(stage: Stage) -> None:
        old = await stage.open()
        me = await welcome(old)
        server.emit("on its way")
        peer, replayed = await come_back(stage, me)
        assert replayed == [["on its way"]]
        assert told == ["transport close"]
        assert len(server.connections) == 1
        server.emit("once")
        assert (await receive(peer))[0] == "once"

    play(server, scenario)


def test_coming_back_again_and_again_loses_and_doubles_nothing() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        received: list[Any] = []
        offset: str | None = None
        for number in range(20):
            await peer.close()
            await asyncio.sleep(0.1)
            server.emit("n", number)
            peer = await stage.open()
            await peer.send("40" + json.dumps({"pid": me["pid"], **({} if offset is None else {"offset": offset})}))
            while (text := await peer.receive_text()).startswith("42"):
                _, value, offset = json.loads(text.removeprefix("42"))
                received.append(value)
            assert json.loads(text.removeprefix("40")) == me
        assert received == list(range(20))

    play(server, scenario)


def test_a_socket_that_was_left_on_purpose_is_not_recovered() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.send("41")
        assert (await welcome(peer, pid=me["pid"]))["pid"] != me["pid"]
        await peer.close()
        peer = await stage.open()
        me = await welcome(peer)
        server.main.sockets[me["sid"]].disconnect()
        await peer.expect("41")
        assert (await welcome(peer, pid=me["pid"]))["sid"] != me["sid"]

    play(server, scenario)


def test_a_violation_is_no_reason_to_be_forgotten() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.send("42[]")
        await peer.expect_close()
        await come_back(stage, me)

    play(server, scenario)


def test_a_client_that_stays_away_too_long_is_new_and_nothing_of_it_is_left() -> None:
    server = serve(max_disconnection_duration=10)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        server.emit("x")
        await peer.close()
        await asyncio.sleep(11)
        recovery = server.main.recovery
        assert recovery is not None
        assert not recovery.waits
        assert (await welcome(await stage.open(), pid=me["pid"]))["pid"] != me["pid"]
        await asyncio.sleep(60)
        assert recovery.log.kept == 0

    play(server, scenario)


def test_a_session_is_gone_once_its_client_is_back() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.close()
        await asyncio.sleep(1)
        recovery = server.main.recovery
        assert recovery is not None
        assert recovery.waits
        peer, _ = await come_back(stage, me)
        assert not recovery.waits
        await peer.send("41")
        assert (await welcome(peer, pid=me["pid"]))["sid"] != me["sid"]
        assert not recovery.waits

    play(server, scenario)


def test_middlewares_run_again_see_who_came_back_and_may_refuse() -> None:
    server = serve()
    seen: list[Any] = []
    banned: set[str] = set()

    @server.use
    async def check(socket: Socket) -> None:
        await asyncio.sleep(1)
        seen.append((socket.recovered, socket.id, socket.handshake.auth, sorted(socket.rooms)))
        if socket.id in banned:
            raise RefusalReply("banned")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer, token="t")
        await peer.close()
        await asyncio.sleep(1)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"], "token": "t"}))
        await asyncio.sleep(0.5)
        server.emit("while the middleware runs")
        assert (await receive(peer))[0] == "while the middleware runs"
        assert json.loads((await peer.receive_text()).removeprefix("40")) == me
        assert seen == [(False, me["sid"], {"token": "t"}, []), (True, me["sid"], {"token": "t"}, [me["sid"]])]
        await peer.close()
        banned.add(me["sid"])
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        assert await peer.receive_text() == '44{"message":"banned"}'
        check_empty(server.main)
        recovery = server.main.recovery
        assert recovery is not None
        assert not recovery.waits

    play(server, scenario)


def test_who_comes_back_is_new_if_what_it_missed_goes_while_middlewares_run() -> None:
    server = serve(max_packets=2)

    @server.use
    async def slow(_: Socket) -> None:
        await asyncio.sleep(1)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        server.main.sockets[me["sid"]].join("room")
        await peer.close()
        await asyncio.sleep(1)
        server.emit("missed")
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        await asyncio.sleep(0.5)
        server.emit("one")
        server.emit("two")
        now = json.loads((await peer.receive_text()).removeprefix("40"))
        assert now["pid"] != me["pid"]
        (socket,) = server.main.sockets.values()
        assert (socket.recovered, socket.data, socket.rooms) == (False, {}, frozenset({socket.id}))
        recovery = server.main.recovery
        assert recovery is not None
        assert not recovery.waits

    play(server, scenario)


def test_who_goes_while_middlewares_run_may_come_back_once_more() -> None:
    server = serve()

    @server.use
    async def check(_: Socket) -> None:
        await asyncio.sleep(1)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.close()
        await asyncio.sleep(1)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        await asyncio.sleep(0.5)
        await peer.close()
        await asyncio.sleep(1)
        check_empty(server.main)
        await come_back(stage, me)

    play(server, scenario)


def test_middlewares_and_the_connect_hook_can_be_skipped() -> None:
    server = serve(skip_middlewares=True)
    seen: list[str] = []

    @server.use
    def note(socket: Socket) -> None:
        seen.append(socket.id)

    async def hook(socket: Socket, auth_text: str | None) -> None:
        seen.append(f"hook {auth_text}")

    server.main.set_connect_hook(hook)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        await peer.close()
        await asyncio.sleep(1)
        await come_back(stage, me)
        assert seen == [me["sid"], "hook None"]

    play(server, scenario)


def test_the_connect_hook_does_not_see_the_private_id() -> None:
    server = serve()
    seen: list[str | None] = []

    async def hook(_: Socket, auth_text: str | None) -> None:
        seen.append(auth_text)

    server.main.set_connect_hook(hook)

    async def scenario(stage: Stage) -> None:
        me = await welcome(await stage.open())
        await welcome(await stage.open(), pid="unknown", offset="x", token=1)
        await welcome(await stage.open(), pid=7, offset="kept")
        assert seen == [None, '{"token":1}', '{"pid":7,"offset":"kept"}']
        assert me["pid"] != me["sid"]

    play(server, scenario)


def test_what_is_no_way_back_gives_a_new_session_silently() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        server.emit("x")
        await peer.close()
        await asyncio.sleep(1)
        attempts: list[dict[str, Any]] = [
            {"pid": "unknown"},
            {"pid": "", "offset": ""},
            {"pid": me["sid"]},
            {"pid": me["pid"], "offset": "forged"},
            {"pid": me["pid"], "offset": 1},
            {"pid": [me["pid"]]},
            {"offset": "only"},
        ]
        for auth in attempts:
            found = await welcome(await stage.open(), **auth)
            assert found["pid"] != me["pid"]
            assert found["sid"] != me["sid"]
        await come_back(stage, me)

    play(server, scenario)


def test_namespaces_are_recovered_each_for_itself_and_dynamic_ones_are_kept_for_the_absent() -> None:
    server = serve(max_disconnection_duration=10)
    server.of("/tenant/{name}")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        mine = await welcome(peer, "/tenant/a")
        await peer.close()
        await asyncio.sleep(1)
        server.of("/tenant/a").emit("x")
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": mine["pid"]}))
        assert json.loads((await peer.receive_text()).removeprefix("40"))["sid"] not in {me["sid"], mine["sid"]}
        await peer.send("40/tenant/a," + json.dumps({"pid": mine["pid"]}))
        assert (await peer.receive_text()).startswith('42/tenant/a,["x","')
        assert json.loads((await peer.receive_text()).removeprefix("40/tenant/a,")) == mine
        await peer.close()
        await asyncio.sleep(11)
        assert server.find("/tenant/a") is None

    play(server, scenario)


def test_a_client_that_cannot_be_welcomed_leaves_nothing() -> None:
    class Broken(MsgpackParser):
        @override
        def encode(self, text: str, attachments: Sequence[bytes]) -> bytes:
            if text.startswith("40"):
                raise ValueError("broken")
            return super().encode(text, attachments)

    server = Server(connection_state_recovery=ConnectionStateRecovery(), parser=Broken())

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send(MsgpackParser().encode("40", ()))
        assert isinstance(await peer.receive(), bytes)
        recovery = server.main.recovery
        assert recovery is not None
        server.emit("x")
        assert (recovery.waits, recovery.log.kept) == (False, 0)

    play(server, scenario)


def test_without_the_option_nothing_is_kept_and_nothing_is_added() -> None:
    server = Server(limits=Limits())

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join(auth='{"pid":"x","offset":"y"}')
        assert server.main.sockets[sid].handshake.auth == {"pid": "x", "offset": "y"}
        assert not server.main.sockets[sid].recovered
        server.emit("plain")
        await peer.expect('42["plain"]')

    play(server, scenario)
