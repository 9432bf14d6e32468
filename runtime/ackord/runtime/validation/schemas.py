"""Builds the core schemas of arrays and single values, and the copies of them for other ways of
reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeAlias

from ackord.runtime.validation.completion import complete
from ackord.runtime.validation.kinds import by_kind
from ackord.runtime.validation.large import UrlCount, for_large
from ackord.runtime.validation.traits import Traits, look_at
from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreConfig, CoreSchema, SchemaSerializer, SchemaValidator, core_schema

SchemaOf: TypeAlias = Callable[[Any], CoreSchema]
"""Returns the core schema of a type."""
Shape: TypeAlias = Callable[[SchemaOf], CoreSchema]
"""Builds a core schema from the core schemas of types."""

# Strict by configuration and not by call: the models of `python:` types keep their own mode.
_CONFIG: Final = ConfigDict(strict=True, allow_inf_nan=False, ser_json_inf_nan="constants")
_CORE_CONFIG: Final = CoreConfig(strict=True, allow_inf_nan=False, ser_json_inf_nan="constants")


@dataclass(frozen=True, slots=True)
class _Annotation:
    shape: Shape

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def schema_of(type_: Any) -> CoreSchema:
            complete(type_)
            return handler.generate_schema(type_)

        return self.shape(schema_of)


def build_adapter(shape: Shape) -> TypeAdapter[Any]:
    """Build pydantic's validator and serializer of a hand-made schema."""
    return TypeAdapter(Annotated[Any, _Annotation(shape)], config=_CONFIG)


def object_schema(
    fields: dict[str, core_schema.TypedDictField], *, extra: core_schema.ExtraBehavior = "ignore"
) -> CoreSchema:
    """Build the schema of a JSON object, as strict as the schema around it; pydantic-core doesn't
    pass the configuration on to a typed dictionary.

    `extra` says what happens to keys that aren't among `fields`.
    """
    return core_schema.typed_dict_schema(fields, extra_behavior=extra, config=_CORE_CONFIG)


_PLAIN: Final = frozenset({bool, float, int, str})


def accepts_null(type_: Any) -> bool:
    """Tell whether null is a value of the type."""
    if type_.__class__ is type and type_ in _PLAIN:  # most types of arguments with a default
        return False
    return bool(build_adapter(lambda schema_of: schema_of(type_)).validator.isinstance_python(None))


def pick_item(schema: Any, position: int) -> CoreSchema:
    """Return the core schema of one position of a tuple, with the definitions that it may need."""
    if schema["type"] == "definitions":
        return core_schema.definitions_schema(
            pick_item(schema["schema"], position), schema["definitions"]
        )
    item: CoreSchema = schema["items_schema"][position]
    return item


@dataclass(frozen=True, slots=True)
class Reader:
    """A validator of JSON for an adapter's schema."""

    validate: Callable[..., Any]
    copies_nested: bool
    """Whether a nested value may be decoded once for each level above it, because unions in it
    decode a value to find its kind.
    """


def build_reader(adapter: TypeAdapter[Any], traits: Traits) -> Reader:
    """Build a validator of JSON for an adapter's schema with these traits, whose unions choose
    their members by the kind of JSON value.
    """
    chosen = by_kind(adapter.core_schema) if traits.unions else None
    if chosen is None:
        # A union with a function for its tag decodes the value.
        copies_nested = traits.unions and traits.recursive
        return Reader(adapter.validator.validate_json, copies_nested=copies_nested)
    return Reader(_build_anew(chosen).validate_json, copies_nested=traits.recursive)


def build_validator(schema: CoreSchema) -> SchemaValidator:
    """Build the validator of JSON for a part of an adapter's schema."""
    chosen = by_kind(schema) if look_at(schema).unions else None
    return SchemaValidator(schema, _CORE_CONFIG) if chosen is None else _build_anew(chosen)


def build_serializer(schema: CoreSchema) -> SchemaSerializer:
    """Build the serializer of a part of an adapter's schema."""
    return SchemaSerializer(schema, _CORE_CONFIG)


def build_for_large(schema: CoreSchema) -> Callable[..., Any]:
    """Build a function that validates the JSON of large payloads; see
    `ackord.runtime.validation.large`.
    """
    urls = UrlCount()
    validate = _build_anew(for_large(by_kind(schema, scalars=True) or schema, urls)).validate_json
    if not urls.is_needed:
        return validate

    def validate_counting(payload: str, **keywords: Any) -> Any:
        urls.read = 0
        return validate(payload, **keywords)

    return validate_counting


def _build_anew(schema: CoreSchema) -> SchemaValidator:
    """Build a validator that doesn't use the validators of models, because those don't have the
    changes of the copied schema.
    """
    # The keyword is internal to pydantic and may go one day.
    try:
        return SchemaValidator(schema, _CORE_CONFIG, _use_prebuilt=False)
    except TypeError:
        return SchemaValidator(schema, _CORE_CONFIG)
