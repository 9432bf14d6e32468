"""A stranger connects, and has what is due to everybody, while somebody at another address tries to
use up what belongs to all.

Handshakes and connections are in tests/runtime/hosting/test_shared_limits.py.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from ackord.runtime.protocol.socketio.recovery import ConnectionStateRecovery
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.tasks import MAX_HOOK_TASKS
from ackord.runtime.testing import Link, RawPeer, run

ATTACKER, STRANGER = "203.0.113.1", "203.0.113.2"
TENANTS = 40
KEPT = 100_000
"""Bytes of events that are kept."""
SLOW = 1e6
"""Seconds that a hook takes: longer than any test."""


class Site:
    """A server behind a proxy, with clients at several addresses."""

    def __init__(self, log: pytest.LogCaptureFixture) -> None:
        self.server = Server(
            trusted_proxies=("127.0.0.1",),
            limits=Limits(child_namespaces=TENANTS),
            connection_state_recovery=ConnectionStateRecovery(max_sessions=TENANTS, max_bytes=KEPT),
        )
        self.hooked: Counter[str] = Counter()
        """Calls of a slow hook, by address."""
        self.log = log
        self._link = Link(self.server)

        async def hook(socket: Socket | None, _: str, __: Exception) -> None:
            assert socket is not None
            self.hooked[socket.handshake.address] += 1
            await asyncio.sleep(SLOW)

        def crash() -> None:
            raise ValueError("a mistake of the application")

        def echo(value: object) -> object:
            return value

        def connected(socket: Socket) -> None:
            socket.on("echo", echo)
            socket.on("crash", crash)

        self.server.on_error(hook)
        self.server.on("connection", connected)
        self.server.of(re.compile(r"/tenant-.*")).on("connection", connected)

    async def join(
        self, address: str, namespace: str = "/", auth: str = ""
    ) -> tuple[RawPeer, list[str]]:
        """Connect and join; return what came up to the answer, which is the last."""
        peer = await self._link.raw(headers={"X-Forwarded-For": address})
        await peer.receive_text()
        return peer, await enter(peer, namespace, auth)

    def lines(self, address: str) -> int:
        """Count the lines of the log about a client."""
        return sum(address in message for message in self.log.messages)


async def enter(peer: RawPeer, namespace: str, auth: str = "") -> list[str]:
    """Join a namespace; return what came up to the answer, which is the last."""
    prefix = "" if namespace == "/" else f"{namespace},"
    await peer.send(f"40{prefix}{auth}")
    came = [await peer.receive_text()]
    while not came[-1].startswith((f"40{prefix}", f"44{prefix}")):
        came.append(await peer.receive_text())
    return came


# One attack each: what the attacker gets is bounded, what the stranger gets is not less for it.


async def namespaces(site: Site, round_: int) -> None:
    peer, _ = await site.join(ATTACKER)
    answers = [
        (await enter(peer, f"/tenant-{round_}-{number}"))[-1] for number in range(2 * TENANTS)
    ]
    assert any(answer.startswith("44") for answer in answers)
    stranger, answer = await site.join(STRANGER, f"/tenant-of-a-stranger-{round_}")
    assert answer[-1].startswith("40")
    await stranger.send(f'42/tenant-of-a-stranger-{round_},1["echo",1]')
    await stranger.expect(f"43/tenant-of-a-stranger-{round_},1[1]")


async def sessions_of_recovery(site: Site, _: int) -> None:
    await _be_away_while(site, lambda: _come_and_go(site))


async def events_of_recovery(site: Site, round_: int) -> None:
    await _be_away_while(site, lambda: _fill(site, round_))


async def _be_away_while(site: Site, attack: Callable[[], Awaitable[None]]) -> None:
    """Leave, miss an event, and come back after an attack: nothing is lost."""
    here = "/tenant-of-a-stranger"
    stranger, answer = await site.join(STRANGER, here)
    me = json.loads(answer[-1].partition(",")[2])
    site.server.of(here).emit("news", 1)
    offset = json.loads((await stranger.receive_text()).partition(",")[2])[-1]
    await stranger.close()
    missed = "x" * (KEPT // 8)
    site.server.of(here).emit("news", missed)
    await attack()
    auth = json.dumps({"pid": me["pid"], "offset": offset})
    _, came = await site.join(STRANGER, here, auth)
    assert json.loads(came[-1].partition(",")[2]) == me
    assert [json.loads(event.partition(",")[2])[:2] for event in came[:-1]] == [["news", missed]]


async def _come_and_go(site: Site) -> None:
    for _ in range(3 * TENANTS):
        peer, _ = await site.join(ATTACKER)
        await peer.close()


async def _fill(site: Site, round_: int) -> None:
    """Have more kept than may be, in many namespaces of the attacker's that hold less each than the
    stranger's.
    """
    for number in range(TENANTS // 2):
        name = f"/tenant-{round_}-{number}"
        peer, answer = await site.join(ATTACKER, name)
        if answer[-1].startswith("40"):
            await peer.close()
            site.server.of(name).emit("news", "x" * (KEPT // 12))


async def tasks_of_hooks(site: Site, round_: int) -> None:
    peer, _ = await site.join(ATTACKER)
    for _ in range(30):
        await peer.send(*['42["crash"]'] * 50)
    await asyncio.sleep(1)  # hooks are tasks
    assert MAX_HOOK_TASKS / 3 < site.hooked[ATTACKER] < MAX_HOOK_TASKS
    stranger, _ = await site.join(STRANGER)
    await stranger.send('42["crash"]', '421["echo",1]')
    await stranger.expect("431[1]")
    await asyncio.sleep(1)
    assert site.hooked[STRANGER] == round_ + 1


async def lines_of_the_log(site: Site, round_: int) -> None:
    for number in range(50):
        peer, _ = await site.join(ATTACKER)
        await peer.send(f"42/{round_}-{number},")
        await peer.expect_close()
    assert site.lines(ATTACKER) < 20
    stranger, _ = await site.join(STRANGER)
    await stranger.send(f"42/mistake-{round_},")
    await stranger.expect_close()
    assert site.lines(STRANGER) == round_ + 1


@pytest.mark.parametrize(
    "attack",
    [namespaces, sessions_of_recovery, events_of_recovery, tasks_of_hooks, lines_of_the_log],
)
def test_a_stranger_has_its_share_while_somebody_takes_all_of(
    attack: Callable[[Site, int], Awaitable[None]], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        site = Site(caplog)
        try:
            for number in range(2):
                await attack(site, number)
        finally:
            await site.server.close()

    run(main())
