"""The namespaces of a contract for the templates of ``events.ts`` and ``client.ts``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ackord.codegen.documentation import first_paragraph
from ackord.codegen.plan import EventPlan, NamespacePlan, Plan
from ackord.codegen.typescript.annotations import Annotations, constraint_tags, constraints_of
from ackord.codegen.typescript.answers import answer_type, failure_types, labelled
from ackord.codegen.typescript.converters import Converters
from ackord.codegen.typescript.naming import EventNames, Names, NamespaceNames
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import bracketed, comment, joined, key, literal
from ackord.codegen.typescript.type_views import tags
from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import Event, Field, Type


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
    write_auth: str
    """The last argument of `connect`, if the auth payload has values that JSON can't hold."""
    refusals: str
    """The codes of the declared errors of a refused connection."""
    refusal: str
    """The type of these errors."""
    questions: tuple[str, ...]
    """What the contract says of each event with an acknowledgement that comes."""
    methods: tuple[str, ...]


class NamespaceViews:
    """The namespaces, as text."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self._settings = settings
        self._converters = Converters(plan, names, settings)
        self.annotations = Annotations(plan, names, settings)
        self.uses_converters = False

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
            write_auth=self._write_auth(declared.auth),
            refusals=f"[{', '.join(literal(error.code) for error in plan.connect_errors)}]",
            refusal=joined(
                f"export type {names.refusal} =",
                [*errors, self.annotations.use("UnknownError")],
            ),
            questions=tuple(
                self._question(each, plan) for each in plan.server_to_client if each.acked
            ),
            methods=tuple(self._methods(plan, names)),
        )

    def _write_auth(self, auth: Type | None) -> str:
        needs_text = auth is not None and self._converters.has_any([auth], {"bytes", "int64"})
        return ", wire.textual" if needs_text else ""

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
                yield self._handling(event, names.events[event], plan)
            else:
                yield self._listening(event, names.events[event])
                yield self._streaming(event, names.events[event])

    # Events of the client.

    def _sending(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        declared = event.declared
        said = comment(declared.doc, [*self._params(declared, names), *tags(declared)], 2)
        parameters = self._parameters(declared, names)
        values = f"[{', '.join(names.parameters)}]"
        if self._converters.has_bigint([field.type for field in declared.args]):
            values = f"wire.plain({values})"
        name = literal(declared.name)
        if not event.acked:
            head = bracketed(f"{names.method}(", parameters, "): void {", indent=2)
            return f"{said}{head}\n    wire.send(this, {name}, {values});\n  }}\n"
        result = self._result(event, names, plan)
        parameters.append(f"options?: {self._runtime('CallOptions')}")
        head = bracketed(f"{names.method}(", parameters, f"): Promise<{result}> {{", indent=2)
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
        return f"{self._runtime('Result')}<{value}, {errors}>"

    def _request(self, event: EventPlan, plan: NamespacePlan) -> str:
        """Write what the wrapper must know of an event that it sends."""
        declared = event.declared
        entries = [f"timeout: {round(event.timeout * 1000)}"]
        if event.errors:
            entries.append(f"errors: [{', '.join(literal(error.code) for error in event.errors)}]")
        elif not plan.declared.error_replies:
            entries.append("bare: true")
        if declared.ack_style == "result":
            entries.append("result: true")
        if event.ack_args:
            entries.append("many: true")
        answer = event.ack_args or _single(declared.ack)
        entries += self._read_entry(answer)
        data = {
            error.code: converter
            for error in event.errors
            if (converter := self._converters.fields(error.fields)) is not None
        }
        if data:
            self.uses_converters = True
            listed = ", ".join(f"{key(code)}: {converter}" for code, converter in data.items())
            entries.append(f"readError: {{ {listed} }}")
        return f"{{ {', '.join(entries)} }}"

    # Events of the server.

    def _question(self, event: EventPlan, plan: NamespacePlan) -> str:
        """Write what the wrapper must know of an event with an acknowledgement that comes."""
        declared = event.declared
        entries = [f"args: {len(declared.args)}"]
        if event.errors:
            entries.append("errors: true")
        if declared.ack_style == "result":
            entries.append("result: true")
        if event.ack_args:
            entries.append("many: true")
        if not plan.declared.error_replies:
            entries.append("silent: true")
        entries += self._read_entry(declared.args)
        answer = [field.type for field in event.ack_args or _single(declared.ack)]
        if self._converters.has_bigint(answer):
            entries.append("write: wire.plain")
        return f"{key(declared.name)}: {{ {', '.join(entries)} }}"

    def _handling(self, event: EventPlan, names: EventNames, plan: NamespacePlan) -> str:
        declared = event.declared
        value = answer_type(self.annotations, event)
        if declared.ack is None and not event.ack_args:
            value = "void"
        if event.errors:
            errors = " | ".join(self.annotations.error(error.name) for error in event.errors)
            value = value if value != "void" else "undefined"
            value = f"{self._runtime('Result')}<{value}, {errors}>"
        handler = bracketed(
            "handler: (", self._received(declared, names), f") => {value} | Promise<{value}>"
        )
        said = comment(declared.doc, tags(declared), 2)
        head = bracketed(
            f"{names.method}(", [handler], f"): {self._runtime('Unsubscribe')} {{", indent=2
        )
        name = literal(declared.name)
        return f"{said}{head}\n    return wire.handle(this, {name}, handler);\n  }}\n"

    def _listening(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        listener = bracketed("listener: (", self._received(declared, names), ") => void")
        said = comment(declared.doc, tags(declared), 2)
        head = bracketed(
            f"{names.method}(", [listener], f"): {self._runtime('Unsubscribe')} {{", indent=2
        )
        values = ["this", literal(declared.name), str(len(declared.args)), "listener"]
        values += self._read(declared.args)
        call = bracketed("return wire.listen(", values, ");", indent=4)
        return f"{said}{head}\n{call}\n  }}\n"

    def _streaming(self, event: EventPlan, names: EventNames) -> str:
        declared = event.declared
        if len(declared.args) == 1:
            item = self._received_type(declared.args[0])
        else:
            listed = ", ".join(self._received(declared, names))
            item = f"[{listed}]" if declared.args else "undefined"
        said = comment(
            f"Iterate over the events `{declared.name}` that come from now on.", tags(declared), 2
        )
        options = f"options?: {self._runtime('StreamOptions')}"
        head = bracketed(
            f"{names.stream}(", [options], f"): AsyncIterableIterator<{item}> {{", indent=2
        )
        values = ["this", literal(declared.name), str(len(declared.args)), "options"]
        values += self._read(declared.args)
        call = bracketed("return wire.stream(", values, ");", indent=4)
        return f"{said}{head}\n{call}\n  }}\n"

    # Arguments.

    def _parameters(self, declared: Event, names: EventNames) -> list[str]:
        return [
            f"{name}{'' if field.required else '?'}: {self.annotations.text(field.type)}"
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]

    def _received(self, declared: Event, names: EventNames) -> list[str]:
        return [
            f"{name}: {self._received_type(field)}"
            for name, field in zip(names.parameters, declared.args, strict=True)
        ]

    def _received_type(self, field: Field) -> str:
        text = self.annotations.text(field.type)
        return f"{text} | undefined" if field.is_maybe else text

    def _read_entry(self, fields: Sequence[Field]) -> list[str]:
        return [f"read: {each}" for each in self._read(fields)]

    def _read(self, fields: Sequence[Field]) -> list[str]:
        """Write the function that reads values from the wire, if they aren't just what they are
        there: it converts them, and fills in defaults.
        """
        read = [self._read_one(f"v[{position}]", field) for position, field in enumerate(fields)]
        if all(text == f"v[{position}]" for position, text in enumerate(read)):
            return []
        return [f"(v) => [{', '.join(read)}]"]

    def _read_one(self, value: str, field: Field) -> str:
        if not field.required:
            value = self._with_default(value, field)
        converter = self._converters.expression(field.type)
        if converter is None:
            return value
        self.uses_converters |= "converters." in converter
        return f"{converter}({value})"

    def _with_default(self, value: str, field: Field) -> str:
        """Write what an argument is if it is absent, which it also is if it is null and can't be."""
        default = "undefined" if field.default is None else literal(field.default.value)
        if "null" not in json_kinds(field.type, self._plan.declarations):
            return f"{value} ?? {default}"
        return value if field.is_maybe else f"{value} === undefined ? {default} : {value}"

    def _params(self, declared: Event, names: EventNames) -> Iterator[str]:
        for name, field in zip(names.parameters, declared.args, strict=True):
            constraints = constraints_of(field.type)
            limits = [] if constraints is None else constraint_tags(constraints)
            words = [first_paragraph(field.doc) or "", *(each[1:] for each in limits)]
            if field.default is not None:
                words.append(f"default {literal(field.default.value)}")
            said = ", ".join(each for each in words if each)
            if said:
                yield f"@param {name} - {said}"

    def _runtime(self, name: str) -> str:
        return self.annotations.use(name)


def _single(ack: Type | None) -> tuple[Field, ...]:
    return () if ack is None else (Field(name="answer", type=ack),)
