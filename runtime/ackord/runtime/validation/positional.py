"""JSON arrays of typed values, read and written in one pass: the arguments of events and acknowledgements."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn, TypeAlias

from ackord.runtime.error_acks import InvalidArgumentsError
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.socketio.errors import MalformedPayloadError
from ackord.runtime.socketio.values import repair_surrogates
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.scalars import ATTACHMENTS, read_attachment
from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreConfig, CoreSchema, PydanticSerializationError, SchemaValidator, core_schema

SchemaOf: TypeAlias = Callable[[Any], CoreSchema]
"""Gives the core schema of a type."""
Shape: TypeAlias = Callable[[SchemaOf], CoreSchema]
"""Builds a core schema out of those of types."""

# Strict by configuration and not by call: the models of `python:` types keep their own mode.
LARGE: Final = 16_384
"""Characters from which on a payload's lists are read only up to the first item that is wrong."""

_CONFIG: Final = ConfigDict(strict=True, allow_inf_nan=False, ser_json_inf_nan="constants")


@dataclass(frozen=True, slots=True)
class _Annotation:
    shape: Shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self.shape(handler.generate_schema)


def build_adapter(shape: Shape) -> TypeAdapter[Any]:
    """Build pydantic's validator and serializer of a hand-made schema."""
    return TypeAdapter(Annotated[Any, _Annotation(shape)], config=_CONFIG)


def accepts_null(type_: Any) -> bool:
    """Tell whether null is a value of the type."""
    return bool(build_adapter(lambda schema_of: schema_of(type_)).validator.isinstance_python(None))


class PositionalReader:
    """Reads JSON arrays; items after the declared ones are ignored."""

    __slots__ = ("_names", "_validate", "_validate_large", "takes_attachments")

    def __init__(self, names: Sequence[str], shapes: Sequence[Shape]) -> None:
        """Take a name and a schema for each position; the name is where issues say that they are."""

        def arguments(schema_of: SchemaOf) -> CoreSchema:
            return core_schema.arguments_schema(
                [
                    core_schema.arguments_parameter(f"p{index}", shape(schema_of), mode="positional_only")
                    for index, shape in enumerate(shapes)
                ],
                var_args_schema=core_schema.any_schema(),
                serialization=core_schema.to_string_ser_schema(),  # never used: one must be named
            )

        adapter = build_adapter(arguments)
        self._names = tuple(names)
        self._validate = adapter.validator.validate_json
        self._validate_large = _build_impatient(adapter)
        self.takes_attachments = _mentions_attachments(adapter.core_schema)

    def read(self, payload: str, attachments: Sequence[bytes] = ()) -> tuple[Any, ...]:
        """Return the values of the array, those after the declared ones included, decoded but not checked.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            AttachmentError: a placeholder names an attachment that isn't there.
            InvalidArgumentsError: it is JSON, but not what is declared.
        """
        validate = self._validate if len(payload) <= LARGE else self._validate_large
        context = {ATTACHMENTS: attachments} if self.takes_attachments else None
        try:
            values, _ = validate(payload, context=context, by_alias=True, by_name=False)
        except ValidationError as error:
            repaired = _repair(error, payload)
            if repaired is not None:
                return self.read(repaired, attachments)
            # Not chained: pydantic's exception holds the peer's input, which has no place in this program's logs.
            raise _refusal(error, payload, self._names) from None
        positional: tuple[Any, ...] = values
        return positional


