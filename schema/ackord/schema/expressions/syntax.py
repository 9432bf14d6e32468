"""The tree of a one-line type expression, before names are resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ackord.schema.model import Json
from ackord.schema.source import Place

Bare: TypeAlias = Literal["list", "map", "tuple"]


class NameSyntax(NamedTuple):
    """A built-in or declared type."""

    place: Place
    name: str


class NullSyntax(NamedTuple):
    """``null`` as a member of a union."""

    place: Place


class ListSyntax(NamedTuple):
    """``list[T]``."""

    place: Place
    item: TypeSyntax


class MapSyntax(NamedTuple):
    """``map[K, T]``."""

    place: Place
    key: TypeSyntax
    value: TypeSyntax


class TupleSyntax(NamedTuple):
    """``tuple[A, B]``."""

    place: Place
    items: tuple[TypeSyntax, ...]


class LiteralValue(NamedTuple):
    """One value of a literal type."""

    place: Place
    value: str | int | bool


class LiteralSyntax(NamedTuple):
    """``literal["a", 1]``."""

    place: Place
    values: tuple[LiteralValue, ...]


class UnionSyntax(NamedTuple):
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


class DefaultSyntax(NamedTuple):
    """The value after ``=``: JSON with bare words; a number with a point or an exponent is an exact
    `Decimal`.
    """

    place: Place
    value: Json


class Expression(NamedTuple):
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
