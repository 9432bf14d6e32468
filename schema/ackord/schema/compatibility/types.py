"""Compares types: can the reader read all that the writer may write?

The comparison follows what the runtime's validators do: readers ignore unknown fields of records,
and demand those that aren't optional; whole numbers are numbers, ``int64`` and dates are text;
alternatives of a union are told apart by their JSON kind. Where the texts of two types don't say
whether their values fit, as with patterns and ``python:`` types, the answer is no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ackord.schema.analysis.json_kinds import JsonKind, json_kinds
from ackord.schema.analysis.parts import spread
from ackord.schema.compatibility.findings import At, Family, Findings
from ackord.schema.compatibility.limits import (
    describe,
    number_fits,
    text_fits,
    unmet,
    unmet_counts,
)
from ackord.schema.compatibility.rollouts import Direction, Reach, Rollout
from ackord.schema.compatibility.schemas import are_same, takes_anything
from ackord.schema.compatibility.sides import Alternatives, Atom, Shape, Side
from ackord.schema.compatibility.words import name_of
from ackord.schema.model import (
    NO_CONSTRAINTS,
    Constraints,
    Enum,
    Field,
    ListType,
    LiteralType,
    MapType,
    Path,
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
)

TYPE: Final = Family("TYPE_NARROW", "TYPE_WIDEN", "TYPE_CHANGE")
_ENCODING: Final = Family("ENCODING_CHANGE", "ENCODING_CHANGE", "ENCODING_CHANGE")
_PYTHON: Final = Family("PYTHON_TYPE_CHANGE", "PYTHON_TYPE_CHANGE", "PYTHON_TYPE_CHANGE")
_NULL: Final = Family("FIELD_NULLABLE_REMOVED", "FIELD_NULLABLE_ADDED", "FIELD_NULLABLE_ADDED")
_LIMIT: Final = Family("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", "CONSTRAINT_CHANGE")
_PATTERN: Final = Family("CONSTRAINT_TIGHTEN", "CONSTRAINT_LOOSEN", "PATTERN_CHANGE")
_MEMBER: Final = Family("ENUM_REMOVE", "ENUM_ADD", "ENUM_VALUE_CHANGE")
_OPENNESS: Final = Family("ENUM_CLOSE", "ENUM_OPEN", "ENUM_OPEN")
_UNION_MEMBER: Final = Family("UNION_MEMBER_REMOVE", "UNION_MEMBER_ADD", "TYPE_CHANGE")
_UNION_OPENNESS: Final = Family("UNION_CLOSE", "UNION_OPEN", "UNION_OPEN")
_TAG: Final = Family("UNION_TAG_CHANGE", "UNION_TAG_CHANGE", "UNION_TAG_CHANGE")
_TAG_VALUE: Final = Family("TAG_VALUE_CHANGE", "TAG_VALUE_CHANGE", "TAG_VALUE_CHANGE")
_MISSING: Final = Family("FIELD_ADD_REQUIRED", "FIELD_REMOVE_REQUIRED", "FIELD_RENAME")
RENAMED: Final = Family("FIELD_RENAME", "FIELD_RENAME", "FIELD_RENAME")
_MISSING_LAST: Final = Family("ARG_ADD_REQUIRED", "ARG_REMOVE_LAST", "ARG_REORDER")
_OFFSET: Final = Family("ARG_ADD_OPTIONAL_LAST", "ARG_REMOVE_OPTIONAL_LAST", "ARG_REORDER")
"""A server with connection state recovery sends an offset behind the arguments."""
_VALUE: Final = Family("ENUM_VALUE_CHANGE", "ENUM_VALUE_CHANGE", "ENUM_VALUE_CHANGE")
OPTIONAL: Final = Family(
    "FIELD_OPTIONAL_TO_REQUIRED", "FIELD_REQUIRED_TO_OPTIONAL", "FIELD_REQUIRED_TO_OPTIONAL"
)

_TEXTS: Final = frozenset(
    {
        "str",
        "int64",
        "datetime",
        "date",
        "time",
        "duration",
        "uuid",
        "decimal",
        "url",
        "email",
        "ip",
    }
)
"""Scalars that are text on the wire."""
_WIDER: Final = frozenset({("int64", "decimal"), ("int", "float")})
"""Scalars, and others that read all of their values."""
_KINDS_OF_SCALAR: Final = {"json_object": frozenset[JsonKind]({"object"})}

_FORWARD: Final = Direction.FORWARD


@dataclass(frozen=True, slots=True)
class _Pair:
    """What has to be read: a type of the writer, by a type of the reader."""

    writer: Type
    reader: Type
    at: At
    null_is_absent: bool


class TypeComparison:
    """Compares the types of two contracts, wherever they are used."""

    def __init__(
        self, old: Side, new: Side, findings: Findings, unknown: frozenset[str] = frozenset()
    ) -> None:
        """Take both contracts, and the names of ``python:`` types whose old JSON Schema isn't
        known.
        """
        self.old = old
        self.new = new
        self.findings = findings
        self.unknown = unknown
        changed = {name for name in old.declarations if not _is_same(name, old, new)} | unknown
        self.unchanged = old.declarations.keys() - spread(changed, old.declarations)
        """The names of types that are the same in both contracts, with all that they refer to."""
        self.records: dict[tuple[str, str], None] = {}
        """The names of records that stand for each other in both contracts, in order of use."""
        self.enums: dict[tuple[str, str], None] = {}
        self.unions: dict[tuple[str, str], None] = {}
        self.pythons: dict[tuple[str, str], None] = {}
        self.kinds: dict[At, str] = {}
        """Where values of a type are read as values of a type of another kind, with both types."""
        self._readings = {direction: _Reading(self, direction, findings) for direction in Direction}

    def compare(
        self, old: Type, new: Type, at: At, reach: Reach, *, null_is_absent: bool = False
    ) -> None:
        """Compare a type that travels.

        `null_is_absent` tells that readers take null for absence in both contracts.
        """
        for direction, reading in self._readings.items():
            writer, reader = (old, new) if direction is _FORWARD else (new, old)
            reading.read(writer, reader, at, reach, null_is_absent=null_is_absent)

    def compare_arguments(
        self,
        old: tuple[Field, ...],
        new: tuple[Field, ...],
        at: At,
        reach: Reach,
        *,
        with_offset: bool = False,
    ) -> None:
        """Compare values that travel by their position; `with_offset` tells that a server with
        connection state recovery sends an offset behind them.
        """
        for direction, reading in self._readings.items():
            arguments = (old, new) if direction is _FORWARD else (new, old)
            reading.read_arguments(*arguments, at, reach, with_offset=with_offset)

    def compare_fields(
        self, old: tuple[Field, ...], new: tuple[Field, ...], at: At, reach: Reach
    ) -> None:
        """Compare the fields of an error that travels."""
        for direction, reading in self._readings.items():
            fields = (old, new) if direction is _FORWARD else (new, old)
            reading.read_fields(*fields, at, reach)

    def accepts(self, direction: Direction, writer: Type, reader: Type) -> bool:
        """Return whether a reader reads all values of a writer."""
        return self._readings[direction].accepts(writer, reader)


class _Reading:
    """Reads values in one direction: what an old program writes as a new one does, or the other way
    round.
    """

    def __init__(
        self, comparison: TypeComparison, direction: Direction, findings: Findings
    ) -> None:
        self._comparison = comparison
        self._direction = direction
        self._forward = direction is _FORWARD
        old, new = comparison.old, comparison.new
        self._writer, self._reader = (old, new) if self._forward else (new, old)
        self._findings = findings
        self._reach: Reach = {}
        self._pending: list[_Pair] = []
        self._seen: dict[_Pair, set[int]] = {}
        self._accepted: dict[tuple[Type, Type], bool] = {}

    def read(
        self, writer: Type, reader: Type, at: At, reach: Reach, *, null_is_absent: bool = False
    ) -> None:
        """Report what of the writer's values the reader can't read."""
        self._reach = reach
        self._read(writer, reader, at, null_is_absent=null_is_absent)
        self._finish()

    def read_fields(
        self, writer: tuple[Field, ...], reader: tuple[Field, ...], at: At, reach: Reach
    ) -> None:
        """Report what of the writer's fields the reader can't read."""
        self._reach = reach
        self._fields(writer, reader, at)
        self._finish()

    def accepts(self, writer: Type, reader: Type) -> bool:
        """Return whether there is nothing to report."""
        key = writer, reader
        if key not in self._accepted:
            before = len(self._accepted)
            self._accepted[key] = True  # what refers to itself is read if its other parts are
            findings = Findings()
            probe = _Reading(self._comparison, self._direction, findings)
            probe._accepted = self._accepted
            probe.read(writer, reader, At((), ()), {self._direction: ("old_clients", "")})
            if findings:
                for later in list(self._accepted)[before:]:  # they may rest on what isn't true
                    del self._accepted[later]
                self._accepted[key] = False
        return self._accepted[key]

    def _finish(self) -> None:
        while self._pending:
            pair = self._pending.pop()
            self._look(pair)

    def _read(self, writer: Type, reader: Type, at: At, *, null_is_absent: bool = False) -> None:
        """Look at a pair later, so that long chains of types don't nest; each once for each reach.

        Declared types have their own paths, so where they are used doesn't matter.
        """
        if (
            writer == reader
            and isinstance(writer, RefType)
            and writer.name in self._comparison.unchanged
        ):
            return
        pair = _Pair(writer, reader, at, null_is_absent)
        reaches = self._seen.setdefault(pair, set())
        if id(self._reach) not in reaches:
            reaches.add(id(self._reach))
            self._pending.append(pair)

    def _look(self, pair: _Pair) -> None:
        at = pair.at
        old_path, new_path = at
        writer_path, reader_path = (old_path, new_path) if self._forward else (new_path, old_path)
        writer = self._writer.alternatives(pair.writer, writer_path)
        reader = self._reader.alternatives(pair.reader, reader_path)
        if reader.takes_anything or _is_python_any(reader):
            if self._writer.holds_bytes(pair.writer):
                self._fail_type(pair, writer, reader)
            return
        if writer.null and not (writer.takes_anything or reader.null or pair.null_is_absent):
            self._fail(_NULL, at)
        if len(writer.atoms) == len(reader.atoms) == 1:
            self._atom(writer.atoms[0], reader.atoms[0])
            return
        for atom in writer.atoms:
            self._alternative(atom, writer, reader, pair)

    def _alternative(
        self, atom: Atom, writer: Alternatives, reader: Alternatives, pair: _Pair
    ) -> None:
        """Find the alternative that reads a value of another one: that of the same JSON kind."""
        kinds = _kinds(atom.shape, self._writer)
        fitting = [each for each in reader.atoms if kinds & _kinds(each.shape, self._reader)]
        read = frozenset[JsonKind]().union(*(_kinds(each.shape, self._reader) for each in fitting))
        if kinds <= read:
            for each in fitting:
                self._atom(atom, each)
        elif len(writer.atoms) > 1 and len(reader.atoms) > 1:
            self._fail(_UNION_MEMBER, self._place(pair, writer, reader), name_of(atom.shape))
        else:
            self._fail_type(pair, writer, reader)

    def _atom(self, writer: Atom, reader: Atom) -> None:
        at = At(writer.path, reader.path) if self._forward else At(reader.path, writer.path)
        match writer.shape, reader.shape:
            case PythonType() as one, PythonType() as other:
                self._note(self._comparison.pythons, one.name, other.name)
                old = one if self._forward else other
                if old.name in self._comparison.unknown:
                    self._findings.add("PYTHON_TYPE_UNKNOWN", at, f"`{old.path}`")
                if not are_same(one.json_schema, other.json_schema):
                    self._fail(_PYTHON, at)
            case (PythonType(), _) | (_, PythonType()):
                self._fail(_PYTHON, at, self._changes(writer.shape, reader.shape))
            case ScalarType() as one, ScalarType() as other:
                self._scalar(one, other, at)
            case LiteralType() as one, LiteralType() as other:
                self._literal(one, other, at)
            case Enum() as one, Enum() as other:
                self._enum(one, other, at)
            case Record() as one, Record() as other:
                self._record(one, other, at)
            case TaggedUnion() as one, TaggedUnion() as other:
                self._union(one, other, at)
            case _:
                self._containers(writer.shape, reader.shape, at)

    def _containers(self, writer: Shape, reader: Shape, at: At) -> None:
        match writer, reader:
            case ListType(), ListType():
                self._read(writer.item, reader.item, at.below("item"))
                self._counts(writer.constraints, reader.constraints, at)
            case MapType(), MapType():
                self._read(writer.key, reader.key, at.below("key"))
                self._read(writer.value, reader.value, at.below("value"))
                self._counts(writer.constraints, reader.constraints, at)
            case TupleType(items), TupleType(others) if len(items) == len(others):
                for position, (item, other) in enumerate(zip(items, others, strict=True)):
                    self._read(item, other, at.below(str(position)))
            case _ if not self._reads_other_kind(writer, reader):
                family = _ENCODING if _is_encoding(writer, reader) else TYPE
                self._fail(family, at, self._changes(writer, reader))
            case _:
                self._note_kinds(writer, reader, at)

    def _note_kinds(self, writer: Shape, reader: Shape, at: At) -> None:
        """Note that values of another type can be read."""
        if self._findings is self._comparison.findings:  # not in a probe
            self._comparison.kinds.setdefault(at, self._changes(writer, reader))

    # Shapes of one kind

    def _scalar(self, writer: ScalarType, reader: ScalarType, at: At) -> None:
        if writer.name == reader.name:
            for limit in unmet(writer, reader):
                old, new = (writer, reader) if self._forward else (reader, writer)
                summary = (
                    f"{describe(limit, new.constraints)} rather than "
                    f"{describe(limit, old.constraints)}"
                )
                self._fail(_PATTERN if limit == "pattern" else _LIMIT, at, summary)
            return
        fits = (writer.name, reader.name) in _WIDER or (
            reader.name == "str" and writer.name in _TEXTS
        )
        if fits and not any(unmet(writer, reader)):
            self._note_kinds(writer, reader, at)
            return
        summary = self._changes(writer, reader)
        self._fail(_ENCODING if _is_encoding(writer, reader) else TYPE, at, summary)

    def _literal(self, writer: LiteralType, reader: LiteralType, at: At) -> None:
        known = {_exact(value) for value in reader.values}
        if type(writer.values[0]) is not type(reader.values[0]):
            self._fail(TYPE, at, self._changes(writer, reader))
            return
        for value in writer.values:
            if _exact(value) not in known:
                self._fail(_MEMBER, at, name_of(LiteralType((value,))))

    def _enum(self, writer: Enum, reader: Enum, at: At) -> None:
        self._note(self._comparison.enums, writer.name, reader.name)
        if writer.open and not reader.open:
            self._fail(_OPENNESS, at)
        known = {member.value for member in reader.members}
        renamed = {
            member.identifier: member.value for member in reader.members if member.identifier
        }
        for member in writer.members:
            if member.value in known:
                continue
            other = renamed.get(member.identifier or "")
            if other is not None and other not in {each.value for each in writer.members}:
                old, new = (member.value, other) if self._forward else (other, member.value)
                summary = f"{new!r}, it was {old!r}"
                path = (*at.new, "members", new)
                where = At((*at.old, "members", old), path)
                self._fail(_VALUE, where, summary, is_unknown=reader.open)
                continue
            if reader.open:
                continue
            summary = f"{member.value!r}"
            self._fail(
                _MEMBER,
                self._one_sided(at, ("members", member.value)),
                summary,
                path=((*(at.old if self._forward else at.new), "members", member.value)),
                reserved=self._forward and member.value in reader.reserved,
            )

    def _counts(self, writer: Constraints, reader: Constraints, at: At) -> None:
        old, new = (writer, reader) if self._forward else (reader, writer)
        for limit in unmet_counts(writer.min_items or 0, writer.max_items, reader):
            self._fail(_LIMIT, at, f"{describe(limit, new)} rather than {describe(limit, old)}")

    def _record(self, writer: Record, reader: Record, at: At) -> None:
        if writer.name and reader.name:
            self._note(self._comparison.records, writer.name, reader.name)
        written, read = self._writer.tag_of(writer), self._reader.tag_of(reader)
        if written is None or read is None or written.name != read.name:
            fields = self._writer.written_fields(writer), self._reader.read_fields(reader)
            self._fields(tuple(fields[0]), tuple(fields[1]), at)
            return
        if written.type != read.type:
            self._tag_value(writer, reader, at)
        self._fields(writer.fields, reader.fields, at)

    def _tag_value(
        self, writer: Record, reader: Record, at: At, *, is_unknown: bool = False
    ) -> None:
        old, new = (writer, reader) if self._forward else (reader, writer)
        summary = f"{new.tag_value!r}, it was {old.tag_value!r}"
        self._fail(_TAG_VALUE, at, summary, is_unknown=is_unknown)

    def _fields(self, writer: tuple[Field, ...], reader: tuple[Field, ...], at: At) -> None:
        written = {field.name: field for field in writer}
        read = {field.name for field in reader}
        moved = {field.identifier: field for field in writer if field.name not in read}
        for field in reader:
            below = at.below("fields", field.name)
            found = written.get(field.name)
            if found is not None:
                self._field(found, field, below)
                continue
            if not field.required:
                continue
            other = moved.get(field.identifier)
            if other is not None:
                old, new = (other, field) if self._forward else (field, other)
                self._fail(RENAMED, *renamed_field(old, new, at))
            else:
                self._fail(
                    _MISSING,
                    self._one_sided(at, ("fields", field.name), of_reader=True),
                    f"{field.name!r}",
                    path=below.new if self._forward else below.old,
                    reserved=not self._forward and self._is_reserved(at, field.name),
                )

    def _field(self, writer: Field, reader: Field, at: At) -> None:
        if reader.required and not writer.required:
            self._fail(OPTIONAL, at)
        # A reader takes null for the absence of a field without a default.
        self._read(writer.type, reader.type, at, null_is_absent=reader.is_maybe)

    def read_arguments(
        self,
        writer: tuple[Field, ...],
        reader: tuple[Field, ...],
        at: At,
        reach: Reach,
        *,
        with_offset: bool,
    ) -> None:
        """Report what of the writer's arguments the reader can't read.

        Arguments have no names on the wire. Readers ignore those behind the last one that they
        know, and take null for the absence of an optional one.
        """
        self._reach = reach
        for position, argument in enumerate(reader):
            if position < len(writer):
                found = writer[position]
                old, new = (found, argument) if self._forward else (argument, found)
                below = At((*at.old, "args", old.name), (*at.new, "args", new.name))
                if argument.required and not found.required:
                    self._fail(OPTIONAL, below)
                self._read(found.type, argument.type, below, null_is_absent=not argument.required)
            elif argument.required:
                self._missing_argument(_MISSING_LAST, argument, at)
            elif with_offset and position == len(writer):
                self._missing_argument(_OFFSET, argument, at)
        self._finish()

    def _missing_argument(self, family: Family, argument: Field, at: At) -> None:
        names = ("args", argument.name)
        where = self._one_sided(at, names, of_reader=True)
        path = where.new if self._forward else where.old
        self._fail(family, where, f"{argument.name!r}", path=path)

    def _union(self, writer: TaggedUnion, reader: TaggedUnion, at: At) -> None:
        self._note(self._comparison.unions, writer.name, reader.name)
        old, new = (writer, reader) if self._forward else (reader, writer)
        if writer.tag != reader.tag:
            self._fail(_TAG, at, f"{new.tag!r}, it was {old.tag!r}")
            return
        if writer.open and not reader.open:
            self._fail(_UNION_OPENNESS, at)
        known = {self._reader.record(name).tag_value: name for name in reader.members}
        for name in writer.members:
            record = self._writer.record(name)
            other = known.get(record.tag_value)
            if other is not None:
                self._read(RefType(name), RefType(other), at)
            elif name in reader.members:
                where = At(("types", name), ("types", name))
                member = self._reader.record(name)
                self._tag_value(record, member, where, is_unknown=reader.open)
            elif not reader.open:
                self._fail(
                    _UNION_MEMBER,
                    self._one_sided(at, ("members", name)),
                    name,
                    path=(*(at.old if self._forward else at.new), "members", name),
                    reserved=self._forward and (record.tag_value or "") in reader.reserved,
                )

    # Shapes of different kinds

    def _reads_other_kind(self, writer: Shape, reader: Shape) -> bool:
        return (
            _reads_text(writer, reader)
            or self._reads_array(writer, reader)
            or self._reads_object(writer, reader)
        )

    def _reads_array(self, writer: Shape, reader: Shape) -> bool:
        match writer, reader:
            case TupleType(items), ListType(item, constraints):
                count = len(items)
                return not any(unmet_counts(count, count, constraints)) and all(
                    self.accepts(each, item) for each in items
                )
            case ListType(item, constraints), TupleType(items):
                return constraints.min_items == constraints.max_items == len(items) and all(
                    self.accepts(item, each) for each in items
                )
            case _:
                return False

    def _reads_object(self, writer: Shape, reader: Shape) -> bool:
        match writer, reader:
            case ((Record() | TaggedUnion() | MapType()), ScalarType(name="json_object")):
                return not self._writer.holds_bytes(_type_of(writer))
            case ScalarType(name="json_object"), (MapType() | Record()):
                return self._reads_map(MapType(ScalarType("json")), reader)
            case MapType(), Record():
                return self._reads_map(writer, reader)
            case Record(), MapType():
                return self._record_as_map(writer, reader)
            case TaggedUnion(open=False, members=members), (Record() | MapType()):
                return all(self.accepts(RefType(name), _type_of(reader)) for name in members)
            case Record(), TaggedUnion():
                return self._record_as_member(writer, reader)
            case _:
                return False

    def _record_as_member(self, writer: Record, reader: TaggedUnion) -> bool:
        tag, _ = self._writer.tags.get(writer.name, ("", ""))
        return tag == reader.tag and any(
            self._reader.record(name).tag_value == writer.tag_value
            and self.accepts(RefType(writer.name), RefType(name))
            for name in reader.members
        )

    def _reads_map(self, writer: MapType, reader: Shape) -> bool:
        """Return whether a map is read: a map has any of a record's fields, or none."""
        if isinstance(reader, Record):
            return all(
                not field.required and self.accepts(writer.value, field.type)
                for field in self._reader.read_fields(reader)
            )
        return self.accepts(writer, _type_of(reader))

    def _record_as_map(self, writer: Record, reader: MapType) -> bool:
        fields = tuple(self._writer.written_fields(writer))
        least = sum(field.required for field in fields)
        return not any(unmet_counts(least, len(fields), reader.constraints)) and all(
            self.accepts(LiteralType((field.name,)), reader.key)
            and self.accepts(field.type, reader.value)
            for field in fields
        )

    # Reports

    def _fail(
        self,
        family: Family,
        at: At,
        summary: str = "",
        *,
        path: Path | None = None,
        reserved: bool = False,
        is_unknown: bool = False,
    ) -> None:
        """Report what the reader refuses, or takes for an unknown member."""
        reach = self._reach
        if is_unknown:
            rollout, text = reach[self._direction]
            effect: tuple[Rollout, str] = (rollout, text.replace("refuses", "takes for unknown"))
            reach = {self._direction: effect}
        self._findings.fail(
            family,
            at,
            summary,
            direction=self._direction,
            reach=(reach,),
            path=path,
            reserved=reserved,
        )

    def _fail_type(self, pair: _Pair, writer: Alternatives, reader: Alternatives) -> None:
        old, new = (writer, reader) if self._forward else (reader, writer)
        words = [
            " | ".join(
                [name_of(atom.shape) for atom in each.atoms]
                + ["null"] * (each.null and not each.takes_anything)
            )
            for each in (new, old)
        ]
        self._fail(TYPE, self._place(pair, writer, reader), f"{words[0]}, it was {words[1]}")

    def _place(self, pair: _Pair, writer: Alternatives, reader: Alternatives) -> At:
        """Return where the alternatives are declared, if that is one place."""
        old, new = (writer, reader) if self._forward else (reader, writer)
        paths = [{atom.path for atom in each.atoms} for each in (old, new)]
        olds, news = (
            found.pop() if len(found) == 1 else used
            for found, used in zip(paths, pair.at, strict=True)
        )
        return At(olds, news)

    def _changes(self, writer: Shape, reader: Shape) -> str:
        old, new = (writer, reader) if self._forward else (reader, writer)
        return f"{name_of(new)}, it was {name_of(old)}"

    def _one_sided(self, at: At, names: Path, *, of_reader: bool = False) -> At:
        """Return the place of a part that only one contract has: the writer's, or the reader's."""
        in_old = self._forward is not of_reader
        return At((*at.old, *names), at.new) if in_old else At(at.old, (*at.new, *names))

    def _is_reserved(self, at: At, name: str) -> bool:
        match at.new:
            case ("types", declared):
                found = self._comparison.new.declarations.get(declared)
                return isinstance(found, Record) and name in found.reserved
            case ("errors", declared):
                return name in self._comparison.new.errors[declared].reserved
            case _:
                return False

    def _note(self, pairs: dict[tuple[str, str], None], writer: str, reader: str) -> None:
        pairs.setdefault((writer, reader) if self._forward else (reader, writer))


