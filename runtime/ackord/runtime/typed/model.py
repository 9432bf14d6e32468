"""Base classes for the types of a contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from inspect import Signature, signature
from typing import Annotated, Any, ClassVar, Final, NoReturn, Self, TypeVar
from uuid import UUID

from ackord.runtime.errors import RemoteError
from ackord.runtime.validation import UnknownMember, UnknownRecord
from pydantic import AnyUrl, BaseModel, ConfigDict
from typing_extensions import override

_CONFIG: Final = ConfigDict(
    strict=True,
    extra="ignore",
    allow_inf_nan=False,
    ser_json_inf_nan="constants",  # found in the text and refused: null would be another value
    defer_build=True,
    validate_by_name=True,
    validate_by_alias=True,
    serialize_by_alias=True,
    protected_namespaces=(),
)
"""The configuration of all records: JSON objects with known fields; unknown fields are ignored."""


class _Signature:
    """The `__signature__` of classes that pydantic has deferred: reading it builds the class, and
    pydantic then replaces it.
    """

    def __get__(self, instance: object, owner: type[BaseModel]) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        owner.model_rebuild()
        return signature(owner.__init__ if vars(owner).get("__signature__") is self else owner)


class Model(BaseModel, frozen=True):
    """A record of the contract: frozen, strict, checked when it is made."""

    model_config = _CONFIG
    __signature__: ClassVar[Any] = _Signature()

    def unwrap(self) -> Self:
        """Return the record itself: the success of a result."""
        return self


class Session(BaseModel, validate_assignment=True):
    """Typed data of one connection; assigned fields are validated."""

    model_config = _CONFIG
    __signature__: ClassVar[Any] = _Signature()


class Error(BaseModel, frozen=True):
    """A declared error of the contract, in an acknowledgement or a refused connection."""

    model_config = _CONFIG
    __signature__: ClassVar[Any] = _Signature()

    code: ClassVar[Any]
    """The code of the error on the wire: a string, which subclasses declare as a literal (class
    variables are invariant for pyright).
    """
    __message__: ClassVar[str] = ""
    """The message on the wire, beside the code; empty: the code is the message.

    The docstring isn't used, because it is wrapped, and missing under ``-OO``.
    """

    def unwrap(self) -> NoReturn:
        """Raise `DeclaredError`, because the result is an error."""
        raise self.exception()

    def exception(self) -> DeclaredError:
        """Return the exception that answers an event with this error: ``raise
        NotInRoom(room=room).exception()``.

        If the event doesn't declare the error, the answer is ``internal``, and the log says why.
        """
        return DeclaredError(self)


class DeclaredError(RemoteError):
    """Raised for a declared error, which is in `error`: by `unwrap`, or by a handler (see
    `Error.exception`).
    """

    def __init__(self, error: Error) -> None:
        super().__init__(
            error.code, error_message(type(error)), error.model_dump(mode="json") or None
        )
        self.error = error


@dataclass(frozen=True, slots=True)
class UnknownError:
    """An error that the contract doesn't declare: sent by a newer peer, or by the runtime
    (``invalid_request``, ``internal`` …).
    """

    code: str
    message: str
    data: Any = None
    """Decoded JSON."""
    issues: list[Any] | None = None
    """Decoded JSON; with ``invalid_request``, where the request is wrong and why."""

    def unwrap(self) -> NoReturn:
        """Raise `RemoteError`, because the result is an error."""
        raise RemoteError(self.code, self.message, self.data, self.issues)


def error_message(error: type[Error]) -> str:
    """Return the message of an error on the wire: the first paragraph of its documentation in the
    schema, or its code.
    """
    return error.__message__ or error.code


S = TypeVar(
    "S",
    bound=str
    | bytes
    | int
    | float
    | list[Any]
    | dict[str, Any]
    | tuple[Any, ...]
    | dt.date
    | dt.time
    | dt.timedelta
    | UUID
    | Decimal
    | AnyUrl
    | Enum
    | Model
    | UnknownMember
    | UnknownRecord
    | None,
)


def unwrap(result: S | Error | UnknownError) -> S:
    """Return the value of a result, or raise its error.

    Raises:
        DeclaredError: the result is an error of the contract.
        RemoteError: the result is another error.
    """
    if isinstance(result, Error | UnknownError):
        result.unwrap()
    return result


class OpenEnum(StrEnum):
    """An enumeration whose readers accept members that they don't know.

    Unknown members are made when they are read, and not cached, so that a peer can't fill this
    process's memory.
    """

    @property
    def is_known(self) -> bool:
        """Whether the contract declares this member."""
        return self._value_ in type(self)._value2member_map_

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member


def constrain(newtype: Any, *metadata: object, base: Any = None) -> None:
    """Add the metadata for pydantic to a `NewType`; type checkers don't accept it inside of the
    `NewType` call.

    `base` is an annotated form of the type that it was made of.
    """
    supertype = newtype.__supertype__ if base is None else base
    newtype.__supertype__ = Annotated[supertype, *metadata] if metadata else supertype
