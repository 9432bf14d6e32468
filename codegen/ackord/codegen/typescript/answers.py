"""The types of answers to events."""

from __future__ import annotations

from ackord.codegen.plan import EventPlan, NamespacePlan
from ackord.codegen.typescript.annotations import Annotations
from ackord.codegen.typescript.naming import lower_camel
from ackord.schema.model import Field


def answer_type(annotations: Annotations, event: EventPlan) -> str:
    """Write the type of an answer that is no error."""
    if event.ack_args:
        return labelled(annotations, event.ack_args)
    return "undefined" if event.declared.ack is None else annotations.text(event.declared.ack)


def handler_type(annotations: Annotations, event: EventPlan) -> str:
    """Write the type of what a handler of an event returns, at once or as a promise."""
    value = answer_type(annotations, event)
    if not event.errors:
        return "void" if value == "undefined" else value
    errors = " | ".join(annotations.error(error.name) for error in event.errors)
    return f"{annotations.use('Result')}<{value}, {errors}>"


def failure_types(
    annotations: Annotations, event: EventPlan, namespace: NamespacePlan
) -> list[str]:
    """Write the types of the errors that an answer may be."""
    declared = [annotations.error(error.name) for error in event.errors]
    if namespace.declared.error_replies or declared:
        return [*declared, annotations.use("UnknownError")]
    return ["never"]


def labelled(annotations: Annotations, fields: tuple[Field, ...]) -> str:
    """Write several values as a tuple whose items have names."""
    items = (
        f"{lower_camel(field.identifier)}{'' if field.required else '?'}: "
        f"{annotations.text(field.type)}"
        for field in fields
    )
    return f"[{', '.join(items)}]"
