"""The arguments of one event: text of the packet in, typed values out, and back."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.validation.positional import (
    PositionalReader,
    PositionalWriter,
    SchemaOf,
    Shape,
    accepts_null,
    dump_values,
)
from pydantic_core import CoreSchema, core_schema


class _Absence(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Absence.REQUIRED
"""The default of an argument that has none."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One positional argument of an event."""

    name: str
    """The name in the schema; issues are located by it."""
    type: Any
    """Anything that pydantic can validate."""
    default: Any = REQUIRED
    """The value where a sender left the argument out, or sent null in its place."""
    optional: bool = False
    """Whether it may be absent, and is `None` then."""


class ArgumentsAdapter:
    """Reads and writes the JSON array of one event, its name included; built on first use."""

    __slots__ = ("_args", "_count", "_defaults", "_empty", "_head", "_name", "_optional", "_reader", "_writer")

    def __init__(self, name: str, args: Sequence[Arg]) -> None:
        self._name = name
        self._args = tuple(args)
        self._count = len(self._args)
        self._optional = any(arg.optional for arg in self._args)
        encoded = json.dumps(name)
        self._head = f"[{encoded},"
        self._empty = f"[{encoded}]"
        self._reader: PositionalReader | None = None
        self._writer: PositionalWriter | None = None
        self._defaults: tuple[tuple[int, Any], ...] = ()

    def warm_reader(self) -> None:
        """Build what `decode` needs, which takes about a millisecond."""
        self._build_reader()

    def warm_writer(self) -> None:
        """Build what `encode` needs."""
        self._build_writer()

    def decode(self, payload: str, attachments: Sequence[bytes] = ()) -> tuple[Any, ...]:
        """Return the arguments of an EVENT's JSON array, defaults filled in; its first item, the name, isn't looked at.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            AttachmentError: a placeholder names an attachment that isn't there.
            InvalidArgumentsError: it is JSON, but not what the event declares.
        """
        reader = self._reader or self._build_reader()
        values = reader.read(payload, attachments)[1 : self._count + 1]
        return self._fill(values) if self._defaults else values

    def decode_values(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the arguments of an event that another parser decoded already, by the rules of `decode`; `values` don't hold the name."""
        payload, attachments = dump_values([self._name, *values])
        return self.decode(payload, attachments)

    def encode(self, values: tuple[Any, ...]) -> tuple[str, Sequence[bytes]]:
        """Return the JSON array of an EVENT and its attachments; absent arguments are left out at the end, and null before others.

        Raises:
            InvalidPayloadError: a value isn't of its declared type, or JSON can't hold it.
        """
        if not self._count and not values:
            return self._empty, ()
        if len(values) != self._count:
            raise InvalidPayloadError(f"{self._name!r} takes {self._count} arguments, not {len(values)}")
        text, attachments = (self._writer or self._build_writer()).write(values)
        if not self._optional:
            return self._head + text[1:], attachments
        absent = self.count_absent(values)
        if absent == self._count:
            return self._empty, attachments
        if absent:
            return f"{self._head}{text[1 : -1 - len(',null') * absent]}]", attachments
        return self._head + text[1:], attachments

    def count_absent(self, values: tuple[Any, ...]) -> int:
        """Count the arguments that `encode` leaves out at the end."""
        absent = 0
        if self._optional:
            for arg, value in zip(reversed(self._args), reversed(values), strict=True):
                if value is not None or not arg.optional:
                    break
                absent += 1
        return absent

    def _fill(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        filled: list[Any] | None = None
        for index, default in self._defaults:
            if values[index] is None:
                filled = filled or list(values)
                filled[index] = copy.deepcopy(default)
        return values if filled is None else tuple(filled)

    def _build_reader(self) -> PositionalReader:
        if self._reader is None:
            self._defaults = tuple(
                (index, arg.default) for index, arg in enumerate(self._args) if arg.default is not REQUIRED and not accepts_null(arg.type)
            )
            replaced = {index for index, _ in self._defaults}
            shapes = [_read_shape(arg, null_is_absent=index in replaced) for index, arg in enumerate(self._args)]
            names = [arg.name for arg in self._args]
            self._reader = PositionalReader(["event", *names], [lambda _: core_schema.any_schema(), *shapes])
        return self._reader

    def _build_writer(self) -> PositionalWriter:
        if self._writer is None:
            names = [arg.name for arg in self._args]
            self._writer = PositionalWriter(f"arguments of {self._name!r}", names, [_write_shape(arg) for arg in self._args])
        return self._writer


def _read_shape(arg: Arg, *, null_is_absent: bool) -> Shape:
    def shape(schema_of: SchemaOf) -> CoreSchema:
        schema = schema_of(arg.type)
        if null_is_absent or arg.optional:
            return core_schema.with_default_schema(core_schema.nullable_schema(schema), default=None)
        if arg.default is not REQUIRED:
            return core_schema.with_default_schema(schema, default=arg.default)
        return schema

    return shape


def _write_shape(arg: Arg) -> Shape:
    def shape(schema_of: SchemaOf) -> CoreSchema:
        schema = schema_of(arg.type)
        return core_schema.nullable_schema(schema) if arg.optional else schema

    return shape
