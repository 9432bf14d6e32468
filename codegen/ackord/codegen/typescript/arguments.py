"""The arguments of events, as methods of clients have them, and as the wire does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ackord.codegen.documentation import first_paragraph
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.annotations import Annotations, constraint_tags, constraints_of
from ackord.codegen.typescript.converters import Converters
from ackord.codegen.typescript.naming import EventNames, Names
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import key, literal
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import Event, Field


class Arguments:
    """Writes the arguments of events for one module."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self.converters = Converters(plan, names, settings)
        self.annotations = Annotations(plan, names, settings)
        self.uses_converters = False
        """Whether what was written needs ``converters.ts``."""

    def sent(self, declared: Event, names: EventNames) -> list[str]:
        """Write the parameters of a method that sends an event."""
        return [
            f"{name}{'' if field.required else '?'}: {self.annotations.text(field.type)}"
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]

    def values(self, declared: Event, names: EventNames) -> str:
        """Write these parameters as the list of values that is sent."""
        values = f"[{', '.join(names.parameters)}]"
        has_bigint = self.converters.has_bigint([field.type for field in declared.args])
        return f"wire.plain({values})" if has_bigint else values

    def received(self, declared: Event, names: EventNames) -> list[str]:
        """Write the parameters of a function that an event is given to."""
        return [
            f"{name}: {self.received_type(field)}"
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]

    def received_type(self, field: Field) -> str:
        """Write the type of an argument that comes."""
        text = self.annotations.text(field.type)
        return f"{text} | undefined" if field.is_maybe else text

    def _read_entry(self, fields: Sequence[Field]) -> list[str]:
        return [f"read: {each}" for each in self.read(fields)]

    def read(self, fields: Sequence[Field]) -> list[str]:
        """Write the function that reads values from the wire, if they aren't just what they are
        there: it converts them, and fills in defaults.
        """
        read = [self._read_one(f"v[{position}]", field) for position, field in enumerate(fields)]
        if all(text == f"v[{position}]" for position, text in enumerate(read)):
            return []
        return [f"(v) => [{', '.join(read)}]"]

    def _read_one(self, value: str, field: Field) -> str:
        if not field.required:
            value = self._with_default(value, field)
        converter = self.converters.expression(field.type)
        if converter is None:
            return value
        self.uses_converters |= "converters." in converter
        return f"{converter}({value})"

    def _with_default(self, value: str, field: Field) -> str:
        """Write the default of an argument that is absent, or null where it can't be."""
        default = "undefined" if field.default is None else literal(field.default.value)
        if "null" not in json_kinds(field.type, self._plan.declarations):
            return f"{value} ?? {default}"
        return value if field.is_maybe else f"{value} === undefined ? {default} : {value}"

    def question(self, event: EventPlan, plan: NamespacePlan) -> list[str]:
        """Write what a receiver must know of an event."""
        entries = [f"args: {len(event.declared.args)}"]
        if event.errors:
            entries.append("errors: true")
        entries += self._form(event)
        if not plan.declared.error_replies:
            entries.append("silent: true")
        entries += self._read_entry(event.declared.args)
        answer = [field.type for field in _answer(event)]
        return [*entries, "write: wire.plain"] if self.converters.has_bigint(answer) else entries

    def reply(self, event: EventPlan) -> list[str]:
        """Write what a sender must know of the answer to an event."""
        entries: list[str] = []
        if event.errors:
            entries.append(f"errors: [{', '.join(literal(error.code) for error in event.errors)}]")
        entries += [*self._form(event), *self._read_entry(_answer(event))]
        data = {
            error.code: converter
            for error in event.errors
            if (converter := self.converters.fields(error.fields)) is not None
        }
        if data:
            self.uses_converters = True
            listed = ", ".join(f"{key(code)}: {converter}" for code, converter in data.items())
            entries.append(f"readError: {{ {listed} }}")
        return entries

    def _form(self, event: EventPlan) -> Iterator[str]:
        if event.declared.ack_style == "result":
            yield "result: true"
        if event.ack_args:
            yield "many: true"

    def documented(self, declared: Event, names: EventNames) -> Iterator[str]:
        """Write what JSDoc says of the parameters."""
        for name, field in zip(names.parameters, declared.args, strict=True):
            limits = constraint_tags(constraints_of(field.type))
            words = [first_paragraph(field.doc) or "", *(each[1:] for each in limits)]
            if field.default is not None:
                words.append(f"default {literal(field.default.value)}")
            said = ", ".join(each for each in words if each)
            if said:
                yield f"@param {name} - {said}"


def _answer(event: EventPlan) -> tuple[Field, ...]:
    """Return the values of an answer as fields."""
    if event.ack_args or event.declared.ack is None:
        return event.ack_args
    return (Field(name="answer", type=event.declared.ack),)
