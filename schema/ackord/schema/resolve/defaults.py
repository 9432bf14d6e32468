"""The last step to the IR: default values, which can be checked only when all types are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ackord.schema.analysis.recursion import endless_defaults
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.expressions.syntax import DefaultSyntax
from ackord.schema.model import Contract, Default, Event, Field, Namespace, Record, TypeDeclaration
from ackord.schema.resolve.default_values import DefaultChecker, DefaultError
from ackord.schema.source import Place


def settle_defaults(contract: Contract, report: Reporter) -> Contract:
    """Put checked values where the resolver has left defaults as they were written."""
    return _Settler(contract, report).contract()


class _Settler:
    def __init__(self, contract: Contract, report: Reporter) -> None:
        self._contract = contract
        self._report = report
        self._places: dict[tuple[str, str], Place] = {}
        """Where the defaults of records stand, by record and field."""
        self._failed = False
        self._checker = DefaultChecker(
            {declaration.name: declaration for declaration in contract.types}
        )

    def contract(self) -> Contract:
        types = tuple(self._declaration(declaration) for declaration in self._contract.types)
        if not self._failed:
            self._check_endless({declaration.name: declaration for declaration in types})
        return replace(
            self._contract,
            types=types,
            errors=tuple(
                replace(error, fields=self._fields(error.fields)) for error in self._contract.errors
            ),
            namespaces=tuple(self._namespace(namespace) for namespace in self._contract.namespaces),
        )

    def _declaration(self, declaration: TypeDeclaration) -> TypeDeclaration:
        if not isinstance(declaration, Record):
            return declaration
        for field in declaration.fields:
            if field.default is not None and isinstance(field.default.value, DefaultSyntax):
                self._places[declaration.name, field.name] = field.default.value.place
        return replace(declaration, fields=self._fields(declaration.fields))

    def _check_endless(self, declarations: Mapping[str, TypeDeclaration]) -> None:
        for cycle in endless_defaults(declarations):
            way = " -> ".join(f"{record}.{field}" for record, field in cycle)
            message = f"this default contains itself without end: {way}"
            self._report.error(
                "S037",
                self._places[cycle[0]],
                message,
                hint="say in the default what the field has, or let it be absent (`T?`)",
            )

    def _namespace(self, namespace: Namespace) -> Namespace:
        return replace(
            namespace,
            client_to_server=self._events(namespace.client_to_server),
            server_to_client=self._events(namespace.server_to_client),
            server_to_server=self._events(namespace.server_to_server),
        )

    def _events(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        return tuple(replace(event, args=self._fields(event.args)) for event in events)

    def _fields(self, fields: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(self._field(field) for field in fields)

    def _field(self, field: Field) -> Field:
        written = field.default.value if field.default is not None else None
        if not isinstance(written, DefaultSyntax):
            return field
        try:
            value = self._checker.check(written.value, field.type)
        except DefaultError as exc:
            self._failed = True
            self._report.error(
                "S031", written.place, f"the default of {field.name!r} isn't one of its type: {exc}"
            )
            return field
        return replace(field, default=Default(value))
