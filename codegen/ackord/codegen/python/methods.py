"""Signatures and calls of the methods that events become."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ackord.codegen.python.annotations import Annotations
from ackord.codegen.python.documentation import documentation
from ackord.codegen.python.events_module import DEFAULT_TIMEOUT, result_type
from ackord.codegen.python.imports import Imports
from ackord.codegen.python.layout import (
    UNLIMITED,
    WIDTH,
    Doc,
    Fitted,
    alternatives,
    assignment,
    brackets,
    call,
    concat,
    fitted,
    layout,
    subscript,
)
from ackord.codegen.python.literals import literal
from ackord.codegen.python.naming import EventNames
from ackord.codegen.python.plan import Method
from ackord.codegen.python.values import Values
from ackord.schema.model import Event, Field


def signature(
    name: str,
    parameters: Iterable[Doc],
    result: Doc,
    *,
    is_async: bool = False,
    is_stub: bool = False,
) -> Doc:
    """Write the head of a method.

    Its parameters are broken before its result is: ruff doesn't measure up to a place within the
    result where a line may end.
    """
    head = f"{'async ' if is_async else ''}def {name}"
    end = ": ..." if is_stub else ":"
    listed = tuple(parameters)
    flat = layout(concat(head, brackets("(", listed, ")"), " -> ", result, end), width=UNLIMITED)
    if _INDENT + len(flat) <= WIDTH:
        return flat
    return concat(
        head,
        brackets("(", listed, ")", broken=True),
        " -> ",
        Fitted(result, len(end)) if isinstance(result, str) else fitted(result),
        end,
    )


def class_head(name: str, *bases: Doc) -> Doc:
    """Write the head of a class."""
    return concat(f"class {name}", brackets("(", bases, ")", comma=len(bases) > 1), ":")


_INDENT: Final = 4
"""The column of methods."""


class Methods:
    """The methods of the events of one module."""

    def __init__(self, imports: Imports, annotations: Annotations, values: Values) -> None:
        self._imports = imports
        self._annotations = annotations
        self._values = values

    def sending(self, event: Event, names: EventNames) -> Method:
        """Plan the method that sends an event: asynchronous where it is acknowledged."""
        doc = self._doc(event, names, f"Send `{event.name}`.")
        parameters: list[Doc] = ["self", *self._parameters(event, names, defaults=True)]
        arguments = [f"{self._events()}.{names.constant}", *names.parameters]
        decorators = self._deprecation(event)
        if not event.acked:
            head = signature(names.method, parameters, "None")
            return Method(
                decorators=decorators,
                signature=head,
                doc=doc,
                body=(call("self._emit", arguments),),
            )
        timeout = DEFAULT_TIMEOUT if event.timeout is None else float(event.timeout)
        parameters += ["*", f"timeout: {self._imports.builtin('float')} = {literal(timeout)}"]
        result = result_type(event, names, self._annotations)
        if names.result is not None:
            result = alternatives((result, self._imports.runtime("UnknownError")))
        request = "self._request" if names.result is None else "self._request_result"
        body = concat("return await ", call(request, [*arguments, "timeout=timeout"]))
        head = signature(names.method, parameters, result, is_async=True)
        return Method(decorators=decorators, signature=head, doc=doc, body=(body,))

    def gathering(self, event: Event, names: EventNames) -> Method:
        """Plan the method that asks many clients for the acknowledgement of an event."""
        result = result_type(event, names, self._annotations)
        if names.result is not None:
            result = alternatives((result, self._imports.runtime("UnknownError")))
        head = signature(
            names.method,
            ["self", *self._parameters(event, names, defaults=True)],
            subscript(self._imports.runtime("Replies"), (result,)),
            is_async=True,
        )
        request = "self._gather" if names.result is None else "self._gather_results"
        body = concat(
            "return await ",
            call(request, [f"{self._events()}.{names.constant}", *names.parameters]),
        )
        doc = self._doc(event, names, f"Send `{event.name}` and collect the answers.")
        return Method(decorators=self._deprecation(event), signature=head, doc=doc, body=(body,))

    def handling(
        self,
        event: Event,
        names: EventNames,
        *,
        before: Iterable[Doc] = (),
        decorators: tuple[Doc, ...] = (),
        body: tuple[Doc, ...] = (),
    ) -> Method:
        """Plan the method that handles an event; it gets every argument."""
        parameters = ["self", *before, *self._parameters(event, names, defaults=False)]
        return Method(
            decorators=decorators,
            signature=signature(
                names.handler,
                parameters,
                result_type(event, names, self._annotations),
                is_async=True,
            ),
            doc=self._doc(event, names, f"Handle `{event.name}`."),
            body=body,
        )

    def _parameters(self, event: Event, names: EventNames, *, defaults: bool) -> list[Doc]:
        return [
            self._parameter(name, field, defaults=defaults)
            for name, field in zip(names.parameters, event.args, strict=True)
        ]

    def _parameter(self, name: str, field: Field, *, defaults: bool) -> Doc:
        target = concat(f"{name}: ", self._annotations.received(field))
        if not defaults or field.required:
            return target
        if field.default is None:
            return assignment(target, self._annotations.absence(field.type))
        return assignment(target, self._values.expression(field.default.value, field.type))

    def _deprecation(self, event: Event) -> tuple[Doc, ...]:
        if not event.deprecated:
            return ()
        return (
            concat("@", call(self._imports.runtime("deprecated"), [literal(event.deprecated)])),
        )

    def _doc(self, event: Event, names: EventNames, fallback: str) -> str | None:
        return documentation(
            event, fallback, parameters=zip(names.parameters, event.args, strict=True)
        )

    def _events(self) -> str:
        return self._imports.use(".", "events")
