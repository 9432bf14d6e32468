"""What strangers may try against what faces the network: nobody else notices, and nothing stays
behind.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from ackord.runtime.asgi_types import Message, Receive, Scope, Send
from ackord.runtime.hosting import Host, configure
from ackord.runtime.hosting.uvicorn import bounds as http_bounds
from ackord.runtime.server import Server, Socket
from ackord.runtime.websocket import bounds

from tests.attempts import hold_once
from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import Connection, Served, masked, serving, until
from tests.runtime.hosting.talk import Talk, transcript
from tests.runtime.hosting.ways import Hosting, on_every_hosting, send_at_once, text

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


def get(query: str, more: str = "") -> bytes:
    return f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def post(query: str, body: bytes, length: int | None = None) -> bytes:
    head = (
        f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body


async def rest(connection: Connection) -> bytes:
    """Read until the server has closed or dropped the connection, ten seconds at most."""
    data = b""
    try:
        async with asyncio.timeout(10):
            while chunk := await connection[0].read(65_536):
                data += chunk
    except ConnectionError:
        pass
    return data


# Requests


@on_every_hosting
def test_only_so_many_requests_may_be_sent_ahead(
    hosting: Hosting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_bounds, "MAX_AHEAD", 10)

    async def scenario(served: Served) -> None:
        few, many = await served.connect(), await served.connect()
        few[1].write(
            get("EIO=4&transport=unknown") * 10
            + get("EIO=4&transport=unknown", "Connection: close\r\n")
        )
        assert (await rest(few)).count(b"Transport unknown") == 11
        many[1].write(get("EIO=4&transport=unknown") * 2_000)
        assert (await rest(many)).endswith(
            b"too many requests were sent before the answer to an earlier one."
        )
        await until(lambda: not served.host.server_state.connections)

    hosting.play(scenario)


NOISE = {
    "an empty line": (get("EIO=4&transport=unknown"), b"\r\n"),
    "an empty line after an ordinary request": (b"", b"\r\n"),
    "a body that was refused": (post("EIO=4&transport=polling&sid=unknown", b"", 1_000), b"4"),
    "a body that nobody wants": (
        b"POST /elsewhere HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"5\r\n",
    ),
}


@on_every_hosting
@pytest.mark.parametrize(("request_", "noise"), NOISE.values(), ids=NOISE)
def test_bytes_that_begin_no_request_keep_no_connection_open(
    hosting: Hosting, request_: bytes, noise: bytes
) -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        connection = await served.connect()
        connection[1].write(request_ or post(query, b"4a"))
        await connection[0].readuntil(b"\r\n\r\n")
        for _ in range(3):
            connection[1].write(noise)
            await asyncio.sleep(0.02)
        await rest(connection)

    hosting.play(scenario, settings={"timeout_keep_alive": 0.3})


@on_every_hosting
def test_a_request_that_follows_noise_has_its_time(hosting: Hosting) -> None:
    def claim(timeout: float) -> None:
        async def scenario(served: Served) -> None:
            query = await served.open_polling()
            reader, writer = await served.connect()
            writer.write(get("EIO=4&transport=unknown"))
            await reader.readuntil(b'unknown"}')
            writer.write(b"\r\n")
            await asyncio.sleep(0.01)
            writer.write(get(query))
            await asyncio.sleep(1.5 * timeout)
            served.site.recorder.socket.send("4late")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(5) == b"4late"

        hosting.play(scenario, settings={"timeout_keep_alive": timeout})

    hold_once(claim, (0.2, 1, 5))


@on_every_hosting
def test_no_websocket_begins_before_the_request_ahead_of_it_is_answered(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        connection = await served.connect()
        connection[1].write(get(query) + get("EIO=4&transport=websocket", UPGRADE))
        assert b" 101 " not in await rest(connection)
        await served.gone()
        assert served.site.recorder.ends == [
            ("transport error", "poll connection closed prematurely")
        ]

    hosting.play(scenario)


@on_every_hosting
def test_refused_websockets_are_no_errors_in_the_log(
    hosting: Hosting, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.connect()
        with caplog.at_level(logging.WARNING):
            connection[1].write(get("EIO=4&transport=websocket&sid=unknown", UPGRADE))
            assert b"Session ID unknown" in await rest(connection)
            await until(lambda: not served.host.server_state.tasks)
        assert [
            record.getMessage() for record in caplog.records if record.levelname != "WARNING"
        ] == []

    hosting.play(scenario)


@pytest.mark.parametrize("hosting", ["direct", "asgi"])
def test_what_no_handler_should_raise_ends_its_session_and_nothing_else(hosting: str) -> None:
    async def script(talk: Talk) -> None:
        query = await talk.open()
        talk.site.recorder.receive_text = leave  # type: ignore[method-assign]  # another upper layer
        connection = await talk.connect()
        await talk.post(connection, query, b"4a")
        assert await talk.receive(connection) == 200  # as a handler that raises later
        assert talk.site.recorder.ends == [("transport error", "internal error")]

    def leave(packet: str) -> bool:
        raise SystemExit(packet)

    transcript(script, hosting=hosting)


# Messages


@on_every_hosting
def test_a_read_full_of_messages_is_handled_in_many_turns(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        connection = await served.open_websocket()
        log = served.site.recorder.log
        turns: list[int] = []

        def turn() -> None:
            turns.append(len(log))
            if len(log) < 20_000:
                asyncio.get_running_loop().call_soon(turn)

        turn()
        await send_at_once(connection, text("4x") * 20_000)
        for _ in range(10):
            await until(lambda: len(log) == 20_000)
        assert (
            max(after - before for before, after in pairwise(turns)) <= 2 * bounds.FRAMES_PER_TURN
        )

    hosting.play(scenario, echo=False)


# Connections that are dropped wherever they stand

HANDSHAKE = get("EIO=4&transport=websocket", UPGRADE)
JOINED = HANDSHAKE, text("40"), text('421["echo",1]')

STATES: dict[str, tuple[bytes, ...]] = {
    "nothing said": (),
    "half a request": (HANDSHAKE[:30],),
    "a handshake in two pieces": (HANDSHAKE[:30], HANDSHAKE[30:]),
    "a handshake and more, unanswered": (HANDSHAKE + text("40"),),
    "a handshake that is refused": (get("EIO=4&transport=websocket&sid=unknown", UPGRADE),),
    "a handshake that only the library refuses": (
        get("EIO=4&transport=websocket", UPGRADE + "Origin: http://a\r\nOrigin: http://b\r\n"),
    ),
    "no namespace joined": (HANDSHAKE,),
    "events handled": JOINED,
    "part of a frame": (*JOINED, masked(0x81, b"4" + b"x" * 1_000)[:500]),
    "part of a message": (
        *JOINED,
        masked(0x01, b"42[") + masked(0x89, b"") + masked(0x00, b'"echo"'),
    ),
    "an attachment owed": (*JOINED, text('451-["echo",{"_placeholder":true,"num":0}]')),
    "a handler that waits": (*JOINED, text('421["wait"]') * 3),
    "a handler that disconnects": (*JOINED, text('421["leave"]') * 3),
    "more events than may wait": (*JOINED, text('42["turn"]') * 400),
    "a violation": (*JOINED, text("4nonsense")),
    "an illegal frame": (*JOINED, b"\xf1\x80\0\0\0\0"),
    "a close frame": (*JOINED, masked(0x88, b"")),
    "unread megabytes": (*JOINED, text('42["flood"]') * 3),
    "a poll that waits": (b"poll",),
    "a body that is half there": (b"post",),
    "a probe": (b"probe",),
}


@on_every_hosting
def test_connections_that_are_dropped_in_any_state_leave_nothing_behind(hosting: Hosting) -> None:
    async def main() -> None:
        server = Server()
        server.on("connection")(greet)
        host = configure(server.asgi(), port=0, direct=hosting.direct)
        task = asyncio.create_task(host.serve())
        await until(lambda: host.started)
        left: dict[str, Counter[str]] = {}
        try:
            for name, state in STATES.items():
                await drop(host, state)
                before = await census(server, host)
                for _ in range(3):
                    await drop(host, state)
                left[name] = await census(server, host) - before
                # Alarms of sessions that are over leave their heap when their time comes, if not
                # before.
                left[name].pop("Alarm", None)
        finally:
            host.should_exit = True
            await task
        assert {name: objects for name, objects in left.items() if objects} == {}

    with asyncio.Runner(loop_factory=hosting.loop_factory) as runner:
        runner.run(main())


def greet(socket: Socket) -> None:
    async def wait() -> None:
        await asyncio.sleep(0.001)

    async def turn() -> None:
        await asyncio.sleep(0)

    async def leave() -> None:
        await asyncio.sleep(0)
        socket.disconnect(close=True)
        await asyncio.sleep(0.001)

    def echo(value: Any) -> Any:
        return value

    def flood() -> None:
        socket.emit("flood", "x" * 1_000_000)

    for listener in (wait, turn, leave, echo, flood):
        socket.on(listener.__name__, listener)


async def drop(host: Host, state: tuple[bytes, ...]) -> None:
    """Bring a connection into a state, and reset it."""
    served = Served(Site(), host)
    _, writer = await served.connect()
    if state in {(b"poll",), (b"post",), (b"probe",)}:
        query = await served.open_polling()
        if state == (b"poll",):
            state = (get(query),)
        elif state == (b"post",):
            state = (post(query, b"40", 1_000),)
        else:
            (await served.connect())[1].write(get(query))
            state = (get(query.replace("=polling", "=websocket"), UPGRADE), text("2probe"))
    for data in state:
        if writer.is_closing():
            break
        writer.write(data)
        await asyncio.sleep(0.002)
    if not writer.is_closing():
        writer.transport.abort()
    await served.close()


async def census(server: Server, host: Host) -> Counter[str]:
    """Count what there is of ours, and of uvicorn's, once all is quiet."""
    await until(
        lambda: (
            not (
                server.engine.sessions
                or len(server.environment.tasks)
                or host.server_state.connections
                or host.server_state.tasks
            )
        )
    )
    gc.collect()
    ours = ("ackord.", "uvicorn.", "websockets.", "asyncio.streams")
    kinds: list[type[object]] = list(map(type, gc.get_objects()))
    counted = Counter(
        kind.__name__
        for kind in kinds
        if str(kind.__module__).startswith(ours) or kind is asyncio.Task
    )
    counted["file descriptors"] = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # only how many
    return counted


