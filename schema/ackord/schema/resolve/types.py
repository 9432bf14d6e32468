"""Types of the document -> types of the IR: names are looked up, inline records get names,
constraints and defaults are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final, get_args

from ackord.schema.analysis.json_kinds import json_kinds, python_classes, shared_class
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import FieldNode, TypeDeclarationNode, TypeNode
from ackord.schema.expressions.other_languages import FORMATS, FORMS, NAMES
from ackord.schema.expressions.syntax import (
    Expression,
    ListSyntax,
    LiteralSyntax,
    MapSyntax,
    NameSyntax,
    NullSyntax,
    TupleSyntax,
    TypeSyntax,
    UnionSyntax,
)
from ackord.schema.model import (
    Field,
    Json,
    ListType,
    LiteralType,
    MapType,
    NullableType,
    Record,
    RefType,
    ScalarName,
    ScalarType,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)
from ackord.schema.names import camel_case
from ackord.schema.resolve.constraints import constrain
from ackord.schema.resolve.defaults import DefaultResolver
from ackord.schema.source import Place

_PLANNED: Final = frozenset({"email", "ip", "json_object"})
"""Types of the IR that the language doesn't have yet."""
SCALARS: Final[tuple[ScalarName, ...]] = tuple(
    name for name in get_args(ScalarName) if name not in _PLANNED
)
_BUILT_IN: Final = (*SCALARS, "list", "map", "tuple", "literal", "null")
_NO_OTHERS: Final[Mapping[str, str]] = MappingProxyType({})


