"""Events as templates see them."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ackord.codegen.documentation import first_paragraph, one_line, words
from ackord.codegen.plan import EventPlan
from ackord.codegen.python.literals import literal
from ackord.codegen.python.module import Module
from ackord.codegen.python.naming import EventNames
from ackord.schema.model import Field


@dataclass(frozen=True, slots=True)
class ParameterView:
    """An argument of an event: a parameter of the methods that the event becomes."""

    name: str
    field: Field
    module: Module

    @property
    def annotation(self) -> str:
        """The type, with what stands for absence where it may be absent."""
        return self.module.annotations.received(self.field)

    @property
    def default(self) -> str | None:
        """The value where a caller says nothing; none where the caller must say something."""
        if self.field.required:
            return None
        if self.field.default is None:
            return self.module.annotations.absence(self.field.type)
        return self.module.values.expression(self.field.default.value, self.field.type)

    @property
    def initial(self) -> str | None:
        """The default of a parameter: what stands for absence, where the default itself could be
        changed by whoever has it.
        """
        return self._stand_in if self.is_mutable else self.default

    @property
    def sent(self) -> str:
        """The type of what a caller gives."""
        return f"{self.annotation} | {self._stand_in}" if self.is_mutable else self.annotation

    @property
    def value(self) -> str:
        """What is sent: the default where the caller gives nothing."""
        if not self.is_mutable:
            return self.name
        return f"{self.default} if {self.name} is {self._stand_in} else {self.name}"

    @property
    def is_mutable(self) -> bool:
        """Whether the default is a list or a dictionary."""
        default = self.field.default
        return default is not None and self.module.values.is_mutable(default.value, self.field.type)

    @property
    def _stand_in(self) -> str:
        return self.module.annotations.absence(self.field.type)

    @property
    def doc(self) -> str | None:
        """What the contract says about it, on one line."""
        text = words(self.field) or ""
        if self.is_mutable and self.field.default is not None:
            text += f" Default: `{json.dumps(self.field.default.value)}`."
        return one_line(text) or None

    @property
    def checked(self) -> str:
        """What pydantic validates it by."""
        return self.module.annotations.evaluated(self.field.type)

    @property
    def absence(self) -> str | None:
        """What stands for its absence, where that has a meaning of its own."""
        return self.module.annotations.absence(self.field.type) if self.field.is_maybe else None


@dataclass(frozen=True, slots=True)
class ErrorDoc:
    """A line about an error."""

    name: str
    doc: str | None


@dataclass(frozen=True, slots=True)
class EventView:
    """An event: the methods that send and handle it, and its table."""

    plan: EventPlan
    names: EventNames
    module: Module

    @property
    def name(self) -> str:
        """Its name on the wire."""
        return self.plan.declared.name

    @property
    def constant(self) -> str:
        """The table in ``events.py``."""
        return self.names.constant

    @property
    def method(self) -> str:
        """The method that sends it."""
        return self.names.method

    @property
    def handler(self) -> str:
        """The method that handles it."""
        return self.names.handler

    @property
    def parameters(self) -> list[ParameterView]:
        """Its arguments."""
        pairs = zip(self.names.parameters, self.plan.declared.args, strict=True)
        return [ParameterView(name, field, self.module) for name, field in pairs]

    @property
    def acked(self) -> bool:
        """Whether the receiver answers."""
        return self.plan.acked

    @property
    def has_result(self) -> bool:
        """Whether the answer is a union with errors."""
        return self.plan.has_result

    @property
    def result(self) -> str:
        """What its handler returns."""
        if self.names.result is not None:
            return self.module.annotations.own(self.names.result)
        ack = self.plan.declared.ack
        return "None" if ack is None else self.module.annotations.static(ack)

    @property
    def answer(self) -> str:
        """What its sender gets: another error is always possible where errors are."""
        return f"{self.result} | _v1.UnknownError" if self.has_result else self.result

    @property
    def ack(self) -> str:
        """What pydantic validates success by."""
        ack = self.plan.declared.ack
        return "None" if ack is None else self.module.annotations.evaluated(ack)

    @property
    def error_docs(self) -> list[ErrorDoc]:
        """What the errors are called, and what the contract says about them."""
        names = self.module.names.errors
        return [
            ErrorDoc(names[error.name], first_paragraph(error.doc)) for error in self.plan.errors
        ]

    @property
    def errors(self) -> list[str]:
        """The errors that it declares."""
        return [self.module.annotations.error(error.name) for error in self.plan.errors]

    @property
    def style(self) -> str:
        """How success travels: ``bare`` or ``result``."""
        return self.plan.declared.ack_style

    @property
    def timeout(self) -> str:
        """Seconds to wait for the answer."""
        return literal(self.plan.timeout)

    @property
    def has_own_timeout(self) -> bool:
        """Whether the contract says how long to wait."""
        return self.plan.declared.timeout is not None

    @property
    def concurrent(self) -> bool:
        """Whether it may be handled while an earlier event still is."""
        return self.plan.declared.concurrent

    @property
    def deprecated(self) -> str | None:
        """Why not to use it any more."""
        return self.plan.declared.deprecated

    def words(self, fallback: str | None = None) -> str | None:
        """Give what the contract says about it."""
        return words(self.plan.declared, fallback)

    @property
    def item(self) -> str:
        """What iterating over it gives: its argument, a tuple of several, or nothing."""
        received = [each.annotation for each in self.parameters]
        if len(received) == 1:
            return received[0]
        return f"{self.module.imports.tuple}[{', '.join(received)}]" if received else "None"
