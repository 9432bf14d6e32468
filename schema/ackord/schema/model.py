"""The intermediate representation (IR) of a contract.

All consumers of a contract (targets, compatibility check, documentation, the runtime's explorer)
read these classes and never the YAML. The IR is frozen, fully resolved and free of positions: every
name that is referenced exists, every inline record has been lifted to a named type, every default
has been checked against its type. The order of the schema file is kept everywhere, because it
decides the order of generated code.

`dump_contract` and `load_contract_json` write and read the JSON form, which is stored beside
generated code as ``contract.json``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeAlias

IR_VERSION: Final = 1
"""Version of the JSON form; it changes only when a reader of the old form would misread the new
one.
"""


class _ByKind:
    """Tells pydantic to choose a class by its `kind`, without importing pydantic for it."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field  # noqa: PLC0415

        return handler.generate_schema(Annotated[source, Field(discriminator="kind")])


_BY_KIND: Final = _ByKind()

Json: TypeAlias = Any
"""A decoded JSON value: default values and embedded JSON Schemas."""

Path: TypeAlias = tuple[str, ...]
"""The way to a part of a contract, as in ``("types", "Message", "fields", "text")``."""

ScalarName: TypeAlias = Literal[
    "str",
    "int",
    "int64",
    "float",
    "bool",
    "bytes",
    "datetime",
    "date",
    "time",
    "duration",
    "uuid",
    "decimal",
    "url",
    "email",
    "ip",
    "json",
    "json_object",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """Constraints on the values of a type; `None` means no limit.

    `ge`, `gt`, `le`, `lt` and `multiple_of` of a ``decimal`` are text, because floats would change
    them; those of other types are numbers.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    ge: int | float | str | None = None
    gt: int | float | str | None = None
    le: int | float | str | None = None
    lt: int | float | str | None = None
    multiple_of: int | float | str | None = None
    max_digits: int | None = None
    decimal_places: int | None = None
    min_items: int | None = None
    max_items: int | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The constraints that aren't `None`, by their names."""
        values = ((name, getattr(self, name)) for name in self.__dataclass_fields__)
        return {name: value for name, value in values if value is not None}


NO_CONSTRAINTS = Constraints()


@dataclass(frozen=True, slots=True)
class ScalarType:
    """One of the built-in types."""

    name: ScalarName
    constraints: Constraints = NO_CONSTRAINTS
    kind: Literal["scalar"] = "scalar"


@dataclass(frozen=True, slots=True)
class ListType:
    """``list[T]``."""

    item: Type
    constraints: Constraints = NO_CONSTRAINTS
    """Only `min_items` and `max_items` are used."""
    kind: Literal["list"] = "list"


@dataclass(frozen=True, slots=True)
class MapType:
    """``map[K, T]``: a JSON object with any keys."""

    value: Type
    constraints: Constraints = NO_CONSTRAINTS
    """Only `min_items` and `max_items` are used."""
    key: Type = ScalarType("str")
    """The type of keys: a type that is written as text, such as ``str``, a newtype of ``str`` or an
    enum.
    """
    kind: Literal["map"] = "map"


@dataclass(frozen=True, slots=True)
class TupleType:
    """``tuple[A, B]``: a JSON array of exactly these items."""

    items: tuple[Type, ...]
    kind: Literal["tuple"] = "tuple"


@dataclass(frozen=True, slots=True)
class LiteralType:
    """``literal["a", 1]``: one of these values."""

    values: tuple[str | int | bool, ...]
    kind: Literal["literal"] = "literal"


@dataclass(frozen=True, slots=True)
class UnionType:
    """``A | B``, untagged: the members differ in their JSON kind."""

    members: tuple[Type, ...]
    kind: Literal["union"] = "union"


@dataclass(frozen=True, slots=True)
class NullableType:
    """``T | null``: present, and possibly null."""

    item: Type
    kind: Literal["nullable"] = "nullable"


@dataclass(frozen=True, slots=True)
class RefType:
    """A type declared under ``types:``, by its name."""

    name: str
    kind: Literal["ref"] = "ref"


Type: TypeAlias = Annotated[
    ScalarType | ListType | MapType | TupleType | LiteralType | UnionType | NullableType | RefType,
    _BY_KIND,
]
"""The type of a value."""


@dataclass(frozen=True, slots=True)
class Default:
    """The value of an absent field or argument, as JSON.

    Members of enums are their text, decimals are text, ``int64`` is a number.
    """

    value: Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a record, an argument of an event or a parameter of a room."""

    name: str
    """The name on the wire for fields of records and errors. Names of arguments and parameters
    don't travel.
    """
    type: Type
    identifier: str = ""
    """The name in generated code, which targets change where they must; the same as `name` if the
    schema file says no other.
    """
    required: bool = True
    """False for ``T?`` (may be absent) and for a field with a default."""
    default: Default | None = None
    """Set for ``= literal``; if a field is not required and has no default, absence itself is the
    value.
    """
    doc: str | None = None
    deprecated: str | None = None
    """Why not to use the field any more, and what to use instead."""
    since: str | None = None
    """The version of the contract that brought the field."""

    def __post_init__(self) -> None:
        """Fill in the identifier, which JSON leaves out if it is equal to the name."""
        if not self.identifier:
            object.__setattr__(self, "identifier", self.name)

    @property
    def is_maybe(self) -> bool:
        """Whether absence is a value of its own, rather than the default."""
        return not self.required and self.default is None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewType:
    """A distinct name for a scalar, with its constraints."""

    name: str
    base: ScalarType
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["newtype"] = "newtype"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumMember:
    """One member of an enumeration."""

    value: str
    """The text on the wire."""
    identifier: str | None = None
    """The snake_case name in generated code; `None` if targets derive the name from the value."""
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum:
    """A set of strings."""

    name: str
    members: tuple[EnumMember, ...]
    open: bool = False
    """Whether readers accept members that they don't know."""
    reserved: tuple[str, ...] = ()
    """Values of members that were removed."""
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["enum"] = "enum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A JSON object with known fields; unknown ones are ignored by readers."""

    name: str
    fields: tuple[Field, ...]
    tag_value: str | None = None
    """The value of the tag in the tagged unions that this record is a member of; set for members
    only.
    """
    reserved: tuple[str, ...] = ()
    """Names on the wire of fields that were removed."""
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["record"] = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedUnion:
    """One of several records, told apart by the value of the field `tag`."""

    name: str
    tag: str
    members: tuple[str, ...]
    """Names of records; each has its `tag_value`, and no field named `tag` of its own."""
    open: bool = False
    """Whether readers accept members that they don't know."""
    tag_identifier: str = ""
    """The name of the tag in generated code; the same as `tag` if the schema file says no other."""
    reserved: tuple[str, ...] = ()
    """Tag values of members that were removed."""
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["tagged_union"] = "tagged_union"

    def __post_init__(self) -> None:
        """Fill in the identifier, which JSON leaves out if it is equal to the tag."""
        if not self.tag_identifier:
            object.__setattr__(self, "tag_identifier", self.tag)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name for any other type, such as a constrained list or an untagged union."""

    name: str
    type: Type
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["alias"] = "alias"


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonType:
    """An existing pydantic model or any class that pydantic can validate."""

    name: str
    path: str
    """Import path, ``package.module.Name``."""
    json_schema: Json
    """JSON Schema of the validated form, kept so that other targets and the compatibility check
    need not import it; `None` if it isn't known, in a schema file of an earlier version.
    """
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None
    kind: Literal["python"] = "python"


TypeDeclaration: TypeAlias = Annotated[
    NewType | Enum | Record | TaggedUnion | Alias | PythonType, _BY_KIND
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """A declared error, for an acknowledgement or a refused connection."""

    name: str
    code: str
    """The code on the wire."""
    fields: tuple[Field, ...] = ()
    reserved: tuple[str, ...] = ()
    """Names on the wire of fields that were removed."""
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A family of rooms of one namespace or of all: a name template and its parameters."""

    name: str
    template: str
    """The room's name on the server, with ``{param}`` for each parameter."""
    params: tuple[Field, ...] = ()
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None


AckStyle: TypeAlias = Literal["bare", "result"]
"""The form of success on the wire: the value itself (``bare``), or ``{"ok": value}``
(``result``).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often one client may send: `burst` events at once, and `per_second` in the long run."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event in one direction."""

    name: str
    """The name on the wire."""
    identifier: str
    """The snake_case name in generated code."""
    args: tuple[Field, ...] = ()
    """Positional on the wire, in this order; optional ones stand last."""
    ack: Type | None = None
    """The type of the receiver's answer; `None` without one. An acknowledged event that has neither
    `ack` nor `ack_args` (``ack: null``, or ``errors`` alone) answers without a value, or null.
    """
    acked: bool = False
    """Whether the event has an acknowledgement: it declares ``ack`` or ``errors``."""
    ack_args: tuple[Field, ...] | None = None
    """The arguments of the acknowledgement, positional on the wire, if the event declares them one
    by one (``ack: {args: …}``); `ack` is `None` then.
    """
    ack_style: AckStyle = "bare"
    errors: tuple[str, ...] = ()
    """Names of declared errors."""
    timeout: float | None = None
    """Seconds to wait for the acknowledgement; `None` if the schema doesn't say."""
    rooms: tuple[str, ...] = ()
    """Names of the rooms to which a server may send this event."""
    concurrent: bool = False
    """Whether this event may be handled while an earlier event of the same socket is still being
    handled.
    """
    rate: Rate | None = None
    """How often one client may send this event; `None`: as the namespace says. Of events from
    client to server only.
    """
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None


REFRESH_AUTH: Final = "ackord:refresh_auth"
"""The name on the wire of the event by which a client renews its authentication."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedEvents:
    """Names on the wire of events that were removed, by direction."""

    client_to_server: tuple[str, ...] = ()
    server_to_client: tuple[str, ...] = ()
    server_to_server: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """One Socket.IO namespace."""

    path: str
    """Begins with a slash; holds ``{param}`` parts when it is dynamic."""
    identifier: str
    """The snake_case name in generated code: ``collab`` for ``/collab``; the contract's name for
    ``/``.
    """
    params: tuple[Field, ...] = ()
    auth: Type | None = None
    """The payload of CONNECT: a `RefType` to a record (or a Python type)."""
    auth_expires: bool = False
    """Whether the server may end a connection whose authentication is over. Then the last event
    from client to server is `REFRESH_AUTH`, by which a client renews it.
    """
    session: Type | None = None
    """Typed data of one connection: a `RefType` to a record."""
    connect_errors: tuple[str, ...] = ()
    error_replies: bool = True
    rate: Rate | None = None
    """How often one client may send events that have no rate of their own, all of them together."""
    client_to_server: tuple[Event, ...] = ()
    server_to_client: tuple[Event, ...] = ()
    server_to_server: tuple[Event, ...] = ()
    reserved: ReservedEvents = ReservedEvents()
    doc: str | None = None
    deprecated: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedNames:
    """Names of a contract's parts that were removed."""

    types: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    """Codes on the wire."""
    rooms: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    """Paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A whole contract, all imports resolved."""

    name: str
    version: str
    """Three numbers, ``major.minor.patch``."""
    types: tuple[TypeDeclaration, ...] = ()
    errors: tuple[Error, ...] = ()
    rooms: tuple[Room, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    reserved: ReservedNames = ReservedNames()
    doc: str | None = None
    ir: Literal[1] = IR_VERSION
    """Version of this form."""
