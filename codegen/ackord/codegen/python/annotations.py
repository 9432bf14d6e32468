"""Writes the types of a contract as annotations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, assert_never

from ackord.codegen.python.imports import Imports
from ackord.codegen.python.literals import literal
from ackord.codegen.python.naming import Names
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.analysis.patterns import ascii_pattern
from ackord.schema.model import (
    Alias,
    Constraints,
    Enum,
    Field,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    PythonType,
    RefType,
    ScalarName,
    ScalarType,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)

TYPES_MODULE: Final = ".types"
_BAR: Final = " | "

_CLASSES: Final[Mapping[ScalarName, tuple[str, str]]] = MappingProxyType(
    {
        "str": ("builtins", "str"),
        "int": ("builtins", "int"),
        "int64": ("builtins", "int"),
        "float": ("builtins", "float"),
        "bool": ("builtins", "bool"),
        "bytes": ("builtins", "bytes"),
        "datetime": ("datetime", "datetime"),
        "date": ("datetime", "date"),
        "time": ("datetime", "time"),
        "duration": ("datetime", "timedelta"),
        "uuid": ("uuid", "UUID"),
        "decimal": ("decimal", "Decimal"),
        "url": ("pydantic", "AnyUrl"),
        "email": ("builtins", "str"),
        "json": ("pydantic", "JsonValue"),
    }
)
"""Module and class of each scalar that is one class."""

LIMITED: Final[Mapping[ScalarName, str]] = MappingProxyType(
    {"int": "WholeNumber", "email": "EmailAddress"}
)
"""The runtime's annotations of scalars whose limits belong to the plain class."""
_ADDRESSES: Final = ("IPv4Address", "IPv6Address")