def _is_same(name: str, old: Side, new: Side) -> bool:
    one, other = old.declarations[name], new.declarations.get(name)
    # Their texts tell 1 from True, which are equal in Python.
    return one == other and repr(one) == repr(other) and old.tags.get(name) == new.tags.get(name)


def renamed_field(old: Field, new: Field, at: At) -> tuple[At, str]:
    """Return the place of a field with another name on the wire, and what has changed."""
    where = At((*at.old, "fields", old.name), (*at.new, "fields", new.name))
    return where, f"{new.name!r}, it was {old.name!r}"


def _kinds(shape: Shape, side: Side) -> frozenset[JsonKind]:
    if isinstance(shape, ScalarType) and shape.name in _KINDS_OF_SCALAR:
        return _KINDS_OF_SCALAR[shape.name]
    return json_kinds(_type_of(shape), side.declarations)


def _type_of(shape: Shape) -> Type:
    if isinstance(shape, Enum | Record | TaggedUnion | PythonType):
        return RefType(shape.name)
    return shape


def _is_python_any(of: Alternatives) -> bool:
    return any(
        isinstance(atom.shape, PythonType) and takes_anything(atom.shape.json_schema)
        for atom in of.atoms
    )


def _is_encoding(one: Shape, other: Shape) -> bool:
    names = {each.name for each in (one, other) if isinstance(each, ScalarType)}
    return len(names) == 2 and (
        ("bytes" in names and names <= {"bytes", *_TEXTS})
        or ("int64" in names and names <= {"int64", "int", "float"})
    )


