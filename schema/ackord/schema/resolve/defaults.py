"""Checks default values when all declared types are known, and puts them into the records."""

from __future__ import annotations

from dataclasses import replace

from ackord.schema.analysis.parts import written_types
from ackord.schema.analysis.recursion import endless_defaults
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.syntax import DefaultSyntax
from ackord.schema.model import (
    Default,
    Enum,
    Field,
    NewType,
    Record,
    RefType,
    Type,
    TypeDeclaration,
)
from ackord.schema.resolve.default_values import DefaultChecker, DefaultError
from ackord.schema.source import Place


class DefaultResolver:
    """Resolves the defaults of one contract.

    A default may have values of every declared type. So the defaults of declared records' fields
    wait until all types are declared, unless theirs are known before; all other defaults are
    resolved after that.
    """

    def __init__(self, declarations: dict[str, TypeDeclaration], report: Reporter) -> None:
        self._declarations = declarations
        self._report = report
        self._waiting: dict[tuple[str, str], DefaultSyntax] | None = {}
        """By record and field; `None` when all types are declared."""
        self._are_right = True
        """Whether no default was wrong, so that all can be followed."""

    def resolve(self, written: DefaultSyntax, of: Type, owner: str, name: str) -> Default | None:
        """Check a default; return `None` if it is put into its record later."""
        if self._waiting is None or all(map(self._is_known, written_types(of))):
            # With a wrong default there will be no contract, so any value is fine here.
            return self._check(written, of, name) or Default(None)
        self._waiting[owner, name] = written
        return None

    def _is_known(self, of: Type) -> bool:
        """Return whether a type doesn't depend on types that may be declared later."""
        return not isinstance(of, RefType) or isinstance(
            self._declarations.get(of.name), Enum | NewType
        )

    def complete(self) -> None:
        """Called when all types are declared: put the waiting defaults into their records."""
        waiting, self._waiting = self._waiting or {}, None
        places = {key: written.place for key, written in waiting.items()}
        for name in dict.fromkeys(owner for owner, _ in waiting):
            record = self._declarations.get(name)
            if isinstance(record, Record):
                fields = [self._with_default(name, field, waiting) for field in record.fields]
                self._declarations[name] = replace(record, fields=tuple(fields))
        if self._are_right:
            self._check_endless(places)

    def _with_default(
        self, owner: str, field: Field, waiting: dict[tuple[str, str], DefaultSyntax]
    ) -> Field:
        written = waiting.get((owner, field.name))
        if written is None:
            return field
        return replace(field, default=self._check(written, field.type, field.name))

    def _check(self, written: DefaultSyntax, of: Type, name: str) -> Default | None:
        try:
            return Default(DefaultChecker(self._declarations).check(written.value, of))
        except DefaultError as exc:
            self._are_right = False
            self._report.add(
                "S031",
                written.place,
                f"the default of {name!r} isn't one of its type: {exc}",
                hint=exc.hint,
            )
            return None

    def _check_endless(self, places: dict[tuple[str, str], Place]) -> None:
        for cycle in endless_defaults(self._declarations):
            way = " -> ".join(f"{record}.{field}" for record, field in cycle)
            self._report.add(
                "S037",
                places[cycle[0]],
                f"this default contains itself without end: {way}",
                hint="say in the default what the field has, or let it be absent (`T?`)",
            )
