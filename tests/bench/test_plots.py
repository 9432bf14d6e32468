from __future__ import annotations

from pathlib import Path

from tests.bench.page import texts_of
from tests.bench.plots import plots
from tests.bench.results import Results, SystemResult
from tests.bench.samples import latency, results, samples, workload

BROKEN = SystemResult(failures=["it broke"])


def drawn(measured: Results, folder: Path) -> dict[str, list[str]]:
    """Return the texts of each plot."""
    planned = plots(measured)
    for name, plot in planned.items():
        plot.save(folder / name)
    return {name: texts_of(folder / name) for name in planned}


def test_a_whole_benchmark_gives_four_plots(tmp_path: Path) -> None:
    measured = results(
        workload("echo-100", ackord=samples(8.0), node=samples(150.0), raw=BROKEN),
        workload(
            "accept-10000",
            ackord=samples(50.0, resident=2048.0),
            node=samples(1000.0, resident=8192.0),
        ),
        workload(
            "latency-1000",
            ackord=samples(9.0, latency=latency(120, 1500)),
            node=samples(9.0, latency=latency(100, 30000)),
        ),
        workload("events-1", ackord=samples(8.0), node=samples(10.0)),
        workload("events-1000", ackord=samples(16.0), node=samples(10.0)),
    )
    texts = drawn(measured, tmp_path)
    assert list(texts) == ["cpu.svg", "connections.svg", "latency.svg", "growth.svg"]
    cpu = texts["cpu.svg"]
    assert {"echo + ack 100 B, 100 clients: CPU µs/message", "Ackord", "8.0", "150"} <= set(cpu)
    assert "raw websockets, no Socket.IO" not in cpu
    assert {"1,000", "2.0", "8.0"} <= set(texts["connections.svg"])
    assert {"100 µs", "1 ms", "10 ms"} <= set(texts["latency.svg"])
    assert {"1", "1000", "Ackord", "Node socket.io + zod"} <= set(texts["growth.svg"])


def test_what_was_not_measured_is_not_drawn() -> None:
    assert plots(results()) == {}
    assert list(plots(results(workload("echo-100", node=samples(1.0))))) == ["cpu.svg"]
    # Nothing grows between one point and itself.
    assert plots(results(workload("events-1", node=samples(1.0)))) == {}
    assert plots(results(workload("latency-1000", node=BROKEN))) == {}


def test_a_growing_system_that_failed_once_has_no_curve(tmp_path: Path) -> None:
    measured = results(
        workload("rooms-1", ackord=samples(1.0), node=samples(1.0)),
        workload("rooms-10", ackord=samples(1.0), node=BROKEN),
    )
    texts = drawn(measured, tmp_path)["growth.svg"]
    assert "Ackord" in texts
    assert "Node socket.io + zod" not in texts


def test_a_plot_is_drawn_the_same_each_time(tmp_path: Path) -> None:
    (plot,) = plots(results(workload("echo-100", node=samples(1.0)))).values()
    plot.save(tmp_path / "one.svg")
    plot.save(tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
