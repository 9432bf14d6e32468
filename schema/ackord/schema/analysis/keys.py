"""Types whose values can be the keys of a JSON object, because each value has one text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ackord.schema.model import (
    Alias,
    Enum,
    LiteralType,
    NewType,
    RefType,
    ScalarType,
    Type,
    TypeDeclaration,
)

_SCALARS: Final = frozenset({"str", "int64", "uuid", "date", "email", "ip"})


def is_key(of: Type, declarations: Mapping[str, TypeDeclaration]) -> bool:
    """Return whether values of a type can be keys; a broken type can."""
    match of:
        case ScalarType(name):
            return name in _SCALARS
        case LiteralType(values):
            return all(isinstance(value, str) for value in values)
        case RefType(name):
            match declarations.get(name):
                case NewType(base=target) | Alias(type=target):
                    return is_key(target, declarations)
                case Enum() | None:
                    return True
                case _:
                    return False
        case _:
            return False
