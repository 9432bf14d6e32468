"""JSON arrays of typed values, read and written in one pass: the arguments of events and
acknowledgements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, NoReturn

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.values import refuse_false_placeholders
from ackord.runtime.validation import raised_warnings
from ackord.runtime.validation.completion import complete
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.raised_warnings import raises_warnings
from ackord.runtime.validation.refusals import check_nesting, refusal, repair
from ackord.runtime.validation.scalars import ATTACHMENTS, PLACEHOLDERS
from ackord.runtime.validation.schemas import (
    SchemaOf,
    Shape,
    build_adapter,
    build_for_large,
    build_reader,
    build_serializer,
    build_validator,
    pick_item,
)
from ackord.runtime.validation.traits import instance_class, look_at
from pydantic import BaseModel, ValidationError
from pydantic_core import CoreSchema, PydanticSerializationError, SchemaSerializer, core_schema

LARGE: Final = 4096
"""Characters from which on a payload is validated with fewer issues; see
`ackord.runtime.validation.large`.
"""
_UNEXPECTED_BYTES: Final = "Bytes, or an object that looks like their placeholder, can't stand here"

FAILURES: Final = (TypeError, ValueError, RecursionError)
"""The exceptions of a serializer, by `raises_warnings` or otherwise; after any of them the value is
written as part of an array.
"""

_SCALARS: Final[frozenset[type]] = frozenset({str, int, float, bool, bytes, type(None)})


class PositionalReader:
    """Reads JSON arrays; items after the declared ones are ignored."""

    __slots__ = (
        "_copies_nested",
        "_has_maps",
        "_is_bare",
        "_names",
        "_schema",
        "_validate",
        "_validate_large",
        "takes_attachments",
    )

    def __init__(self, names: Sequence[str], shapes: Sequence[Shape]) -> None:
        """Take a name and a schema for each position; the location of an issue begins with the
        name.
        """

        def array(schema_of: SchemaOf) -> CoreSchema:
            items = [shape(schema_of) for shape in shapes]
            return core_schema.tuple_schema(
                [*items, core_schema.any_schema()], variadic_item_index=len(items)
            )

        adapter = build_adapter(array)
        traits = look_at(adapter.core_schema)
        self._schema = adapter.core_schema
        self._names = tuple(names)
        reader = build_reader(adapter, traits)
        self._validate: Callable[..., tuple[Any, ...]] = reader.validate
        self._copies_nested = reader.copies_nested
        self._validate_large: Callable[..., tuple[Any, ...]] | None = None
        self.takes_attachments = traits.attachments
        self._has_maps = traits.maps
        self._is_bare = not traits.attachments and not traits.aliases

    def read(self, payload: str, attachments: Sequence[bytes] = ()) -> tuple[Any, ...]:
        """Return the values of the array, those after the declared ones included, decoded but not
        checked.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            AttachmentError: a placeholder names an attachment that isn't there.
            InvalidArgumentsError: it is JSON, but not what is declared, or bytes stand where none
                are declared.
        """
        validate = self._validate if len(payload) <= LARGE else self._prepare_large(payload)
        try:
            if self._is_bare:  # keyword arguments take time
                values = validate(payload)
            else:
                context = {ATTACHMENTS: attachments} if self.takes_attachments else None
                values = validate(payload, context=context, by_alias=True, by_name=False)
        except ValidationError as error:
            repaired = repair(error, payload)
            if repaired is not None:
                return self.read(repaired, attachments)
            # Not chained: pydantic's exception contains the peer's input, which mustn't get into
            # this program's logs.
            raise refusal(error, payload, self._names) from None
        if attachments and self._has_maps:
            self._refuse_placeholders(values, len(attachments))
        return values

    def _refuse_placeholders(self, values: tuple[Any, ...], count: int) -> None:
        """Refuse attachments in values declared as JSON or a map, where their placeholders would
        pass for data.

        An object whose ``num`` is none of the `count` attachments is data.
        """
        for name, value in zip(self._names, values, strict=False):
            parts: list[Any] = [value]
            for part in parts:  # the list grows meanwhile
                kind = part.__class__
                if kind is dict:
                    number = part.get("num")
                    if (
                        part.get("_placeholder") is True
                        and type(number) is int
                        and 0 <= number < count
                    ):
                        message = _UNEXPECTED_BYTES
                        raise InvalidArgumentsError(
                            [{"loc": [name], "type": "bytes_unexpected", "msg": message}]
                        )
                    items: Collection[Any] = part.values()
                elif kind is list or kind is tuple:
                    items = part
                elif isinstance(part, BaseModel):
                    items = vars(part).values()
                else:
                    continue
                # Functions in C skip half a million scalars.
                if not _SCALARS.issuperset(map(type, items)):
                    parts += [item for item in items if type(item) not in _SCALARS]

    def _prepare_large(self, payload: str) -> Callable[..., tuple[Any, ...]]:
        if self._copies_nested:
            check_nesting(payload)
        if self._validate_large is None:
            self._validate_large = build_for_large(self._schema)
        return self._validate_large

    def pick(self, position: int) -> Callable[[str], Any] | None:
        """Return a validator for the text of one position alone; `None` if its results could
        differ.

        If it raises `ValidationError`, the caller must read the whole array with `read`. So there
        is no such validator where it would call code of the application.
        """
        schema = pick_item(self._schema, position)
        return (
            build_validator(schema).validate_json
            if self._is_bare and look_at(schema).inert
            else None
        )


class SingleWriter(NamedTuple):
    """Writes one value without an array around it."""

    class_: type
    """The class of the instances that it may write."""
    serialize: Callable[..., bytes]
    """Returns the JSON text. If called by a function that `raises_warnings`, it raises one of
    `FAILURES` for a value that isn't as declared; then the caller writes the array with `write`.

    Pass `by_alias=True` for the names on the wire.
    """
    constants: bool
    """Whether the text must be searched for ``NaN`` and ``Infinity``."""


def model_writer(type_: Any) -> SingleWriter | None:
    """Return the writer of a model's instances; `None` if `type_` is no model, or if an array with
    the model could be written otherwise.
    """
    if not (isinstance(type_, type) and issubclass(type_, BaseModel)):
        return None
    complete(type_)
    if not type_.__pydantic_complete__:
        return None
    schema = type_.__pydantic_core_schema__
    traits = look_at(schema)
    class_ = instance_class(schema)
    if class_ is None or traits.attachments:
        return None
    return SingleWriter(class_, _without_warnings(build_serializer(schema)), traits.constants)


class PositionalWriter:
    """Writes JSON arrays of exactly the declared length."""

    __slots__ = (
        "_constants",
        "_names",
        "_schema",
        "_serialize",
        "_serialize_or_say_why",
        "_subject",
        "_takes_attachments",
        "_validate",
    )

    def __init__(self, subject: str, names: Sequence[str], shapes: Sequence[Shape]) -> None:
        """Take a name and a schema for each position; `subject` begins the messages of errors."""
        adapter = build_adapter(
            lambda schema_of: core_schema.tuple_positional_schema(
                [shape(schema_of) for shape in shapes]
            )
        )
        self._schema = adapter.core_schema
        self._subject = subject
        self._names = tuple(names)
        traits = look_at(adapter.core_schema)
        self._takes_attachments = traits.attachments
        self._constants = traits.constants
        self._validate = adapter.validator.validate_python
        self._serialize = _without_warnings(adapter.serializer)
        self._serialize_or_say_why = partial(
            adapter.serializer.to_json, by_alias=True, warnings="error"
        )

    @raises_warnings
    def write(self, values: tuple[Any, ...]) -> tuple[str, Sequence[bytes]]:
        """Return the array as compact JSON, and the attachments that its placeholders stand for.

        Models are checked when they are made, and frozen. So only two things are checked here: each
        value is of its declared type, and the items of lists can be written as declared.

        Raises:
            InvalidPayloadError: a value isn't of its declared type, or JSON can't hold it.
        """
        validate, serialize = self._validate, self._serialize
        attachments: list[bytes] | tuple[()]
        try:
            if self._takes_attachments:
                attachments = []
                context: dict[str, Any] = {ATTACHMENTS: attachments}
                text = serialize(validate(values), by_alias=True, context=context).decode()
                if attachments:
                    refuse_false_placeholders(text, context[PLACEHOLDERS])
            else:
                attachments = ()
                text = serialize(validate(values), by_alias=True).decode()
        except FAILURES:
            pass
        else:
            if self._constants and ("NaN" in text or "Infinity" in text):
                self._refuse_constants(text)
            return text, attachments
        return self._write_or_say_why(values)

    def pick(self) -> SingleWriter | None:
        """Return the writer for the only position alone; `None` if its results could differ."""
        item = pick_item(self._schema, 0)
        class_ = instance_class(item)
        if class_ is None or self._takes_attachments:
            return None
        return SingleWriter(class_, _without_warnings(build_serializer(item)), self._constants)

    def _write_or_say_why(self, values: tuple[Any, ...]) -> tuple[str, Sequence[bytes]]:
        attachments: list[bytes] = []
        context: dict[str, Any] | None = (
            {ATTACHMENTS: attachments} if self._takes_attachments else None
        )
        try:
            text = self._serialize_or_say_why(self._validate(values), context=context).decode()
        except ValidationError as error:
            raise InvalidPayloadError(
                f"{self._subject}: {describe(list_issues(error, self._names))}"
            ) from error
        except (PydanticSerializationError, UnicodeError) as error:
            raise InvalidPayloadError(f"{self._subject}: {error}") from error
        self._refuse_constants(text)
        if context is not None and attachments:
            refuse_false_placeholders(text, context[PLACEHOLDERS])
        return text, attachments

    def _refuse_constants(self, text: str) -> None:
        """Refuse ``NaN`` and ``Infinity`` outside of strings."""

        def refuse(constant: str) -> NoReturn:
            raise InvalidPayloadError(f"{self._subject}: {constant} can't be written as JSON")

        if "NaN" in text or "Infinity" in text:
            json.loads(text, parse_constant=refuse)


def _without_warnings(serializer: SchemaSerializer) -> Callable[..., bytes]:
    """Return the function that serializes; in a function that `raises_warnings` it raises one of
    `FAILURES` if the value isn't as declared.
    """
    return (
        serializer.to_json
        if raised_warnings.WORKS
        else partial(serializer.to_json, warnings="error")
    )
