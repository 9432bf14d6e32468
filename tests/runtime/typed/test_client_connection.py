"""A typed client over lost connections and shared ones: hooks, streams of events, and what waits."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ackord.runtime.client import Manager
from ackord.runtime.errors import (
    AckordError,
    DisconnectedError,
    EventTimeoutError,
    InvalidPayloadError,
    UsageError,
)
from ackord.runtime.testing import OPEN_PACKET, RawPeer, RawServer, Recorder, run
from typing_extensions import override

from tests.runtime.typed.collab import (
    Banned,
    CollabAuth,
    CollabClient,
    CollabConnectRefusedError,
    CollabHandlers,
    Line,
    Text,
)

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def posted(number: int) -> str:
    body = '{"kind":"text","text":"hi"}'
    return f'42/collab,["posted",{{"id":{number},"sent_at":"2026-01-31T12:00:00Z","body":{body}}}]'


def line(number: int) -> Line:
    return Line(id=number, sent_at=NOON, body=Text(text="hi"))


class Scene:
    """A client that has joined, and its server, which lets it come back as often as asked."""

    def __init__(self, server: RawServer, client: CollabClient, peer: RawPeer) -> None:
        self.server = server
        self.client = client
        self.peer = peer

    async def come_back(self, answer: str = '{"sid":"again"}') -> None:
        """Cut the connection and accept the next one."""
        await self.peer.close()
        self.peer = await self.server.accept(timeout=60)
        await self.peer.send(OPEN_PACKET)
        await self.peer.receive_text()
        await self.peer.send(f"4{'0' if 'sid' in answer else '4'}/collab,{answer}")
        await asyncio.sleep(0.01)


def play(
    scenario: Callable[[Scene], Awaitable[None]],
    handlers: CollabHandlers | None = None,
    auth: Any = CollabAuth(token="t"),  # noqa: B008  # frozen
    **options: Any,
) -> None:
    """Run a scenario with a client that has joined; see that nothing is left of it."""

    async def main() -> None:
        server = RawServer()
        client = CollabClient(
            "http://test", auth=auth, handlers=handlers, connector=server, **options
        )
        scene = Scene(server, client, await server.join(client.socket))
        await scenario(scene)
        await client.disconnect()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(main())


def test_a_stream_goes_on_and_says_where_events_may_be_missing() -> None:
    async def scenario(scene: Scene) -> None:
        stream = scene.client.on_posted.stream()
        for number, gaps in ((1, 0), (2, 1), (3, 2)):
            await scene.peer.send(posted(number))
            assert (await anext(stream), stream.gaps) == (line(number), gaps)
            await scene.come_back()

    play(scenario)


def test_a_recovered_connection_leaves_no_gap() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.come_back('{"sid":"x","pid":"p"}')
        stream = scene.client.on_posted.stream()
        await scene.come_back('{"sid":"x","pid":"p"}')
        assert scene.client.recovered
        assert stream.gaps == 0

    play(scenario)


@pytest.mark.parametrize("end", ["client", "server", "network"])
def test_what_waits_for_an_event_ends_with_the_reason_of_the_end(end: str) -> None:
    async def scenario(scene: Scene) -> None:
        async def loop() -> list[Line]:
            return [message async for message in scene.client.on_posted]

        waiting = [
            asyncio.ensure_future(each)
            for each in (loop(), scene.client.on_posted.next(timeout=None))
        ]
        recorder = Recorder(scene.client.on_posted)
        await asyncio.sleep(0)
        await scene.peer.send(posted(1))
        assert await waiting[1] == line(1)
        waiting[1] = asyncio.ensure_future(scene.client.on_posted.next())
        if end == "client":
            await scene.client.disconnect()
        elif end == "server":
            await scene.peer.send("41/collab,")
        else:
            await scene.peer.close()
        reason = {"client": "io client disconnect", "server": "io server disconnect"}.get(
            end, "transport close"
        )
        if end == "client":
            assert await waiting[0] == [line(1)]
        else:
            with pytest.raises(DisconnectedError, match=reason) as caught:
                await waiting[0]
            assert caught.value.reason == reason
        with pytest.raises(DisconnectedError):
            await waiting[1]
        with pytest.raises(DisconnectedError):
            await recorder.wait(2)
        assert recorder.items == [line(1)]

    play(scenario, reconnection=False)


def test_the_next_event_is_the_first_after_the_call_and_comes_in_time() -> None:
    async def scenario(scene: Scene) -> None:
        coming = scene.client.on_posted.next()
        await scene.peer.send(posted(1), posted(2))
        await asyncio.sleep(1)
        assert await coming == line(1)
        with pytest.raises(EventTimeoutError, match="'posted' within 3 s"):
            await scene.client.on_posted.next(timeout=3)
        recorder = Recorder(scene.client.on_posted)
        await scene.peer.send(posted(3), posted(4))
        assert await recorder.wait(2) == recorder.items == [line(3), line(4)]
        with pytest.raises(EventTimeoutError, match="2 of 3 events within 1 s"):
            await recorder.wait(3, timeout=1)

    play(scenario)


def test_hooks_are_told_of_the_connection() -> None:
    told: list[str] = []

    class Handlers(CollabHandlers):
        @override
        def on_connect(self) -> None:
            told.append("connected")

        @override
        async def on_disconnect(self, reason: str) -> None:
            told.append(reason)

        @override
        def on_reconnect_attempt(self, number: int) -> None:
            told.append(f"attempt {number}")

        @override
        async def on_connect_error(self, error: AckordError) -> None:
            assert isinstance(error, CollabConnectRefusedError)
            assert isinstance(error.error, Banned)
            told.append("banned")

    async def scenario(scene: Scene) -> None:
        also: list[str] = []
        scene.client.on_disconnect(also.append)
        scene.client.on_connect(lambda: also.append("connected"))
        scene.client.on_connect_error(lambda error: also.append(str(error)))
        scene.client.on_reconnect_attempt(lambda number: also.append(str(number)))
        await scene.come_back()
        lost = ["transport close", "attempt 1"]
        assert told == ["connected", *lost, "connected"]
        assert also == ["transport close", "1", "connected"]
        data = '{"code":"banned","data":{"until":"2026-01-31T12:00:00Z"}}'
        await scene.come_back(f'{{"message":"no","data":{data}}}')
        assert told[4:] == [*lost, "banned"]
        assert also[-1] == "no"
        assert not scene.client.active
        with pytest.raises(DisconnectedError, match="no"):
            await scene.client.on_posted.next()

    play(scenario, handlers=Handlers())


def test_auth_is_asked_for_each_connection_and_validated() -> None:
    tokens = iter(["one", "two"])

    async def auth() -> CollabAuth:
        await asyncio.sleep(0)
        return CollabAuth(token=next(tokens))

    async def scenario(scene: Scene) -> None:
        await scene.peer.close()
        peer = await scene.server.accept(timeout=60)
        await peer.send(OPEN_PACKET)
        await peer.expect('40/collab,{"token":"two"}')
        await peer.send('40/collab,{"sid":"x"}')

    play(scenario, auth=auth)

    async def wrong() -> None:
        client = CollabClient("http://test", auth=lambda: 1, connector=RawServer())  # type: ignore[arg-type, return-value]  # the mistake
        with pytest.raises(InvalidPayloadError):
            await client.connect()

    run(wrong())


def test_clients_of_several_namespaces_share_a_connection() -> None:
    async def main() -> None:
        server = RawServer()
        async with Manager("http://test", connector=server) as manager:
            first = CollabClient(manager, auth=CollabAuth(token="t"))
            with pytest.raises(UsageError, match="has a client of namespace '/collab' already"):
                CollabClient(manager, auth=CollabAuth(token="t"))
            with pytest.raises(UsageError, match="'timeout' belongs to the connection"):
                CollabClient(manager, auth=CollabAuth(token="t"), timeout=1.0)
            peer = await server.join(first.socket)
            other = asyncio.ensure_future(manager.socket("/").connect())
            await peer.expect("40")
            await peer.send('40{"sid":"o"}')
            await other
            await first.disconnect()
            await peer.expect("41/collab,")
            assert manager.is_open
            await manager.socket("/").disconnect()
            await peer.expect("41")
            await peer.expect_close()

    run(main())


def test_a_call_waits_for_a_lost_connection() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.peer.close()
        await asyncio.sleep(0.01)
        asking = asyncio.ensure_future(scene.client.count())
        await scene.come_back()
        await scene.peer.expect('42/collab,0["count"]')
        await scene.peer.send("43/collab,0[3]")
        assert await asking == 3

    play(scenario)
