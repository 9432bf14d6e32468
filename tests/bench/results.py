"""What was measured, as it is kept: JSON with everything that one needs to judge it later."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter
from pydantic_core import to_json

from tests.bench.workloads import Kind


@dataclass(frozen=True, slots=True)
class Latency:
    """Microseconds from the time at which a message was due until its answer."""

    p50: float
    p90: float
    p99: float
    max: float
    lag: float | None = None
    """By how much the load generator itself was late, in the worst hundredth; a part of the
    latencies.
    """


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions for each unit."""

    user: float
    kernel: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.user + self.kernel


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of one system: microseconds of CPU for each unit."""

    round: int
    cpu: float
    user: float
    """Of `cpu`, the part outside of the kernel."""
    count: int
    seconds: float
    load_cpu: float
    """What the load generator used for each unit."""
    canary: float
    """What a loopback exchange cost just before."""
    waited: float = 0.0
    """The share of the time in which the server would have run, had something else not held its
    core.
    """
    latency: Latency | None = None
    resident: float | None = None
    """Bytes of memory for each connection, at rest."""
    instructions: Instructions | None = None
    """Where the machine counts them."""

    @property
    def kernel(self) -> float:
        """Of `cpu`, the part within the kernel."""
        return max(0.0, self.cpu - self.user)

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.count / self.seconds if self.seconds > 0 else 0.0

    @property
    def p50(self) -> float | None:
        """Median latency in microseconds."""
        return self.latency.p50 if self.latency is not None else None

    @property
    def p99(self) -> float | None:
        """99th percentile of latency in microseconds."""
        return self.latency.p99 if self.latency is not None else None


@dataclass(slots=True)
class SystemResult:
    """The runs of one system in one workload."""

    samples: list[Sample] = field(default_factory=list[Sample])
    failures: list[str] = field(default_factory=list[str])
    """What runs failed with, and the end of the server's standard error."""


@dataclass(slots=True)
class WorkloadResult:
    """One workload on several systems."""

    name: str
    title: str
    unit: str
    kind: Kind
    systems: dict[str, SystemResult]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, where and with what."""

    date: str
    commit: str
    """The commit that was measured; with ``+`` if there were changes beside it."""
    machine: dict[str, str]
    versions: dict[str, str]
    note: str = ""
    """What else a reader should know."""


@dataclass(slots=True)
class Results:
    """One run of the benchmark."""

    circumstances: Circumstances
    rounds: int
    seconds: float
    workloads: list[WorkloadResult] = field(default_factory=list[WorkloadResult])

    def save(self, path: Path) -> None:
        """Write it as JSON, with a line for each workload."""
        path.parent.mkdir(parents=True, exist_ok=True)
        workloads = ",\n".join(_compact(workload) for workload in self.workloads)
        head = _compact(
            {"circumstances": self.circumstances, "rounds": self.rounds, "seconds": self.seconds}
        ).removesuffix("}")
        path.write_text(f'{head},\n"workloads":[\n{workloads}\n]}}\n', encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Results:
        """Read what `save` wrote."""
        return _ADAPTER.validate_json(path.read_bytes())


def _compact(value: object) -> str:
    return to_json(value, exclude_none=True).decode()


_ADAPTER = TypeAdapter(Results)
