"""Types of the schema language that need more than pydantic's own rules to travel in a Socket.IO
packet.

To a type checker each is the plain type that it annotates.

=============  =====================  ==========================================================
alias          Python                 on the wire
=============  =====================  ==========================================================
`Int`          `int`                  a number without fraction: ``5``, and ``5.0`` up to 2^53
`Bytes`        `bytes`                an attachment; base64 outside of a packet
`Int64`        `int`, 64 bits         a string of decimal digits: JavaScript's numbers end at 2^53
`Datetime`     `datetime`, aware      RFC 3339: ``2026-01-31T12:00:00Z``
`Date`         `date`                 ``2026-01-31``
`Time`         `time`                 ``12:00:00``
`Duration`     `timedelta`            ISO 8601 without years, months and weeks: ``P1DT2H``
`Decimal`      `decimal.Decimal`      a string: ``"12.50"``
`Url`          `pydantic.AnyUrl`      a string, normalized
`Email`        `str`                  an address as HTML's ``<input type="email">`` takes it
`Ip`           `IPv4Address` or       a string: ``192.0.2.1`` or ``2001:db8::1``
               `IPv6Address`
`Json`         `pydantic.JsonValue`   any JSON
`JsonObject`   `dict`                 an object that holds any JSON
=============  =====================  ==========================================================

An `int` with limits is ``Annotated[int, Field(ge=0), WholeNumber]``, so that pydantic checks the
limits in its own code. A literal with numbers or booleans is ``Annotated[Literal[1, True],
StrictLiteral]``. An email with limits is ``Annotated[str, Field(max_length=40), EmailAddress]``. A
`python:` type in a union is ``Annotated[IPv4Address, UnionMember]``.

The serializer of each alias raises `PydanticSerializationUnexpectedValue` for a value that isn't an
instance of its Python type, because pydantic takes the first member of a union whose serializer
doesn't raise.
"""

from __future__ import annotations

import datetime as dt
import decimal
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from operator import is_
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args

from ackord.runtime.protocol.socketio.errors import AttachmentError
from ackord.runtime.protocol.socketio.values import is_finite
from ackord.runtime.validation.kinds import WHOLE_FLOAT
from pydantic import (
    AfterValidator,
    AnyUrl,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    Tag,
)
from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    PydanticKnownError,
    PydanticSerializationUnexpectedValue,
    core_schema,
)

Address: TypeAlias = IPv4Address | IPv6Address

ATTACHMENTS: Final = "ackord_attachments"
"""Key of the packet's attachments in the context of a validation (a sequence to read) or a
serialization (a list to fill).
"""

_NUMBERS: Final = "ackord_attachment_numbers"
"""Key of the attachments' numbers, by identity."""

PLACEHOLDERS: Final = "ackord_placeholders"
"""Key of the number of written placeholders."""

_RFC_3339: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
_FULL_DATE: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ISO_DURATION: Final = r"^[+-]?P([0-9]|T[0-9])[0-9.,YMWDTHS]*$"
_DECIMAL: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,6})?$"
_LABEL: Final = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL: Final = rf"^[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*$"
"""The HTML standard's "valid e-mail address", which Rust's regex engine reads in linear time, and
which JavaScript can read as well.
"""
_MAX_EMAIL: Final = 254
"""Characters of an address, as RFC 5321 (section 4.5.3.1.3) limits a path."""
_LIMITS_OF_TEXT: Final = ("min_length", "max_length", "pattern")
_IP: Final = r"^[0-9A-Fa-f:.]{2,45}$"
_DECIMAL_TEXT: Final = re.compile(_DECIMAL)
_INT64: Final = r"^(0|-?[1-9][0-9]{0,18})$"

_MINUTE: Final = dt.timedelta(minutes=1)
_MAX_EXACT: Final = 2.0**53
"""The largest float up to which every integer is exact in JavaScript."""


def read_attachment(value: Any, info: core_schema.ValidationInfo) -> bytes:
    """Return the attachment that a placeholder stands for (Socket.IO protocol v5, "binary
    attachments").

    Raises:
        AttachmentError: the packet has attachments, but not this one.
    """
    context: Any = info.context
    attachments: Sequence[bytes] | None = (
        context.get(ATTACHMENTS) if context.__class__ is dict else None
    )
    if attachments is None:
        return _read_base64(value)
    if value.__class__ is dict:
        placeholder: dict[str, Any] = value
        if placeholder.get("_placeholder") is True:
            number: Any = placeholder.get("num")
            if type(number) is int and 0 <= number < len(attachments):
                return attachments[number]
            if attachments:
                raise AttachmentError("a placeholder's num isn't the number of an attachment")
    raise PydanticKnownError("bytes_type")


