"""Rooms -> the IR: checks templates against parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from ackord.schema.analysis.room_names import has_text, may_share_a_name
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import FieldNode, Name, RoomNode
from ackord.schema.model import (
    Alias,
    Enum,
    Field,
    LiteralType,
    NewType,
    RefType,
    Room,
    ScalarType,
    Type,
    TypeDeclaration,
)
from ackord.schema.names import camel_case
from ackord.schema.resolve.types import TypeResolver
from ackord.schema.source import Place

PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_OWN_TEXT: Final = "begin each name with a text of its own, as in `document:{doc}`"
_SCALAR_LIKE: Final = frozenset({"str", "int", "int64", "uuid", "date"})


def resolve_room(
    node: RoomNode, types: TypeResolver, earlier: list[tuple[Room, Place]], report: Reporter
) -> Room | None:
    """Resolve a room; `earlier` are the rooms that were resolved before, with the places of their
    names.
    """
    params = resolve_params(node.params, camel_case(node.name.text), types, report)
    if node.template is None:
        return None
    template = node.template
    check_template(template, node.params, "S043", report)
    room = Room(
        name=node.name.text,
        template=template.text,
        params=params,
        doc=node.doc,
        deprecated=node.deprecated,
        since=types.since(node.since),
    )
    if template.text and "}{" not in template.text and not has_text(room):
        message = (
            "this can be the name of any room, and each client is in one that has its id as a name"
        )
        report.add("S045", template.place, message, hint=_OWN_TEXT)
    else:
        before = len(earlier)
        types.later(
            lambda: _check_distinct(room, template.place, islice(earlier, before), types, report)
        )
        earlier.append((room, template.place))
    return room


def _check_distinct(
    room: Room,
    place: Place,
    others: Iterable[tuple[Room, Place]],
    types: TypeResolver,
    report: Reporter,
) -> None:
    begin = room.template.partition("{")[0]
    for other, first in others:
        # Most rooms begin differently: no function is called for those.
        other_begin = other.template.partition("{")[0]
        if not (begin.startswith(other_begin) or other_begin.startswith(begin)):
            continue
        if may_share_a_name(room, other, types.declarations):
            report.add(
                "S045",
                place,
                "another room can have the same name",
                hint=_OWN_TEXT,
                related=[related("the other room", first)],
            )
            return


def check_template(
    template: Name, params: Iterable[FieldNode], code: str, report: Reporter
) -> None:
    """Report parameters that are used and not declared, declared and not used, or not separated by
    text.
    """
    text = template.text
    used = PARAMETER.findall(text)
    declared = {param.name.text: param.name.place for param in params}
    rest = PARAMETER.sub("", text)
    if not text or "{" in rest or "}" in rest:
        report.add(
            code,
            template.place,
            "expected text with `{param}` in it" if text else "this is empty",
            hint="braces stand only around parameters",
        )
        return
    if "}{" in text:
        report.add(
            code,
            template.place,
            "two parameters need text between them",
            hint="otherwise different values give the same name",
        )
    for name in dict.fromkeys(used):
        if used.count(name) > 1:
            report.add(code, template.place, f"the parameter {name!r} stands here twice")
        if name not in declared:
            hint = report.nearest(name, declared) or "declare it under `params:`"
            report.add(code, template.place, f"{{{name}}} isn't declared under 'params'", hint=hint)
    if not set(used) <= set(declared):
        return  # the unused parameter is probably meant
    for name, place in declared.items():
        if name not in used:
            report.add(
                code,
                place,
                f"the parameter {name!r} isn't used in {text!r}",
                related=[related("this should hold it", template.place)],
            )


def resolve_params(
    nodes: tuple[FieldNode, ...], owner: str, types: TypeResolver, report: Reporter
) -> tuple[Field, ...]:
    """Resolve the parameters of a room or namespace, which are required and must have a text
    form.
    """
    for node in nodes:
        if node.type is not None and node.type.expression is not None:
            types.refuse_optional(node.type.expression)
    fields = types.fields(nodes, owner, "parameter")
    places = {node.name.text: node.type.place for node in nodes if node.type is not None}
    for field in fields:
        _check_later(field, places[field.name], types, report)
    return fields


def _check_later(field: Field, place: Place, types: TypeResolver, report: Reporter) -> None:
    def check() -> None:
        if not _is_scalar_like(field.type, types.declarations):
            hint = "use str, int, int64, uuid, date, a newtype of one of them, an enum or a literal"
            report.add(
                "S044", place, f"the parameter {field.name!r} can't be a part of a name", hint=hint
            )
        elif text := _shared_text(field.type, types.declarations):
            hint = "otherwise both give the same name"
            report.add(
                "S044",
                place,
                f"two values of the parameter {field.name!r} are the same text, {text!r}",
                hint=hint,
            )

    types.later(check)


def _shared_text(of: Type, declarations: dict[str, TypeDeclaration]) -> str | None:
    """Find two values of a literal with the same text in a name, such as "1" and 1."""
    match of:
        case LiteralType(values):
            texts = [str(value) for value in values]
            return next((text for text in texts if texts.count(text) > 1), None)
        case RefType(name) if isinstance(declaration := declarations.get(name), Alias):
            return _shared_text(declaration.type, declarations)
        case _:
            return None


def _is_scalar_like(of: Type, declarations: dict[str, TypeDeclaration]) -> bool:
    match of:
        case ScalarType(name):
            return name in _SCALAR_LIKE
        case LiteralType(values):
            return not any(isinstance(value, bool) for value in values)
        case RefType(name):
            match declarations.get(name):
                case NewType(base=base):
                    return _is_scalar_like(base, declarations)
                case Alias(type=target):
                    return _is_scalar_like(target, declarations)
                case Enum() | None:
                    return True
                case _:
                    return False
        case _:
            return False
