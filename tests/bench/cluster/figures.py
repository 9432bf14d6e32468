"""The figures of a cluster, beside what they may be at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.ratios import Spread
from tests.bench.tables import Table


@dataclass(slots=True)
class Figure:
    """A ratio, or a cost, of several rounds."""

    name: str
    at_most: float | None = None
    values: list[float] = field(default_factory=list[float])
    """One for each round."""

    def row(self) -> Sequence[str]:
        """Return the median with the lowest and the highest, what it may be, and the verdict."""
        spread = Spread.of(self.values)
        if spread is None:
            return (self.name, "", "", "not measured")
        shown = f"{spread.median:.3f} ({spread.low:.3f} to {spread.high:.3f})"
        if self.at_most is None:
            return (self.name, shown, "", "")
        verdict = "met" if spread.median <= self.at_most else "missed"
        return (self.name, shown, f"{self.at_most:g}", verdict)


class Figures:
    """The figures of one part of the benchmark, in the order in which they came first."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._figures: dict[str, Figure] = {}

    def add(self, name: str, value: float, at_most: float | None = None) -> None:
        """Add the value of a round."""
        self._figures.setdefault(name, Figure(name, at_most)).values.append(value)

    def table(self) -> Table:
        """Lay them out."""
        columns = ("", "median (lowest to highest)", "at most", "")
        return Table(self._title, columns, [figure.row() for figure in self._figures.values()])
