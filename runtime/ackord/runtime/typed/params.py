"""The typed parameters in the name of a dynamic namespace."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    Self,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import quote, unquote

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.typed.text import text_of
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.schemas import SchemaOf, build_adapter, object_schema
from pydantic import TypeAdapter, ValidationError
from pydantic_core import core_schema

_PLACE: Final = re.compile(r"\{(\w+)\}")
_UNESCAPED: Final = "!'()*-._~"
"""The characters besides letters and digits that JavaScript's ``encodeURIComponent`` doesn't
escape.
"""


class Params:
    """The parameters of one namespace; generated subclasses are frozen dataclasses.

    In the name, each parameter is escaped as JavaScript's ``encodeURIComponent`` does it: a
    JavaScript client calls ``io("/tenant/" + encodeURIComponent(tenant))``.
    """

    __slots__ = ()

    template: ClassVar[str]
    """The namespace's name, with each field in braces."""

    def __post_init__(self) -> None:
        shape = _shape(cast("Any", type(self)))
        try:
            shape.validate({name: getattr(self, name) for name in shape.names})
        except ValidationError as error:
            raise InvalidPayloadError(
                f"{type(self).__name__}: {describe(list_issues(error, ()))}"
            ) from error

    @property
    def path(self) -> str:
        """The name of the namespace.

        Raises:
            InvalidPayloadError: a parameter is empty, or can't be told from the text beside it.
        """
        shape = _shape(cast("Any", type(self)))
        path = shape.format(self)
        if shape.texts(path) != {name: text_of(getattr(self, name)) for name in shape.names}:
            raise InvalidPayloadError(
                f"{type(self).__name__}: {path!r} isn't the name of exactly one namespace of "
                f"{self.template!r}"
            )
        return path

    @classmethod
    def parse(cls, path: str) -> Self | None:
        """Return the parameters in a namespace's name; `None` if they are invalid, or have another
        name in normal form.
        """
        shape: _Shape[Self] = _shape(cast("Any", cls))
        texts = shape.texts(path)
        if texts is None:
            return None
        try:
            params = cls(**shape.read(texts))
        except (ValidationError, InvalidPayloadError):
            return None
        return params if shape.format(params) == path else None


ParamsT = TypeVar("ParamsT", bound=Params)


class _Shape(Generic[ParamsT]):
    """The template and the types of one class of parameters."""

    def __init__(self, params: type[ParamsT]) -> None:
        hints = get_type_hints(params, include_extras=True)
        self.names = tuple(field.name for field in fields(params))  # type: ignore[arg-type]  # subclasses are dataclasses
        parts = _PLACE.split(params.template)
        # With two parameters in one part of the path, the first one matches as little as possible.
        self._pattern = re.compile(
            "".join(
                f"(?P<{part}>[^/,]+?)" if index % 2 else re.escape(part)
                for index, part in enumerate(parts)
            )
        )
        self._parts = parts

        def shape(schema_of: SchemaOf) -> core_schema.CoreSchema:
            return object_schema(
                {
                    name: core_schema.typed_dict_field(schema_of(hints[name]), required=False)
                    for name in self.names
                }
            )

        adapter: TypeAdapter[Any] = build_adapter(shape)
        self.validate = adapter.validator.validate_python
        self._read = adapter.validator.validate_strings
        # pydantic doesn't read numbers of literals from text.
        self._literals = {
            name: {text_of(value): value for value in get_args(literal)}
            for name in self.names
            if get_origin(literal := _without_metadata(hints[name])) is Literal
        }

    def format(self, params: ParamsT) -> str:
        return "".join(
            quote(text_of(getattr(params, part)), _UNESCAPED) if index % 2 else part
            for index, part in enumerate(self._parts)
        )

    def texts(self, path: str) -> dict[str, str] | None:
        """Return the parameters of a path as text."""
        match = self._pattern.fullmatch(path)
        if match is None:
            return None
        try:
            return {
                name: unquote(text, errors="strict") for name, text in match.groupdict().items()
            }
        except UnicodeDecodeError:
            return None

    def read(self, texts: dict[str, str]) -> dict[str, Any]:
        """Return the parameters as values of their types.

        Raises:
            ValidationError: a text isn't valid for its type.
        """
        plain: dict[str, Any] = {
            name: text for name, text in texts.items() if name not in self._literals
        }
        values: dict[str, Any] = self._read(plain)
        return values | {name: members.get(texts[name]) for name, members in self._literals.items()}


def _without_metadata(type_: Any) -> Any:
    return get_args(type_)[0] if get_origin(type_) is Annotated else type_


@cache
def _shape(params: type[Any]) -> _Shape[Any]:
    return _Shape(params)
