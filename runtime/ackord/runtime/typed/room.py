"""Rooms as a contract declares them: a name template and typed parameters."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from typing import Any, Final, get_type_hints

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.typed.text import text_of
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.schemas import SchemaOf, build_adapter
from pydantic import ValidationError
from pydantic_core import core_schema

_PLACE: Final = re.compile(r"\{\{|\}\}|\{\}")
_ESCAPES: Final = frozenset("%0123456789ABCDEF")
"""The characters of escapes."""


class Room(ABC):
    """A room with its parameters; generated subclasses are frozen dataclasses.

    Parameters are validated when a room is made, so every room has a name that the contract allows.
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
            raise InvalidPayloadError(
                f"{type(self).__name__}: {describe(list_issues(error, names))}"
            ) from error

    @staticmethod
    def _format(template: str, *values: object) -> str:
        """Fill the ``{}`` of a template from left to right; literal braces are doubled.

        Rooms of one template never get the same name for different parameters: in every value but
        the last, ``%`` and the character that ends the value are escaped, as ``%25`` is.
        """
        literals, ends = _split(template)
        texts = [text_of(value) for value in values]
        parts = [literals[0]]
        for text, literal, end in zip(texts, literals[1:], ends, strict=True):
            parts += (text if end is None else _escape(text, end), literal)
        return "".join(parts)


@cache
def _split(template: str) -> tuple[list[str], list[str | None]]:
    """Return the literal texts around the places of a template, and for each place the character
    that ends its value.

    That is a character of the following literal that doesn't occur in escapes; the last value needs
    none.
    """
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
    ends: list[str | None] = []
    for index, literal in enumerate(literals[1:-1], 1):
        found = next((char for char in literal if char not in _ESCAPES), None)
        if found is None:
            # The literal is empty, or has only characters of escapes: this character is added.
            found = ","
            literals[index] = f",{literal}"
        ends.append(found)
    return literals, [*ends, None] if len(literals) > 1 else []


def _escape(text: str, end: str) -> str:
    if "%" not in text and end not in text:
        return text
    return "".join(
        "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
        if char in ("%", end)
        else char
        for char in text
    )


@cache
def _parameters(room: type[Room]) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    hints = get_type_hints(room, include_extras=True)
    names = tuple(field.name for field in fields(room))  # type: ignore[arg-type]  # subclasses are dataclasses

    def shape(schema_of: SchemaOf) -> core_schema.CoreSchema:
        return core_schema.tuple_positional_schema([schema_of(hints[name]) for name in names])

    return names, build_adapter(shape).validator.validate_python
