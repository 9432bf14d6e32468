"""Finds acknowledgements that could be taken for a failure.

A failure is one object with the key ``error``.
So a type whose values may be objects with that key can't travel as they are (``acks: bare``): a
reader couldn't tell success from failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from ackord.schema.model import (
    Alias,
    Json,
    MapType,
    NullableType,
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    Type,
    TypeDeclaration,
    UnionType,
)

FAILURE_KEY: Final = "error"

_OPEN_KEYWORDS: Final = ("patternProperties", "propertyNames", "unevaluatedProperties")
"""Keywords of JSON Schema that allow properties without listing their names."""
_DEFINITION: Final = "#/$defs/"


class AckForms:
    """Knows the declared types, and the JSON Schemas of the written form of ``python:`` types."""

    def __init__(
        self, declarations: Mapping[str, TypeDeclaration], written: Mapping[str, Json]
    ) -> None:
        """Take the declarations by name, and the JSON Schemas of the written form of Python types
        by name.
        """
        self._declarations = declarations
        self._written = written

    def may_look_like_failure(self, of: Type) -> bool:
        """Return whether a value of a type may be an object with the key ``error``."""
        seen: set[str] = set()
        pending = [of]
        while pending:
            match pending.pop():
                case ScalarType(name="json" | "json_object") | MapType():
                    return True
                case NullableType(item):
                    pending.append(item)
                case UnionType(members):
                    pending.extend(members)
                case RefType(name) if name not in seen:
                    seen.add(name)
                    if self._is_open(name):
                        return True
                    pending.extend(self._alternatives(name))
                case _:
                    pass
        return False

    def _is_open(self, name: str) -> bool:
        """Return whether a declared type has the key itself, or may have it."""
        match self._declarations.get(name):
            case Record() as record:
                return self._has_key(record)
            case TaggedUnion(tag=tag):
                return tag == FAILURE_KEY
            case PythonType(json_schema=schema):
                return any(
                    _may_have_key(form, form) for form in (schema, self._written.get(name, False))
                )
            case _:
                return False

    def _alternatives(self, name: str) -> Iterable[Type]:
        """Return the types whose values the values of a declared type are."""
        match self._declarations.get(name):
            case Alias(type=target):
                return (target,)
            case TaggedUnion(members=members):
                return map(RefType, members)
            case _:
                return ()

    def _has_key(self, record: Record) -> bool:
        if any(field.name == FAILURE_KEY for field in record.fields):
            return True
        return record.tag_value is not None and any(
            union.tag == FAILURE_KEY and record.name in union.members
            for union in self._declarations.values()
            if isinstance(union, TaggedUnion)
        )


def _may_have_key(schema: Json, root: Json, seen: frozenset[str] = frozenset()) -> bool:
    """Return whether a JSON Schema may allow an object with the key ``error``; a schema that isn't
    understood may.
    """
    if not isinstance(schema, dict):
        return schema is not False
    keywords = cast("dict[str, Any]", schema)
    reference = keywords.get("$ref")
    if reference is not None:
        return reference not in seen and _may_have_key(
            _resolve(reference, root), root, seen | {reference}
        )
    kinds = keywords.get("type", "object")
    if "object" not in ([kinds] if isinstance(kinds, str) else kinds):
        return False
    values: list[Any] | None = [keywords["const"]] if "const" in keywords else keywords.get("enum")
    if values is not None:
        return any(isinstance(value, dict) and FAILURE_KEY in value for value in values)
    if FAILURE_KEY in keywords.get("properties", ()) or any(
        name in keywords for name in _OPEN_KEYWORDS
    ):
        return True
    for name in ("anyOf", "oneOf"):
        if name in keywords:
            return any(_may_have_key(part, root, seen) for part in keywords[name])
    if "allOf" in keywords:
        return all(_may_have_key(part, root, seen) for part in keywords["allOf"])
    # If a model ignores other properties, pydantic's schema doesn't mention them, and never writes
    # them.
    return keywords.get("additionalProperties", "properties" not in keywords) is not False


def _resolve(reference: Any, root: Json) -> Json:
    """Resolve a ``$ref`` as pydantic writes them; an unknown one allows anything."""
    if not isinstance(reference, str) or not reference.startswith(_DEFINITION):
        return True
    name = reference.removeprefix(_DEFINITION).replace("~1", "/").replace("~0", "~")
    return root.get("$defs", {}).get(name, True)