def _read_base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise PydanticKnownError("bytes_type")
    try:
        return b64decode(value, validate=True)
    except ValueError:
        raise PydanticCustomError("bytes_base64", "Input should be base64 text") from None


def write_attachment(value: Any, info: core_schema.SerializationInfo) -> Any:
    """Make bytes an attachment of the packet and return the placeholder; outside of packets, return
    base64 text.

    Raises:
        PydanticSerializationUnexpectedValue: the value isn't bytes.
    """
    if not isinstance(value, bytes):
        raise PydanticSerializationUnexpectedValue("Expected bytes")
    context: Any = info.context
    attachments: list[bytes] | None = (
        context.get(ATTACHMENTS) if context.__class__ is dict else None
    )
    if attachments is None:
        return b64encode(value).decode("ascii")
    context[PLACEHOLDERS] = context.get(PLACEHOLDERS, 0) + 1
    # Bytes that occur twice are sent once: a peer may have sent one megabyte and thirty thousand
    # placeholders for it.
    numbers: dict[int, int] = context.setdefault(_NUMBERS, {})
    number = numbers.setdefault(id(value), len(attachments))
    if number == len(attachments):
        attachments.append(value)
    return {"_placeholder": True, "num": number}


class _AttachmentSchema:
    """Annotation of `Bytes`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.json_or_python_schema(
            core_schema.with_info_plain_validator_function(read_attachment),
            # Not `bytes_schema`: called with `strict=False` it encodes text, and bytes in JSON that
            # is decoded already are base64 text.
            core_schema.custom_error_schema(core_schema.is_instance_schema(bytes), "bytes_type"),
            serialization=core_schema.plain_serializer_function_ser_schema(
                write_attachment, info_arg=True, when_used="json"
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}


@dataclass(
    frozen=True, slots=True, eq=False
)  # hashed by identity: annotations must be hashable, schemas aren't
class _TextSchema:
    """Annotation of a type that is a string of one form in JSON; in Python only instances are
    valid.
    """

    pattern: str
    error: str
    message: str
    python: CoreSchema
    """The schema of an instance."""
    parse: CoreSchema
    """The schema of a string of this form."""
    serialization: core_schema.SerSchema | None = None
    format: str | None = None
    """The ``format`` in a JSON Schema."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core_schema.custom_error_schema(
            core_schema.str_schema(strict=True, pattern=self.pattern),
            self.error,
            custom_error_message=self.message,
        )
        return core_schema.json_or_python_schema(
            core_schema.chain_schema([text, self.parse]),
            self.python,
            serialization=self.serialization,
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | ({"format": self.format} if self.format else {})


class EmailAddress:
    """Annotation of a `str` that is an email address; limits stand before it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = handler(source)
        address = core_schema.custom_error_schema(
            core_schema.str_schema(strict=True, pattern=_EMAIL, max_length=_MAX_EMAIL),
            "email_text",
            custom_error_message="Input should be an email address",
        )
        is_limited = not text.keys().isdisjoint(_LIMITS_OF_TEXT)
        return core_schema.chain_schema([address, text]) if is_limited else address

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"format": "email"}


class WholeNumber:
    """Annotation of an `int` that also accepts ``5.0``, because JSON and JavaScript don't tell
    ``5.0`` from ``5``.

    Beyond 2^53 a number such as ``9007199254740993.0`` may mean several integers, so it is refused.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        integer = handler(source)
        limits = core_schema.float_schema(strict=True, ge=-_MAX_EXACT, le=_MAX_EXACT)
        whole = core_schema.chain_schema([limits, core_schema.int_schema(strict=False)])
        numbers = [core_schema.int_schema(strict=True), whole]
        number = core_schema.custom_error_schema(
            core_schema.union_schema([*numbers], mode="left_to_right"), "int_type"
        )
        schema = core_schema.json_or_python_schema(
            core_schema.chain_schema([number, integer]),
            integer,
            metadata={WHOLE_FLOAT: core_schema.chain_schema([whole, integer])},
        )

        def finished(_: Any) -> CoreSchema:
            return schema

        tag: Any = Tag("int")  # the label in the location of a union's issues
        tagged: CoreSchema = tag.__get_pydantic_core_schema__(source, finished)
        return tagged

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        whole: Any = schema
        return handler(whole["python_schema"])


class _LiteralWriter:
    """Writes the values of one literal: pydantic's own serializer takes 1 for ``True``."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = {
            kind: frozenset(value for value in values if value.__class__ is kind)
            for kind in _LITERAL_KINDS
        }

    def __call__(self, value: Any) -> Any:
        if value not in self._values.get(value.__class__, ()):
            raise PydanticSerializationUnexpectedValue("Expected a value of the literal")
        return value


class StrictLiteral:
    """Annotation of a literal: ``true``, ``1`` and ``1.0`` are three values in JSON, though they
    are equal in Python.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        values = get_args(source)
        members = [
            core_schema.chain_schema([schema, core_schema.literal_schema(same)])
            for kind, schema in _LITERAL_KINDS.items()
            if (same := [value for value in values if value.__class__ is kind])
        ]
        *others, last = map(repr, values)
        return core_schema.custom_error_schema(
            core_schema.union_schema([*members], mode="left_to_right"),
            "literal_error",
            custom_error_context={"expected": f"{', '.join(others)} or {last}" if others else last},
            serialization=core_schema.plain_serializer_function_ser_schema(
                _LiteralWriter(values), when_used="json"
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        literal: Any = schema
        return handler(
            core_schema.literal_schema(
                [
                    value
                    for chain in literal["schema"]["choices"]
                    for value in chain["steps"][-1]["expected"]
                ]
            )
        )


class UnionMember:
    """Annotation of a `python:` type in a union, whose own validator and serializer may accept any
    value.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        class_ = source
        while not isinstance(class_, type):
            class_ = (
                class_.__supertype__
            )  # of a `NewType`; other types don't stand in unions (S035)

        def serialize(value: Any, handler: core_schema.SerializerFunctionWrapHandler) -> Any:
            if not isinstance(value, class_):
                raise PydanticSerializationUnexpectedValue(
                    f"Expected an instance of {class_.__name__}"
                )
            return handler(value)

        schema = handler(source)
        return core_schema.json_or_python_schema(
            schema,
            core_schema.chain_schema([core_schema.is_instance_schema(class_), schema]),
            serialization=core_schema.wrap_serializer_function_ser_schema(
                serialize, schema=schema, when_used="json"
            ),
        )


_LITERAL_KINDS: Final[Mapping[type, CoreSchema]] = {
    str: core_schema.str_schema(strict=True),
    int: core_schema.int_schema(strict=True),
    bool: core_schema.bool_schema(strict=True),
}


def _format_int64(value: Any) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PydanticSerializationUnexpectedValue("Expected an integer")
    return str(int(value))


def _format_decimal(value: Any) -> str:
    text = str(value)
    if not isinstance(value, decimal.Decimal) or not _DECIMAL_TEXT.fullmatch(text):
        raise PydanticSerializationUnexpectedValue(
            "Expected a finite decimal number with an exponent of at most six digits"
        )
    return text


def _format_datetime(value: Any) -> str:
    """Write a date and time with its offset, or in UTC if the offset has seconds, which RFC 3339
    doesn't allow.
    """
    if not isinstance(value, dt.datetime) or (offset := value.utcoffset()) is None:
        raise PydanticSerializationUnexpectedValue("Expected a date and time with an offset")
    if offset % _MINUTE:
        try:
            value = value.astimezone(dt.UTC)
        except OverflowError:
            raise PydanticSerializationUnexpectedValue(
                "Expected a date and time in the years 1 to 9999 of UTC"
            ) from None
    return _with_z(value.isoformat())


def _format_time(value: Any) -> str:
    if not isinstance(value, dt.time) or (value.utcoffset() or _MINUTE) % _MINUTE:
        raise PydanticSerializationUnexpectedValue(
            "Expected a time without an offset, or with one of whole minutes"
        )
    return _with_z(value.isoformat())


def _with_z(text: str) -> str:
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


def format_duration(duration: Any) -> str:
    """Write a duration in ISO 8601, in days and smaller units: a year has no fixed length.

    pydantic's own form has years of 365 days, which other readers take for calendar years.
    """
    if not isinstance(duration, dt.timedelta):
        raise PydanticSerializationUnexpectedValue("Expected a duration")
    microseconds = duration // dt.timedelta(microseconds=1)
    sign = "-" if microseconds < 0 else ""
    days, microseconds = divmod(abs(microseconds), 86_400_000_000)
    hours, microseconds = divmod(microseconds, 3_600_000_000)
    minutes, microseconds = divmod(microseconds, 60_000_000)
    seconds, microseconds = divmod(microseconds, 1_000_000)
    fraction = f".{microseconds:06}".rstrip("0") if microseconds else ""
    date = f"{days}D" if days else ""
    time = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds}{fraction}S" if seconds or fraction else "")
    )
    if not date and not time:
        return "PT0S"
    return f"{sign}P{date}T{time}" if time else f"{sign}P{date}"


def parse_ip(text: str) -> Address:
    """Read an IP address; a zone, which only one host knows, isn't part of it."""
    try:
        return ip_address(text)
    except ValueError:
        raise PydanticCustomError("ip_text", "Input should be an IPv4 or IPv6 address") from None


def _format_ip(value: Any) -> str:
    if not isinstance(value, IPv4Address | IPv6Address):
        raise PydanticSerializationUnexpectedValue("Expected an IP address")
    return str(value)


def refuse_non_finite(value: Any) -> Any:
    """Refuse NaN and infinities: JSON doesn't have them, but Python's and pydantic's parsers accept
    them.
    """
    if not is_finite(value):
        raise PydanticKnownError("finite_number")
    return value


def _int64(*, strict: bool) -> CoreSchema:
    return core_schema.int_schema(strict=strict, ge=-(2**63), le=2**63 - 1)


class _TimeSchema:
    """Annotation of `Time`."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.time_schema(strict=True, serialization=_text(_format_time))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(schema) | {"format": "time"}


def _text(function: Callable[[Any], str]) -> core_schema.SerSchema:
    return core_schema.plain_serializer_function_ser_schema(
        function, return_schema=core_schema.str_schema(), when_used="json"
    )


Int: TypeAlias = Annotated[int, WholeNumber]
Bytes: TypeAlias = Annotated[bytes, _AttachmentSchema()]
Int64: TypeAlias = Annotated[
    int,
    _TextSchema(
        _INT64,
        "int64_text",
        "Input should be a string of decimal digits, a 64-bit integer",
        _int64(strict=True),
        _int64(strict=False),
        _text(_format_int64),
    ),
]
Datetime: TypeAlias = Annotated[
    dt.datetime,
    _TextSchema(
        _RFC_3339,
        "datetime_text",
        "Input should be a date and time in RFC 3339 format, with an offset",
        core_schema.datetime_schema(strict=True, tz_constraint="aware"),
        core_schema.datetime_schema(strict=False, tz_constraint="aware"),
        _text(_format_datetime),
        "date-time",
    ),
]
Date: TypeAlias = Annotated[
    dt.date,
    _TextSchema(
        _FULL_DATE,
        "date_text",
        "Input should be a date in the format YYYY-MM-DD",
        core_schema.date_schema(strict=True),
        core_schema.date_schema(strict=False),
    ),
]
Time: TypeAlias = Annotated[dt.time, _TimeSchema()]
Duration: TypeAlias = Annotated[
    dt.timedelta,
    _TextSchema(
        _ISO_DURATION,
        "duration_text",
        "Input should be a duration in ISO 8601 format",
        core_schema.timedelta_schema(strict=True),
        core_schema.timedelta_schema(strict=False),
        _text(format_duration),
    ),
]
Decimal: TypeAlias = Annotated[
    decimal.Decimal,
    _TextSchema(
        _DECIMAL,
        "decimal_text",
        "Input should be a decimal number in a string",
        core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        core_schema.decimal_schema(strict=False, allow_inf_nan=False),
        _text(_format_decimal),
    ),
]
Url: TypeAlias = AnyUrl
Email: TypeAlias = Annotated[str, EmailAddress]
Ip: TypeAlias = Annotated[
    Address,
    _TextSchema(
        _IP,
        "ip_text",
        "Input should be an IPv4 or IPv6 address",
        core_schema.is_instance_schema((IPv4Address, IPv6Address), cls_repr="IP address"),
        core_schema.no_info_plain_validator_function(parse_ip),
        _text(_format_ip),
    ),
]
Json: TypeAlias = Annotated[JsonValue, AfterValidator(refuse_non_finite)]
JsonObject: TypeAlias = Annotated[dict[str, JsonValue], AfterValidator(refuse_non_finite)]

_FUNCTIONS: Final = (
    read_attachment,
    write_attachment,
    _format_int64,
    _format_datetime,
    _format_time,
    format_duration,
    _format_decimal,
    parse_ip,
    _format_ip,
)


def is_own(function: Any) -> bool:
    """Whether a function in a core schema is this package's: such functions may be called for a
    wrong value, and write values as declared.
    """
    return function.__class__ is _LiteralWriter or any(function is own for own in _FUNCTIONS)


T = TypeVar("T")

Maybe: TypeAlias = Annotated[T | None, Field(exclude_if=partial(is_, None))]
"""The type of a field that may be absent: then it is `None` in Python, and isn't written."""
