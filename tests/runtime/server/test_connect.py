from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server import Limits, RefusalReply, Server, Socket
from ackord.runtime.sockets.outgoing import decode_answer

from tests.runtime.server.stage import Stage, check_empty, play


def test_the_answer_to_connect_comes_before_any_event_of_the_socket() -> None:
    server = Server()

    @server.use
    async def early(socket: Socket) -> None:
        socket.emit("early", 1)
        socket.join("room")
        server.to("room").emit("not yet")

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.emit("late", 2)

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        assert len(sid) == 20
        await peer.expect('42["early",1]', '42["late",2]')
        assert server.main.sockets[sid].rooms == {sid, "room"}

    play(server, scenario)


def test_the_handshake_tells_of_the_request_and_of_auth() -> None:
    server = Server(cors_origins=("http://a.example",))
    seen: list[Socket] = []
    server.on("connection", seen.append)

    async def scenario(stage: Stage) -> None:
        peer = await stage.link.raw(query={"user": "ada"}, headers={"Origin": "http://a.example"})
        await peer.receive()
        await stage.enter(peer, auth='{"token":"x"}')
        handshake = seen[0].handshake
        assert handshake is seen[0].handshake
        assert handshake.auth == {"token": "x"}
        assert handshake.query["user"] == "ada"
        assert handshake.headers["origin"] == "http://a.example"
        assert handshake.address == "127.0.0.1"
        assert handshake.xdomain
        assert not handshake.secure
        assert handshake.url.startswith("/socket.io/?EIO=4")
        assert handshake.issued > 1_600_000_000_000
        assert seen[0].id != seen[0].conn.sid

    play(server, scenario)


def test_middlewares_run_in_order_and_the_first_refusal_answers() -> None:
    server = Server()
    ran: list[str] = []

    @server.use
    def first(socket: Socket) -> None:
        assert not socket.connected
        ran.append("first")

    @server.use
    async def second(socket: Socket) -> None:
        await asyncio.sleep(1)
        ran.append("second")
        if socket.handshake.auth.get("token") != "good":
            raise RefusalReply("not authorized", {"retry": False})

    @server.use
    async def third(socket: Socket) -> None:
        ran.append("third")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await peer.expect('44{"message":"not authorized","data":{"retry":false}}')
        assert ran == ["first", "second"]
        await peer.send('40{"token":"good"}')
        assert (await peer.receive_text()).startswith("40{")
        assert ran == ["first", "second", "first", "second", "third"]

    play(server, scenario)


def test_a_middleware_that_raises_is_answered_without_what_it_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()

    @server.use
    async def broken(socket: Socket) -> None:
        socket.join("room")
        raise KeyError("secret of the database")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await peer.expect('44{"message":"Internal error","data":{"code":"internal"}}')
        await peer.send("40/other")
        await peer.expect('44/other,{"message":"Invalid namespace"}')
        check_empty(server.main)

    play(server, scenario)
    assert "secret of the database" in caplog.text


def test_the_connect_hook_runs_after_middlewares_with_the_text_of_auth() -> None:
    server = Server()
    chat = server.of("chat")
    ran: list[Any] = []

    @chat.use
    def middleware(socket: Socket) -> None:
        ran.append("middleware")

    async def hook(socket: Socket, auth: str | None) -> None:
        ran.append(auth)
        socket.send_event(EncodedEvent("from hook", '["from hook"]'))
        with pytest.raises(UsageError):
            await socket.request(EncodedEvent("x", '["x"]'), decode_answer, 1)
        if auth is None:
            raise RefusalReply("no auth")

    chat.set_connect_hook(hook)
    chat.on("connection", lambda socket: ran.append("connection"))

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40/chat")
        await peer.expect('44/chat,{"message":"no auth"}')
        await stage.enter(peer, "/chat", '{"a": 1}')
        await peer.expect('42/chat,["from hook"]')
        assert ran == ["middleware", None, "middleware", '{"a": 1}', "connection"]

    play(server, scenario)


def test_a_middleware_may_disconnect_instead_of_raising() -> None:
    server = Server()

    @server.use
    def refuse(socket: Socket) -> None:
        socket.disconnect()

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await peer.expect('44{"message":"Disconnected"}')

    play(server, scenario)


