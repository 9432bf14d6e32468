"""What issue 4 asks for, as data: ratios that the two ways of hosting may have at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from tests.bench.ratios import Metric, Spread, ratio
from tests.bench.results import Results

Figure = Literal["CPU", "memory", "p99", "instructions"]

METRICS: Final[dict[Figure, Metric]] = {
    "CPU": lambda sample: sample.cpu,
    "memory": lambda sample: sample.resident,
    "p99": lambda sample: sample.p99,
    "instructions": lambda sample: (
        sample.instructions.total if sample.instructions is not None else None
    ),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A ratio that is not to be exceeded."""

    workload: str
    system: str
    reference: str
    bound: float
    figure: Figure = "CPU"


TARGETS: Final = (
    Target("echo-100", "ackord", "node", 0.80),
    Target("echo-100", "ackord", "psio-uvicorn", 0.20),
    Target("echo-100", "ackord-asgi", "node", 1.4),
    Target("echo-100", "ackord-plain", "node", 0.70),
    Target("echo-pipelined", "ackord", "node", 0.60),
    Target("broadcast-1000", "ackord", "node", 0.75),
    Target("broadcast-1000", "ackord", "psio-uvicorn", 0.15),
    Target("broadcast-1000", "ackord", "raw", 1.35),
    Target("broadcast-1000", "ackord-asgi", "node", 1.1),
    Target("oneway-100b", "ackord", "node", 1.3),
    Target("oneway-100b", "ackord-plain", "node", 1.0),
    Target("oneway-100b", "ackord-asgi", "node", 2.5),
    Target("oneway-10kb", "ackord", "node", 0.7),
    Target("binary-64kb", "ackord", "node", 0.75),
    Target("polling", "ackord", "node", 1.3),
    Target("polling", "ackord", "psio-uvicorn", 0.35),
    Target("polling", "ackord-asgi", "node", 1.8),
    Target("accept-10000", "ackord", "node", 0.6),
    Target("accept-10000", "ackord", "node", 0.6, "memory"),
    Target("latency-10000", "ackord", "node", 1.0, "p99"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A target, and what was measured."""

    target: Target
    measured: Spread | None
    """`None` if one of both systems failed."""
    instructions: Spread | None = None
    """The same ratio in instructions, where they are counted; the steadier figure of CPU."""

    @property
    def word(self) -> str:
        """Whether the target is met, in one word or two."""
        if self.measured is None:
            return "not measured"
        return "met" if self.measured.median <= self.target.bound else "missed"


def judge(results: Results) -> list[Verdict]:
    """Compare what was measured with the targets; those of workloads and systems that were left out
    don't count.
    """
    systems = {
        (workload.name, key): system.samples
        for workload in results.workloads
        for key, system in workload.systems.items()
    }
    return [
        Verdict(
            target,
            ratio(ours, theirs, METRICS[target.figure]),
            ratio(ours, theirs, METRICS["instructions"]) if target.figure == "CPU" else None,
        )
        for target in TARGETS
        if (ours := systems.get((target.workload, target.system))) is not None
        and (theirs := systems.get((target.workload, target.reference))) is not None
    ]
