"""What the receiver of a packet would refuse is refused before it is sent, by each way of sending,
and nothing of it is left.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from ackord.runtime.errors import InvalidPayloadError, UsageError
from ackord.runtime.protocol.socketio.decoder import Decoder
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser
from ackord.runtime.protocol.socketio.values import encode_value
from ackord.runtime.server import (
    BroadcastOperator,
    ConnectionStateRecovery,
    Limits,
    Namespace,
    Server,
    Socket,
)
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.recovery import Recovery
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.testing import Link, run
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.runtime.server.stage import Stage, play, serve


class Failing(MsgpackParser):
    """A parser of an application, which raises what it likes."""

    __slots__ = ("_error",)

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    @override
    def encode(self, text: str, attachments: Any) -> bytes:
        if "bad" in text:
            raise self._error
        return super().encode(text, attachments)


async def call(function: Callable[..., Any], *arguments: Any) -> None:
    """Call a function, and await what it returns if that must be awaited."""
    outcome = function(*arguments)
    if outcome is not None:
        await outcome


FALSE = {"_placeholder": True, "num": 99}
UNSENDABLE: list[tuple[Parser | None, Any, str]] = [
    (None, [bytes([n]) for n in range(11)], "11 attachments, and a packet has at most 10"),
    (None, [b"x", FALSE], "_placeholder"),
    (None, [b"x", [{"a": {"_placeholder": True}}]], "_placeholder"),
    (None, {1, 2}, "set"),
    (None, float("nan"), "JSON"),
    (MsgpackParser(), 10**400, "too large"),
    (MsgpackParser(max_binaries=2), [b"x", b"y", b"z"], "at most 2"),
    *(
        (Failing(error), "bad", "can't write the packet")
        for error in (OverflowError("o"), RecursionError("r"), UnicodeError("u"), KeyError("k"))
    ),
]

SENDERS: dict[str, Callable[[Socket, Any], Any]] = {
    "emit": lambda socket, value: socket.emit("x", value),
    "callback": lambda socket, value: socket.emit("x", value, ack=print),
    "callback in time": lambda socket, value: socket.timeout(5).emit("x", value, ack=print),
    "ask": lambda socket, value: socket.emit_with_ack("x", value),
    "send": lambda socket, value: socket.send(value),
    "broadcast": lambda socket, value: socket.namespace.emit("x", value),
    "room": lambda socket, value: socket.namespace.to(socket.id).emit("x", value),
    "nobody": lambda socket, value: socket.namespace.to([]).emit("x", value),
    "gather": lambda socket, value: socket.namespace.emit_with_ack("x", value),
    "gather by callback": lambda socket, value: socket.namespace.emit("x", value, ack=print),
}


@pytest.mark.parametrize("recovery", [None, ConnectionStateRecovery()], ids=["plain", "recovery"])
@pytest.mark.parametrize(("parser", "value", "says"), UNSENDABLE)
def test_it_is_an_error_of_the_sender_and_leaves_nothing(
    parser: Parser | None, value: Any, says: str, recovery: ConnectionStateRecovery | None
) -> None:
    server = Server(connection_state_recovery=recovery, parser=parser or TEXT_PARSER)
    early: list[BaseException] = []

    async def middleware(socket: Socket) -> None:
        """Send before the client is told that it is connected: what only the parser refuses is told
        then.
        """
        try:
            socket.emit("x", value)
            socket.emit("x", value, ack=print)
            socket.timeout(5).emit("x", value, ack=early.append)
        except InvalidPayloadError as error:
            early.append(error)

    server.use(middleware)

    async def scenario() -> None:
        peer = await Link(server).raw()
        await peer.receive_text()
        await peer.send("40" if parser is None else parser.encode("40", ()))
        await peer.receive()
        (socket,) = server.main.sockets.values()
        assert [type(error) for error in early] == [InvalidPayloadError]
        assert socket._awaited_acks == 0
        for name, send in SENDERS.items():
            with pytest.raises(InvalidPayloadError, match=says):
                await call(send, socket, value)
            assert socket._awaited_acks == 0, name
        if isinstance(kept := core_of(server.main).recovery, Recovery):
            assert kept.log.kept == 0
        socket.emit("fine", [b"x"])
        assert b"fine" in (
            first if isinstance(first := await peer.receive(), bytes) else first.encode()
        )
        await server.close()

    run(scenario())


def test_an_acknowledgement_that_cannot_be_sent_is_answered_by_internal_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def many(*_: Any) -> list[bytes]:
        return [bytes([n]) for n in range(11)]

    def false() -> list[Any]:
        return [b"x", FALSE]

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["many"]', '422["false"]', '423["fine"]')
        answers = [await peer.receive_text() for _ in range(3)]
        assert answers[0] == '431[{"error":{"code":"internal","message":"The handler failed"}}]'
        assert answers[1].startswith('432[{"error":{"code":"invalid_response"')
        assert answers[2] == "433[1]"

    with caplog.at_level(logging.WARNING):
        play(serve(many=many, false=false, fine=lambda: 1), scenario)
    assert (
        "an acknowledgement has 11 attachments, and a packet has at most 10 (Limits.attachments)"
        in caplog.text
    )


def test_the_limit_of_attachments_is_the_servers_option() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        socket.emit("x", [bytes([n]) for n in range(11)])
        assert (await peer.receive_text()).startswith("4511-")
        for _ in range(11):
            await peer.receive()
        with pytest.raises(InvalidPayloadError, match="at most 11"):
            socket.emit("x", [bytes([n]) for n in range(12)])

    play(Server(limits=Limits(attachments=11)), scenario)


def test_what_looks_like_a_placeholder_is_data_where_no_bytes_are() -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('421["echo",{"_placeholder":true,"num":99}]')
        await peer.expect('431[{"_placeholder":true,"num":99}]')
        stage.server.main.sockets[sid].emit(
            "x", [b"y", {"_placeholder": False, "num": 0}, '"_placeholder":true']
        )
        await peer.expect(
            '451-["x",[{"_placeholder":true,"num":0},{"_placeholder":false,"num":0},"\\"_placeholder\\":true"]]',
            b"y",
        )

    def echo(value: Any) -> Any:
        return value

    play(serve(echo=echo), scenario)


NAMES = st.sampled_from(["_placeholder", "num", 'x"_placeholder', "a"])
VALUES = st.recursive(
    st.booleans() | st.integers(0, 2) | st.sampled_from([b"x", b"y", '"_placeholder":true', None]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_arrives_as_it_was_or_is_refused(value: Any) -> None:
    try:
        text, attachments = encode_value([value])
    except InvalidPayloadError:
        assert "_placeholder" in repr(value)
        return
    decoder = Decoder(max_attachments=100)
    packet = decoder.receive_text(f"5{len(attachments)}-{text}" if attachments else f"2{text}")
    for data in attachments:
        packet = decoder.receive_binary(data)
    assert packet is not None
    assert decode_array(packet.payload, packet.attachments) == [value]


WRONG: list[Callable[[Namespace, Socket], Any]] = [
    lambda namespace, _: namespace.emit(None),  # type: ignore[arg-type]  # the mistake
    lambda namespace, _: namespace.to("a").emit(5),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.emit(b"x"),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.emit("x", ack=5),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.on(None, print),  # type: ignore[call-overload]  # the mistake
    lambda _, socket: socket.on("x", 5),  # type: ignore[call-overload]  # the mistake
    lambda namespace, _: namespace.server_side_emit(None),  # type: ignore[arg-type]  # the mistake
    lambda namespace, _: namespace.to(None),  # type: ignore[arg-type]  # the mistake
    lambda namespace, _: namespace.to([1]),  # type: ignore[list-item]  # the mistake
    lambda namespace, _: namespace.except_(b"x"),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.join(5),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.leave(None),  # type: ignore[arg-type]  # the mistake
    lambda namespace, _: namespace.timeout(-1),
    lambda namespace, _: namespace.timeout(float("nan")),
    lambda _, socket: socket.timeout(float("inf")),
    lambda _, socket: socket.volatile.timeout("5"),  # type: ignore[arg-type]  # the mistake
    lambda _, socket: socket.emit_with_ack("x", timeout=-1),
    lambda namespace, _: namespace.emit_with_ack("x", timeout=-1),
    lambda namespace, _: namespace.server_side_emit_with_ack("x", timeout=-1),
]


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_of_the_program_raises_and_reaches_nobody(
    mistake: Callable[[Namespace, Socket], Any],
) -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]
        with pytest.raises(UsageError):
            await call(mistake, stage.server.main, socket)
        assert socket._awaited_acks == 0
        socket.emit("end")
        await peer.expect('42["end"]')

    play(Server(), scenario)


EMPTY: list[Callable[[Server, Socket], BroadcastOperator]] = [
    lambda server, _: server.to([]),
    lambda server, _: server.in_([]),
    lambda server, _: server.to(),
    lambda server, _: server.main.to(set()),
    lambda server, _: server.to([]).to([]).except_("a").volatile.local.timeout(1),
    lambda server, _: server.except_("a").to([]),
    lambda _, socket: socket.to([]),
    lambda _, socket: socket.broadcast.in_([]),
    lambda _, socket: socket.volatile.to([]),
]


@pytest.mark.parametrize("select", EMPTY)
def test_an_empty_selection_reaches_nobody(
    select: Callable[[Server, Socket], BroadcastOperator],
) -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        _, other = await stage.join()
        socket = stage.server.main.sockets[sid]
        nobody = select(stage.server, stage.server.main.sockets[other])
        nobody.emit("x")
        nobody.disconnect_sockets()
        nobody.sockets_join("lost")
        nobody.sockets_leave(sid)
        assert await nobody.fetch_sockets() == []
        answers = await nobody.emit_with_ack("x")
        assert (answers, answers.missing) == ((), frozenset())
        called: list[Any] = []
        nobody.emit("x", ack=lambda error, found: called.append((error, found)))
        assert called == [(None, ())]
        assert socket.rooms == {sid}
        nobody.to(sid).emit("y")
        stage.server.to(sid).to([]).emit("z")
        stage.server.except_([]).emit("all")
        await peer.expect('42["y"]', '42["z"]', '42["all"]')
        await asyncio.sleep(0)

    play(Server(), scenario)
