"""Middlewares of events, and what is told of events that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.server import RefusalReply, Server, Socket
from ackord.runtime.server.leaving import leave

from tests.runtime.server.stage import Stage, play

INTERNAL = '{"error":{"code":"internal","message":"The handler failed"}}'


def fail(what: str) -> Any:
    raise ValueError(what)


def failing(what: str) -> Callable[..., None]:
    return lambda *_: fail(what)


def failing_later(what: str) -> Callable[..., Awaitable[None]]:
    async def fail_later(*_: Any) -> None:
        fail(what)

    return fail_later


def refuse() -> None:
    raise FailureReply("no", "An answer, not an error")


def failing_predicate(_: str) -> bool:
    fail("predicate")
    return True


def test_middlewares_run_between_catch_all_listeners_and_the_event_s_own() -> None:
    server = Server()
    order: list[Any] = []

    @server.use_event
    async def shared(socket: Socket, name: str, args: tuple[Any, ...]) -> None:
        await asyncio.sleep(1)
        order.append(("namespace", socket.id, name, args))

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.use
        def own(name: str, args: tuple[Any, ...]) -> None:
            order.append(("socket", name, args))

        @socket.use
        async def second(*_: Any) -> None:
            order.append("second")

        @socket.on_any
        def look(*event: Any) -> None:
            order.append(("any", *event))

        @socket.on("add")
        def add(one: int, two: int) -> int:
            order.append("listener")
            return one + two

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('421["add",1,2]')
        await peer.expect("431[3]")
        assert order == [
            ("any", "add", 1, 2),
            ("namespace", sid, "add", (1, 2)),
            ("socket", "add", (1, 2)),
            "second",
            "listener",
        ]

    play(server, scenario)


def test_a_middleware_that_raises_answers_the_caller_and_keeps_the_event_from_the_listeners() -> (
    None
):
    """Socket.IO only drops the event, and leaves the caller waiting (socketio/socket.io#5112)."""
    server = Server()
    errors: list[Any] = []
    handled: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.use
        async def check(name: str, args: tuple[Any, ...]) -> None:
            if name == "forbidden":
                raise FailureReply("forbidden", "Not for you", {"args": list(args)})
            if name == "broken":
                raise ValueError("secret")

        @socket.on_error
        def note(name: str, error: Exception) -> None:
            errors.append((name, type(error).__name__, str(error)))

        def handle(*_: Any) -> None:
            handled.append("handled")

        for name in ("forbidden", "broken", "fine"):
            socket.on(name, handle)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["forbidden",1]', '42["forbidden"]', '422["broken"]', '423["fine"]')
        await peer.expect(
            '431[{"error":{"code":"forbidden","message":"Not for you","data":{"args":[1]}}}]',
            f"432[{INTERNAL}]",
            "433[]",
        )
        assert handled == ["handled"]
        assert errors == [
            ("forbidden", "FailureReply", "forbidden: Not for you"),
            ("forbidden", "FailureReply", "forbidden: Not for you"),
            ("broken", "ValueError", "secret"),
        ]

    play(server, scenario)


def test_events_stay_in_order_behind_a_slow_middleware() -> None:
    server = Server()
    handled: list[int] = []

    @server.use_event
    async def slower_at_first(_: Socket, __: str, args: tuple[Any, ...]) -> None:
        await asyncio.sleep(5 - args[0])

    server.on("connection", lambda socket: socket.on("x", handled.append))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["x",1]', '42["x",2]', '42["x",3]')
        await asyncio.sleep(20)
        assert handled == [1, 2, 3]

    play(server, scenario)


def test_an_event_that_nobody_listens_for_is_unknown_in_spite_of_middlewares() -> None:
    server = Server()

    @server.use_event
    def let_pass(*_: Any) -> None: ...

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["x"]', '421["x"]')
        await peer.expect(
            '431[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'
        )
        assert server.main.failures.counts == {"x": 2}

    play(server, scenario)


def test_the_error_hook_gets_what_code_of_the_application_raises_wherever_it_stands(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()
    told: list[tuple[str | None, str, str]] = []

    @server.on_error
    async def hook(socket: Socket | None, event: str, error: Exception) -> None:
        told.append((None if socket is None else socket.namespace.name, event, str(error)))

    early: list[str] = []

    @server.on_error
    def broken_hook(_: Socket | None, event: str, __: Exception) -> None:
        early.append(event)
        raise RuntimeError("the hook itself")

    @server.on("connection")
    async def connected(socket: Socket) -> None:
        socket.on("sync", failing("sync listener"))
        socket.on("async", failing_later("async listener"))
        socket.on("unsendable", lambda: {1, 2})
        socket.on("refused", refuse)
        socket.on("disconnecting", failing("disconnecting listener"))
        socket.on("disconnect", failing_later("disconnect listener"))
        socket.on_any_outgoing(failing("outgoing listener"))
        socket.emit("question", ack=failing("callback"))
        fail("connection listener")

    @server.of("/guarded").use
    def guard(socket: Socket) -> None:
        if "token" not in socket.handshake.auth:
            raise RefusalReply("An answer, not an error")
        fail("middleware")

    server.of("/hook").set_connect_hook(failing_later("connect hook"))
    server.on("new_namespace", failing("new namespace"))
    server.of(failing_predicate)
    server.of("/another")
    assert early == ["new_namespace"]

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.expect('420["question"]')
        await peer.send(
            '42["sync"]', '42["async"]', '421["unsendable"]', '42["refused"]', '430["answer"]'
        )
        await peer.expect(
            '431[{"error":{"code":"invalid_response","message":"The handler\'s answer can\'t be sent"}}]'
        )
        for connect in ("40/guarded,", '40/guarded,{"token":1}', "40/hook,", "40/nowhere,"):
            await peer.send(connect)
            assert (await peer.receive_text()).startswith("44/")
        await peer.close()
        await asyncio.sleep(1)

    play(server, scenario)
    assert {(where, event, what) for where, event, what in told if event != "unsendable"} == {
        ("/", "sync", "sync listener"),
        ("/", "async", "async listener"),
        ("/", "disconnecting", "disconnecting listener"),
        ("/", "disconnect", "disconnect listener"),
        ("/", "question", "outgoing listener"),
        ("/", "question", "callback"),
        ("/", "connection", "connection listener"),
        ("/guarded", "connect", "middleware"),
        ("/hook", "connect", "connect hook"),
        (None, "connect", "predicate"),
    }
    assert [event for _, event, _ in told].count("unsendable") == 1
    assert "The on_error hook failed" in caplog.text


def test_handlers_go_on_after_a_disconnect_unless_the_server_cancels_them() -> None:
    for cancel in (False, True):
        outcome: list[str] = []
        server = Server(cancel_on_disconnect=cancel)

        async def work(name: str, outcome: list[str] = outcome) -> None:
            try:
                await asyncio.sleep(5)
                outcome.append(f"{name} done")
            except asyncio.CancelledError:
                outcome.append(f"{name} cancelled")
                raise

        @server.on("connection")
        def connected(socket: Socket, work: Any = work, outcome: list[str] = outcome) -> None:
            socket.on("work", work)
            socket.on("alongside", work, concurrent=True)
            socket.on("disconnect", outcome.append)

        async def scenario(stage: Stage) -> None:
            peer, _ = await stage.join()
            await peer.send('42["work","first"]', '42["work","second"]', '42["alongside","other"]')
            await asyncio.sleep(1)
            await peer.close()
            await asyncio.sleep(20)

        play(server, scenario)
        if cancel:
            assert sorted(outcome) == ["first cancelled", "other cancelled", "transport close"]
        else:
            assert sorted(outcome[:2]) == ["first done", "other done"]
            assert outcome[2:] == ["second done", "transport close"]


def test_a_handler_that_disconnects_its_own_socket_is_not_cancelled() -> None:
    server = Server(cancel_on_disconnect=True)
    outcome: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("bye")
        async def bye() -> None:
            socket.disconnect()
            await asyncio.sleep(1)
            outcome.append("done")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["bye"]')
        await peer.expect("41")
        await asyncio.sleep(2)
        assert outcome == ["done"]

    play(server, scenario)


@pytest.mark.parametrize("concurrent", [False, True])
def test_a_handler_that_had_no_time_to_begin_is_cancelled_without_a_trace(
    caplog: pytest.LogCaptureFixture, *, concurrent: bool
) -> None:
    server = Server(cancel_on_disconnect=True)
    outcome: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        async def work() -> None:
            outcome.append("begun")

        socket.on("work", work, concurrent=concurrent)
        socket.on("disconnect", outcome.append)

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await asyncio.sleep(1)
        (connection,) = server.connections
        connection.receive_text('42["work"]')
        connection.receive_text('42["work"]')
        assert connection.backlog.events == 2
        leave(server.main.sockets[sid], "transport close")
        await asyncio.sleep(0.1)
        assert outcome == ["transport close"]
        assert connection.backlog.events == 0
        assert len(server.environment.tasks) == 0
        assert caplog.text == ""
        await peer.close()

    play(server, scenario)
