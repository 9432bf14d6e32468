"""The content of a schema file before names are resolved: one class for each kind of declaration,
with places.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from ackord.schema.expressions.syntax import Bare, Expression
from ackord.schema.model import AckStyle, Rate
from ackord.schema.source import Place

WireNames: TypeAlias = Literal["as_written", "camelCase"]
"""How the names of fields and events travel: as in the file, or ``user_id`` as ``userId``."""


class Name(NamedTuple):
    """A name or another text, and its place."""

    text: str
    place: Place


class ConstraintNode(NamedTuple):
    """One constraint."""

    name: str
    value: int | Decimal | str
    """The value as in the file: a number, the text of a pattern, or a number in quotes."""
    key_place: Place
    place: Place


class TypeNode(NamedTuple):
    """A type where it is used: an expression with constraints, or an inline record."""

    place: Place
    expression: Expression | None = None
    constraints: tuple[ConstraintNode, ...] = ()
    fields: tuple[FieldNode, ...] | None = None
    """Set for an inline record."""
    parts: PartsNode | None = None
    """Set for a list, map or tuple whose parts are written in place."""
    reserved: tuple[Name, ...] = ()
    """Names of fields that were removed from an inline record."""
    doc: str | None = None
    deprecated: str | None = None
    since: Name | None = None


class PartsNode(NamedTuple):
    """The parts of ``type: list``, ``type: map`` or ``type: tuple``."""

    of: Bare
    items: tuple[TypeNode | None, ...] = ()
    """One for a list, any number for a tuple; `None` for a type that couldn't be read."""
    keys: TypeNode | None = None
    values: TypeNode | None = None


class FieldNode(NamedTuple):
    """A field, argument or parameter; without a type if the type couldn't be read."""

    name: Name
    type: TypeNode | None
    identifier: Name | None = None
    """The name in generated code, if the file says it: `name` is the name on the wire then."""


class NewTypeNode(NamedTuple):
    """``newtype:``."""

    name: Name
    base: Expression
    constraints: tuple[ConstraintNode, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class EnumMemberNode(NamedTuple):
    """One member of an enum."""

    value: Name
    identifier: Name | None = None
    """The name in generated code, if the file says it."""
    doc: str | None = None
    deprecated: str | None = None
    since: Name | None = None


class EnumNode(NamedTuple):
    """``enum:``."""

    name: Name
    members: tuple[EnumMemberNode, ...]
    open: bool
    reserved: tuple[Name, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class RecordNode(NamedTuple):
    """``fields:``."""

    name: Name
    fields: tuple[FieldNode, ...]
    tag_value: Name | None
    default_tag: str
    """The tag value if the file says none: the name in snake_case."""
    reserved: tuple[Name, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class UnionNode(NamedTuple):
    """``union:``; untagged without `tag`."""

    name: Name
    place: Place
    members: tuple[Expression, ...]
    tag: Name | None
    tag_name: Name | None
    """The name of the tag in generated code, if the file says it."""
    open: bool
    reserved: tuple[Name, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class AliasNode(NamedTuple):
    """``type:`` or an expression."""

    name: Name
    type: TypeNode
    doc: str | None
    deprecated: str | None
    since: Name | None


class PythonNode(NamedTuple):
    """``python:``."""

    name: Name
    path: Name
    doc: str | None
    deprecated: str | None
    since: Name | None


class BrokenNode(NamedTuple):
    """A declaration that couldn't be read; using its name is no further problem."""

    name: Name


TypeDeclarationNode: TypeAlias = (
    NewTypeNode | EnumNode | RecordNode | UnionNode | AliasNode | PythonNode | BrokenNode
)


class ErrorNode(NamedTuple):
    """A declared error."""

    name: Name
    code: Name
    """Made from the name if the file has no code."""
    key: Name
    """The key under ``errors:``: the name, or the code of an error with a ``name:``."""
    fields: tuple[FieldNode, ...]
    reserved: tuple[Name, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class RoomNode(NamedTuple):
    """A declared room; without a template if the template couldn't be read."""

    name: Name
    template: Name | None
    params: tuple[FieldNode, ...]
    doc: str | None
    deprecated: str | None
    since: Name | None


class EventNode(NamedTuple):
    """One event in one direction."""

    name: Name
    identifier: Name
    has_identifier: bool
    """Whether the file says the name in generated code: `name` is the name on the wire then."""
    args: tuple[FieldNode, ...]
    ack: TypeNode | None
    ack_args: tuple[FieldNode, ...] | None
    """Set for ``ack: {args: …}``, and empty for ``ack: null``."""
    ack_place: Place | None
    """The place of the key ``ack``, if there is one, even with an unreadable value."""
    errors: tuple[Name, ...]
    acks: tuple[Name, AckStyle] | None
    timeout: tuple[Name, float] | None
    rooms: tuple[Name, ...]
    concurrent: bool
    rate: Rate | None
    doc: str | None
    deprecated: str | None
    since: Name | None


class NamespaceNode(NamedTuple):
    """One namespace."""

    path: Name
    identifier: Name | None
    params: tuple[FieldNode, ...]
    auth: TypeNode | None
    auth_expires: Place | None
    """The place of ``expires: true`` under ``auth:``, if it says so."""
    session: TypeNode | None
    connect_errors: tuple[Name, ...]
    error_replies: bool
    rate: Rate | None
    acks: AckStyle | None
    client_to_server: tuple[EventNode, ...]
    server_to_client: tuple[EventNode, ...]
    server_to_server: tuple[EventNode, ...]
    reserved: Mapping[str, tuple[Name, ...]]
    """Names of events that were removed, by direction."""
    doc: str | None
    deprecated: str | None
    since: Name | None


class ImportNode(NamedTuple):
    """One file under ``import:``."""

    path: Name
    """Relative to the importing file."""
    alias: Name


class Document(NamedTuple):
    """One schema file."""

    name: Name
    version: str | None
    """`None` for an imported file without one."""
    doc: str | None
    acks: AckStyle | None
    names: WireNames
    imports: tuple[ImportNode, ...]
    reserved: Mapping[str, tuple[Name, ...]]
    """Names that were removed, by kind: ``types``, ``errors``, ``rooms`` and ``namespaces``."""
    types: tuple[TypeDeclarationNode, ...]
    errors: tuple[ErrorNode, ...]
    rooms: tuple[RoomNode, ...]
    namespaces: tuple[NamespaceNode, ...]
