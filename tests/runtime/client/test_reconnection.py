"""How a client comes back after a lost connection: transcripts on a virtual clock, against a server
that the test types.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from math import inf
from typing import Any

import pytest
from ackord.runtime.client import ClientSocket, Manager, connect
from ackord.runtime.client.reconnection import Schedule
from ackord.runtime.errors import ConnectRefusedError, DisconnectedError, UsageError
from ackord.runtime.testing import OPEN_PACKET, RawPeer, RawServer, run
from hypothesis import given
from hypothesis import strategies as st


class Scene:
    """A server, a socket that has joined it, and all that both of them tell."""

    def __init__(self, **options: Any) -> None:
        self.server = RawServer()
        self.socket = connect("http://test", connector=self.server, **options)
        self.told: list[tuple[Any, ...]] = []
        for name in ("connect", "disconnect", "connect_error"):
            self.socket.on(name, self._note(name))
        for each in ("reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed"):
            self.socket.manager.on(each, self._note(each))

    def _note(self, name: str) -> Callable[..., None]:
        def note(*values: Any) -> None:
            words = (str(each) if isinstance(each, Exception) else each for each in values)
            self.told.append((name, *(each for each in words if each is not None)))

        return note

    async def accept(self, *, answer: str = '40{"sid":"again"}') -> RawPeer:
        """Take the next WebSocket, however late it comes, and answer its CONNECT."""
        peer = await self.server.accept(timeout=inf)
        await peer.send(OPEN_PACKET)
        assert (await peer.receive_text()).startswith("40")
        await peer.send(answer)
        return peer


def play(scenario: Callable[[Scene, RawPeer], Awaitable[None]], **options: Any) -> None:
    """Run a scenario whose socket has joined; see that nothing is left of it after `disconnect`."""

    async def main() -> None:
        scene = Scene(**options)
        peer = await scene.server.join(scene.socket)
        await asyncio.sleep(0)
        scene.told.clear()
        await scenario(scene, peer)
        await scene.socket.disconnect()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"tasks are left: {left}"

    run(main())


def now() -> float:
    return asyncio.get_running_loop().time()


# The schedule


@pytest.mark.parametrize(
    ("failed", "random", "expected"),
    [
        # `backo2`: the first digit of the random number is the sign, an even one shortens.
        (0, 0.0, 1.0),
        (0, 0.999, 1.4995),
        (0, 0.899, 0.5505),
        (1, 0.5, 2.5),
        (2, 0.25, 3.5),
        (2, 0.75, 5.0),
        (3, 0.2, 5.0),
        (3, 0.8, 4.8),
        (1000, 0.8, 5.0),
        (10**9, 0.8, 5.0),
    ],
)
def test_pauses_are_those_of_the_reference(failed: int, random: float, expected: float) -> None:
    assert Schedule().pause(failed, random) == pytest.approx(expected)


@given(st.integers(0, 100), st.floats(0, 1, exclude_max=True), st.floats(0, 1), st.booleans())
def test_a_pause_is_never_longer_than_the_longest(
    failed: int, random: float, factor: float, randomize_capped: bool
) -> None:
    schedule = Schedule(randomization_factor=factor, randomize_capped=randomize_capped)
    whole = min(2.0**failed, 5.0)
    assert whole * (1 - factor) <= schedule.pause(failed, random) <= min(2.0**failed * 2, 5.0)


def test_clients_that_wait_for_long_can_be_spread() -> None:
    schedule = Schedule(randomize_capped=True)
    assert [schedule.pause(9, random) for random in (0.0, 0.5, 0.9)] == [5.0, 3.75, 2.75]


# Coming back


def test_a_lost_connection_is_opened_again_and_the_namespace_joined() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0.1)
        assert (scene.socket.connected, scene.socket.active) == (False, True)
        await scene.accept()
        assert 0.5 <= now() <= 1.6
        await asyncio.sleep(0.1)
        assert (scene.socket.connected, scene.socket.id) == (True, "again")
        reason = "transport close"
        assert [each[:2] for each in scene.told] == [
            ("disconnect", reason),
            ("reconnect_attempt", 1),
            ("reconnect", 1),
            ("connect",),
        ]

    play(scenario)


def test_attempts_follow_the_schedule_and_begin_anew_once_a_namespace_is_joined() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        times: list[float] = []

        @scene.socket.manager.on("reconnect_attempt")
        def _(number: int) -> None:
            times.append(now())

        scene.server.refusal = "nobody is there"
        await peer.close()
        began = now()
        await asyncio.sleep(17.9)
        scene.server.refusal = None
        assert [round(each - began, 3) for each in times] == [1, 3, 7, 12, 17]
        await scene.accept()
        await asyncio.sleep(0.1)
        assert scene.socket.connected
        assert scene.told[1:4] == [
            ("reconnect_attempt", 1),
            ("reconnect_error", "nobody is there"),
            ("connect_error", "nobody is there"),
        ]
        assert ("reconnect", 6) in scene.told

    play(scenario, randomization_factor=0.0)


def test_a_server_that_takes_connections_and_ends_them_is_asked_ever_less() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        times: list[float] = []
        for _ in range(4):
            peer = await scene.server.accept(timeout=inf)
            times.append(now())
            await peer.send(OPEN_PACKET)
            await peer.close()
        assert times == [1, 3, 7, 12]

    play(scenario, randomization_factor=0.0)


def test_attempts_end_at_last_and_all_that_waits_fails() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        scene.server.refusal = "nobody is there"
        await peer.close()
        await asyncio.sleep(0)
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("x", timeout=1000))
        connecting = asyncio.ensure_future(scene.socket.connect())
        for waiting in (connecting, asked):
            with pytest.raises(DisconnectedError, match="nobody is there"):
                await waiting
        assert scene.told.count(("reconnect_failed",)) == 1
        assert scene.told.count(("reconnect_error", "nobody is there")) == 3
        assert not scene.socket.active
        with pytest.raises(DisconnectedError):
            scene.socket.emit("x")
        scene.server.refusal = None
        await scene.server.join(scene.socket)

    play(scenario, reconnection_attempts=3)


Ending = Callable[[ClientSocket, RawPeer], Awaitable[None]]
ENDINGS: list[tuple[Ending, bool]] = [
    (lambda _, peer: peer.send("41"), False),  # the server disconnects the socket
    (lambda socket, _: socket.disconnect(), False),
    (lambda _, peer: peer.close(), True),
    (lambda _, peer: peer.send("1"), True),  # an engine that closes
    (lambda _, peer: peer.send("4nonsense"), True),  # a parse error
    (lambda _, __: asyncio.sleep(46), True),  # a ping timeout
]


@pytest.mark.parametrize(("end", "active"), ENDINGS)
def test_only_what_nobody_wanted_is_mended(end: Ending, active: bool) -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await end(scene.socket, peer)
        await asyncio.sleep(0.1)
        assert (scene.socket.connected, scene.socket.active) == (False, active)
        if active:
            await scene.accept()
        else:
            await asyncio.sleep(60)
        assert scene.socket.active is active
        await asyncio.sleep(0.1)

    play(scenario)


def test_without_reconnection_a_lost_connection_is_the_end() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        await asyncio.sleep(60)
        assert not scene.socket.active
        assert [each[0] for each in scene.told] == ["disconnect"]

    play(scenario, reconnection=False)


def test_a_refusal_while_coming_back_is_the_end() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        await asyncio.sleep(0.1)
        scene.socket.emit("x", ack=print)
        asked = asyncio.ensure_future(scene.socket.emit_with_ack("y"))
        back = await scene.accept(answer='44{"message":"banned"}')
        with pytest.raises(DisconnectedError, match="banned") as caught:
            await asked
        assert isinstance(caught.value.__cause__, ConnectRefusedError)
        assert not scene.socket.active
        assert scene.told[-1] == ("connect_error", "banned")
        await back.expect_close()

    play(scenario)


@pytest.mark.parametrize("failure", ["no answer", "auth raises"])
def test_a_namespace_that_is_not_joined_is_tried_again_on_the_same_connection(failure: str) -> None:
    tokens: list[str] = []

    async def auth() -> Mapping[str, Any]:
        tokens.append(f"t{len(tokens)}")
        if failure == "auth raises" and len(tokens) == 2:
            raise LookupError("the token server is down")
        return {"token": tokens[-1]}

    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        back = await scene.server.accept(timeout=inf)
        await back.send(OPEN_PACKET)
        if failure == "no answer":
            await back.expect('40{"token":"t1"}')
        assert await back.receive_text(timeout=60) == '40{"token":"t2"}'
        await back.send('40{"sid":"again"}')
        await asyncio.sleep(0.1)
        assert scene.socket.connected
        (error,) = (each for each in scene.told if each[0] == "connect_error")
        assert error[1] == (
            "the server did not answer CONNECT within 20 seconds"
            if failure == "no answer"
            else "`auth` raised LookupError: the token server is down"
        )

    play(scenario, auth=auth)


@pytest.mark.parametrize("lost", ["while auth is asked", "while a failed auth waits"])
def test_a_connection_that_is_lost_while_auth_is_asked_is_not_joined_twice(lost: str) -> None:
    calls = 0

    async def auth() -> Mapping[str, Any]:
        nonlocal calls
        calls += 1
        if calls == 2:
            if lost == "while a failed auth waits":
                raise LookupError("no token")
            await asyncio.sleep(3)
        return {}

    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        cut = await scene.server.accept(timeout=inf)
        await cut.send(OPEN_PACKET)
        await asyncio.sleep(0.1)
        await cut.close()
        back = await scene.accept()
        await asyncio.sleep(0.01)
        assert scene.socket.connected
        await back.expect_silence(20)
        assert calls == 3

    play(scenario, auth=auth, randomization_factor=0.0)


def test_a_client_that_leaves_while_it_retries_its_first_connection_is_told_at_once() -> None:
    async def main() -> None:
        scene = Scene(retry_first=True)
        scene.server.refusal = "nobody is there"
        connecting = asyncio.ensure_future(scene.socket.connect())
        await asyncio.sleep(60)
        before = now()
        await scene.socket.disconnect()
        with pytest.raises(DisconnectedError, match="while connecting"):
            await connecting
        assert now() == before
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_every_namespace_comes_back_on_one_connection() -> None:
    async def main() -> None:
        server = RawServer()
        async with Manager("http://test", connector=server) as manager:
            peer = await server.join(manager.socket("/"))
            other = asyncio.ensure_future(manager.socket("/other").connect())
            await peer.expect("40/other,")
            await peer.send('40/other,{"sid":"o"}')
            await other
            left = manager.socket("/left")
            assert not left.active
            await peer.close()
            peer = await server.accept()
            await peer.send(OPEN_PACKET)
            await peer.expect("40", "40/other,")
            await peer.send('40/other,{"sid":"o2"}')
            await asyncio.sleep(0.1)
            assert [manager.socket(name).id for name in ("/", "/other", "/left")] == [
                None,
                "o2",
                None,
            ]

    run(main())


def test_a_connection_that_is_lost_in_the_moment_of_joining_was_joined() -> None:
    async def main() -> None:
        scene = Scene(randomization_factor=0.0)
        connecting = asyncio.ensure_future(scene.socket.connect())
        peer = await scene.server.accept()
        await peer.send(OPEN_PACKET)
        await peer.expect("40")
        await peer.send('40{"sid":"x"}', "1")
        await connecting
        assert now() == 0.0
        await scene.accept()
        await asyncio.sleep(0.1)
        assert [each[0] for each in scene.told if each[0] in {"connect", "disconnect"}] == [
            "connect",
            "disconnect",
            "connect",
        ]
        await scene.socket.disconnect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_connect_begins_the_next_attempt_at_once_and_tells_how_it_ended() -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        scene.server.refusal = "nobody is there"
        await peer.close()
        await asyncio.sleep(0)
        before = now()
        calls = [asyncio.ensure_future(scene.socket.connect()) for _ in range(2)]
        calls[0].cancel()
        with pytest.raises(DisconnectedError, match="nobody is there"):
            await calls[1]
        assert now() == before
        assert scene.socket.active
        scene.server.refusal = None
        connecting = asyncio.ensure_future(scene.socket.connect())
        await scene.accept()
        await connecting
        assert now() == before

    play(scenario)


@pytest.mark.parametrize("retry_first", [True, False])
def test_the_first_connection_is_retried_if_asked_for(retry_first: bool) -> None:
    async def main() -> None:
        scene = Scene(retry_first=retry_first, randomization_factor=0.0)
        scene.server.refusal = "nobody is there"
        connecting = asyncio.ensure_future(scene.socket.connect())
        if retry_first:
            await asyncio.sleep(4)
            scene.server.refusal = None
            scene.socket.emit("kept")
            peer = await scene.accept()
            await connecting
            await peer.expect('42["kept"]')
            assert now() == 7.0
            await scene.socket.disconnect()
        else:
            with pytest.raises(DisconnectedError, match="nobody is there"):
                await connecting
            assert not scene.socket.active
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5, 30.0])
def test_a_client_may_leave_at_any_moment_while_it_comes_back(seconds: float) -> None:
    async def scenario(scene: Scene, peer: RawPeer) -> None:
        await peer.close()
        await asyncio.sleep(seconds)  # before, between and during attempts, and CONNECT
        await scene.socket.disconnect()
        assert not scene.socket.active
        assert not scene.socket.manager.is_open  # type: ignore[attr-defined]  # a Manager

    play(scenario, randomization_factor=0.0)


def test_a_listener_of_an_event_that_a_connection_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError, match="reconnect_attempt"):
        Manager("http://test").on("reconnecting", print)  # type: ignore[call-overload]  # the mistake
    with pytest.raises(UsageError, match="randomization_factor"):
        Manager("http://test", randomization_factor=1.5)
