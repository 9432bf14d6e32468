"""Events and acknowledgements of a joined client, both ways, packet by packet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime import NO_ACK
from ackord.runtime.client import ClientSocket, connect
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidPayloadError,
    ReservedEventError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.testing import OPEN_PACKET, RawPeer, RawServer, run

Scenario = Callable[[ClientSocket, RawPeer], Awaitable[None]]


def joined(scenario: Scenario, **options: Any) -> None:
    """Run a scenario with a joined socket and its server in virtual time, and see that no task is
    left.
    """

    async def main() -> None:
        server = RawServer(capacity=options.pop("capacity", 65_536))
        socket = connect("http://test", connector=server, **options)
        async with await server.join(socket) as peer:
            await scenario(socket, peer)
            await socket.disconnect()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())


def tell(seen: list[object], *words: object) -> Callable[..., None]:
    """Return a listener that notes its arguments, after some words of its own."""

    def listener(*values: object) -> None:
        seen.append((*words, *values))

    return listener


def test_emit_sends_any_number_of_arguments() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.emit("hello")
        socket.emit("hello", 1, "2", {"3": [None, True, 1.5]})
        socket.send("é")
        await peer.expect(
            '42["hello"]', '42["hello",1,"2",{"3":[null,true,1.5]}]', '42["message","é"]'
        )

    joined(scenario)


def test_bytes_travel_as_attachments() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.emit("file", {"data": b"\x01"}, [bytearray(b"\x02")])
        socket.emit("next")
        await peer.expect(
            '452-["file",{"data":{"_placeholder":true,"num":0}},[{"_placeholder":true,"num":1}]]',
            b"\x01",
            b"\x02",
            '42["next"]',
        )

    joined(scenario)


def test_incoming_attachments_are_put_back() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.on("file", seen.append)
        await peer.send('451-["file",{"data":{"_placeholder":true,"num":0}}]', "2", b"\x01\x02")
        await peer.expect("3")
        await asyncio.sleep(0.1)
        assert seen == [{"data": b"\x01\x02"}]

    joined(scenario)


def test_an_acknowledgement_is_awaited() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(socket.emit_with_ack("ask", n)) for n in range(4)]
            await peer.expect('420["ask",0]', '421["ask",1]', '422["ask",2]', '423["ask",3]')
            await peer.send(
                "433[]",
                '432["one"]',
                '431["one",2]',
                '461-0[{"_placeholder":true,"num":0}]',
                b"\x07",
            )
        assert [task.result() for task in tasks] == [b"\x07", ("one", 2), "one", None]

    joined(scenario)


def test_a_callback_takes_the_acknowledgement() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []

        async def later(*values: object) -> None:
            await asyncio.sleep(1)
            seen.append(values)

        socket.emit("ask", ack=tell(seen))
        socket.emit("ask", ack=later)
        await peer.expect('420["ask"]', '421["ask"]')
        await peer.send('430["a",1]', "431[]", '430["again"]', '439["unknown"]')
        await asyncio.sleep(2)
        assert seen == [("a", 1), ()]

    joined(scenario)


def test_without_an_acknowledgement_in_time_the_caller_is_told() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.timeout(2).emit("ask", ack=seen.append)
        socket.timeout(2).emit("ask", ack=seen.append)
        with pytest.raises(AckTimeoutError, match="3 s"):
            await socket.emit_with_ack("ask", timeout=3)
        with pytest.raises(AckTimeoutError, match="4 s"):
            await socket.timeout(4).emit_with_ack("ask")
        with pytest.raises(AckTimeoutError, match="20 s"):
            await socket.emit_with_ack("ask")
        await peer.expect('420["ask"]', '421["ask"]', '422["ask"]', '423["ask"]', '424["ask"]')
        await peer.send('431["late"]', '432["late"]')
        assert asyncio.get_running_loop().time() == 27.0
        assert [type(error) for error in seen] == [AckTimeoutError, AckTimeoutError]

    joined(scenario)


def test_an_error_first_callback_takes_none_when_all_is_well() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.timeout(5).emit("ask", ack=tell(seen))
        await peer.expect('420["ask"]')
        await peer.send('430["fine"]')
        await asyncio.sleep(10)
        assert seen == [(None, "fine")]

    joined(scenario)


def test_the_end_of_the_connection_fails_what_is_awaited_at_once() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.emit("plain", ack=tell(seen))
        socket.timeout(10).emit("error first", ack=seen.append)
        async with asyncio.TaskGroup() as group:
            group.create_task(close(peer))
            with pytest.raises(DisconnectedError, match="transport close"):
                await socket.emit_with_ack("ask", timeout=10)
        assert asyncio.get_running_loop().time() == 0.0
        assert [type(error) for error in seen] == [DisconnectedError]

    async def close(peer: RawPeer) -> None:
        await peer.expect('420["plain"]', '421["error first"]', '422["ask"]')
        await peer.close()

    joined(scenario)


def test_the_server_asks_and_gets_what_the_listener_returns() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        @socket.on("sync")
        def double(value: int) -> int:
            return value * 2

        socket.on("tuple", lambda: (1, b"\x01"))
        socket.on("none", lambda: None)

        @socket.on("async")
        async def answer(*values: int) -> int:
            await asyncio.sleep(1)
            return sum(values)

        await peer.send(
            '427["sync",4]', '428["tuple"]', '429["none"]', '4210["async",1,2]', '42["async",1]'
        )
        await peer.expect(
            "437[8]", '461-8[1,{"_placeholder":true,"num":0}]', b"\x01", "439[]", "4310[3]"
        )
        await peer.expect_silence(5)

    joined(scenario)


def test_events_are_handled_one_at_a_time_in_the_order_of_arrival() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []

        @socket.on("slow")
        async def slow(seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(seconds)

        socket.on("quick", seen.append)
        await peer.send('42["slow",3]', '42["slow",1]', '42["quick","q"]', '42["slow",2]')
        await asyncio.sleep(10)
        assert seen == [3, 1, "q", 2]

    joined(scenario)


def test_a_concurrent_listener_lifts_the_order() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []

        @socket.on("slow", concurrent=True)
        async def slow(seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(seconds)

        await peer.send('42["slow",3]', '42["slow",1]')
        await asyncio.sleep(10)
        assert seen == [1, 3]

    joined(scenario)


def test_a_listener_may_wait_for_an_acknowledgement_while_events_wait() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []

        @socket.on("start")
        async def start() -> None:
            seen.append(await socket.emit_with_ack("more"))

        socket.on("after", lambda: seen.append("after"))
        await peer.send('42["start"]', '42["after"]')
        await peer.expect('420["more"]')
        await peer.send('430["answer"]')
        await asyncio.sleep(1)
        assert seen == ["answer", "after"]

    joined(scenario)


def test_a_listener_that_raises_is_logged_and_answered_and_nothing_else_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        @socket.on("bad")
        async def bad() -> None:
            raise ValueError("secret")

        @socket.on("worse")
        def worse() -> None:
            raise KeyError("secret")

        socket.on("good", lambda: "good")
        await peer.send('421["bad"]', '422["worse"]', '42["bad"]', '423["good"]')
        internal = '{"error":{"code":"internal","message":"The handler failed"}}'
        await peer.expect(f"431[{internal}]", f"432[{internal}]", '433["good"]')
        assert socket.connected

    with caplog.at_level(logging.ERROR):
        joined(scenario)
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [
        ValueError,
        KeyError,
    ]  # "bad" once a minute


def test_failed_events_are_counted_and_shown_to_a_hook() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[tuple[str, str]] = []

        @socket.on_invalid
        def invalid(_: ClientSocket, name: str, failure: FailureReply) -> None:
            seen.append((name, failure.code))

        @socket.on("bad")
        async def bad() -> None:
            raise ValueError

        await peer.send('42["bad"]', '42["nobody listens"]', '421["nobody answers"]', "2")
        await peer.expect("3")
        await asyncio.sleep(1)
        assert seen == [("bad", "internal"), ("nobody answers", "unknown_event")]
        assert socket.failures.counts == {"bad": 1, "nobody answers": 1}

    joined(scenario)


def test_a_failure_that_cannot_be_sent_is_answered_as_internal_and_an_async_hook_learns_of_it() -> (
    None
):
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[tuple[str, str]] = []

        @socket.on_invalid
        async def invalid(_: ClientSocket, name: str, failure: FailureReply) -> None:
            await asyncio.sleep(0)
            seen.append((name, failure.code))

        @socket.on("bad")
        def bad() -> None:
            raise FailureReply("code", "message", data={1, 2})

        @socket.on("cancelled")
        def cancelled() -> None:
            raise asyncio.CancelledError

        internal = '[{"error":{"code":"internal","message":"The handler failed"}}]'
        await peer.send('421["bad"]', '422["cancelled"]')
        await peer.expect(f"431{internal}", f"432{internal}")
        await asyncio.sleep(1)
        assert seen == [("bad", "internal"), ("cancelled", "internal")]

    joined(scenario)


def test_a_callback_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        def bad() -> None:
            raise ValueError

        socket.emit("x", ack=bad)
        await peer.expect('420["x"]')
        await peer.send("430[]", "2")
        await peer.expect("3")
        assert socket.connected

    joined(scenario)
    assert len(caplog.records) == 1


def test_an_event_that_nobody_handles_is_answered_if_an_ack_was_asked_for() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        await peer.send('42["nobody"]', '425["nobody"]')
        await peer.expect(
            '435[{"error":{"code":"unknown_event","message":"Nobody handles this event"}}]'
        )
        await peer.expect_silence(1)

    joined(scenario)


def test_too_few_arguments_for_a_listener_are_an_invalid_request() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        @socket.on("two")
        def two(one: int, other: int) -> list[int]:
            return [one, other]

        await peer.send('421["two",1]', '422["two",1,2,3]')
        message = await peer.receive_text()
        assert message.startswith('431[{"error":{"code":"invalid_request"')
        await peer.expect("432[[1,2]]")

    joined(scenario)


def test_once_off_and_catch_all_listeners() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.once("x", tell(seen, "once"))
        listener = socket.on("x", tell(seen, "on"))
        socket.on_any(tell(seen))
        await peer.send('42["x",1]', '42["x",2]', '42["y"]')
        await asyncio.sleep(1)
        socket.off("x", listener)
        await peer.send('42["x",3]')
        await asyncio.sleep(1)
        assert seen == [("x", 1), ("once", 1), ("on", 1), ("x", 2), ("on", 2), ("y",), ("x", 3)]

    joined(scenario)


def test_outgoing_listeners_see_events_and_no_acks() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[object] = []
        socket.on_any_outgoing(tell(seen))
        socket.on("ask", lambda: 1)
        socket.emit("x", 1, {"b": b"\x01"})
        await peer.send('427["ask"]')
        await peer.expect('451-["x",1,{"b":{"_placeholder":true,"num":0}}]', b"\x01", "437[1]")
        assert seen == [("x", 1, {"b": b"\x01"})]

    joined(scenario)


@pytest.mark.parametrize(
    "name",
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"],
)
def test_reserved_names_are_refused(name: str) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        with pytest.raises(ReservedEventError):
            socket.emit(name)
        with pytest.raises(ReservedEventError):
            await socket.emit_with_ack(name)
        socket.emit("fine")
        await peer.expect('42["fine"]')

    joined(scenario)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_what_json_cannot_hold_is_refused_and_nothing_is_sent(value: object) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        with pytest.raises(InvalidPayloadError):
            socket.emit("x", value, ack=print)
        socket.emit("fine")
        await peer.expect('42["fine"]')

    joined(scenario)


def test_emitting_while_disconnected_raises_and_volatile_is_dropped() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        await socket.disconnect()
        await peer.expect("41")
        with pytest.raises(DisconnectedError):
            socket.emit("x")
        with pytest.raises(DisconnectedError):
            socket.emit("x", ack=print)
        with pytest.raises(DisconnectedError):
            await socket.emit_with_ack("x")
        socket.volatile.emit("x")
        socket.volatile.emit("x", ack=print)

    joined(scenario)


def test_volatile_events_go_out_only_if_the_network_is_free() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.volatile.emit("first")
        socket.volatile.emit("dropped")
        socket.emit("kept")
        await peer.expect('42["first"]', '42["kept"]')
        await socket.drain()
        socket.volatile.timeout(1).emit("last")
        await peer.expect('42["last"]')

    joined(scenario)


def test_a_volatile_event_that_is_dropped_calls_its_callback_after_the_timeout() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[type[Exception]] = []

        def answered(error: Exception) -> None:
            seen.append(type(error))

        socket.emit("x" * 50)
        socket.emit("y" * 50)
        socket.volatile.timeout(5).emit("dropped", ack=answered)
        socket.volatile.emit("dropped", ack=answered)
        await asyncio.sleep(10)
        assert seen == [AckTimeoutError]
        await peer.receive()
        await peer.receive()

    joined(scenario, capacity=20)


def test_more_than_the_network_takes_is_refused_until_it_is_drained() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        text = "x" * 1000
        for _ in range(10):
            socket.emit("bulk", text)
        with pytest.raises(SlowConsumerError):
            socket.emit("bulk", text)
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(socket.drain())
            for _ in range(10):
                assert not draining.done()
                assert await peer.receive() == f'42["bulk","{text}"]'
        socket.emit("again")
        await peer.expect('42["again"]')

    joined(scenario, max_buffered=10_200, capacity=100)


def test_answers_are_not_dropped_while_the_network_is_busy_and_nothing_more_is_read() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        handled: list[int] = []

        @socket.on("ask")
        def ask(number: int) -> str:
            handled.append(number)
            return "x" * 100

        async def ask_all() -> None:
            for number in range(50):
                await peer.send(f'42{number}["ask",{number}]')

        async with asyncio.TaskGroup() as group:
            group.create_task(ask_all())
            await asyncio.sleep(1)
            assert 5 < len(handled) < 30
            for number in range(50):
                await peer.expect(f'43{number}["{"x" * 100}"]')

    joined(scenario, max_buffered=1000, max_pending_events=3, capacity=20)


def test_a_single_message_may_exceed_what_may_wait() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.emit("big", "x" * 1000)
        assert len(await peer.receive()) > 1000

    joined(scenario, max_buffered=10)


def test_too_many_awaited_acknowledgements_are_refused() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.emit("x", ack=print)
        socket.emit("x", ack=print)
        with pytest.raises(SlowConsumerError):
            socket.emit("x", ack=print)
        with pytest.raises(SlowConsumerError):
            await socket.emit_with_ack("x")
        await peer.expect('420["x"]', '421["x"]')
        await peer.expect_silence(1)

    joined(scenario, max_pending_acks=2)


def test_a_server_that_sends_faster_than_handlers_work_is_slowed_down_and_not_timed_out() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        seen: list[int] = []

        @socket.on("n")
        async def handle(number: int) -> None:
            await asyncio.sleep(60)
            seen.append(number)

        for number in range(20):
            await peer.send(f'42["n",{number}]')
        assert asyncio.get_running_loop().time() > 300
        assert socket.connected
        while len(seen) < 20:
            await peer.send("2")
            await asyncio.sleep(30)
        assert seen == list(range(20))

    joined(scenario, max_pending_events=3, capacity=20)


OVER_TEN = [bytes([number]) for number in range(11)]
REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (OVER_TEN, {}, r"11 attachments, and may have at most 10 \(max_attachments\)"),
    ([b"x", b"y"], {"max_attachments": 1}, "2 attachments"),
    ([b"x", {"_placeholder": True, "num": 99}], {}, "_placeholder"),
    (
        "x" * 1_000_000,
        {},
        r"10000\d\d bytes, and the server takes at most 1000000 \(its maxPayload\)",
    ),
    ("é" * 500_000, {}, "maxPayload"),
    (bytes(1_000_001), {}, "1000001 bytes"),
    (10**400, {"parser": MsgpackParser()}, "too large"),
]


@pytest.mark.parametrize(("value", "options", "says"), REFUSED)
def test_what_the_server_would_close_the_connection_for_is_an_error_here(
    value: Any, options: dict[str, Any], says: str
) -> None:
    async def main() -> None:
        server = RawServer()
        parser = options.get("parser")
        socket = connect("http://test", connector=server, **options)
        joining = asyncio.create_task(socket.connect())
        peer = await server.accept()
        await peer.send(OPEN_PACKET)
        await peer.receive()
        welcome = '40{"sid":"s"}'
        await peer.send(parser.encode(welcome, ()) if parser else welcome)
        await joining
        called: list[Any] = []
        for operator in (socket, socket.timeout(1), socket.volatile):
            for ack in (None, called.append):
                with pytest.raises(InvalidPayloadError, match=says):
                    operator.emit("e", value, ack=ack)
        with pytest.raises(InvalidPayloadError, match=says):
            await socket.emit_with_ack("e", value)
        await asyncio.sleep(2)
        assert (socket.connected, called) == (True, [])
        await socket.disconnect()
        await peer.receive()  # the first packet after CONNECT is DISCONNECT
        await peer.expect_close()

    run(main())


def test_a_message_as_large_as_the_server_takes_goes_out() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        text = "x" * (1_000_000 - len('42["e",""]'))
        socket.emit("e", text)
        await peer.expect(f'42["e","{text}"]')

    joined(scenario, capacity=2_000_000)


MISTAKES: list[Callable[[Any], Any]] = [
    lambda socket: socket.emit(None),
    lambda socket: socket.emit(5),
    lambda socket: socket.on(5, print),
    lambda socket: socket.emit("e", ack=5),
    lambda socket: socket.timeout(-1),
    lambda socket: socket.volatile.timeout(float("nan")),
    lambda socket: socket.emit_with_ack("e", timeout=-1),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_of_the_program_raises(mistake: Callable[[Any], Any]) -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        with pytest.raises(UsageError):  # noqa: PT012  # some raise when they are awaited
            outcome = mistake(socket)
            if outcome is not None:
                await outcome
        socket.emit("end")
        await peer.expect('42["end"]')

    joined(scenario)


def test_an_acknowledgement_that_cannot_be_sent_is_answered_by_internal() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        socket.on("many", lambda: OVER_TEN)
        socket.on("large", lambda: "x" * 1_000_000)
        await peer.send('421["many"]', '422["large"]')
        for number in (1, 2):
            await peer.expect(
                f'43{number}[{{"error":{{"code":"internal","message":"The handler failed"}}}}]'
            )

    joined(scenario)


def test_a_listener_can_leave_an_event_unacknowledged() -> None:
    async def scenario(socket: ClientSocket, peer: RawPeer) -> None:
        async def later() -> Any:
            return NO_ACK

        socket.on("plain", lambda: NO_ACK)
        socket.on("async", later)
        socket.on("null", lambda: (None,))
        socket.on("nothing", lambda: None)
        await peer.send('421["plain"]', '422["async"]', '423["null"]', '424["nothing"]')
        await peer.expect("433[null]", "434[]")

    joined(scenario)
