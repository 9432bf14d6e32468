"""The declarations under ``types:`` -> the IR."""

from __future__ import annotations

from typing import Final, NamedTuple, assert_never

from ackord.schema.analysis.python_types import PythonTypeError
from ackord.schema.analysis.recursion import (
    MAX_ALIASES,
    alias_cycles,
    endless_records,
    long_aliases,
)
from ackord.schema.diagnostics.diagnostic import related
from ackord.schema.diagnostics.reporter import Reporter
from ackord.schema.document.nodes import (
    AliasNode,
    BrokenNode,
    EnumNode,
    Name,
    NewTypeNode,
    PythonNode,
    RecordNode,
    TypeDeclarationNode,
    UnionNode,
)
from ackord.schema.expressions.syntax import NameSyntax
from ackord.schema.model import (
    Alias,
    Enum,
    EnumMember,
    NewType,
    PythonType,
    Record,
    ScalarType,
    TaggedUnion,
    TypeDeclaration,
)
from ackord.schema.names import lower_camel_case
from ackord.schema.resolve.reserved import check_reserved
from ackord.schema.resolve.types import SCALARS, TypeResolver
from ackord.schema.source import Place

_NO_BASES: Final = frozenset({"json", "json_object", "ip"})


class _Tag(NamedTuple):
    """The tag of a union."""

    wire: str
    identifier: str
    place: Place

    @property
    def shown(self) -> str:
        name = "" if self.identifier == self.wire else f" ({self.identifier} in generated code)"
        return f"{self.wire!r}{name}"


