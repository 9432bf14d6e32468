"""The benchmark runs: every system is measured in every workload."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.interop.conftest import NodeScripts

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.interop
@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the benchmark reads CPU times from Linux's /proc")
def test_each_system_gets_a_line_in_each_table(node: NodeScripts) -> None:
    command = [sys.executable, "-m", "tests.bench", "--rounds", "1", "--seconds", "0.3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "echo with ack, 100 clients" in done.stdout
    assert "broadcast to 200" in done.stdout
    for name in ("ackord, generated", "python-socketio + pydantic", "Node socket.io + zod"):
        rows = [line for line in done.stdout.splitlines() if name in line]
        assert len(rows) == 2
        assert all(float(row.split()[-4]) > 0 for row in rows)
