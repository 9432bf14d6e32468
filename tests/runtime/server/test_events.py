from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

import pytest
from ackord.runtime.errors import ReservedEventError, UsageError
from ackord.runtime.protocol.socketio.error_acks import FailureReply, InvalidArgumentsError
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.sockets.routes import Arguments, EncodedArguments

from tests.runtime.server.stage import Stage, play, serve

INTERNAL = '[{"error":{"code":"internal","message":"The handler failed"}}]'
UNKNOWN = '[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'


def collect(seen: list[Any]) -> Callable[..., None]:
    """Return a listener that keeps its arguments."""

    def note(*arguments: Any) -> None:
        seen.append(arguments)

    return note


def test_what_a_listener_returns_is_the_acknowledgement() -> None:
    async def slow(value: int) -> int:
        await asyncio.sleep(1)
        return value + 1

    server = serve(
        none=lambda: None,
        one=lambda: {"a": 1},
        several=lambda: (1, "2", [3]),
        empty=lambda: (),
        a_list=lambda: [1, 2],
        binary=lambda: {"data": b"\1\2"},
        slow=slow,
        partial=partial(slow, 41),
    )

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(
            '421["none"]',
            '422["one"]',
            '423["several"]',
            '424["empty"]',
            '425["a_list"]',
            '426["binary"]',
        )
        await peer.expect("431[]", '432[{"a":1}]', '433[1,"2",[3]]', "434[]", "435[[1,2]]")
        await peer.expect('461-6[{"data":{"_placeholder":true,"num":0}}]', b"\1\2")
        await peer.send('427["slow",1]', '428["partial"]')
        await peer.expect("437[2]", "438[42]")

    play(server, scenario)