_CHECKED: Final[Mapping[ScalarName, str]] = MappingProxyType(
    {
        "int": "Int",
        "int64": "Int64",
        "bytes": "Bytes",
        "datetime": "Datetime",
        "date": "Date",
        "time": "Time",
        "duration": "Duration",
        "decimal": "Decimal",
        "url": "Url",
        "email": "Email",
        "ip": "Ip",
        "json": "Json",
        "json_object": "JsonObject",
    }
)
"""The runtime's annotated form of scalars that pydantic reads or writes differently from the
contract.
"""


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations of one module."""

    imports: Imports
    names: Names
    declarations: Mapping[str, TypeDeclaration]
    """The declared types by name."""
    inside: bool = False
    """Whether the module is ``types.py``, which defines the declared types itself."""

    def declared(self, name: str) -> str:
        """Name a declared type."""
        return self.own(self.names.types[name])

    def error(self, name: str) -> str:
        """Name a declared error."""
        return self.own(self.names.errors[name])

    def own(self, name: str) -> str:
        """Name anything that ``types.py`` defines."""
        return name if self.inside else self.imports.use_as(TYPES_MODULE, name, name)

    def static(self, type_: Type) -> str:
        """Return the annotation for type checkers: without constraints and wire format."""
        return _BAR.join(self._operands(type_, checked=False))

    def validated(self, type_: Type) -> str:
        """Return the annotation for pydantic."""
        return _BAR.join(self._operands(type_, checked=True))

    def evaluated(self, type_: Type) -> str:
        """Return the annotation for pydantic as an expression, in which pyright doesn't accept
        ``Annotated[…] | None``.
        """
        operands = self._operands(type_, checked=True)
        others = [operand for operand in operands if operand != "None"]
        annotated = self.imports.known("typing", "Annotated")
        if len(others) == len(operands) or not any(
            other.startswith(f"{annotated}[") for other in others
        ):
            return _BAR.join(operands)
        return f"{self.imports.use('typing', 'Optional')}[{_BAR.join(others)}]"

    def received(self, field: Field) -> str:
        """Return the type of an argument in a handler, with the type of absence if the argument may
        be absent.
        """
        static = self.static(field.type)
        return f"{static} | {self.absence(field.type)}" if field.is_maybe else static

    def maybe(self, field: Field) -> str:
        """Return the type of a record's field that may be absent."""
        validated = self.validated(field.type)
        if self.has_null(field.type):
            return f"{validated} | {self.absence(field.type)}"
        return f"{self.imports.runtime('Maybe')}[{validated}]"

    def absence(self, type_: Type) -> str:
        """Return the value for absence: `None`, unless that is a value of the type."""
        return self.imports.use("pydantic", "MISSING") if self.has_null(type_) else "None"

    def has_null(self, type_: Type) -> bool:
        """Return whether null is a value of the type."""
        return "null" in json_kinds(type_, self.declarations)

    def scalar(self, name: ScalarName, *, checked: bool) -> str:
        """Name the class of a scalar, or with `checked` its form for pydantic."""
        if checked and name in _CHECKED:
            return self.imports.runtime(_CHECKED[name])
        if name == "json_object":
            value = self.imports.use("pydantic", "JsonValue")
            return f"{self.imports.builtin('dict')}[{self.imports.builtin('str')}, {value}]"
        module, symbol = _CLASSES[name]
        return (
            self.imports.builtin(symbol)
            if module == "builtins"
            else self.imports.use(module, symbol)
        )

    def limits(self, constraints: Constraints, scalar: ScalarName | None = None) -> str | None:
        """Return the call with the constraints of a scalar, list or mapping, if there are any."""
        given: list[tuple[str, object]] = [
            ("min_length", _either(constraints.min_length, constraints.min_items)),
            ("max_length", _either(constraints.max_length, constraints.max_items)),
            (
                "pattern",
                None if constraints.pattern is None else ascii_pattern(constraints.pattern),
            ),
            ("ge", constraints.ge),
            ("gt", constraints.gt),
            ("le", constraints.le),
            ("lt", constraints.lt),
            ("multiple_of", constraints.multiple_of),
            ("max_digits", constraints.max_digits),
            ("decimal_places", constraints.decimal_places),
        ]
        arguments = [(name, value) for name, value in given if value is not None]
        if not arguments:
            return None
        if scalar == "decimal":
            given_ = (f"{name}={self._decimal_limit(name, value)}" for name, value in arguments)
            return f"{self.imports.runtime('DecimalLimits')}({', '.join(given_)})"
        listed = ", ".join(f"{name}={literal(value)}" for name, value in arguments)
        return f"{self.imports.use('pydantic', 'Field')}({listed})"

    def _decimal_limit(self, name: str, value: object) -> str:
        counts = name in {"max_digits", "decimal_places"}
        return (
            literal(value)
            if counts
            else f"{self.scalar('decimal', checked=False)}({literal(str(value))})"
        )

    def metadata(self, type_: ScalarType) -> list[str]:
        """Return the metadata for pydantic of a scalar with limits, besides its class or the
        runtime's form.
        """
        limits = self.limits(type_.constraints, type_.name)
        if limits is None:
            return []
        # After the limits, so that pydantic puts the limits into its own schema.
        form = LIMITED.get(type_.name)
        return [limits] if form is None else [limits, self.imports.runtime(form)]

    def _operands(self, type_: Type, *, checked: bool) -> list[str]:
        """Return the members of a union, or the type itself."""
        match type_:
            case UnionType(members):
                # Python types last: their own validators may accept values of another member's
                # type.
                ordered = sorted(members, key=self._is_python_type) if checked else members
                return [
                    operand
                    for member in ordered
                    for operand in self._member(member, checked=checked)
                ]
            case NullableType(item):
                inner = self._operands(item, checked=checked)
                return inner if "None" in inner else [*inner, "None"]
            case ScalarType("ip") if not checked:
                return [self.imports.use("ipaddress", name) for name in _ADDRESSES]
            case RefType(name) if isinstance(self.declarations[name], Enum):
                unknown = self.names.unknown.get(name)
                known = self.declared(name)
                return [known] if unknown is None else [known, self.own(unknown)]
            case _:
                return [self._single(type_, checked=checked)]

    def _member(self, type_: Type, *, checked: bool) -> list[str]:
        """Return the operands of a union's member; a Python type is annotated so that its
        serializer doesn't accept values of other members.
        """
        if not checked or not self._is_python_type(type_):
            return self._operands(type_, checked=checked)
        return [
            self._annotated(self._single(type_, checked=True), self.imports.runtime("UnionMember"))
        ]

    def _is_python_type(self, type_: Type) -> bool:
        if not isinstance(type_, RefType):
            return False
        declaration = self.declarations[type_.name]
        return (
            self._is_python_type(declaration.type)
            if isinstance(declaration, Alias)
            else isinstance(declaration, PythonType)
        )

    def _single(self, type_: Type, *, checked: bool) -> str:
        match type_:
            case ScalarType(name):
                metadata = self.metadata(type_) if checked else []
                scalar = self.scalar(name, checked=checked and not (metadata and name in LIMITED))
                return self._annotated(scalar, *metadata) if metadata else scalar
            case RefType(name):
                return self.declared(name)
            case LiteralType(values):
                listed = ", ".join(map(literal, values))
                annotation = f"{self.imports.use('typing', 'Literal')}[{listed}]"
                if not checked or all(isinstance(value, str) for value in values):
                    return annotation
                return self._annotated(annotation, self.imports.runtime("StrictLiteral"))
            case ListType(item, constraints):
                inner = _BAR.join(self._operands(item, checked=checked))
                return self._limited(
                    f"{self.imports.builtin('list')}[{inner}]", constraints, checked=checked
                )
            case MapType(value, constraints, key):
                keys, inner = (
                    _BAR.join(self._operands(part, checked=checked)) for part in (key, value)
                )
                mapping = f"{self.imports.builtin('dict')}[{keys}, {inner}]"
                return self._limited(mapping, constraints, checked=checked)
            case TupleType(items):
                inners = [_BAR.join(self._operands(item, checked=checked)) for item in items]
                return f"{self.imports.builtin('tuple')}[{', '.join(inners or ['()'])}]"
            case UnionType() | NullableType():
                return _BAR.join(self._operands(type_, checked=checked))
            case _:
                assert_never(type_)

    def _limited(self, annotation: str, constraints: Constraints, *, checked: bool) -> str:
        limits = self.limits(constraints) if checked else None
        return annotation if limits is None else self._annotated(annotation, limits)

    def _annotated(self, *parts: str) -> str:
        return f"{self.imports.use('typing', 'Annotated')}[{', '.join(parts)}]"


def _either(one: int | None, other: int | None) -> int | None:
    return other if one is None else one
