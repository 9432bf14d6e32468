"""Plan ``types.py``: models, enumerations, newtypes, errors, rooms and the results of
acknowledgements.
"""

from __future__ import annotations

from collections.abc import Iterator

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation, first_paragraph
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import (
    Doc,
    alternatives,
    assignment,
    brackets,
    call,
    concat,
    fitted,
    subscript,
)
from ackord.codegen.python.literals import literal
from ackord.codegen.python.methods import class_head
from ackord.codegen.python.naming import Names
from ackord.codegen.python.plan import Class, Definition, Method, Module, Statement
from ackord.codegen.python.values import Values
from ackord.schema.model import (
    Alias,
    Contract,
    Enum,
    Error,
    Event,
    Field,
    ListType,
    MapType,
    Namespace,
    NewType,
    NullableType,
    PythonType,
    Record,
    RefType,
    Room,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)


def plan_types(contract: Contract, names: Names, guard: str) -> Module:
    """Plan the module; definitions that are evaluated when it is imported stand after what they
    use.
    """
    return _TypesModule(contract, names).module(guard)


class _TypesModule:
    def __init__(self, contract: Contract, names: Names) -> None:
        self._contract = contract
        self._names = names
        modules = {
            declaration.path.rpartition(".")[0]
            for declaration in contract.types
            if isinstance(declaration, PythonType)
        }
        self._imports = Imports(names.avoid, python_types=modules)
        declarations = {declaration.name: declaration for declaration in contract.types}
        self._annotations = Annotations(self._imports, names, declarations, inside=True)
        self._values = Values(self._annotations)
        self._sessions = _sessions(contract)
        self._tags = {
            member: union.tag
            for union in contract.types
            if isinstance(union, TaggedUnion)
            for member in union.members
        }

    def module(self, guard: str) -> Module:
        types = self._contract.types
        definitions = [
            *(
                found
                for each in types
                if isinstance(each, PythonType)
                for found in self._python_type(each)
            ),
            *(self._newtype(each) for each in types if isinstance(each, NewType)),
            *(self._enum(each) for each in types if isinstance(each, Enum)),
            *(self._record(each) for each in types if isinstance(each, Record)),
            *(self._alias(each) for each in _in_order_of_use(types)),
            *(self._error(each) for each in self._contract.errors),
            *(self._room(each) for each in self._contract.rooms),
            *self._params(),
            *self._results(),
        ]
        results = [
            event.result
            for namespace in self._names.namespaces
            for event in (*namespace.client_to_server, *namespace.server_to_client)
            if event.result is not None
        ]
        params = [
            namespace.params for namespace in self._names.namespaces if namespace.params is not None
        ]
        exports = (
            *self._names.types.values(),
            *self._names.errors.values(),
            *self._names.rooms.values(),
            *params,
            *results,
        )
        guard_call = f"{self._imports.runtime('check')}{guard}"
        return Module(
            path="types.py",
            doc=f"The types of the contract `{self._contract.name}`.",
            imports=self._imports.sections(),
            exports=tuple(sorted(exports)),
            definitions=tuple(definitions),
            guard=guard_call,
        )

    def _python_type(self, declared: PythonType) -> Iterator[Definition]:
        module, _, symbol = declared.path.rpartition(".")
        name = self._names.types[declared.name]
        imported = self._imports.use_as(module, symbol, name)
        if imported != name:
            yield Statement(
                lines=(concat(f"{name}: {self._alias_annotation()} = ", imported),),
                doc=documentation(declared),
            )

    def _newtype(self, declared: NewType) -> Definition:
        name = self._names.types[declared.name]
        base = self._annotations.scalar(declared.base.name, checked=False)
        checked = self._annotations.scalar(declared.base.name, checked=True)
        lines: list[Doc] = [
            assignment(name, call(self._imports.use("typing", "NewType"), [literal(name), base]))
        ]
        metadata = self._annotations.metadata(declared.base)
        if checked != base and not (metadata and declared.base.name == "int"):
            metadata.append(f"base={checked}")
        if metadata:
            lines.append(call(self._imports.runtime("constrain"), [name, *metadata]))
        return Statement(lines=tuple(lines), doc=documentation(declared))

    def _enum(self, declared: Enum) -> Definition:
        base = (
            self._imports.runtime("OpenEnum")
            if declared.open
            else self._imports.use("enum", "StrEnum")
        )
        attributes = tuple(
            Statement(lines=(assignment(name, literal(member.value)),), doc=documentation(member))
            for name, member in zip(
                self._names.members[declared.name], declared.members, strict=True
            )
        )
        return Class(
            head=class_head(self._names.types[declared.name], base),
            doc=documentation(declared),
            attributes=attributes,
        )

    def _record(self, declared: Record) -> Definition:
        attributes: list[Statement] = []
        tag = self._tags.get(declared.name)
        if tag is not None and declared.tag_value is not None:
            value = literal(declared.tag_value)
            annotation = subscript(self._imports.use("typing", "Literal"), (value,))
            attributes.append(
                self._attribute(self._names.tags[declared.name], tag, annotation, value)
            )
        attributes += self._fields(self._names.fields[declared.name], declared.fields)
        base = "Session" if declared.name in self._sessions else "Model"
        return Class(
            head=class_head(self._names.types[declared.name], self._imports.runtime(base)),
            doc=documentation(declared),
            attributes=tuple(attributes),
        )

    def _fields(self, names: tuple[str, ...], fields: tuple[Field, ...]) -> list[Statement]:
        return [self._field(name, field) for name, field in zip(names, fields, strict=True)]

    def _field(self, name: str, field: Field) -> Statement:
        if field.is_maybe:
            absence = self._annotations.absence(field.type)
            return self._attribute(
                name, field.name, self._annotations.maybe(field), absence, documentation(field)
            )
        annotation = self._annotations.validated(field.type)
        if field.default is None:
            return self._attribute(name, field.name, annotation, None, documentation(field))
        if self._values.needs_models(field.default.value, field.type):
            factory = self._values.deferred(field.default.value, field.type)
            value = call(
                self._imports.use("pydantic", "Field"), [concat("default_factory=", factory)]
            )
        else:
            value = self._values.expression(field.default.value, field.type)
        return self._attribute(name, field.name, annotation, value, documentation(field))

    def _attribute(
        self, name: str, wire: str, annotation: Doc, default: Doc | None, doc: str | None = None
    ) -> Statement:
        if name != wire:
            alias = call(self._imports.use("pydantic", "Field"), [f"alias={literal(wire)}"])
            annotation = subscript(self._imports.use("typing", "Annotated"), (annotation, alias))
        target = concat(f"{name}: ", fitted(annotation))
        return Statement(
            lines=(target if default is None else assignment(target, default),), doc=doc
        )

    def _alias(self, declared: Alias | TaggedUnion) -> Definition:
        if isinstance(declared, Alias):
            value = self._annotations.validated(declared.type)
        else:
            members = [self._annotations.declared(member) for member in declared.members]
            tag = literal(self._names.tags[declared.members[0]])
            discriminator = call(self._imports.use("pydantic", "Field"), [f"discriminator={tag}"])
            value = (
                members[0]
                if len(members) == 1
                else subscript(
                    self._imports.use("typing", "Annotated"), (alternatives(members), discriminator)
                )
            )
        target = f"{self._names.types[declared.name]}: {self._alias_annotation()}"
        return Statement(lines=(assignment(target, value),), doc=documentation(declared))

    def _error(self, declared: Error) -> Definition:
        name = self._names.errors[declared.name]
        code = literal(declared.code)
        annotation = subscript(
            self._imports.use("typing", "ClassVar"),
            (subscript(self._imports.use("typing", "Literal"), (code,)),),
        )
        lines: list[Doc] = [assignment(concat("code: ", annotation), code)]
        message = first_paragraph(declared.doc)
        if message is not None:
            text = subscript(
                self._imports.use("typing", "ClassVar"), (self._imports.builtin("str"),)
            )
            lines.append(assignment(concat("__message__: ", text), literal(message)))
        return Class(
            head=class_head(name, self._imports.runtime("Error")),
            doc=documentation(declared),
            attributes=(
                Statement(lines=tuple(lines)),
                *self._fields(self._names.fields[name], declared.fields),
            ),
        )

    def _room(self, declared: Room) -> Definition:
        name = self._names.rooms[declared.name]
        names = self._names.fields[name]
        dataclass = self._imports.use("dataclasses", "dataclass")
        attributes = [
            Statement(
                lines=(concat(f"{python}: ", self._annotations.validated(field.type)),),
                doc=documentation(field),
            )
            for python, field in zip(names, declared.params, strict=True)
        ]
        return Class(
            decorators=(f"@{dataclass}(frozen=True, slots=True)",),
            head=class_head(name, self._imports.runtime("Room")),
            doc=documentation(declared),
            attributes=tuple(attributes),
            methods=(self._room_name(declared, names),),
        )

    def _params(self) -> Iterator[Definition]:
        for namespace, found in zip(self._contract.namespaces, self._names.namespaces, strict=True):
            if found.params is not None:
                yield self._params_of(namespace, found.params)

    def _params_of(self, namespace: Namespace, name: str) -> Definition:
        names = self._names.fields[name]
        template = namespace.path
        for python, field in zip(names, namespace.params, strict=True):
            template = template.replace(f"{{{field.name}}}", f"{{{python}}}")
        class_var = subscript(
            self._imports.use("typing", "ClassVar"), (self._imports.builtin("str"),)
        )
        attributes = [
            Statement(lines=(assignment(concat("template: ", class_var), literal(template)),)),
            *(
                Statement(
                    lines=(concat(f"{python}: ", self._annotations.validated(field.type)),),
                    doc=documentation(field),
                )
                for python, field in zip(names, namespace.params, strict=True)
            ),
        ]
        return Class(
            decorators=(
                f"@{self._imports.use('dataclasses', 'dataclass')}(frozen=True, slots=True)",
            ),
            head=class_head(name, self._imports.runtime("Params")),
            doc=f"Which of the namespaces `{namespace.path}`.",
            attributes=tuple(attributes),
        )

    def _room_name(self, declared: Room, names: tuple[str, ...]) -> Method:
        template, order = _positional(declared)
        python = {field.name: name for name, field in zip(names, declared.params, strict=True)}
        arguments = [literal(template), *(f"self.{python[param]}" for param in order)]
        result = concat(
            "return ", call("self._format", arguments) if order else literal(declared.template)
        )
        return Method(
            decorators=(
                f"@{self._imports.builtin('property')}",
                f"@{self._imports.runtime('override')}",
            ),
            signature=concat(
                "def name", brackets("(", ["self"], ")"), f" -> {self._imports.builtin('str')}:"
            ),
            doc="The room's name on the server.",
            body=(result,),
        )

    def _results(self) -> Iterator[Definition]:
        for namespace, names in zip(self._contract.namespaces, self._names.namespaces, strict=True):
            events = (*namespace.client_to_server, *namespace.server_to_client)
            for event, event_names in zip(
                events, (*names.client_to_server, *names.server_to_client), strict=True
            ):
                if event_names.result is not None:
                    yield self._result(event, event_names.result)

    def _result(self, event: Event, name: str) -> Definition:
        success = "None" if event.ack is None else self._annotations.static(event.ack)
        operands = [success, *(self._annotations.error(error) for error in event.errors)]
        if success == "None":
            operands = [*operands[1:], "None"]
        return Statement(
            lines=(assignment(f"{name}: {self._alias_annotation()}", alternatives(operands)),),
            doc=f"What `{event.name}` answers.",
        )

    def _alias_annotation(self) -> str:
        return self._imports.use("typing", "TypeAlias")


