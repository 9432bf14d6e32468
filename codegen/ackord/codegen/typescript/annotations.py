"""Writes the types of a contract in TypeScript."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, assert_never

from ackord.codegen.plan import Plan
from ackord.codegen.typescript.json_schema import schema_type
from ackord.codegen.typescript.naming import Names
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import key, literal
from ackord.schema.model import (
    Constraints,
    Enum,
    Field,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    PythonType,
    RefType,
    ScalarName,
    ScalarType,
    TupleType,
    Type,
    UnionType,
)

_PLAIN: Final[Mapping[ScalarName, str]] = MappingProxyType(
    {"str": "string", "int": "number", "float": "number", "bool": "boolean", "bytes": "Uint8Array"}
)

BRANDS: Final[Mapping[ScalarName, tuple[str, str]]] = MappingProxyType(
    {
        "int64": ("Int64", "A whole number of 64 bits: `9007199254740993`."),
        "datetime": ("DateTime", "A point in time: `2024-02-29T12:00:00Z`."),
        "date": ("PlainDate", "A day: `2024-02-29`."),
        "time": ("PlainTime", "A time of day: `12:30:00`."),
        "duration": ("Duration", "A span of time: `P1DT2H`."),
        "uuid": ("Uuid", "A UUID: `12345678-1234-5678-1234-567812345678`."),
        "decimal": ("Decimal", "A decimal number: `1.50`."),
        "url": ("Url", "A URL: `https://example.com/`."),
        "email": ("Email", "An email address: `ada@example.org`."),
        "ip": ("Ip", "An IP address: `192.0.2.1` or `2001:db8::1`."),
    }
)
"""The types of scalars that are text on the wire."""

_JSON: Final[Mapping[ScalarName, str]] = MappingProxyType(
    {"json": "JsonValue", "json_object": "JsonObject"}
)


class Annotations:
    """The types of one module; notes which names of other modules it uses."""

    def __init__(self, plan: Plan, names: Names, settings: Settings, prefix: str = "") -> None:
        """Take what stands before the names of ``types.ts``, such as ``types.``."""
        self._prefix = prefix
        self._plan = plan
        self._names = names
        self._settings = settings
        self.types: set[str] = set()
        """Names of ``types.ts`` that were used."""
        self.runtime: set[str] = set()
        """Names of ``runtime.ts`` that were used."""

    def text(self, type_: Type) -> str:
        """Write a type."""
        match type_:
            case ScalarType(name):
                return self.scalar(name)
            case ListType(item):
                return f"readonly {self._element(item)}[]"
            case MapType(value, key=key_type):
                return self._map(key_type, self.text(value))
            case TupleType(items):
                return f"readonly [{', '.join(map(self.text, items))}]"
            case LiteralType(values):
                return " | ".join(map(literal, values))
            case UnionType(members):
                return " | ".join(dict.fromkeys(map(self.text, members)))
            case NullableType(item):
                return f"{self.text(item)} | null"
            case RefType(name):
                return self.declared(name)
            case _:
                assert_never(type_)

    def scalar(self, name: ScalarName) -> str:
        """Write a scalar."""
        if name in _PLAIN:
            return _PLAIN[name]
        if name == "int64" and self._settings.int64 == "bigint":
            return "bigint"
        if name == "datetime" and self._settings.datetime == "Date":
            return "Date"
        return self.use(_JSON[name] if name in _JSON else BRANDS[name][0])

    def declared(self, name: str) -> str:
        """Name a declared type."""
        return self._own(self._names.types[name])

    def error(self, name: str) -> str:
        """Name a declared error."""
        return self._own(self._names.errors[name])

    def named(self, name: str) -> str:
        """Name anything else that ``types.ts`` defines."""
        return self._own(name)

    def use(self, name: str) -> str:
        """Name something of ``runtime.ts``."""
        self.runtime.add(name)
        return self._names.imported(name)

    def python(self, declared: PythonType) -> str:
        """Write the type of a Python class, as its JSON Schema has it."""
        return schema_type(declared.json_schema, self.use)

    def property(self, field: Field) -> str:
        """Write a field of an object."""
        mark = "" if field.required else "?"
        return f"readonly {key(field.name)}{mark}: {self.text(field.type)};"

    def _own(self, name: str) -> str:
        self.types.add(name)
        return f"{self._prefix}{name}"

    def _element(self, item: Type) -> str:
        text = self.text(item)
        is_simple = text.replace("_", "").replace(".", "").isalnum()
        return text if is_simple else f"({text})"

    def _map(self, key_type: Type, value: str) -> str:
        known = self._known_keys(key_type)
        if known is None:
            return f"{{ readonly [key: string]: {value} }}"
        return f"{{ readonly [Key in {known}]?: {value} }}"

    def _known_keys(self, type_: Type) -> str | None:
        """Write the keys of a map if there are some only, as of an enumeration."""
        match type_:
            case LiteralType():
                return self.text(type_)
            case RefType(name):
                declared = self._plan.declarations[name]
                is_closed = isinstance(declared, Enum) and not declared.open
                return self.declared(name) if is_closed else None
            case _:
                return None


_CONSTRAINTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "min_length": "minLength",
        "max_length": "maxLength",
        "pattern": "pattern",
        "ge": "minimum",
        "gt": "exclusiveMinimum",
        "le": "maximum",
        "lt": "exclusiveMaximum",
        "multiple_of": "multipleOf",
        "max_digits": "maxDigits",
        "decimal_places": "decimalPlaces",
        "min_items": "minItems",
        "max_items": "maxItems",
    }
)
"""The names of constraints in JSON Schema, and others like them."""


def constraint_tags(constraints: Constraints | None) -> list[str]:
    """Return constraints as tags of JSDoc."""
    return [f"@{name} {value}" for name, value in constraint_values(constraints).items()]


def constraint_values(constraints: Constraints | None) -> dict[str, Any]:
    """Return constraints by their names in JSON Schema."""
    if constraints is None:
        return {}
    return {_CONSTRAINTS[name]: value for name, value in constraints.given.items()}


def constraints_of(type_: Type) -> Constraints | None:
    """Return the constraints that stand at a type itself."""
    match type_:
        case ScalarType(constraints=constraints) | ListType(constraints=constraints):
            return constraints
        case MapType(constraints=constraints):
            return constraints
        case NullableType(item):
            return constraints_of(item)
        case _:
            return None