class TypeResolver:
    """Resolves the types of one contract."""

    def __init__(
        self,
        declared: Mapping[str, TypeDeclarationNode],
        report: Reporter,
        *,
        others: Mapping[str, str] = _NO_OTHERS,
        imports: bool = False,
    ) -> None:
        """Take the declarations under ``types:``, the hints for names that aren't types, and
        whether there are imports; names of imports aren't reported as unknown.
        """
        self.declarations: dict[str, TypeDeclaration] = {}
        """The types of the IR, in order; the caller adds the types that it resolves."""
        self.lifted: set[str] = set()
        """The names of inline records."""
        self.written: list[tuple[Type, Place]] = []
        """Each type in the file, with its place."""
        self.output_schemas: dict[str, Json] = {}
        """The JSON Schemas of the written form of ``python:`` types, by name; the caller adds
        them.
        """
        self.defaults = DefaultResolver(self.declarations, report)
        """The default values of all fields and arguments."""
        self._declared = declared
        self._report = report
        self._others = others
        self._imports = imports
        self._taken: dict[str, Place] = {}
        self._checks: list[Callable[[], None]] = []

    def claim(self, name: str, place: Place, *, hint: str | None = None) -> bool:
        """Take a name of the generated module for a type or an error."""
        first = self._taken.setdefault(name, place)
        if first == place:
            return True
        self._report.add(
            "S018",
            place,
            f"the name {name} is used twice",
            hint=hint,
            related=[related("first used here", first)],
        )
        return False

    def node(self, name: str) -> TypeDeclarationNode | None:
        """Return a declaration as it was written."""
        return self._declared.get(name)

    def later(self, check: Callable[[], None]) -> None:
        """Run a check when all types are known."""
        self._checks.append(check)

    def run_checks(self) -> None:
        """Run the checks that were put off."""
        for check in self._checks:
            check()
        self._checks.clear()

    def plain(self, node: TypeNode, inline_name: str) -> Type | None:
        """Resolve a type that must not be optional or have a default."""
        if node.expression is not None:
            self.refuse_optional(node.expression)
        return self.resolve(node, inline_name)

    def refuse_optional(self, expression: Expression) -> None:
        """Report a ``?`` or a default."""
        if expression.optional is not None:
            hint = "write `T | null` for a value that may be null"
            self._report.add(
                "S024", expression.optional, "only fields and arguments may be absent", hint=hint
            )
        if expression.default is not None:
            self._report.add(
                "S024", expression.default.place, "only fields and arguments have defaults"
            )

    def resolve(self, node: TypeNode, inline_name: str) -> Type | None:
        """Resolve a type; an inline record is declared under the given name."""
        if node.fields is not None:
            return self._lift(node, node.fields, inline_name)
        if node.expression is None:
            return None
        base = self.syntax(node.expression.type)
        if base is None:
            return None
        constrained = constrain(base, node.constraints, self._report)
        self.written.append((constrained, node.expression.place))
        return constrained

    def fields(self, nodes: Iterable[FieldNode], owner: str) -> tuple[Field, ...]:
        """Resolve fields; fields with a broken type are left out."""
        resolved = [self._field(node, owner) for node in nodes]
        return tuple(field for field in resolved if field is not None)

    def _field(self, node: FieldNode, owner: str) -> Field | None:
        if node.type is None:
            return None
        of = self.resolve(node.type, owner + camel_case(node.name.text))
        if of is None:
            return None
        expression = node.type.expression
        default = expression.default if expression else None
        if default is not None and expression is not None and expression.optional is not None:
            self._report.add(
                "S024",
                expression.optional,
                "`?` and a default can't stand together",
                hint="a field with a default may be absent anyway",
            )
        required = expression is None or (expression.optional is None and default is None)
        return Field(
            name=node.name.text,
            type=of,
            required=required,
            default=None
            if default is None
            else self.defaults.resolve(default, of, owner, node.name.text),
            doc=node.type.doc,
            deprecated=node.type.deprecated,
        )

    def _lift(self, node: TypeNode, fields: tuple[FieldNode, ...], name: str) -> Type | None:
        hint = (
            f"this inline record gets the name {name}; declare it under `types:` with a name of "
            "its own"
        )
        if not self.claim(name, node.place, hint=hint):
            return None
        self.lifted.add(name)
        # Declared before its fields are resolved, so that nested records come after it.
        self.declarations[name] = Record(
            name=name, fields=(), doc=node.doc, deprecated=node.deprecated
        )
        resolved = self.fields(fields, name)
        self.declarations[name] = Record(
            name=name, fields=resolved, doc=node.doc, deprecated=node.deprecated
        )
        return RefType(name)

    def syntax(self, syntax: TypeSyntax) -> Type | None:
        """Resolve a type expression; `None` if a name in it is unknown, which was reported then."""
        match syntax:
            case NameSyntax():
                return self._name(syntax)
            case NullSyntax(place):
                self._report.add(
                    "S020",
                    place,
                    "null alone is no type",
                    hint="write `T | null` for a value that may be null",
                )
                return None
            case ListSyntax(item=item):
                resolved = self.syntax(item)
                return ListType(resolved) if resolved else None
            case MapSyntax(value=value):
                resolved = self.syntax(value)
                return MapType(resolved) if resolved else None
            case TupleSyntax(items=items):
                every = self._all(items)
                return TupleType(every) if every else None
            case LiteralSyntax():
                return self._literal(syntax)
            case UnionSyntax(members=members):
                return self.union(members)

    def union(self, members: Iterable[TypeSyntax]) -> Type | None:
        """Resolve an untagged union; null in it makes the rest nullable."""
        others = [member for member in members if not isinstance(member, NullSyntax)]
        nulls = [member for member in members if isinstance(member, NullSyntax)]
        if not others:
            self._report.add(
                "S020",
                nulls[0].place,
                "null alone is no type",
                hint="write `T | null` for a value that may be null",
            )
            return None
        for null in nulls[1:]:
            self._report.add("S035", null.place, "null stands in the union twice")
        every = self._all(others)
        if every is None:
            return None
        if len(every) > 1:
            self.later(
                lambda: self._check_disjoint(
                    every, [member.place for member in others], nullable=bool(nulls)
                )
            )
        joined = every[0] if len(every) == 1 else UnionType(every)
        return NullableType(joined) if nulls else joined

    def _check_disjoint(
        self, members: tuple[Type, ...], places: list[Place], *, nullable: bool
    ) -> None:
        first_of: dict[str, Place] = {}
        before: list[tuple[frozenset[type], Place]] = []
        for member, place in zip(members, places, strict=True):
            kinds = json_kinds(member, self.declarations) - ({"null"} if nullable else set[str]())
            clash = next((kind for kind in sorted(kinds) if kind in first_of), None)
            if clash is not None:
                hint = (
                    "declare a union of records with a `tag`"
                    if clash == "object"
                    else "members of one kind can't be told apart"
                )
                first = related(f"the other {clash}", first_of[clash])
                self._report.add(
                    "S035",
                    place,
                    f"two members of this union are written as a JSON {clash}",
                    hint=hint,
                    related=[first],
                )
            classes = python_classes(member, self.declarations)
            other = next(
                (
                    (shared, first)
                    for found, first in before
                    if (shared := shared_class(classes, found))
                ),
                None,
            )
            if clash is None and other is not None:
                shared, first_place = other
                message = (
                    "two members of this union are "
                    f"{'any object' if shared is object else shared.__name__} in Python"
                )
                hint = (
                    "when one is sent, nothing says which of them: declare a union of records "
                    "with a `tag`"
                )
                self._report.add(
                    "S035",
                    place,
                    message,
                    hint=hint,
                    related=[related("the other one", first_place)],
                )
            before.append((classes, place))
            for kind in kinds:
                first_of.setdefault(kind, place)

    def _all(self, syntaxes: Iterable[TypeSyntax]) -> tuple[Type, ...] | None:
        resolved = [self.syntax(syntax) for syntax in syntaxes]
        whole = tuple(of for of in resolved if of is not None)
        return whole if len(whole) == len(resolved) else None

    def _literal(self, syntax: LiteralSyntax) -> Type:
        values: list[str | int | bool] = []
        for literal in syntax.values:
            if any(
                type(value) is type(literal.value) and value == literal.value for value in values
            ):
                self._report.add(
                    "S030", literal.place, f"the value {literal.value!r} is listed twice"
                )
            else:
                values.append(literal.value)
        return LiteralType(tuple(values))

    def _name(self, syntax: NameSyntax) -> Type | None:
        for scalar in SCALARS:
            if scalar == syntax.name:
                return ScalarType(scalar)
        if syntax.name in self._declared:
            return RefType(syntax.name)
        hint = self._report.nearest(syntax.name, [*self._declared, *_BUILT_IN])
        word = syntax.name.lower()
        if syntax.name in self._others:
            hint = self._others[syntax.name]
        elif word in NAMES:
            hint = f"did you mean {NAMES[word]!r}?"
        elif word in FORMS:
            hint = f"write {FORMS[word]}"
        elif word in FORMATS:
            hint = f"there is no type for it yet: write `{{type: str, pattern: {FORMATS[word]}}}`"
        elif "." in syntax.name:
            if self._imports:
                return None  # reported already: imports aren't supported
            hint = "names have no dots: declare the type in this file"
        self._report.add("S021", syntax.place, f"unknown type {syntax.name!r}", hint=hint)
        return None
