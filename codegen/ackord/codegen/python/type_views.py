"""The types of a contract for the template of ``types.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ackord.codegen.documentation import Documented, first_paragraph, words
from ackord.codegen.plan import EventPlan
from ackord.codegen.python.annotations import LIMITED
from ackord.codegen.python.event_view import ParameterView
from ackord.codegen.python.literals import literal
from ackord.codegen.python.module import Module
from ackord.codegen.python.naming import EventNames
from ackord.schema.model import (
    Alias,
    Enum,
    Error,
    Field,
    NewType,
    PythonType,
    Record,
    Room,
    TaggedUnion,
)


class DefinitionView(NamedTuple):
    """A class, or a name with a value."""

    name: str
    doc: str | None
    value: str = ""
    """The value of the name."""


class NewTypeView(NamedTuple):
    """A distinct name for a scalar."""

    name: str
    doc: str | None
    base: str
    limits: str
    """The limits for pydantic, if there are any."""


class AttributeView(NamedTuple):
    """A field of a class, or a member of an enumeration."""

    name: str
    annotation: str
    default: str | None
    doc: str | None


@dataclass(frozen=True, slots=True)
class ClassView:
    """A class with fields."""

    name: str
    doc: str | None
    attributes: list[AttributeView]


class UnknownView(NamedTuple):
    """The class of the unknown members of an open type."""

    name: str
    of: str
    """The open type."""
    is_enum: bool


@dataclass(frozen=True, slots=True)
class RecordView(ClassView):
    """A record."""

    is_session: bool
    """Whether the record is only a session, whose fields can be assigned."""


@dataclass(frozen=True, slots=True)
class ErrorView(ClassView):
    """A declared error."""

    code: str
    message: str | None


@dataclass(frozen=True, slots=True)
class RoomView(ClassView):
    """A family of rooms, or the parameters of a dynamic namespace."""

    template: str
    arguments: list[str]
    """Attributes that fill the template, from left to right."""


class ResultView(NamedTuple):
    """The union of an event's success and its errors."""

    name: str
    event: str
    value: str


