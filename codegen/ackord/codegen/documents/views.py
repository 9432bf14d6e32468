"""What the pages show of a contract: the same for HTML and Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

from ackord.codegen.documentation import Documented
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.wire.examples import Examples
from ackord.codegen.wire.limits import limits
from ackord.schema.model import (
    Alias,
    Constraints,
    Enum,
    Error,
    Field,
    NewType,
    PythonType,
    Rate,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TypeDeclaration,
)
from ackord.schema.notation import Part, notation

_DIRECTIONS: Final = (
    ("client_to_server", "Client to server"),
    ("server_to_client", "Server to client"),
    ("server_to_server", "Server to server"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A field, an argument or a member of an enumeration."""

    name: str
    type: Sequence[Part] = ()
    notes: Sequence[str] = ()
    """What else holds for it: optional, its default, its limits."""
    about: Documented


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One event."""

    anchor: str
    name: str
    about: Documented
    arguments: Sequence[Row]
    acked: bool
    ack: Sequence[Part]
    ack_arguments: Sequence[Row]
    errors: Sequence[Error]
    rooms: Sequence[str]
    notes: Sequence[str]
    sent: str
    """The event as it is on the wire."""
    answered: str | None
    """Its acknowledgement as it is on the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """The events of one direction."""

    title: str
    events: Sequence[EventView]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceView:
    """One namespace."""

    anchor: str
    path: str
    about: Documented
    params: Sequence[Row]
    auth: Sequence[Part]
    connect_errors: Sequence[Error]
    notes: Sequence[str]
    directions: Sequence[Direction]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A declared type, error or room."""

    anchor: str
    name: str
    kind: str
    about: Documented
    type: Sequence[Part] = ()
    rows: Sequence[Row] = field(default_factory=tuple[Row, ...])
    notes: Sequence[str] = ()
    example: str | None = None


class Views:
    """Makes the views of a plan."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._examples = Examples(plan)

    def namespaces(self) -> Iterator[NamespaceView]:
        """Yield the namespaces with their events."""
        for plan in self._plan.namespaces:
            declared = plan.declared
            yield NamespaceView(
                anchor=f"namespace-{declared.identifier}",
                path=declared.path,
                about=declared,
                params=_rows(declared.params),
                auth=() if declared.auth is None else notation(declared.auth),
                connect_errors=plan.connect_errors,
                notes=[]
                if declared.rate is None
                else [f"Rate of all events: {_rate(declared.rate)}."],
                directions=list(self._directions(plan)),
            )

    def types(self) -> Iterator[Named]:
        """Yield the declared types."""
        for declared in self._plan.contract.types:
            rows, notes, type_ = self._inside(declared)
            example = self._examples.of(RefType(declared.name))
            yield Named(
                anchor=f"type-{declared.name}",
                name=declared.name,
                kind=declared.kind.replace("_", " "),
                about=declared,
                type=type_,
                rows=rows,
                notes=notes,
                example=wire(example),
            )

    def errors(self) -> Iterator[Named]:
        """Yield the declared errors, each as it is on the wire."""
        for error in self._plan.contract.errors:
            data = {"data": self._examples.record(error.fields)} if error.fields else {}
            yield Named(
                anchor=f"error-{error.name}",
                name=error.name,
                kind="error",
                about=error,
                rows=_rows(error.fields),
                example=wire({"error": {"code": error.code, "message": error.code, **data}}),
            )

    def rooms(self) -> Iterator[Named]:
        """Yield the rooms."""
        for room in self._plan.contract.rooms:
            yield Named(
                anchor=f"room-{room.name}",
                name=room.name,
                kind="room",
                about=room,
                rows=_rows(room.params),
                notes=[room.template],
            )

    def _directions(self, plan: NamespacePlan) -> Iterator[Direction]:
        for attribute, title in _DIRECTIONS:
            events: Sequence[EventPlan] = getattr(plan, attribute)
            prefix = f"{attribute}-{plan.declared.identifier}"
            if events:
                yield Direction(title=title, events=[self._event(each, prefix) for each in events])

    def _event(self, plan: EventPlan, prefix: str) -> EventView:
        event = plan.declared
        return EventView(
            anchor=f"{prefix}-{event.identifier}",
            name=event.name,
            about=event,
            arguments=_rows(event.args),
            acked=event.acked,
            ack=() if event.ack is None else notation(event.ack),
            ack_arguments=_rows(plan.ack_args),
            errors=plan.errors,
            rooms=event.rooms,
            notes=list(_event_notes(plan)),
            sent=wire([event.name, *self._examples.arguments(event.args)]),
            answered=wire(self._answer(plan)) if event.acked else None,
        )

    def _answer(self, plan: EventPlan) -> list[Any]:
        event = plan.declared
        if event.ack_args is not None:
            return self._examples.arguments(event.ack_args)
        if event.ack is None:
            return []
        value = self._examples.of(event.ack)
        return [{"ok": value}] if event.ack_style == "result" else [value]

    def _inside(
        self, declared: TypeDeclaration
    ) -> tuple[Sequence[Row], Sequence[str], Sequence[Part]]:
        """Return the rows, notes and type of a declaration."""
        match declared:
            case NewType(base=base):
                # The limits stand apart, in the notes.
                return (), _limits(limits(base)), notation(ScalarType(base.name, Constraints()))
            case Alias(type=type_):
                return (), _limits(limits(type_)), notation(type_)
            case Enum(members=members, open=is_open):
                rows = [Row(name=json.dumps(each.value), about=each) for each in members]
                return rows, ["Other values may come."] if is_open else (), ()
            case Record(fields=fields, tag_value=tag_value):
                tag = self._plan.tags[declared.name].name if tag_value is not None else None
                said = [] if tag is None else [f"{tag}: {json.dumps(tag_value)}"]
                return _rows(fields), said, ()
            case TaggedUnion(tag=tag, members=members, open=is_open):
                parts = [
                    each for name in members for each in (Part(" | "), Part(name, refers=True))
                ]
                more = ["Other members may come."] if is_open else []
                return (), [f"told apart by {tag}", *more], parts[1:]
            case PythonType(path=path):
                return (), [f"the Python class {path}"], ()
            case _:
                assert_never(declared)


def wire(value: object) -> str:
    """Write a value as JSON, over several lines if it is long."""
    short = json.dumps(value, ensure_ascii=False)
    return short if len(short) <= 80 else json.dumps(value, ensure_ascii=False, indent=2)


def _rows(fields: Sequence[Field]) -> list[Row]:
    return [
        Row(name=each.name, type=notation(each.type), notes=list(_notes(each)), about=each)
        for each in fields
    ]


def _notes(field: Field) -> Iterator[str]:
    if field.default is not None:
        yield f"default {json.dumps(field.default.value, ensure_ascii=False)}"
    elif not field.required:
        yield "optional"
    yield from _limits(limits(field.type))


def _limits(given: Mapping[str, object]) -> list[str]:
    return [f"{name} {value}" for name, value in given.items()]


def _event_notes(plan: EventPlan) -> Iterator[str]:
    event = plan.declared
    if event.acked:
        yield f"Answered within {plan.timeout:g} s."
    if event.rate is not None:
        yield f"Rate: {_rate(event.rate)}."
    if event.concurrent:
        yield "Handled while earlier events are still being handled."


def _rate(rate: Rate) -> str:
    return f"{rate.per_second:g} per second, {rate.burst} at once"
