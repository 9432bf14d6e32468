"""Whatever validators, serializers, hooks and listeners raise: the connection lives, who asked has
an answer, the log has the traceback.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from ackord.runtime.client import connect
from ackord.runtime.protocol.socketio.parser import TextParser
from ackord.runtime.server import Namespace, Server, Socket
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.stubs.v1 import Arg, Event
from ackord.runtime.testing import RawPeer, RawServer, run
from ackord.runtime.typed.client_event import ClientEvent
from ackord.runtime.typed.emitters import Gatherer
from ackord.runtime.typed.replies import Replies
from ackord.runtime.typed.route import TypedRoute
from pydantic import AfterValidator, PlainSerializer
from typing_extensions import override

from tests.runtime.server.stage import Stage, play


class OutcomeError(BaseException):
    """As test frameworks have them."""


ERRORS = (
    Exception,
    LookupError,
    OverflowError,
    RecursionError,
    MemoryError,
    StopIteration,
    StopAsyncIteration,
    OutcomeError,
)
INTERNAL = '[{"error":{"code":"internal","message":"The handler failed"}}]'
REFUSED = '{"message":"Internal error","data":{"code":"internal"}}'
LOGGED = re.compile(
    r"Traceback[^\0]*Error\w*: "
    r"boom|Traceback[^\0]*(Exception|Stop\w+Iteration|StopIteration): boom|RecursionError"
)

Boom = Callable[..., Any]
Setup = Callable[[Server, Boom], Any]


def on_socket(add: Callable[[Socket, Boom], Any]) -> Setup:
    """Do something with each socket of /x."""
    return lambda server, boom: server.of("/x").on("connection", lambda socket: add(socket, boom))


def calling(boom: Boom) -> Callable[[Any], Any]:
    """Return a function with a signature that pydantic takes."""

    def call(value: Any) -> Any:
        return boom(value)

    return call


def typed(boom: Boom) -> Event[Any]:
    return Event(
        "typed",
        handler="on_typed",
        args=[Arg("value", Annotated[int, AfterValidator(calling(boom))])],
        ack=int,
    )


def serialized(boom: Boom) -> Event[Any]:
    return Event("typed", handler="on_typed", ack=Annotated[int, PlainSerializer(calling(boom))])


async def one(*_: object) -> int:
    return 1


def routed(event: Callable[[Boom], Event[Any]]) -> Setup:
    return lambda server, boom: server.of("/x").set_route(
        "typed", TypedRoute(event(boom), one, lambda _: object())
    )


class BrokenParser(TextParser):
    """Raises for one packet, in one direction."""

    def __init__(self, boom: Boom) -> None:
        self._boom = boom

    @override
    def make_decoder(
        self, max_attachments: int, max_attachment_bytes: int, max_namespace: int
    ) -> Any:
        decoder = super().make_decoder(max_attachments, max_attachment_bytes, max_namespace)
        receive = decoder.receive_text

        def receive_text(text: str, start: int = 0) -> Any:
            return self._boom() if "lost" in text else receive(text, start)

        class Broken:
            waiting = None
            reset = decoder.reset

        broken: Any = Broken()
        broken.receive_text = receive_text
        return broken


def fail_twice(socket: Socket, boom: Boom) -> None:
    socket.on("untyped", boom)
    socket.on_error(boom)


def hooked(server: Server) -> Namespace:
    """Return /x, which lets nobody in at once."""

    async def hook(socket: Socket, auth: str | None) -> None:
        pass

    server.of("/x").set_connect_hook(hook)
    return server.of("/x")


def async_of(boom: Boom) -> Boom:
    async def raising(*_: object) -> Any:
        boom()

    return raising


PLACES: dict[str, tuple[Setup, list[str], list[str]]] = {
    # what is prepared; what the client sends after it has joined /x; what it gets
    "a validator": (
        routed(typed),
        ['42/x,1["typed",1]', '42/x,["typed",1]'],
        [f"43/x,1{INTERNAL}"],
    ),
    "a serializer": (routed(serialized), ['42/x,1["typed"]'], [f"43/x,1{INTERNAL}"]),
    "a listener": (
        on_socket(lambda socket, boom: socket.on("untyped", boom)),
        ['42/x,1["untyped"]'],
        [f"43/x,1{INTERNAL}"],
    ),
    "an async listener": (
        on_socket(lambda socket, boom: socket.on("untyped", async_of(boom))),
        ['42/x,1["untyped"]'],
        [f"43/x,1{INTERNAL}"],
    ),
    "a catch-all listener": (
        on_socket(Socket.on_any),
        ['42/x,1["untyped"]'],
        [f"43/x,1{INTERNAL}"],
    ),
    "an error listener": (on_socket(fail_twice), ['42/x,1["untyped"]'], [f"43/x,1{INTERNAL}"]),
    "a listener for what goes out": (
        on_socket(
            lambda socket, boom: (
                socket.on_any_outgoing(boom),
                socket.on("ask", lambda: socket.emit("told")),
            )
        ),
        ['42/x,["ask"]'],
        ['42/x,["told"]'],
    ),
    "a middleware of events": (
        lambda server, boom: server.of("/x").use_event(boom),
        ['42/x,1["untyped"]'],
        [f"43/x,1{INTERNAL}"],
    ),
    "the invalid hook": (
        lambda server, boom: server.of("/x").on_invalid(boom),
        ['42/x,1["untyped"]'],
        ['43/x,1[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'],
    ),
    "a listener of connections": (
        lambda server, boom: server.of("/x").on("connection", boom),
        [],
        [],
    ),
    "the callback of an acknowledgement": (
        on_socket(lambda socket, boom: socket.emit("question", ack=boom)),
        ['43/x,0["answer"]'],
        ['42/x,0["question"]'],
    ),
    "the callback of a broadcast": (
        on_socket(lambda socket, boom: socket.namespace.emit("question", ack=boom)),
        ['43/x,0["answer"]'],
        ['42/x,0["question"]'],
    ),
    "a listener of the end": (
        on_socket(
            lambda socket, boom: (socket.on("disconnecting", boom), socket.on("disconnect", boom))
        ),
        ["41/x,"],
        [],
    ),
    "the disconnect hook": (
        lambda server, boom: server.of("/x").set_disconnect_hook(boom),
        ["41/x,"],
        [],
    ),
    "a listener of rooms": (
        lambda server, boom: server.of("/x").adapter.on("join-room", boom),
        [],
        [],
    ),
}
REFUSING: dict[str, Setup] = {
    "a middleware": lambda server, boom: server.of("/x").use(boom),
    "an async middleware": lambda server, boom: server.of("/x").use(async_of(boom)),
    "the connect hook": lambda server, boom: server.of("/x").set_connect_hook(boom),
    "what makes sessions": lambda server, boom: server.of("/x").set_data_factory(boom),
    "what makes sessions after a hook": lambda server, boom: hooked(server).set_data_factory(boom),
    "a predicate": lambda server, boom: server.of(lambda _: boom()),
}


def make_boom(error: type[BaseException]) -> Boom:
    def boom(*_: object) -> Any:
        raise error("boom")

    return boom


async def check_alive(peer: RawPeer, number: int) -> None:
    await peer.send(f'42/by,{number}["echo"]')
    await peer.expect(f'43/by,{number}["here"]')


def make_server(**options: Any) -> Server:
    server = Server(ping_interval=1000, **options)
    server.of("/by").on("connection", lambda socket: socket.on("echo", lambda: "here"))
    return server


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", PLACES)
def test_what_the_code_of_a_server_raises_ends_no_connection(
    place: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    prepare, sent, received = PLACES[place]
    server = make_server()
    server.of("/x")
    prepare(server, make_boom(error))

    async def scenario(stage: Stage) -> None:
        bystander, _ = await stage.join("/by")
        peer, _ = await stage.join("/by")
        await stage.enter(peer, "/x")
        await peer.send(*sent)
        await peer.expect(*received)
        for each in (peer, bystander):
            await check_alive(each, 5)

    play(server, scenario)
    assert LOGGED.search(caplog.text), caplog.text


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", REFUSING)
def test_what_code_raises_while_a_client_joins_refuses_that_and_no_more(
    place: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    server = make_server()
    REFUSING[place](server, make_boom(error))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/by")
        await peer.send("40/x,")
        await peer.expect(f"44/x,{REFUSED}")
        await check_alive(peer, 5)

    play(server, scenario)
    assert LOGGED.search(caplog.text), caplog.text


@pytest.mark.parametrize("error", ERRORS)
def test_a_parser_that_raises_for_a_packet_loses_that_packet(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/by")
        await peer.send("40/lost,")
        await check_alive(peer, 5)

    play(make_server(parser=BrokenParser(make_boom(error))), scenario)
    assert LOGGED.search(caplog.text), caplog.text


CLIENT_PLACES: dict[str, tuple[Callable[[Any, Boom], Any], str, str]] = {
    "a validator": (
        lambda socket, boom: socket.set_route("typed", ClientEvent(typed(boom))),
        '421["typed",1]',
        f"431{INTERNAL}",
    ),
    "a serializer": (
        lambda socket, boom: socket.set_route("typed", handled(ClientEvent(serialized(boom)))),
        '421["typed"]',
        f"431{INTERNAL}",
    ),
    "a listener": (
        lambda socket, boom: socket.on("untyped", boom),
        '421["untyped"]',
        f"431{INTERNAL}",
    ),
    "an async listener": (
        lambda socket, boom: socket.on("untyped", async_of(boom)),
        '421["untyped"]',
        f"431{INTERNAL}",
    ),
    "a catch-all listener": (
        lambda socket, boom: socket.on_any(boom),
        '421["untyped"]',
        f"431{INTERNAL}",
    ),
    "the invalid hook": (
        lambda socket, boom: socket.on_invalid(boom),
        '421["untyped"]',
        '431[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]',
    ),
    "the callback of an acknowledgement": (
        lambda socket, boom: socket.emit("question", ack=boom),
        "430[1]",
        '420["question"]',
    ),
    "a listener for what goes out": (
        lambda socket, boom: (socket.on_any_outgoing(boom), socket.emit("question")),
        "2",
        '42["question"]',
    ),
}


def handled(event: ClientEvent[Any, Any, Any]) -> ClientEvent[Any, Any, Any]:
    event(one)
    return event


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("place", CLIENT_PLACES)
def test_what_the_code_of_a_client_raises_ends_no_connection(
    place: str, error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    prepare, sent, received = CLIENT_PLACES[place]

    async def main() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        peer = await server.join(socket)
        prepare(socket, make_boom(error))
        await peer.send(sent)
        answers = {await peer.receive_text()}
        if sent == "2":
            answers.add(await peer.receive_text())
        assert received in answers
        socket.on("echo", lambda: "here")
        socket.off_any()
        await peer.send('427["echo"]')
        await peer.expect('437["here"]')
        await socket.disconnect()

    run(main())
    assert LOGGED.search(caplog.text), caplog.text


@pytest.mark.parametrize("error", [LookupError, OverflowError, MemoryError])
def test_a_validator_that_raises_for_one_answer_of_a_broadcast_leaves_the_others(
    error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    def picky(value: int) -> int:
        if value == 1:
            raise error("boom")
        return value

    event: Event[int] = Event("ask", handler="on_ask", ack=Annotated[int, AfterValidator(picky)])

    class Asking(Gatherer):
        async def ask(self) -> Replies[int]:
            return await self._gather(event)

    server = make_server()

    async def scenario(stage: Stage) -> None:
        peers = [await stage.join("/by") for _ in range(2)]
        asking = asyncio.create_task(Asking(BroadcastOperator(core_of(server.of("/by"))), 5).ask())
        for number, (peer, _) in enumerate(peers):
            await peer.expect('42/by,0["ask"]')
            await peer.send(f"43/by,0[{number}]")
        replies = await asking
        assert replies.values == {peers[0][1]: 0}
        assert list(replies.failures) == [peers[1][1]]

    play(server, scenario)
    assert LOGGED.search(caplog.text), caplog.text
