"""Reads types where they are used, and fields, arguments and parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Mapping_
from decimal import Decimal
from typing import Final

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import ConstraintNode, FieldNode, Name, PartsNode, TypeNode
from ackord.schema.document.section import Section, read_text
from ackord.schema.expressions.parser import parse_expression
from ackord.schema.expressions.syntax import Bare, Expression
from ackord.schema.names import (
    FIELD_NAME,
    MAX_NAME,
    MAX_WIRE_NAME,
    SNAKE_NAME,
    NameForm,
    camel_case,
    snake_case,
)
from ackord.schema.source import Place
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence, describe, is_null

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
_LEADING_ZERO: Final = re.compile(r"0[0-9]{1,400}")
"""An octal number in YAML 1.1, and a decimal one in YAML 1.2."""
_PLAIN_NUMBER: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
DOC_KEYS: Final = ("doc", "deprecated", "since", "ignore")
"""Keys of every part of a contract; `Section` reads `ignore` itself."""
FIELD_KEYS: Final = ("name",)
"""Keys of a field's, argument's or parameter's type, besides those of any type."""
PART_KEYS: Final = ("items", "keys", "values")
"""Keys for the parts of ``type: list``, ``type: map`` and ``type: tuple``."""
_TYPES: Final = frozenset({"str", "int", "int64", "float", "bool", "bytes"})
_PARTS_OF: Final[Mapping_[str, tuple[str, ...]]] = {
    "list": ("items",),
    "tuple": ("items",),
    "map": ("keys", "values"),
}


def read_type(
    node: Node, where: Place, report: Reporter, *, more: tuple[str, ...] = ()
) -> TypeNode | None:
    """Read a type: an expression, ``type:`` with constraints, or an inline record.

    `more` are keys that the caller reads itself.
    """
    match node:
        case Mapping():
            return _read_type_mapping(node, where, report, more)
        case Sequence():
            report.add(
                "S010", node.place, "a type is an expression, not a list", hint=_list_hint(node)
            )
            return None
        case Scalar():
            expression = read_expression(node, report)
            return TypeNode(expression.place, expression) if expression else None


def read_expression(node: Node, report: Reporter, *, bare: bool = False) -> Expression | None:
    """Read a type expression; with `bare` a list, map or tuple stands without brackets, because its
    parts are written beside it.
    """
    if isinstance(node, Scalar) and node.kind == "text":
        return parse_expression(node, report, bare=bare)
    if isinstance(node, Scalar) and node.kind == "null" and node.text:
        report.add(
            "S020",
            node.place,
            "null alone is no type",
            hint="write `T | null` for a value that may be null",
        )
    else:
        hint = "write the type after the colon, as in `name: str`" if is_null(node) else None
        report.add("S010", node.place, f"expected a type, found {describe(node)}", hint=hint)
    return None


def _list_hint(node: Sequence) -> str:
    texts = [item.text if isinstance(item, Scalar) and item.text else "T" for item in node.items]
    if len(texts) == 1:
        return f"write `list[{texts[0][:60]}]`"
    return "write list[T] for any number of values, tuple[A, B] for fixed positions"


def _read_type_mapping(
    node: Mapping, where: Place, report: Reporter, more: tuple[str, ...]
) -> TypeNode | None:
    keys = [entry.key.text for entry in node]
    if "fields" in keys:
        known = ("fields", "reserved", *DOC_KEYS, *more)
        section = Section(node, where, "an inline record", known, report)
        return TypeNode(
            where,
            fields=read_fields(section.entries("fields"), "a field", report),
            reserved=section.names("reserved"),
            doc=section.prose("doc"),
            deprecated=section.prose("deprecated"),
            since=section.since(),
        )
    known = (*CONSTRAINT_KEYS, *PART_KEYS, *DOC_KEYS)
    if "type" in keys or (keys and all(key in known for key in keys)):
        section = Section(node, where, "a type with constraints", ("type", *known, *more), report)
        return read_constrained(section)
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


def read_constrained(section: Section) -> TypeNode | None:
    """Read ``type:``, and the constraints and parts beside it."""
    constraints = read_constraints(section)
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    base = section.node("type", required=True)
    if base is None:
        return None
    given = [key for key in PART_KEYS if key in section]
    expression = read_expression(base, section.report, bare=bool(given))
    if expression is None:
        return None
    return TypeNode(
        expression.place,
        expression,
        constraints,
        parts=_read_parts(given, expression, section) if given else None,
        doc=doc,
        deprecated=deprecated,
        since=since,
    )


