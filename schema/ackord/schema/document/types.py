"""Reading ``types:``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.fields import (
    CONSTRAINT_KEYS,
    DOC_KEYS,
    PART_KEYS,
    check_name,
    check_wire_name,
    read_constrained,
    read_constraints,
    read_expression,
    read_fields,
    read_identifier,
)
from ackord.schema.document.nodes import (
    AliasNode,
    BrokenNode,
    EnumMemberNode,
    EnumNode,
    Name,
    NewTypeNode,
    PythonNode,
    RecordNode,
    TypeDeclarationNode,
    TypeNode,
    UnionNode,
)
from ackord.schema.document.section import Section, read_text
from ackord.schema.names import FIELD_NAME, SNAKE_NAME, TYPE_NAME, snake_case
from ackord.schema.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence, describe, is_null


def read_type_declaration(entry: Entry, report: Reporter) -> TypeDeclarationNode:
    """Read one entry of ``types:``."""
    name = Name(entry.key.text, entry.key.place)
    check_name(name, TYPE_NAME, "a type", report)
    if isinstance(entry.value, Scalar) and entry.value.kind == "text":
        expression = read_expression(entry.value, report)
        if expression is None:
            return BrokenNode(name=name)
        return AliasNode(
            name=name,
            type=TypeNode(expression.place, expression),
            doc=None,
            deprecated=None,
            since=None,
        )
    if not isinstance(entry.value, Mapping):
        report.add(
            "S010",
            entry.value.place,
            f"a type declaration is a mapping or an expression, not {describe(entry.value)}",
            hint="write the type after the colon, or indent the lines below that belong to it"
            if is_null(entry.value)
            else None,
        )
        return BrokenNode(name=name)
    keys = [key.key.text for key in entry.value]
    forms = [form for form in FORMS if form in keys]
    if len(forms) != 1:
        wanted = ", ".join(f"`{form}`" for form in FORMS)
        found = f"both {' and '.join(f'`{form}`' for form in forms)}" if forms else "none"
        hint = None if forms else "a record is written `{fields: {…}}`"
        report.add(
            "S023",
            name.place,
            f"{name.text} needs exactly one of {wanted}; it has {found}",
            hint=hint,
        )
        return BrokenNode(name=name)
    form = FORMS[forms[0]]
    section = Section(entry.value, name.place, form.what, (forms[0], *form.keys, *DOC_KEYS), report)
    return form.read(name, section) or BrokenNode(name=name)


def _read_newtype(name: Name, section: Section) -> NewTypeNode | None:
    constraints = read_constraints(section)
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    node = section.node("newtype")
    base = read_expression(node, section.report) if node is not None else None
    return (
        NewTypeNode(
            name=name,
            base=base,
            constraints=constraints,
            doc=doc,
            deprecated=deprecated,
            since=since,
        )
        if base
        else None
    )


def _read_enum(name: Name, section: Section) -> EnumNode | None:
    opened, reserved = section.flag("open", default=False), section.names("reserved")
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    node = section.node("enum")
    if not isinstance(node, Sequence):
        place = node.place if node is not None else name.place
        section.report.add(
            "S010",
            place,
            f"'enum' is a list of members, not {describe(node) if node is not None else 'nothing'}",
            hint="for example `enum: [owner, viewer]`",
        )
        return None
    if not node.items:
        section.report.add("S029", node.place, "an enum needs members")
        return None
    members: dict[str, EnumMemberNode] = {}
    for item in node.items:
        member = _read_enum_member(item, node, section.report)
        if member is None:
            continue
        if not member.value.text:
            section.report.add("S029", member.value.place, "a member of an enum isn't empty")
        elif member.value.text in members:
            section.report.add(
                "S029", member.value.place, f"the member {member.value.text!r} is listed twice"
            )
        else:
            members[member.value.text] = member
    return (
        EnumNode(
            name=name,
            members=tuple(members.values()),
            open=opened,
            reserved=reserved,
            doc=doc,
            deprecated=deprecated,
            since=since,
        )
        if members
        else None
    )


def _read_enum_member(item: Node, members: Sequence, report: Reporter) -> EnumMemberNode | None:
    if not isinstance(item, Mapping):
        value = read_text(item, "a member of an enum", report, hint=_literal_hint(item, members))
        return EnumMemberNode(value=value) if value else None
    known = ("value", "name", *DOC_KEYS)
    section = Section(item, item.place, "a member of an enum", known, report)
    node = section.node("value", required=True)
    hint = None if node is None else _literal_hint(node, members)
    value = None if node is None else read_text(node, "'value'", report, hint=hint)
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    if value is None:
        return None
    return EnumMemberNode(
        value=value,
        identifier=read_identifier(item, "a member of an enum", report),
        doc=doc,
        deprecated=deprecated,
        since=since,
    )


def _literal_hint(item: Node, members: Sequence) -> str | None:
    """Return the hint for enum members that aren't text: quotes would change the values on the
    wire.
    """
    if not isinstance(item, Scalar) or item.kind not in {"int", "bool"}:
        return None
    scalars = [one if isinstance(one, Scalar) else _value_of(one) for one in members.items]
    values = [
        json.dumps(one.text, ensure_ascii=False) if one.kind == "text" else one.text.lower()
        for one in scalars
        if one is not None and one.kind in {"text", "int", "bool"}
    ]
    shown = ", ".join(values[:5]) + (", …" if len(values) > 5 else "")
    return f"write `literal[{shown}]` in place of the enum; in quotes it would be text on the wire"


def _value_of(member: Node) -> Scalar | None:
    entries = member.entries if isinstance(member, Mapping) else ()
    value = next((entry.value for entry in entries if entry.key.text == "value"), None)
    return value if isinstance(value, Scalar) else None


def _read_record(name: Name, section: Section) -> RecordNode | None:
    return RecordNode(
        name=name,
        fields=read_fields(section.entries("fields"), "a field", section.report),
        tag_value=section.text("tag_value"),
        default_tag=snake_case(name.text[:200]),
        reserved=section.names("reserved"),
        doc=section.prose("doc"),
        deprecated=section.prose("deprecated"),
        since=section.since(),
    )


def _check_tag(tag: Name | None, tag_name: Name | None, section: Section) -> bool:
    report = section.report
    if tag is None:
        for key in ("tag_name", "reserved"):
            if key in section:
                report.add(
                    "S011",
                    section.key_place(key),
                    f"{key!r} says nothing here: this union has no tag",
                    hint="give it a `tag`, or remove it",
                )
        return True
    if tag_name is None:
        return check_name(tag, FIELD_NAME, "a tag", report, hint="`tag_name: …`")
    return check_wire_name(tag, "a tag", report) and check_name(
        tag_name, SNAKE_NAME, "a tag in generated code", report
    )


def _read_union(name: Name, section: Section) -> UnionNode | None:
    tag, tag_name = section.text("tag"), section.text("tag_name")
    opened, reserved = section.flag("open", default=False), section.names("reserved")
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    if not _check_tag(tag, tag_name, section):
        return None
    node = section.node("union")
    if not isinstance(node, Sequence):
        place = node.place if node is not None else name.place
        section.report.add(
            "S010",
            place,
            f"'union' is a list of types, not {describe(node) if node is not None else 'nothing'}",
        )
        return None
    if opened and "tag" not in section:
        section.report.add(
            "S010",
            node.place,
            "a union without a tag can't be open",
            hint="give it a `tag`: by the tag, readers know that they don't know a member",
        )
        return None
    members = [read_expression(item, section.report) for item in node.items]
    whole = tuple(member for member in members if member is not None)
    if not node.items:
        section.report.add("S010", node.place, "a union needs members")
    if not node.items or len(whole) != len(members) or ("tag" in section and tag is None):
        return None
    return UnionNode(
        name=name,
        place=node.place,
        members=whole,
        tag=tag,
        tag_name=tag_name,
        open=opened,
        reserved=reserved,
        doc=doc,
        deprecated=deprecated,
        since=since,
    )


def _read_alias(name: Name, section: Section) -> AliasNode | None:
    read = read_constrained(section)
    if read is None:
        return None
    return AliasNode(
        name=name, type=read, doc=read.doc, deprecated=read.deprecated, since=read.since
    )


def _read_python(name: Name, section: Section) -> PythonNode | None:
    path = section.text("python")
    doc, deprecated, since = section.prose("doc"), section.prose("deprecated"), section.since()
    return (
        PythonNode(name=name, path=path, doc=doc, deprecated=deprecated, since=since)
        if path
        else None
    )


class _Form(NamedTuple):
    what: str
    keys: tuple[str, ...]
    read: Callable[[Name, Section], TypeDeclarationNode | None]


FORMS: Final = {
    "newtype": _Form("a newtype", CONSTRAINT_KEYS, _read_newtype),
    "enum": _Form("an enum", ("open", "reserved"), _read_enum),
    "fields": _Form("a record", ("tag_value", "reserved"), _read_record),
    "union": _Form("a union", ("tag", "tag_name", "open", "reserved"), _read_union),
    "type": _Form("a type alias", (*CONSTRAINT_KEYS, *PART_KEYS), _read_alias),
    "python": _Form("a python type", (), _read_python),
}
"""The keys that decide the kind of a declaration."""
