"""The tree of a one-line type expression, before names are resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ackord.schema.model import Json
from ackord.schema.source import Place

Bare: TypeAlias = Literal["list", "map", "tuple"]


@dataclass(frozen=True, slots=True)
class NameSyntax:
    """A built-in or declared type."""

    place: Place
    name: str


@dataclass(frozen=True, slots=True)
class NullSyntax:
    """``null`` as a member of a union."""

    place: Place


@dataclass(frozen=True, slots=True)
class ListSyntax:
    """``list[T]``."""

    place: Place
    item: TypeSyntax


@dataclass(frozen=True, slots=True)
class MapSyntax:
    """``map[K, T]``."""

    place: Place
    key: TypeSyntax
    value: TypeSyntax


@dataclass(frozen=True, slots=True)
class TupleSyntax:
    """``tuple[A, B]``."""

    place: Place
    items: tuple[TypeSyntax, ...]


@dataclass(frozen=True, slots=True)
class LiteralValue:
    """One value of a literal type."""

    place: Place
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class LiteralSyntax:
    """``literal["a", 1]``."""

    place: Place
    values: tuple[LiteralValue, ...]


@dataclass(frozen=True, slots=True)
class UnionSyntax:
    """``A | B``."""

    place: Place
    members: tuple[TypeSyntax, ...]


TypeSyntax: TypeAlias = (
    NameSyntax | NullSyntax | ListSyntax | MapSyntax | TupleSyntax | LiteralSyntax | UnionSyntax
)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare word inside a default: a member of an enum."""

    text: str


@dataclass(frozen=True, slots=True)
class DefaultSyntax:
    """The value after ``=``: JSON with bare words; a number with a point or an exponent is an exact
    `Decimal`.
    """

    place: Place
    value: Json


@dataclass(frozen=True, slots=True)
class Expression:
    """A whole expression: a type, whether it may be absent, and its default."""

    place: Place
    type: TypeSyntax
    optional: Place | None = None
    """The place of the question mark, if there is one."""
    default: DefaultSyntax | None = None
    bare: Bare | None = None
    """The list, map or tuple that stands without brackets, if there is one: a `NameSyntax` in
    `type`.
    """
