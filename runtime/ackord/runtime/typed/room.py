"""Rooms as a contract declares them: a name template and typed parameters."""

from __future__ import annotations

import datetime as dt
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Final, get_type_hints
from uuid import UUID

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.positional import SchemaOf, build_adapter
from pydantic import ValidationError
from pydantic_core import core_schema

_PLACE: Final = re.compile(r"\{\{|\}\}|\{\}")


class Room(ABC):
    """A room with its parameters; generated subclasses are frozen dataclasses.

    Parameters are validated when a room is made, so that no name can be smuggled in that the contract doesn't allow.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def name(self) -> str:
        """The name of the room on the server."""

    def __post_init__(self) -> None:
        names, validate = _parameters(type(self))
        if not names:
            return
        try:
            validate(tuple(getattr(self, name) for name in names))
        except ValidationError as error:
            raise InvalidPayloadError(f"{type(self).__name__}: {describe(list_issues(error, names))}") from error

    @staticmethod
    def _format(template: str, *values: object) -> str:
        """Fill the ``{}`` of a template from left to right; literal braces are doubled.

        Rooms with different parameters never get the same name:
        where there are several, what a value shares with the literal text around is written as ``%3A``.
        """
        literals = _split(template)
        if len(values) == 1 and len(literals) == 2:
            return f"{literals[0]}{_text(values[0])}{literals[1]}"
        texts = [_text(value) for value in values]
        if len(texts) > 1:
            special = {"%", *"".join(literals)}
            texts = ["".join(_escape(char) if char in special else char for char in text) for text in texts]
        parts = [literals[0]]
        for text, literal in zip(texts, literals[1:], strict=True):
            parts += (text, literal)
        return "".join(parts)


@cache
def _split(template: str) -> list[str]:
    """Return the literal texts before, between and after the places of a template."""
    literals = [""]
    end = 0
    for match in _PLACE.finditer(template):
        literals[-1] += template[end : match.start()]
        end = match.end()
        if match[0] == "{}":
            literals.append("")
        else:
            literals[-1] += match[0][0]
    literals[-1] += template[end:]
    # Two parameters side by side couldn't be told apart: no escape gives this text.
    return [literal or "%," if 0 < index < len(literals) - 1 else literal for index, literal in enumerate(literals)]


def _escape(char: str) -> str:
    return "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))


def _text(value: object) -> str:
    match value:
        case Enum():
            return str(value.value)
        case bool():
            return "true" if value else "false"
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case str() | int() | float() | Decimal() | UUID():
            return str(value)
        case _:
            raise InvalidPayloadError(f"a room's name can't hold a {type(value).__name__!r}")


@cache
def _parameters(room: type[Room]) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    hints = get_type_hints(room, include_extras=True)
    names = tuple(field.name for field in fields(room))  # type: ignore[arg-type]  # subclasses are dataclasses

    def shape(schema_of: SchemaOf) -> core_schema.CoreSchema:
        return core_schema.tuple_positional_schema([schema_of(hints[name]) for name in names])

    return names, build_adapter(shape).validator.validate_python
