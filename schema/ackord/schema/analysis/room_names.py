"""Decides whether two rooms can have the same name, by comparing their templates as patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from ackord.schema.model import (
    Alias,
    Enum,
    LiteralType,
    NewType,
    RefType,
    Room,
    ScalarType,
    Type,
    TypeDeclaration,
)

_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")
_ONE_CLASS: Final = re.compile(r"\^(\[[^\]\\^][^\]\\]*\])(?:\{[0-9]+(?:,[0-9]*)?\}|[+*])?\$")
"""Matches a pattern that only restricts the characters of a text."""
_MAX_ALTERNATIVES: Final = 20

_CHARACTERS: Final[Mapping[str, str]] = {
    "int": "[-0-9]",
    "int64": "[-0-9]",
    "uuid": "[-0-9a-f]",
    "date": "[-0-9]",
}


class _Any(NamedTuple):
    """Any number of the characters of a class."""

    characters: str


_Token: TypeAlias = str | _Any
_Tokens: TypeAlias = tuple[_Token, ...]


def may_share_a_name(one: Room, other: Room, declarations: Mapping[str, TypeDeclaration]) -> bool:
    """Return whether both rooms can have the same name with some parameters; lengths and most
    patterns are ignored.
    """
    return any(
        _intersect(a, b) for a in _shapes(one, declarations) for b in _shapes(other, declarations)
    )


def has_text(room: Room) -> bool:
    """Return whether a room's name has text beside its parameters."""
    return bool(_PARAMETER.sub("", room.template))


def _shapes(room: Room, declarations: Mapping[str, TypeDeclaration]) -> Iterator[_Tokens]:
    """Return the shapes of a room's names: more than one if a parameter has few values."""
    types = {param.name: param.type for param in room.params}
    shapes: list[_Tokens] = [()]
    for index, part in enumerate(_PARAMETER.split(room.template)):
        if index % 2 == 0:
            choices: list[_Tokens] = [tuple(part)]
        else:
            choices = _choices(types[part], declarations) if part in types else [(_Any("."),)]
        if len(choices) * len(shapes) > _MAX_ALTERNATIVES:
            choices = [(_Any("."),)]
        shapes = [(*shape, *choice) for shape in shapes for choice in choices]
    return iter(shapes)


def _choices(of: Type, declarations: Mapping[str, TypeDeclaration]) -> list[_Tokens]:
    match of:
        case ScalarType(name, constraints):
            if name in _CHARACTERS:
                return [(_Any(_CHARACTERS[name]),)]
            simple = _ONE_CLASS.fullmatch(constraints.pattern) if constraints.pattern else None
            return [(_Any(simple[1] if simple else "."),)]
        case LiteralType(values):
            return [tuple(str(value)) for value in values]
        case RefType(name):
            match declarations.get(name):
                case NewType(base=base):
                    return _choices(base, declarations)
                case Alias(type=target):
                    return _choices(target, declarations)
                case Enum(members=members, open=False):
                    return [tuple(member.value) for member in members]
                case _:
                    return [(_Any("."),)]
        case _:
            return [(_Any("."),)]


def _intersect(one: _Tokens, other: _Tokens) -> bool:
    """Return whether a text exists that both shapes describe."""
    waiting = [(0, 0)]
    seen: set[tuple[int, int]] = set()
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        i, j = state
        if i == len(one) and j == len(other):
            return True
        a = one[i] if i < len(one) else None
        b = other[j] if j < len(other) else None
        # A run may end here. Where two runs meet, characters of both may be left out as well.
        if isinstance(a, _Any):
            waiting.append((i + 1, j))
        if isinstance(b, _Any):
            waiting.append((i, j + 1))
        if isinstance(a, str) and isinstance(b, str) and a == b:
            waiting.append((i + 1, j + 1))
        elif isinstance(a, _Any) and isinstance(b, str) and _matches(a.characters, b):
            waiting.append((i, j + 1))
        elif isinstance(a, str) and isinstance(b, _Any) and _matches(b.characters, a):
            waiting.append((i + 1, j))
    return False


def _matches(characters: str, character: str) -> bool:
    try:
        return re.fullmatch(characters, character, re.DOTALL) is not None
    except re.error:
        return True