def _positional(room: Room) -> tuple[str, tuple[str, ...]]:
    """Turn the named parameters of a room's template into positional ones."""
    template = room.template.replace("{", "{{").replace("}", "}}")
    found = sorted((template.index(f"{{{{{param.name}}}}}"), param.name) for param in room.params)
    for param in room.params:
        template = template.replace(f"{{{{{param.name}}}}}", "{}")
    return template, tuple(name for _, name in found)


def _in_order_of_use(declarations: tuple[TypeDeclaration, ...]) -> list[Alias | TaggedUnion]:
    """Sort the types that are evaluated when the module is imported: each after those that it
    refers to, else as declared.
    """
    evaluated = {each.name: each for each in declarations if isinstance(each, Alias | TaggedUnion)}
    ordered: dict[str, Alias | TaggedUnion] = {}

    def visit(declared: Alias | TaggedUnion) -> None:
        if isinstance(declared, Alias):
            for name in _references(declared.type):
                if name in evaluated and name not in ordered:
                    visit(evaluated[name])
        ordered[declared.name] = declared

    for declared in evaluated.values():
        if declared.name not in ordered:
            visit(declared)
    return list(ordered.values())


def _sessions(contract: Contract) -> frozenset[str]:
    """Name the records that are only kept on the server, as the session of a connection: those can
    be changed in place.
    """
    events = [
        event
        for each in contract.namespaces
        for event in (*each.client_to_server, *each.server_to_client, *each.server_to_server)
    ]
    fields = [
        *(field for each in contract.types if isinstance(each, Record) for field in each.fields),
        *(field for room in contract.rooms for field in room.params),
        *(field for namespace in contract.namespaces for field in namespace.params),
        *(field for error in contract.errors for field in error.fields),
        *(field for event in events for field in event.args),
    ]
    types = [
        *(field.type for field in fields),
        *(each.type for each in contract.types if isinstance(each, Alias)),
        *(event.ack for event in events if event.ack is not None),
        *(each.auth for each in contract.namespaces if each.auth is not None),
    ]
    sent = {name for each in types for name in _references(each)}
    sent.update(
        name for each in contract.types if isinstance(each, TaggedUnion) for name in each.members
    )
    return (
        frozenset(
            each.session.name for each in contract.namespaces if isinstance(each.session, RefType)
        )
        - sent
    )


def _references(type_: Type) -> Iterator[str]:
    match type_:
        case RefType(name):
            yield name
        case ListType(item) | NullableType(item):
            yield from _references(item)
        case MapType(value):
            yield from _references(value)
        case TupleType(parts) | UnionType(parts):
            for part in parts:
                yield from _references(part)
        case _:
            return
