"""Clients that come back over a stream to another server: their typed sessions, and the bounds of
what is read for them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.adapters.cluster.binary import pack
from ackord.runtime.adapters.redis import link, redis_streams_adapter
from ackord.runtime.adapters.redis.link import RedisLink, encode_command
from ackord.runtime.bounds.memory import MemoryBudget, Part
from ackord.runtime.errors import ClusterError
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.server import ConnectionStateRecovery, Server, turns
from ackord.runtime.sockets.payloads import decode_json
from ackord.runtime.testing import RawPeer
from typing_extensions import override

from tests.redis import RedisServer, serving_redis
from tests.runtime.adapters.ways import eventually
from tests.runtime.server.stage import Stage
from tests.runtime.typed.collab import QuietContext, QuietNamespace


class Counting(QuietNamespace):
    """Counts the questions of a client in its session."""

    @override
    async def on_ask(self, ctx: QuietContext, x: int) -> int:
        ctx.data.seen += x
        return ctx.data.seen


class Site:
    """A Redis, and servers that keep sessions there."""

    def __init__(self, redis: RedisServer, **options: Any) -> None:
        self.redis = redis
        self.stages: list[Stage] = []
        self.options = options

    def add(self) -> Stage:
        server = Server(
            adapter=redis_streams_adapter(self.redis.url),
            connection_state_recovery=ConnectionStateRecovery(**self.options),
            ping_interval=300,
            ping_timeout=300,
            memory_budget=4_000_000,
        )
        server.register(Counting())
        self.stages.append(Stage(server))
        return self.stages[-1]

    async def call(self, *words: str | bytes | int) -> Any:
        link = RedisLink(self.redis.url, "a test", LimitedLog(logging.getLogger("test")))
        await link.open()
        try:
            return await link.call(*words)
        finally:
            await link.close()


def play(scenario: Callable[[Site, Stage, Stage], Awaitable[None]], **options: Any) -> None:
    """Run a scenario with two servers."""

    async def main(redis: RedisServer) -> None:
        site = Site(redis, **options)
        here, there = site.add(), site.add()
        async with here.server.lifespan(), there.server.lifespan():
            await scenario(site, here, there)

    with serving_redis() as redis:
        asyncio.run(asyncio.wait_for(main(redis), 60))


async def join(stage: Stage, payload: str = "") -> tuple[RawPeer, dict[str, str], list[Any]]:
    """Join the namespace; return the client, the answer to CONNECT, and the missed events."""
    peer = await stage.open()
    await peer.send(f"40/quiet,{payload}")
    missed: list[Any] = []
    while (packet := await peer.receive_text()).startswith("42"):
        missed.append(decode_json(packet.removeprefix("42/quiet,")))
    assert packet.startswith("40/quiet,"), packet
    return peer, decode_json(packet.removeprefix("40/quiet,")), missed


async def ask(peer: RawPeer, x: int) -> Any:
    await peer.send(f'42/quiet,1["ask",{x}]')
    return decode_json((await peer.receive_text()).removeprefix("43/quiet,1"))[0]


async def hear(stage: Stage, peer: RawPeer) -> str:
    """Send an event to the client; return its offset."""
    await stage.server.of("/quiet").publish("x")
    return str(decode_json((await peer.receive_text()).removeprefix("42/quiet,"))[-1])


async def lose(site: Site, peer: RawPeer, pid: str) -> None:
    """Lose the connection, and wait until the session is kept."""
    await peer.close()
    while not await site.call("EXISTS", f"sio:session:{pid}"):
        pass


def test_a_typed_session_is_restored_on_another_server() -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, welcome, _ = await join(here)
        assert await ask(peer, 3) == 3
        offset = await hear(there, peer)
        await lose(site, peer, welcome["pid"])
        await there.server.of("/quiet").publish("missed")
        back, again, missed = await join(there, f'{{"pid":"{welcome["pid"]}","offset":"{offset}"}}')
        assert again == welcome
        assert [event[0] for event in missed] == ["missed"]
        assert await ask(back, 2) == 5

    play(scenario)


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({"seen": 5}, 6),
        ({}, 1),
        (None, 1),
        ({"seen": "x"}, None),
        ({"seen": b"\x01"}, None),
        ({"seen": 5, "more": True}, 6),
        ([1], None),
        ("text", None),
    ],
)
def test_the_session_of_a_node_server_is_validated(
    data: Any, seen: int | None, caplog: pytest.LogCaptureFixture
) -> None:
    """As npm's adapter writes it: without ``since``."""

    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, _, _ = await join(here)
        offset = await hear(there, peer)
        for _ in range(2):
            session = {"sid": "S" * 20, "pid": "P" * 20, "rooms": ["S" * 20, "red"], "data": data}
            value = b64encode(pack(session))
            await site.call("SET", "sio:session:" + "P" * 20, value, "PX", 60_000)
            back, welcome, _ = await join(there, f'{{"pid":"{"P" * 20}","offset":"{offset}"}}')
            assert (welcome["sid"] == "S" * 20) == (seen is not None)
            assert await ask(back, 1) == (1 if seen is None else seen)
            await back.send("41/quiet,")
        told = [record.message for record in caplog.records if "begins anew" in record.message]
        assert len(told) == (seen is None)

    play(scenario)


def test_a_client_that_goes_while_its_session_is_read_may_come_back_once_more() -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, welcome, _ = await join(here)
        offset = await hear(there, peer)
        await lose(site, peer, welcome["pid"])
        auth = f'{{"pid":"{welcome["pid"]}","offset":"{offset}"}}'
        await site.call("CLIENT", "PAUSE", 60_000, "WRITE")
        hasty = await there.open()
        await hasty.send(f"40/quiet,{auth}")
        while b" cmd=del " not in await site.call("CLIENT", "LIST"):
            pass
        await hasty.close()
        await eventually(lambda: not len(there.server.environment.tasks))
        await site.call("CLIENT", "UNPAUSE")
        _, again, _ = await join(here, auth)
        assert again == welcome

    play(scenario)


