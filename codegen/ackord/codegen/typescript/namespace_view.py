"""The namespaces of a contract for the templates of ``events.ts`` and ``client.ts``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.answers import answer_type, failure_types, handler_type
from ackord.codegen.typescript.arguments import Arguments
from ackord.codegen.typescript.naming import EventNames, Names, NamespaceNames
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import braces, bracketed, comment, joined, key, literal
from ackord.codegen.typescript.type_views import tags
from ackord.codegen.typescript.validation import Validation
from ackord.schema.model import Type


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceView:
    """One namespace."""

    names: NamespaceNames
    comment: str
    path: str
    """The path as an expression."""
    params: tuple[str, ...]
    """The parameters of the path, with their types."""
    auth: str | None
    arguments: str
    """The arguments of `connect`."""
    write_auth: str
    """The last argument of `open`, if the auth payload has values that JSON can't hold."""
    refusals: str
    """The codes of the declared errors of a refused connection."""
    refusal: str
    """The type of these errors."""
    read_refusal: str | None
    """How the data of these errors are read, if they differ from their form on the wire."""
    questions: tuple[str, ...]
    """What the contract says of each event with an acknowledgement that comes."""
    methods: tuple[str, ...]


class NamespaceViews:
    """The namespaces, as text."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self.validation = Validation(plan, names, settings)
        self.arguments = Arguments(plan, names, settings, self.validation)
        self.annotations = self.arguments.annotations

    def views(self) -> list[NamespaceView]:
        """Return each namespace for ``client.ts``."""
        return [
            self._view(plan, names)
            for plan, names in zip(self._plan.namespaces, self._names.namespaces, strict=True)
        ]

    def _view(self, plan: NamespacePlan, names: NamespaceNames) -> NamespaceView:
        declared = plan.declared
        errors = [self.annotations.error(error.name) for error in plan.connect_errors]
        said = declared.doc or f"The namespace `{declared.path}`."
        return NamespaceView(
            names=names,
            comment=comment(said, tags(declared)),
            path=self._path(plan, names),
            params=tuple(
                f"{name}: {self.annotations.text(field.type)}"
                for name, field in zip(names.parameters, declared.params, strict=True)
            ),
            auth=None if declared.auth is None else self.annotations.text(declared.auth),
            arguments=", ".join(("url", *names.parameters, "options")),
            write_auth=self._write_auth(declared.auth),
            refusals=f"[{', '.join(literal(error.code) for error in plan.connect_errors)}]",
            refusal=joined(
                f"export type {names.refusal} =",
                [*errors, self.annotations.use("UnknownError")],
            ),
            read_refusal=self.arguments.read_refusal(plan),
            questions=tuple(
                self._question(each, plan) for each in plan.server_to_client if each.acked
            ),
            methods=tuple(self._methods(plan, names)),
        )

    def _write_auth(self, auth: Type | None) -> str:
        if auth is None:
            return ""
        needs_text = self.arguments.converters.has_any([auth], {"bytes", "int64"})
        value = self.validation.declared(auth, "v")
        if value == "v":
            return ", wire.textual" if needs_text else ""
        return f", (v) => {f'wire.textual({value})' if needs_text else value}"

    def _path(self, plan: NamespacePlan, names: NamespaceNames) -> str:
        path = plan.declared.path
        if not plan.is_dynamic:
            return literal(path)
        for name, field in zip(names.parameters, plan.declared.params, strict=True):
            path = path.replace(f"{{{field.name}}}", f"${{wire.segment({name})}}")
        return f"`{path}`"

    def _methods(self, plan: NamespacePlan, names: NamespaceNames) -> Iterator[str]:
        for event in plan.client_to_server:
            yield self._sending(event, names.events[event], plan)
        for event in plan.server_to_client:
            if event.acked:
                yield self._handling(event, names.events[event])
            else:
                yield self._listening(event, names.events[event])
                yield self._streaming(event, names.events[event])

    # Events of the client.

    def _sending(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        declared = event.declared
        described = [*self.arguments.documented(declared, names), *tags(declared)]
        said = comment(declared.doc, described, 2)
        parameters = self.arguments.sent(declared, names)
        values = self.arguments.values(event, names)
        name = literal(declared.name)
        if not event.acked:
            head = bracketed(f"{names.method}(", parameters, "): void {", indent=2)
            return f"{said}{head}\n    wire.send(this, {name}, {values});\n  }}\n"
        result = self._result(event, names, plan)
        parameters.append(f"options?: {self.annotations.use('CallOptions')}")
        # Values that aren't valid reject the promise.
        method = f"async {names.method}" if self.validation.is_on else names.method
        head = bracketed(f"{method}(", parameters, f"): Promise<{result}> {{", indent=2)
        what = self._request(event, plan)
        call = bracketed(
            "return wire.request(", ["this", name, values, what, "options"], ");", indent=4
        )
        return f"{said}{head}\n{call}\n  }}\n"

    def _result(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        if names.result is not None:
            return self.annotations.named(names.result)
        value = answer_type(self.annotations, event)
        errors = " | ".join(failure_types(self.annotations, event, plan))
        return f"{self.annotations.use('Result')}<{value}, {errors}>"

    def _request(self, event: EventPlan, plan: NamespacePlan) -> str:
        """Write what the wrapper must know of an event that it sends."""
        entries = [f"timeout: {round(event.timeout * 1000)}"]
        if not event.errors and not plan.declared.error_replies:
            entries.append("bare: true")
        entries += self.arguments.reply(event)
        return braces(entries)

    # Events of the server.

    def _question(self, event: EventPlan, plan: NamespacePlan) -> str:
        """Write what the wrapper must know of an event with an acknowledgement that comes."""
        declared = event.declared
        entries = self.arguments.question(event, plan)
        return bracketed(f"{key(declared.name)}: {{ ", entries, " }", indent=6)

    def _handling(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        value = handler_type(self.annotations, event)
        tail = f") => {value} | Promise<{value}>"
        handler = bracketed("handler: (", self.arguments.received(declared, names), tail)
        said = comment(declared.doc, tags(declared), 2)
        head = bracketed(
            f"{names.method}(", [handler], f"): {self.annotations.use('Unsubscribe')} {{", indent=2
        )
        name = literal(declared.name)
        return f"{said}{head}\n    return wire.handle(this, {name}, handler);\n  }}\n"

    def _listening(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        listener = bracketed("listener: (", self.arguments.received(declared, names), ") => void")
        said = comment(declared.doc, tags(declared), 2)
        head = bracketed(
            f"{names.method}(", [listener], f"): {self.annotations.use('Unsubscribe')} {{", indent=2
        )
        values = ["this", literal(declared.name), str(len(declared.args)), "listener"]
        values += self.arguments.read(event)
        call = bracketed("return wire.listen(", values, ");", indent=4)
        return f"{said}{head}\n{call}\n  }}\n"

    def _streaming(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        if len(declared.args) == 1:
            item = self.arguments.received_type(declared.args[0])
        else:
            listed = ", ".join(self.arguments.received(declared, names))
            item = f"[{listed}]" if declared.args else "undefined"
        said = comment(
            f"Iterate over the events `{declared.name}` that come from now on.", tags(declared), 2
        )
        options = f"options?: {self.annotations.use('StreamOptions')}"
        head = bracketed(
            f"{names.stream}(", [options], f"): AsyncIterableIterator<{item}> {{", indent=2
        )
        values = ["this", literal(declared.name), str(len(declared.args)), "options"]
        values += self.arguments.read(event)
        call = bracketed("return wire.stream(", values, ");", indent=4)
        return f"{said}{head}\n{call}\n  }}\n"
