"""What becomes of events that are emitted while the connection is lost, and of acknowledgements:
transcripts against a server that the test types.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.client import ClientSocket, connect
from ackord.runtime.errors import (
    AckTimeoutError,
    DisconnectedError,
    InvalidPayloadError,
    SlowConsumerError,
)
from ackord.runtime.testing import OPEN_PACKET, RawPeer, RawServer, run


class Scene:
    """A socket that comes back to its server as often as the test lets it."""

    def __init__(self, **options: Any) -> None:
        self.server = RawServer()
        self.socket: ClientSocket = connect("http://test", connector=self.server, **options)
        self.peer: RawPeer

    async def lose(self) -> None:
        """Cut the connection."""
        await self.peer.close()
        await asyncio.sleep(0.01)

    async def come_back(self, *, max_payload: int = 1_000_000) -> RawPeer:
        """Accept the next connection and let the socket join."""
        self.peer = await self.server.accept(timeout=60)
        await self.peer.send(OPEN_PACKET.replace("1000000", str(max_payload)))
        await self.peer.expect("40")
        await self.peer.send('40{"sid":"again"}')
        return self.peer


def play(scenario: Callable[[Scene], Awaitable[None]], **options: Any) -> None:
    """Run a scenario whose socket has joined its server; see that nothing is left of it."""

    async def main() -> None:
        scene = Scene(**options)
        scene.peer = await scene.server.join(scene.socket)
        await scenario(scene)
        await scene.socket.disconnect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


# While the connection is lost


def test_events_wait_and_are_sent_in_order_before_what_comes_later() -> None:
    async def scenario(scene: Scene) -> None:
        outgoing: list[tuple[Any, ...]] = []

        def note(*event: Any) -> None:
            outgoing.append(event)

        scene.socket.on_any_outgoing(note)
        scene.socket.on("connect", lambda: scene.socket.emit("late"))
        await scene.lose()
        scene.socket.emit("one", 1)
        scene.socket.volatile.emit("volatile")
        scene.socket.emit("two", b"\x02")
        answer = asyncio.ensure_future(scene.socket.emit_with_ack("three"))
        await asyncio.sleep(0)
        assert outgoing == []
        peer = await scene.come_back()
        await peer.expect('42["one",1]', '451-["two",{"_placeholder":true,"num":0}]', b"\x02")
        await peer.expect('420["three"]', '42["late"]')
        await peer.send("430[3]")
        assert await answer == 3
        assert [event[0] for event in outgoing] == ["one", "two", "three", "late"]

    play(scenario)


def test_acknowledgements_of_sent_events_fail_with_the_reason_and_those_of_kept_ones_come() -> None:
    async def scenario(scene: Scene) -> None:
        called: list[Any] = []
        sent = asyncio.ensure_future(scene.socket.emit_with_ack("sent"))
        await asyncio.sleep(0)
        scene.socket.emit("plain", ack=called.append)
        scene.socket.timeout(9).emit("first", ack=lambda *values: called.extend(values))
        await scene.peer.expect('420["sent"]', '421["plain"]', '422["first"]')
        await scene.peer.send("4nonsense")
        await scene.lose()
        with pytest.raises(DisconnectedError, match="parse error") as caught:
            await sent
        assert caught.value.reason == "parse error"
        assert [type(each) for each in called] == [DisconnectedError]
        kept = asyncio.ensure_future(scene.socket.emit_with_ack("kept"))
        peer = await scene.come_back()
        await peer.expect('423["kept"]')
        # An acknowledgement of the lost connection's is nobody's.
        await peer.send('430["stale"]', '433["answer"]')
        assert await kept == "answer"

    play(scenario)


def test_a_timeout_runs_while_the_connection_is_lost_and_takes_the_event_back() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        cancelled = asyncio.ensure_future(scene.socket.emit_with_ack("cancelled"))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(AckTimeoutError):
            await scene.socket.emit_with_ack("late", timeout=0.1)
        scene.socket.emit("kept")
        peer = await scene.come_back()
        await peer.expect('42["kept"]')

    play(scenario)


@pytest.mark.parametrize(
    ("options", "emitted", "kept"),
    [
        ({"max_offline_events": 2}, ["a", "b", "c"], ["a", "b"]),
        ({"max_offline_events": 2, "offline_overflow": "drop_oldest"}, ["a", "b", "c"], ["b", "c"]),
        ({"max_offline_bytes": 20}, ["a" * 8, "b" * 9], ["a" * 8]),
        (
            {"max_offline_bytes": 20, "offline_overflow": "drop_oldest"},
            ["a", "b" * 9, "c" * 50, "d"],
            ["b" * 9, "d"],
        ),
    ],
)
def test_what_waits_is_bounded(
    options: dict[str, Any],
    emitted: list[str],
    kept: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        refused: list[str] = []
        for name in emitted:
            try:
                scene.socket.emit(name)
            except SlowConsumerError:
                refused.append(name)
        peer = await scene.come_back()
        await peer.expect(*(f'42["{name}"]' for name in kept))
        scene.socket.emit("end")
        await peer.expect('42["end"]')
        dropped = {name for name in emitted if name not in [*kept, *refused]}
        logged = {name for name in emitted if f"Event '{name}' was not sent" in caplog.text}
        assert dropped == logged

    with caplog.at_level(logging.WARNING):
        play(scenario, **options)


def test_an_event_that_is_dropped_for_another_tells_who_waits_for_it() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("x"))
        await asyncio.sleep(0)
        scene.socket.emit("y")
        with pytest.raises(DisconnectedError, match="dropped for later ones"):
            await asked

    play(scenario, max_offline_events=1, offline_overflow="drop_oldest")


def test_events_that_nobody_waits_for_any_longer_give_their_room() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        for _ in range(50):
            with pytest.raises(AckTimeoutError):
                await scene.socket.emit_with_ack("x", timeout=0.001)
        scene.socket.emit("y")
        peer = await scene.come_back()
        await peer.expect('42["y"]')

    play(scenario, max_offline_events=2)


def test_nothing_waits_where_nothing_may() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        with pytest.raises(DisconnectedError, match="nothing waits"):
            scene.socket.emit("x")
        with pytest.raises(DisconnectedError, match="nothing waits"):
            await scene.socket.emit_with_ack("x")
        await scene.come_back()

    play(scenario, max_offline_events=0)


@pytest.mark.parametrize("acked", [True, False])
def test_an_event_that_the_next_server_does_not_take_fails_alone(
    acked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        large = ("large", "x" * 200)
        asked = asyncio.ensure_future(scene.socket.emit_with_ack(*large)) if acked else None
        if asked is None:
            scene.socket.emit(*large)
        await asyncio.sleep(0)
        scene.socket.emit("small")
        peer = await scene.come_back(max_payload=100)
        await peer.expect('42["small"]')
        if asked is None:
            assert "Event 'large' was not sent: the packet has a message" in caplog.text
        else:
            with pytest.raises(InvalidPayloadError, match="maxPayload"):
                await asked

    play(scenario)


def test_what_waits_is_not_lost_when_the_next_connection_is_lost_at_once() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        scene.socket.emit("kept")
        cut = await scene.server.accept(timeout=60)
        await cut.send(OPEN_PACKET)
        await cut.close()
        peer = await scene.come_back()
        await peer.expect('42["kept"]')

    play(scenario)


def test_a_machine_that_slept_keeps_the_event_for_the_next_connection() -> None:
    async def scenario(scene: Scene) -> None:
        loop: Any = asyncio.get_running_loop()
        loop.jump(100.0)  # as after a suspension: no timer has run
        scene.socket.emit("kept")
        assert not scene.socket.connected
        peer = await scene.come_back()
        await peer.expect('42["kept"]')

    play(scenario)


def test_who_leaves_takes_back_what_waits() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.lose()
        scene.socket.emit("x")
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("y"))
        await asyncio.sleep(0)
        await scene.socket.disconnect()
        with pytest.raises(DisconnectedError, match="io client disconnect"):
            await asked
        await scene.server.join(scene.socket)

    play(scenario)


# Sent again until it is acknowledged


def test_retried_events_are_sent_one_after_the_other() -> None:
    async def scenario(scene: Scene) -> None:
        answers: list[Any] = []
        scene.socket.emit("one")
        scene.socket.emit("two", ack=lambda *values: answers.append(values))
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("three"))
        await asyncio.sleep(0)
        scene.socket.volatile.emit("volatile")  # waits for nobody
        await scene.peer.expect('420["one"]', '42["volatile"]')
        await scene.peer.expect_silence(9)
        await scene.peer.send("430[]")
        await scene.peer.expect('421["two"]')
        await scene.peer.send('431["yes"]')
        await scene.peer.expect('422["three"]')
        await scene.peer.send("432[3]")
        assert await asked == 3
        assert answers == [(None, "yes")]

    play(scenario, retries=2, ack_timeout=10.0)


def test_an_event_is_sent_again_so_often_and_then_the_next_has_its_turn() -> None:
    async def scenario(scene: Scene) -> None:
        errors: list[Any] = []
        scene.socket.emit("one", ack=errors.append)
        scene.socket.emit("two")
        await scene.peer.expect('420["one"]', '421["one"]', '422["one"]', '423["two"]')
        assert asyncio.get_running_loop().time() == 3.0
        assert [type(error) for error in errors] == [AckTimeoutError]
        # A late acknowledgement of an earlier try is ignored.
        await scene.peer.send("430[]", "433[]")

    play(scenario, retries=2, ack_timeout=1.0)


def test_a_lost_connection_counts_as_a_try_and_the_next_one_begins_with_the_event() -> None:
    async def scenario(scene: Scene) -> None:
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("one"))
        await asyncio.sleep(0)
        scene.socket.emit("two")
        for ack_id in range(3):
            await scene.peer.expect(f'42{ack_id}["one"]')
            await scene.lose()
            if ack_id < 2:
                await scene.come_back()
        with pytest.raises(DisconnectedError, match="transport close"):
            await asked
        peer = await scene.come_back()
        await peer.expect('423["two"]')
        await peer.send("433[]")

    play(scenario, retries=2)


def test_what_nobody_waits_for_any_longer_is_not_retried() -> None:
    async def scenario(scene: Scene) -> None:
        first = asyncio.ensure_future(scene.socket.emit_with_ack("first"))
        second = asyncio.ensure_future(scene.socket.emit_with_ack("second"))
        third = asyncio.ensure_future(scene.socket.emit_with_ack("third"))
        await scene.peer.expect('420["first"]')
        second.cancel()
        await asyncio.sleep(0)
        first.cancel()
        await scene.peer.expect('421["third"]')
        await scene.peer.send("431[3]")
        assert await third == 3

    play(scenario, retries=5)


def test_the_queue_is_bounded_and_fails_when_the_socket_leaves() -> None:
    async def scenario(scene: Scene) -> None:
        errors: list[Any] = []
        for _ in range(2):
            scene.socket.emit("x", ack=errors.append)
        with pytest.raises(SlowConsumerError):
            scene.socket.emit("x")
        await scene.socket.disconnect()
        assert [type(error) for error in errors] == [DisconnectedError] * 2
        with pytest.raises(DisconnectedError, match=r"first `await client\.connect\(\)`"):
            scene.socket.emit("x")

    play(scenario, retries=1, max_offline_events=2)


def test_an_event_that_can_not_be_sent_is_not_tried_again() -> None:
    async def scenario(scene: Scene) -> None:
        with pytest.raises(InvalidPayloadError):
            await scene.socket.emit_with_ack("x", "y" * 2_000_000)
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("z"))
        await scene.peer.expect('421["z"]')
        await scene.peer.send("431[]")
        await asked

    play(scenario, retries=3)


TOO_SOON = '[{"error":{"code":"rate_limited","message":"","data":{"retry_after":%s}}}]'


def test_an_event_that_came_too_soon_is_sent_again_when_the_server_says() -> None:
    async def scenario(scene: Scene) -> None:
        clock = asyncio.get_running_loop().time
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("one"))
        await asyncio.sleep(0)
        scene.socket.emit("two")
        began = clock()
        for ack_id, pause in enumerate((0.25, 9)):
            await scene.peer.expect(f'42{ack_id}["one"]')
            began = clock()
            await scene.peer.send(f"43{ack_id}{TOO_SOON % pause}")
            await scene.peer.expect_silence(0.24)
        await scene.lose()  # coming back doesn't shorten the pause
        await scene.come_back()
        await scene.peer.expect('422["one"]')
        assert clock() - began == pytest.approx(9)
        await scene.peer.send(f"432{TOO_SOON % 0.25}")  # the last try
        assert (await asked)["error"]["code"] == "rate_limited"
        await scene.peer.expect('423["two"]')
        await scene.peer.send("433[]")

    play(scenario, retries=2)


def test_a_pause_ends_with_those_who_wait_for_it() -> None:
    async def scenario(scene: Scene) -> None:
        first = asyncio.ensure_future(scene.socket.emit_with_ack("first"))
        second = asyncio.ensure_future(scene.socket.emit_with_ack("second"))
        await scene.peer.expect('420["first"]')
        await scene.peer.send(f"430{TOO_SOON % 60}")
        await scene.peer.expect_silence(1)
        first.cancel()
        await scene.peer.expect('421["second"]')
        await scene.peer.send(f"431{TOO_SOON % 60}")
        await scene.peer.expect_silence(1)
        await scene.socket.disconnect()
        with pytest.raises(DisconnectedError):
            await second
        await asyncio.sleep(100)

    play(scenario, retries=2)


@pytest.mark.parametrize("pause", ["60.1", "-1", "true", '"1"', "null"])
def test_a_pause_that_makes_no_sense_or_is_too_long_is_not_waited_for(pause: str) -> None:
    async def scenario(scene: Scene) -> None:
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("one"))
        await scene.peer.expect('420["one"]')
        await scene.peer.send(f"430{TOO_SOON % pause}")
        assert (await asked)["error"]["code"] == "rate_limited"

    play(scenario, retries=2)
