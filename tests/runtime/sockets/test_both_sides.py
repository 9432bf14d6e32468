"""Sockets of servers and of clients do the same with what they send and with its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import pytest
from ackord.runtime.client import ClientSocket, connect
from ackord.runtime.errors import (
    AckordError,
    AckTimeoutError,
    InvalidAckError,
    InvalidPayloadError,
)
from ackord.runtime.protocol.socketio.decoder import Decoder
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.protocol.socketio.packet import Packet
from ackord.runtime.protocol.socketio.parser import Parser, TextParser
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.testing import Link, RawPeer, RawServer, run
from ackord.runtime.typed.event import Event
from ackord.runtime.typed.exchange import request
from pydantic import AfterValidator
from typing_extensions import override

PENDING_ACKS = 10

Side = Callable[[Any, Callable[[Any, RawPeer], Awaitable[None]]], None]


def written(parser: Parser | None, text: str) -> str | bytes:
    """Return what stands for a packet on the wire."""
    return text if parser is None or not parser.transcodes else parser.encode(text, ())


def server_side(parser: Any, scenario: Callable[[Any, RawPeer], Awaitable[None]]) -> None:
    """Run a scenario with a server's socket and its client."""

    async def main() -> None:
        options: Any = {} if parser is None else {"parser": parser}
        server = Server(limits=Limits(pending_acks=PENDING_ACKS), **options)
        sockets: list[Socket] = []
        server.on("connection", sockets.append)
        peer = await Link(server).raw()
        await peer.receive()
        await peer.send(written(parser, "40"))
        await peer.receive()
        await asyncio.sleep(0)
        await scenario(sockets[0], peer)
        await server.close()

    run(main())


def client_side(parser: Any, scenario: Callable[[Any, RawPeer], Awaitable[None]]) -> None:
    """Run a scenario with a client's socket and its server."""

    async def main() -> None:
        server = RawServer()
        options: Any = {} if parser is None else {"parser": parser}
        socket: ClientSocket = connect(
            "http://test", connector=server, max_pending_acks=PENDING_ACKS, **options
        )
        connecting = asyncio.ensure_future(socket.connect())
        peer = await server.accept()
        await peer.send('0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}')
        await peer.receive()
        await peer.send(written(parser, '40{"sid":"s"}'))
        await connecting
        await scenario(socket, peer)
        await socket.disconnect()

    run(main())


def superstitious(number: int) -> int:
    """Raise what a validator of an application may raise."""
    if number >= 13:
        raise (ZeroDivisionError, asyncio.CancelledError, StopIteration)[number - 13]
    return number


TYPED: Event[int] = Event(
    "event", handler="on_event", ack=Annotated[int, AfterValidator(superstitious)]
)
both_sides = pytest.mark.parametrize("side", [server_side, client_side], ids=["server", "client"])


@both_sides
@pytest.mark.parametrize("number", [10**400, -(10**309)])
def test_an_event_that_a_parser_can_not_write_leaves_no_acknowledgement_awaited(
    side: Side, number: int
) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        told: list[object] = []
        for _ in range(PENDING_ACKS + 1):
            with pytest.raises(InvalidPayloadError):
                socket.emit("event", number, ack=told.append)
            with pytest.raises(InvalidPayloadError):
                await socket.emit_with_ack("event", number)
        socket.emit("event", 1, ack=told.append)
        assert told == []

    side(MsgpackParser(), scenario)


@both_sides
@pytest.mark.parametrize(
    "awaited", ["a callback", "a callback with a timeout", "a task", "a typed task", "nobody"]
)
@pytest.mark.parametrize("answer", ["430[1", '430["\\ud800', "430[NaN]"])
def test_an_acknowledgement_that_is_no_json_ends_the_connection(
    side: Side, awaited: str, answer: str
) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        told: list[tuple[object, ...]] = []
        ended: list[str] = []

        def tell(*values: object) -> None:
            told.append(values)

        socket.on("disconnect", ended.append)
        task: asyncio.Future[Any] | None = None
        match awaited:
            case "a callback":
                socket.emit("event", ack=tell)
            case "a callback with a timeout":
                socket.timeout(5).emit("event", ack=tell)
            case "a task":
                task = asyncio.ensure_future(socket.emit_with_ack("event"))
                await asyncio.sleep(0)
            case "a typed task":
                task = asyncio.ensure_future(request(socket, TYPED, (), 5))
                await asyncio.sleep(0)
            case _:
                socket.emit("event")
        await peer.receive()
        await peer.send(answer)
        await asyncio.sleep(1)
        assert ended in (["parse error"], ["forced close"])
        errors = [value for values in told for value in values]
        if task is not None:
            with pytest.raises(AckordError):
                await task
        elif awaited == "a callback with a timeout":
            assert [type(error).__name__ for error in errors] == ["InvalidAckError"]
        else:
            assert errors == []

    side(None, scenario)


