"""Whoever asks gets exactly one answer, whatever the application's code raises or returns."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.server import Server, Socket

from tests.runtime.server.stage import Stage, play, serve

INTERNAL = '[{"error":{"code":"internal","message":"The handler failed"}}]'
NO_JSON = [{1, 2}, b"bytes", math.nan, datetime(2026, 1, 1, tzinfo=UTC), 10**5000, object()]


class OutcomeError(BaseException):
    """As test frameworks have them."""


class ForgetfulError(FailureReply):
    def __init__(self) -> None:  # pyright: ignore[reportMissingSuperCall]  # the point
        pass


def both(raiser: Any) -> Server:
    """Make a server that raises in a plain and in an async listener, and has one that works."""

    async def later() -> None:
        await asyncio.sleep(0.1)
        raiser()

    return serve(plain=raiser, later=later, good=lambda: "good")


async def check_internal(stage: Stage) -> None:
    peer, _ = await stage.join()
    await peer.send('421["plain"]', '422["later"]', '423["good"]', '424["plain"]')
    await peer.expect(f"431{INTERNAL}", f"432{INTERNAL}", '433["good"]', f"434{INTERNAL}")
    await peer.expect_silence(1)


@pytest.mark.parametrize("data", NO_JSON, ids=lambda value: type(value).__name__)
def test_a_failure_whose_data_cannot_be_sent_is_answered_as_internal(data: object) -> None:
    def raiser() -> None:
        raise FailureReply("code", "message", data=data)

    play(both(raiser), check_internal)


@pytest.mark.parametrize("data", NO_JSON, ids=lambda value: type(value).__name__)
def test_a_failure_says_where_it_is_made_that_its_data_cannot_be_sent(data: object) -> None:
    with pytest.raises(InvalidPayloadError):
        FailureReply("code", "message", data=data)


def test_what_is_changed_after_a_failure_was_made_does_not_prevent_its_answer() -> None:
    def raiser() -> None:
        data: list[object] = [1]
        failure = FailureReply("code", "message", data=data)
        data.append(object())
        raise failure

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["plain"]')
        await peer.expect('431[{"error":{"code":"code","message":"message","data":[1]}}]')

    play(both(raiser), scenario)


def raise_cancelled(*_: object) -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    future.result()


def raise_outcome(*_: object) -> None:
    raise OutcomeError


def raise_forgetful(*_: object) -> None:
    raise ForgetfulError


@pytest.mark.parametrize("raiser", [raise_cancelled, raise_outcome, raise_forgetful])
def test_whatever_a_listener_raises_is_answered_plain_or_async(raiser: Any) -> None:
    play(both(raiser), check_internal)


def test_a_listener_that_cancels_its_own_task_is_answered_and_the_next_event_handled() -> None:
    async def suicide() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('421["suicide"]', '422["good"]')
        await peer.expect(f"431{INTERNAL}", '432["good"]')

    async def good() -> str:
        return "good"

    play(serve(suicide=suicide, good=good), scenario)


def test_what_listeners_of_the_life_cycle_and_callbacks_raise_stays_with_them() -> None:
    server = Server()
    seen: list[str] = []

    @server.on("connection")
    def connected(socket: Socket) -> None:
        socket.on("disconnecting", raise_cancelled)
        socket.on("disconnect", raise_outcome)
        socket.on("disconnect", seen.append)
        socket.on_any_outgoing(raise_cancelled)
        socket.on("ask", lambda: socket.emit("question", ack=raise_outcome))
        socket.on("good", lambda: "good")
        raise_cancelled()

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        await peer.send('42["ask"]', "430[]", '421["good"]')
        await peer.expect('420["question"]', '431["good"]')
        await peer.send("41", "40")
        assert (await peer.receive_text()).startswith("40{")
        assert seen == ["client namespace disconnect"]

    play(server, scenario)


def test_the_hook_of_failures_may_be_async_and_may_fail() -> None:
    server = both(lambda: 1 / 0)
    seen: list[str] = []

    @server.main.on_invalid
    async def invalid(_: Socket, name: str, failure: FailureReply) -> None:
        await asyncio.sleep(1)
        seen.append(f"{name} {failure.code}")
        raise_outcome()

    async def scenario(stage: Stage) -> None:
        await check_internal(stage)
        await asyncio.sleep(2)
        assert seen == ["plain internal", "later internal", "plain internal"]

    play(server, scenario)
