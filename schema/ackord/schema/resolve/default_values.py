"""Checks default values against their types."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from math import isinf
from typing import Any, Final

from ackord.schema.analysis.json_kinds import json_kinds, kind_of_value
from ackord.schema.expressions.syntax import Word
from ackord.schema.model import (
    NO_CONSTRAINTS,
    Alias,
    Constraints,
    Enum,
    Field,
    Json,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    TypeDeclaration,
    UnionType,
)
from ackord.schema.resolve.constraints import MAX_EMAIL, decimal_problem
from ackord.schema.yaml.nodes import exact_decimal

_MAX_EXACT: Final = 2**53
"""The largest number up to which every integer is exact in JavaScript."""
_WRITTEN_AS_TEXT: Final[Mapping[str, re.Pattern[str]]] = {
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
    ),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"),
    "duration": re.compile(r"[+-]?P([0-9]|T[0-9])[0-9.,YMWDTHS]*"),
    "uuid": re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    "decimal": re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,6})?"),
    "url": re.compile(r".*"),
    "email": re.compile(
        rf"(?=.{{1,{MAX_EMAIL}}}$)"
        r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
        r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
    ),
    "ip": re.compile(r"[0-9A-Fa-f:.]{2,45}"),
}
"""The forms on the wire (RFC 3339 and ISO 8601) of types for which pydantic accepts more.

The runtime has the same forms in `scalars.py`, and a test compares both.
"""


_READ_AS_IT_IS: Final[Mapping[str, tuple[type, ...]]] = {
    "str": (str,),
    "int": (int,),
    "int64": (int,),
    "float": (int, float),
    "bool": (bool,),
}
"""The classes of values that pydantic would return unchanged, if the type has no constraints."""
_WHOLE_NUMBER: Final = re.compile(r"0|-?[1-9][0-9]{0,18}")
_EXAMPLES: Final = {
    "datetime": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00",
    "duration": "PT5M",
    "uuid": "12345678-1234-5678-1234-567812345678",
    "decimal": "12.50",
    "url": "https://example.org/",
    "email": "ada@example.org",
    "ip": "192.0.2.1",
}
_TRUTH: Final = {
    **dict.fromkeys(("true", "yes", "y", "on"), "true"),
    **dict.fromkeys(("false", "no", "n", "off"), "false"),
}
"""Words for true and false in YAML 1.1 and other languages."""


class DefaultError(Exception):
    """A value isn't valid for its type; the message says why."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        """What to write instead, if known."""


