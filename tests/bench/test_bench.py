"""Every server does every workload, at tiny size: so that the benchmark can't rot.

Nothing is said about time here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.canary import Canary
from tests.bench.child import ROOT
from tests.bench.cores import Cores
from tests.bench.generator import GeneratorError, build
from tests.bench.measure import Bench, Moment, Running
from tests.bench.results import Results
from tests.bench.rounds import Plan, run_workload
from tests.bench.servers.listening import Variant
from tests.bench.systems import SYSTEMS
from tests.bench.workloads import WORKLOADS, Workload
from tests.node.required import require_node

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(),
    reason="the benchmark reads CPU times from Linux's /proc",
)

NODE = pytest.param("node", marks=pytest.mark.interop)
SECONDS = 0.1
SYSTEMS_LIKE_OTHERS = {"ackord-pure", "ackord-asgi", "ackord-plain", "psio-aiohttp"}
LARGER_AND_SMALLER = {"events-1", "events-1000", "namespaces-1", "namespaces-100"}


@pytest.fixture(scope="module")
def bench() -> Bench:
    """What runs share; without cores of their own, since these tests measure nothing."""
    try:
        return Bench(build(), Cores(None, None), settling=0.05)
    except GeneratorError as error:
        pytest.skip(str(error))


def tiny(workload: Workload) -> Workload:
    load = [
        "200" if before == "--rate" else part
        for before, part in zip(("", *workload.load), workload.load, strict=False)
    ]
    return replace(workload, clients=min(workload.clients, 8), load=tuple(load), warm_up=0.05)


@contextmanager
def serving(system: str, variant: Variant) -> Generator[Running]:
    server = Running.start(system, SYSTEMS[system].command(variant), None)
    try:
        yield server
    finally:
        server.child.end()


def needs(system: str) -> None:
    if system == "node":
        require_node()


@pytest.mark.slow
@pytest.mark.parametrize("system", [NODE if key == "node" else key for key in SYSTEMS])
def test_each_server_does_each_workload(bench: Bench, system: str) -> None:
    needs(system)
    done: list[str] = []
    # What differs in size only is done once.
    chosen = [
        tiny(load)
        for load in WORKLOADS.values()
        if system in load.systems and load.name not in LARGER_AND_SMALLER
    ]
    loads = {(load.load, load.clients, load.variant): load for load in chosen}
    if system in SYSTEMS_LIKE_OTHERS:
        loads = dict(list(loads.items())[:4])
    for variant in dict.fromkeys(variant for _, _, variant in loads):
        with serving(system, variant) as server:
            for load in [load for load in loads.values() if load.variant == variant]:
                sample = bench.run(server, load, SECONDS, Moment(0, 1.0))
                assert sample.count > 0, load.name
                assert sample.cpu > 0, load.name
                assert (sample.latency is not None) == (load.kind == "latency"), load.name
                assert (sample.resident is not None) == (load.kind == "accept"), load.name
                done.append(load.name)
    assert len(done) == len(loads) >= 4


@pytest.mark.slow
def test_a_system_that_fails_is_recorded_and_the_rest_goes_on(bench: Bench) -> None:
    # The raw server knows nothing of long-polling.
    workload = replace(tiny(WORKLOADS["polling"]), systems=("raw", "ackord"))
    said: list[str] = []
    with Canary(bench.cores) as canary:
        result = run_workload(bench, canary, workload, Plan(list(SYSTEMS), 3, SECONDS), said.append)
    raw, ours = result.systems["raw"], result.systems["ackord"]
    assert (len(raw.samples), len(raw.failures)) == (0, 2)  # it isn't tried a third time
    assert "the load generator ended with status 1" in raw.failures[0]
    assert ([sample.round for sample in ours.samples], ours.failures) == ([0, 1, 2], [])
    assert said[0] == "polling, round 1 of 3: raw websockets, no Socket.IO"


@pytest.mark.slow
@pytest.mark.interop
def test_the_command_prints_each_system_and_each_target_and_keeps_the_raw_results(
    bench: Bench, tmp_path: Path
) -> None:
    needs("node")
    raw = tmp_path / "results.json"
    options = [
        "--workloads",
        "echo-100",
        "--systems",
        "ackord,node",
        "--rounds",
        "2",
        "--seconds",
        "0.1",
        "--json",
        str(raw),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "1 workloads, 2 systems, 2 rounds of 0.1 s: about" in done.stdout
    rows = [
        line
        for line in done.stdout.splitlines()
        if line.startswith(("  Ackord  ", "  Node socket.io + zod"))
    ]
    assert len(rows) == 2
    assert "failed" not in done.stdout
    (target,) = [
        line
        for line in done.stdout.splitlines()
        if "100 clients: CPU" in line and line.split()[-1] in {"met", "missed"}
    ]
    assert " 0.80 " in target
    results = Results.load(raw)
    assert [(workload.name, *workload.systems) for workload in results.workloads] == [
        ("echo-100", "ackord", "node")
    ]
    assert [
        len(system.samples)
        for workload in results.workloads
        for system in workload.systems.values()
    ] == [2, 2]
    assert results.circumstances.versions.keys() >= {
        "uvicorn",
        "websockets",
        "socket.io",
        "Node",
        "bufferutil",
        "zod",
    }

    again = subprocess.run(
        [sys.executable, "-m", "tests.bench", "--render", str(raw)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert again.returncode == 0, again.stderr
    assert rows == [line for line in again.stdout.splitlines() if line in rows]


if shutil.which("perf") is not None:

    @pytest.mark.slow
    def test_what_perf_counts_meanwhile_is_told_for_each_unit(bench: Bench) -> None:
        # Not every machine counts instructions; milliseconds are counted everywhere.
        counting = replace(bench, events=("task-clock", "task-clock:u"))
        with serving("raw", Variant()) as server:
            sample = counting.run(server, tiny(WORKLOADS["echo-100"]), SECONDS, Moment(0, 1.0))
        assert sample.instructions is not None
        assert 0 < sample.instructions.total * sample.count < 2000