def test_events_are_handled_in_order_however_long_each_takes() -> None:
    async def wait(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    server = serve(wait=wait, now=lambda: "now")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["wait",3]', '422["wait",2]', '423["now"]', '424["wait",1]')
        await peer.expect("431[3]", "432[2]", '433["now"]', "434[1]")

    play(server, scenario)


def test_sockets_do_not_wait_for_each_other() -> None:
    async def wait(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    async def scenario(stage: Stage) -> None:
        one, _ = await stage.join()
        two, _ = await stage.join()
        await one.send('421["wait",5]')
        await two.send('421["wait",1]')
        await two.expect("431[1]", timeout=1.5)
        await one.expect("431[5]")

    play(serve(wait=wait), scenario)


def test_a_concurrent_listener_lifts_the_order() -> None:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("wait", concurrent=True)
        async def wait(seconds: float) -> float:
            await asyncio.sleep(seconds)
            return seconds

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["wait",3]', '422["wait",1]')
        await peer.expect("432[1]", "431[3]")

    play(server, scenario)


def test_a_listener_runs_in_a_task_which_ends_with_its_socket() -> None:
    async def bounded() -> str:
        try:
            async with asyncio.timeout(1):
                await asyncio.sleep(9)
        except TimeoutError:
            return "timeout"
        return "none"

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["bounded"]')
        await peer.expect('431["timeout"]')
        await peer.send('422["bounded"]')
        await peer.expect('432["timeout"]')
        assert len(stage.server.environment.tasks) == 1
        await peer.send("41")
        await asyncio.sleep(0.1)
        assert len(stage.server.environment.tasks) == 0

    play(serve(bounded=bounded), scenario)


TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")
BOX: ContextVar[list[str]] = ContextVar("box")


def test_no_event_sees_what_another_one_left_in_its_context() -> None:
    def enter() -> str:
        before = TENANT.get()
        TENANT.set("somebody")
        return before

    async def enter_later() -> str:
        await asyncio.sleep(0)
        return enter()

    async def enter_and_leave() -> str:
        token = TENANT.set("somebody")
        await asyncio.sleep(0)
        TENANT.reset(token)
        return TENANT.get()

    async def replace_by_an_equal_one() -> str:
        box = BOX.get()
        BOX.set([*box])
        BOX.get().append("left")
        BOX.set([])
        return ",".join(box)

    async def cancelled_once() -> str:
        task = asyncio.current_task()
        assert task is not None
        before = str(task.cancelling())
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return before

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for name, answer in (
            ("enter", "nobody"),
            ("enter_later", "nobody"),
            ("enter_and_leave", "nobody"),
            ("replace_by_an_equal_one", ""),
            ("cancelled_once", "0"),
        ):
            await peer.send(*[f'42{number}["{name}"]' for number in range(4)])
            await peer.expect(*[f'43{number}["{answer}"]' for number in range(4)])
        await peer.send('421["enter_later"]', '422["enter"]', '423["enter_later"]', '424["enter"]')
        await peer.expect('431["nobody"]', '432["nobody"]', '433["nobody"]', '434["nobody"]')

    def main() -> None:
        BOX.set([])
        listeners = (enter, enter_later, enter_and_leave, replace_by_an_equal_one, cancelled_once)
        play(serve(**{listener.__name__: listener for listener in listeners}), scenario)

    copy_context().run(main)


def test_listeners_of_the_life_cycle_leave_nothing_in_anybody_elses_context() -> None:
    server = Server()
    seen: list[str] = []

    def leave_behind(word: str, *_: object) -> None:
        TENANT.set(word)

    def gone(_: str) -> None:
        seen.append(TENANT.get())

    @server.on("connection")
    def connected(socket: Socket) -> None:
        TENANT.set("connected")
        socket.on_any_outgoing(partial(leave_behind, "outgoing"))
        socket.on("disconnecting", partial(leave_behind, "disconnecting"))
        socket.on("disconnect", gone)

        @socket.on("leave")
        async def leave() -> None:
            TENANT.set("handler")
            socket.emit("bye")
            seen.append(TENANT.get())
            await asyncio.sleep(5)
            seen.append(TENANT.get())

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["leave"]', "41")
        await asyncio.sleep(10)
        assert seen == ["handler", "handler", "nobody"]

    play(server, scenario)


def test_a_plain_function_that_returns_an_awaitable_is_awaited_in_its_place() -> None:
    async def slow() -> str:
        await asyncio.sleep(1)
        return "slow"

    server = serve(lazy=lambda: slow(), fast=lambda: "fast")  # noqa: PLW0108  # the lambda is no coroutine function

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["lazy"]', '422["fast"]')
        await peer.expect('431["slow"]', '432["fast"]')

    play(server, scenario)


def test_every_listener_of_an_event_is_called_and_the_first_answer_counts() -> None:
    called: list[str] = []
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("x", lambda: called.append("first"))
        socket.on("x", lambda: "second")
        socket.once("x", lambda: "once")
        socket.on("x", lambda: "third")

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('421["x"]')
        await peer.expect('431["second"]')
        assert called == ["first"]
        socket = stage.server.main.sockets[sid]
        assert len(socket.listeners("x")) == 3
        socket.off("x")
        await peer.send('422["x"]')
        await peer.expect(f"432{UNKNOWN}")

    play(server, scenario)


def test_one_listener_can_be_removed() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = stage.server.main.sockets[sid]

        @socket.on("x")
        def first() -> str:
            return "first"

        @socket.on("x")
        def second() -> str:
            return "second"

        socket.off("x", first)
        socket.off("x", print)
        await peer.send('421["x"]')
        await peer.expect('431["second"]')
        assert socket.listeners("x") == [second]
        socket.off()
        assert socket.listeners("x") == []

    play(server, scenario)


def test_whoever_asked_for_an_ack_gets_one_when_the_handler_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def plain() -> None:
        raise ValueError("secret of the handler")

    async def coroutine() -> None:
        await asyncio.sleep(1)
        raise ValueError("secret of the handler")

    async def cancelled() -> None:
        raise asyncio.CancelledError

    def refuses() -> None:
        raise FailureReply("room_full", "The room is full", {"limit": 3})

    server = serve(
        plain=plain,
        coroutine=coroutine,
        cancelled=cancelled,
        refuses=refuses,
        nan=lambda: float("nan"),
        object=object,
    )

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(
            '421["plain"]',
            '422["coroutine"]',
            '423["cancelled"]',
            '424["refuses"]',
            '425["nan"]',
            '426["object"]',
            '427["?"]',
        )
        await peer.expect(f"431{INTERNAL}", f"432{INTERNAL}", f"433{INTERNAL}")
        await peer.expect(
            '434[{"error":{"code":"room_full","message":"The room is full","data":{"limit":3}}}]'
        )
        failure = '[{"error":{"code":"invalid_response","message":"The handler\'s answer can\'t be sent"}}]'
        await peer.expect(f"435{failure}", f"436{failure}", f"437{UNKNOWN}")

    play(server, scenario)
    assert "secret of the handler" in caplog.text


def test_arguments_that_nobody_asked_for_are_dropped_and_missing_ones_are_reported() -> None:
    def two(one: int, two: int) -> list[int]:
        return [one, two]

    def mistaken(one: int) -> None:
        raise TypeError("the handler's own mistake")

    async def optional(one: int, two: int = 2) -> list[int]:
        return [one, two]

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(
            '421["two",1,2,3,4]',
            '422["two",1]',
            '423["optional",1]',
            '424["optional",1,5,6]',
            '425["mistaken",1]',
        )
        await peer.expect("431[[1,2]]")
        assert '"code":"invalid_request"' in await peer.receive_text()
        await peer.expect("433[[1,2]]", "434[[1,5]]", f"435{INTERNAL}")

    play(serve(two=two, optional=optional, mistaken=mistaken), scenario)


def test_silence_instead_of_error_acks_can_be_chosen() -> None:
    server = Server(error_replies=False)
    server.on("connection", lambda socket: socket.on("fine", lambda: 1))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["unknown"]', '422["fine"]')
        await peer.expect("432[1]")
        assert server.main.failures.counts == {"unknown": 1}

    play(server, scenario)


def test_the_log_says_why_an_event_does_not_fit_and_shows_no_token_of_a_namespace(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def two(first: str, second: str) -> None: ...

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["two",1]')
        await peer.receive()
        await peer.send('42/admin?token=hush,["x"]')
        await peer.expect_close()

    play(serve(two=two), scenario)
    assert (
        "Event 'two' of namespace '/' failed: 'invalid_request' ('Too few arguments')"
        in caplog.text
    )
    assert "a packet for namespace '/admin', which wasn't joined" in caplog.text
    assert "hush" not in caplog.text


def test_failures_without_ack_are_counted_logged_now_and_then_and_shown_to_a_hook(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = serve()
    shown: list[tuple[str, str, str]] = []

    @server.main.on_invalid
    def invalid(socket: Socket, name: str, failure: FailureReply) -> None:
        shown.append((socket.id, name, failure.code))

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send(*['42["unknown"]'] * 5, '42["another"]')
        await peer.expect_silence(1)
        assert server.main.failures.counts == {"unknown": 5, "another": 1}
        assert shown == [(sid, "unknown", "unknown_event")] * 5 + [
            (sid, "another", "unknown_event")
        ]

    play(server, scenario)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" failed:")[0] for line in lines[:2]] == [
        "Event 'unknown' of namespace '/'",
        "Event 'another' of namespace '/'",
    ]
    assert [line.partition(",")[0] for line in lines[2:]] == [
        "4 more of these since"
    ]  # told when the server closes


def test_the_names_that_failures_are_counted_by_are_bounded() -> None:
    server = serve()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for number in range(1010):
            await peer.send(f'42["unknown {number}"]')
        await peer.expect_silence(1)
        assert len(server.main.failures.counts) == 1001
        assert server.main.failures.counts["(other)"] == 10

    play(server, scenario)


def test_a_socket_whose_event_failed_can_be_disconnected() -> None:
    server = Server(invalid_events="disconnect")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["unknown"]')
        await peer.expect(f"431{UNKNOWN}")
        await peer.send('42["unknown"]')
        await peer.expect("41")

    play(server, scenario)


@pytest.mark.parametrize(
    "name", ["error", "connection", "*", "__proto__", "__class__", "message", "new_namespace"]
)
def test_no_event_name_is_magic(name: str) -> None:
    server = Server()
    lifecycle: list[str] = []
    for event in ("connection", "connect"):
        server.on(event, lambda socket: lifecycle.append("connection"))

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        for event in ("disconnect", "disconnecting"):
            socket.on(event, lifecycle.append)
        await peer.send(f'421["{name}","forged"]')
        await peer.expect(f"431{UNKNOWN}")
        socket.on(name, partial(max, ""))
        await peer.send(f'422["{name}","real"]')
        await peer.expect('432["real"]')
        assert lifecycle == ["connection", "connection"]

    play(server, scenario)


@pytest.mark.parametrize(
    "name",
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"],
)
def test_a_reserved_name_never_reaches_a_listener(name: str) -> None:
    server = Server()
    called: list[Any] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("disconnect", called.append)
        socket.on("disconnecting", called.append)
        socket.on_any(collect(called))

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        await peer.send(f'42["{name}","forged"]')
        await peer.expect_close(timeout=0.1)
        assert called == ["forced close", "forced close"]
        with pytest.raises(ReservedEventError):
            socket.emit(name)
        with pytest.raises(ReservedEventError):
            server.emit(name)
        if not name.startswith("disconnect"):
            with pytest.raises(ReservedEventError):
                socket.on(name, print)

    play(server, scenario)


def test_catch_all_listeners_come_first_and_see_name_and_arguments() -> None:
    seen: list[Any] = []
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on_any
        async def second(name: str, *values: Any) -> None:
            await asyncio.sleep(1)
            seen.append(("second", name, values))

        @socket.prepend_any
        def first(name: str, *values: Any) -> None:
            seen.append(("first", name, values))

        @socket.on("x")
        def x(value: int) -> None:
            seen.append(("x", value))

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('421["x",1]', '42["y",2,3]')
        await peer.expect("431[]")
        await asyncio.sleep(2)
        assert seen[:3] == [("first", "x", (1,)), ("second", "x", (1,)), ("x", 1)]
        assert seen[3:] == [("first", "y", (2, 3)), ("second", "y", (2, 3))]
        assert server.main.failures.counts == {}
        socket = server.main.sockets[sid]
        first, second = socket.listeners_any()
        socket.off_any(first)
        assert socket.listeners_any() == [second]
        socket.off_any()
        assert socket.listeners_any() == []

    play(server, scenario)


def test_catch_all_listeners_for_outgoing_events_see_broadcasts_but_no_acks() -> None:
    seen: list[Any] = []
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on_any_outgoing(collect(seen))
        socket.on("x", lambda: "ack")

    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        socket = server.main.sockets[sid]
        socket.emit("one", {"a": [b"\1"]})
        server.emit("all", 2)
        await peer.send('421["x"]')
        await peer.expect(
            '451-["one",{"a":[{"_placeholder":true,"num":0}]}]', b"\1", '42["all",2]', '431["ack"]'
        )
        assert seen == [("one", {"a": [b"\1"]}), ("all", 2)]

        async def coroutine(name: str) -> None:
            pass

        with pytest.raises(UsageError):
            socket.on_any_outgoing(coroutine)
        outgoing = socket.prepend_any_outgoing(collect([]))
        assert socket.listeners_any_outgoing()[0] is outgoing
        socket.off_any_outgoing(outgoing)
        assert len(socket.listeners_any_outgoing()) == 1
        socket.off_any_outgoing()
        assert socket.listeners_any_outgoing() == []

    play(server, scenario)


class Route:
    """A route that takes one string and answers it in capitals."""

    concurrent = False

    def decode(self, payload: str, attachments: Sequence[bytes]) -> Arguments:
        if '"bad"' in payload:
            raise InvalidArgumentsError([{"loc": ["text"], "type": "bad", "msg": "It is bad"}])
        return (payload, *attachments)

    async def handle(self, socket: Socket, arguments: Arguments) -> Arguments:
        text: str = arguments[0]
        if '"full"' in text:
            raise FailureReply("room_full", "The room is full")
        return (text.upper(), *arguments[1:])

    def rescue(self, error: BaseException) -> Arguments:
        raise error

    def encode(self, answer: Arguments) -> EncodedArguments:
        return answer[0], answer[1:]


def test_a_route_decodes_handles_and_answers_its_event() -> None:
    server = Server()
    server.main.set_route("typed", Route())
    shadowed: list[Any] = []
    seen: list[Any] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("typed", collect(shadowed))
        socket.on("untyped", lambda: "untyped")
        socket.on_any(collect(seen))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send(
            '421["typed","x"]',
            '422["typed","bad"]',
            '423["untyped"]',
            '424["typed","full"]',
            '42["typed","bad"]',
        )
        await peer.send('451-5["typed",{"_placeholder":true,"num":0}]', b"\1")
        await peer.expect('431["TYPED","X"]')
        await peer.expect(
            '432[{"error":{"code":"invalid_request","message":"The arguments don\'t fit the event",'
            '"issues":[{"loc":["text"],"type":"bad","msg":"It is bad"}]}}]'
        )
        await peer.expect(
            '433["untyped"]', '434[{"error":{"code":"room_full","message":"The room is full"}}]'
        )
        await peer.expect('461-5["TYPED",{"_PLACEHOLDER":TRUE,"NUM":0}]', b"\1")
        assert ("typed", "x") in seen
        assert ("typed", b"\1") in seen
        assert shadowed == []
        assert server.main.failures.counts == {"typed": 3}

    play(server, scenario)
    with pytest.raises(UsageError):
        server.main.set_route("typed", Route())
    with pytest.raises(ReservedEventError):
        server.main.set_route("connect", Route())


def test_no_more_is_read_while_too_many_events_wait() -> None:
    handled: list[int] = []
    released = asyncio.Event()

    async def slow(number: int) -> None:
        await released.wait()
        handled.append(number)

    server = Server(limits=Limits(queued_events=5))
    server.on("connection", lambda socket: socket.on("slow", slow))

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for number in range(50):
            await peer.send(f'42["slow",{number}]')
        await asyncio.sleep(1)
        (connection,) = server.connections
        assert connection.congested
        assert connection.backlog.events <= 7
        released.set()
        await asyncio.sleep(1)
        assert handled == list(range(50))
        assert not connection.congested

    play(server, scenario)


def test_attachments_that_never_come_end_the_connection() -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        loop = asyncio.get_running_loop()
        started = loop.time()
        await peer.send('452-["x",{"_placeholder":true,"num":0}]', b"\1")
        await peer.expect("2", timeout=30)
        await peer.send("3")
        await peer.expect_close(timeout=60)
        assert loop.time() - started == pytest.approx(30, abs=0.1)

    play(serve(), scenario)


def test_attachments_that_do_come_do_not() -> None:
    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('451-1["x",{"_placeholder":true,"num":0}]', b"\1")
        await peer.expect("431[1]")
        for _ in range(2):
            await peer.expect("2", timeout=30)
            await peer.send("3")
        await peer.send('452-2["x",{"_placeholder":true,"num":0}]', b"\1", b"\2")
        await peer.expect("432[1]")

    play(serve(x=len), scenario)