class DefaultChecker:
    """Knows the declared types."""

    def __init__(self, declarations: Mapping[str, TypeDeclaration]) -> None:
        self._declarations = declarations

    def check(self, value: Json, of: Type) -> Json:
        """Return the value as JSON in the form that the IR keeps.

        Raises:
            DefaultError: The value isn't one of the type.
        """
        match of:
            case ScalarType():
                return self._scalar(value, of)
            case NullableType(item):
                return None if value is None else self.check(value, item)
            case ListType(item, constraints):
                elements = _list(value)
                _check_count(len(elements), constraints.min_items, constraints.max_items)
                return [self.check(element, item) for element in elements]
            case MapType(item, constraints, key):
                members = _object(value)
                _check_count(len(members), constraints.min_items, constraints.max_items)
                return {
                    self._key(name, key): self.check(element, item)
                    for name, element in members.items()
                }
            case TupleType(items):
                elements = _list(value)
                _expect(len(elements) == len(items), value, f"a list of {len(items)} values")
                return [
                    self.check(element, item) for element, item in zip(elements, items, strict=True)
                ]
            case LiteralType(values):
                _expect(
                    any(type(value) is type(one) and value == one for one in values),
                    value,
                    " or ".join(json.dumps(one) for one in values),
                )
                return value
            case UnionType(members):
                return self._union(value, members)
            case RefType(name):
                return self._declared(value, self._declarations.get(name))

    def _key(self, name: str, of: Type) -> str:
        """Return a key of a map in the form that the IR keeps, which is text also for numbers."""
        match of:
            case RefType(declared) if isinstance(
                declaration := self._declarations.get(declared), Alias | NewType
            ):
                inner = declaration.type if isinstance(declaration, Alias) else declaration.base
                return self._key(name, inner)
            case ScalarType("int64"):
                _expect(_WHOLE_NUMBER.fullmatch(name) is not None, name, "a whole number as key")
                return str(self.check(int(name), of))
            case _:
                return str(self.check(name, of))

    def _scalar(self, value: Json, of: ScalarType) -> Json:
        if of.name in {"json", "json_object"}:
            return _plain(value if of.name == "json" else _object(value))
        if of.name == "bytes":
            raise DefaultError("bytes can't have a default")
        if isinstance(value, Word):
            raise DefaultError(
                f"expected {of.name}, found the word {value.text}", _word_hint(value.text, of.name)
            )
        if of.name == "decimal":
            return _decimal(value, of.constraints)
        form = _WRITTEN_AS_TEXT.get(of.name)
        if form is not None and not (isinstance(value, str) and form.fullmatch(value)):
            article = "an" if of.name in {"email", "ip"} else "a"
            raise DefaultError(
                f"{_show(value)} isn't how {article} {of.name} is written", _text_hint(of.name)
            )
        value = _whole(value, of)
        parsed = _parse(value, of)
        match of.name:
            case "float":
                return float(value)
            case "datetime" | "date" | "time":
                return parsed.isoformat().replace(
                    "+00:00", "Z"
                )  # generated code reads this with `fromisoformat`
            case "uuid" | "url" | "ip":
                return str(parsed)
            case "int64" if not -(2**63) <= parsed < 2**63:
                raise DefaultError(f"{value} doesn't fit 64 bits")
            case _:
                return value

    def _union(self, value: Json, members: tuple[Type, ...]) -> Json:
        kind = (
            "string"
            if isinstance(value, Word)
            else "number"
            if isinstance(value, Decimal)
            else kind_of_value(value)
        )
        for member in members:
            if kind in json_kinds(member, self._declarations):
                return self.check(value, member)
        raise DefaultError(f"{_show(value)} is a value of none of the union's members")

    def _declared(self, value: Json, declaration: TypeDeclaration | None) -> Json:
        match declaration:
            case NewType(base=base):
                return self._scalar(value, base)
            case Alias(type=target):
                return self.check(value, target)
            case Enum(members=members):
                return _member(value, [member.value for member in members])
            case Record(fields=fields):
                return self._record(value, fields, {})
            case TaggedUnion(tag=tag, members=members):
                return self._tagged(value, tag, members)
            case PythonType(path=path):
                raise DefaultError(f"a default can't be checked against the Python type {path}")
            case None:
                return value

    def _tagged(self, value: Json, tag: str, members: tuple[str, ...]) -> Json:
        given = _object(value).get(tag)
        for name in members:
            record = self._declarations.get(name)
            if isinstance(record, Record) and record.tag_value == given:
                return self._record(value, record.fields, {tag: given})
        raise DefaultError(f"the key {tag!r} says which member of the union this is")

    def _record(self, value: Json, fields: tuple[Field, ...], checked: dict[str, Json]) -> Json:
        given = _object(value)
        known = {field.name: field for field in fields}
        for key, element in given.items():
            if key in known:
                checked[key] = self.check(element, known[key].type)
            elif key not in checked:
                raise DefaultError(f"there is no field {key!r}")
        missing = [field.name for field in fields if field.required and field.name not in given]
        if missing:
            raise DefaultError(f"the field {missing[0]!r} is missing")
        return checked


def _word_hint(word: str, of: str) -> str | None:
    """Return the hint for a word that isn't JSON."""
    lower = word.lower()
    if of in {"bool", "json"} and lower in _TRUTH:
        return f"write `{_TRUTH[lower]}`"
    if lower in {"none", "nil", "undefined"}:
        return "null is written `null`"
    if of in {"float", "json"} and lower in {"inf", "infinity", "nan"}:
        return "write a finite number: JSON has no others"
    if of in _EXAMPLES:
        return _text_hint(of)
    return f'write "{word}"' if of in {"str", "json"} else None


