"""Members of open enumerations and open unions that this version of a contract doesn't know, sent
by a newer peer.

They are read into values that keep the original, and are written back unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, get_args

from ackord.runtime.protocol.socketio.attachments import restore_attachments
from ackord.runtime.validation.scalars import ATTACHMENTS, write_attachment
from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import (
    CoreSchema,
    PydanticKnownError,
    PydanticSerializationUnexpectedValue,
    core_schema,
)
from typing_extensions import override

_UNKNOWN: Final = "\0"
"""Stands for the tags of all unknown members."""


@dataclass(frozen=True)
class UnknownMember:
    """A member of an open enumeration that this version of the contract doesn't know."""

    value: str
    """The member as it was sent."""

    _known: ClassVar[frozenset[str]] = frozenset()

    @override
    def __init_subclass__(cls, *, known: type[StrEnum], **options: Any) -> None:
        """Take the enumeration with the known members."""
        super().__init_subclass__(**options)
        cls._known = frozenset(member.value for member in known)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read text that isn't a known member, and take instances in Python."""
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema(
                [
                    core_schema.str_schema(strict=True),
                    core_schema.no_info_plain_validator_function(cls._read),
                ]
            ),
            python_schema=core_schema.is_instance_schema(cls),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls._write, return_schema=core_schema.str_schema()
            ),
        )

    @classmethod
    def _read(cls, text: str) -> UnknownMember:
        if text in cls._known:
            raise PydanticKnownError("literal_error", {"expected": "an unknown member"})
        return cls(text)

    @classmethod
    def _write(cls, member: Any) -> str:
        if not isinstance(member, cls):
            raise PydanticSerializationUnexpectedValue(f"Expected {cls.__name__}")
        return member.value


@dataclass(frozen=True)
class UnknownRecord:
    """A member of an open union that this version of the contract doesn't know."""

    tag: str
    """The value of the tag field."""
    data: dict[str, Any]
    """The whole object as it was sent, decoded, with the tag."""


@dataclass(frozen=True, slots=True)
class OpenUnion:
    """Makes pydantic choose the member of an open union by its tag.

    The last member of the union is the subclass of `UnknownRecord`.
    """

    tag: str
    """The wire name of the tag field."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Build the schema of a union that chooses its member by the tag."""
        *members, unknown = get_args(source)
        choices: dict[Any, CoreSchema] = {}
        names: dict[type[BaseModel], str] = {}
        for member in members:
            value = self._value(member)
            names[member] = value
            choices[value] = handler.generate_schema(member)
        choices[_UNKNOWN] = self._unknown(unknown)
        known = frozenset(choices)

        def choose(value: Any) -> str | None:
            return _choose(self.tag, names, known, value)

        return core_schema.tagged_union_schema(
            choices,
            discriminator=choose,
            custom_error_type="union_tag_not_found",
            custom_error_context={"discriminator": f"'{self.tag}'"},
        )

    def _value(self, member: type[BaseModel]) -> str:
        """Return a member's value of the tag."""
        for name, field in member.model_fields.items():
            if (field.alias or name) == self.tag:
                return str(field.default)
        raise TypeError(f"{member.__name__} has no field {self.tag!r}")

    def _unknown(self, class_: type[UnknownRecord]) -> CoreSchema:
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema(
                [
                    core_schema.dict_schema(),
                    core_schema.with_info_plain_validator_function(read_unknown),
                    core_schema.no_info_plain_validator_function(
                        lambda data: class_(data[self.tag], data)
                    ),
                ]
            ),
            python_schema=core_schema.is_instance_schema(class_),
            serialization=core_schema.plain_serializer_function_ser_schema(
                _write_unknown, info_arg=True, when_used="json"
            ),
        )


def read_unknown(data: Any, info: core_schema.ValidationInfo) -> Any:
    """Put a packet's attachments into the object that holds their placeholders.

    Raises:
        AttachmentError: the packet has no such attachment.
    """
    context: Any = info.context
    attachments = context.get(ATTACHMENTS) if context.__class__ is dict else None
    return restore_attachments(data, attachments) if attachments else data


def _choose(
    tag: str, names: Mapping[type[BaseModel], str], known: frozenset[str], value: Any
) -> str | None:
    if value.__class__ is dict:
        found = value.get(tag)
    elif isinstance(value, UnknownRecord):
        return _UNKNOWN
    else:
        found = next((name for member, name in names.items() if isinstance(value, member)), None)
    if found.__class__ is not str:
        return None
    return found if found in known else _UNKNOWN


def _write_unknown(record: Any, info: core_schema.SerializationInfo) -> Any:
    if not isinstance(record, UnknownRecord):
        raise PydanticSerializationUnexpectedValue("Expected an unknown record")
    return _with_placeholders(record.data, info)


def _with_placeholders(value: Any, info: core_schema.SerializationInfo) -> Any:
    kind = value.__class__
    if kind is dict:
        members: dict[str, Any] = value
        return {key: _with_placeholders(item, info) for key, item in members.items()}
    if kind is list:
        items: list[Any] = value
        return [_with_placeholders(item, info) for item in items]
    return write_attachment(value, info) if kind is bytes else value
