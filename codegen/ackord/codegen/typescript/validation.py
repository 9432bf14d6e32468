"""Writes where clients validate values: an expression is put into a call that checks its value."""

from __future__ import annotations

from ackord.codegen.plan import EventPlan, Plan
from ackord.codegen.typescript.naming import Names
from ackord.codegen.typescript.schemas import Schemas
from ackord.codegen.typescript.settings import Settings
from ackord.schema.model import RefType, Type


class Validation:
    """The calls of one module; without the option, every expression stays as it is."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._names = names
        self._schemas = Schemas(plan, names, settings) if settings.validates else None
        self.is_used = False
        """Whether what was written needs ``schemas.ts``."""

    @property
    def is_on(self) -> bool:
        """Whether values are validated."""
        return self._schemas is not None

    def arguments(self, event: EventPlan, values: str) -> str:
        """Validate the list of an event's arguments."""
        name = None if self._schemas is None else self._schemas.of(event).arguments
        return self._call(name, values)

    def answer(self, event: EventPlan, values: str, single: str) -> str:
        """Validate the list of an answer's values.

        Args:
            event: The event.
            values: The list.
            single: Its first value, which is the whole answer unless that has several arguments.
        """
        name = None if self._schemas is None else self._schemas.of(event).answer
        if name is None or event.ack_args:
            return self._call(name, values)
        return f"[{self._call(name, single)}]"

    def error(self, name: str, data: str) -> str:
        """Validate the data of an error."""
        return self._call(None if self._schemas is None else self._names.errors[name], data)

    def declared(self, type_: Type, value: str) -> str:
        """Validate a value of a declared type."""
        if self._schemas is None or not isinstance(type_, RefType):
            return value
        return self._call(self._names.types[type_.name], value)

    def _call(self, name: str | None, value: str) -> str:
        if name is None:
            return value
        self.is_used = True
        return f"wire.valid(schemas.{name}, {value})"