class PositionalWriter:
    """Writes JSON arrays of exactly the declared length."""

    __slots__ = ("_names", "_serialize", "_subject", "_validate", "takes_attachments")

    def __init__(self, subject: str, names: Sequence[str], shapes: Sequence[Shape]) -> None:
        """Take a name and a schema for each position; `subject` begins the messages of errors."""
        adapter = build_adapter(lambda schema_of: core_schema.tuple_positional_schema([shape(schema_of) for shape in shapes]))
        self._subject = subject
        self._names = tuple(names)
        self._validate = adapter.validator.validate_python
        self._serialize = adapter.serializer.to_json
        self.takes_attachments = _mentions_attachments(adapter.core_schema)

    def write(self, values: tuple[Any, ...]) -> tuple[str, Sequence[bytes]]:
        """Return the array as compact JSON, and the attachments that its placeholders stand for.

        Models are checked when they are made, and frozen: here only that each value is of its declared type,
        and that what their lists hold can be written as declared.

        Raises:
            InvalidPayloadError: a value isn't of its declared type, or JSON can't hold it.
        """
        attachments: list[bytes] | tuple[()] = ()
        try:
            checked = self._validate(values)
            if self.takes_attachments:
                attachments = []
                text = self._serialize(checked, context={ATTACHMENTS: attachments}, by_alias=True, warnings="error").decode()
            else:
                text = self._serialize(checked, by_alias=True, warnings="error").decode()
        except ValidationError as error:
            raise InvalidPayloadError(f"{self._subject}: {describe(list_issues(error, self._names))}") from error
        except (PydanticSerializationError, UnicodeError) as error:
            raise InvalidPayloadError(f"{self._subject}: {error}") from error
        if "NaN" in text or "Infinity" in text:
            self._refuse_constants(text)
        return text, attachments

    def _refuse_constants(self, text: str) -> None:
        """Refuse the numbers that JSON doesn't have; strings may hold the words."""

        def refuse(constant: str) -> NoReturn:
            raise InvalidPayloadError(f"{self._subject}: {constant} can't be written as JSON")

        json.loads(text, parse_constant=refuse)


class ValueAdapter:
    """Reads and writes one JSON value that stands alone: the payload of CONNECT; built on first use."""

    __slots__ = ("_adapter", "_name", "_type", "_validate_large")

    def __init__(self, name: str, type_: Any) -> None:
        """Take what issues' locations begin with, and a type."""
        self._name = name
        self._type = type_
        self._adapter: TypeAdapter[Any] | None = None
        self._validate_large: Callable[..., Any] = _not_built

    def warm(self) -> None:
        """Build what `read` needs."""
        self._build()

    def read(self, payload: str) -> Any:
        """Return the value.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            InvalidArgumentsError: it is JSON, but not of the type.
        """
        try:
            adapter = self._adapter or self._build()
            validate = adapter.validator.validate_json if len(payload) <= LARGE else self._validate_large
            return validate(payload, by_alias=True, by_name=False)
        except ValidationError as error:
            repaired = _repair(error, payload)
            if repaired is not None:
                return self.read(repaired)
            refusal = _refusal(error, payload, ())
        if isinstance(refusal, InvalidArgumentsError):
            refusal = InvalidArgumentsError([{**issue, "loc": [self._name, *issue["loc"]]} for issue in refusal.issues or ()])
        raise refusal

    def dump(self, value: Any) -> Any:
        """Return a value of the type as plain JSON values.

        Raises:
            InvalidPayloadError: it isn't of the type, or JSON can't hold it.
        """
        adapter = self._adapter or self._build()
        try:
            return adapter.dump_python(adapter.validator.validate_python(value), mode="json", by_alias=True, warnings="error")
        except ValidationError as error:
            raise InvalidPayloadError(f"{self._name}: {describe(list_issues(error, ()))}") from error
        except PydanticSerializationError as error:
            raise InvalidPayloadError(f"{self._name}: {error}") from error

    def _build(self) -> TypeAdapter[Any]:
        if self._adapter is None:
            self._adapter = build_adapter(lambda schema_of: schema_of(self._type))
            self._validate_large = _build_impatient(self._adapter)
        return self._adapter


