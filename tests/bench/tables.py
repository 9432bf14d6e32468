"""Results as tables, for a terminal and for a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from tests.bench.ratios import Metric, Spread, ratio, spread
from tests.bench.results import Sample, SystemResult, WorkloadResult
from tests.bench.systems import REFERENCE, SYSTEMS
from tests.bench.targets import METRICS, Figure, Verdict

Format = Literal["text", "markdown"]
MOST_WAITING: Final = 0.05
"""The share of the time for which a server may wait for its core without a remark."""
_Figure = Callable[[Sequence[Sample], Sequence[Sample]], str]
"""Makes a cell of the samples of a system and those of the reference."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts below a heading; the first column is text, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def render(self, form: Format) -> str:
        """Lay it out."""
        return self._markdown() if form == "markdown" else self._text()

    def _text(self) -> str:
        cells = [list(self.columns), *map(list, self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        lines = [
            "  ".join(
                [
                    row[0].ljust(widths[0]),
                    *(text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)),
                ]
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, *(f"  {line}" for line in lines)])

    def _markdown(self) -> str:
        rule = ["---", *("---:" for _ in self.columns[1:])]
        return "\n".join(
            [
                f"### {self.title}",
                "",
                *(f"| {' | '.join(row)} |" for row in (self.columns, rule, *self.rows)),
            ]
        )


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a reader of a table should know."""

    sentence: str
    details: Sequence[str] = ()
    """What a program had to say, line by line."""

    def render(self, form: Format) -> str:
        """Lay it out."""
        if form == "text":
            return "\n".join([f"  ! {self.sentence}", *(f"    {line}" for line in self.details)])
        return "\n".join(
            [self.sentence, *(("", "```text", *self.details, "```") if self.details else ())]
        )


def workload_table(workload: WorkloadResult) -> Table:
    """Show one workload: a line for each system."""
    reference = workload.systems.get(REFERENCE, SystemResult()).samples
    columns, figures = _figures(workload)
    if any(
        sample.instructions is not None
        for result in workload.systems.values()
        for sample in result.samples
    ):
        columns += ["instructions", "÷ Node"]
        figures += [_median(METRICS["instructions"], ",.0f"), _compared("instructions")]
    rows = [
        [
            SYSTEMS[key].title,
            *(
                [figure(result.samples, reference) for figure in figures]
                if result.samples
                else ["failed", *[""] * (len(figures) - 1)]
            ),
        ]
        for key, result in workload.systems.items()
    ]
    return Table(workload.title, ["", *columns], rows)


def remarks(workload: WorkloadResult) -> list[Remark]:
    """Tell what makes the figures of a workload doubtful, and what failed."""
    found: list[Remark] = []
    canaries = [sample.canary for result in workload.systems.values() for sample in result.samples]
    if canaries and max(canaries) > 1.5 * min(canaries):
        cost = f"a loopback exchange cost between {min(canaries):.1f} and {max(canaries):.1f} µs"
        found.append(Remark(f"The machine changed its state during these runs: {cost}."))
    waited = {
        key: figure.median
        for key, result in workload.systems.items()
        if (figure := spread(result.samples, lambda sample: sample.waited))
    }
    if waited and max(waited.values()) > MOST_WAITING:
        worst = max(waited, key=waited.__getitem__)
        shares = f"{SYSTEMS[worst].title} waited for it for {waited[worst]:.0%} of the time"
        found.append(Remark(f"Something else ran on the server's core meanwhile: {shares}."))
    for key, result in workload.systems.items():
        title = SYSTEMS[key].title
        doubt = _late(result) if workload.kind == "latency" else _outrun(result, workload.unit)
        if doubt:
            found.append(Remark(f"{title}: {doubt}"))
        if result.failures:
            runs = (
                f"{len(result.failures)} of {len(result.failures) + len(result.samples)} runs "
                "failed"
            )
            found.append(
                Remark(
                    f"{title}: {runs}; the last one said:",
                    _shortened(result.failures[-1].splitlines()),
                )
            )
    return found


def _outrun(result: SystemResult, unit: str) -> str:
    """Tell whether the load generator needed more than the server."""
    server, load = (
        spread(result.samples, METRICS["CPU"]),
        spread(result.samples, lambda sample: sample.load_cpu),
    )
    if server is None or load is None or load.median < server.median:
        return ""
    return (
        f"the load generator used {load.median:.2f} µs for each {unit}, more than the server; "
        "it may be the limit."
    )


def _late(result: SystemResult) -> str:
    """Tell whether latencies are the load generator's own."""
    server, load = (
        spread(result.samples, METRICS["p99"]),
        spread(
            result.samples,
            lambda sample: sample.latency.lag if sample.latency is not None else None,
        ),
    )
    if server is None or load is None or load.median < server.median / 2:
        return ""
    return (
        f"the load generator itself was late by {load.median:,.0f} µs, of the "
        f"{server.median:,.0f} µs of the 99th percentile."
    )


def _shortened(lines: list[str]) -> list[str]:
    """Leave out the middle of a long message; raw results hold all of it."""
    return lines if len(lines) <= 12 else [*lines[:3], "…", *lines[-8:]]


def targets_table(verdicts: Sequence[Verdict], titles: dict[str, str]) -> Table:
    """Show what was to be reached and what was; `titles` are those of the workloads."""
    counted = any(verdict.instructions is not None for verdict in verdicts)
    rows = [
        [
            f"{titles[verdict.target.workload]}: {verdict.target.figure}",
            SYSTEMS[verdict.target.system].title,
            SYSTEMS[verdict.target.reference].title,
            _spread(verdict.measured),
            *([_spread(verdict.instructions)] if counted else []),
            f"{verdict.target.bound:.2f}",
            verdict.word,
        ]
        for verdict in verdicts
    ]
    return Table(
        "Targets",
        [
            "",
            "system",
            "compared with",
            "measured",
            *(["in instructions"] if counted else []),
            "at most",
            "",
        ],
        rows,
    )


def _figures(workload: WorkloadResult) -> tuple[list[str], list[_Figure]]:
    cpu = [
        _median(METRICS["CPU"], ".2f"),
        _median(lambda sample: sample.user, ".2f"),
        _median(lambda sample: sample.kernel, ".2f"),
        _compared("CPU"),
    ]
    columns = [f"CPU µs/{workload.unit}", "user", "kernel", "÷ Node"]
    load = _median(lambda sample: sample.load_cpu, ".2f")
    if workload.kind == "latency":
        latency = [
            _median(lambda sample: sample.p50, ",.0f"),
            _median(METRICS["p99"], ",.0f"),
            _compared("p99"),
        ]
        return ["p50 µs", "p99 µs", "p99 ÷ Node", *columns, "load's CPU"], [*latency, *cpu, load]
    if workload.kind == "accept":
        memory = [
            _median(lambda sample: sample.resident and sample.resident / 1024, ".1f"),
            _compared("memory"),
        ]
        return [*columns, "KB RSS each", "÷ Node", "load's CPU"], [*cpu, *memory, load]
    many = {"delivery": "deliveries"}.get(workload.unit, f"{workload.unit}s")
    return [*columns, f"{many}/s", "load's CPU"], [
        *cpu,
        _median(lambda sample: sample.rate, ",.0f"),
        load,
    ]


def _median(metric: Metric, form: str) -> _Figure:
    def show(samples: Sequence[Sample], reference: Sequence[Sample]) -> str:
        values = spread(samples, metric)
        return "" if values is None else format(values.median, form)

    return show


def _compared(figure: Figure) -> _Figure:
    return lambda samples, reference: _spread(ratio(samples, reference, METRICS[figure]))


def _spread(values: Spread | None) -> str:
    return "" if values is None else f"{values.median:.2f} ({values.low:.2f} to {values.high:.2f})"
