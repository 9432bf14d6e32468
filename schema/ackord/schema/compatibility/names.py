"""Compares what doesn't decide whether values can be read: names in generated code, defaults,
reserved names and rooms.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ackord.schema.compatibility.arguments import compare_defaults
from ackord.schema.compatibility.findings import At, Findings
from ackord.schema.compatibility.paths import shape_of
from ackord.schema.compatibility.types import TypeComparison, renamed_field
from ackord.schema.compatibility.words import type_name
from ackord.schema.model import Contract, Enum, Field, PythonType, Record, Room, TaggedUnion

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_ELSEWHERE: Final = (
    "what a server sends to the room doesn't reach the clients of servers with the other contract"
)


def compare_declarations(types: TypeComparison, findings: Findings) -> None:
    """Compare the names of declared types, after all values were compared."""
    renamed = _compare_pairs(types, findings)
    old, new = types.old.contract, types.new.contract
    kept = {each.name for each in new.types}
    for declared in old.types:
        if declared.name in kept:
            continue
        at = At(("types", declared.name), ("types",))
        now = renamed.get(declared.name)
        if now is None:
            findings.add("SOURCE_TYPE_REMOVE", at, declared.name, path=at.old)
        else:
            where = At(at.old, ("types", now))
            findings.add("SOURCE_TYPE_RENAME", where, f"{now}, it was {declared.name}")


def compare_kinds(types: TypeComparison, findings: Findings) -> None:
    """Report types of another kind whose values both sides read, after all else was compared."""
    known = {place.new for place in findings.places()}
    for at, summary in types.kinds.items():
        if at.new not in known:
            findings.add("SOURCE_TYPE_CHANGE", at, summary)
    olds, news = types.old.declarations, types.new.declarations
    changed = {path[:2] for path in known}
    for before, now in dict.fromkeys([*types.records, *types.enums, *types.unions]):
        at = At(("types", before), ("types", now))
        if before != now and (before in news or now in olds) and at.new not in changed:
            findings.add("SOURCE_TYPE_CHANGE", at, f"`{now}`, it was `{before}`")


def _compare_pairs(types: TypeComparison, findings: Findings) -> dict[str, str]:
    """Compare the types that stand for each other, and return new names by old ones."""
    olds, news = types.old.declarations, types.new.declarations
    pairs = [*types.records, *types.enums, *types.unions, *types.pythons]
    for before, now in dict.fromkeys(pairs):
        at = At(("types", before), ("types", now))
        match olds[before], news[now]:
            case Record() as one, Record() as other:
                compare_fields(one.fields, other.fields, other.reserved, at, findings)
                _compare_reserved(one.reserved, other.reserved, at, findings)
            case Enum() as one, Enum() as other:
                _compare_enums(one, other, at, findings)
            case TaggedUnion() as one, TaggedUnion() as other:
                _compare_unions(one, other, at, findings)
            case PythonType(path=one), PythonType(path=other) if one != other:
                findings.add("SOURCE_PYTHON_PATH", at, f"{other}, it was {one}")
            case _:
                pass
    return {
        before: now
        for before, now in pairs
        if before != now and before not in news and now not in olds
    }


def compare_fields(
    old: tuple[Field, ...],
    new: tuple[Field, ...],
    reserved: Iterable[str],
    at: At,
    findings: Findings,
) -> None:
    """Compare the fields of a record or an error, apart from their types."""
    news = {field.name: field for field in new}
    names = {field.name for field in old}
    moved = {field.identifier: field for field in new if field.name not in names}
    for field in old:
        found = news.get(field.name)
        where = at.below("fields", field.name)
        if found is not None:
            if field.identifier != found.identifier:
                summary = f"{found.identifier}, it was {field.identifier}"
                findings.add("SOURCE_FIELD_RENAME", where, summary)
            compare_defaults(field, found, where, findings)
        elif field.identifier in moved:
            findings.add("FIELD_RENAME", *renamed_field(field, moved[field.identifier], at))
        elif not field.required and field.name not in reserved:
            findings.add(
                "FIELD_REMOVE_OPTIONAL", At(where.old, at.new), f"{field.name!r}", path=where.old
            )


def _compare_enums(old: Enum, new: Enum, at: At, findings: Findings) -> None:
    olds = {member.value: member for member in old.members}
    news = {member.value for member in new.members}
    names = {member.identifier for member in old.members if member.value not in news} - {None}
    kept = {member.identifier for member in new.members if member.value not in olds} & names
    for member in old.members:
        if (
            new.open
            and member.value not in {*news, *new.reserved}
            and member.identifier not in kept
        ):
            where = at.below("members", member.value)
            findings.add(
                "SOURCE_ARM_REMOVE", At(where.old, at.new), f"{member.value!r}", path=where.old
            )
    for member in new.members:
        found = olds.get(member.value)
        where = at.below("members", member.value)
        if found is None:
            if old.open and member.identifier not in kept:
                findings.add("SOURCE_ARM_ADD", At(at.old, where.new), f"{member.value!r}")
        elif (found.identifier or found.value) != (member.identifier or member.value):
            summary = (
                f"{member.identifier or member.value}, it was {found.identifier or found.value}"
            )
            findings.add("SOURCE_MEMBER_RENAME", where, summary)
    _compare_reserved(old.reserved, new.reserved, at, findings)


def _compare_unions(old: TaggedUnion, new: TaggedUnion, at: At, findings: Findings) -> None:
    if old.tag == new.tag and old.tag_identifier != new.tag_identifier:
        summary = f"{new.tag_identifier}, it was {old.tag_identifier}"
        findings.add("SOURCE_TAG_RENAME", at, summary)
    if old.open and len(new.members) > len(old.members):
        findings.add("SOURCE_ARM_ADD", at, new.name)
    if new.open and len(new.members) < len(old.members):
        findings.add("SOURCE_ARM_REMOVE", at, new.name)
    _compare_reserved(old.reserved, new.reserved, at, findings)


def compare_errors(old: Contract, new: Contract, findings: Findings) -> None:
    """Compare the names of errors, which belong together by their codes, or else their names."""
    by_code = {error.code: error for error in new.errors}
    by_name = {error.name: error for error in new.errors}
    for error in old.errors:
        found = by_code.get(error.code) or by_name.get(error.name)
        if found is None:
            at = At(("errors", error.name), ("errors",))
            if error.code not in new.reserved.errors:
                findings.add("SOURCE_ERROR_REMOVE", at, error.name, path=at.old)
            continue
        at = At(("errors", error.name), ("errors", found.name))
        if error.name != found.name:
            findings.add("SOURCE_ERROR_RENAME", at, f"{found.name}, it was {error.name}")
        compare_fields(error.fields, found.fields, found.reserved, at, findings)
        _compare_reserved(error.reserved, found.reserved, at, findings)


def compare_rooms(old: Contract, new: Contract, findings: Findings) -> None:
    """Compare the rooms' names on the server, which all servers of a cluster share."""
    by_name = {room.name: room for room in new.rooms}
    by_shape = {shape_of(room.template): room for room in new.rooms}
    for room in old.rooms:
        found = by_name.get(room.name) or by_shape.get(shape_of(room.template))
        if found is None:
            at = At(("rooms", room.name), ("rooms",))
            if room.name not in new.reserved.rooms:
                findings.add("ROOM_REMOVE", at, room.name, path=at.old)
            continue
        at = At(("rooms", room.name), ("rooms", found.name))
        if room.name != found.name:
            findings.add("SOURCE_ROOM_RENAME", at, f"{found.name}, it was {room.name}")
        if not _has_same_names(room, found):
            findings.add(
                "ROOM_PATTERN_CHANGE",
                at,
                f"{found.template!r}, it was {room.template!r}",
                ("other_nodes", _ELSEWHERE),
            )
        before, now = _params(room), _params(found)
        if before != now:
            findings.add("SOURCE_ROOM_PARAMS", at, f"({now}), it was ({before})")