# The end of the server


@on_every_hosting
@pytest.mark.parametrize("moment", ["before", "after"])
def test_the_exit_does_not_wait_for_a_middleware_that_holds_an_acceptance_back(
    hosting: Hosting, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a server of its own in `hosting.play`: its end is what is looked at."""

    async def main() -> None:
        site = Site(echo=True)
        held, released = asyncio.Event(), asyncio.Event()

        async def middleware(scope: Scope, receive: Receive, send: Send) -> None:
            async def hold(message: Message) -> None:
                if message["type"] != "websocket.accept":
                    await send(message)
                    return
                if moment == "after":
                    await send(message)
                held.set()
                await released.wait()
                if moment == "before":
                    await send(message)

            await site.app(scope, receive, hold)

        async with (
            asyncio.timeout(20),
            serving(site, application=middleware, direct=hosting.direct) as served,
        ):
            connection = await served.connect()
            connection[1].write(get("EIO=4&transport=websocket", UPGRADE) + text("4hi"))
            await held.wait()
            connections = served.host.server_state.connections
            served.host.should_exit = True
            await until(lambda: all(each.transport.is_closing() for each in set[Any](connections)))
            released.set()
            await until(lambda: not connections and not served.host.server_state.tasks)
        assert site.recorder.ends == [("server shutting down", None)]

    with (
        asyncio.Runner(loop_factory=hosting.loop_factory) as runner,
        caplog.at_level(logging.ERROR),
    ):
        runner.run(main())
    assert "exception" not in caplog.text.lower()