def _reads_text(writer: Shape, reader: Shape) -> bool:
    """Return whether a scalar, a literal or an enum is read by another of them."""
    match writer, reader:
        case Enum(open=False, members=members), ScalarType(name="str"):
            return all(text_fits(member.value, reader.constraints) for member in members)
        case Enum(open=True), ScalarType(name="str"):
            return reader.constraints == NO_CONSTRAINTS
        case ScalarType(name=name), Enum(open=True):
            return name in _TEXTS
        case LiteralType(values), Enum():
            known = {member.value for member in reader.members}
            return all(
                isinstance(value, str) and (reader.open or value in known) for value in values
            )
        case Enum(open=False, members=members), LiteralType(values):
            return {member.value for member in members} <= set(values)
        case LiteralType(values), ScalarType():
            return all(_literal_fits(value, reader) for value in values)
        case ScalarType(name="bool"), LiteralType(values):
            return {repr(value) for value in values} == {"True", "False"}
        case _:
            return False


def _literal_fits(value: str | int | bool, reader: ScalarType) -> bool:
    match value:
        case bool():
            return reader.name == "bool"
        case int():
            return reader.name in {"int", "float"} and number_fits(value, reader)
        case str():
            return reader.name == "str" and text_fits(value, reader.constraints)


def _exact(value: str | int | bool) -> tuple[str, str | int | bool]:
    return type(value).__name__, value
