"""One of two contracts that are compared, with what its names stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from ackord.schema.analysis.parts import spread, types_within, written_types
from ackord.schema.compatibility.schemas import may_hold_bytes
from ackord.schema.model import (
    Alias,
    Contract,
    Enum,
    Error,
    Field,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    Path,
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

NOTHING: Final = RefType("")
"""The type of a payload that isn't declared: an object without fields."""
_NOTHING: Final = Record(name="", fields=())
_LITERALS: Final[tuple[type[str | int | bool], ...]] = (str, int, bool)

Shape: TypeAlias = (
    ScalarType
    | ListType
    | MapType
    | TupleType
    | LiteralType
    | Enum
    | Record
    | TaggedUnion
    | PythonType
)
"""A type without names for it, without null and without alternatives."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One alternative of a type, and where it is declared."""

    shape: Shape
    path: Path


@dataclass(frozen=True, slots=True)
class Alternatives:
    """What the values of a type may be."""

    atoms: tuple[Atom, ...]
    null: bool

    @property
    def takes_anything(self) -> bool:
        """Whether any JSON is a value."""
        return any(atom.shape == _JSON for atom in self.atoms)


_JSON: Final = ScalarType("json")


@dataclass(frozen=True, slots=True)
class Side:
    """One contract."""

    contract: Contract
    declarations: Mapping[str, TypeDeclaration] = field(init=False)
    errors: Mapping[str, Error] = field(init=False)
    tags: Mapping[str, tuple[str, str]] = field(init=False)
    """The tag and its identifier of the records that are members of a tagged union."""
    with_bytes: frozenset[str] = field(init=False)
    """The names of types whose values may hold bytes."""

    def __post_init__(self) -> None:
        contract = self.contract
        named: dict[str, TypeDeclaration] = {each.name: each for each in contract.types}
        tags = {
            member: (union.tag, union.tag_identifier)
            for union in contract.types
            if isinstance(union, TaggedUnion)
            for member in union.members
        }
        object.__setattr__(self, "declarations", MappingProxyType({**named, "": _NOTHING}))
        object.__setattr__(self, "errors", {each.name: each for each in contract.errors})
        object.__setattr__(self, "tags", tags)
        direct = [name for name, declared in named.items() if _has_bytes(declared)]
        object.__setattr__(self, "with_bytes", spread(direct, named))

    def alternatives(self, of: Type, path: Path) -> Alternatives:
        """Look through names, unions and ``| null``."""
        atoms: list[Atom] = []
        null = self._collect(of, path, atoms, frozenset())
        return Alternatives(tuple(atoms), null)

    def _collect(self, of: Type, path: Path, atoms: list[Atom], within: frozenset[str]) -> bool:
        match of:
            case NullableType(item):
                self._collect(item, path, atoms, within)
                return True
            case UnionType(members):
                nulls = [self._collect(member, path, atoms, within) for member in members]
                return any(nulls)
            case LiteralType(values):
                for kind in _LITERALS:
                    same = tuple(value for value in values if type(value) is kind)
                    if same:
                        atoms.append(Atom(LiteralType(same), path))
                return False
            case RefType(name):
                declared = self.declarations[name]
                path = ("types", name) if name else path
                match declared:
                    case Alias(type=target):
                        if name in within:
                            return False
                        return self._collect(target, path, atoms, within | {name})
                    case NewType(base=base):
                        atoms.append(Atom(base, path))
                    case _:
                        atoms.append(Atom(declared, path))
                return False
            case _:
                atoms.append(Atom(of, path))
                return of == _JSON

    def record(self, name: str) -> Record:
        """Return a member of a tagged union."""
        found = self.declarations[name]
        return found if isinstance(found, Record) else _NOTHING

    def tag_of(self, record: Record) -> Field | None:
        """Return the tag of a record as a field: readers fill it in, and writers always send it."""
        tag = self.tags.get(record.name)
        if tag is None or record.tag_value is None:
            return None
        name, identifier = tag
        return Field(
            name=name,
            identifier=identifier,
            type=LiteralType((record.tag_value,)),
            required=False,
        )

    def written_fields(self, record: Record) -> Iterator[Field]:
        """Return what a writer of a record sends."""
        tag = self.tag_of(record)
        if tag is not None:
            yield replace(tag, required=True)
        yield from record.fields

    def read_fields(self, record: Record) -> Iterator[Field]:
        """Return what a reader of a record looks for."""
        tag = self.tag_of(record)
        if tag is not None:
            yield tag
        yield from record.fields

    def holds_bytes(self, of: Type) -> bool:
        """Return whether a value of a type may hold bytes."""
        return any(
            part.name == "bytes"
            if isinstance(part, ScalarType)
            else isinstance(part, RefType) and part.name in self.with_bytes
            for part in written_types(of)
        )


def _has_bytes(declared: TypeDeclaration) -> bool:
    if isinstance(declared, PythonType):
        return may_hold_bytes(declared.json_schema)
    return any(
        isinstance(part, ScalarType) and part.name == "bytes"
        for of in types_within(declared)
        for part in written_types(of)
    )
