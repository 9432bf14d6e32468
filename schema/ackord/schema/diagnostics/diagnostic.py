"""Problems of schema files, as data."""

from __future__ import annotations

from dataclasses import dataclass

from ackord.schema.diagnostics.rules import Severity
from ackord.schema.source import Place, Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place that belongs to a problem."""

    message: str
    file: str
    range: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One problem."""

    code: str
    """A key of `RULES`; its meaning never changes."""
    severity: Severity = "error"
    file: str
    range: Range
    message: str
    hint: str | None = None
    """What to do, if known."""
    related: tuple[Related, ...] = ()


def related(message: str, place: Place) -> Related:
    """Make a related place."""
    return Related(message=message, file=place.file, range=place.range)