class TypeViews:
    """Everything that ``types.py`` defines."""

    def __init__(self, module: Module) -> None:
        """Take the module ``types.py``."""
        self._module = module
        self._plan = module.plan
        self._names = module.names
        self._annotations = module.annotations
        self._values = module.values

    def python_types(self) -> Iterator[DefinitionView]:
        """Import the existing types; return those that are imported under another name already."""
        for declared in self._plan.contract.types:
            if isinstance(declared, PythonType):
                module, _, symbol = declared.path.rpartition(".")
                name = self._names.types[declared.name]
                imported = self._module.imports.use_as(module, symbol, name)
                if imported != name:
                    yield DefinitionView(name, words(declared), imported)

    def newtypes(self) -> Iterator[NewTypeView]:
        """Return the distinct names for scalars."""
        for declared in self._plan.contract.types:
            if isinstance(declared, NewType):
                base = self._annotations.scalar(declared.base.name, checked=False)
                checked = self._annotations.scalar(declared.base.name, checked=True)
                limits = self._annotations.metadata(declared.base)
                if checked != base and not (limits and declared.base.name in LIMITED):
                    limits.append(f"base={checked}")
                name = self._names.types[declared.name]
                yield NewTypeView(name, words(declared), base, ", ".join(limits))

    def enums(self) -> Iterator[ClassView]:
        """Return the enumerations."""
        for declared in self._plan.contract.types:
            if isinstance(declared, Enum):
                members = zip(self._names.members[declared.name], declared.members, strict=True)
                attributes = [
                    AttributeView(name, "", literal(member.value), words(member))
                    for name, member in members
                ]
                name = self._names.types[declared.name]
                yield ClassView(name, words(declared), attributes)

    def unknown(self) -> Iterator[UnknownView]:
        """Return the class of the unknown members of each open type."""
        for name, class_ in self._names.unknown.items():
            is_enum = isinstance(self._plan.declarations[name], Enum)
            yield UnknownView(class_, self._names.types[name], is_enum)

    def records(self) -> Iterator[RecordView]:
        """Return the records."""
        for declared in self._plan.contract.types:
            if isinstance(declared, Record):
                attributes = self._attributes(self._names.fields[declared.name], declared.fields)
                tag = self._plan.tags.get(declared.name)
                if tag is not None and declared.tag_value is not None:
                    value = literal(declared.tag_value)
                    annotation = f"{self._module.imports.Literal}[{value}]"
                    name = self._names.tags[declared.name]
                    attributes.insert(0, self._attribute(name, tag.name, annotation, value, None))
                yield RecordView(
                    self._names.types[declared.name],
                    words(declared),
                    attributes,
                    declared.name in self._plan.sessions,
                )

    def named(self) -> Iterator[DefinitionView]:
        """Return the names for other types."""
        for declared in self._plan.named:
            value = (
                self._annotations.validated(declared.type)
                if isinstance(declared, Alias)
                else self._union(declared)
            )
            yield DefinitionView(self._names.types[declared.name], words(declared), value)

    def errors(self) -> Iterator[ErrorView]:
        """Return the declared errors."""
        for declared in self._plan.contract.errors:
            yield self._error(declared)

    def rooms(self) -> Iterator[RoomView]:
        """Return the rooms."""
        for declared in self._plan.contract.rooms:
            yield self._room(declared)

    def params(self) -> Iterator[RoomView]:
        """Return the parameters of dynamic namespaces."""
        for plan, found in zip(self._plan.namespaces, self._names.namespaces, strict=True):
            if found.params is not None:
                names = self._names.fields[found.params]
                template = plan.declared.path
                for python, field in zip(names, plan.declared.params, strict=True):
                    template = template.replace(f"{{{field.name}}}", f"{{{python}}}")
                attributes = self._parameters(names, plan.declared.params)
                yield RoomView(found.params, plan.declared.path, attributes, template, [])

    def results(self) -> Iterator[ResultView]:
        """Return the unions of success and errors."""
        for result in self._plan.results:
            event, names = result.event, self._event_names(result.event)
            success = (
                names.ack
                if names.ack is not None
                else "None"
                if event.declared.ack is None
                else self._annotations.static(event.declared.ack)
            )
            errors = [self._annotations.error(error.name) for error in event.errors]
            operands = [*errors, "None"] if success == "None" else [success, *errors]
            yield ResultView(names.result or "", event.declared.name, " | ".join(operands))

    def acks(self) -> Iterator[ClassView]:
        """Return the named tuples of acknowledgements with several arguments."""
        for ack in self._plan.acks:
            names = self._event_names(ack.event)
            attributes: list[AttributeView] = []
            # Fields with defaults stand last, and a tuple can't make a mutable default anew.
            settable = True
            for name, field in reversed(
                list(zip(names.ack_fields, ack.event.ack_args, strict=True))
            ):
                parameter = ParameterView(name, field, self._module)
                settable = settable and not parameter.is_mutable
                default = parameter.default if settable else None
                attributes.insert(
                    0, AttributeView(name, parameter.annotation, default, parameter.doc)
                )
            yield ClassView(names.ack or "", ack.event.declared.name, attributes)

    def _event_names(self, event: EventPlan) -> EventNames:
        return next(
            found.events[event] for found in self._names.namespaces if event in found.events
        )

    def _union(self, declared: TaggedUnion) -> str:
        members = [self._annotations.declared(member) for member in declared.members]
        imports = self._module.imports
        if declared.open:
            members.append(self._names.unknown[declared.name])
            metadata = f"{imports.runtime('OpenUnion')}({literal(declared.tag)})"
            return f"{imports.Annotated}[{' | '.join(members)}, {metadata}]"
        if len(members) == 1:
            return members[0]
        tag = literal(self._names.tags[declared.members[0]])
        return f"{imports.Annotated}[{' | '.join(members)}, {imports.Field}(discriminator={tag})]"

    def _error(self, declared: Error) -> ErrorView:
        name = self._names.errors[declared.name]
        message = first_paragraph(declared.doc)
        return ErrorView(
            name,
            words(declared),
            self._attributes(self._names.fields[name], declared.fields),
            literal(declared.code),
            None if message is None else literal(message),
        )

    def _room(self, declared: Room) -> RoomView:
        name = self._names.rooms[declared.name]
        names = self._names.fields[name]
        template, order = _positional(declared)
        python = {field.name: found for found, field in zip(names, declared.params, strict=True)}
        return RoomView(
            name,
            words(declared),
            self._parameters(names, declared.params),
            template if order else declared.template,
            [python[param] for param in order],
        )

    def _parameters(self, names: tuple[str, ...], fields: tuple[Field, ...]) -> list[AttributeView]:
        return [
            AttributeView(name, self._annotations.validated(field.type), None, words(field))
            for name, field in zip(names, fields, strict=True)
        ]

    def _attributes(self, names: tuple[str, ...], fields: tuple[Field, ...]) -> list[AttributeView]:
        return [self._field(name, field) for name, field in zip(names, fields, strict=True)]

    def _field(self, name: str, field: Field) -> AttributeView:
        if field.is_maybe:
            annotation = self._annotations.maybe(field)
            absence = self._annotations.absence(field.type)
            return self._attribute(name, field.name, annotation, absence, field)
        annotation = self._annotations.validated(field.type)
        if field.default is None:
            default = None
        elif self._values.needs_models(field.default.value, field.type):
            factory = self._values.deferred(field.default.value, field.type)
            default = f"{self._module.imports.Field}(default_factory={factory})"
        else:
            default = self._values.expression(field.default.value, field.type)
        return self._attribute(name, field.name, annotation, default, field)

    def _attribute(
        self, name: str, wire: str, annotation: str, default: str | None, said: Documented | None
    ) -> AttributeView:
        if name != wire:
            imports = self._module.imports
            alias = f"{imports.Field}(alias={literal(wire)})"
            annotation = f"{imports.Annotated}[{annotation}, {alias}]"
        return AttributeView(name, annotation, default, None if said is None else words(said))


def _positional(room: Room) -> tuple[str, tuple[str, ...]]:
    """Turn the named parameters of a room's template into positional ones."""
    template = room.template.replace("{", "{{").replace("}", "}}")
    found = sorted((template.index(f"{{{{{param.name}}}}}"), param.name) for param in room.params)
    for param in room.params:
        template = template.replace(f"{{{{{param.name}}}}}", "{}")
    return template, tuple(name for _, name in found)
