"""Types in words, as a schema file has them."""

from __future__ import annotations

from typing import Final

from ackord.schema.compatibility.sides import Shape
from ackord.schema.model import Enum, NewType, PythonType, Record, TaggedUnion, Type
from ackord.schema.notation import written

_MAX: Final = 60
_DECLARED: Final = (NewType, Enum, Record, TaggedUnion, PythonType)


def name_of(of: Type | Shape) -> str:
    """Return a type as an expression, without constraints."""
    text = of.name if isinstance(of, _DECLARED) else written(of)
    return f"`{text if len(text) <= _MAX else text[: _MAX - 1] + '…'}`"


def type_name(of: Type) -> str:
    """Return a type as an expression, without constraints and quotes."""
    return name_of(of).strip("`")
