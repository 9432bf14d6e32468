"""Several workers of one server, in processes of their own, without a balancer."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest
from ackord.runtime.client import ClientSocket, connect

from tests.runtime.hosting.crew import SID, Crew, get, gone, play, post, running
from tests.runtime.hosting.network import until

LOOPS = ["asyncio", "uvloop"]
UNKNOWN = (400, b'{"code":1,"message":"Session ID unknown"}')


@pytest.mark.parametrize("loop", LOOPS)
def test_a_kept_alive_connection_goes_to_the_worker_that_each_request_is_for(loop: str) -> None:
    async def scenario(crew: Crew) -> None:
        (line, here), (_, there) = await crew.one_of_each()
        for _ in range(3):
            for sid in (there, here, there, here):
                assert await line.ask(post(sid, b"40")) == (200, b"ok")
                status, body = await line.ask(get(sid))
                assert (status, body[:2]) == (200, b"40")
                assert await line.ask(post(sid, b"41")) == (200, b"ok")

    play(scenario, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_pipelined_requests_of_two_workers_are_answered_in_order_wherever_they_are_cut(
    loop: str,
) -> None:
    async def scenario(crew: Crew) -> None:
        (line, here), (_, there) = await crew.one_of_each()
        requests = [
            post(here, b"40"), post(there, b"40"), get(here), get(there, "Content-Length: 0\r\n"),
            post(there, b"41"), post(here, b"41"),
        ]  # fmt: skip
        stream = b"".join(requests)
        for cut in range(0, len(stream), 13):
            line.writer.write(stream[:cut])
            if cut:
                await asyncio.sleep(0.002)
            line.writer.write(stream[cut:])
            answers = [await line.response() for _ in requests]
            assert [(status, body[:2]) for status, body in answers] == [
                (200, b"ok"), (200, b"ok"), (200, b"40"), (200, b"40"), (200, b"ok"), (200, b"ok"),
            ]  # fmt: skip

    play(scenario, loop)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_websocket_reaches_the_session_that_it_upgrades(loop: str) -> None:
    async def scenario(crew: Crew) -> None:
        for _ in range(8):
            _, sid, _ = await crew.open_session()
            line = await crew.dial()
            line.writer.write(
                f"GET /socket.io/?EIO=4&transport=websocket&sid={sid} HTTP/1.1\r\nHost: x\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert b" 101 " in await line.reader.readuntil(b"\r\n\r\n")
            line.writer.write(b"\x81\x86\0\0\0\x002probe")
            assert await line.reader.readexactly(8) == b"\x81\x063probe"

    play(scenario)


@pytest.mark.parametrize("transports", [("websocket",), ("polling",), ("polling", "websocket")])
def test_clients_of_all_workers_get_broadcasts_and_are_found(transports: Any) -> None:
    async def scenario(crew: Crew) -> None:
        told: list[int] = []
        async with AsyncExitStack() as stack:
            sockets = [
                connect(f"http://127.0.0.1:{crew.port}", transports=transports) for _ in range(24)
            ]
            for socket in sockets:
                socket.on("told", told.append)
                await stack.enter_async_context(socket)
            pids = {await socket.emit_with_ack("pid") for socket in sockets}
            assert len(pids) == 2
            assert await sockets[0].emit_with_ack("count") == 24
            sockets[0].emit("tell", 5)
            await until(lambda: len(told) >= 24)
            assert told == [5] * 24

    play(scenario)


def test_clients_that_come_at_once_are_spread_over_the_workers() -> None:
    async def scenario(crew: Crew) -> None:
        for _ in range(5):
            opened = await asyncio.gather(*(crew.open_session() for _ in range(100)))
            workers = Counter(worker for _, _, worker in opened)
            assert min(workers[0], workers[1]) >= 40, workers
            for line, sid, _ in opened:
                assert (await line.ask(post(sid, b"1")))[0] == 200
                line.writer.close()

    play(scenario)


def test_the_worker_with_the_fewest_clients_gets_new_ones() -> None:
    async def scenario(crew: Crew) -> None:
        opened = [await crew.open_session() for _ in range(60)]
        for line, _, worker in opened:
            if worker == 1:
                line.writer.close()
        again = Counter([(await crew.open_session())[2] for _ in range(40)])
        assert again[1] >= 30, again

    play(scenario)


def test_a_worker_that_is_killed_is_replaced_and_its_clients_come_back() -> None:
    async def scenario(crew: Crew) -> None:
        (line, _), (_, lost) = await crew.one_of_each()
        async with AsyncExitStack() as stack:
            sockets: list[ClientSocket] = [
                connect(f"http://127.0.0.1:{crew.port}") for _ in range(12)
            ]
            for socket in sockets:
                await stack.enter_async_context(socket)
            pids = {socket: await socket.emit_with_ack("pid") for socket in sockets}
            started = await crew.logged("listens on")
            assert "2 workers" in started
            victim = next(iter({*pids.values()} & await _worker(crew, 1)))
            os.kill(victim, signal.SIGKILL)
            assert "SIGKILL" in await crew.logged("its clients connect again")
            for socket, pid in pids.items():
                again = await socket.emit_with_ack("pid", timeout=60)
                assert (again == pid) == (pid != victim)
            assert await line.ask(get(lost)) == UNKNOWN
            assert victim not in await crew.pids()

    play(scenario)


async def _worker(crew: Crew, number: int) -> set[int]:
    """Return the process of a worker, by a session over long-polling."""
    for _ in range(64):
        line, sid, worker = await crew.open_session()
        if worker == number:
            await line.ask(post(sid, b"40"))
            await line.ask(post(sid, b'421["pid"]'))
            body = b""
            while b"431[" not in body:
                body += (await line.ask(get(sid)))[1]
            return {int(body.partition(b"431[")[2].partition(b"]")[0])}
    raise AssertionError("no connection came to this worker")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_signal_drains_all_workers(number: signal.Signals) -> None:
    async def scenario(crew: Crew) -> None:
        pids = await crew.pids()
        parked = await crew.one_of_each()
        for line, sid in parked:
            await line.ask(post(sid, b"40"))
            await line.ask(get(sid))
            line.writer.write(get(sid))
        await asyncio.sleep(0.2)
        crew.signal(number)
        assert [await line.response() for line, _ in parked] == [(200, b"1")] * 2
        assert await crew.ended() == 0
        assert len(pids) == 2
        for pid in pids:
            await gone(pid)

    play(scenario)


def test_a_second_ctrl_c_ends_the_server_at_once() -> None:
    async def scenario(crew: Crew) -> None:
        pids = await crew.pids()
        async with connect(f"http://127.0.0.1:{crew.port}") as socket:
            (other,) = pids - {await socket.emit_with_ack("pid")}
            socket.emit("block")
            await crew.logged("it blocks")
            crew.signal(signal.SIGINT)
            await gone(other)
            crew.signal(signal.SIGINT)
            assert await crew.ended() == 128 + signal.SIGINT
        for pid in pids:
            await gone(pid)

    play(scenario)


def test_workers_end_when_their_parent_is_killed() -> None:
    async def scenario(crew: Crew) -> None:
        pids = await crew.pids()
        crew.signal(signal.SIGKILL)
        await crew.ended()
        for pid in pids:
            await gone(pid)
        assert sum("is gone: the worker ends" in line for line in crew.log) >= 1

    play(scenario)


def test_a_session_id_with_a_wrong_tag_is_unknown() -> None:
    async def scenario(crew: Crew) -> None:
        (line, here), (_, there) = await crew.one_of_each()
        name = there.rpartition(".")[0]
        for tag in ("", ".", ".01", ".2", ".999", ".1000", ".-1", ".1.1", ".1 ", "%2e9", ".\u0661"):
            sid = f"{name}{tag}".replace(" ", "%20").encode().decode("latin-1")
            assert await (await crew.dial()).ask(
                f"GET /socket.io/?{SID}&sid={sid} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1")
            ) in (UNKNOWN, (400, b"Invalid HTTP request received.")), tag
        # The tag may be written in another way, and the last of two ids counts.
        assert await line.ask(post(f"{here}&sid={name}%2E1", b"40")) == (200, b"ok")

    play(scenario)


def test_bad_and_slow_heads_concern_nobody_else() -> None:
    async def scenario(crew: Crew) -> None:
        (line, here), (_, there) = await crew.one_of_each()
        whole = post(there, b"40")
        slow = await crew.dial()
        for cut in range(len(whole) - 1):
            slow.writer.write(whole[cut : cut + 1])
            if not cut % 16:
                await asyncio.sleep(0.001)
        for bad, status in (
            (b"\x16\x03\x01\x02\r\n\r\n", 400),
            (b"GET / HTTP/9.9\r\n\r\n", 400),
            (b"get /socket.io/?sid=x.1 HTTP/1.1\r\n\r\n", 400),
            (f"GET /socket.io/?sid={there} HTTP/1.1\r\n\r\n".encode(), 400),
            (
                f"GET /socket.io/?{'x' * 17_000}&sid={there} HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
                414,
            ),
            (
                f"GET /socket.io/?{SID}&sid={there} HTTP/1.1\r\nHost: x\r\nX: {'x' * 70_000}\r\n\r\n".encode(),
                431,
            ),
            (
                f"GET /socket.io/?{SID}&sid={there} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".encode(),
                400,
            ),
        ):
            answer, _ = await (await crew.dial()).ask(bad)
            assert answer == status, bad[:80]
            assert await line.ask(post(here, b"3")) == (200, b"ok")
        slow.writer.write(whole[-1:])
        assert await slow.response() == (200, b"ok")

    play(scenario)


def test_a_server_that_can_not_start_ends_with_its_workers() -> None:
    program = (
        "from ackord.runtime.server import Server\n"
        "server = Server()\n"
        "@server.on_startup\n"
        "def fail(): raise RuntimeError('no database')\n"
        "server.run(port=0, workers=2)\n"
    )

    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE
        )
        _, log = await process.communicate()
        assert process.returncode != 0
        assert b"no database" in log
        assert b"before it could serve: the server stops" in log

    asyncio.run(main())


def test_a_second_server_can_not_take_the_address() -> None:
    async def main() -> None:
        async with running() as crew:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                "from ackord.runtime.server import Server\n"
                f"Server().run(port={crew.port}, workers=2)",
                stderr=asyncio.subprocess.PIPE,
            )
            _, log = await process.communicate()
            assert process.returncode == 3
            assert b"the address is in use" in log

    asyncio.run(main())
