"""Whatever the application's code raises or returns, every CONNECT and every event that asks has
exactly one answer, and nobody else notices.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ackord.runtime.errors import DisconnectedError
from ackord.runtime.protocol.socketio.error_acks import FailureReply, InvalidArgumentsError
from ackord.runtime.server import Limits, Namespace, RefusalReply, Server, Socket
from ackord.runtime.sockets.routes import Arguments, EncodedArguments
from ackord.runtime.testing import RawPeer
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.runtime.server.stage import Stage, check_empty, play

ACK = re.compile(r"4[36](?:\d+-)?/x,(\d+)\[")


class OutcomeError(BaseException):
    """As test frameworks have them."""


class ForgetfulError(FailureReply):
    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  # the point
        pass


class UnprintableError(Exception):
    @override
    def __str__(self) -> str:
        raise ValueError


def _cycle() -> list[Any]:
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


def _deep() -> Any:
    value: Any = 1
    for _ in range(5000):
        value = [value]
    return value


class HostileDict(dict[str, Any]):
    @override
    def items(self) -> Any:
        raise RuntimeError


VALUES: Sequence[Callable[[], Any]] = (
    lambda: None,
    lambda: 1,
    lambda: "text\ud83d",
    lambda: b"bytes",
    lambda: {"a": [b"1", b"2"]},
    lambda: {1, 2},
    lambda: math.nan,
    lambda: 10**5000,
    lambda: datetime(2026, 1, 1, tzinfo=UTC),
    lambda: (1, b"2", {}),
    lambda: {(1, 2): 3},
    lambda: HostileDict(a=1),
    object,
    _cycle,
    _deep,
)

ERRORS: Sequence[Callable[[Any], BaseException]] = (
    lambda _: ValueError(),
    lambda _: UnprintableError(),
    lambda _: TimeoutError(),
    lambda _: StopIteration(1),
    lambda _: StopAsyncIteration(),
    lambda _: RecursionError(),
    lambda _: DisconnectedError("another one"),
    lambda _: InvalidArgumentsError(),
    lambda _: ExceptionGroup("several", [ValueError()]),
    lambda _: asyncio.CancelledError(),
    lambda _: OutcomeError(),
    lambda _: SystemExit(2),
    lambda _: GeneratorExit(),
    lambda _: ForgetfulError(),
    lambda value: FailureReply("code", "message", value),
    lambda value: RefusalReply("message", value),
)


@dataclass(frozen=True)
class Behavior:
    """What one function of the application does."""

    form: str
    """How it's called: plain, async, or plain with an awaitable as its result."""
    wait: float
    """Seconds that it takes, within a time of its own."""
    suicidal: bool
    """Whether it cancels its own task first."""
    error: int | None
    value: int

    def make(self) -> Callable[..., Any]:
        """Make the function."""

        def finish() -> Any:
            value = VALUES[self.value]()
            if self.error is not None:
                raise ERRORS[self.error](value)
            return value

        async def later(*_: Any) -> Any:
            task = asyncio.current_task()
            if self.suicidal and task is not None:
                task.cancel()
            async with asyncio.timeout(1):
                await asyncio.sleep(self.wait)
            return finish()

        def plain(*_: Any) -> Any:
            return finish()

        def mixed(*arguments: Any) -> Any:
            return later(*arguments)

        return {"plain": plain, "async": later, "mixed": mixed}[self.form]


behaviors = st.builds(
    Behavior,
    form=st.sampled_from(["plain", "async", "mixed"]),
    wait=st.sampled_from([0, 0, 0.5, math.inf]),
    suicidal=st.sampled_from([False, False, False, True]),
    error=st.none() | st.integers(0, len(ERRORS) - 1),
    value=st.integers(0, len(VALUES) - 1),
)
some = st.lists(behaviors, max_size=2)


@dataclass(frozen=True)
class Program:
    """An application: what its functions do, by where they are called."""

    predicate: list[Behavior]
    middlewares: list[Behavior]
    connect_hook: list[Behavior]
    connection: list[Behavior]
    catch_all: list[Behavior]
    event_middlewares: list[Behavior]
    listeners: list[list[Behavior]]
    route: Behavior
    invalid_hook: list[Behavior]
    error_hook: list[Behavior]
    disconnect: list[Behavior]


