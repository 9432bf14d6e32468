"""How often clients may send the events of a contract."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

import pytest
from ackord.runtime.server import ConnectionStateRecovery, Server
from ackord.runtime.stubs import v1 as _v1
from ackord.runtime.testing import Link, RawPeer, run
from ackord.runtime.typed import rate
from ackord.runtime.typed.rate import Rate, RateLimiter
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

SAY: _v1.Event[int] = _v1.Event("say", handler="on_say", args=(_v1.Arg("x", int),), ack=int)
WAIT: _v1.Event[int] = _v1.Event("wait", handler="on_wait", ack=int)
SHOUT: _v1.Event[None] = _v1.Event("shout", handler="on_shout", rate=Rate(per_second=0.1, burst=1))
PACED = _v1.NamespaceContract(
    "/paced",
    contract="paced",
    client_to_server=(SAY, WAIT, SHOUT),
    rate=Rate(per_second=2, burst=3),
)


class PacedContext(_v1.Context[None]):
    pass


class PacedNamespace(_v1.Namespace[PacedContext], ABC):
    path = "/paced"
    contract = PACED
    context_type = PacedContext

    @abstractmethod
    async def on_say(self, ctx: PacedContext, x: int) -> int: ...
    @abstractmethod
    async def on_wait(self, ctx: PacedContext) -> int: ...
    @abstractmethod
    async def on_shout(self, ctx: PacedContext) -> None: ...


class Paced(PacedNamespace):
    def __init__(self) -> None:
        self.shouts = 0

    @override
    async def on_say(self, ctx: PacedContext, x: int) -> int:
        return x

    @override
    async def on_wait(self, ctx: PacedContext) -> int:
        await asyncio.sleep(1)
        return 0

    @override
    async def on_shout(self, ctx: PacedContext) -> None:
        self.shouts += 1


class ByUser(Paced):
    @override
    def rate_key(self, ctx: PacedContext, event: str) -> Hashable:
        return ctx.handshake.headers["x-user"]


async def join(link: Link, **headers: str) -> RawPeer:
    return (await come(link, "", **headers))[0]


async def come(link: Link, auth: str, **headers: str) -> tuple[RawPeer, dict[str, str]]:
    """Join the namespace; return also the ids that the server gives."""
    peer = await link.raw(headers=headers)
    await peer.receive()
    await peer.send(f"40/paced,{auth}")
    text = await peer.receive_text()
    assert text.startswith('40/paced,{"sid"')
    return peer, json.loads(text.removeprefix("40/paced,"))


async def refused(peer: RawPeer, ack_id: int) -> float:
    """Expect the answer to an event that came too soon; return when to send it again."""
    text = await peer.receive_text()
    assert text.startswith(
        f'43/paced,{ack_id}[{{"error":{{"code":"rate_limited","message":"Too many'
    )
    after: float = json.loads(text[text.index("[") :])[0]["error"]["data"]["retry_after"]
    return after


def play(
    scenario: Callable[[Link, Paced], Coroutine[Any, Any, None]], namespace: type[Paced] = Paced
) -> None:
    async def main() -> None:
        paced = namespace()
        server = Server(connection_state_recovery=ConnectionStateRecovery())
        server.register(paced)
        await scenario(Link(server), paced)
        await server.close()

    run(main())


def test_a_client_that_sends_too_often_is_told_when_to_send_again() -> None:
    async def scenario(link: Link, _: Paced) -> None:
        peer, other = await join(link), await join(link)
        for x in range(3):
            await peer.send(f'42/paced,{x}["say",{x}]')
            await peer.expect(f"43/paced,{x}[{x}]")
        await peer.send('42/paced,3["say",3]')
        assert await refused(peer, 3) == 0.5
        await other.send('42/paced,1["say",1]')
        await other.expect("43/paced,1[1]")
        await asyncio.sleep(0.5)
        await peer.send('42/paced,4["say",4]', '42/paced,5["say",5]')
        await peer.expect("43/paced,4[4]")
        await refused(peer, 5)
        await asyncio.sleep(2)
        for x in range(3):
            await peer.send(f'42/paced,{x}["say",{x}]')
            await peer.expect(f"43/paced,{x}[{x}]")

    play(scenario)


def test_events_count_when_they_arrive_not_when_their_turn_comes() -> None:
    async def scenario(link: Link, _: Paced) -> None:
        peer = await join(link)
        await peer.send('42/paced,0["wait"]', *(f'42/paced,{x}["say",{x}]' for x in range(1, 5)))
        await peer.expect("43/paced,0[0]", "43/paced,1[1]", "43/paced,2[2]")
        assert await refused(peer, 3) == await refused(peer, 4) == 0.001  # the time has passed
        await peer.send('42/paced,5["say",5]')
        await peer.expect("43/paced,5[5]")

    play(scenario)


def test_an_event_without_an_acknowledgement_is_dropped_counted_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(link: Link, paced: Paced) -> None:
        paced.socket_namespace.invalid_events = "disconnect"
        peer = await join(link)
        for _ in range(4):
            await peer.send('42/paced,["shout"]')
        await peer.expect_silence(1)
        assert (paced.shouts, paced.socket_namespace.failures.counts) == (1, {"shout": 3})
        await asyncio.sleep(9)
        await peer.send('42/paced,["shout"]', '42/paced,7["say",7]')
        await peer.expect("43/paced,7[7]")
        assert paced.shouts == 2

    with caplog.at_level("WARNING"):
        play(scenario)
    (line, more) = caplog.messages
    assert line.startswith("Event 'shout' of namespace '/paced' failed: 'rate_limited', sent by")
    assert "2 more of these" in more


@pytest.mark.parametrize("namespace", [Paced, ByUser])
def test_what_a_client_has_sent_is_remembered_when_it_comes_back(namespace: type[Paced]) -> None:
    async def scenario(link: Link, _: Paced) -> None:
        peer = await join(link, **{"x-user": "ada"})
        await peer.send(*(f'42/paced,{x}["say",{x}]' for x in range(3)))
        await peer.expect(*(f"43/paced,{x}[{x}]" for x in range(3)))
        await peer.close()
        peer = await join(link, **{"x-user": "ada"})
        await peer.send('42/paced,3["say",3]')
        if namespace is ByUser:
            await refused(peer, 3)
        else:
            await peer.expect("43/paced,3[3]")  # a new connection
        peer = await join(link, **{"x-user": "bob"})
        await peer.send('42/paced,3["say",3]')
        await peer.expect("43/paced,3[3]")

    play(scenario, namespace)


@pytest.mark.parametrize(("away", "left"), [(0.2, 0), (0.6, 1), (60, 3)])
def test_a_recovered_connection_keeps_its_count_within_the_window(away: float, left: int) -> None:
    async def scenario(link: Link, _: Paced) -> None:
        peer, me = await come(link, "")
        await peer.send(*(f'42/paced,{x}["say",{x}]' for x in range(3)))
        await peer.expect(*(f"43/paced,{x}[{x}]" for x in range(3)))
        await peer.close()
        await asyncio.sleep(away)
        peer, again = await come(link, json.dumps({"pid": me["pid"]}))
        assert again == me
        await peer.send(*(f'42/paced,{x}["say",{x}]' for x in range(left + 1)))
        await peer.expect(*(f"43/paced,{x}[{x}]" for x in range(left)))
        assert await refused(peer, left) <= 0.5

    play(scenario)


def test_a_server_that_runs_in_a_second_event_loop_counts_anew() -> None:
    paced = ByUser()
    server = Server()
    server.register(paced)

    async def scenario() -> None:
        async with server.lifespan():
            await asyncio.sleep(after.pop())
            peer = await join(Link(server), **{"x-user": "ada"})
            await peer.send(*(f'42/paced,{x}["say",{x}]' for x in range(3)))
            await peer.expect(*(f"43/paced,{x}[{x}]" for x in range(3)))
            await peer.close()

    after = [0.0, 100.0]
    run(scenario())
    run(scenario())  # its clock begins at zero again


@given(
    st.integers(1, 5),
    st.floats(0.1, 10),
    st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3)), max_size=60),
)
def test_it_counts_as_a_token_bucket(
    burst: int, per_second: float, events: list[tuple[int, float]]
) -> None:
    limiter = RateLimiter(Rate(per_second=per_second, burst=burst))
    tokens: dict[int, tuple[float, float]] = {}
    now = 0.0
    for key, pause in events:
        now += pause
        left, at = tokens.get(key, (float(burst), now))
        left = min(burst, left + (now - at) * per_second)
        wait = limiter.take(key, now)
        if abs(left - 1) < 1e-4 * per_second + 1e-9:
            return  # too near to tell
        assert (wait == 0) == (left >= 1)
        if wait:
            assert wait == pytest.approx((1 - left) / per_second, abs=1e-4)
        tokens[key] = (left - (wait == 0), now)


def test_buckets_are_forgotten_when_they_are_full_and_never_become_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limiter = RateLimiter(Rate(per_second=1, burst=2))
    for key in range(1000):
        assert limiter.take(key, 0.0) == 0
    assert len(limiter) == 1000
    limiter.take("late", 2.5)
    limiter.take("late", 5.0)
    assert len(limiter) == 2
    monkeypatch.setattr(rate, "MAX_BUCKETS", 10)
    for key in range(1000):
        limiter.take(key, 5.0)
    assert len(limiter) <= 20
