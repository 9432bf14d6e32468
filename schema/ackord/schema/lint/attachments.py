"""Warns of lists and maps that may hold more attachments than a packet may have (S061)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ackord.schema.analysis.parts import types_within, written_types
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.model import ListType, MapType, RefType, ScalarType, Type, TypeDeclaration
from ackord.schema.resolve.resolved import Resolved

PACKET_ATTACHMENTS: Final = 10
"""Attachments that receivers accept in one packet by default: npm's socket.io-parser since 4.2.6,
and this runtime.
"""


def check_attachments(resolved: Resolved, report: Reporter) -> None:
    """Warn once of each type that holds such a list or map."""
    for of, place in resolved.composed:
        kind = next(_unbounded(of, resolved.declarations), None)
        if kind is not None:
            report.add(
                "S061",
                place,
                f"this {kind} may hold any number of attachments, but a packet has at most "
                f"{PACKET_ATTACHMENTS}",
                hint=f"say how many there may be, as in `max_items: {PACKET_ATTACHMENTS}`",
            )


def _unbounded(of: Type, declarations: Mapping[str, TypeDeclaration]) -> Iterator[str]:
    """Return the kinds of the lists and maps, as they are written in a type, that may hold any
    number of attachments.
    """
    for part in written_types(of):
        match part:
            case ListType(item, constraints) | MapType(item, constraints) if (
                constraints.max_items is None
            ):
                if _holds_bytes(item, declarations):
                    yield part.kind
            case _:
                pass


def _holds_bytes(of: Type, declarations: Mapping[str, TypeDeclaration]) -> bool:
    pending: list[Type] = [of]
    seen: set[str] = set()
    while pending:
        for part in written_types(pending.pop()):
            if isinstance(part, ScalarType) and part.name == "bytes":
                return True
            if isinstance(part, RefType) and part.name not in seen:
                seen.add(part.name)
                pending.extend(types_within(declarations.get(part.name)))
    return False
