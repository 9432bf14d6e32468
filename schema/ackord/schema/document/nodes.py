"""The content of a schema file before names are resolved: one class for each kind of declaration,
with places.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from ackord.schema.expressions.syntax import Expression
from ackord.schema.model import AckStyle
from ackord.schema.source import Place


@dataclass(frozen=True, slots=True)
class Name:
    """A name or another text, and its place."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class ConstraintNode:
    """One constraint."""

    name: str
    value: int | Decimal | str
    """The value as in the file: a number, the text of a pattern, or a number in quotes."""
    key_place: Place
    place: Place


@dataclass(frozen=True, slots=True)
class TypeNode:
    """A type where it is used: an expression with constraints, or an inline record."""

    place: Place
    expression: Expression | None = None
    constraints: tuple[ConstraintNode, ...] = ()
    fields: tuple[FieldNode, ...] | None = None
    """Set for an inline record."""
    doc: str | None = None
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class FieldNode:
    """A field, argument or parameter; without a type if the type couldn't be read."""

    name: Name
    type: TypeNode | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTypeNode:
    """``newtype:``."""

    name: Name
    base: Expression
    constraints: tuple[ConstraintNode, ...]
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumMemberNode:
    """One member of an enum."""

    value: Name
    doc: str | None = None
    deprecated: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumNode:
    """``enum:``."""

    name: Name
    members: tuple[EnumMemberNode, ...]
    open: bool
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordNode:
    """``fields:``."""

    name: Name
    fields: tuple[FieldNode, ...]
    tag_value: Name | None
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionNode:
    """``union:``; untagged without `tag`."""

    name: Name
    place: Place
    members: tuple[Expression, ...]
    tag: Name | None
    open: bool
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasNode:
    """``type:`` or an expression."""

    name: Name
    type: TypeNode
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonNode:
    """``python:``."""

    name: Name
    path: Name
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenNode:
    """A declaration that couldn't be read; using its name is no further problem."""

    name: Name


TypeDeclarationNode: TypeAlias = (
    NewTypeNode | EnumNode | RecordNode | UnionNode | AliasNode | PythonNode | BrokenNode
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorNode:
    """A declared error."""

    name: Name
    code: Name
    """Made from the name if the file has no code."""
    fields: tuple[FieldNode, ...]
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomNode:
    """A declared room; without a template if the template couldn't be read."""

    name: Name
    template: Name | None
    params: tuple[FieldNode, ...]
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventNode:
    """One event in one direction."""

    name: Name
    identifier: Name
    args: tuple[FieldNode, ...]
    ack: TypeNode | None
    has_ack: bool
    """Whether there is an ``ack:``, even an unreadable one."""
    errors: tuple[Name, ...]
    acks: tuple[Name, AckStyle] | None
    timeout: tuple[Name, float] | None
    rooms: tuple[Name, ...]
    concurrent: bool
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceNode:
    """One namespace."""

    path: Name
    identifier: Name | None
    params: tuple[FieldNode, ...]
    auth: TypeNode | None
    session: TypeNode | None
    connect_errors: tuple[Name, ...]
    error_replies: bool
    acks: AckStyle | None
    client_to_server: tuple[EventNode, ...]
    server_to_client: tuple[EventNode, ...]
    server_to_server: tuple[EventNode, ...]
    doc: str | None
    deprecated: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One schema file."""

    name: Name
    version: str
    doc: str | None
    acks: AckStyle | None
    ignored: frozenset[str]
    """Codes of warnings that aren't reported."""
    imports: bool
    """Whether there is an ``import:``, which this release refuses."""
    types: tuple[TypeDeclarationNode, ...]
    errors: tuple[ErrorNode, ...]
    rooms: tuple[RoomNode, ...]
    namespaces: tuple[NamespaceNode, ...]
