"""The three kinds of panels that the plots are made of; each is drawn at a place and has the width
`WIDTH`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tests.bench.svg import FAINT, RULE, Svg

WIDTH: Final = 470
LABELS: Final = 205
"""Pixels for the names at the left of bars."""
NOTES: Final = 88
"""Pixels for the figures at the right of bars."""
ROW: Final = 19
TITLE: Final = 26
CURVE_HEIGHT: Final = 220


Place = tuple[float, float]
"""The upper left corner of a panel."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of a panel of bars."""

    label: str
    color: str
    parts: Sequence[float]
    """Stacked, each paler than the one before."""
    note: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A line of a panel of intervals: two dots, joined."""

    label: str
    color: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A line through points, one for each place on the axis."""

    color: str
    values: Sequence[float]


def rows_height(count: int) -> int:
    """Return the height of a panel with so many bars or intervals."""
    return TITLE + count * ROW + 26


def draw_bars(svg: Svg, at: Place, title: str, bars: Sequence[Bar]) -> None:
    """Draw bars from zero on, all to one scale."""
    x, y = at
    svg.text(x, y + 14, title, size=13, bold=True)
    largest = max((sum(bar.parts) for bar in bars), default=0.0) or 1.0
    scale = (WIDTH - LABELS - NOTES) / largest
    for number, bar in enumerate(bars):
        top = y + TITLE + number * ROW
        svg.text(x + LABELS - 8, top + 12, bar.label, anchor="end")
        left = x + LABELS
        for depth, part in enumerate(bar.parts):
            svg.rect(
                left,
                top + 2,
                part * scale,
                ROW - 6,
                fill=bar.color,
                opacity=(1.0, 0.45)[min(depth, 1)],
            )
            left += part * scale
        svg.text(left + 5, top + 12, bar.note, fill=FAINT)
    svg.line(x + LABELS, y + TITLE, x + LABELS, y + TITLE + len(bars) * ROW)


def draw_intervals(
    svg: Svg, at: Place, title: str, intervals: Sequence[Interval], scale: tuple[float, float]
) -> None:
    """Draw intervals on a logarithmic axis between the two ends of `scale`."""
    x, y = at
    svg.text(x, y + 14, title, size=13, bold=True)
    bottom = y + TITLE + len(intervals) * ROW
    low, high = (math.log10(end) for end in scale)
    left, width = x + LABELS, WIDTH - LABELS - 20

    def place(value: float) -> float:
        return (
            left + (min(max(math.log10(max(value, 1e-9)), low), high) - low) / (high - low) * width
        )

    for power in range(math.ceil(low), math.floor(high) + 1):
        svg.line(place(10**power), y + TITLE, place(10**power), bottom)
        svg.text(
            place(10**power),
            bottom + 12,
            microseconds(10**power),
            size=10,
            fill=FAINT,
            anchor="middle",
        )
    for number, interval in enumerate(intervals):
        middle = y + TITLE + number * ROW + ROW / 2
        svg.text(left - 8, middle + 4, interval.label, anchor="end")
        svg.line(
            place(interval.low),
            middle,
            place(interval.high),
            middle,
            stroke=interval.color,
            width=2,
        )
        svg.circle(place(interval.low), middle, 4, fill="#ffffff", stroke=interval.color)
        svg.circle(place(interval.high), middle, 4.5, fill=interval.color)


def draw_curves(
    svg: Svg, at: Place, title: str, places: Sequence[str], curves: Sequence[Curve]
) -> None:
    """Draw curves over evenly spaced places, from zero on, in multiples of something."""
    x, y = at
    svg.text(x, y + 14, title, size=13, bold=True)
    left, right, top, bottom = x + 40, x + WIDTH - 30, y + TITLE + 8, y + CURVE_HEIGHT - 30
    highest = max(2.0, *(value for curve in curves for value in curve.values)) * 1.05
    step = max(0.5, math.ceil(highest / 5))
    for number in range(math.floor(highest / step) + 1):
        level = bottom - number * step / highest * (bottom - top)
        svg.line(left, level, right, level, stroke=RULE)
        svg.text(
            left - 6,
            level + 4,
            f"{number * step:g}\N{MULTIPLICATION SIGN}",
            size=10,
            fill=FAINT,
            anchor="end",
        )
    gap = (right - left - 40) / max(1, len(places) - 1)
    for number, place in enumerate(places):
        svg.text(left + 20 + number * gap, bottom + 15, place, size=10, fill=FAINT, anchor="middle")
    for curve in curves:
        points = [
            (left + 20 + number * gap, bottom - value / highest * (bottom - top))
            for number, value in enumerate(curve.values)
        ]
        svg.polyline(points, stroke=curve.color)
        for point in points:
            svg.circle(*point, 3.5, fill=curve.color)


def microseconds(value: float) -> str:
    """Write a time in the unit that suits it."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} µs"
