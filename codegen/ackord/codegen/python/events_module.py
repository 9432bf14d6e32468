"""Plan ``events.py``: one table for each event and each namespace, which server and client
share.
"""

from __future__ import annotations

from typing import Final

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import Doc, assignment, call, concat, subscript, tuple_of
from ackord.codegen.python.literals import literal
from ackord.codegen.python.naming import EventNames, Names, NamespaceNames
from ackord.codegen.python.plan import Definition, Module, Statement
from ackord.codegen.python.values import Values
from ackord.schema.model import Contract, Event, Field, Namespace

DEFAULT_TIMEOUT: Final = 20.0
"""Seconds to wait for an acknowledgement where the schema says nothing."""


def result_type(event: Event, names: EventNames, annotations: Annotations) -> Doc:
    """Give what the handler of an event returns."""
    if names.result is not None:
        return annotations.own(names.result)
    return "None" if event.ack is None else annotations.static(event.ack)


def plan_events(contract: Contract, names: Names, guard: str) -> Module:
    """Plan the module."""
    return _EventsModule(contract, names).module(guard)


class _EventsModule:
    def __init__(self, contract: Contract, names: Names) -> None:
        self._contract = contract
        self._names = names
        self._imports = Imports(names.avoid)
        self._annotations = Annotations(
            self._imports, names, {declaration.name: declaration for declaration in contract.types}
        )
        self._values = Values(self._annotations)

    def module(self, guard: str) -> Module:
        definitions: list[Definition] = []
        exports: list[str] = []
        for namespace, names in zip(self._contract.namespaces, self._names.namespaces, strict=True):
            events = (
                *namespace.client_to_server,
                *namespace.server_to_client,
                *namespace.server_to_server,
            )
            for event, event_names in zip(events, names.events, strict=True):
                definitions.append(self._event(event, event_names))
                exports.append(event_names.constant)
            definitions.append(self._namespace(namespace, names))
            exports.append(names.constant)
        guard_call = f"{self._imports.runtime('check')}{guard}"
        return Module(
            path="events.py",
            doc=(
                f"The events of the contract `{self._contract.name}`, as server and client share "
                "them."
            ),
            imports=self._imports.sections(),
            exports=tuple(sorted(exports)),
            definitions=tuple(definitions),
            guard=guard_call,
        )

    def _event(self, event: Event, names: EventNames) -> Definition:
        class_ = self._imports.runtime("Event")
        annotation = subscript(
            self._final(), (subscript(class_, (result_type(event, names, self._annotations),)),)
        )
        arguments: list[Doc] = [literal(event.name), f"handler={literal(names.handler)}"]
        if event.args:
            arguments.append(
                concat("args=", tuple_of([self._argument(field) for field in event.args]))
            )
        if event.acked:
            arguments.append(
                concat(
                    "ack=", "None" if event.ack is None else self._annotations.evaluated(event.ack)
                )
            )
        if event.errors:
            arguments.append(
                concat(
                    "errors=", tuple_of([self._annotations.error(error) for error in event.errors])
                )
            )
        if event.ack_style != "bare":
            arguments.append(f"style={literal(event.ack_style)}")
        if event.acked and event.timeout is not None:
            arguments.append(f"timeout={literal(float(event.timeout))}")
        if event.concurrent:
            arguments.append("concurrent=True")
        value = call(class_, arguments, broken=True)
        return Statement(
            lines=(assignment(concat(f"{names.constant}: ", annotation), value),),
            doc=documentation(event),
        )

    def _argument(self, field: Field) -> Doc:
        arguments: list[Doc] = [literal(field.name), self._annotations.evaluated(field.type)]
        if field.default is not None:
            arguments.append(
                concat("default=", self._values.expression(field.default.value, field.type))
            )
        elif field.is_maybe:
            absence = self._annotations.absence(field.type)
            arguments.append("optional=True" if absence == "None" else f"default={absence}")
        return call(self._imports.runtime("Arg"), arguments)

    def _namespace(self, namespace: Namespace, names: NamespaceNames) -> Definition:
        arguments: list[Doc] = [literal(namespace.path), f"contract={literal(self._contract.name)}"]
        if names.params is not None:
            arguments.append(f"params={self._annotations.own(names.params)}")
        for keyword, type_ in (("auth", namespace.auth), ("session", namespace.session)):
            if type_ is not None:
                arguments.append(concat(f"{keyword}=", self._annotations.evaluated(type_)))
        if namespace.connect_errors:
            errors = [self._annotations.error(error) for error in namespace.connect_errors]
            arguments.append(concat("connect_errors=", tuple_of(errors)))
        directions = (
            ("client_to_server", names.client_to_server),
            ("server_to_client", names.server_to_client),
            ("server_to_server", names.server_to_server),
        )
        for keyword, events in directions:
            if events:
                arguments.append(
                    concat(f"{keyword}=", tuple_of([event.constant for event in events]))
                )
        if not namespace.error_replies:
            arguments.append("error_replies=False")
        value = call(self._imports.runtime("NamespaceContract"), arguments, broken=True)
        annotation = subscript(self._final(), (self._imports.runtime("NamespaceContract"),))
        return Statement(
            lines=(assignment(concat(f"{names.constant}: ", annotation), value),),
            doc=documentation(namespace),
        )

    def _final(self) -> str:
        return self._imports.use("typing", "Final")
