"""The kinds of JSON value that a core schema accepts, and unions that choose their member by kind.

pydantic tries the members of a union one after the other. Each member that fails copies the value
into its error, so a value in nested unions is copied once for each level above it. The members of a
contract's untagged unions differ in the kind of their JSON values. So the kind decides which member
a value belongs to, and only that one is tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import CoreSchema, core_schema

_NUMBER: Final = frozenset[type]({int, float})
_TEXT: Final = frozenset[type]({str})
_OBJECT: Final = frozenset[type]({dict})
_ARRAY: Final = frozenset[type]({list})
_NOTHING: Final = type(None)
_NESTED: Final = _OBJECT | _ARRAY

_SIMPLE: Final[Mapping[str, frozenset[type]]] = {
    "str": _TEXT,
    "int": _NUMBER,
    "float": _NUMBER,
    "bool": frozenset({bool}),
    "none": frozenset({_NOTHING}),
    "uuid": _TEXT,
    "url": _TEXT,
    "list": _ARRAY,
    "tuple": _ARRAY,
    "dict": _OBJECT,
    "model": _OBJECT,
    "model-fields": _OBJECT,
    "typed-dict": _OBJECT,
    "tagged-union": _OBJECT,
}
_NAMES: Final = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a number",
    bool: "true or false",
    _NOTHING: "null",
}

WHOLE_FLOAT: Final = "ackord_whole_float"
"""Key of the metadata of an integer's schema, with the schema for numbers such as ``5.0`` there."""

_Definitions = Mapping[str, Any]


def by_kind(schema: CoreSchema, *, scalars: bool = False) -> CoreSchema | None:
    """Return a copy whose unions choose their members by the kind of JSON value, for validators of
    JSON; `None` if there is none to change.

    Unions of scalars only are changed if `scalars` is true: that is faster for half a million
    values in one message, and slower for a few.
    """
    rewriter = _Rewriter(schema, scalars=scalars)
    copied: CoreSchema = rewriter.copy(schema)
    return copied if rewriter.changed else None


def may_nest(union: Mapping[str, Any]) -> bool:
    """Tell whether a union's members may be objects or arrays: other unions are left as they
    are.
    """
    kinds = [json_kinds(choice, {}) for choice in union["choices"]]
    return not all(each and each.isdisjoint(_NESTED) for each in kinds)


class _Rewriter:
    def __init__(self, schema: CoreSchema, *, scalars: bool) -> None:
        self._scalars = scalars
        whole: Any = schema
        definitions: list[Any] = whole["definitions"] if whole["type"] == "definitions" else []
        self._definitions: _Definitions = {
            definition["ref"]: definition for definition in definitions
        }
        self.changed = False

    def copy(self, part: Any) -> Any:
        kind = part.__class__
        if kind is dict:
            copied = {
                key: value if key == "metadata" else self.copy(value) for key, value in part.items()
            }
            if part.get("type") == "union" and "choices" in part:
                return self._choose(part, copied)
            whole_float = _whole_float(part) if self._scalars else None
            return copied if whole_float is None else self._split_numbers(copied, whole_float)
        if kind is list:
            return [self.copy(value) for value in part]
        if kind is tuple:
            return tuple(self.copy(value) for value in part)
        return part

    def _split_numbers(self, integer: dict[str, Any], whole_float: CoreSchema) -> Any:
        """Choose between integers and numbers such as ``5.0`` by the kind of the value: trying both
        would cost an error for each number of the second kind.
        """
        self.changed = True
        numbers: Any = core_schema.tagged_union_schema(
            {int: integer["python_schema"], float: whole_float},
            discriminator=type,
            custom_error_type="int_type",
            metadata=integer.get("metadata"),
        )
        return numbers

    def _choose(self, union: dict[str, Any], copied: dict[str, Any]) -> Any:
        groups: dict[frozenset[type], list[CoreSchema]] = {}
        for choice, member in zip(union["choices"], copied["choices"], strict=True):
            kinds = json_kinds(choice, self._definitions)
            # An open enum has two members of one kind: known ones, and all others.
            if not kinds or any(kinds != each and kinds & each for each in groups):
                return copied
            label: CoreSchema = member[0] if member.__class__ is tuple else member
            groups.setdefault(kinds, []).append(label)
        if any(len(group) > 1 and kinds & _NESTED for kinds, group in groups.items()):
            return copied
        chosen: dict[Any, CoreSchema] = {
            kind: group[0] if len(group) == 1 else core_schema.union_schema([*group])
            for kinds, group in groups.items()
            for kind in kinds
        }
        for choice in union["choices"]:
            member = choice[0] if choice.__class__ is tuple else choice
            whole_float = _whole_float(member)
            if whole_float is not None and len(groups[_NUMBER]) == 1:
                chosen |= {int: member["python_schema"], float: whole_float}
        if not self._scalars and chosen.keys().isdisjoint(_NESTED):
            return copied  # scalars are cheap to try
        self.changed = True
        expected = list(dict.fromkeys(_NAMES[int if kind is float else kind] for kind in chosen))
        message = (
            f"Input should be {', '.join(expected[:-1])} or {expected[-1]}"
            if len(expected) > 1
            else f"Input should be {expected[0]}"
        )
        # pydantic calls this with the decoded value; no other way is as fast.
        tagged: Any = core_schema.tagged_union_schema(
            chosen,
            discriminator=type,
            custom_error_type="union_type",
            custom_error_message=message,
            ref=union.get("ref"),
        )
        return tagged


def _whole_float(part: Mapping[str, Any]) -> CoreSchema | None:
    """Return the schema for numbers such as ``5.0`` where a part is an integer."""
    metadata: Mapping[str, Any] = part.get("metadata") or {}
    found: CoreSchema | None = metadata.get(WHOLE_FLOAT)
    return found


def json_kinds(schema: Any, definitions: _Definitions) -> frozenset[type]:
    """Return the types of the decoded JSON values that a schema may accept; empty if unknown."""
    part = schema[0] if schema.__class__ is tuple else schema
    for _ in range(20):  # scalars aren't wrapped more deeply
        kind: str = part["type"]
        if kind in _SIMPLE:
            return _SIMPLE[kind]
        if kind == "literal":
            expected: list[object] = part["expected"]
            return frozenset[type]().union(
                *(
                    _NUMBER if type(value) is int else frozenset[type]({type(value)})
                    for value in expected
                )
            )
        if kind == "enum":
            return {"str": _TEXT, "int": _NUMBER}.get(part.get("sub_type", ""), frozenset())
        if kind == "nullable":
            inner = json_kinds(part["schema"], definitions)
            return inner | {_NOTHING} if inner else inner
        if kind == "union":
            kinds = [json_kinds(choice, definitions) for choice in part["choices"]]
            return frozenset[type]().union(*kinds) if all(kinds) else frozenset()
        following: Any = _following(part, definitions)
        if following is None:
            return frozenset()
        part = following
    return frozenset()


def _following(part: dict[str, Any], definitions: _Definitions) -> Any:
    """Return the inner schema that decides about the kind, of a schema that wraps another one."""
    match part["type"]:
        case "definition-ref":
            return definitions.get(part["schema_ref"])
        case "json-or-python":
            return part["json_schema"]
        case "chain":
            return part["steps"][0]
        case "custom-error" | "default" | "function-after":
            return part["schema"]
        case "function-wrap" if part["schema"]["type"] == "url":
            return part["schema"]  # pydantic's own class of URLs
        case _:
            return None
