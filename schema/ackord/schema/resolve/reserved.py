"""Checks that names that were removed aren't used again."""

from __future__ import annotations

from collections.abc import Iterable

from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import Name


def check_reserved(
    reserved: Iterable[Name], used: Iterable[Name], what: str, report: Reporter
) -> tuple[str, ...]:
    """Report names that are reserved and used; return the reserved ones."""
    places = {name.text: name.place for name in reserved}
    for name in used:
        if name.text in places:
            report.add(
                "S064",
                name.place,
                f"{name.text!r} names {what} that was removed",
                related=[related("it is reserved here", places[name.text])],
            )
    return tuple(places)