def _text_hint(of: str) -> str:
    return f'write a fixed value as text: `{of} = "{_EXAMPLES[of]}"`'


def _whole(value: Json, of: ScalarType) -> Json:
    """Return a number without fraction as an integer where an `int` stands, as on the wire, where
    5.0 is one.
    """
    if (
        of.name == "int"
        and isinstance(value, Decimal)
        and abs(value) <= _MAX_EXACT
        and value == int(value)
    ):
        return int(value)
    return value


def _parse(value: Json, of: ScalarType) -> Any:
    """Read a value as the runtime does, constraints included."""
    plain = _plain(value)
    if type(plain) in _READ_AS_IT_IS.get(of.name, ()) and of.constraints == NO_CONSTRAINTS:
        return plain
    from ackord.schema.resolve.scalar_values import Refused, read_scalar  # noqa: PLC0415 - pydantic is slow to import

    try:
        return read_scalar(json.dumps(plain), of)
    except Refused as exc:
        raise DefaultError(f"{_show(value)} is no {of.name} that fits: {exc}") from exc


def _decimal(value: Json, constraints: Constraints) -> str:
    text = (
        value if isinstance(value, str) else str(value) if isinstance(value, int | Decimal) else ""
    )
    if not _WRITTEN_AS_TEXT["decimal"].fullmatch(text):
        raise DefaultError(f"{_show(value)} isn't how a decimal is written")
    number = exact_decimal(text)
    if number is None:
        raise DefaultError(f"{_show(text)} has more than 400 digits")
    problem = decimal_problem(number, constraints)
    if problem is not None:
        raise DefaultError(f"{text} is no decimal that fits: {problem}")
    return text


def _list(value: Json) -> list[Json]:
    _expect(isinstance(value, list), value, "a list")
    elements: list[Json] = value
    return elements


def _object(value: Json) -> dict[str, Json]:
    _expect(isinstance(value, dict), value, "an object")
    members: dict[str, Json] = value
    return members


def _plain(value: Json) -> Json:
    """Refuse bare words, because the enum that they belong to is unknown."""
    match value:
        case Word(text):
            raise DefaultError(f"expected JSON, found the word {text}", _word_hint(text, "json"))
        case list():
            return [_plain(element) for element in value]  # pyright: ignore[reportUnknownVariableType]  # decoded JSON
        case Decimal():
            number = float(value)
            if isinf(number):
                raise DefaultError(f"{_show(value)} is too large")
            return number
        case dict():
            return {key: _plain(element) for key, element in value.items()}  # pyright: ignore[reportUnknownVariableType]  # decoded JSON
        case _:
            return value


def _member(value: Json, members: list[str]) -> str:
    text = value.text if isinstance(value, Word) else value
    if not isinstance(text, str) or text not in members:
        shown = ", ".join(members[:10]) + (", …" if len(members) > 10 else "")
        raise DefaultError(f"{_show(value)} is no member of the enum: {shown}")
    return text


def _check_count(count: int, least: int | None, most: int | None) -> None:
    if least is not None and count < least:
        raise DefaultError(f"at least {least} items are needed")
    if most is not None and count > most:
        raise DefaultError(f"at most {most} items are allowed")


def _expect(matches: bool, value: Json, wanted: str) -> None:
    if not matches:
        raise DefaultError(f"expected {wanted}, found {_show(value)}")


def _show(value: Json) -> str:
    if isinstance(value, Word):
        return value.text
    if isinstance(value, Decimal):
        return str(value)
    text = json.dumps(
        value,
        default=lambda part: part.text if isinstance(part, Word) else str(part),
        ensure_ascii=False,
    )
    return text if len(text) <= 60 else f"{text[:60]}…"
