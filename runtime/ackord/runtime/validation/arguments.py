"""The arguments of one event: text of the packet in, typed values out, and back."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import takewhile
from typing import Any, Final, Literal, NoReturn, TypeAlias

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.validation.positional import FAILURES, PositionalReader, PositionalWriter
from ackord.runtime.validation.raised_warnings import raises_warnings
from ackord.runtime.validation.schemas import SchemaOf, Shape, accepts_null
from pydantic import MISSING, ValidationError
from pydantic_core import CoreSchema, core_schema

MAX_SHORT: Final = 400
"""Characters of a message whose JSON can't exceed the depth that is read (200), with or without the
array around its argument.
"""


class _Absence(Enum):
    REQUIRED = "required"


REQUIRED: Final = _Absence.REQUIRED
"""The default of an argument that has none."""


_Default: TypeAlias = tuple[int, Any, bool]
"""Position of an argument, its default, and whether the default is mutable."""


@dataclass(frozen=True, slots=True)
class Arg:
    """One positional argument of an event."""

    name: str
    """The name in the schema; issues are located by it."""
    type: Any
    """A type that pydantic can validate."""
    default: Any = REQUIRED
    """The value if the sender left the argument out, or sent null and null isn't a value of the
    type.

    With pydantic's `MISSING` the argument may be left out, and null is a value of its type:
    `MISSING` stands for absence alone.
    """
    optional: bool = False
    """Whether it may be absent, and is `None` then."""


class ArgumentsAdapter:
    """Reads and writes the JSON array of one event, its name included, or of its acknowledgement;
    built on first use.
    """

    __slots__ = (
        "_absent",
        "_args",
        "_class",
        "_constants",
        "_count",
        "_defaults",
        "_empty",
        "_first",
        "_head",
        "_name",
        "_offset",
        "_reader",
        "_serialize",
        "_short",
        "_subject",
        "_validate",
        "_wanted",
        "_writer",
    )

    def __init__(
        self, name: str, args: Sequence[Arg], of: Literal["event", "ack"] = "event"
    ) -> None:
        """Take the event's name and its arguments, or those of its acknowledgement."""
        self._name = name
        self._subject = f"arguments of {name!r}" if of == "event" else f"ack of {name!r}"
        self._args = tuple(args)
        self._count = len(self._args)
        # The values that stand for absence of the arguments that may be left out at the end, the
        # last one first.
        self._absent = tuple(
            takewhile(lambda absent: absent is not REQUIRED, map(_absence, reversed(self._args)))
        )
        encoded = json.dumps(name)
        self._head, self._empty = (f"[{encoded},", f"[{encoded}]") if of == "event" else ("[", "[]")
        self._reader: PositionalReader | None = None
        self._writer: PositionalWriter | None = None
        self._first = 1 if of == "event" else 0
        """The position of the first argument in the array."""
        self._wanted = slice(self._first, self._first + self._count)
        self._defaults: tuple[_Default, ...] = ()
        # Reads the common message: one argument, up to `_short` characters in all.
        self._offset = len(self._head)
        self._short = 0
        self._validate: Callable[[str], Any] = _not_built
        # Writes the common message: one argument, an instance of `_class`.
        self._class: type | None = None
        self._serialize: Callable[..., bytes] = _not_built
        self._constants = False

    def warm_reader(self) -> None:
        """Build the validators for `decode`, which takes about a millisecond."""
        self._build_reader()

    def warm_writer(self) -> None:
        """Build the serializers for `encode`."""
        self._build_writer()

    def decode(self, payload: str, attachments: Sequence[bytes] = ()) -> tuple[Any, ...]:
        """Return the arguments of an EVENT's JSON array, defaults filled in; its first item, the
        name, isn't looked at.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            AttachmentError: a placeholder names an attachment that isn't there.
            InvalidArgumentsError: it is JSON, but not what the event declares.
        """
        if (
            len(payload) < self._short
            and payload[: self._offset] == self._head
            and payload[-1] == "]"
            and not attachments
        ):
            validate = self._validate
            try:
                value = validate(payload[self._offset : -1])
            except ValidationError:
                pass  # the reader below raises with the issues, or takes further items
            else:
                return (value,)
        reader = self._reader or self._build_reader()
        values = reader.read(payload, attachments)[self._wanted]
        return self._fill(values) if self._defaults else values

    @raises_warnings
    def encode(self, values: tuple[Any, ...]) -> tuple[str, Sequence[bytes]]:
        """Return the JSON array of an EVENT and its attachments; absent arguments are left out at
        the end, and null before others.

        Raises:
            InvalidPayloadError: a value isn't of its declared type, or JSON can't hold it.
        """
        count = len(values)
        if count == 1 and values[0].__class__ is self._class:
            serialize = self._serialize
            try:
                text = f"{self._head}{serialize(values[0], by_alias=True).decode()}]"
            except FAILURES:
                pass  # the writer below raises with the issues
            else:
                if not self._constants or ("NaN" not in text and "Infinity" not in text):
                    return text, ()
        if count != self._count:
            subject = f"{self._name!r} takes" if self._first else f"{self._subject} has"
            raise InvalidPayloadError(f"{subject} {self._count} arguments, not {count}")
        if not count:
            return self._empty, ()
        writer = self._writer or self._build_writer()
        absent = self.count_absent(values) if self._absent else 0
        text, attachments = writer.write(
            (*values[:-absent], *(None,) * absent) if absent else values
        )
        if absent == count:
            return self._empty, attachments
        if absent:
            text = text[: -1 - len(",null") * absent] + "]"
        return text.replace("[", self._head, 1), attachments

    def count_absent(self, values: tuple[Any, ...]) -> int:
        """Count the arguments that `encode` leaves out at the end."""
        absent = 0
        for value, absence in zip(reversed(values), self._absent, strict=False):
            if value is not absence:
                break
            absent += 1
        return absent

    def _fill(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        filled: list[Any] | None = None
        for index, default, can_change in self._defaults:
            if values[index] is None:
                filled = filled or list(values)
                filled[index] = copy.deepcopy(default) if can_change else default
        return values if filled is None else tuple(filled)

    def _build_reader(self) -> PositionalReader:
        if self._reader is None:
            self._defaults = tuple(
                (index, arg.default, copy.deepcopy(arg.default) is not arg.default)
                for index, arg in enumerate(self._args)
                if arg.default is not REQUIRED and not accepts_null(arg.type)
            )
            replaced = {index for index, *_ in self._defaults}
            shapes = [
                _read_shape(arg, null_is_absent=index in replaced)
                for index, arg in enumerate(self._args)
            ]
            names = [arg.name for arg in self._args]
            if self._first:
                names.insert(0, "event")
                shapes.insert(0, lambda _: core_schema.any_schema())
            self._reader = PositionalReader(names, shapes)
            single = (
                self._reader.pick(self._first) if self._count == 1 and not self._defaults else None
            )
            if single is not None:
                self._validate = single
                self._short = MAX_SHORT
        return self._reader

    def _build_writer(self) -> PositionalWriter:
        if self._writer is None:
            names = [arg.name for arg in self._args]
            self._writer = PositionalWriter(
                self._subject, names, [_write_shape(arg) for arg in self._args]
            )
            single = self._writer.pick() if self._count == 1 else None
            if single is not None:
                self._class, self._serialize, self._constants = single
        return self._writer


def _read_shape(arg: Arg, *, null_is_absent: bool) -> Shape:
    def shape(schema_of: SchemaOf) -> CoreSchema:
        schema = schema_of(arg.type)
        if null_is_absent or arg.optional:
            return core_schema.with_default_schema(
                core_schema.nullable_schema(schema), default=None
            )
        if arg.default is not REQUIRED:
            return core_schema.with_default_schema(schema, default=arg.default)
        return schema

    return shape


def _write_shape(arg: Arg) -> Shape:
    def shape(schema_of: SchemaOf) -> CoreSchema:
        schema = schema_of(arg.type)
        return schema if _absence(arg) is REQUIRED else core_schema.nullable_schema(schema)

    return shape


def _absence(arg: Arg) -> Any:
    """Return the value that stands for the absence of an argument; `REQUIRED` if the argument is
    always written.
    """
    if arg.optional:
        return None
    return MISSING if arg.default is MISSING else REQUIRED


def _not_built(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("an adapter is built before it is used")
