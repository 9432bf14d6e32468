"""Warns of untagged unions that contain themselves (S062): a reader has to find the member at each
level.
"""

from __future__ import annotations

from collections.abc import Mapping

from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.analysis.parts import types_within, written_types
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.model import RefType, Type, TypeDeclaration, UnionType
from ackord.schema.resolve.resolved import Resolved


def check_recursive_unions(resolved: Resolved, report: Reporter) -> None:
    """Warn once of each type in which such a union is written."""
    for of, place in resolved.composed:
        if any(_is_recursive(part, resolved.declarations) for part in written_types(of)):
            report.add(
                "S062",
                place,
                "values of this union may hold values of the same union, to any depth: each is "
                "read once for each level above it",
            )


def _is_recursive(of: Type, declarations: Mapping[str, TypeDeclaration]) -> bool:
    return (
        isinstance(of, UnionType)
        and not json_kinds(of, declarations).isdisjoint({"array", "object"})
        and _holds_itself(of, declarations)
    )


def _holds_itself(union: UnionType, declarations: Mapping[str, TypeDeclaration]) -> bool:
    pending: list[Type] = list(union.members)
    seen: set[str] = set()
    while pending:
        for part in written_types(pending.pop()):
            if part == union:
                return True
            if isinstance(part, RefType) and part.name not in seen:
                seen.add(part.name)
                pending.extend(types_within(declarations.get(part.name)))
    return False
