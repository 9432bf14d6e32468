"""The arguments of events, as methods of clients have them, and as the wire does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ackord.codegen.documentation import first_paragraph
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.annotations import Annotations, constraint_tags, constraints_of
from ackord.codegen.typescript.converters import Converters
from ackord.codegen.typescript.naming import EventNames, Names
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import braces, key, literal
from ackord.codegen.typescript.validation import Validation
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import Error, Event, Field


class Arguments:
    """Writes the arguments of events for one module."""

    def __init__(
        self, plan: Plan, names: Names, settings: Settings, validation: Validation | None = None
    ) -> None:
        """Take what validates the values; without it, they aren't validated."""
        self._plan = plan
        self._validation = validation
        self.converters = Converters(plan, names, settings)
        self.annotations = Annotations(plan, names, settings)
        self.modules: set[str] = set()
        """What was used of ``converters`` and ``wire``, as which modules import their functions."""

    def sent(self, declared: Event, names: EventNames) -> list[str]:
        """Write the parameters of a method that sends an event."""
        return [
            f"{name}{'' if field.required else '?'}: {self.annotations.text(field.type)}"
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]

    def values(self, event: EventPlan, names: EventNames) -> str:
        """Write these parameters as the list of values that is sent."""
        values = f"[{', '.join(names.parameters)}]"
        if self._validation is not None:
            values = self._validation.arguments(event, values)
        has_bigint = self.converters.has_bigint([field.type for field in event.declared.args])
        return self._using(f"wire.plain({values})") if has_bigint else values

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

    def read(self, event: EventPlan) -> list[str]:
        """Write the function that reads an event's arguments from the wire, if they aren't just
        what they are there: it fills in defaults, converts values, and validates them.
        """
        plain, values = self._read_all(event.declared.args)
        if self._validation is not None:
            values = self._validation.arguments(event, values)
        return [] if values == plain else [f"(v) => {values}"]

    def _read_answer(self, event: EventPlan) -> list[str]:
        if not _answer(event):
            return ["read: () => []"]  # null stands for nothing
        plain, values = self._read_all(_answer(event))
        if self._validation is not None:
            values = self._validation.answer(event, values, values[1:-1])
        return [] if values == plain else [f"read: (v) => {values}"]

    def _read_all(self, fields: Sequence[Field]) -> tuple[str, str]:
        """Write the list of values as they are on the wire, and as they are read."""
        plain = [f"v[{position}]" for position in range(len(fields))]
        read = map(self._read_one, plain, fields)
        return f"[{', '.join(plain)}]", f"[{', '.join(read)}]"

    def _read_one(self, value: str, field: Field) -> str:
        if not field.required:
            value = self._with_default(value, field)
        converter = self.converters.expression(field.type)
        if converter is None:
            return value
        return f"{self._using(converter)}({value})"

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
        entries += [f"read: {each}" for each in self.read(event)]
        entries += self._write_answer(event)
        if self._validation is not None and self._validation.is_on:
            entries += self._errors("writeError", event)
        return entries

    def _write_answer(self, event: EventPlan) -> list[str]:
        values = "v"
        if self._validation is not None:
            values = self._validation.answer(event, "v", "v[0]")
        if self.converters.has_bigint([field.type for field in _answer(event)]):
            write = "wire.plain" if values == "v" else f"(v) => wire.plain({values})"
            return [f"write: {self._using(write)}"]
        return [] if values == "v" else [f"write: (v) => {values}"]

    def reply(self, event: EventPlan) -> list[str]:
        """Write what a sender must know of the answer to an event."""
        entries: list[str] = []
        if event.errors:
            entries.append(f"errors: [{', '.join(literal(error.code) for error in event.errors)}]")
        entries += [*self._form(event), *self._read_answer(event)]
        return [*entries, *self._errors("readError", event)]

    def read_refusal(self, plan: NamespacePlan) -> str | None:
        """Write how the data of a refused connection's errors are read, by their codes."""
        entries = self._error_data(plan.connect_errors, is_read=True)
        return braces(entries) if entries else None

    def _errors(self, name: str, event: EventPlan) -> list[str]:
        """Write how the data of errors are read or written, by their codes."""
        entries = self._error_data(event.errors, is_read=name == "readError")
        return [f"{name}: {{ {', '.join(entries)} }}"] if entries else []

    def _error_data(self, errors: Sequence[Error], *, is_read: bool) -> list[str]:
        entries: list[str] = []
        for error in errors:
            converter = self.converters.fields(error.fields) if is_read else None
            if self._validation is not None and self._validation.is_on and error.fields:
                head, data = "(data)", "data"
                if converter is not None:
                    head, data = "(data, isText)", f"{converter}(data, isText)"
                converter = f"{head} => {self._validation.error(error.name, data)}"
            elif is_read and error.fields and not any(field.required for field in error.fields):
                converter = converter or "(data) => data"  # which may be absent
            if converter is not None:
                entries.append(f"{key(error.code)}: {self._using(converter)}")
        return entries

    def _using(self, code: str) -> str:
        """Note the modules that code needs."""
        self.modules |= {name for name in ("converters", "wire") if f"{name}." in code}
        return code

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
