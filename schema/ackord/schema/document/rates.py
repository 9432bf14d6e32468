"""Reading ``rate:``, how often a client may send."""

from __future__ import annotations

from decimal import Decimal
from math import ceil
from typing import Final

from ackord.schema.document.section import Section, read_mapping
from ackord.schema.model import Rate
from ackord.schema.yaml.nodes import Node, Scalar, describe

KEYS: Final = ("per_second", "burst")
"""Keys of a rate."""
_MOST: Final = 1_000_000
_LONGEST: Final = 86_400
"""Seconds after which a client may send a whole burst again: servers keep counts for so long."""


def read_rate(section: Section) -> Rate | None:
    """Take ``rate:`` of an event or a namespace."""
    node = section.node("rate")
    mapping = None if node is None else read_mapping(node, "'rate'", section.report)
    if mapping is None:
        return None
    inner = Section(mapping, section.key_place("rate"), "a rate", KEYS, section.report)
    given = inner.node("per_second", required=True)
    per_second = None if given is None else _read_number(given, "per_second", inner)
    if per_second is None:
        return None
    burst: Decimal | int | None = ceil(per_second)
    node = inner.node("burst")
    if node is not None:
        burst = _read_number(node, "burst", inner)
    if burst is None:
        return None
    if burst / per_second > _LONGEST:
        section.report.add(
            "S016",
            inner.where,
            f"a burst of {burst} takes longer than a day at {per_second} per second",
            hint="servers count within a day: raise `per_second`, or lower `burst`",
        )
        return None
    return Rate(per_second=float(per_second), burst=int(burst))


def _read_number(node: Node, key: str, section: Section) -> Decimal | None:
    value = node.number() if isinstance(node, Scalar) else None
    if value is None:
        section.report.add("S010", node.place, f"{key!r} is a number, not {describe(node)}")
        return None
    is_whole = key == "burst"
    if not 0 < value <= _MOST or (is_whole and value != int(value)):
        kind = "a whole number" if is_whole else "a number"
        section.report.add("S016", node.place, f"{key!r} is {kind} above 0, at most {_MOST:,}")
        return None
    return Decimal(value)
