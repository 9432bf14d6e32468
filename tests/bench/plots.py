"""Results as plots: where the CPU goes, what connections cost, latency, growth."""

# The annotations of matplotlib leave out types of keyword arguments.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tests.bench.ratios import Metric, spread
from tests.bench.results import Results, Sample, WorkloadResult
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
STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "ackord",  # else each file has other ids
    "svg.fonttype": "none",  # text stays text: smaller files, and tests can read it
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#d0d7de",
    "ytick.left": False,
}
WIDTH: Final = 12.0
"""Inches of a plot; two panels stand side by side."""
ROW: Final = 0.21
"""Inches of a bar."""
TITLE: Final = 0.75
"""Inches around the bars of a panel."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the drawings of a plot."""

    title: str
    height: float
    """In inches."""
    draw: Callable[[Axes], None]


@dataclass(frozen=True, slots=True)
class Plot:
    """Panels under a heading, two in a row."""

    title: str
    panels: Sequence[Panel]

    def save(self, path: Path) -> None:
        """Write the plot as SVG: the same bytes each time with the same version of matplotlib."""
        pairs = [self.panels[number : number + 2] for number in range(0, len(self.panels), 2)]
        heights = [max(panel.height for panel in pair) for pair in pairs]
        with mpl.rc_context(STYLE):
            figure = Figure(figsize=(WIDTH, sum(heights) + 0.4), layout="constrained")
            figure.suptitle(self.title, x=0.01, ha="left", size=11, weight="bold", color="#656d76")
            grid = figure.add_gridspec(len(pairs), 2, height_ratios=heights)
            for number, panel in enumerate(self.panels):
                axes = figure.add_subplot(grid[number // 2, number % 2])
                axes.set_title(panel.title)
                panel.draw(axes)
            figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def plots(results: Results) -> Mapping[str, Plot]:
    """Plan a plot of each kind that there are results for, by the name of its file."""
    planned = {
        "cpu.svg": Plot(
            "CPU of the server for each unit of work: user (dark) and kernel (pale)",
            [
                panel
                for workload in results.workloads
                if workload.kind == "cpu" and workload.name.partition("-")[0] not in GROWTH
                for panel in _cpu(workload, f"{workload.title}: CPU µs/{workload.unit}")
            ],
        ),
        "connections.svg": Plot(
            "What connections cost: CPU, user (dark) and kernel (pale); memory",
            [
                panel
                for workload in results.workloads
                if workload.kind == "accept"
                for panel in (
                    *_cpu(workload, f"{workload.title}: CPU µs/connection"),
                    *_memory(workload),
                )
            ],
        ),
        "latency.svg": Plot(
            "Latency at a fixed rate: p50 (ring) and p99 (dot), logarithmic",
            [panel for workload in results.workloads for panel in _latency(workload)],
        ),
        "growth.svg": Plot(
            "How cost grows, in multiples of the first",
            [
                panel
                for prefix, title in GROWTH.items()
                for panel in _growth(
                    [each for each in results.workloads if each.name.startswith(f"{prefix}-")],
                    title,
                )
            ],
        ),
    }
    return {name: plot for name, plot in planned.items() if plot.panels}


def medians(workload: WorkloadResult, metric: Metric) -> dict[str, float]:
    """Return the median of each system that has one."""
    spreads = {key: spread(each.samples, metric) for key, each in workload.systems.items()}
    return {key: found.median for key, found in spreads.items() if found is not None}


def _cpu(workload: WorkloadResult, title: str) -> Iterator[Panel]:
    whole, user = medians(workload, METRICS["CPU"]), medians(workload, _user)

    if whole:
        kernel = {key: max(0.0, whole[key] - user[key]) for key in whole}
        yield Panel(title, _height(whole), lambda axes: _draw_bars(axes, user, kernel))


def _memory(workload: WorkloadResult) -> Iterator[Panel]:
    resident = medians(workload, _kilobytes)
    if resident:
        yield Panel(
            f"{workload.title}: KB of memory at rest",
            _height(resident),
            lambda axes: _draw_bars(axes, resident),
        )


def _latency(workload: WorkloadResult) -> Iterator[Panel]:
    p50, p99 = medians(workload, _p50), medians(workload, METRICS["p99"])

    def draw(axes: Axes) -> None:
        for row, key in enumerate(p99):
            axes.plot([p50[key], p99[key]], [row, row], color=COLORS[key])
            axes.plot(p50[key], row, "o", color=COLORS[key], markerfacecolor="white")
            axes.plot(p99[key], row, "o", color=COLORS[key])
        axes.set_xscale("log")
        axes.set_xlim(10 ** math.floor(math.log10(min(p50.values()))), None)
        axes.xaxis.set_major_formatter(FuncFormatter(microseconds))
        axes.grid(axis="x", color="#d0d7de")
        axes.margins(y=0.12)
        _name_rows(axes, list(p99))

    if p99:
        yield Panel(workload.title, _height(p99), draw)


def _growth(workloads: Sequence[WorkloadResult], title: str) -> Iterator[Panel]:
    costs = [medians(workload, METRICS["CPU"]) for workload in workloads]
    whole = [key for key in (costs[0] if costs else ()) if all(key in cost for cost in costs)]
    sizes = [workload.name.rpartition("-")[2] for workload in workloads]

    def draw(axes: Axes) -> None:
        for key in whole:
            values = [cost[key] / costs[0][key] for cost in costs]
            axes.plot(sizes, values, "o-", color=COLORS[key], label=SYSTEMS[key].title)
        axes.set_ylim(0, None)
        axes.yaxis.set_major_formatter("{x:g}\N{MULTIPLICATION SIGN}")
        axes.grid(axis="y", color="#d0d7de")
        axes.legend(frameon=False)

    if whole and len(workloads) > 1:
        yield Panel(title, 2.4, draw)


def _draw_bars(axes: Axes, *parts: Mapping[str, float]) -> None:
    """Draw a bar for each system, of one part or of a dark and a pale one, and write its value."""
    keys = list(parts[0])
    totals = dict.fromkeys(keys, 0.0)
    for part, alpha in zip(parts, (1.0, 0.45), strict=False):
        axes.barh(
            range(len(keys)),
            [part[key] for key in keys],
            left=list(totals.values()),
            height=0.7,
            color=[COLORS[key] for key in keys],
            alpha=alpha,
        )
        totals = {key: totals[key] + part[key] for key in keys}
    for row, total in enumerate(totals.values()):
        note = f"{total:.1f}" if total < 100 else f"{total:,.0f}"
        axes.annotate(note, (total, row), (3, 0), textcoords="offset points", va="center")
    axes.margins(x=0.12)
    _name_rows(axes, keys)


def _name_rows(axes: Axes, keys: Sequence[str]) -> None:
    axes.set_yticks(range(len(keys)), [SYSTEMS[key].title for key in keys])
    axes.invert_yaxis()


def _height(rows: Mapping[str, float]) -> float:
    return TITLE + len(rows) * ROW


def microseconds(value: float, _position: int | None = None) -> str:
    """Write a time in the unit that suits it, as a label of an axis."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} µs"


def _user(sample: Sample) -> float:
    return sample.user


def _p50(sample: Sample) -> float | None:
    return sample.p50


def _kilobytes(sample: Sample) -> float | None:
    return sample.resident and sample.resident / 1024
