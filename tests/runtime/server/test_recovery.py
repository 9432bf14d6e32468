from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Limits, RefusalReply, Server, Socket
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.recovery import Recovery
from ackord.runtime.testing import RawPeer
from ackord.runtime.websocket import bounds
from typing_extensions import override

from tests.runtime.server import two_transports
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


async def come_back(
    stage: Stage, me: dict[str, str], offset: str | None = None
) -> tuple[RawPeer, list[list[Any]]]:
    """Reconnect as a client that expects to be known; return what it missed, which comes before the
    answer to CONNECT.
    """
    peer = await stage.open()
    await peer.send(
        "40"
        + json.dumps({"pid": me["pid"]} if offset is None else {"pid": me["pid"], "offset": offset})
    )
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
        assert seen == [
            (False, me["sid"], {"user": 7}, False),
            (True, me["sid"], {"user": 7}, True),
        ]
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
        await asyncio.sleep(0)  # in the turn of another event, a volatile one is dropped
        server.volatile.emit("volatile", 1)
        assert await receive(peer) == ["volatile", 1]
        # A client takes any last string for an offset: one that ends so carries the offset that
        # stands.
        await asyncio.sleep(0)
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
            await peer.send(
                "40"
                + json.dumps({"pid": me["pid"], **({} if offset is None else {"offset": offset})})
            )
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
        recovery = core_of(server.main).recovery
        assert isinstance(recovery, Recovery)
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
        recovery = core_of(server.main).recovery
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
        assert seen == [
            (False, me["sid"], {"token": "t"}, []),
            (True, me["sid"], {"token": "t"}, [me["sid"]]),
        ]
        await peer.close()
        banned.add(me["sid"])
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        assert await peer.receive_text() == '44{"message":"banned"}'
        check_empty(server.main)
        recovery = core_of(server.main).recovery
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
        recovery = core_of(server.main).recovery
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


def test_namespaces_are_recovered_each_for_itself_and_dynamic_ones_are_kept_for_the_absent() -> (
    None
):
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
        assert json.loads((await peer.receive_text()).removeprefix("40"))["sid"] not in {
            me["sid"],
            mine["sid"],
        }
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
        recovery = core_of(server.main).recovery
        assert isinstance(recovery, Recovery)
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


# More than a connection may buffer

EVENTS = 300


def flooded(**options: Any) -> Server:
    """Make a server whose connections may buffer less than a tenth of what is missed."""
    return Server(connection_state_recovery=ConnectionStateRecovery(**options), max_buffered=30_000)


async def miss(stage: Stage, count: int = EVENTS) -> dict[str, str]:
    """Join, lose the connection, and miss events of a kilobyte; return who one was."""
    peer = await stage.open()
    me = await welcome(peer)
    await peer.close()
    await asyncio.sleep(0.1)
    for number in range(count):
        stage.server.emit("n", number, "x" * 1000)
    return me


def number_of(text: str) -> int:
    number: int = json.loads(text.removeprefix("42"))[1]
    return number


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_more_than_a_connection_may_buffer_comes_at_the_networks_pace_and_in_order(
    transport: str,
) -> None:
    server = flooded()

    async def scenario(client: two_transports.Client) -> None:
        me = await miss(Stage(server))
        await client.send("40" + json.dumps({"pid": me["pid"]}))
        received: list[int] = []
        (connection,) = server.connections
        while (text := str(await client.receive())).startswith("42"):
            received.append(number_of(text))
            assert connection.engine.buffered <= 30_000
            if len(received) <= 100:
                server.emit("n", EVENTS + len(received) - 1, "meanwhile")
        assert json.loads(text.removeprefix("40")) == me
        assert received == list(range(EVENTS + 100))
        server.emit("n", -1)
        assert number_of(str(await client.receive())) == -1

    two_transports.play(server, transport, scenario, join=False)


def test_a_client_that_takes_nothing_is_let_go_and_nothing_of_its_session_is_renewed() -> None:
    server = flooded(max_disconnection_duration=60)

    async def scenario(stage: Stage) -> None:
        me = await miss(stage)
        for _ in range(2):
            peer = await stage.open()
            await peer.send("40" + json.dumps({"pid": me["pid"]}))
            await asyncio.sleep(bounds.STALL_TIMEOUT + 1)
            assert server.connections == frozenset()
        peer, replayed = await come_back(stage, me)
        assert len(replayed) == EVENTS, "the third attempt is as good as the first"
        await peer.close()
        me = await miss(stage)
        for _ in range(4):
            peer = await stage.open()
            await peer.send("40" + json.dumps({"pid": me["pid"]}))
            assert number_of(await peer.receive_text()) == 0
            await asyncio.sleep(14.5)
            await peer.close()
            await asyncio.sleep(0.4)
        await asyncio.sleep(1)
        assert (await welcome(await stage.open(), pid=me["pid"]))["pid"] != me["pid"], (
            "60 s after the loss"
        )

    play(server, scenario)


def test_a_client_that_is_slower_than_what_is_kept_begins_anew_on_the_same_connection() -> None:
    server = flooded(max_packets=EVENTS)

    async def scenario(stage: Stage) -> None:
        me = await miss(stage)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        received = [number_of(await peer.receive_text())]
        for number in range(EVENTS):
            server.emit("n", EVENTS + number, "x")
        while (text := await peer.receive_text()).startswith("42"):
            received.append(number_of(text))
        assert received == list(range(len(received)))
        now = json.loads(text.removeprefix("40"))
        assert now["pid"] != me["pid"]
        (socket,) = server.main.sockets.values()
        assert not socket.recovered
        server.emit("n", 1000)
        assert number_of(await peer.receive_text()) == 1000

    play(server, scenario)


