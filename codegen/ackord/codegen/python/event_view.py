"""Events for templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ackord.codegen.documentation import first_paragraph, one_line, words
from ackord.codegen.plan import EventPlan
from ackord.codegen.python.literals import literal
from ackord.codegen.python.module import Module
from ackord.codegen.python.naming import EventNames
from ackord.schema.model import Field, Rate, Type


@dataclass(frozen=True)
class ParameterView:
    """An argument of an event, as a parameter of generated methods."""

    name: str
    field: Field
    module: Module

    @cached_property
    def annotation(self) -> str:
        """The type, with the type of absence if the argument may be absent."""
        return self.module.annotations.received(self.field)

    @cached_property
    def default(self) -> str | None:
        """The value if the caller passes nothing; none if the argument is required."""
        if self.field.required:
            return None
        if self.field.default is None:
            return self.module.annotations.absence(self.field.type)
        return self.module.values.expression(self.field.default.value, self.field.type)

    @property
    def initial(self) -> str | None:
        """The default of the parameter in the signature: the value for absence, if the default
        itself is mutable.
        """
        return self._stand_in if self.is_mutable else self.default

    @property
    def sent(self) -> str:
        """The type that a caller passes."""
        return f"{self.annotation} | {self._stand_in}" if self.is_mutable else self.annotation

    @property
    def value(self) -> str:
        """The expression that is sent: the default if the caller passes nothing."""
        if not self.is_mutable:
            return self.name
        return f"{self.default} if {self.name} is {self._stand_in} else {self.name}"

    @cached_property
    def is_mutable(self) -> bool:
        """Whether the default is a list or a dictionary."""
        default = self.field.default
        return default is not None and self.module.values.is_mutable(default.value, self.field.type)

    @property
    def _stand_in(self) -> str:
        return self.module.annotations.absence(self.field.type)

    @cached_property
    def doc(self) -> str | None:
        """The documentation, on one line."""
        text = words(self.field) or ""
        if self.is_mutable and self.field.default is not None:
            text += f" Default: `{json.dumps(self.field.default.value)}`."
        return one_line(text) or None

    @property
    def checked(self) -> str:
        """The annotation for pydantic."""
        return self.module.annotations.evaluated(self.field.type)

    @property
    def absence(self) -> str | None:
        """The value for absence, if absence isn't a default."""
        return self.module.annotations.absence(self.field.type) if self.field.is_maybe else None


class ErrorDoc(NamedTuple):
    """A line about an error."""

    name: str
    doc: str | None


@dataclass(frozen=True)
class EventView:
    """An event: the methods that send and handle it, and its table."""

    plan: EventPlan
    names: EventNames
    module: Module

    @property
    def name(self) -> str:
        """The name on the wire."""
        return self.plan.declared.name

    @property
    def constant(self) -> str:
        """The name of its table in ``events.py``."""
        return self.names.constant

    @property
    def method(self) -> str:
        """The method that sends it."""
        return self.names.method

    @property
    def handler(self) -> str:
        """The method that handles it."""
        return self.names.handler

    @cached_property
    def parameters(self) -> list[ParameterView]:
        """The arguments."""
        pairs = zip(self.names.parameters, self.plan.declared.args, strict=True)
        return [ParameterView(name, field, self.module) for name, field in pairs]

    @property
    def acked(self) -> bool:
        """Whether the event has an acknowledgement."""
        return self.plan.acked

    @property
    def has_result(self) -> bool:
        """Whether the answer is a union with errors."""
        return self.plan.has_result

    @cached_property
    def result(self) -> str:
        """The return type of the handler."""
        if self.names.result is not None:
            return self.module.annotations.own(self.names.result)
        return self._success(self.module.annotations.static)

    @property
    def answer(self) -> str:
        """The type that the sender gets, with `UnknownError` if the event has errors."""
        return f"{self.result} | _v1.UnknownError" if self.has_result else self.result

    @property
    def ack(self) -> str:
        """The annotation of success for pydantic."""
        return self._success(self.module.annotations.evaluated)

    @property
    def ack_args(self) -> list[ParameterView]:
        """The arguments of the acknowledgement, if it has several."""
        pairs = zip(self.names.ack_fields, self.plan.ack_args, strict=True)
        return [ParameterView(name, field, self.module) for name, field in pairs]

    def _success(self, annotate: Callable[[Type], str]) -> str:
        if self.names.ack is not None:
            return self.module.annotations.own(self.names.ack)
        ack = self.plan.declared.ack
        return "None" if ack is None else annotate(ack)

    @cached_property
    def error_docs(self) -> list[ErrorDoc]:
        """The names of the errors, and their documentation."""
        names = self.module.names.errors
        return [
            ErrorDoc(names[error.name], first_paragraph(error.doc)) for error in self.plan.errors
        ]

    @cached_property
    def errors(self) -> list[str]:
        """The declared errors."""
        return [self.module.annotations.error(error.name) for error in self.plan.errors]

    @property
    def style(self) -> str:
        """The form of success on the wire: ``bare`` or ``result``."""
        return self.plan.declared.ack_style

    @property
    def timeout(self) -> str:
        """Seconds to wait for the answer."""
        return literal(self.plan.timeout)

    @property
    def has_own_timeout(self) -> bool:
        """Whether the contract sets the timeout."""
        return self.plan.declared.timeout is not None

    @property
    def concurrent(self) -> bool:
        """Whether it may be handled while an earlier event is still being handled."""
        return self.plan.declared.concurrent

    @property
    def rate(self) -> str | None:
        """How often a client may send it, if the event says so itself."""
        return rate(self.plan.declared.rate)

    @property
    def deprecated(self) -> str | None:
        """Why not to use the event any more, if it is deprecated."""
        return self.plan.declared.deprecated

    def words(self, fallback: str | None = None) -> str | None:
        """Return the documentation, or `fallback`."""
        return words(self.plan.declared, fallback)

    @cached_property
    def item(self) -> str:
        """The type of its items in an iteration: the argument, a tuple of several, or `None`."""
        received = [each.annotation for each in self.parameters]
        if len(received) == 1:
            return received[0]
        return f"{self.module.imports.tuple}[{', '.join(received)}]" if received else "None"


def rate(declared: Rate | None) -> str | None:
    """Return the expression for a rate."""
    if declared is None:
        return None
    return f"_v1.Rate(per_second={literal(declared.per_second)}, burst={declared.burst})"