def _params(room: Room) -> str:
    return ", ".join(f"{each.identifier}: {type_name(each.type)}" for each in room.params)


def _has_same_names(old: Room, new: Room) -> bool:
    """Return whether the same parameters give the same name."""
    if shape_of(old.template) != shape_of(new.template):
        return False
    before, now = _PARAMETER.findall(old.template), _PARAMETER.findall(new.template)
    return before == now or sorted(before) != sorted(now)


def compare_reserved(old: Contract, new: Contract, findings: Findings) -> None:
    """Report names that the old contract reserved, and the new one doesn't."""
    for section in ("types", "errors", "rooms", "namespaces"):
        _compare_reserved(
            getattr(old.reserved, section),
            getattr(new.reserved, section),
            At((section,), (section,)),
            findings,
        )
    paths = {namespace.path: namespace for namespace in new.namespaces}
    for namespace in old.namespaces:
        if namespace.path not in paths:
            continue
        for section in ("client_to_server", "server_to_client", "server_to_server"):
            path = ("namespaces", namespace.path, section)
            _compare_reserved(
                getattr(namespace.reserved, section),
                getattr(paths[namespace.path].reserved, section),
                At(path, path),
                findings,
            )


def _compare_reserved(old: Iterable[str], new: Iterable[str], at: At, findings: Findings) -> None:
    for name in old:
        if name not in new:
            findings.add("RESERVED_REMOVE", at, f"{name!r}")