class DeclarationResolver:
    """Resolves the declared types of one contract."""

    def __init__(
        self, nodes: tuple[TypeDeclarationNode, ...], types: TypeResolver, report: Reporter
    ) -> None:
        self._nodes = nodes
        self._types = types
        self._report = report
        self._tags: dict[str, _Tag] = {}
        """The tag of the unions that a record is a member of, by the record's name."""

    def resolve(self) -> None:
        """Add all types to the resolver's declarations."""
        for node in self._nodes:
            if isinstance(node, UnionNode) and node.tag is not None:
                self._note_members(node, self._tag(node, node.tag))
        for node in self._nodes:
            # The declaration takes its place in the order before its inline records.
            declaration = self._declaration(node)
            if declaration is not None:
                self._types.declarations[node.name.text] = declaration

    def check_recursion(self) -> None:
        """Report types that refer to themselves and mustn't; broken aliases are removed, so that
        later walks end.
        """
        declarations = self._types.declarations
        places = {node.name.text: node.name.place for node in self._nodes}
        for cycle in alias_cycles(declarations):
            message = f"the alias {cycle[0]} refers to itself: {' -> '.join(cycle)}"
            self._report.add(
                "S036", places[cycle[0]], message, hint="records may refer to themselves"
            )
            for name in cycle:
                declarations.pop(name, None)
        for name in long_aliases(declarations):
            self._report.add(
                "S036",
                places[name],
                f"the alias {name} refers to its type through more than {MAX_ALIASES} others",
            )
            del declarations[name]
        for cycle in endless_records(declarations):
            place = places.get(cycle[0])
            if place is None:  # an inline record is only ever reached through a declared one
                named = next(name for name in cycle if name in places)
                place = places[named]
            message = (
                f"a value of {cycle[0]} would need another one without end: {' -> '.join(cycle)}"
            )
            self._report.add(
                "S037",
                place,
                message,
                hint="let one of the fields be absent (`T?`), null (`T | null`) or a list",
            )

    def _declaration(self, node: TypeDeclarationNode) -> TypeDeclaration | None:
        name = node.name.text
        match node:
            case NewTypeNode():
                return self._newtype(node)
            case EnumNode():
                return self._enum(node)
            case RecordNode():
                return self._record(node)
            case UnionNode(tag=None):
                return self._untagged_union(node)
            case UnionNode():
                return self._tagged_union(node)
            case AliasNode():
                target = self._types.plain(node.type, name)
                if target is None:
                    return None
                return Alias(
                    name=name,
                    type=target,
                    doc=node.doc,
                    deprecated=node.deprecated,
                    since=self._types.since(node.since),
                )
            case PythonNode():
                return self._python(node)
            case BrokenNode():
                return None
            case _:
                assert_never(node)

    def _enum(self, node: EnumNode) -> Enum:
        in_code: dict[str, Place] = {}
        for member in node.members:
            identifier = member.identifier
            if identifier is None:
                continue
            first = in_code.setdefault(identifier.text, identifier.place)
            if first != identifier.place:
                self._report.add(
                    "S018",
                    identifier.place,
                    f"two members of {node.name.text} are {identifier.text!r} in generated code",
                    hint="give one of the two another `name:`",
                    related=[related("the other one", first)],
                )
        members = tuple(
            EnumMember(
                value=member.value.text,
                identifier=member.identifier.text if member.identifier else None,
                doc=member.doc,
                deprecated=member.deprecated,
                since=self._types.since(member.since),
            )
            for member in node.members
        )
        return Enum(
            name=node.name.text,
            members=members,
            open=node.open,
            reserved=check_reserved(
                node.reserved, [member.value for member in node.members], "a member", self._report
            ),
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _newtype(self, node: NewTypeNode) -> TypeDeclaration | None:
        self._types.refuse_optional(node.base)
        syntax = node.base.type
        if (
            isinstance(syntax, NameSyntax)
            and syntax.name not in SCALARS
            and self._types.reference(syntax) is None
        ):
            self._types.syntax(syntax)  # reports the unknown name
            return None
        base = (
            self._types.syntax(syntax)
            if isinstance(syntax, NameSyntax)
            and syntax.name in SCALARS
            and syntax.name not in _NO_BASES
            else None
        )
        if not isinstance(base, ScalarType):
            hint = f"for an alias write `{node.name.text}: {{type: …}}`"
            self._report.add(
                "S028",
                node.base.place,
                "the base of a newtype is a built-in scalar other than json, json_object and ip",
                hint=hint,
            )
            return None
        limited = self._types.constrain(base, node.constraints)
        assert isinstance(limited, ScalarType)  # noqa: S101 - constraints keep the kind
        return NewType(
            name=node.name.text,
            base=limited,
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _record(self, node: RecordNode) -> Record:
        name = node.name.text
        tag = self._tags.get(name)
        if node.tag_value is not None and tag is None:
            self._report.add(
                "S039",
                node.tag_value.place,
                f"{name} is in no union with a tag",
                hint="remove `tag_value`",
            )
        tag_value = self._tag_value(node) if tag is not None else None
        if tag is not None:
            for field in node.fields:
                identifier = field.identifier or field.name
                if identifier.text == tag.identifier or self._types.wire_name(field) in {
                    tag.wire,
                    tag.identifier,
                }:
                    first = related(f"the tag {tag.shown} is named here", tag.place)
                    self._report.add(
                        "S033",
                        field.name.place,
                        f"the field {field.name.text!r} would be the union's tag",
                        related=[first],
                    )
        # This record takes its place in the order before the inline records of its fields.
        self._types.declarations[name] = Record(name=name, fields=())
        fields = self._types.fields(node.fields, name)
        return Record(
            name=name,
            fields=fields,
            tag_value=tag_value,
            reserved=self._types.reserved_fields(node.reserved, node.fields),
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _tag(self, node: UnionNode, tag: Name) -> _Tag:
        if node.tag_name is not None:
            return _Tag(tag.text, node.tag_name.text, tag.place)
        camel = self._types.scopes.wire_names(tag.place.file) == "camelCase"
        wire = lower_camel_case(tag.text) if camel else tag.text
        return _Tag(wire, tag.text, tag.place)

    def _tag_value(self, node: RecordNode) -> str:
        return node.tag_value.text if node.tag_value is not None else node.default_tag

    def _untagged_union(self, node: UnionNode) -> Alias | None:
        for member in node.members:
            self._types.refuse_optional(member)
        target = self._types.union([member.type for member in node.members])
        if target is None:
            return None
        self._types.written.append((target, node.place))
        return Alias(
            name=node.name.text,
            type=target,
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _note_members(self, node: UnionNode, tag: _Tag) -> None:
        for member in node.members:
            if not isinstance(member.type, NameSyntax):
                continue
            name = self._types.reference(member.type)
            if name is None:
                continue
            first = self._tags.setdefault(name, tag)
            if (first.wire, first.identifier) != (tag.wire, tag.identifier):
                message = (
                    f"{name} is in a union with the tag {first.shown} and in one with the tag "
                    f"{tag.shown}"
                )
                self._report.add(
                    "S039", member.place, message, related=[related("the other tag", first.place)]
                )

    def _tagged_union(self, node: UnionNode) -> TypeDeclaration | None:
        assert node.tag is not None  # noqa: S101 - the caller has looked
        members: dict[str, Place] = {}
        values: dict[str, Place] = {}
        for member in node.members:
            self._types.refuse_optional(member)
            written = member.type.name if isinstance(member.type, NameSyntax) else None
            name = (
                self._types.reference(member.type) if isinstance(member.type, NameSyntax) else None
            )
            declared = self._types.node(name) if name is not None else None
            if written is not None and name is None and written not in SCALARS:
                self._types.syntax(member.type)  # reports the unknown name
            elif isinstance(declared, BrokenNode):
                continue
            elif name is None or not isinstance(declared, RecordNode):
                hint = "members are names of records; leave `tag` out for a union of other types"
                self._report.add(
                    "S032", member.place, "a member of a union with a tag is a record", hint=hint
                )
            elif name in members:
                self._report.add("S019", member.place, f"{name!r} is listed twice")
            else:
                members[name] = member.place
                self._check_tag_value(declared, member.place, values)
        tag = self._tag(node, node.tag)
        used = [Name(value, place) for value, place in values.items()]
        return TaggedUnion(
            name=node.name.text,
            tag=tag.wire,
            tag_identifier=tag.identifier,
            members=tuple(members),
            open=node.open,
            reserved=check_reserved(node.reserved, used, "the tag of a member", self._report),
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )

    def _check_tag_value(self, record: RecordNode, member: Place, values: dict[str, Place]) -> None:
        value = self._tag_value(record)
        place = record.tag_value.place if record.tag_value is not None else member
        if value in values:
            first = related("the other member", values[value])
            self._report.add(
                "S034",
                place,
                f"two members of a union have the tag value {value!r}",
                hint="give one a `tag_value`",
                related=[first],
            )
        values.setdefault(value, place)

    def _python(self, node: PythonNode) -> TypeDeclaration | None:
        try:
            schemas = self._types.python_types(node.path.text)
        except PythonTypeError as exc:
            self._report.add("S038", node.path.place, str(exc))
            return None
        self._types.output_schemas[node.name.text] = schemas.written
        return PythonType(
            name=node.name.text,
            path=node.path.text,
            json_schema=schemas.read,
            doc=node.doc,
            deprecated=node.deprecated,
            since=self._types.since(node.since),
        )
