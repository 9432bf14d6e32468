"""The definitions of ``types.ts``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ackord.codegen.documentation import Documented
from ackord.codegen.plan import Plan
from ackord.codegen.typescript.annotations import Annotations, constraint_tags, constraints_of
from ackord.codegen.typescript.answers import answer_type, failure_types
from ackord.codegen.typescript.naming import Names
from ackord.codegen.typescript.settings import Settings
from ackord.codegen.typescript.text import comment, joined, key, literal
from ackord.schema.model import (
    Alias,
    Enum,
    Field,
    NewType,
    PythonType,
    Record,
    TaggedUnion,
    Type,
    TypeDeclaration,
    UnionType,
)

RAW: Final = frozenset({"Date", "Uint8Array", "bigint", "boolean", "number"})
"""The types of scalars that have no brand and aren't text."""


def tags(declared: Documented, extra: Sequence[str] = ()) -> list[str]:
    """Return what JSDoc has tags for."""
    found = [*extra]
    if declared.since:
        found.append(f"@since {declared.since}")
    if declared.deprecated:
        found.append(f"@deprecated {declared.deprecated}")
    return found


def field_comment(field: Field, indent: int = 2) -> str:
    """Write the documentation of a field."""
    extra = constraint_tags(constraints_of(field.type))
    if field.default is not None:
        extra.append(f"@default {literal(field.default.value)}")
    return comment(field.doc, tags(field, extra), indent)


class TypeViews:
    """The types, as text."""

    def __init__(self, plan: Plan, names: Names, settings: Settings) -> None:
        self._plan = plan
        self._names = names
        self._settings = settings
        self.annotations = Annotations(plan, names, settings)

    def definitions(self) -> Iterator[str]:
        """Write each definition of ``types.ts``."""
        for declared in self._plan.contract.types:
            yield from self._declaration(declared)
        yield from self._errors()
        yield from self._results()

    def _declaration(self, declared: TypeDeclaration) -> Iterator[str]:
        name = self._names.types[declared.name]
        match declared:
            case NewType():
                yield self._newtype(declared, name)
            case Enum():
                yield from self._enum(declared, name)
            case Record():
                yield self._record(declared, name)
            case TaggedUnion():
                yield from self._union(declared, name)
            case Alias(type=type_):
                yield self._alias(declared, name, type_)
            case PythonType():
                text = self.annotations.python(declared)
                yield f"{comment(declared.doc, tags(declared))}export type {name} = {text};\n"

    def _newtype(self, declared: NewType, name: str) -> str:
        said = comment(declared.doc, tags(declared, constraint_tags(declared.base.constraints)))
        base = self.annotations.scalar(declared.base.name)
        if self._settings.newtypes == "plain":
            return f"{said}export type {name} = {base};\n"
        return said + self._brand(name, base, base if base in RAW else "string")

    def _brand(self, name: str, base: str, raw: str) -> str:
        brand = self.annotations.use("Brand")
        return (
            f"export type {name} = {brand}<{base}, {literal(name)}>;\n"
            f"export const {name} = (value: {raw}): {name} => value as {name};\n"
        )

    def _enum(self, declared: Enum, name: str) -> Iterator[str]:
        members = "".join(
            f"{comment(member.doc, tags(member), 2)}  {given}: {literal(member.value)},\n"
            for member, given in zip(
                declared.members, self._names.members[declared.name], strict=True
            )
        )
        said = comment(declared.doc, tags(declared))
        unknown = self._names.unknown.get(declared.name)
        rest = "" if unknown is None else f" | {unknown}"
        yield (
            f"{said}export const {name} = {{\n{members}}} as const;\n"
            f"{said}export type {name} = (typeof {name})[keyof typeof {name}]{rest};\n"
        )
        if unknown is not None:
            doc = comment(f"A member of `{name}` that a newer contract has.")
            yield doc + self._brand(unknown, "string", "string")

    def _record(self, declared: Record, name: str) -> str:
        lines: list[str] = []
        tag = self._plan.tags.get(declared.name)
        if tag is not None:
            lines.append(f"  readonly {key(tag.name)}: {literal(declared.tag_value)};\n")
        lines += [
            f"{field_comment(field)}  {self.annotations.property(field)}\n"
            for field in declared.fields
        ]
        return f"{comment(declared.doc, tags(declared))}{_interface(name, lines)}"

    def _union(self, declared: TaggedUnion, name: str) -> Iterator[str]:
        members = [self.annotations.declared(each) for each in declared.members]
        unknown = self._names.unknown.get(declared.name)
        if unknown is not None:
            members.append(unknown)
        text = joined(f"export type {name} =", members)
        yield f"{comment(declared.doc, tags(declared))}{text}\n"
        if unknown is not None:
            brand = self.annotations.use("Brand")
            doc = comment(f"A member of `{name}` that a newer contract has.")
            yield doc + _interface(
                unknown,
                [
                    f"  readonly {key(declared.tag)}: {brand}<string, {literal(unknown)}>;\n",
                    "  readonly [field: string]: unknown;\n",
                ],
            )

    def _alias(self, declared: Alias, name: str, type_: Type) -> str:
        extra = constraint_tags(constraints_of(type_))
        members = type_.members if isinstance(type_, UnionType) else (type_,)
        operands = list(dict.fromkeys(map(self.annotations.text, members)))
        text = joined(f"export type {name} =", operands)
        return f"{comment(declared.doc, tags(declared, extra))}{text}\n"

    def _errors(self) -> Iterator[str]:
        for error in self._plan.contract.errors:
            lines = [f"  readonly code: {literal(error.code)};\n", "  readonly message: string;\n"]
            if error.fields:
                body = "".join(
                    f"{field_comment(field, 4)}    {self.annotations.property(field)}\n"
                    for field in error.fields
                )
                lines.append(f"  readonly data: {{\n{body}  }};\n")
            name = self._names.errors[error.name]
            yield f"{comment(error.doc, tags(error))}{_interface(name, lines)}"

    def _results(self) -> Iterator[str]:
        for each in self._plan.results:
            namespace = next(
                names
                for plan, names in zip(self._plan.namespaces, self._names.namespaces, strict=True)
                if plan is each.namespace
            )
            name = namespace.events[each.event].result
            value = answer_type(self.annotations, each.event)
            errors = failure_types(self.annotations, each.event, each.namespace)
            result = f"{self.annotations.use('Result')}<{value}, {' | '.join(errors)}>"
            doc = comment(f"The answer to `{each.event.declared.name}`.")
            yield f"{doc}export type {name} = {result};\n"


def _interface(name: str, lines: Sequence[str]) -> str:
    body = "".join(lines)
    if not body:
        return f"export type {name} = {{ readonly [key: string]: never }};\n"
    return f"export interface {name} {{\n{body}}}\n"
