"""Writes a contract's types as JSON Schema (draft 7, which AsyncAPI 3 extends)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, assert_never, cast

from ackord.codegen.documentation import Documented, words
from ackord.codegen.plan import Plan
from ackord.schema.model import (
    Alias,
    Constraints,
    Enum,
    Field,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    PythonType,
    Record,
    RefType,
    ScalarName,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)

Schema: TypeAlias = dict[str, Any]
"""A JSON Schema, as decoded JSON."""

PLACE: Final = "#/components/schemas/"
"""Where declared types stand."""

_SCALARS: Final[Mapping[ScalarName, Schema]] = MappingProxyType(
    {
        "str": {"type": "string"},
        "int": {"type": "integer"},
        "int64": {"type": "string", "format": "int64", "pattern": "^(0|-?[1-9][0-9]*)$"},
        "float": {"type": "number"},
        "bool": {"type": "boolean"},
        "bytes": {"description": "A binary attachment."},
        "datetime": {"type": "string", "format": "date-time"},
        "date": {"type": "string", "format": "date"},
        "time": {"type": "string", "format": "time"},
        "duration": {"type": "string", "format": "duration"},
        "uuid": {"type": "string", "format": "uuid"},
        "decimal": {"type": "string", "format": "decimal"},
        "url": {"type": "string", "format": "uri"},
        "email": {"type": "string", "format": "email"},
        "ip": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
        "json": {},
        "json_object": {"type": "object"},
    }
)
_NUMBERS: Final = frozenset({"int", "float"})
_TEXTS: Final = frozenset({"str", "email", "url"})
_KEYWORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ge": "minimum",
        "gt": "exclusiveMinimum",
        "le": "maximum",
        "lt": "exclusiveMaximum",
        "multiple_of": "multipleOf",
        "min_length": "minLength",
        "max_length": "maxLength",
        "pattern": "pattern",
    }
)


def declared_schemas(plan: Plan) -> dict[str, Schema]:
    """Write the schemas of all declared types, by the names that references have."""
    found: dict[str, Schema] = {}
    for declared in plan.contract.types:
        if isinstance(declared, PythonType):
            found |= _python_schemas(declared)
        else:
            found[declared.name] = {**_declared(plan, declared), **_words(declared)}
    return found


def type_schema(type_: Type) -> Schema:
    """Write the schema of a type."""
    match type_:
        case ScalarType(name=name, constraints=constraints):
            return {**_SCALARS[name], **_scalar_limits(name, constraints)}
        case RefType(name=name):
            return {"$ref": f"{PLACE}{name}"}
        case LiteralType(values=values):
            return {"enum": list(values)}
        case ListType(item=item, constraints=constraints):
            size = _size(constraints, "Items")
            return {"type": "array", "items": type_schema(item), **size}
        case MapType(value=value, key=key, constraints=constraints):
            size = _size(constraints, "Properties")
            names = {} if key == ScalarType("str") else {"propertyNames": type_schema(key)}
            return {"type": "object", "additionalProperties": type_schema(value), **names, **size}
        case TupleType(items=items):
            return list_schema([type_schema(each) for each in items], len(items)) | {
                "additionalItems": False
            }
        case UnionType(members=members):
            return {"anyOf": [type_schema(each) for each in members]}
        case NullableType(item=item):
            return {"anyOf": [type_schema(item), {"type": "null"}]}
        case _:
            assert_never(type_)


def list_schema(items: Sequence[Schema], required: int) -> Schema:
    """Write the schema of a JSON array whose items have types of their own."""
    listed = {"items": list(items)} if items else {}
    return {"type": "array", **listed, "minItems": required}


def arguments_schema(arguments: Sequence[Field]) -> Schema:
    """Write the schema of positional arguments. An optional one is left out at the end, or null."""
    items = [_argument(each) for each in arguments]
    return list_schema(items, sum(each.required for each in arguments))


def record_schema(fields: Sequence[Field]) -> Schema:
    """Write the schema of an object with these fields."""
    required = [each.name for each in fields if each.required]
    return {
        "type": "object",
        "properties": {each.name: field_schema(each) for each in fields},
        **({"required": required} if required else {}),
    }


def field_schema(field: Field) -> Schema:
    """Write the schema of a field, with its documentation and default."""
    schema = type_schema(field.type)
    more = _words(field)
    if field.default is not None:
        more["default"] = _default(field)
    # Beside a reference draft 7 ignores everything else.
    return {"allOf": [schema], **more} if "$ref" in schema and more else {**schema, **more}


def _argument(field: Field) -> Schema:
    schema = field_schema(field)
    if field.required:
        return {"title": field.name, **schema} if "$ref" not in schema else schema
    return {"title": field.name, "anyOf": [schema, {"type": "null"}]}


def _default(field: Field) -> object:
    value = field.default.value if field.default is not None else None
    is_int64 = isinstance(field.type, ScalarType) and field.type.name == "int64"
    return str(value) if is_int64 else value


def _declared(plan: Plan, declared: NewType | Enum | Record | TaggedUnion | Alias) -> Schema:
    match declared:
        case NewType(base=base):
            return type_schema(base)
        case Alias(type=type_):
            return type_schema(type_)
        case Enum(members=members, open=is_open):
            known: Schema = {"type": "string", "enum": [each.value for each in members]}
            return {"anyOf": [known, {"type": "string"}]} if is_open else known
        case Record(name=name, fields=fields, tag_value=tag_value):
            schema = record_schema(fields)
            if tag_value is not None:
                tag = plan.tags[name].name
                schema["properties"] = {tag: {"const": tag_value}, **schema["properties"]}
                schema["required"] = [tag, *schema.get("required", ())]
            return schema
        case TaggedUnion(tag=tag, members=members, open=is_open):
            known = {"oneOf": [{"$ref": f"{PLACE}{each}"} for each in members]}
            other = record_schema([Field(name=tag, type=ScalarType("str"))])
            return {"anyOf": [known, other]} if is_open else known
        case _:
            assert_never(declared)


def _python_schemas(declared: PythonType) -> dict[str, Schema]:
    """Return the schemas of a Python class; those that it refers to get its name before theirs."""
    given: Schema = declared.json_schema or {}
    found = {declared.name: {each: given[each] for each in given if each != "$defs"}}
    for name, schema in given.get("$defs", {}).items():
        found[f"{declared.name}.{name}"] = schema
    moved = {name: _moved(schema, declared.name) for name, schema in found.items()}
    moved[declared.name] = {**cast("Schema", moved[declared.name]), **_words(declared)}
    return cast("dict[str, Schema]", moved)


def _moved(schema: object, owner: str) -> object:
    """Lead references to definitions of the class itself to where they stand now, and write tuples
    as draft 7 does.
    """
    if isinstance(schema, list):
        return [_moved(each, owner) for each in cast("list[object]", schema)]
    if not isinstance(schema, dict):
        return schema
    moved: Schema = {}
    for key, value in cast("Schema", schema).items():
        if key == "$ref" and isinstance(value, str):
            moved[key] = value.replace("#/$defs/", f"{PLACE}{owner}.")
        elif key == "discriminator":
            continue  # OpenAPI's, which AsyncAPI has otherwise
        else:
            moved["items" if key == "prefixItems" else key] = _moved(value, owner)
    return moved


def _scalar_limits(name: ScalarName, constraints: Constraints) -> Schema:
    if name not in _NUMBERS | _TEXTS:
        return {}
    given = {each: getattr(constraints, each) for each in _KEYWORDS}
    return {_KEYWORDS[each]: value for each, value in given.items() if value is not None}


def _size(constraints: Constraints, of: str) -> Schema:
    given = {f"min{of}": constraints.min_items, f"max{of}": constraints.max_items}
    return {name: value for name, value in given.items() if value is not None}


def _words(declared: Documented) -> Schema:
    doc = words(declared)
    found: Schema = {"description": doc} if doc else {}
    if declared.deprecated:
        found["deprecated"] = True
    return found
