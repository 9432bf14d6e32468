"""One typed JSON value, without an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.validation.issues import describe, list_issues
from ackord.runtime.validation.positional import LARGE
from ackord.runtime.validation.refusals import check_nesting, refusal, repair
from ackord.runtime.validation.schemas import build_adapter, build_for_large, build_reader
from ackord.runtime.validation.traits import look_at
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError


class ValueAdapter:
    """Reads and writes one JSON value, such as the payload of CONNECT; built on first use."""

    __slots__ = ("_adapter", "_copies_nested", "_name", "_type", "_validate", "_validate_large")

    def __init__(self, name: str, type_: Any) -> None:
        """Take the type, and the name with which the locations of issues begin."""
        self._name = name
        self._type = type_
        self._adapter: TypeAdapter[Any] | None = None
        self._validate: Callable[..., Any] = _not_built
        self._validate_large: Callable[..., Any] | None = None
        self._copies_nested = False

    def warm(self) -> None:
        """Build the validator for `read`."""
        self._build()

    def read(self, payload: str) -> Any:
        """Return the value.

        Raises:
            MalformedPayloadError: the text isn't JSON.
            InvalidArgumentsError: it is JSON, but not of the type.
        """
        try:
            adapter = self._adapter or self._build()
            validate = (
                self._validate if len(payload) <= LARGE else self._prepare_large(adapter, payload)
            )
            return validate(payload, by_alias=True, by_name=False)
        except ValidationError as error:
            repaired = repair(error, payload)
            if repaired is not None:
                return self.read(repaired)
            refused = refusal(error, payload, ())
        if isinstance(refused, InvalidArgumentsError):
            refused = InvalidArgumentsError(
                [{**issue, "loc": [self._name, *issue["loc"]]} for issue in refused.issues or ()]
            )
        raise refused

    def dump(self, value: Any) -> Any:
        """Return a value of the type as plain JSON values.

        Raises:
            InvalidPayloadError: it isn't of the type, or JSON can't hold it.
        """
        adapter = self._adapter or self._build()
        try:
            return adapter.dump_python(
                adapter.validator.validate_python(value),
                mode="json",
                by_alias=True,
                warnings="error",
            )
        except ValidationError as error:
            raise InvalidPayloadError(
                f"{self._name}: {describe(list_issues(error, ()))}"
            ) from error
        except PydanticSerializationError as error:
            raise InvalidPayloadError(f"{self._name}: {error}") from error

    def _build(self) -> TypeAdapter[Any]:
        if self._adapter is None:
            adapter = self._adapter = build_adapter(lambda schema_of: schema_of(self._type))
            reader = build_reader(adapter, look_at(adapter.core_schema))
            self._validate, self._copies_nested = reader.validate, reader.copies_nested
        return self._adapter

    def _prepare_large(self, adapter: TypeAdapter[Any], payload: str) -> Callable[..., Any]:
        if self._validate_large is None:
            self._validate_large = build_for_large(adapter.core_schema)
        if self._copies_nested:
            check_nesting(payload)
        return self._validate_large


def _not_built(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("an adapter is built before it is used")
