"""Plan ``server.py``: a class of handlers for each namespace, and what its handlers send with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import Doc, alternatives, assignment, block, call, concat, returned, subscript
from ackord.codegen.python.literals import literal
from ackord.codegen.python.methods import Methods, class_head, signature
from ackord.codegen.python.naming import EventNames, Names, NamespaceNames
from ackord.codegen.python.plan import Class, Definition, Method, Module
from ackord.codegen.python.plan import Statement as Attribute
from ackord.codegen.python.values import Values
from ackord.schema.model import Contract, Event, Namespace


def plan_server(contract: Contract, names: Names, guard: str) -> Module:
    """Plan the module."""
    imports = Imports(names.avoid)
    annotations = Annotations(imports, names)
    methods = Methods(imports, annotations, Values(contract, annotations))
    definitions: list[Definition] = []
    exports: list[str] = []
    for namespace, found in zip(contract.namespaces, names.namespaces, strict=True):
        definitions += _NamespaceClasses(namespace, found, imports, annotations, methods).classes()
        exports += [
            found.client_emitter,
            found.broadcast_emitter,
            *found.room_emitters.values(),
            found.context,
            found.namespace,
        ]
    guard_call = f"{imports.runtime('check')}{guard}"
    return Module(
        path="server.py",
        doc=f"The server's side of the contract `{contract.name}`.",
        imports=imports.sections(),
        exports=tuple(sorted(exports)),
        definitions=tuple(definitions),
        guard=guard_call,
    )


class _NamespaceClasses:
    def __init__(self, namespace: Namespace, names: NamespaceNames, imports: Imports, annotations: Annotations, methods: Methods) -> None:
        self._namespace = namespace
        self._names = names
        self._imports = imports
        self._annotations = annotations
        self._methods = methods
        self._rooms = {room: annotations.own(annotations.names.rooms[room]) for room in names.room_emitters}

    def classes(self) -> Iterator[Definition]:
        path = self._namespace.path
        client = self._imports.runtime("ClientEmitter")
        broadcast = self._imports.runtime("BroadcastEmitter")
        events = list(zip(self._namespace.server_to_client, self._names.server_to_client, strict=True))
        yield self._emitter(self._names.client_emitter, client, f"Sends events of `{path}` to one client.", events)
        unacknowledged = [(event, names) for event, names in events if not event.acked]
        doc = f"Sends events of `{path}` to many clients, who acknowledge nothing."
        yield self._emitter(self._names.broadcast_emitter, broadcast, doc, unacknowledged)
        for room, emitter in self._names.room_emitters.items():
            listed = [(event, names) for event, names in unacknowledged if room in event.rooms]
            yield self._emitter(emitter, broadcast, f"Sends events of `{path}` to `{self._rooms[room]}`.", listed)
        yield self._context()
        yield self._handlers()

    def _emitter(self, name: str, base: str, doc: str, events: Iterable[tuple[Event, EventNames]]) -> Definition:
        methods = tuple(self._methods.sending(event, names) for event, names in events)
        return Class(head=class_head(name, base), doc=doc, methods=methods)

    def _context(self) -> Definition:
        session = self._namespace.session
        data = "None" if session is None else self._annotations.static(session)
        base = subscript(self._imports.runtime("Context"), (data,))
        names = self._names
        return Class(
            head=class_head(names.context, base),
            doc=f"One client's connection to `{self._namespace.path}`, as its handlers see it.",
            methods=(
                self._property("client", names.client_emitter, "Send to this client.", "self._client"),
                self._property("all", names.broadcast_emitter, "Send to every client of the namespace.", "self._all"),
                self._property("others", names.broadcast_emitter, "Send to every client but this one.", "self._others"),
                *self._to("Send to everybody in these rooms but this client."),
                self._except("Send to everybody who is in none of these rooms, but not to this client."),
            ),
        )

    def _handlers(self) -> Definition:
        names = self._names
        context = f"ctx: {names.context}"
        abstract = self._imports.use("abc", "abstractmethod")
        handlers = [
            self._methods.handling(event, event_names, before=(context,), decorators=(f"@{abstract}",))
            for event, event_names in zip(self._namespace.client_to_server, names.client_to_server, strict=True)
        ]
        base = subscript(self._imports.runtime("Namespace"), (names.context,))
        events = self._imports.use(".", "events")
        return Class(
            head=class_head(names.namespace, base, self._imports.use("abc", "ABC")),
            doc=documentation(self._namespace, f"The server's side of `{self._namespace.path}`."),
            attributes=(
                Attribute(lines=(assignment("path", literal(self._namespace.path)),)),
                Attribute(lines=(f"contract = {events}.{names.constant}",)),
                Attribute(lines=(f"context_type = {names.context}",)),
            ),
            methods=(
                self._property("all", names.broadcast_emitter, "Send to every client of the namespace.", "self._all"),
                *self._to("Send to everybody in these rooms."),
                self._except("Send to everybody who is in none of these rooms."),
                self._client(),
                self._on_connect(context),
                self._on_disconnect(context),
                *handlers,
            ),
        )

    def _property(self, name: str, class_: str, doc: str, target: str) -> Method:
        return Method(
            decorators=(f"@{self._imports.builtin('property')}",),
            signature=signature(name, ["self"], class_),
            doc=doc,
            body=(returned(call(class_, [target])),),
        )

    def _to(self, doc: str) -> Iterator[Method]:
        """Plan `to`: one overload for each class of rooms where there are several."""
        pairs = [(self._rooms[room], emitter) for room, emitter in self._names.room_emitters.items()]
        if len(pairs) == 1:
            room, emitter = pairs[0]
            body = returned(call(emitter, [call("self._to", ["room", "*rooms"])]))
            yield Method(signature=_to_signature(room, emitter), doc=doc, body=(body,))
        elif pairs:
            overload = f"@{self._imports.use('typing', 'overload')}"
            for room, emitter in pairs:
                yield Method(decorators=(overload,), signature=_to_signature(room, emitter, is_stub=True))
            rooms = alternatives([room for room, _ in pairs])
            yield Method(
                signature=_to_signature(rooms, alternatives([emitter for _, emitter in pairs])),
                doc=doc,
                body=self._dispatch(pairs),
            )

    def _dispatch(self, pairs: list[tuple[str, str]]) -> tuple[Doc, ...]:
        checks = [
            block(f"if {self._imports.builtin('isinstance')}(room, {room}):", returned(call(emitter, ["target"])))
            for room, emitter in pairs[:-1]
        ]
        return ("target = self._to(room, *rooms)", *checks, returned(call(pairs[-1][1], ["target"])))

    def _except(self, doc: str) -> Method:
        class_ = self._names.broadcast_emitter
        room = self._imports.runtime("Room")
        body = returned(call(class_, ["self._except(*rooms)"]))
        return Method(signature=signature("except_", ["self", f"*rooms: {room}"], class_), doc=doc, body=(body,))

    def _client(self) -> Method:
        class_ = self._names.client_emitter
        text = self._imports.builtin("str")
        body = returned(call(class_, ["self._client(sid)"]))
        return Method(signature=signature("client", ["self", f"sid: {text}"], class_), doc="Send to one client.", body=(body,))

    def _on_connect(self, context: str) -> Method:
        parameters: list[Doc] = ["self", context]
        if self._namespace.auth is not None:
            parameters.append(concat("auth: ", self._annotations.static(self._namespace.auth)))
        errors = [self._annotations.error(error) for error in self._namespace.connect_errors]
        doc = "Accept a client, whose handlers run once this has returned."
        if errors:
            doc += "\n\nReturn an error to refuse it."
        result = alternatives([*errors, "None"])
        return Method(
            signature=signature("on_connect", parameters, result, is_async=True), doc=doc, body=("return None",) if errors else ()
        )

    def _on_disconnect(self, context: str) -> Method:
        parameters = ["self", context, f"reason: {self._imports.builtin('str')}"]
        return Method(signature=signature("on_disconnect", parameters, "None", is_async=True), doc="Learn that a client has gone.")


def _to_signature(room: Doc, emitter: Doc, *, is_stub: bool = False) -> Doc:
    parameters = ["self", concat("room: ", room), "/", concat("*rooms: ", room)]
    return signature("to", parameters, emitter, is_stub=is_stub)
