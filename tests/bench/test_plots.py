from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.bench.panels import Bar, draw_bars, microseconds
from tests.bench.plots import plots
from tests.bench.results import SystemResult
from tests.bench.samples import latency, results, samples, workload
from tests.bench.svg import Svg

SVG = "{http://www.w3.org/2000/svg}"


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)  # noqa: S314  # our own


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in parse(svg).iter(f"{SVG}text")]


def test_a_drawing_is_well_formed_whatever_is_written_on_it() -> None:
    svg = Svg(100, 50, 'a "title" & more')
    svg.text(1, 2, "<b> & 'c'", bold=True)
    svg.polyline([(0, 0), (1.25, 2)], stroke="#000000")
    root = parse(svg.render())
    assert root.get("viewBox") == "0 0 100 50"
    assert texts(svg.render()) == ["<b> & 'c'"]
    (line,) = root.iter(f"{SVG}polyline")
    assert line.get("points") == "0,0 1.2,2"


def test_bars_are_to_scale_and_their_parts_follow_each_other() -> None:
    svg = Svg(470, 100, "bars")
    draw_bars(
        svg,
        (0, 0),
        "a panel",
        [Bar("one", "#111111", (10.0, 30.0), "40"), Bar("two", "#222222", (20.0,), "20")],
    )
    bars = [
        element
        for element in parse(svg.render()).iter(f"{SVG}rect")
        if element.get("fill") in {"#111111", "#222222"}
    ]
    starts, widths = ([float(bar.get(name, "")) for bar in bars] for name in ("x", "width"))
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.2)
    assert widths[2] == pytest.approx(2 * widths[0], abs=0.2)
    assert starts == pytest.approx([starts[0], starts[0] + widths[0], starts[0]], abs=0.1)


def test_a_whole_benchmark_gives_four_plots() -> None:
    drawn = plots(
        results(
            workload(
                "echo-100",
                ackord=samples(8.0),
                node=samples(10.0),
                raw=SystemResult(failures=["it broke"]),
            ),
            workload(
                "accept-10000",
                ackord=samples(50.0, resident=2048.0),
                node=samples(1000.0, resident=8192.0),
            ),
            workload(
                "latency-1000",
                ackord=samples(9.0, latency=latency(120, 1500)),
                node=samples(9.0, latency=latency(100, 3000)),
            ),
            workload("events-1", ackord=samples(8.0), node=samples(10.0)),
            workload("events-1000", ackord=samples(16.0), node=samples(10.0)),
        )
    )
    assert list(drawn) == ["cpu.svg", "connections.svg", "latency.svg", "growth.svg"]
    assert texts(drawn["cpu.svg"])[1:] == [
        "echo + ack 100 B, 100 clients: CPU µs/message",
        "Ackord",
        "8.0",
        "Node socket.io + zod",
        "10.0",
    ]
    assert {"1,000", "2.0", "8.0"} <= set(texts(drawn["connections.svg"]))
    assert {"100 µs", "1 ms", "10 ms"} <= set(texts(drawn["latency.svg"]))
    assert {"1", "1000", "0×", "1×", "2×"} <= set(texts(drawn["growth.svg"]))  # noqa: RUF001  # what is on the axis


def test_what_was_not_measured_is_not_drawn() -> None:
    assert plots(results()) == {}
    assert list(plots(results(workload("echo-100", node=samples(1.0))))) == ["cpu.svg"]
    # Nothing grows between one point and itself.
    assert plots(results(workload("events-1", node=samples(1.0)))) == {}
    broken = workload("latency-1000", node=SystemResult(failures=["it broke"]))
    assert plots(results(broken)) == {}


def test_a_growing_system_that_failed_once_has_no_curve() -> None:
    drawn = plots(
        results(
            workload("rooms-1", ackord=samples(1.0), node=samples(1.0)),
            workload("rooms-10", ackord=samples(1.0), node=SystemResult(failures=["it broke"])),
        )
    )
    assert len(list(parse(drawn["growth.svg"]).iter(f"{SVG}polyline"))) == 1


def test_times_have_the_unit_that_suits_them() -> None:
    assert [microseconds(value) for value in (1.0, 100.0, 1000.0, 10_000.0, 1e6)] == [
        "1 µs",
        "100 µs",
        "1 ms",
        "10 ms",
        "1 s",
    ]