def _read_parts(given: list[str], expression: Expression, section: Section) -> PartsNode | None:
    """Read the parts of ``type: list``, ``type: map`` or ``type: tuple`` that stand beside it."""
    of = expression.bare
    if of is None:
        section.report.add(
            "S068",
            section.key_place(given[0]),
            f"{given[0]!r} says what a list, a map or a tuple holds, but the type is none of them",
            hint=f"write `type: {'list' if given[0] == 'items' else 'map'}`, without brackets",
        )
        return None
    for key in given:
        if key not in _PARTS_OF[of]:
            section.report.add(
                "S068",
                section.key_place(key),
                f"a {of} has no {key!r}",
                hint=f"it has {' and '.join(map(repr, _PARTS_OF[of]))}",
            )
    return _read_parts_of(of, section)


def _read_parts_of(of: Bare, section: Section) -> PartsNode:
    def part(key: str) -> TypeNode | None:
        node = section.node(key, required=key != "keys")
        return read_type(node, section.key_place(key), section.report) if node else None

    if of == "map":
        keys = part("keys") if "keys" in section else None
        return PartsNode(of=of, keys=keys, values=part("values"))
    if of == "list":
        return PartsNode(of=of, items=(part("items"),))
    node = section.node("items", required=True)
    if node is None:
        return PartsNode(of=of, items=(None,))
    if not isinstance(node, Sequence) or not node.items:
        section.report.add(
            "S010",
            node.place,
            f"'items' of a tuple is a list of types, not {describe(node)}",
            hint="for example `items: [str, {type: int, ge: 0}]`",
        )
        return PartsNode(of=of, items=(None,))
    return PartsNode(
        of=of, items=tuple(read_type(item, item.place, section.report) for item in node.items)
    )


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
        report.add("S010", node.place, f"{key!r} is {wanted}, not {found}", hint=_number_hint(node))
        return None
    if isinstance(node, Scalar) and _LEADING_ZERO.fullmatch(node.text):
        decimal = node.text.lstrip("0")
        report.add(
            "S010",
            node.place,
            f"{key!r} is a number without a leading zero, not {node.text[:20]}",
            hint=f"write {decimal[:20]}; an octal number is written 0o{decimal[:20]}",
        )
        return None
    return value if key in BOUNDS else _read_count(key, node, value, report)


def _number_hint(node: Node) -> str | None:
    """Return the hint for what other languages and YAML 1.1 take for a number."""
    if not isinstance(node, Scalar):
        return None
    plain = node.text.strip().replace("_", "").replace(",", "")
    if _PLAIN_NUMBER.fullmatch(plain):
        return f"write {plain}" + (", without quotes" if node.style else "")
    return None


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
        place = entry.key.place
        name = Name(entry.key.text, place)
        identifier = read_identifier(entry.value, what, report)
        if identifier is not None:
            check_wire_name(name, what, report)
        else:
            check_name(name, FIELD_NAME, what, report, hint="`name: …`")
        read = read_type(entry.value, place, report, more=FIELD_KEYS)
        fields.append(FieldNode(name, read, identifier))
    return tuple(fields)


def read_identifier(node: Node, what: str, report: Reporter) -> Name | None:
    """Take ``name:``, the name in generated code, of a field's type or an enum's member."""
    if not isinstance(node, Mapping):
        return None
    entries = node.entries
    value = next((entry.value for entry in entries if entry.key.text == "name"), None)
    if value is None or not {"type", "fields", "value"} & {entry.key.text for entry in entries}:
        return None  # a bare mapping of names, which is reported as such
    name = read_text(value, "'name'", report)
    is_type = "type" in {entry.key.text for entry in entries}
    if name is not None and name.text in _TYPES and is_type:
        report.add(
            "S022",
            name.place,
            f"'name' is the name in generated code, and {name.text!r} is a type",
            hint="write `{fields: {…}}` around the fields of a record",
        )
    elif name is not None:
        check_name(name, SNAKE_NAME, f"{what} in generated code", report)
    return name


def check_wire_name(name: Name, what: str, report: Reporter) -> bool:
    """Check a name that is only on the wire."""
    if 1 <= len(name.text) <= MAX_WIRE_NAME and name.text.isprintable():
        return True
    report.add(
        "S017",
        name.place,
        f"the name of {what} on the wire has 1 to {MAX_WIRE_NAME} printable characters",
    )
    return False


def check_name(
    name: Name, form: NameForm, what: str, report: Reporter, *, hint: str | None = None
) -> bool:
    """Check that a name has the form of its kind; `hint` is how the file gives it another name in
    generated code, with … for the name.
    """
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
    example = f"for example {suggestion}" if suggestion else None
    if hint is not None:
        given = hint.replace("…", suggestion or "my_name")
        example = f"say how generated code calls it, with {given}" + (
            f", or rename it, {example}" if example else ""
        )
    report.add(
        "S017", name.place, f"{shown!r} can't name {what}: expected {form.words}", hint=example
    )
    return False
