"""The rules of the text parser hold for MessagePack: the same answers, the same ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.server import Server, Socket
from ackord.runtime.testing import Link, RawPeer, run

from tests.runtime.server.two_transports import Client
from tests.runtime.server.two_transports import play as play_over
from tests.runtime.typed.test_server import TRANSCRIPT, Collab

msgpack: Any = import_module("msgpack")  # it has no annotations
PARSER = MsgpackParser()


def encode(text: str, *attachments: bytes) -> bytes:
    return PARSER.encode(text, attachments)


def pack(**members: Any) -> bytes:
    message: bytes = msgpack.packb(members)
    return message


def serve() -> Server:
    server = Server(parser=PARSER)
    server.of("/custom")

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def echo(*values: Any) -> tuple[Any, ...]:
            return values

        socket.on("echo", echo)

    return server


def play(
    server: Server,
    scenario: Callable[[RawPeer], Awaitable[None]],
    namespace: str = "",
    auth: str = "",
) -> None:
    """Run a scenario with one client that has joined a namespace."""

    async def main() -> None:
        peer = await Link(server).raw()
        await peer.receive_text()
        await peer.send(encode(f"40{namespace}{auth}"))
        answer = msgpack.unpackb(await peer.receive())
        assert (answer["type"], set(answer["data"])) == (0, {"sid"})
        try:
            await scenario(peer)
        finally:
            await server.close()

    run(main())


@pytest.mark.parametrize(("sent", "answer"), TRANSCRIPT)
def test_a_typed_namespace_answers_as_it_does_with_text(sent: str, answer: str) -> None:
    server = Server(parser=PARSER)
    server.register(Collab())

    async def scenario(peer: RawPeer) -> None:
        await peer.send(encode(sent))
        await peer.expect(encode(answer))
        await peer.send(encode('42/collab,2["count"]'))
        await peer.expect(encode("43/collab,2[0]"))

    play(server, scenario, "/collab,", '{"token":"ada"}')


def test_binary_goes_in_and_comes_out_of_a_typed_namespace() -> None:
    server = Server(parser=PARSER)
    server.register(Collab())

    async def scenario(peer: RawPeer) -> None:
        await peer.send(pack(type=2, nsp="/collab", id=3, data=["upload", b"abc"]))
        answer = msgpack.unpackb(await peer.receive())
        assert (answer["type"], answer["id"], type(answer["data"][0])) == (3, 3, bytes)

    play(server, scenario, "/collab,", '{"token":"ada"}')


VIOLATIONS: dict[str, bytes | str] = {
    "text": '42["echo"]',
    "no MessagePack": b"\xc1",
    "a reserved name": encode('42["connect"]'),
    "another reserved name": encode('42["disconnecting"]'),
    "no name": encode("42[]"),
    "a name that is none": encode("42[true]"),
    "a name that is binary": pack(type=2, nsp="/", data=[b"echo"]),
    "a name that is too long": encode('42["' + "n" * 5000 + '"]'),
    "a namespace that wasn't joined": encode('42/custom,["echo"]'),
    "an ack for it": encode("43/custom,1[]"),
    "a DISCONNECT from it": encode("41/custom,"),
    "a second CONNECT": encode("40"),
    "CONNECT_ERROR": encode('44{"message":"x"}'),
    "a DISCONNECT with data": encode("41{}"),
    "CONNECT with an array": encode("40/custom,[]"),
}


@pytest.mark.parametrize("message", VIOLATIONS.values(), ids=VIOLATIONS.keys())
def test_a_violation_ends_the_connection_at_once(message: bytes | str) -> None:
    async def scenario(peer: RawPeer) -> None:
        await peer.send(message)
        await peer.expect_close(timeout=0.1)

    play(serve(), scenario)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
def test_packets_go_over_both_transports(transport: str) -> None:
    async def scenario(client: Client) -> None:
        await client.send(encode("40"))
        assert msgpack.unpackb(await client.receive())["type"] == 0
        await client.send(pack(type=2, nsp="/", id=1, data=["echo", {"deep": [b"\0\1"]}, "text"]))
        assert msgpack.unpackb(await client.receive()) == {
            "type": 3,
            "nsp": "/",
            "id": 1,
            "data": [{"deep": [b"\0\1"]}, "text"],
        }
        await client.send(b"\xc1")
        await client.closed()

    play_over(serve(), transport, scenario, join=False)


def test_a_broadcast_is_the_same_message_for_everybody() -> None:
    server = serve()

    async def main() -> None:
        link = Link(server)
        peers = [await link.raw() for _ in range(3)]
        for peer in peers:
            await peer.receive_text()
            await peer.send(encode("40"))
            await peer.receive()
        server.emit("news", {"data": b"\1"}, 2)
        messages = [await peer.receive() for peer in peers]
        assert messages == [pack(type=2, nsp="/", data=["news", {"data": b"\1"}, 2])] * 3
        server.except_("nobody").emit("volatile")
        assert [await peer.receive() for peer in peers] == [
            pack(type=2, nsp="/", data=["volatile"])
        ] * 3
        await server.close()

    run(main())


def test_the_server_asks_and_disconnects() -> None:
    server = serve()

    async def scenario(peer: RawPeer) -> None:
        (socket,) = server.main.sockets.values()
        asked = asyncio.ensure_future(socket.emit_with_ack("question", b"x"))
        question = msgpack.unpackb(await peer.receive())
        assert question == {"type": 2, "nsp": "/", "id": question["id"], "data": ["question", b"x"]}
        await peer.send(pack(type=3, nsp="/", id=question["id"], data=[{"answer": b"y"}]))
        assert await asked == {"answer": b"y"}
        socket.disconnect()
        await peer.expect(pack(type=1, nsp="/"))

    play(server, scenario)
