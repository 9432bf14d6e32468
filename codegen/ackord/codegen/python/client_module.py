"""Plan ``client.py``: a client for each namespace, and a class to handle what the server sends."""

from __future__ import annotations

from collections.abc import Iterator

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation
from ackord.codegen.python.events_module import result_type
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import (
    Doc,
    alternatives,
    assignment,
    brackets,
    call,
    concat,
    subscript,
)
from ackord.codegen.python.methods import Methods, class_head, signature
from ackord.codegen.python.namespace_classes import NamespaceClasses, plan_side
from ackord.codegen.python.naming import EventNames, Names, NamespaceNames
from ackord.codegen.python.plan import Class, Definition, Method, Module
from ackord.schema.model import Contract, Event, Namespace
from typing_extensions import override


def plan_client(contract: Contract, names: Names, guard: str) -> Module:
    """Plan the module."""
    return plan_side(
        contract,
        names,
        guard,
        _ClientClasses,
        path="client.py",
        doc=f"The client's side of the contract `{contract.name}`.",
    )


class _ClientClasses(NamespaceClasses):
    def __init__(
        self,
        namespace: Namespace,
        names: NamespaceNames,
        imports: Imports,
        annotations: Annotations,
        methods: Methods,
    ) -> None:
        super().__init__(namespace, names, imports, annotations, methods)
        self._incoming = list(zip(namespace.server_to_client, names.server_to_client, strict=True))

    @override
    def classes(self) -> Iterator[Definition]:
        yield self._refused()
        yield self._handlers()
        yield self._client()

    @override
    def exports(self) -> Iterator[str]:
        yield from (self._names.refused, self._names.handlers, self._names.client)

    def _refused(self) -> Definition:
        errors = [self._annotations.error(error) for error in self._namespace.connect_errors]
        error = alternatives([*errors, self._imports.runtime("UnknownError")])
        base = subscript(self._imports.runtime("ConnectRefusedError"), (error,))
        return Class(
            head=class_head(self._names.refused, base),
            doc=(
                f"The server has refused a connection to `{self._namespace.path}`; `error` says "
                "why."
            ),
        )

    def _handlers(self) -> Definition:
        path = self._namespace.path
        return Class(
            head=class_head(self._names.handlers, self._imports.runtime("ClientHandlers")),
            doc=(
                f"What a client of `{path}` does with events; override the methods of those that "
                "matter."
            ),
            methods=tuple(self._handler(event, names) for event, names in self._incoming),
        )

    def _client(self) -> Definition:
        path = self._namespace.path
        sending = zip(self._namespace.client_to_server, self._names.client_to_server, strict=True)
        return Class(
            head=class_head(self._names.client, self._imports.runtime("Client")),
            doc=documentation(
                self._namespace,
                f"A client of `{path}`.",
                more=(
                    f"Connect it with `async with {self._names.client}(url, …) as client:`, or "
                    "`await client.connect()`."
                ),
            ),
            methods=(
                self._init(),
                *(self._methods.sending(event, names) for event, names in sending),
            ),
        )

    def _handler(self, event: Event, names: EventNames) -> Method:
        body: tuple[Doc, ...] = (
            (f"raise {self._imports.builtin('NotImplementedError')}",) if event.acked else ()
        )
        return self._methods.handling(
            event, names, decorators=(f"@{self._imports.runtime('unhandled')}",), body=body
        )

    def _init(self) -> Method:
        names = self._names
        auth = self._namespace.auth
        parameters: list[Doc] = ["self", f"url: {self._imports.builtin('str')}", "*"]
        if names.params is not None:
            parameters.append(f"params: {self._annotations.own(names.params)}")
        if auth is not None:
            parameters.append(concat("auth: ", self._annotations.static(auth)))
        options = f"**options: {self._imports.use('typing', 'Unpack')}[{self._imports.runtime('ClientOptions')}]"
        parameters += [
            assignment(concat("handlers: ", alternatives((names.handlers, "None"))), "None"),
            options,
        ]
        arguments = [
            f"{self._imports.use('.', 'events')}.{names.constant}",
            "url",
            "auth=None" if auth is None else "auth=auth",
            "handlers=handlers",
            f"refused={names.refused}",
            *(["params=params"] if names.params is not None else []),
            "**options",
        ]
        body = [call("super().__init__", arguments)]
        return Method(
            signature=signature("__init__", parameters, "None"),
            body=(*body, *(self._attribute(event, found) for event, found in self._incoming)),
        )

    def _attribute(self, event: Event, names: EventNames) -> Doc:
        received = [self._annotations.received(field) for field in event.args]
        if not received:
            item: Doc = "None"
        elif len(received) == 1:
            item = received[0]
        else:
            item = subscript(self._imports.builtin("tuple"), received)
        parameters = brackets("[", received, "]", comma=len(received) > 1)
        result = result_type(event, names, self._annotations)
        annotation = subscript(self._imports.runtime("ClientEvent"), (parameters, result, item))
        target = concat(f"self.{names.handler}: ", annotation)
        return assignment(
            target, call("self._incoming", [f"{self._imports.use('.', 'events')}.{names.constant}"])
        )
