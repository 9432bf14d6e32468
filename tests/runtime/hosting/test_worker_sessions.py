"""Sessions and connections between workers: recovery on another worker, and a worker that takes no
connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from itertools import islice
from typing import Any

import pytest

from tests.redis import serving_redis
from tests.runtime.hosting.crew import Crew, Line, get, play, post


async def on_worker(crew: Crew, number: int) -> tuple[Line, str]:
    """Open a session of a worker."""
    for _ in range(64):
        line, sid, worker = await crew.open_session()
        if worker == number:
            return line, sid
    raise AssertionError("no connection came to this worker")


async def join(line: Line, sid: str, **auth: Any) -> dict[str, str]:
    """Join with a session; return the answer to CONNECT."""
    assert await line.ask(post(sid, f"40{json.dumps(auth)}".encode())) == (200, b"ok")
    while True:
        for packet in (await line.ask(get(sid)))[1].split(b"\x1e"):
            if packet.startswith(b"40"):
                answer: dict[str, str] = json.loads(packet[2:])
                return answer


async def comes_back(crew: Crew, home: int, away: int) -> bool:
    """Whether a client of one worker that lost its connection is recognized by another one."""
    line, sid = await on_worker(crew, home)
    welcome = await join(line, sid)
    await line.ask(post(sid, b"1"))
    await asyncio.sleep(0.2)
    line, sid = await on_worker(crew, away)
    return await join(line, sid, pid=welcome["pid"]) == welcome


def test_without_a_shared_history_a_client_comes_back_to_its_worker_only() -> None:
    async def scenario(crew: Crew) -> None:
        told = await crew.logged("works within a worker")
        assert sum(line == told for line in crew.log) == 1
        assert "limits hold for each" in await crew.logged("listens on")
        assert await comes_back(crew, 0, 0)
        assert not await comes_back(crew, 0, 1)

    play(scenario, kind="recovery")


def test_over_a_stream_a_client_comes_back_to_any_worker() -> None:
    async def scenario(crew: Crew) -> None:
        for home, away in ((0, 0), (0, 1), (1, 0)):
            assert await comes_back(crew, home, away)
        assert not any("works within a worker" in line for line in crew.log)

    with serving_redis() as redis:
        play(scenario, kind=redis.url)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_connections_for_a_worker_that_takes_none_are_refused_in_time(loop: str) -> None:
    async def scenario(crew: Crew) -> None:
        line, there = await on_worker(crew, 1)
        await line.ask(post(there, b"40"))
        await line.ask(get(there))
        await line.ask(post(there, b'421["pid"]'))
        _, body = await line.ask(get(there))
        pid = int(body.partition(b"[")[2].partition(b"]")[0])
        lines = [(await on_worker(crew, 0))[0] for _ in range(8)]
        os.kill(pid, signal.SIGSTOP)
        try:
            asked = [asyncio.ensure_future(each.ask(post(there, b"3"))) for each in lines]
            await crew.logged("can't be handed over to worker 1")
            for answer in islice(asyncio.as_completed(asked, timeout=60), 4):
                assert (await answer)[0] == 503
            opening = [asyncio.ensure_future(crew.open_session()) for _ in range(60)]
            for opened in islice(asyncio.as_completed(opening, timeout=60), 12):
                assert (await opened)[2] == 0  # a new client stays, others wait for worker 1
        finally:
            os.kill(pid, signal.SIGCONT)
        await asyncio.gather(*opening)
        answers = await asyncio.gather(*asked)
        assert (200, b"ok") in answers  # they were in the queue of the worker
        assert {status for status, _ in answers} == {200, 503}
        line, here = await on_worker(crew, 0)
        await line.ask(post(here, b"40"))
        assert (await line.ask(get(here)))[0] == 200

    play(scenario, loop, kind="narrow")