@both_sides
def test_a_typed_acknowledgement_is_read_once_as_its_event_says(side: Side) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        for answer, expected in (
            ("[1]", 1),
            ("[1,1e999]", 1),  # what isn't declared is ignored
            ('["1"]', InvalidAckError),
            ("[13]", ZeroDivisionError),
            ("[14]", asyncio.CancelledError),
            ("[15]", RuntimeError),  # what becomes of a StopIteration in a coroutine
        ):
            task = asyncio.ensure_future(request(socket, TYPED, (), 5))
            await asyncio.sleep(0)
            asked = str(await peer.receive())
            await peer.send(asked.partition("[")[0].replace("42", "43") + answer)
            [outcome] = await asyncio.gather(task, return_exceptions=True)
            assert outcome == expected or type(outcome) is expected
        assert socket.connected

    side(None, scenario)


@both_sides
def test_the_timeout_of_a_call_goes_before_that_of_the_flags(side: Side) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        loop = asyncio.get_running_loop()
        flagged = socket.volatile.timeout(5)
        for emitter, given, seconds in ((socket, 1, 1), (flagged, None, 5), (flagged, 2, 2)):
            started = loop.time()
            with pytest.raises(AckTimeoutError):
                await emitter.emit_with_ack("event", timeout=given)
            assert loop.time() - started == pytest.approx(seconds)
            await peer.receive()

    side(None, scenario)


@both_sides
def test_listeners_for_outgoing_events_are_told_of_what_was_written_only(side: Side) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        told: list[object] = []
        socket.on_any_outgoing(lambda *values: told.append(values))  # pyright: ignore[reportUnknownLambdaType,reportUnknownArgumentType]  # any values
        with pytest.raises(InvalidPayloadError):
            socket.emit("event", 10**400)
        assert told == []
        socket.emit("event", 1)
        assert told == [("event", 1)]

    side(MsgpackParser(), scenario)


HEADER = '451-["event",{"_placeholder":true,"num":0}]'


class OddParser(TextParser):
    """Text, but some binary messages raise, or begin a packet."""

    @override
    def make_decoder(self, *limits: int) -> Decoder:  # pyright: ignore[reportIncompatibleMethodOverride]  # handed on
        return OddDecoder(*limits)


class OddDecoder(Decoder):
    """The decoder of `OddParser`."""

    @override
    def receive_binary(self, data: bytes) -> Packet | None:
        if data == b"raise":
            raise ZeroDivisionError
        return super().receive_text(HEADER, 1) if data == b"begin" else super().receive_binary(data)


@both_sides
@pytest.mark.parametrize("messages", [[HEADER], [b"begin"], [HEADER.replace("1-", "2-"), b"1"]])
def test_the_attachments_of_a_packet_must_come_in_time(
    side: Side, messages: list[str | bytes]
) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        ended: list[str] = []
        socket.on("disconnect", ended.append)
        for message in messages:
            await peer.send(message)
        await asyncio.sleep(15)
        assert ended == []
        await asyncio.sleep(20)
        assert ended in (["parse error"], ["forced close"])

    side(OddParser(), scenario)


@both_sides
def test_a_message_that_the_parser_fails_for_is_dropped_with_the_packet_that_waited_for_it(
    side: Side,
) -> None:
    async def scenario(socket: Any, peer: RawPeer) -> None:
        told: list[object] = []
        ended: list[str] = []
        socket.on("event", told.append)
        socket.on("disconnect", ended.append)
        for message in (
            HEADER,
            b"raise",
            '42["event",1]',
            HEADER,
            b"2",
            HEADER,
            b"raise",
            '42["event",3]',
        ):
            await peer.send(message)
        await asyncio.sleep(40)  # more than attachments may take, less than a heartbeat
        assert told == [1, b"2", 3]
        assert ended == []

    side(OddParser(), scenario)
