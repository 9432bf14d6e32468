"""Measure this server beside python-socketio and Node's socket.io: ``make bench``.

The systems run interleaved, each in its own process on one core, the load generator on another; medians are printed.
Absolute values depend on the machine and its mood: read the ratios within a table.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from tests.bench import cpu
from tests.bench.load import Broadcast, Echo, LoadClient, connect
from tests.bench.systems import Running, all_systems, serving

WARM_UP: Final = 0.3
WORKLOADS: Final[tuple[type[Echo | Broadcast], ...]] = (Echo, Broadcast)


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: microseconds of the server's CPU for each unit, and units a second."""

    cpu: float
    user: float
    rate: float


async def run(server: Running, workload: type[Echo | Broadcast], seconds: float) -> Sample:
    """Load `server` for `seconds`."""
    clients: list[LoadClient] = await connect(server.port, workload.clients)
    load = workload()
    load.start(clients)
    await asyncio.sleep(WARM_UP)
    loop = asyncio.get_running_loop()
    began, count, used = loop.time(), load.count, cpu.read(server.pid)
    await asyncio.sleep(seconds)
    took, done, spent = loop.time() - began, load.count - count, cpu.read(server.pid) - used
    for client in clients:
        client.on_message = None
        client.transport.close()
    await asyncio.sleep(WARM_UP)
    if done == 0:
        raise RuntimeError(f"{server.system.name} answered nothing")
    return Sample(spent.total / done * 1e6, spent.user / done * 1e6, done / took)


async def measure(servers: Sequence[Running], rounds: int, seconds: float) -> None:
    """Run every workload on every system, `rounds` times in turn, and print the tables."""
    for workload in WORKLOADS:
        samples: dict[str, list[Sample]] = {server.system.name: [] for server in servers}
        for number in range(rounds):
            turn = number % len(servers)
            for server in [*servers[turn:], *servers[:turn]]:
                samples[server.system.name].append(await run(server, workload, seconds))
        print(table(workload, samples, rounds), flush=True)


def table(workload: type[Echo | Broadcast], samples: dict[str, list[Sample]], rounds: int) -> str:
    """Lay out the medians of one workload; the last system is the measure of the ratios."""
    medians = {
        name: Sample(*(statistics.median(getattr(sample, column) for sample in taken) for column in ("cpu", "user", "rate")))
        for name, taken in samples.items()
    }
    reference = list(medians.values())[-1]
    width = max(map(len, medians))
    one, many = workload.unit
    lines = [
        f"{workload.title.format(clients=workload.clients)} (median of {rounds})",
        f"  {'':{width}}  {f'CPU µs/{one}':>16}  {'of it user':>10}  {'ratio':>6}  {f'{many}/s':>12}",
    ]
    lines += [
        f"  {name:{width}}  {sample.cpu:16.2f}  {sample.user:10.2f}  {sample.cpu / reference.cpu:6.2f}  {sample.rate:12,.0f}"
        for name, sample in medians.items()
    ]
    return "\n".join([*lines, ""])


def main() -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measure this server beside python-socketio and Node's socket.io."
    )
    parser.add_argument("--rounds", type=int, default=5, help="runs of each system and workload (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=1.5, help="length of one run (default: %(default)s)")
    arguments = parser.parse_args()
    if not Path("/proc/self/schedstat").exists():
        print("error: the benchmark reads CPU times from Linux's /proc", file=sys.stderr)
        return 1
    print("CPU is user + system time of the server process; the ratio compares it with the last line.\n", flush=True)
    with serving(all_systems()) as servers:
        gc.disable()
        uvloop.run(measure(servers, arguments.rounds, arguments.seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
