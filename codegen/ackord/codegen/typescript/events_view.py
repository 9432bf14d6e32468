"""The event maps of a contract for the template of ``events.ts``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.annotations import Annotations
from ackord.codegen.typescript.answers import failure_types
from ackord.codegen.typescript.naming import EventNames, Names, NamespaceNames, lower_camel
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import bracketed, comment, key
from ackord.codegen.typescript.type_views import tags
from ackord.schema.model import Field, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMapsView:
    """The event maps of one namespace."""

    names: NamespaceNames
    path: str
    client_to_server: tuple[str, ...]
    server_to_client: tuple[str, ...]
    inter_server: tuple[str, ...]
    session: str | None
    """The type of a connection's data."""


class EventMaps:
    """The event maps, as text."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self._converts = settings.int64 == "bigint" or settings.datetime == "Date"
        self.annotations = Annotations(plan, names, settings)

    def views(self) -> Iterator[EventMapsView]:
        """Return each namespace."""
        for plan, names in zip(self._plan.namespaces, self._names.namespaces, strict=True):
            session = plan.declared.session
            yield EventMapsView(
                names=names,
                path=plan.declared.path,
                client_to_server=self._map(plan, names, plan.client_to_server),
                server_to_client=self._map(plan, names, plan.server_to_client),
                inter_server=self._map(plan, names, plan.server_to_server),
                session=None if session is None else self.annotations.text(session),
            )

    def _map(
        self, plan: NamespacePlan, names: NamespaceNames, events: Sequence[EventPlan]
    ) -> tuple[str, ...]:
        return tuple(self._entry(event, names.events[event], plan) for event in events)

    def _entry(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        declared = event.declared
        parameters = [
            self._parameter(name, field, is_last=not event.acked)
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]
        if event.acked:
            parameters.append(f"ack: {self._ack(event, plan)}")
        said = comment(declared.doc, tags(declared), 2)
        return said + bracketed(f"{key(declared.name)}: (", parameters, ") => void;", indent=2)

    def _parameter(self, name: str, field: Field, *, is_last: bool) -> str:
        """Write an argument. Before an acknowledgement none can be left out: null says so."""
        text = self._wire(field.type)
        if field.required:
            return f"{name}: {text}"
        return f"{name}?: {text}" if is_last else f"{name}: {text} | null | undefined"

    def _ack(self, event: EventPlan, plan: NamespacePlan) -> str:
        declared = event.declared
        errors = failure_types(self.annotations, event, plan)
        failure = "" if errors == ["never"] else f"{self._failure()}<{' | '.join(errors)}>"
        if event.ack_args:
            values = [
                f"{lower_camel(field.identifier)}{'' if field.required else '?'}: "
                f"{self._wire(field.type)}"
                for field in event.ack_args
            ]
            if not failure:
                return f"({', '.join(values)}) => void"
            return f"(...answer: [{', '.join(values)}] | [{failure}]) => void"
        value = None if declared.ack is None else self._wire(declared.ack)
        if declared.ack_style == "result":
            value = f"{{ readonly ok: {value or 'null'} }}"
        operands = " | ".join(each for each in (value, failure) if each)
        return f"(answer{'' if value else '?'}: {operands or 'null'}) => void"

    def _wire(self, type_: Type) -> str:
        text = self.annotations.text(type_)
        return f"{self.annotations.use('OnWire')}<{text}>" if self._converts else text

    def _failure(self) -> str:
        return self.annotations.use("Failure")
