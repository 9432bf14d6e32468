"""The paths of namespaces, and which namespaces of two contracts belong together by them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from ackord.schema.compatibility.rollouts import Direction
from ackord.schema.compatibility.sides import Side
from ackord.schema.compatibility.types import TypeComparison
from ackord.schema.model import Enum, Field, LiteralType, Namespace, RefType, ScalarType, Type

_Pair: TypeAlias = tuple[Namespace, Namespace]

PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_VALUE: Final = "([^/,]+)"
"""Matches the value of a parameter in a path."""
_NUMBER: Final = "decimal"
"""The type of text that has the values of an `int`; no parameter is a `decimal` itself."""


class Pairs(NamedTuple):
    """The namespaces of two contracts; each pair is one of the old contract and one of the new."""

    same: list[_Pair]
    """Clients of the one reach the other."""
    renamed: list[_Pair]
    """Those with one name in generated code, and different paths."""
    removed: list[Namespace]
    added: list[Namespace]


def pair_namespaces(types: TypeComparison) -> Pairs:
    """Find the namespaces that belong together.

    Paths are the same whatever their parameters are called. A static namespace that one contract
    doesn't have belongs to the first dynamic one of that contract which takes its path.
    """
    olds = {shape_of(each.path): each for each in types.old.contract.namespaces}
    news = {shape_of(each.path): each for each in types.new.contract.namespaces}
    same = [(old, news[shape]) for shape, old in olds.items() if shape in news]
    removed = [each for shape, each in olds.items() if shape not in news]
    added = [each for shape, each in news.items() if shape not in olds]
    for old in list(removed):
        parent = _parent(old, news.values(), types, Direction.FORWARD)
        if parent is not None:
            removed.remove(old)
            same.append((old, parent))
    for new in list(added):
        parent = _parent(new, olds.values(), types, Direction.BACKWARD)
        if parent is not None:
            added.remove(new)
            same.append((parent, new))
    return Pairs(same, _take_renamed(removed, added), removed, added)


def _take_renamed(removed: list[Namespace], added: list[Namespace]) -> list[_Pair]:
    renamed: list[_Pair] = []
    for old in list(removed):
        new = next((each for each in added if each.identifier == old.identifier), None)
        if new is not None:
            removed.remove(old)
            added.remove(new)
            renamed.append((old, new))
    return renamed


def _parent(
    static: Namespace, others: Iterable[Namespace], types: TypeComparison, direction: Direction
) -> Namespace | None:
    """Return the dynamic namespace that takes the path of a static one of the other contract."""
    reader = types.new if direction is Direction.FORWARD else types.old
    for other in others if not static.params else ():
        values = _values_in(static.path, other)
        if values and all(
            types.accepts(direction, LiteralType((value,)), text_type(param.type, reader))
            for param, value in values
        ):
            return other
    return None


def _values_in(path: str, dynamic: Namespace) -> list[tuple[Field, str]]:
    """Return the parameters of a dynamic namespace with their values in a path; none if the path
    isn't one of the namespace's.
    """
    texts = map(re.escape, PARAMETER.split(dynamic.path))
    found = re.fullmatch(_VALUE.join(texts), path)
    if found is None:
        return []
    params = {param.name: param for param in dynamic.params}
    names = [each[1:-1] for each in PARAMETER.findall(dynamic.path)]
    return [(params[name], value) for name, value in zip(names, found.groups(), strict=True)]


def shape_of(path: str) -> str:
    """Return a path, or the name of a room, without the names of its parameters."""
    return PARAMETER.sub("{}", path)


def text_type(of: Type, side: Side) -> Type:
    """Return the type of a parameter as text, as which it travels in the path."""
    match of:
        case RefType(name) if not isinstance(side.declarations[name], Enum):
            (atom, *_) = side.alternatives(of, ()).atoms
            return of if not isinstance(atom.shape, ScalarType) else text_type(atom.shape, side)
        case ScalarType("int", constraints):
            return ScalarType(_NUMBER, constraints)
        case LiteralType(values):
            return LiteralType(tuple(str(value) for value in values))
        case _:
            return of


def is_number(text: Type) -> bool:
    """Return whether a parameter's type as text is that of an `int`."""
    return isinstance(text, ScalarType) and text.name == _NUMBER
