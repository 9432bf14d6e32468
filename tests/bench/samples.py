"""Results as they could have been measured, for the tests of what is made of them."""

from __future__ import annotations

from tests.bench.results import (
    Circumstances,
    Latency,
    Results,
    Sample,
    SystemResult,
    WorkloadResult,
)
from tests.bench.workloads import WORKLOADS


def sample(number: int, cpu: float, **more: object) -> Sample:
    values: dict[str, object] = {
        "user": cpu * 0.75,
        "count": 1000,
        "seconds": 0.5,
        "load_cpu": 1.0,
        "canary": 10.0,
        **more,
    }
    return Sample(round=number, cpu=cpu, **values)  # type: ignore[arg-type]  # each test gives what it is about


def samples(*cpu: float, **more: object) -> SystemResult:
    return SystemResult([sample(number, value, **more) for number, value in enumerate(cpu)])


def workload(name: str, **systems: SystemResult) -> WorkloadResult:
    known = WORKLOADS[name]
    return WorkloadResult(
        name,
        known.title,
        known.unit,
        known.kind,
        {key.replace("_", "-"): result for key, result in systems.items()},
    )


def results(*workloads: WorkloadResult) -> Results:
    about = Circumstances(
        "2026-11-23 04:00 UTC",
        "0123456789ab",
        {"processor": "A processor", "cores": "2"},
        {"uvicorn": "0.1", "zod": "4.0"},
    )
    return Results(about, 3, 1.0, list(workloads))


def latency(p50: float, p99: float) -> Latency:
    return Latency(p50, (p50 + p99) / 2, p99, p99 * 2)
