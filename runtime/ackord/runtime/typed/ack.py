"""The acknowledgement of one event: encodes the value that its handler returns, and decodes it for
the sender.

``bare``: success is the value itself; ``result``: it is ``{"ok": value}``. Failure is ``{"error":
{"code": …, "message": …, "data"?: …, "issues"?: […]}}`` in both (docs/decisions/0006): one object
with the only key ``error``, whose value has a ``code``. An object of that form is always read as
failure, and anything else as success.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cache
from typing import Any, Final, Literal, NoReturn, TypeAlias

from ackord.runtime.errors import InvalidAckError, InvalidPayloadError
from ackord.runtime.protocol.socketio.attachments import restore_attachments
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.payloads import decode_array
from ackord.runtime.typed.model import Error, UnknownError, error_message
from ackord.runtime.validation import Arg, ArgumentsAdapter
from ackord.runtime.validation.issues import describe
from ackord.runtime.validation.positional import (
    FAILURES,
    PositionalReader,
    PositionalWriter,
    model_writer,
)
from ackord.runtime.validation.raised_warnings import raises_warnings
from ackord.runtime.validation.schemas import SchemaOf, object_schema
from pydantic_core import CoreSchema, core_schema

AckStyle: TypeAlias = Literal["bare", "result"]

_NAMES: Final = ("ack",)
_SPACE: Final = r"[ \t\n\r]*"
_begins_as_failure: Final = re.compile(rf'{_SPACE}\[{_SPACE}\{{{_SPACE}"(?:error"|[^"]*\\)').match
"""Matches an array that may hold a failure, by its first key: ``error``, or a key with an escape,
which may mean the same.
"""


class _Absence(Enum):
    UNACKED = "unacked"


UNACKED: Final = _Absence.UNACKED
"""The ack type of an event that has no acknowledgement."""


class AckAdapter:
    """Reads and writes the JSON array of one event's acknowledgements; built on first use."""

    __slots__ = (
        "_arguments",
        "_class",
        "_constants",
        "_error_readers",
        "_error_writers",
        "_errors",
        "_event",
        "_head",
        "_reader",
        "_serialize",
        "_style",
        "_tail",
        "_type",
        "_writer",
        "error_replies",
    )

    def __init__(
        self,
        event: str,
        type_: Any,
        errors: Sequence[type[Error]] = (),
        style: AckStyle = "bare",
        args: Sequence[Arg] = (),
    ) -> None:
        """Take the declarations of the event; `type_` is `None` if success has no value, and the
        class of a named tuple if success has several arguments.
        """
        self._event = event
        self._type = None if type_ is UNACKED else type_
        self._errors = {error.code: error for error in errors}
        self._style: AckStyle = style
        self._arguments = ArgumentsAdapter(event, args, "ack") if args else None
        """Reads and writes success with several arguments."""
        self.error_replies = True
        """Whether the other side sends errors that the event doesn't declare; if not, an object of
        that form may be a value.
        """
        self._reader: PositionalReader | None = None
        self._writer: PositionalWriter | None = None
        self._error_readers: dict[str, PositionalReader] = {}
        self._error_writers: dict[str, tuple[str, PositionalWriter | None]] = {}
        self._head, self._tail = ('[{"ok":', "}]") if style == "result" else ("[", "]")
        # Writes the common answer: an instance of `_class`.
        self._class: type | None = None
        self._serialize: Callable[..., bytes] = _not_built
        self._constants = False

    def warm_reader(self) -> None:
        """Build the validator of `decode` for success."""
        if self._arguments is not None:
            self._arguments.warm_reader()
        else:
            self._build_reader()

    def warm_writer(self) -> None:
        """Build the serializer of `encode` for success: for a model, only that of its instances."""
        if self._arguments is not None:
            self._arguments.warm_writer()
        elif self._type is not None:
            single = model_writer(self._type)
            if single is None or issubclass(single.class_, Error):
                self._build_writer()
            else:
                self._class, self._serialize, self._constants = single

    @raises_warnings
    def encode(self, value: Any) -> tuple[str, Sequence[bytes]]:
        """Return the ACK packet's array for a handler's return value, and its attachments.

        Raises:
            InvalidPayloadError: the value is neither of the declared type nor a declared error.
        """
        if value.__class__ is self._class:
            serialize = self._serialize
            try:
                text = f"{self._head}{serialize(value, by_alias=True).decode()}{self._tail}"
            except FAILURES:
                pass  # the writer below raises with the issues
            else:
                if not self._constants or ("NaN" not in text and "Infinity" not in text):
                    return text, ()
        return self._encode(value)

    def _encode(self, value: Any) -> tuple[str, Sequence[bytes]]:
        if self._errors and isinstance(value, Error):
            return self._encode_error(value)
        if self._arguments is not None:
            return self._encode_arguments(value)
        if self._type is None:
            if value is not None:
                raise InvalidPayloadError(
                    f"ack of {self._event!r}: declared without a value, not with "
                    f"{type(value).__name__!r}"
                )
            return ('[{"ok":null}]', ()) if self._style == "result" else ("[]", ())
        text, attachments = (self._writer or self._build_writer()).write((value,))
        return (
            f"{self._head}{text[1:-1]}{self._tail}" if self._style == "result" else text
        ), attachments

    def _encode_arguments(self, value: Any) -> tuple[str, Sequence[bytes]]:
        if not isinstance(value, tuple):
            raise InvalidPayloadError(
                f"ack of {self._event!r}: a tuple of its arguments, not {type(value).__name__!r}"
            )
        assert self._arguments is not None  # noqa: S101  # the caller has looked
        values: tuple[Any, ...] = (*value,)  # pyright: ignore[reportUnknownVariableType]  # any tuple
        return self._arguments.encode(values)

    def decode(self, payload: str, attachments: Sequence[bytes] = ()) -> Any:
        """Return the value, the declared error or the `UnknownError` that an ACK packet's array
        holds.

        Raises:
            InvalidAckError: it holds none of them.
            PacketError: the text isn't JSON, or a placeholder is bad.
        """
        try:
            failure = (
                _read_failure(payload, attachments, alone=self._arguments is not None)
                if _begins_as_failure(payload)
                else None
            )
            if failure is None:
                return self._decode_success(payload, attachments)
            return self._decode_failure(failure, payload, attachments)
        except InvalidArgumentsError as error:
            raise InvalidAckError(
                f"ack of {self._event!r}: {describe(error.issues or ())}"
            ) from None
        except PacketError as error:
            raise type(error)(f"ack of {self._event!r}: {error}") from error

    def decode_reply(self, reply: AckReply) -> Any:
        """Do what `decode` does with the text and the attachments of an ACK packet."""
        try:
            return self.decode(*reply)
        except InvalidAckError:
            # pydantic's parser takes NaN and Infinity for JSON, and says that a type is wrong.
            decode_array(*reply)
            raise

    def _decode_success(self, payload: str, attachments: Sequence[bytes]) -> Any:
        if self._arguments is not None:
            make: Any = self._type
            return make(*self._arguments.decode(payload, attachments))
        values = (self._reader or self._build_reader()).read(payload, attachments)
        if self._type is None:
            if len(values) > 1:
                raise InvalidAckError(
                    f"ack of {self._event!r}: declared without a value, not with "
                    f"{len(values)} values"
                )
            return None
        return values[0]["ok"] if self._style == "result" else values[0]

    def _decode_failure(
        self, failure: dict[str, Any], payload: str, attachments: Sequence[bytes]
    ) -> Any:
        """Return the declared error of a failure, or an `UnknownError`. If the other side has no
        undeclared errors, a value is tried before the latter.
        """
        code = failure["code"]
        declared = self._errors.get(code) if code.__class__ is str else None
        if not self.error_replies and declared is None:
            try:
                return self._decode_success(payload, attachments)
            except InvalidArgumentsError:
                pass
        message, issues = failure.get("message", ""), failure.get("issues")
        if (
            code.__class__ is not str
            or message.__class__ is not str
            or not (issues is None or issues.__class__ is list)
        ):
            raise InvalidAckError(
                f"ack of {self._event!r}: an error whose code, message or issues aren't what "
                "they must be"
            )
        if declared is None:
            data = (
                restore_attachments(failure.get("data"), attachments)
                if attachments
                else failure.get("data")
            )
            return UnknownError(code, message, data, issues)
        try:
            found = self._error_reader(declared).read(payload, attachments)[0]["error"]
        except InvalidArgumentsError as error:
            raise InvalidAckError(
                f"error {code!r} in the ack of {self._event!r}: {describe(error.issues or ())}"
            ) from None
        instance: Error = found["data"]
        return instance

    def _encode_error(self, error: Error) -> tuple[str, Sequence[bytes]]:
        declared = self._errors.get(error.code)
        if declared is None or not isinstance(error, declared):
            raise InvalidPayloadError(
                f"ack of {self._event!r}: the error {error.code!r} isn't declared"
            )
        head, writer = self._error_writers.get(error.code) or self._build_error_writer(declared)
        if writer is None:
            return head + "}}]", ()
        text, attachments = writer.write((error,))
        return f'{head},"data":{text[1:-1]}}}}}]', attachments

    def _build_error_writer(self, error: type[Error]) -> tuple[str, PositionalWriter | None]:
        code, message = json.dumps(error.code), json.dumps(error_message(error))
        head = f'[{{"error":{{"code":{code},"message":{message}'
        subject = f"error {error.code!r} in the ack of {self._event!r}"
        writer = (
            PositionalWriter(subject, ["data"], [lambda schema_of: schema_of(error)])
            if error.model_fields
            else None
        )
        self._error_writers[error.code] = head, writer
        return head, writer

    def _build_reader(self) -> PositionalReader:
        if self._reader is None:
            self._reader = PositionalReader(_NAMES, [self._success_shape])
        return self._reader

    def _success_shape(self, schema_of: SchemaOf) -> CoreSchema:
        schema = core_schema.none_schema() if self._type is None else schema_of(self._type)
        if self._style == "result":
            return object_schema({"ok": core_schema.typed_dict_field(schema)})
        return (
            core_schema.with_default_schema(schema, default=None)
            if schema["type"] in {"nullable", "none"}
            else schema
        )

    def _build_writer(self) -> PositionalWriter:
        if self._writer is None:
            self._writer = PositionalWriter(
                f"ack of {self._event!r}", _NAMES, [lambda schema_of: schema_of(self._type)]
            )
            single = self._writer.pick()
            if single is not None and not issubclass(single.class_, Error):
                self._class, self._serialize, self._constants = single
        return self._writer

    def _error_reader(self, error: type[Error]) -> PositionalReader:
        reader = self._error_readers.get(error.code)
        if reader is None:

            def shape(schema_of: SchemaOf) -> CoreSchema:
                data = core_schema.with_default_schema(
                    schema_of(error), default_factory=dict, validate_default=True
                )
                inner = object_schema({"data": core_schema.typed_dict_field(data)})
                return object_schema({"error": core_schema.typed_dict_field(inner)})

            reader = self._error_readers[error.code] = PositionalReader(_NAMES, [shape])
        return reader


def _not_built(*_: Any, **__: Any) -> NoReturn:
    raise AssertionError("an adapter is built before it is used")


def _read_failure(
    payload: str, attachments: Sequence[bytes], *, alone: bool
) -> dict[str, Any] | None:
    """Return the value of ``error`` if the array's first item is a failure, with placeholders in
    it, or `None`. With `alone`, an array with more items is no failure.

    Raises:
        MalformedPayloadError: the text isn't JSON.
    """
    try:
        values = _failure_reader().read(payload, attachments)
    except InvalidArgumentsError:
        return None
    first, *others = values
    if alone and others:
        return None
    failure: dict[str, Any] = first["error"]
    return failure


@cache
def _failure_reader() -> PositionalReader:
    def shape(_: SchemaOf) -> CoreSchema:
        anything = core_schema.any_schema()
        error = object_schema(
            {
                "code": core_schema.typed_dict_field(anything),
                **{
                    name: core_schema.typed_dict_field(anything, required=False)
                    for name in ("message", "data", "issues")
                },
            }
        )
        return object_schema({"error": core_schema.typed_dict_field(error)}, extra="forbid")

    return PositionalReader(_NAMES, [shape])