@pytest.mark.parametrize("data", [{"text": "\ud800"}, {"number": 10**400}])
def test_a_session_that_cannot_be_written_is_not_kept(
    data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, answer = await here.join()
        welcome = decode_json(f'{{"sid":"{answer}"}}')
        here.server.main.sockets[welcome["sid"]].data = data
        await peer.close()
        await eventually(lambda: not here.server.main.sockets)
        await site.call("PING")
        assert not await site.call("EXISTS", f"sio:session:{welcome['pid']}")
        (told,) = [record.message for record in caplog.records]
        assert "can't be kept, so the client begins anew" in told

    play(scenario)


def test_a_part_of_a_transaction_is_never_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis performs nothing any more after a MULTI whose EXEC wasn't sent."""

    async def main(redis: RedisServer) -> None:
        writer = RedisLink(redis.url, "a test", LimitedLog(logging.getLogger("test")))
        await writer.open()
        for most, is_refused in ((3, True), (4, False)):
            monkeypatch.setattr(link, "MAX_WAITING", most)
            taken = writer.transact(("GET", "key"), ("DEL", "key"))
            if is_refused:
                with pytest.raises(ClusterError, match="too slow"):
                    await taken
            else:
                assert await taken == [None, 0]
            assert await writer.call("PING") == b"PONG"
        await writer.close()

    with serving_redis() as redis:
        asyncio.run(main(redis))


def test_a_client_that_has_the_same_events_read_again_and_again_begins_anew() -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, welcome, _ = await join(here)
        pid, offset = welcome["pid"], await hear(there, peer)
        for _ in range(15):
            await there.server.of("/quiet").to("others").publish("x")
        outcomes: list[bool] = []
        for _ in range(5):
            await lose(site, peer, pid)
            peer, again, _ = await join(here, f'{{"pid":"{pid}","offset":"{offset}"}}')
            outcomes.append(again == welcome)
            if again != welcome:
                break
        assert outcomes == [True, True, True, False]

    play(scenario, max_packets=20)


def history(budget: MemoryBudget) -> int:
    """Return the bytes that wait for clients that come back."""
    return sum(account._parts.get(Part.HISTORY, 0) for account in budget._accounts)


def test_what_is_read_counts_in_the_memory_budget_which_may_end_it() -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, welcome, _ = await join(here)
        pid, offset = welcome["pid"], await hear(here, peer)
        budget = there.server.engine.memory
        is_open = asyncio.Event()

        @there.server.of("/quiet").use
        async def wait(_: Any) -> None:
            await is_open.wait()

        for size, comes_back in ((10_000, True), (budget.limit // 8, False)):
            is_open.clear()
            await lose(site, peer, pid)
            for _ in range(10):
                await here.server.of("/quiet").publish("x", "x" * size)
            coming = asyncio.ensure_future(join(there, f'{{"pid":"{pid}","offset":"{offset}"}}'))
            if comes_back:
                await eventually(lambda: history(budget) > 100_000)
            is_open.set()
            peer, again, missed = await coming
            assert (again == welcome) == comes_back
            assert len(missed) == 10 * comes_back
            assert history(budget) == 0

    play(scenario)


def test_clients_that_come_back_together_wait_for_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "MAX_REPLAYS", 2)

    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        await here.server.of("/quiet").publish("first")
        clients = [await join(here) for _ in range(10)]
        for peer, welcome, _ in clients:
            await lose(site, peer, welcome["pid"])
        await here.server.of("/quiet").publish("missed")
        back = await asyncio.gather(
            *(join(there, f'{{"pid":"{welcome["pid"]}"}}') for _, welcome, _ in clients)
        )
        assert [again for _, again, _ in back] == [welcome for _, welcome, _ in clients]
        assert all([event[0] for event in missed] == ["missed"] for _, _, missed in back)

    play(scenario)


def test_a_server_that_is_overtaken_by_the_trimming_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(site: Site, here: Stage, there: Stage) -> None:
        peer, _, _ = await join(here)
        await site.call("ACL", "SETUSER", "default", "-xread")
        await hear(here, peer)  # ends the reading that waits: the next one is refused
        await here.server.of("/quiet").publish("own")
        data = '{"packet":{"type":2,"data":["x"]},"opts":{"rooms":[],"except":[]}}'
        words = ("uid", "emitter", "nsp", "/quiet", "type", "3", "data", data)
        entry = encode_command(("XADD", "socket.io", "MAXLEN", 200, "*", *words))
        # In one turn of the event loop, so that nothing is read meanwhile.
        with socket.create_connection(("127.0.0.1", site.redis.port)) as connection:
            connection.sendall(entry * 1000)
            replies = b""
            while replies.count(b"\r\n") < 2000:
                replies += connection.recv(65_536)
        await site.call("ACL", "SETUSER", "default", "+xread")
        assert '"own"' in await peer.receive_text()
        heard = 0
        while "was trimmed" not in caplog.text or heard < 200:
            assert '"x"' in await peer.receive_text()
            heard += 1
        assert heard < 1000
        told = [record.message for record in caplog.records if "was trimmed" in record.message]
        assert "this server was too slow" in told[0]
        caplog.clear()
        for _ in range(150):
            here.server.of("/quiet").emit("x")
        while "x" in await peer.receive_text():
            if (heard := heard + 1) >= 350:
                break
        assert "was trimmed" not in caplog.text

    play(scenario)
