"""Types in words, as a schema file has them."""

from __future__ import annotations

import json
from typing import Final

from ackord.schema.compatibility.sides import Shape
from ackord.schema.model import (
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

_MAX: Final = 60


def name_of(of: Type | Shape) -> str:
    """Return a type as an expression, without constraints."""
    text = _write(of)
    return f"`{text if len(text) <= _MAX else text[: _MAX - 1] + '…'}`"


def type_name(of: Type) -> str:
    """Return a type as an expression, without constraints and quotes."""
    return name_of(of).strip("`")


def _write(of: Type | Shape) -> str:
    match of:
        case ScalarType(name) | RefType(name):
            return name
        case ListType(item):
            return f"list[{_write(item)}]"
        case MapType(value, _, key):
            return f"map[{_write(key)}, {_write(value)}]"
        case TupleType(items):
            return f"tuple[{', '.join(map(_write, items))}]"
        case LiteralType(values):
            listed = (json.dumps(value, ensure_ascii=False) for value in values)
            return f"literal[{', '.join(listed)}]"
        case UnionType(members):
            return " | ".join(map(_write, members))
        case NullableType(item):
            return f"{_write(item)} | null"
        case _:
            return of.name