programs = st.builds(
    Program,
    predicate=st.lists(behaviors, max_size=1),
    middlewares=some,
    connect_hook=st.lists(behaviors, max_size=1),
    connection=some,
    catch_all=st.lists(behaviors, max_size=1),
    event_middlewares=st.lists(behaviors, max_size=1),
    listeners=st.lists(some, min_size=1, max_size=3),
    route=behaviors,
    invalid_hook=st.lists(behaviors, max_size=1),
    error_hook=st.lists(behaviors, max_size=1),
    disconnect=some,
)


class AnyRoute:
    """A route whose handler does anything."""

    concurrent = False

    def __init__(self, handler: Callable[..., Any]) -> None:
        self._handler = handler

    def decode(self, payload: str, attachments: Sequence[bytes]) -> Arguments:
        del payload, attachments
        return ()

    async def handle(self, socket: Any, arguments: Arguments) -> None:
        del socket, arguments
        answer: Any = self._handler()
        if hasattr(answer, "__await__"):
            await answer

    def rescue(self, error: BaseException) -> None:
        raise error

    def encode(self, answer: None) -> EncodedArguments:
        del answer
        return "[1]", ()


def make_server(program: Program) -> Server:
    server = Server(limits=Limits(connect_timeout=5), ping_interval=1000)

    @server.of("/by").on("connection")
    def bystander(socket: Socket) -> None:
        socket.on("echo", lambda: "here")

    for behavior in program.error_hook:
        server.on_error(behavior.make())

    if program.predicate:
        namespace: Namespace = server.of(program.predicate[0].make())
    else:
        namespace = server.of("/x")
    prepare(namespace, program)
    namespace.on("connection", partial(listen, program))
    return server


def prepare(namespace: Namespace, program: Program) -> None:
    """Give a namespace its functions."""
    for register, functions in (
        (namespace.use, program.middlewares),
        (namespace.set_connect_hook, program.connect_hook),
        (namespace.use_event, program.event_middlewares),
        (namespace.on_invalid, program.invalid_hook),
        (partial(namespace.on, "connection"), program.connection),
    ):
        add: Callable[[Any], Any] = register
        for behavior in functions:
            add(behavior.make())
    namespace.set_route("route", AnyRoute(program.route.make()))


def listen(program: Program, socket: Socket) -> None:
    """Give a socket its listeners."""
    for behavior in program.catch_all:
        socket.on_any(behavior.make())
    for behavior in program.disconnect:
        socket.on("disconnecting", behavior.make())
        socket.on("disconnect", behavior.make())
    for number, listeners in enumerate(program.listeners):
        for behavior in listeners:
            socket.on(f"event {number}", behavior.make())


async def collect(peer: RawPeer, seconds: float) -> list[str]:
    """Return the texts that come within some seconds; attachments are left out."""
    texts: list[str] = []
    deadline = asyncio.get_running_loop().time() + seconds
    while (remaining := deadline - asyncio.get_running_loop().time()) > 0:
        try:
            message = await peer.receive(timeout=remaining)
        except AssertionError as error:
            if isinstance(error.__cause__, TimeoutError):
                break
            raise
        if isinstance(message, str):
            texts.append(message)
    return texts


async def check_alive(peer: RawPeer) -> None:
    await peer.send('42/by,7["echo"]')
    assert await collect(peer, 0.1) == ['43/by,7["here"]']


@given(programs)
def test_whatever_the_application_does_whoever_asks_gets_one_answer(program: Program) -> None:
    server = make_server(program)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/by")
        bystander, _ = await stage.join("/by")
        await peer.send("40/x,")
        answers = await collect(peer, 8)
        assert [text[:5] for text in answers] in (["40/x,"], ["44/x,"])
        await check_alive(peer)
        if answers[0].startswith("40"):
            names = [
                "route",
                "nobody listens",
                *(f"event {number}" for number in range(len(program.listeners))),
            ] * 2
            for number, name in enumerate(names):
                await peer.send(f'42/x,{number}["{name}",1]')
            acks = await collect(peer, 60)
            matches = [ACK.match(text) for text in acks]
            assert sorted(int(match[1]) for match in matches if match) == list(range(len(names)))
            assert len(acks) == len(names)
            await check_alive(peer)
            await peer.send("41/x,")
            await asyncio.sleep(15)
            await check_alive(peer)
        await check_alive(bystander)

    logging.disable(logging.CRITICAL)
    try:
        play(server, scenario)
    finally:
        logging.disable(logging.NOTSET)
    if not program.predicate:
        check_empty(server.of("/x"))
