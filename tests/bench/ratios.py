"""Medians, and ratios with their spread.

The machine's mood changes from round to round, and all systems of a round share it more or less: so
ratios are made within a round first, and their median is taken then.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.results import Sample

Metric = Callable[[Sample], float | None]


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and between what the values lie."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread | None:
        """Summarize `values`; `None` if there are none."""
        return cls(statistics.median(values), min(values), max(values)) if values else None


def spread(samples: Sequence[Sample], metric: Metric) -> Spread | None:
    """Summarize one figure of several runs."""
    return Spread.of([value for sample in samples if (value := metric(sample)) is not None])


def ratio(samples: Sequence[Sample], reference: Sequence[Sample], metric: Metric) -> Spread | None:
    """Compare a figure with that of `reference`, round by round; rounds in which one of both has
    none don't count.
    """
    by_round = {
        sample.round: value
        for sample in reference
        if (value := metric(sample)) is not None and value > 0
    }
    return Spread.of(
        [
            value / by_round[sample.round]
            for sample in samples
            if sample.round in by_round and (value := metric(sample)) is not None
        ]
    )
