"""The load generator against real Ackord servers: it is built, it loads, it counts."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from ackord.runtime.hosting import Host, configure
from ackord.runtime.server import Namespace, Server, Socket

from tests.attempts import hold_once
from tests.bench.generator import SANITIZERS, Result, build, run
from tests.runtime.hosting.network import until

Small = dict[str, float | str]


@pytest.fixture(scope="module")
def program() -> Path:
    """The generator, built so that a wrong access to memory ends it."""
    return build(SANITIZERS)


def echo(item: Any) -> Any:
    return item


def slow_echo(pause: float) -> Callable[[Any], Awaitable[Any]]:
    async def echo_after_a_pause(item: Any) -> Any:
        await asyncio.sleep(pause)
        return item

    return echo_after_a_pause


def make_server(*, pause: float = 0, **options: Any) -> Server:
    """Make a server of all events, whose `echo` takes `pause` seconds for each."""
    server = Server(**options)

    def note(item: Any) -> None:
        pass

    def sync() -> bool:
        return True

    def upload(data: bytes) -> int:
        return len(data)

    def offer(namespace: Namespace) -> None:
        def shout(item: Any) -> None:
            namespace.emit("shouted", item)

        @namespace.on("connection")
        def connected(socket: Socket) -> None:
            async def join(rooms: int) -> bool:
                socket.join([str(number) for number in range(rooms)])
                return True

            socket.on("join", join)
            socket.on("echo", slow_echo(pause) if pause else echo)
            socket.on("echo_7", echo)
            socket.on("note", note)
            socket.on("sync", sync)
            socket.on("upload", upload)
            socket.on("shout", shout)

    for path in ("/", "/n0", "/n1", "/n2"):
        offer(server.of(path))
    return server


def served(scenario: Callable[[int], Awaitable[None]], **options: Any) -> None:
    """Run `scenario` with the port of a server of all events."""

    async def main() -> None:
        host: Host = configure(make_server(**options).asgi(), port=0)
        serving = asyncio.create_task(host.serve())
        await until(lambda: host.started)
        try:
            assert host.port is not None
            await scenario(host.port)
        finally:
            host.should_exit = True
            await serving

    asyncio.run(main())


@pytest.mark.parametrize(
    ("workload", "options"),
    [
        pytest.param("echo", {"clients": 1}, id="echo of one"),
        pytest.param("echo", {"clients": 20, "inflight": 8}, id="echo, pipelined"),
        pytest.param("echo", {"clients": 5, "event": "echo_7"}, id="echo of another event"),
        pytest.param(
            "echo", {"clients": 5, "namespaces": 3}, id="echo in the last of three namespaces"
        ),
        pytest.param(
            "echo", {"clients": 5, "namespaces": 2, "rooms": 4}, id="echo of those who joined rooms"
        ),
        pytest.param("broadcast", {"clients": 20}, id="broadcast"),
        pytest.param(
            "broadcast",
            {"clients": 5, "rooms": 10, "namespaces": 1},
            id="broadcast, rooms and a namespace",
        ),
        pytest.param("oneway", {"clients": 3}, id="one-way"),
        pytest.param("oneway", {"clients": 2, "bytes": 10_000}, id="one-way, long"),
        pytest.param("binary", {"clients": 3}, id="binary"),
        pytest.param(
            "binary", {"clients": 2, "bytes": 10, "inflight": 3}, id="binary, short and pipelined"
        ),
        pytest.param("polling", {"clients": 5}, id="long-polling"),
        pytest.param("accept", {"clients": 100, "parallel": 7}, id="accept"),
    ],
)
def test_a_workload_is_done_and_counted(workload: str, options: Small, program: Path) -> None:
    async def scenario(port: int) -> None:
        least = {} if workload == "accept" else {"least": 10}
        result = await asyncio.to_thread(
            run, port, workload, program=program, warmup=0.05, seconds=0.3, **least, **options
        )
        if workload == "accept":
            assert result.count == options["clients"]
        else:
            assert result.count >= 10
            assert result.seconds >= 0.3
        assert result.cpu_user + result.cpu_system > 0
        assert result.p50_us is None

    served(scenario)


def test_latencies_are_in_order_and_the_rate_is_kept(program: Path) -> None:
    async def scenario(port: int) -> None:
        result = await asyncio.to_thread(
            run, port, "latency", program=program, warmup=0, seconds=1, clients=10, rate=500
        )
        assert result.unanswered is not None
        assert result.count + result.unanswered == pytest.approx(500, rel=0.1)
        assert result.p50_us is not None
        assert result.p90_us is not None
        assert result.p99_us is not None
        assert result.max_us is not None
        assert 0 < result.p50_us <= result.p90_us <= result.p99_us <= result.max_us < 1.1e6
        assert result.lag_p99_us is not None
        assert result.lag_p99_us <= result.max_us * 1.02
        assert result.slow_closed is None

    hold_once(lambda _: served(scenario), range(3))


def test_more_than_a_server_can_do_shows_as_latency(program: Path) -> None:
    async def scenario(port: int) -> None:
        result = await asyncio.to_thread(
            run, port, "latency", program=program, warmup=0, seconds=0.5, clients=5, rate=1000
        )
        assert result.unanswered is not None
        assert result.unanswered + result.count == pytest.approx(500, rel=0.1)
        assert (
            0 < result.count <= 5 * 0.5 / 0.02
        )  # however fast the machine is, as a client's events are handled one by one
        assert result.p50_us is not None
        assert result.p50_us > 100_000

    hold_once(lambda _: served(scenario, pause=0.02), range(3))


def test_those_who_read_nothing_are_closed_and_the_others_go_on(program: Path) -> None:
    def claim(seconds: float) -> None:
        async def scenario(port: int) -> None:
            options: Small = {
                "clients": 5,
                "slow": 2,
                "rate": 200,
                "bytes": 100_000,
                "seconds": seconds,
                "least": 150,
            }
            result = await asyncio.to_thread(
                run, port, "mixed", program=program, warmup=0.1, **options
            )
            assert result.slow_closed == 2
            assert result.count >= 150
            assert result.p99_us is not None

        served(scenario, max_buffered=200_000)

    hold_once(claim, (1.5, 5, 15))  # how soon their buffers are full is the machine's affair


def test_heartbeats_are_answered_under_load(program: Path) -> None:
    def claim(ping_timeout: float) -> None:
        async def scenario(port: int) -> None:
            for workload in ("echo", "polling"):
                # Who doesn't answer the first ping would be closed by then, and that would end the
                # generator.
                seconds = 0.2 + 2 * ping_timeout
                result = await asyncio.to_thread(
                    run, port, workload, program=program, warmup=0, seconds=seconds, clients=3
                )
                assert result.count > 0

        served(scenario, ping_interval=0.2, ping_timeout=ping_timeout)

    hold_once(claim, (0.4, 2, 10))


def test_accept_stays_connected_until_it_is_told_to_go(program: Path) -> None:
    def claim(ping_timeout: float) -> None:
        async def scenario(port: int) -> None:
            command = [str(program), f"--port={port}", "--workload=accept", "--clients=20"]
            load = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            assert load.stdout is not None
            assert await load.stdout.readline() == b"begin\n"
            assert Result.parse((await load.stdout.readline()).decode()).count == 20
            # Who doesn't answer heartbeats is closed by then, and that would end the generator.
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(load.wait(), 0.2 + 2 * ping_timeout)
            await load.communicate(b"\n")
            assert load.returncode == 0

        served(scenario, ping_interval=0.2, ping_timeout=ping_timeout)

    hold_once(claim, (0.4, 2, 10))


def test_what_is_printed_tells_the_phases(program: Path) -> None:
    async def scenario(port: int) -> None:
        command = [
            str(program),
            f"--port={port}",
            "--workload=echo",
            "--warmup=0.01",
            "--seconds=0.05",
            "--least=1",
        ]
        load = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        output, _ = await load.communicate()
        connected, begin, end = output.decode().splitlines()
        assert (connected, begin) == ("connected", "begin")
        assert end.startswith('end {"count": ')

    served(scenario)
