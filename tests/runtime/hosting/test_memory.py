"""What all clients together may make a server hold, however the server is hosted."""

from __future__ import annotations

import asyncio
import random
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from ackord.runtime.server import Limits, Server, Socket
from ackord.runtime.websocket import bounds

from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import Connection, Served, frame, masked, play, serving, until
from tests.runtime.hosting.test_deflate import ON, compressing, deflated
from tests.runtime.hosting.ways import Hosting, everything, on_every_hosting, text

BUDGET = 800_000
HEAVY, LIGHT = 900_000, 100_000

Holding = Callable[[int], bytes]


def waiting_events(size: int) -> bytes:
    return text('42["wait"]') + text(f'42["wait","{"x" * size}"]')


def waiting_lists(size: int) -> bytes:
    return text('42["wait"]') + text(f'42["wait",[{"[]," * (size // 150)}1]]')


def short_events(size: int) -> bytes:
    return text('42["wait"]') * (size // 800)


def cut_frame(size: int) -> bytes:
    return masked(0x81, b"4" * size)[:-1]


def fragments(size: int) -> bytes:
    return masked(0x01, b"4") + b"".join(masked(0x00, b"4" * (size // 10)) for _ in range(10))


def attachments(size: int) -> bytes:
    return text(
        '452-["wait",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
    ) + masked(0x82, b"\0" * size)


HOLDINGS: list[Holding] = [
    waiting_events,
    waiting_lists,
    short_events,
    cut_frame,
    fragments,
    attachments,
]


class ServerSite(Site):
    """A Socket.IO server in the place of an engine whose sessions are recorded."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        settings: dict[str, Any] = {"cancel_on_disconnect": True, **options}
        server = self.server = Server(limits=Limits(queued_events=5000), **settings)
        self.handled = 0
        self.ends = 0
        self.may_go_on = asyncio.Event()
        self.engine = server.engine
        self.app = server.asgi()

        @server.on("connection")
        def connected(socket: Socket) -> None:
            @socket.on("echo")
            def echo(value: object) -> object:
                return value

            @socket.on("wait")
            async def wait(*values: object) -> None:
                await self.may_go_on.wait()
                self.handled += 1

            @socket.on("disconnect")
            def disconnected(_: str) -> None:
                self.ends += 1

    @property
    def used(self) -> int:
        return self.engine.memory.used


def serve(
    hosting: Hosting, scenario: Callable[[Served, ServerSite], object], **options: Any
) -> None:
    async def main() -> None:
        site = ServerSite(**options)
        async with asyncio.timeout(30), serving(site, direct=hosting.direct) as served:
            result = scenario(served, site)
            assert asyncio.iscoroutine(result)
            await result

    with asyncio.Runner(loop_factory=hosting.loop_factory) as runner:
        runner.run(main())


async def join(served: Served) -> Connection:
    connection = await served.open_websocket()
    connection[1].write(text("40"))
    assert (await frame(connection[0]))[1].startswith(b"40")
    return connection


@on_every_hosting
@pytest.mark.parametrize("holding", HOLDINGS)
def test_the_heaviest_connection_goes_and_the_others_stay(
    hosting: Hosting, holding: Holding, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served, site: ServerSite) -> None:
        (_, light), (heavy_reader, heavy), (reader, writer) = [await join(served) for _ in range(3)]
        light.write(holding(LIGHT))
        await until(lambda: site.used > LIGHT // 2)
        heavy.write(holding(HEAVY))
        await everything(heavy_reader)
        await served.gone(2)
        assert LIGHT // 2 < site.used < BUDGET
        writer.write(text('420["echo",1]'))
        assert await frame(reader) == (0x81, b"430[1]")
        light.transport.abort()
        await served.gone(1)
        await until(lambda: not site.used)

    serve(hosting, scenario, memory_budget=BUDGET)
    [line] = [
        record.getMessage() for record in caplog.records if "memory_budget" in record.getMessage()
    ]
    assert "'127.0.0.1'" in line
    assert "(800,000 bytes)" in line


@on_every_hosting
@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "is cut off"])
def test_events_of_a_client_that_has_gone_are_dropped_if_they_are_the_most(
    hosting: Hosting, caplog: pytest.LogCaptureFixture, *, leaves: bool
) -> None:
    async def scenario(served: Served, site: ServerSite) -> None:
        (reader, writer), (_, heavy) = [await join(served) for _ in range(2)]
        heavy.write(waiting_events(HEAVY // 10) * 7)
        await until(lambda: site.used > HEAVY // 2)
        if leaves:
            heavy.write(text("41"))
            await until(lambda: len(site.server.main.sockets) == 1)
        else:
            heavy.transport.abort()
            await served.gone(1)
        held = site.used
        writer.write(waiting_events(3 * LIGHT) + text("41") + text("40"))
        await until(lambda: 0 < site.used < held)
        assert LIGHT < site.used < 4 * LIGHT
        site.may_go_on.set()
        await until(lambda: site.ends == 2 and not site.used)
        assert site.handled == 1 + 2, "one that had begun, and those of the other client"
        while (await frame(reader))[1][:2] != b"40":
            pass

    serve(hosting, scenario, memory_budget=BUDGET, cancel_on_disconnect=False)
    [line] = [
        record.getMessage() for record in caplog.records if "memory_budget" in record.getMessage()
    ]
    assert ("is disconnected" if leaves else "has gone, and its events") in line


@on_every_hosting
def test_what_a_client_does_not_read_counts(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served, site: ServerSite) -> None:
        reader, writer = await join(served)
        deaf, _ = await join(served)
        deaf._transport.pause_reading()  # type: ignore[attr-defined]  # how else does one not read?
        [*_, socket] = site.server.main.sockets.values()
        for _ in range(100):
            socket.emit("much", "x" * 300_000)
            await asyncio.sleep(0)
            if site.engine.sessions == 1:
                break
        await served.gone(1)
        writer.write(text('420["echo",1]'))
        assert await frame(reader) == (0x81, b"430[1]")
        await until(lambda: not site.used)

    serve(hosting, scenario, memory_budget=BUDGET, max_buffered=100_000_000)
    assert any("most of them outgoing" in record.getMessage() for record in caplog.records)


@on_every_hosting
def test_the_body_of_a_request_counts(hosting: Hosting) -> None:
    async def scenario(served: Served, site: ServerSite) -> None:
        query = await served.open_polling()
        _, writer = await served.connect()
        writer.write(
            (
                f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 950000\r\n\r\n"
            ).encode()
        )
        writer.write(b"4" * LIGHT)
        await until(lambda: site.used == LIGHT)
        writer.write(b"4" * HEAVY)
        await served.gone()
        await until(lambda: not site.used)

    serve(hosting, scenario, memory_budget=BUDGET)


@on_every_hosting
@pytest.mark.parametrize("is_read", [True, False], ids=["requests ahead", "a response"])
def test_what_a_connection_of_long_polling_holds_counts(
    hosting: Hosting, caplog: pytest.LogCaptureFixture, *, is_read: bool
) -> None:
    async def scenario(served: Served, site: ServerSite) -> None:
        query = await served.open_polling()
        post = f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 2"
        assert await served.request(post, b"40") == (200, b"ok")
        assert (await served.get(query))[1].startswith(b"40")
        request = f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        reader, writer = await served.connect()
        writer.write(request)
        [socket] = site.server.main.sockets.values()
        await until(lambda: socket.conn.writable)
        if is_read:
            writer.write(request * 60)
        else:
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # how else does one not read?
            for _ in range(60):
                socket.emit("much", "x" * 300_000)
        await until(lambda: any("A connection of" in line for line in caplog.messages))
        assert site.used == 0
        other, asking = await join(served)
        asking.write(text('420["echo",1]'))
        assert await frame(other) == (0x81, b"430[1]")

    budget = 200_000 if is_read else BUDGET  # no more requests may be sent ahead than 64
    serve(hosting, scenario, memory_budget=budget, max_buffered=100_000_000)
    what = "requests that wait" if is_read else "outgoing"
    [line] = [each for each in caplog.messages if "memory_budget" in each]
    assert f"most of them {what}" in line


@on_every_hosting
def test_nothing_is_counted_when_all_clients_have_gone(hosting: Hosting) -> None:
    choose = random.Random(9)  # noqa: S311  # not a secret

    async def live(served: Served) -> None:
        _, writer = await join(served)
        for _ in range(choose.randrange(4)):
            data = choose.choice(HOLDINGS)(choose.randrange(200_000))
            at = choose.randrange(len(data) + 1)
            for piece in (data[:at], data[at:]):
                if not writer.is_closing():
                    writer.write(piece)
                    await asyncio.sleep(0)
        if choose.random() < 0.5:
            writer.transport.abort()

    async def scenario(served: Served, site: ServerSite) -> None:
        for _ in range(6):
            await asyncio.gather(*(live(served) for _ in range(8)))
        await served.close()
        await served.gone()
        await until(lambda: not site.used)

    serve(hosting, scenario, memory_budget=BUDGET)


@on_every_hosting
@pytest.mark.parametrize(
    "begun",
    [
        b"\x81",
        masked(0x81, b"4" * 300)[:-1],
        masked(0x81, b"4" * 60_000)[:-1],
        masked(0x01, b"4"),
        masked(0x89, b"ping")[:-1],
    ],
)
def test_a_message_that_is_begun_and_not_ended_ends_the_connection(
    hosting: Hosting, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "PROGRESS_TIMEOUT", 0.05)

    async def scenario(served: Served) -> None:
        reader, writer = await served.open_websocket()
        writer.write(text("4whole"))
        assert await frame(reader) == (0x81, b"4whole")
        writer.write(begun)
        assert await everything(reader) == [(0x88, struct.pack("!H", 1008))]
        await served.gone()

    hosting.play(scenario)


def test_no_more_is_inflated_than_is_handled() -> None:
    count, size = 100, 200_000

    async def scenario(served: Served) -> None:
        _, writer = await compressing(served)
        recorder = served.site.recorder
        recorder.congested = True
        data = (
            b"".join(deflated(b"4%03d" % number + b"x" * size) for number in range(count))
            + masked(0x89, b"ping")
            + masked(0x88, b"\x03\xe8")
        )
        tracemalloc.start()
        try:
            writer.write(data)
            await until(lambda: bool(recorder.log))
            writer.transport.abort()  # the rest of what was read is delivered all the same
            assert tracemalloc.get_traced_memory()[1] < 10 * size
        finally:
            tracemalloc.stop()
        await asyncio.sleep(0)
        recorder.relieve()
        await served.gone()
        assert [str(message)[1:4] for message in recorder.log] == [
            f"{number:03}" for number in range(len(recorder.log))
        ]

    assert len(zlib.compress(b"x" * size)) * count < 65_536, "one read"
    play(scenario, settings=ON, echo=False)
