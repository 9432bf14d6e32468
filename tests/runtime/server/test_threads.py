"""The API called from other threads: each method hops to the event loop, refuses, or works
anywhere; a new method must be in the table.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from ackord.runtime.adapters import MemoryAdapter
from ackord.runtime.adapters.base import LocalNamespace
from ackord.runtime.engine import server_loop
from ackord.runtime.errors import (
    InvalidPayloadError,
    ReservedEventError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent, encode_plain_event
from ackord.runtime.server import Namespace, ParentNamespace, Server, Socket
from ackord.runtime.server.operators import BroadcastOperator, SocketOperator
from ackord.runtime.testing import RawPeer
from ackord.runtime.typed.context import Context
from ackord.runtime.typed.emitters import ClientTarget
from ackord.runtime.typed.event import NamespaceContract
from typing_extensions import override

from tests.runtime.server.stage import Stage, play

EVENT = encode_plain_event("x", (1,))
PACKET = '42["x",1]'


class Noting(MemoryAdapter):
    """Notes in which thread it is called."""

    def __init__(self, namespace: LocalNamespace) -> None:
        super().__init__(namespace)
        self.told: list[object] = []
        self.threads: set[int] = set()

    @override
    def server_side_emit(self, event: EncodedEvent) -> None:
        self.threads.add(threading.get_ident())
        self.told.append(event.arguments)

    @override
    def add_all(self, sid: str, rooms: Any) -> None:
        self.threads.add(threading.get_ident())
        super().add_all(sid, rooms)

    @override
    def del_(self, sid: str, room: str) -> None:
        self.threads.add(threading.get_ident())
        super().del_(sid, room)


@dataclass
class Set:
    """A server with one client, whose socket is in the room "old"."""

    server: Server
    socket: Socket
    peer: RawPeer
    adapter: Noting

    @property
    def owners(self) -> dict[type, Any]:
        contract = NamespaceContract("/", contract="x", auth_expires=True)
        self.socket.context = context = Context[Any](self.socket, contract)
        return {
            Server: self.server,
            Namespace: self.server.main,
            Socket: self.socket,
            BroadcastOperator: self.server.to("old"),
            SocketOperator: self.socket.compress(True),
            Context: context,
            ClientTarget: ClientTarget(self.server.main, self.socket.id),
        }

    async def expect(self, effect: str) -> None:
        match effect:
            case "joined":
                await until(lambda: "new" in self.socket.rooms)
            case "left":
                await until(lambda: "old" not in self.socket.rooms)
            case "told":
                await until(lambda: self.adapter.told == ['["x",1]'])
            case packet:
                await self.peer.expect(packet)


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came about")


BROADCASTS: dict[str, tuple[tuple[Any, ...], str]] = {
    "emit": (("x", 1), PACKET),
    "send": ((1,), '42["message",1]'),
    "send_event": ((EVENT,), PACKET),
    "sockets_join": (("new",), "joined"),
    "sockets_leave": (("old",), "left"),
    "disconnect_sockets": ((), "41"),
}
SERVER_EVENTS: dict[str, tuple[tuple[Any, ...], str]] = {"server_side_emit": (("x", 1), "told")}
HOPS: dict[type, dict[str, tuple[tuple[Any, ...], str]]] = {
    Server: {**BROADCASTS, **SERVER_EVENTS},
    Namespace: {
        **BROADCASTS,
        **SERVER_EVENTS,
        "send_server_event": ((EVENT,), "told"),
    },
    Socket: {
        "emit": (("x", 1), PACKET),
        "send": ((1,), '42["message",1]'),
        "send_event": ((EVENT,), PACKET),
        "join": (("new",), "joined"),
        "leave": (("old",), "left"),
        "disconnect": ((), "41"),
    },
    BroadcastOperator: BROADCASTS,
    SocketOperator: {"emit": (("x", 1), PACKET), "send": ((1,), '42["message",1]')},
    Context: {
        "disconnect": ((), "41"),
        "expire_at": ((datetime(2020, 1, 1, tzinfo=UTC),), '42["ackord:auth_expired"]'),
        "expire_in": ((0,), '42["ackord:auth_expired"]'),
        "join": ((), ""),
        "leave": ((), ""),
    },
    ClientTarget: {"send_event": ((EVENT,), PACKET)},
}
"""What wants no answer: by class and name the arguments, and what is seen of it."""

ANSWERS: dict[type, dict[str, tuple[Any, ...]]] = {
    Server: {
        "emit_with_ack": ("x",),
        "publish": ("x",),
        "fetch_sockets": (),
        "server_side_emit_with_ack": ("x",),
        "drain": (),
        "close": (),
        "of": ("/unknown",),
    },
    Namespace: {
        "emit_with_ack": ("x",),
        "publish": ("x",),
        "fetch_sockets": (),
        "server_side_emit_with_ack": ("x",),
        "ask_servers": (EVENT, 1.0),
    },
    BroadcastOperator: {
        "emit_with_ack": ("x",),
        "publish": ("x",),
        "fetch_sockets": (),
        "request": (EVENT, str),
    },
    Socket: {"emit_with_ack": ("x",), "request": (EVENT, str)},
    SocketOperator: {"emit_with_ack": ("x",)},
    Context: {},
    ClientTarget: {"request": (EVENT, str)},
}

NARROWING = {"to", "in_", "except_", "volatile", "local", "compress", "timeout", "broadcast"}
LISTENING = {
    *(
        "on",
        "once",
        "off",
        "use",
        "use_event",
        "on_error",
        "on_server_side",
        "add_contract",
        "listeners",
        "register",
        "on_startup",
        "on_shutdown",
        "on_invalid",
    ),
    *(
        "on_any",
        "off_any",
        "prepend_any",
        "listeners_any",
        "on_any_outgoing",
        "off_any_outgoing",
        "prepend_any_outgoing",
    ),
    *(
        "listeners_any_outgoing",
        "set_route",
        "set_server_route",
        "set_data_format",
        "set_data_factory",
        "set_connect_hook",
        "set_disconnect_hook",
    ),
}
ATTRIBUTES = {
    *("connections", "environment", "engine"),
    *("error_replies", "find", "invalid_events", "main", "adapter", "failures", "name", "params"),
    *("sockets", "conn", "connected", "disconnected", "context", "data", "handshake", "id"),
    *("client_contract", "namespace", "recovered", "rooms", "is_in", "sid", "socket"),
}
STARTING = {"asgi", "explorer_app", "lifespan", "run"}
OURS = {"ask", "close", "deliver", "receive_server_event", "report_crash"}
"""What the server itself calls, in its event loop."""

ALL = [(owner, name, *found) for owner, names in HOPS.items() for name, found in names.items()]


def with_set(scenario: Callable[[Set], Any]) -> None:
    """Run a scenario with one client."""
    sockets: list[Socket] = []
    adapters: list[Noting] = []

    def make(namespace: LocalNamespace) -> Noting:
        adapters.append(Noting(namespace))
        return adapters[-1]

    server = Server(adapter=make)
    server.on("connection", sockets.append)

    async def main(stage: Stage) -> None:
        peer, _ = await stage.join()
        sockets[0].join("old")
        adapters[0].threads.clear()
        await scenario(Set(server, sockets[0], peer, adapters[0]))

    play(server, main)


@pytest.mark.parametrize("owner", HOPS)
def test_every_public_method_is_in_a_table(owner: type) -> None:
    public = {name for name in dir(owner) if not name.startswith("_")}
    assert (
        public
        - {*HOPS[owner], *ANSWERS[owner], *NARROWING, *LISTENING, *ATTRIBUTES, *STARTING, *OURS}
        == set()
    )


@pytest.mark.parametrize(
    ("owner", "name", "arguments", "effect"),
    ALL,
    ids=[f"{owner.__name__}.{name}" for owner, name, *_ in ALL],
)
def test_a_call_that_wants_no_answer_hops_to_the_event_loop(
    owner: type, name: str, arguments: tuple[Any, ...], effect: str
) -> None:
    async def scenario(given: Set) -> None:
        assert await asyncio.to_thread(getattr(given.owners[owner], name), *arguments) is None
        if effect:
            await given.expect(effect)
        assert given.adapter.threads <= {threading.get_ident()}

    with_set(scenario)


@pytest.mark.parametrize("sent_to", ["server", "socket"])
def test_calls_from_a_thread_are_made_in_order_each_with_its_values_of_then(sent_to: str) -> None:
    async def scenario(given: Set) -> None:
        def send() -> None:
            owner: Any = getattr(given, sent_to)
            values: list[int] = []
            for number in range(100):
                values.append(number)
                owner.emit("x", len(values), values[-1:])
                if number == 50:
                    given.socket.join("late")
            given.server.to("late").emit("y")

        await asyncio.to_thread(send)
        await given.peer.expect(
            *(f'42["x",{number + 1},[{number}]]' for number in range(100)), '42["y"]'
        )

    with_set(scenario)


def test_a_callback_for_the_answer_is_called_in_the_event_loop() -> None:
    async def scenario(given: Set) -> None:
        called: list[tuple[int, Any]] = []

        def answered(*answer: Any) -> None:
            called.append((threading.get_ident(), answer))

        await asyncio.to_thread(given.socket.emit, "x", ack=answered)
        await given.peer.expect('420["x"]')
        await given.peer.send('430["one"]')
        await asyncio.to_thread(given.server.timeout(5).emit, "y", ack=answered)
        await given.peer.expect('421["y"]')
        await given.peer.send('431["two"]')
        await asyncio.sleep(1)
        assert called == [
            (threading.get_ident(), ("one",)),
            (threading.get_ident(), (None, ("two",))),
        ]

    with_set(scenario)


@pytest.mark.parametrize(
    ("owner", "name"), [(owner, name) for owner, names in ANSWERS.items() for name in names]
)
def test_a_call_that_answers_is_refused_before_anything_is_done(owner: type, name: str) -> None:
    async def scenario(given: Set) -> None:
        def call() -> None:
            answer = getattr(given.owners[owner], name)(*ANSWERS[owner][name])
            asyncio.run(answer)

        with pytest.raises(UsageError, match=r"anyio\.from_thread\.run.*run_coroutine_threadsafe"):
            await asyncio.to_thread(call)
        await given.peer.expect_silence(1)
        assert given.server.find("/unknown") is None
        assert given.socket.connected

    with_set(scenario)


def test_the_way_out_that_the_refusal_names_works() -> None:
    async def scenario(given: Set) -> None:
        loop = asyncio.get_running_loop()

        def call() -> int:
            return len(
                asyncio.run_coroutine_threadsafe(given.server.fetch_sockets(), loop).result(5)
            )

        assert await asyncio.to_thread(call) == 1

    with_set(scenario)


@pytest.mark.parametrize(
    ("values", "error"),
    [(("connect",), ReservedEventError), (("x", float("nan")), InvalidPayloadError)],
)
def test_what_can_not_be_sent_is_raised_in_the_thread_that_sends_it(
    values: tuple[Any, ...], error: type[Exception]
) -> None:
    async def scenario(given: Set) -> None:
        for owner in (given.server, given.socket):
            emit: Callable[..., None] = owner.emit
            with pytest.raises(error):
                await asyncio.to_thread(emit, *values)
            with pytest.raises(UsageError, match="a listener is a function"):
                await asyncio.to_thread(emit, "x", ack="print")

    with_set(scenario)


@pytest.mark.parametrize("error", [ValueError, SystemExit, GeneratorExit])
def test_what_calls_from_a_thread_raise_in_the_event_loop_is_one_line(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    def adapter() -> None:
        raise error

    async def scenario(given: Set) -> None:
        for _ in range(3):
            await asyncio.to_thread(given.server.engine.server_loop.hand_over, adapter)
        await asyncio.to_thread(given.server.emit, "x")
        await given.peer.expect('42["x"]')
        [line] = [record.getMessage() for record in caplog.records]
        assert line.startswith(f"A call from another thread failed: {error.__name__} at {__file__}")

    with_set(scenario)


def test_calls_that_wait_for_the_event_loop_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_loop, "MAX_WAITING", 3)

    async def scenario(given: Set) -> None:
        raised: list[BaseException] = []

        def send() -> None:
            try:
                for number in range(4):
                    given.server.emit("x", number)
            except SlowConsumerError as error:
                raised.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()  # the loop stands still meanwhile
        assert len(raised) == 1
        await given.peer.expect('42["x",0]', '42["x",1]', '42["x",2]')

    with_set(scenario)


def test_a_parent_sends_to_its_children_from_another_thread() -> None:
    server = Server()
    parent = server.of("/t/{name}")
    assert isinstance(parent, ParentNamespace)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join("/t/a")
        await asyncio.to_thread(parent.emit, "x")
        await peer.expect('42/t/a,["x"]')
        await asyncio.to_thread(parent.disconnect_sockets)
        await peer.expect("41/t/a,")

    play(server, scenario)


def test_before_the_server_has_a_loop_a_call_reaches_nobody_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            server.emit("x")
            server.emit("x", ack=print)
            server.to("room").sockets_join("other")
            thread = threading.Thread(target=server.disconnect_sockets)
            thread.start()
            thread.join()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "runs in no event loop" in caplog.text
