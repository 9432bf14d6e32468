"""The constraints of a contract as values, for the template of ``limits.ts``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from ackord.codegen.plan import Plan
from ackord.codegen.typescript.annotations import constraint_values, constraints_of
from ackord.codegen.typescript.naming import Names
from ackord.codegen.typescript.text import braces, bracketed, key, literal
from ackord.schema.model import Alias, Field, NewType, Record


def limit_definitions(plan: Plan, names: Names) -> Iterator[str]:
    """Write the limits of types by their names, and those of arguments by client and method."""
    for declared in plan.contract.types:
        match declared:
            case NewType(base=base):
                limits: Mapping[str, Any] = constraint_values(base.constraints)
            case Alias(type=type_):
                limits = constraint_values(constraints_of(type_))
            case Record(fields=fields):
                limits = _of_fields(fields, [field.name for field in fields])
            case _:
                continue
        if limits:
            yield _definition(names.types[declared.name], limits)
    for namespace, given in zip(plan.namespaces, names.namespaces, strict=True):
        methods = {
            given.events[event].method: limits
            for event in namespace.client_to_server
            if (limits := _of_fields(event.declared.args, given.events[event].parameters))
        }
        if methods:
            yield _definition(given.client, methods)


def _of_fields(fields: Sequence[Field], names: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    limits = {
        name: constraint_values(constraints_of(field.type))
        for name, field in zip(names, fields, strict=True)
    }
    return {name: each for name, each in limits.items() if each}


def _definition(name: str, limits: Mapping[str, Any]) -> str:
    entries = [f"{key(each)}: {_value(value)}" for each, value in limits.items()]
    return bracketed(f"export const {name} = {{ ", entries, " } as const;")


def _value(value: object) -> str:
    if not isinstance(value, dict):
        return literal(value)
    entries = cast("dict[str, object]", value).items()
    return braces([f"{key(name)}: {_value(each)}" for name, each in entries])
