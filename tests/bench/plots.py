"""Results as plots: where the CPU goes, what connections cost, latency, growth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from tests.bench.panels import (
    CURVE_HEIGHT,
    WIDTH,
    Bar,
    Curve,
    Interval,
    Place,
    draw_bars,
    draw_curves,
    draw_intervals,
    rows_height,
)
from tests.bench.ratios import Metric, spread
from tests.bench.results import Results, Sample, WorkloadResult
from tests.bench.svg import FAINT, Svg
from tests.bench.systems import SYSTEMS
from tests.bench.targets import METRICS

COLORS: Final = {
    "ackord": "#0550ae",
    "ackord-pure": "#54aeff",
    "ackord-plain": "#218bff",
    "ackord-asgi": "#1b7c83",
    "psio-uvicorn": "#bc4c00",
    "psio-aiohttp": "#e16f24",
    "node": "#1a7f37",
    "raw": "#8c959f",
}
GROWTH: Final = {
    "events": "events in the contract: CPU of an echo",
    "rooms": "rooms of each client: CPU of a delivery to one room",
    "namespaces": "namespaces of each client: CPU of an echo",
}
MARGIN: Final = 24


def plots(results: Results) -> dict[str, str]:
    """Draw what there are results for; names of files and SVG."""
    drawn = {
        "cpu.svg": _cpu(results),
        "connections.svg": _connections(results),
        "latency.svg": _latency(results),
        "growth.svg": _growth(results),
    }
    return {name: svg.render() for name, svg in drawn.items() if svg is not None}


def _cpu(results: Results) -> Svg | None:
    workloads = [
        workload
        for workload in results.workloads
        if workload.kind == "cpu" and not _is_growth(workload)
    ]
    panels = [
        (f"{workload.title}: CPU µs/{workload.unit}", _bars(workload, METRICS["CPU"], of_it=_user))
        for workload in workloads
    ]
    return _bar_plot(
        "CPU of the server for each unit of work: user (dark) and kernel (pale)", panels
    )


def _connections(results: Results) -> Svg | None:
    workload = next((workload for workload in results.workloads if workload.kind == "accept"), None)
    if workload is None:
        return None
    panels = [
        ("CPU µs for each connection", _bars(workload, METRICS["CPU"], of_it=_user)),
        ("KB of memory for each, at rest", _bars(workload, _kilobytes)),
    ]
    return _bar_plot(f"{workload.title}: user (dark) and kernel (pale); memory", panels)


def _latency(results: Results) -> Svg | None:
    panels: list[tuple[str, list[Interval]]] = []
    for workload in results.workloads:
        intervals: list[Interval] = []
        for key, result in workload.systems.items():
            p50, p99 = (
                spread(result.samples, lambda sample: sample.p50),
                spread(result.samples, METRICS["p99"]),
            )
            if p50 is not None and p99 is not None:
                intervals.append(Interval(SYSTEMS[key].title, COLORS[key], p50.median, p99.median))
        if intervals:
            panels.append((workload.title, intervals))
    if not panels:
        return None
    ends = [
        end
        for _, intervals in panels
        for interval in intervals
        for end in (interval.low, interval.high)
    ]
    scale = (
        10 ** math.floor(math.log10(max(min(ends), 1.0))),
        10 ** math.ceil(math.log10(max(*ends, 10.0))),
    )
    svg, places = _grid(
        "Latency at a fixed rate: p50 (ring) and p99 (dot), logarithmic",
        [rows_height(len(rows)) for _, rows in panels],
    )
    for (title, intervals), at in zip(panels, places, strict=True):
        draw_intervals(svg, at, title, intervals, scale)
    return svg


def _growth(results: Results) -> Svg | None:
    panels: list[tuple[str, list[str], dict[str, list[float]]]] = []
    for prefix, title in GROWTH.items():
        workloads = [
            workload for workload in results.workloads if workload.name.startswith(f"{prefix}-")
        ]
        costs = {
            key: [spread(workload.systems[key].samples, METRICS["CPU"]) for workload in workloads]
            for key in (workloads[0].systems if workloads else ())
        }
        whole = {
            key: [cost.median for cost in all_costs if cost is not None]
            for key, all_costs in costs.items()
            if None not in all_costs
        }
        if len(workloads) > 1 and whole:
            panels.append(
                (title, [workload.name.rpartition("-")[2] for workload in workloads], whole)
            )
    if not panels:
        return None
    svg, places = _grid("How cost grows, in multiples of the first", [CURVE_HEIGHT] * len(panels))
    for (title, names, whole), at in zip(panels, places, strict=True):
        draw_curves(
            svg,
            at,
            title,
            names,
            [
                Curve(COLORS[key], [value / values[0] for value in values])
                for key, values in whole.items()
            ],
        )
    x = float(MARGIN)
    for key in dict.fromkeys(key for _, _, whole in panels for key in whole):
        svg.circle(x + 5, 50, 4, fill=COLORS[key])
        svg.text(x + 14, 54, SYSTEMS[key].title)
        x += 240
    return svg


def _bar_plot(title: str, panels: Sequence[tuple[str, list[Bar]]]) -> Svg | None:
    filled = [(name, bars) for name, bars in panels if bars]
    if not filled:
        return None
    svg, places = _grid(title, [rows_height(len(bars)) for _, bars in filled])
    for (name, bars), at in zip(filled, places, strict=True):
        draw_bars(svg, at, name, bars)
    return svg


def _bars(workload: WorkloadResult, metric: Metric, of_it: Metric | None = None) -> list[Bar]:
    """Make a bar for each system; `of_it` is the part that is dark."""
    bars: list[Bar] = []
    for key, result in workload.systems.items():
        whole = spread(result.samples, metric)
        if whole is None:
            continue
        dark = spread(result.samples, of_it) if of_it is not None else None
        parts = (
            (whole.median,)
            if dark is None
            else (min(dark.median, whole.median), max(0.0, whole.median - dark.median))
        )
        bars.append(
            Bar(
                SYSTEMS[key].title,
                COLORS[key],
                parts,
                f"{whole.median:.1f}" if whole.median < 100 else f"{whole.median:,.0f}",
            )
        )
    return bars


def _grid(title: str, heights: Sequence[int]) -> tuple[Svg, list[Place]]:
    """Make a drawing with a heading, and find places for panels of these heights, two in a row."""
    rows = [max(heights[number : number + 2]) for number in range(0, len(heights), 2)]
    tops = [64 + sum(rows[:number]) for number in range(len(rows))]
    svg = Svg(2 * WIDTH + 3 * MARGIN, 64 + sum(rows) + MARGIN // 2, title)
    svg.text(MARGIN, 28, title, size=15, fill=FAINT, bold=True)
    return svg, [
        (MARGIN + (number % 2) * (WIDTH + MARGIN), tops[number // 2])
        for number in range(len(heights))
    ]


def _is_growth(workload: WorkloadResult) -> bool:
    return workload.name.partition("-")[0] in GROWTH


def _user(sample: Sample) -> float:
    return sample.user


def _kilobytes(sample: Sample) -> float | None:
    return sample.resident and sample.resident / 1024
