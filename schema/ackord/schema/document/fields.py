"""Reads types where they are used, and fields, arguments and parameters."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import ConstraintNode, FieldNode, Name, TypeNode
from ackord.schema.document.section import Section
from ackord.schema.expressions.parser import parse_expression
from ackord.schema.expressions.syntax import Expression
from ackord.schema.names import FIELD_NAME, MAX_NAME, NameForm, camel_case, snake_case
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence, describe

COUNTS: Final = (
    "min_length",
    "max_length",
    "min_items",
    "max_items",
    "max_digits",
    "decimal_places",
)
BOUNDS: Final = ("ge", "gt", "le", "lt", "multiple_of")
CONSTRAINT_KEYS: Final = ("pattern", *BOUNDS, *COUNTS)
MAX_COUNT: Final = 2**31 - 1
"""The largest number in constraints that count characters, bytes, items or digits."""
DOC_KEYS: Final = ("doc", "deprecated")


def read_type(node: Node, where: Place, report: Reporter) -> TypeNode | None:
    """Read a type: an expression, ``type:`` with constraints, or an inline record."""
    match node:
        case Mapping():
            return _read_type_mapping(node, where, report)
        case Sequence():
            report.add(
                "S010", node.place, "a type is an expression, not a list", hint=_list_hint(node)
            )
            return None
        case Scalar():
            expression = read_expression(node, report)
            return TypeNode(expression.place, expression) if expression else None


def read_expression(node: Node, report: Reporter) -> Expression | None:
    """Read a type expression."""
    if isinstance(node, Scalar) and node.kind == "text":
        return parse_expression(node, report)
    if isinstance(node, Scalar) and node.kind == "null" and node.text:
        report.add(
            "S020",
            node.place,
            "null alone is no type",
            hint="write `T | null` for a value that may be null",
        )
    else:
        report.add("S010", node.place, f"expected a type, found {describe(node)}")
    return None


def _list_hint(node: Sequence) -> str:
    texts = [item.text if isinstance(item, Scalar) and item.text else "T" for item in node.items]
    if len(texts) == 1:
        return f"write `list[{texts[0][:60]}]`"
    return "write list[T] for any number of values, tuple[A, B] for fixed positions"


def _read_type_mapping(node: Mapping, where: Place, report: Reporter) -> TypeNode | None:
    keys = [entry.key.text for entry in node]
    if "fields" in keys:
        section = Section(node, where, "an inline record", ("fields", *DOC_KEYS), report)
        fields = read_fields(section.entries("fields"), "a field", report)
        return TypeNode(
            where, fields=fields, doc=section.prose("doc"), deprecated=section.prose("deprecated")
        )
    if "type" in keys or (keys and all(key in {*CONSTRAINT_KEYS, *DOC_KEYS} for key in keys)):
        section = Section(
            node, where, "a type with constraints", ("type", *CONSTRAINT_KEYS, *DOC_KEYS), report
        )
        constraints = read_constraints(section)
        doc, deprecated = section.prose("doc"), section.prose("deprecated")
        base = section.node("type", required=True)
        expression = read_expression(base, report) if base is not None else None
        return (
            TypeNode(expression.place, expression, constraints, doc=doc, deprecated=deprecated)
            if expression
            else None
        )
    hint = (
        "write `{fields: {…}}` around the names"
        if keys
        else "write `{fields: {}}` for a record without fields"
    )
    report.add(
        "S022",
        node.place if keys else where,
        "expected a type, found a bare mapping of names",
        hint=hint,
    )
    return None


def read_constraints(section: Section) -> tuple[ConstraintNode, ...]:
    """Read the constraints in a mapping."""
    found: list[ConstraintNode] = []
    for key in CONSTRAINT_KEYS:
        node = section.node(key)
        if node is None:
            continue
        value = _read_constraint(key, node, section.report)
        if value is not None:
            found.append(ConstraintNode(key, value, section.key_place(key), node.place))
    return tuple(found)


def _read_constraint(key: str, node: Node, report: Reporter) -> int | Decimal | str | None:
    if key == "pattern":
        if isinstance(node, Scalar) and node.kind == "text":
            return node.text
        report.add(
            "S010",
            node.place,
            f"'pattern' is text, not {describe(node)}",
            hint="put the pattern in quotes",
        )
        return None
    if key in BOUNDS and isinstance(node, Scalar) and node.style is not None:
        return node.text  # `constrain` checks whether the type takes text
    value = node.number() if isinstance(node, Scalar) else None
    if value is None:
        wanted = "a whole number" if key in COUNTS else "a number"
        found = describe(node)
        if isinstance(node, Scalar) and node.kind in {"int", "float"}:
            found = node.text[:20]
            if any(map(str.isdigit, found)):
                wanted += " with at most 400 digits"
            else:
                wanted = "a finite number"
        report.add("S010", node.place, f"{key!r} is {wanted}, not {found}")
        return None
    return value if key in BOUNDS else _read_count(key, node, value, report)


def _read_count(key: str, node: Node, value: int | Decimal, report: Reporter) -> int | None:
    least = 1 if key == "max_digits" else 0
    if not isinstance(value, int):
        report.add("S010", node.place, f"{key!r} is a whole number, not {value}")
    elif value < least:
        report.add("S016", node.place, f"{key!r} is at least {least}, not {value}")
    elif value > MAX_COUNT:
        report.add(
            "S016",
            node.place,
            f"{key!r} is at most {MAX_COUNT}, not {str(value)[:20]}",
            hint="leave it out for no limit",
        )
    else:
        return value
    return None


def read_fields(entries: Iterable[Entry], what: str, report: Reporter) -> tuple[FieldNode, ...]:
    """Read fields, arguments or parameters."""
    fields: list[FieldNode] = []
    for entry in entries:
        name = Name(entry.key.text, entry.key.place)
        check_name(name, FIELD_NAME, what, report)
        fields.append(FieldNode(name, read_type(entry.value, entry.key.place, report)))
    return tuple(fields)


def check_name(name: Name, form: NameForm, what: str, report: Reporter) -> bool:
    """Check that a name has the form of its kind."""
    if form.pattern.fullmatch(name.text):
        return True
    if form.is_only_too_long(name.text):
        report.add(
            "S017",
            name.place,
            f"this name of {what} is too long",
            hint=f"names have at most {MAX_NAME} characters",
        )
        return False
    short = name.text[:60]
    suggestion = next(
        (made for made in (snake_case(short), camel_case(short)) if form.pattern.fullmatch(made)),
        None,
    )
    shown = short if short == name.text else f"{short}…"
    hint = f"for example {suggestion}" if suggestion else None
    report.add("S017", name.place, f"{shown!r} can't name {what}: expected {form.words}", hint=hint)
    return False
