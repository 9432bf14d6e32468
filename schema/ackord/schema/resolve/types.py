"""Types of the document -> types of the IR: names are looked up, inline records get names,
constraints and defaults are checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Final, Literal, TypeAlias, get_args

from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.analysis.keys import is_key
from ackord.schema.analysis.python_types import JsonSchemas
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import (
    ConstraintNode,
    FieldNode,
    Name,
    PartsNode,
    TypeDeclarationNode,
    TypeNode,
)
from ackord.schema.document.versions import version_key
from ackord.schema.expressions.other_languages import FORMATS, FORMS, NAMES
from ackord.schema.expressions.syntax import (
    Bare,
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
from ackord.schema.names import camel_case, lower_camel_case
from ackord.schema.resolve.constraints import constrain
from ackord.schema.resolve.defaults import DefaultResolver
from ackord.schema.resolve.reserved import check_reserved
from ackord.schema.resolve.scopes import Scopes
from ackord.schema.source import Place

SCALARS: Final[tuple[ScalarName, ...]] = get_args(ScalarName)
_SCALAR_TYPES: Final[Mapping[str, ScalarType]] = {name: ScalarType(name) for name in SCALARS}
OTHER_FILE: Final = (
    "declarations of imported files have the file's name before theirs: import it under another "
    "one with `as:`"
)
"""The hint where declarations of several files would have one name."""
_BUILT_IN: Final = (*SCALARS, "list", "map", "tuple", "literal", "null")

PythonTypes: TypeAlias = Callable[[str], JsonSchemas]
"""Gives the JSON Schemas of the class that ``package.module.Name`` names, or raises
`PythonTypeError`.
"""
FieldKind: TypeAlias = Literal["field", "argument", "parameter"]


class TypeResolver:
    """Resolves the types of one contract."""

    def __init__(
        self,
        declared: Mapping[str, TypeDeclarationNode],
        scopes: Scopes,
        python_types: PythonTypes,
        report: Reporter,
    ) -> None:
        """Take the declarations under ``types:`` of all files, by their names in the contract."""
        self.python_types = python_types
        """Gives the JSON Schemas of ``python:`` types."""
        self.declarations: dict[str, TypeDeclaration] = {}
        """The types of the IR, in order; the caller adds the types that it resolves."""
        self.lifted: set[str] = set()
        """The names of inline records."""
        self.written: list[tuple[Type, Place]] = []
        """Each type in the file, with its place."""
        self.patterns: list[Name] = []
        """Each pattern in the files, with its place."""
        self.output_schemas: dict[str, Json] = {}
        """The JSON Schemas of the written form of ``python:`` types, by name; the caller adds
        them.
        """
        self.defaults = DefaultResolver(self.declarations, report)
        """The default values of all fields and arguments."""
        self.scopes = scopes
        """The names that each file knows."""
        self._declared = declared
        self._has_camel_case = any(each.names == "camelCase" for each in scopes.documents)
        self._known: dict[tuple[str, str], RefType] = {}
        """The declared types that were found, by file and name."""
        self._report = report
        self._bare: Type | None = None
        """The type that a bare ``list``, ``map`` or ``tuple`` stands for."""
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
            hint=hint if first.file == place.file else OTHER_FILE,
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
        bare = None
        if node.parts is not None:
            bare = self._parts(node.parts, inline_name)
            if bare is None:
                return None
        elif node.expression.bare is not None:
            return None  # reported already: the parts aren't those of such a type
        self._bare = bare
        base = self.syntax(node.expression.type)
        self._bare = None
        if base is None:
            return None
        constrained = self.constrain(base, node.constraints)
        self.written.append((constrained, node.expression.place))
        return constrained

    def constrain(self, base: Type, nodes: tuple[ConstraintNode, ...]) -> Type:
        """Put constraints on a type."""
        if not nodes:
            return base
        self.patterns += [
            Name(str(node.value), node.place) for node in nodes if node.name == "pattern"
        ]
        return constrain(base, nodes, self._report)

    def _parts(self, node: PartsNode, inline_name: str) -> Type | None:
        if node.of == "map":
            value = self._part(node.values, f"{inline_name}Value")
            key = self._part(node.keys, f"{inline_name}Key") if node.keys else ScalarType("str")
            if key is None or value is None:
                return None
            if node.keys is not None:
                self._check_key(key, node.keys.place)
            return MapType(value, key=key)
        items = [
            self._part(item, f"{inline_name}Item{position if node.of == 'tuple' else ''}")
            for position, item in enumerate(node.items, 1)
        ]
        whole = tuple(item for item in items if item is not None)
        if len(whole) != len(items):
            return None
        return ListType(whole[0]) if node.of == "list" else TupleType(whole)

    def _part(self, node: TypeNode | None, inline_name: str) -> Type | None:
        return None if node is None else self.plain(node, inline_name)

    def _check_key(self, key: Type, place: Place) -> None:
        """Report keys without a text of their own; checked when all types are known."""

        def check() -> None:
            if not is_key(key, self.declarations):
                self._report.add("S072", place, "values of this type can't be keys of an object")

        self.later(check)

    def fields(
        self, nodes: Iterable[FieldNode], owner: str, of: FieldKind = "field"
    ) -> tuple[Field, ...]:
        """Resolve fields; fields with a broken type are left out.

        Names of fields travel. Names of arguments and parameters don't. The caller checks that
        arguments differ.
        """
        nodes = tuple(nodes)
        if of != "argument":
            self._check_names(nodes, travels=of == "field")
        resolved = [self._field(node, owner, travels=of == "field") for node in nodes]
        return tuple(field for field in resolved if field is not None)

    def wire_name(self, node: FieldNode) -> str:
        """Return the name of a field on the wire."""
        name = node.name
        if (
            self._has_camel_case
            and node.identifier is None
            and self.scopes.wire_names(name.place.file) == "camelCase"
        ):
            return lower_camel_case(name.text)
        return name.text

    def since(self, node: Name | None) -> str | None:
        """Take the version that brought a part of the contract, which has come."""
        if node is None:
            return None
        version = self.scopes.version(node.place.file)
        if version is not None and version_key(node.text) > version_key(version):
            self._report.add(
                "S065", node.place, f"{node.text} is later than the contract's version, {version}"
            )
        return node.text

    def _check_names(self, nodes: Iterable[FieldNode], *, travels: bool) -> None:
        """Report fields with one name, on the wire or in generated code."""
        on_wire: dict[str, Place] = {}
        in_code: dict[str, Place] = {}
        for node in nodes:
            identifier, wire = node.identifier or node.name, self.wire_name(node)
            first = in_code.setdefault(identifier.text, identifier.place)
            if first != identifier.place:
                self._report.add(
                    "S018",
                    identifier.place,
                    f"{node.name.text!r} is {identifier.text!r} in generated code, as another one "
                    "is",
                    hint="give one of the two another `name:`",
                    related=[related("the other one", first)],
                )
            first = on_wire.setdefault(wire, node.name.place)
            if travels and first != node.name.place:
                self._report.add(
                    "S071",
                    node.name.place,
                    f"{node.name.text!r} is {wire!r} on the wire, as another one is",
                    related=[related("the other one", first)],
                )

    def _field(self, node: FieldNode, owner: str, *, travels: bool) -> Field | None:
        if node.type is None:
            return None
        identifier = (node.identifier or node.name).text
        wire = self.wire_name(node) if travels else node.name.text
        of = self.resolve(node.type, owner + camel_case(identifier))
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
            name=wire,
            type=of,
            identifier=identifier,
            required=required,
            default=None if default is None else self.defaults.resolve(default, of, owner, wire),
            doc=node.type.doc,
            deprecated=node.type.deprecated,
            since=self.since(node.type.since),
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
            name=name,
            fields=resolved,
            reserved=self.reserved_fields(node.reserved, fields),
            doc=node.doc,
            deprecated=node.deprecated,
            since=self.since(node.since),
        )
        return RefType(name)

    def reserved_fields(
        self, nodes: tuple[Name, ...], fields: Iterable[FieldNode]
    ) -> tuple[str, ...]:
        """Return the names on the wire of fields that were removed, which no field has."""
        if not nodes:
            return ()
        return check_reserved(
            [self._reserved_field(node) for node in nodes],
            [Name(self.wire_name(field), field.name.place) for field in fields],
            "a field",
            self._report,
        )

    def _reserved_field(self, node: Name) -> Name:
        camel = self.scopes.wire_names(node.place.file) == "camelCase"
        return Name(lower_camel_case(node.text), node.place) if camel else node

    def reference(self, syntax: NameSyntax) -> str | None:
        """Return the name in the contract of a declared type; `None` if there is none."""
        return self.scopes.find(Name(syntax.name, syntax.place), "types")

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
            case MapSyntax(key=written, value=value):
                key, resolved = self.syntax(written), self.syntax(value)
                if key is None or resolved is None:
                    return None
                self._check_key(key, written.place)
                return MapType(resolved, key=key)
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
        from ackord.schema.analysis.python_classes import python_classes, shared_class  # noqa: PLC0415 - few contracts have such unions

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
        scalar = _SCALAR_TYPES.get(syntax.name)
        if scalar is not None:
            return scalar
        key = syntax.place.file, syntax.name
        known = self._known.get(key)
        if known is not None:
            return known
        declared = self.reference(syntax)
        if declared is not None:
            return self._known.setdefault(key, RefType(declared))
        if self._bare is not None and syntax.name in get_args(Bare):
            return self._bare
        if not self.scopes.is_unread(Name(syntax.name, syntax.place)):  # reported already
            self._report.add(
                "S021",
                syntax.place,
                f"unknown type {syntax.name!r}",
                hint=self._unknown_hint(syntax),
            )
        return None

    def _unknown_hint(self, syntax: NameSyntax) -> str | None:
        name, word, file = Name(syntax.name, syntax.place), syntax.name.lower(), syntax.place.file
        alias, dot, _ = syntax.name.partition(".")
        found = [(self.scopes.find(name, kind), kind) for kind in ("rooms", "errors")]
        kind = next((kind for qualified, kind in found if qualified is not None), None)
        if kind is not None:
            article = "an" if kind == "errors" else "a"
            what = kind.removesuffix("s")
            return f"{syntax.name} is {article} {what}: list it under `{kind}` of an event"
        if word in NAMES:
            return f"did you mean {NAMES[word]!r}?"
        if word in FORMS:
            return f"write {FORMS[word]}"
        if word in FORMATS:
            return f"there is no type for it yet: write `{{type: str, pattern: {FORMATS[word]}}}`"
        imported = self.scopes.imported(name, "types")
        if len(imported) == 1:
            return f"write {imported[0]}"
        near = self._report.nearest(syntax.name, chain(_BUILT_IN, self.scopes.known(file, "types")))
        if near is None and dot and alias not in self.scopes.aliases(file):
            return f"no file is imported as {alias!r}: list it under `import:`"
        return near
