"""Constraints: which type takes which, and whether they leave room for a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, Final

from ackord.schema.diagnostics import Reporter, related
from ackord.schema.document import ConstraintNode
from ackord.schema.model import (
    Constraints,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    RefType,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)
from pydantic_core import SchemaError, SchemaValidator, core_schema

_TEXT: Final = frozenset({"min_length", "max_length", "pattern"})
_SIZE: Final = frozenset({"min_length", "max_length"})
_NUMBER: Final = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_COUNT: Final = frozenset({"min_items", "max_items"})
_OF_SCALAR: Final = {"str": _TEXT, "bytes": _SIZE, "int": _NUMBER, "int64": _NUMBER, "float": _NUMBER, "decimal": _NUMBER}
_WHOLE: Final = frozenset({"int", "int64"})


def constrain(base: Type, nodes: tuple[ConstraintNode, ...], report: Reporter) -> Type:
    """Put constraints on a type, or on what may be null."""
    if not nodes:
        return base
    match base:
        case NullableType(item):
            return NullableType(constrain(item, nodes, report))
        case ScalarType():
            return replace(base, constraints=_constraints(nodes, _OF_SCALAR.get(base.name, frozenset()), base.name, report))
        case ListType() | MapType():
            return replace(base, constraints=_constraints(nodes, _COUNT, f"a {base.kind}", report))
        case _:
            _constraints(nodes, frozenset(), _describe(base), report)
            return base


def limits(constraints: Constraints) -> dict[str, Any]:
    """Give the constraints that are set, by name."""
    values = {field.name: getattr(constraints, field.name) for field in fields(constraints)}
    return {name: value for name, value in values.items() if value is not None}


def _describe(base: Type) -> str:
    match base:
        case ScalarType(name):
            return name
        case ListType() | MapType() | TupleType() | LiteralType() | UnionType():
            return f"a {base.kind}"
        case RefType(name):
            return name
        case NullableType(item):
            return _describe(item)


def _constraints(nodes: Iterable[ConstraintNode], allowed: frozenset[str], what: str, report: Reporter) -> Constraints:
    usable: dict[str, ConstraintNode] = {}
    for node in nodes:
        if node.name not in allowed:
            hint = f"{what} takes {', '.join(sorted(allowed))}" if allowed else f"{what} takes no constraints here"
            report.error("S025", node.key_place, f"{node.name!r} doesn't fit {what}", hint=hint)
        elif what in _WHOLE and isinstance(node.value, float) and not node.value.is_integer():
            report.error("S016", node.place, f"{node.name!r} of {what} is a whole number, not {node.value}")
        elif node.name != "pattern" or _is_pattern(node, report):
            usable[node.name] = node
    _check_room(usable, what, report)
    values: dict[str, Any] = {name: _normal(node.value, what) for name, node in usable.items()}
    return Constraints(**values)


def _normal(value: float | str, what: str) -> float | str:
    return int(value) if what in _WHOLE and isinstance(value, float) else value


def _is_pattern(node: ConstraintNode, report: Reporter) -> bool:
    """Compile the pattern as pydantic will, with Rust's regex crate."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=str(node.value), regex_engine="rust-regex"))
    except SchemaError as exc:
        lines = [line.strip() for line in str(exc).splitlines() if line.strip()]
        reason = next((line.removeprefix("error:").strip() for line in lines if line.startswith("error:")), lines[-1])
        hint = "look-around and back-references aren't supported" if "supported" in reason else None
        report.error("S027", node.place, f"this pattern is no regular expression that can be used: {reason}", hint=hint)
        return False
    return True


def _check_room(found: dict[str, ConstraintNode], what: str, report: Reporter) -> None:
    for low, high in (("min_length", "max_length"), ("min_items", "max_items")):
        if low in found and high in found:
            _check_order(found[low], found[high], report, exclusive=False)
    for one, other in (("ge", "gt"), ("le", "lt")):
        if one in found and other in found:
            message = f"{one!r} and {other!r} can't stand together"
            report.error("S026", found[other].key_place, message, related=[related(f"{one!r} stands here", found[one].key_place)])
            return
    low = "ge" if "ge" in found else "gt"
    high = "le" if "le" in found else "lt"
    if low in found and high in found:
        exclusive = low == "gt" or high == "lt"
        gap = 1 if what in _WHOLE and low == "gt" and high == "lt" else 0
        _check_order(found[low], found[high], report, exclusive=exclusive, gap=gap)


def _check_order(low: ConstraintNode, high: ConstraintNode, report: Reporter, *, exclusive: bool, gap: int = 0) -> None:
    assert isinstance(low.value, int | float)  # noqa: S101 - bounds are numbers
    assert isinstance(high.value, int | float)  # noqa: S101 - bounds are numbers
    least = low.value + gap
    if least > high.value or (exclusive and least == high.value):
        message = f"no value fits: {low.name!r} is {low.value} and {high.name!r} is {high.value}"
        report.error("S026", high.place, message, related=[related(f"{low.name!r} stands here", low.place)])
