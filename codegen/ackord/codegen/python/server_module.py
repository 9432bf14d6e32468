"""Plan ``server.py``: a class of handlers for each namespace, and what its handlers send with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import (
    Doc,
    alternatives,
    assignment,
    block,
    call,
    concat,
    returned,
    subscript,
)
from ackord.codegen.python.literals import literal
from ackord.codegen.python.methods import Methods, class_head, signature
from ackord.codegen.python.namespace_classes import NamespaceClasses, plan_side
from ackord.codegen.python.naming import EventNames, Names, NamespaceNames
from ackord.codegen.python.plan import Class, Definition, Method, Module
from ackord.codegen.python.plan import Statement as Attribute
from ackord.schema.model import Contract, Event, Namespace
from typing_extensions import override


def plan_server(contract: Contract, names: Names, guard: str) -> Module:
    """Plan the module."""
    return plan_side(
        contract,
        names,
        guard,
        _ServerClasses,
        path="server.py",
        doc=f"The server's side of the contract `{contract.name}`.",
    )


class _ServerClasses(NamespaceClasses):
    def __init__(
        self,
        namespace: Namespace,
        names: NamespaceNames,
        imports: Imports,
        annotations: Annotations,
        methods: Methods,
    ) -> None:
        super().__init__(namespace, names, imports, annotations, methods)
        self._rooms = {
            room: annotations.own(annotations.names.rooms[room]) for room in names.room_emitters
        }

    @override
    def exports(self) -> Iterator[str]:
        names = self._names
        yield from (
            names.client_emitter,
            names.broadcast_emitter,
            *names.room_emitters.values(),
            *names.gatherers.values(),
        )
        yield from (name for name in (names.cluster_emitter, names.instance) if name is not None)
        yield from (names.context, names.namespace)

    @override
    def classes(self) -> Iterator[Definition]:
        path = self._namespace.path
        client = self._imports.runtime("ClientEmitter")
        events = list(
            zip(self._namespace.server_to_client, self._names.server_to_client, strict=True)
        )
        yield self._emitter(
            self._names.client_emitter, client, f"Sends events of `{path}` to one client.", events
        )
        doc = f"Sends events of `{path}` to many clients."
        yield from self._broadcast(
            self._names.broadcast_emitter, doc, f"many clients of `{path}`", events
        )
        for room, emitter in self._names.room_emitters.items():
            listed = [(event, names) for event, names in events if room in event.rooms]
            doc = f"Sends events of `{path}` to `{self._rooms[room]}`."
            yield from self._broadcast(
                emitter, doc, f"everybody in some `{self._rooms[room]}` of `{path}`", listed
            )
        if self._names.cluster_emitter is not None:
            spreading = zip(
                self._namespace.server_to_server, self._names.server_to_server, strict=True
            )
            doc = f"Sends events of `{path}` to the other servers of the cluster."
            yield self._emitter(
                self._names.cluster_emitter, self._imports.runtime("ClusterEmitter"), doc, spreading
            )
        yield self._context()
        if self._names.instance is not None:
            yield self._instance(self._names.instance)
        yield self._handlers()

    def _broadcast(
        self, name: str, doc: str, asked: str, events: list[tuple[Event, EventNames]]
    ) -> Iterator[Definition]:
        """Plan what sends events to many, and what asks them for acknowledgements, if there are
        any.
        """
        gatherer = self._names.gatherers.get(name)
        if gatherer is not None:
            yield Class(
                head=class_head(gatherer, self._imports.runtime("Gatherer")),
                doc=f"Asks {asked}, and collects the answers.",
                methods=tuple(
                    self._methods.gathering(event, names) for event, names in events if event.acked
                ),
            )
        plain = [self._methods.sending(event, names) for event, names in events if not event.acked]
        gather = [] if gatherer is None else [self._gather(gatherer)]
        yield Class(
            head=class_head(name, self._imports.runtime("BroadcastEmitter")),
            doc=doc,
            methods=(*gather, *plain),
        )

    def _gather(self, gatherer: str) -> Method:
        seconds = self._imports.builtin("float")
        parameters = ["self", "*", f"timeout: {seconds} | None = None"]
        return Method(
            signature=signature("gather", parameters, gatherer),
            doc=(
                "Ask for acknowledgements, and take those that come within `timeout` seconds; "
                "`None` for as long as each event says."
            ),
            body=(returned(call(gatherer, ["self._target", "timeout"])),),
        )

    def _emitter(
        self, name: str, base: str, doc: str, events: Iterable[tuple[Event, EventNames]]
    ) -> Definition:
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
                *self._params(),
                self._property(
                    "client", names.client_emitter, "Send to this client.", "self._client"
                ),
                self._property(
                    "all",
                    names.broadcast_emitter,
                    "Send to every client of the namespace.",
                    "self._all",
                ),
                self._property(
                    "others",
                    names.broadcast_emitter,
                    "Send to every client but this one.",
                    "self._others",
                ),
                *self._to("Send to everybody in these rooms but this client."),
                self._except(
                    "Send to everybody who is in none of these rooms, but not to this client."
                ),
            ),
        )

    def _params(self) -> Iterator[Method]:
        if self._names.params is not None:
            class_ = self._annotations.own(self._names.params)
            yield Method(
                decorators=(f"@{self._imports.builtin('property')}",),
                signature=signature("params", ["self"], class_),
                doc="Which of the namespaces this is.",
                body=(returned(call("self._params", [class_])),),
            )

    def _instance(self, name: str) -> Definition:
        names = self._names
        return Class(
            head=class_head(name, self._imports.runtime("Instance")),
            doc=f"One of the namespaces `{self._namespace.path}`, to send to from anywhere.",
            methods=(
                self._property(
                    "all",
                    names.broadcast_emitter,
                    "Send to every client of this namespace.",
                    "self._all",
                ),
                *self._to("Send to everybody in these rooms of this namespace."),
                self._except("Send to everybody of this namespace who is in none of these rooms."),
                self._client(),
            ),
        )

    def _at(self, instance: str, params: str) -> Method:
        return Method(
            signature=signature("at", ["self", f"params: {params}"], instance),
            doc="Choose one of the namespaces.",
            body=(returned(call(instance, ["self._at(params)"])),),
        )

    def _handlers(self) -> Definition:
        names = self._names
        context = f"ctx: {names.context}"
        abstract = self._imports.use("abc", "abstractmethod")
        handlers = [
            self._methods.handling(
                event, event_names, before=(context,), decorators=(f"@{abstract}",)
            )
            for event, event_names in zip(
                self._namespace.client_to_server, names.client_to_server, strict=True
            )
        ]
        learning = [
            self._methods.handling(event, event_names, decorators=(f"@{abstract}",))
            for event, event_names in zip(
                self._namespace.server_to_server, names.server_to_server, strict=True
            )
        ]
        base = subscript(self._imports.runtime("Namespace"), (names.context,))
        events = self._imports.use(".", "events")
        return Class(
            head=class_head(names.namespace, base, self._imports.use("abc", "ABC")),
            doc=documentation(
                self._namespace,
                f"The server's side of `{self._namespace.path}`.",
                more=(
                    "Subclass it with a method for each event, and serve it: "
                    f"`server.register(My{names.namespace}())`."
                ),
            ),
            attributes=(
                Attribute(lines=(assignment("path", literal(self._namespace.path)),)),
                Attribute(lines=(f"contract = {events}.{names.constant}",)),
                Attribute(lines=(f"context_type = {names.context}",)),
            ),
            methods=(
                *self._reach(),
                self._on_connect(context),
                self._on_disconnect(context),
                *handlers,
                *learning,
            ),
        )

    def _reach(self) -> Iterator[Method]:
        """Plan what sends from anywhere."""
        names = self._names
        if names.instance is not None and names.params is not None:
            yield self._at(names.instance, self._annotations.own(names.params))
        whole = "the namespace" if names.instance is None else "all of the namespaces"
        yield self._property(
            "all", names.broadcast_emitter, f"Send to every client of {whole}.", "self._all"
        )
        yield from self._to("Send to everybody in these rooms.")
        yield self._except("Send to everybody who is in none of these rooms.")
        if names.instance is None:
            yield self._client()
        if names.cluster_emitter is not None:
            yield self._property(
                "cluster",
                names.cluster_emitter,
                "Send to the other servers of the cluster.",
                "self._cluster",
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
        pairs = [
            (self._rooms[room], emitter) for room, emitter in self._names.room_emitters.items()
        ]
        if len(pairs) == 1:
            room, emitter = pairs[0]
            body = returned(call(emitter, [call("self._to", ["room", "*rooms"])]))
            yield Method(signature=_to_signature(room, emitter), doc=doc, body=(body,))
        elif pairs:
            overload = f"@{self._imports.use('typing', 'overload')}"
            for room, emitter in pairs:
                yield Method(
                    decorators=(overload,), signature=_to_signature(room, emitter, is_stub=True)
                )
            rooms = alternatives([room for room, _ in pairs])
            yield Method(
                signature=_to_signature(rooms, alternatives([emitter for _, emitter in pairs])),
                doc=doc,
                body=self._dispatch(pairs),
            )

    def _dispatch(self, pairs: list[tuple[str, str]]) -> tuple[Doc, ...]:
        checks = [
            block(
                f"if {self._imports.builtin('isinstance')}(room, {room}):",
                returned(call(emitter, ["target"])),
            )
            for room, emitter in pairs[:-1]
        ]
        return (
            "target = self._to(room, *rooms)",
            *checks,
            returned(call(pairs[-1][1], ["target"])),
        )

    def _except(self, doc: str) -> Method:
        class_ = self._names.broadcast_emitter
        room = self._imports.runtime("Room")
        body = returned(call(class_, ["self._except(*rooms)"]))
        return Method(
            signature=signature("except_", ["self", f"*rooms: {room}"], class_),
            doc=doc,
            body=(body,),
        )

    def _client(self) -> Method:
        class_ = self._names.client_emitter
        text = self._imports.builtin("str")
        body = returned(call(class_, ["self._client(sid)"]))
        return Method(
            signature=signature("client", ["self", f"sid: {text}"], class_),
            doc="Send to one client.",
            body=(body,),
        )

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
            signature=signature("on_connect", parameters, result, is_async=True),
            doc=doc,
            body=("return None",) if errors else (),
        )

    def _on_disconnect(self, context: str) -> Method:
        parameters = ["self", context, f"reason: {self._imports.builtin('str')}"]
        return Method(
            signature=signature("on_disconnect", parameters, "None", is_async=True),
            doc="Learn that a client has gone.",
        )


def _to_signature(room: Doc, emitter: Doc, *, is_stub: bool = False) -> Doc:
    parameters = ["self", concat("room: ", room), "/", concat("*rooms: ", room)]
    return signature("to", parameters, emitter, is_stub=is_stub)