def test_a_client_that_is_always_behind_begins_anew_after_a_time() -> None:
    server = flooded(max_bytes=400_000)

    async def scenario(stage: Stage) -> None:
        me = await miss(stage)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        count = 0
        while (text := await peer.receive_text()).startswith("42"):
            assert number_of(text) == count
            count += 1
            server.emit("n", EVENTS + count - 1, "x" * 1000)
        assert json.loads(text.removeprefix("40"))["pid"] != me["pid"]
        assert 500 < count < 1000

    play(server, scenario)


def test_a_client_may_come_back_before_the_end_of_its_attempt_was_noticed() -> None:
    server = flooded()

    async def scenario(stage: Stage) -> None:
        me = await miss(stage)
        lost = await stage.open()
        await lost.send("40" + json.dumps({"pid": me["pid"]}))
        assert number_of(await lost.receive_text()) == 0
        _, replayed = await come_back(stage, me)
        assert len(replayed) == EVENTS
        assert len(server.connections) == 1

    play(server, scenario)


def test_two_namespaces_share_what_their_connection_may_buffer() -> None:
    server = flooded()
    names = ["/", *(f"/{number}" for number in range(9))]
    for name in names[1:]:
        server.of(name)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        pids = {name: (await welcome(peer, name))["pid"] for name in names}
        await peer.close()
        await asyncio.sleep(0.1)
        for name in names:
            for number in range(20):
                server.of(name).emit("n", number, "x" * 1000)
        peer = await stage.open()
        for name, pid in pids.items():
            await peer.send(f"40{'' if name == '/' else name + ','}" + json.dumps({"pid": pid}))
        texts = [await peer.receive_text() for _ in range(len(names) * 21)]
        assert sum(text.startswith("40") for text in texts) == len(names)
        assert all(
            socket.recovered
            for namespace in server._namespaces
            for socket in namespace.sockets.values()
        )

    play(server, scenario)


@pytest.mark.parametrize("end", ["drain", "close", "leave", "cut"])
def test_an_end_in_the_middle_of_what_was_missed_leaves_nothing(end: str) -> None:
    server = flooded()

    async def scenario(stage: Stage) -> None:
        me = await miss(stage)
        peer = await stage.open()
        await peer.send("40" + json.dumps({"pid": me["pid"]}))
        assert number_of(await peer.receive_text()) == 0
        if end == "drain":
            await server.drain(1)
        elif end == "close":
            await server.close()
        elif end == "leave":
            await peer.send("41")
        else:
            await peer.close()
        await asyncio.sleep(1)
        assert len(server.environment.tasks) == 0
        check_empty(server.main)
        if end in {"leave", "cut"}:
            _, replayed = await come_back(stage, me)
            assert len(replayed) == EVENTS

    play(server, scenario)


def test_who_asks_for_the_same_events_again_and_again_begins_anew() -> None:
    server = flooded()

    async def scenario(stage: Stage) -> None:
        me = await miss(stage, 25)
        count = 0
        for _ in range(100):
            peer = await stage.open()
            await peer.send("40" + json.dumps({"pid": me["pid"]}))
            while (text := await peer.receive_text()).startswith("42"):
                count += 1
            await peer.close()
            await asyncio.sleep(0.1)
            if json.loads(text.removeprefix("40")) != me:
                break
        assert 30 <= count <= 120, (
            "at least what a connection may buffer, at most some times as much"
        )
        await asyncio.sleep(60)
        _, replayed = await come_back(stage, me)
        assert len(replayed) == 25, "once more in another minute"

    play(server, scenario)


def test_who_misses_a_lot_again_and_again_may_come_back_as_often_as_it_likes() -> None:
    server = flooded()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        offset: str | None = None
        for number in range(100):
            await peer.close()
            await asyncio.sleep(0.1)
            server.emit("n", number, "x" * 10_000)
            peer = await stage.open()
            await peer.send(
                "40"
                + json.dumps(
                    {"pid": me["pid"]} if offset is None else {"pid": me["pid"], "offset": offset}
                )
            )
            _, seen, _, offset = await receive(peer)
            assert seen == number
            assert json.loads((await peer.receive_text()).removeprefix("40")) == me

    play(server, scenario)


# Rooms


def test_only_what_was_sent_to_a_room_while_the_client_was_in_it_is_replayed() -> None:
    server = serve()
    joining: list[str] = ["middleware"]

    @server.use
    def enter(socket: Socket) -> None:
        socket.join(*joining)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        me = await welcome(peer)
        socket = server.main.sockets[me["sid"]]
        server.to("late").to("again").emit("before it joined")
        socket.join("late", "again", "left", "muted")
        server.to("again").emit("1 first stay")
        socket.leave("again")
        server.to("again").emit("between two stays")
        server.in_(me["sid"]).sockets_join("again")
        server.to("again").to("late").emit("2 second stay")
        server.except_("muted").emit("excluded")
        socket.leave("left", "muted")
        server.to("left").emit("after it left")
        server.except_("muted").emit("3 no longer excluded")
        server.except_(me["sid"]).emit("not to itself")
        server.to(me["sid"]).emit("4 own")
        server.emit("5 everybody")
        server.to("middleware").emit("6 joined in a middleware")
        await peer.close()
        await asyncio.sleep(1)
        server.to("late").emit("7 away")
        server.to("left").emit("away, and not in it")
        joining.append("only now")
        server.to("only now").emit("before it joined again")
        _, replayed = await come_back(stage, me)
        assert [name for [name] in replayed] == [
            "1 first stay",
            "2 second stay",
            "3 no longer excluded",
            "4 own",
            "5 everybody",
            "6 joined in a middleware",
            "7 away",
        ]

    play(server, scenario)