def dump_values(values: Sequence[Any]) -> tuple[str, list[bytes]]:
    """Write values that another parser decoded as the JSON text that they would have been, so that one set of rules holds."""
    attachments: list[bytes] = []

    def extract(value: Any) -> dict[str, Any]:
        if value.__class__ not in (bytes, bytearray, memoryview):
            raise InvalidArgumentsError([{"loc": [], "type": "json_type", "msg": "Value has no JSON form"}])
        attachments.append(bytes(value))
        return {"_placeholder": True, "num": len(attachments) - 1}

    try:
        return json.dumps(list(values), default=extract, allow_nan=False), attachments
    except (TypeError, ValueError, RecursionError):
        raise InvalidArgumentsError([{"loc": [], "type": "json_type", "msg": "Value has no JSON form"}]) from None


def _not_built(*_: Any, **__: Any) -> Any:
    raise AssertionError("an adapter is built before it reads")


def _build_impatient(adapter: TypeAdapter[Any]) -> Callable[..., Any]:
    """Return the JSON validator of an adapter, but one that leaves a list at the first item that is wrong.

    Otherwise pydantic makes an error for each: half a million wrong items in a megabyte keep the event loop for more than half a second.
    """
    core = adapter.core_schema
    if not _has_lists(core):
        return adapter.validator.validate_json
    # Not with the validators that the models have already: those are patient. The keyword is pydantic's own, so it may go one day.
    schema, config = _with_fail_fast(core), CoreConfig(strict=True, allow_inf_nan=False)
    try:
        return SchemaValidator(schema, config, _use_prebuilt=False).validate_json
    except TypeError:
        return SchemaValidator(schema, config).validate_json


def _has_lists(schema: Any) -> bool:
    return _find(schema, lambda part: part.__class__ is dict and part.get("type") == "list")


def _with_fail_fast(part: Any) -> Any:
    """Copy a core schema; what isn't made of dictionaries and sequences stays what it is."""
    kind = part.__class__
    if kind is dict:
        copied = {key: _with_fail_fast(value) for key, value in part.items()}
        if copied.get("type") == "list" and "items_schema" in copied:
            copied["fail_fast"] = True
        return copied
    if kind is list:
        return [_with_fail_fast(value) for value in part]
    if kind is tuple:
        return tuple(_with_fail_fast(value) for value in part)
    return part


def _mentions_attachments(schema: Any) -> bool:
    return _find(schema, lambda part: part is read_attachment)


def _find(schema: Any, wanted: Callable[[Any], bool]) -> bool:
    """Look for a part of a core schema."""
    stack: list[Any] = [schema]
    while stack:
        part = stack.pop()
        if wanted(part):
            return True
        kind = part.__class__
        if kind is dict:
            members: dict[Any, Any] = part
            stack.extend(members.values())
        elif kind is list or kind is tuple:
            items: Sequence[Any] = part
            stack.extend(items)
    return False


def _repair(error: ValidationError, payload: str) -> str | None:
    """Return text that pydantic can read where halves of surrogate pairs keep it from that, which JavaScript sends; `None` elsewhere."""
    if error.error_count() > 1 or error.errors(include_url=False, include_context=False, include_input=False)[0]["type"] != "json_invalid":
        return None
    repaired = repair_surrogates(payload)
    return None if repaired == payload else repaired


def _refusal(error: ValidationError, payload: str, names: Sequence[str]) -> MalformedPayloadError | InvalidArgumentsError:
    issues = list_issues(error, names)
    if issues[0]["type"] == "json_invalid" and not _is_json(payload):
        return MalformedPayloadError("the payload isn't JSON")
    return InvalidArgumentsError(issues)


def _is_json(payload: str) -> bool:
    """Tell JSON that pydantic can't read (lone surrogates, very deep or very long numbers) from what is no JSON."""

    def refuse(constant: str) -> NoReturn:
        raise json.JSONDecodeError("not JSON", constant, 0)

    try:
        json.loads(payload, parse_constant=refuse)
    except json.JSONDecodeError:
        return False
    except (ValueError, RecursionError):
        return True
    return True
