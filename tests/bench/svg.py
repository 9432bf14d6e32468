"""A small writer of SVG: what the plots need, and nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal
from xml.sax.saxutils import escape, quoteattr

FONT: Final = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
INK: Final = "#1f2328"
FAINT: Final = "#656d76"
RULE: Final = "#d0d7de"

Anchor = Literal["start", "middle", "end"]


class Svg:
    """A drawing on white, so that it can be read on a page of any color; coordinates are pixels."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'font-family={quoteattr(FONT)} role="img"><title>{escape(title)}</title>'
        )
        self._parts: list[str] = []
        self.rect(0, 0, width, height, fill="#ffffff")

    def rect(
        self, x: float, y: float, width: float, height: float, *, fill: str, opacity: float = 1.0
    ) -> None:
        """Fill a rectangle."""
        self._add(
            "rect", x=x, y=y, width=max(0.0, width), height=height, fill=fill, opacity=opacity
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = RULE, width: float = 1.0
    ) -> None:
        """Draw a line."""
        self._add("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width)

    def polyline(self, points: Sequence[tuple[float, float]], *, stroke: str) -> None:
        """Join points by lines."""
        self._add(
            "polyline",
            points=" ".join(f"{_number(x)},{_number(y)}" for x, y in points),
            fill="none",
            stroke=stroke,
            stroke_width=2.0,
        )

    def circle(self, x: float, y: float, radius: float, *, fill: str, stroke: str = "none") -> None:
        """Draw a dot."""
        self._add("circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, stroke_width=1.5)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int = 11,
        fill: str = INK,
        anchor: Anchor = "start",
        bold: bool = False,
    ) -> None:
        """Write text with its base line at `y`."""
        attributes = _attributes(
            x=x,
            y=y,
            font_size=size,
            fill=fill,
            text_anchor=anchor,
            font_weight="600" if bold else "400",
        )
        self._parts.append(f"<text {attributes}>{escape(text)}</text>")

    def render(self) -> str:
        """Return the document."""
        return "\n".join([self._head, *self._parts, "</svg>", ""])

    def _add(self, name: str, **attributes: float | str) -> None:
        self._parts.append(f"<{name} {_attributes(**attributes)}/>")


def _attributes(**attributes: float | str) -> str:
    return " ".join(
        f"{name.replace('_', '-')}={quoteattr(value if isinstance(value, str) else _number(value))}"
        for name, value in attributes.items()
        if not (name == "opacity" and value == 1.0)
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
