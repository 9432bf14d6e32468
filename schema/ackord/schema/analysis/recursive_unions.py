"""Untagged unions that hold themselves: a reader asks at each level which member a value is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ackord.schema.analysis.attachments import types_within, written_types
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import RefType, Type, TypeDeclaration, UnionType


def recursive_unions(of: Type, declarations: Mapping[str, TypeDeclaration]) -> Iterator[UnionType]:
    """Give the untagged unions, as they are written in a type, whose values may hold values of the
    same union.
    """
    for part in written_types(of):
        if (
            isinstance(part, UnionType)
            and not json_kinds(part, declarations).isdisjoint({"array", "object"})
            and _holds(part, declarations)
        ):
            yield part


def _holds(union: UnionType, declarations: Mapping[str, TypeDeclaration]) -> bool:
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
