"""The servers under test: each a process of its own that prints ``listening PORT``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.node.toolchain import find_node

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class System:
    """One way to serve the benchmark's contract."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Running:
    """A server that listens."""

    system: System
    pid: int
    port: int


def all_systems() -> list[System]:
    """List the systems; the last is what the others are compared with."""
    return [
        System("ackord, generated (uvicorn)", (sys.executable, "-m", "tests.bench.ackord_server")),
        System("python-socketio + pydantic (uvicorn)", (sys.executable, "-m", "tests.bench.psio_server")),
        System("Node socket.io + zod", (find_node().path, "tests/node/bench_server.mjs")),
    ]


@contextmanager
def serving(systems: list[System]) -> Generator[list[Running]]:
    """Start each system, on one core where the machine has several; end them all."""
    processes: list[subprocess.Popen[str]] = []
    try:
        running: list[Running] = []
        with _only_core(0):
            for system in systems:
                process = subprocess.Popen(system.command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
                processes.append(process)
                running.append(Running(system, process.pid, _port(process, system)))
        yield running
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def _port(process: subprocess.Popen[str], system: System) -> int:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("listening "):
        raise RuntimeError(f"{system.name} did not start; it printed {line!r}")
    return int(line.split()[1])


@contextmanager
def _only_core(number: int) -> Generator[None]:
    """Let children that start meanwhile run on one core, and this process on the others from then on."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        yield
        return
    os.sched_setaffinity(0, {cores[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, set(cores) - {cores[number]})
