"""The benchmark of clients: each system does each step, with a handful of clients."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.clients.__main__ import STEPS, SYSTEMS, Figures, measure, report
from tests.bench.cores import Cores
from tests.node.required import require_node


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(),
    reason="the benchmark reads CPU times from Linux's /proc",
)
@pytest.mark.parametrize(
    "system",
    [
        pytest.param(system, marks=pytest.mark.interop) if system == "node" else system
        for system in SYSTEMS
    ],
)
def test_clients_of_each_library_do_each_step(system: str) -> None:
    if system == "node":
        require_node()
    figures = measure(system, 3, Cores(None, None), share=0.05, settling=0)
    assert figures.steps.keys() == STEPS.keys()
    assert all(cost > 0 for cost in figures.steps.values())


def test_ratios_compare_the_same_event_loop_within_a_round() -> None:
    def rounds(*costs: float) -> list[Figures]:
        return [Figures(dict.fromkeys(STEPS, cost), cost) for cost in costs]

    figures = {
        "generated": rounds(1, 2, 3),
        "psio": rounds(2, 4, 4),
        "ackord-uvloop": rounds(3, 3, 3),
        "psio-uvloop": rounds(4, 6, 12),
        "node": rounds(1, 1, 1),
    }
    lines = report(figures, "markdown").splitlines()
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in lines}
    assert cells["Ackord, generated"][0] == "2.0"
    assert cells["Ackord, generated / python-socketio"][0] == "0.50 (0.50 to 0.75)"
    assert cells["Ackord, untyped, uvloop / python-socketio, uvloop"][-2] == "0.50 (0.25 to 0.75)"
    assert cells["Ackord, generated / Node socket.io-client"][-1].startswith("1.2")
    assert "python-socketio / Node socket.io-client" not in cells