@pytest.mark.parametrize("packet", ['42["x"]', "41,{}", "431[]", '451-["x"]'])
def test_while_a_middleware_thinks_the_namespace_is_not_joined(packet: str) -> None:
    server = Server()
    ended: list[str] = []

    @server.use
    async def slow(socket: Socket) -> None:
        socket.join("room")
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await asyncio.sleep(1)
        await peer.send(packet)
        await peer.expect_close(timeout=0.1)
        await asyncio.sleep(0)
        assert ended == ["cancelled"]
        check_empty(server.main)

    play(server, scenario)


def test_a_client_that_goes_away_during_a_middleware_is_dropped_silently() -> None:
    server = Server()
    connected: list[Socket] = []

    @server.use
    async def stubborn(socket: Socket) -> None:
        socket.join("room")
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            socket.join("another room")

    server.on("connection", connected.append)

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await asyncio.sleep(1)
        await peer.close()
        await asyncio.sleep(1)
        assert connected == []
        check_empty(server.main)

    play(server, scenario)


def test_a_middleware_that_never_answers_is_given_up() -> None:
    server = Server(limits=Limits(connect_timeout=3))

    @server.of("/slow").use
    async def slow(socket: Socket) -> None:
        await asyncio.Event().wait()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("40/slow")
        await peer.expect('44/slow,{"message":"Internal error","data":{"code":"internal"}}')

    play(server, scenario)


def test_a_connection_that_joins_nothing_is_closed_after_45_seconds() -> None:
    async def scenario(stage: Stage) -> None:
        loop = asyncio.get_running_loop()
        peer = await stage.open()
        started = loop.time()
        await peer.send("40/random")
        await peer.expect('44/random,{"message":"Invalid namespace"}')
        await peer.expect("2", timeout=60)
        await peer.send("3")
        await peer.expect_close(timeout=60)
        assert loop.time() - started == pytest.approx(45, abs=0.1)

    play(Server(), scenario)


def test_a_second_connect_to_a_namespace_closes_the_connection() -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send("40")
        await peer.expect_close(timeout=0.1)
        check_empty(stage.server.main)

    play(Server(), scenario)


def test_the_number_of_namespaces_of_a_connection_is_bounded() -> None:
    server = Server(limits=Limits(namespaces=2))
    server.of("/a")
    server.of("/b")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await stage.enter(peer, "/a")
        await peer.send("40/b")
        await peer.expect('44/b,{"message":"Too many namespaces"}')
        await peer.send("41/a")
        await stage.enter(peer, "/b")

    play(server, scenario)


def test_namespaces_of_one_connection_have_sockets_of_their_own() -> None:
    server = Server()
    server.on("connection", lambda socket: socket.on("who", lambda: "main"))
    server.of("/chat").on("connection", lambda socket: socket.on("who", lambda: "chat"))

    async def scenario(stage: Stage) -> None:
        peer, main = await stage.join()
        chat = await stage.enter(peer, "/chat")
        assert main != chat
        await peer.send('421["who"]', '42/chat,1["who"]')
        await peer.expect('431["main"]', '43/chat,1["chat"]')
        await peer.send("41", '42/chat,2["who"]')
        await peer.expect('43/chat,2["chat"]')
        assert list(server.main.sockets) == []

    play(server, scenario)


def test_a_connection_listener_that_is_a_coroutine_begins_before_the_first_event_is_handled() -> (
    None
):
    server = Server()

    @server.on("connection")
    async def connected(socket: Socket) -> None:
        socket.on("hello", lambda: "hi")
        await asyncio.sleep(5)
        socket.emit("later")

    async def scenario(stage: Stage) -> None:
        peer = await stage.open()
        await peer.send("40")
        await peer.receive()
        await peer.send('421["hello"]')
        await peer.expect('431["hi"]', '42["later"]')

    play(server, scenario)


def test_a_connection_listener_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    server = Server()

    @server.on("connection")
    async def broken(socket: Socket) -> None:
        raise RuntimeError("a mistake")

    @server.on("connection")
    def works(socket: Socket) -> None:
        socket.emit("works")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.expect('42["works"]')

    play(server, scenario)
    assert "a mistake" in caplog.text


def test_a_namespace_listens_for_connections_only() -> None:
    on: Any = Server().on
    with pytest.raises(UsageError, match="on its socket"):
        on("message", print)


@pytest.mark.parametrize("name", ["/a,b", "/" + "n" * 2000])
def test_a_namespace_that_no_packet_could_name_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        Server().of(name)


def test_the_leading_slash_of_a_namespace_may_be_left_out() -> None:
    server = Server()
    assert server.of("chat") is server.of("/chat")
