"""Random contracts with changes, and random values of their types."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from random import Random
from types import ModuleType
from typing import Any
from uuid import UUID

from ackord.schema.analysis.json_kinds import json_kinds
from ackord.schema.model import (
    Alias,
    Contract,
    Enum,
    Event,
    Field,
    ListType,
    LiteralType,
    MapType,
    NewType,
    NullableType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)
from pydantic import MISSING, AnyUrl

SCALARS = ["str", "int", "int64", "float", "bool", "bytes", "datetime", "date", "uuid", "decimal"]
OTHERS = ["url", "json", "time", "duration", "email", "ip", "json_object"]
TYPES = [
    *SCALARS,
    *OTHERS,
    "Role",
    "Mood",
    "Rec",
    "Leaf",
    "Shape",
    "Wide",
    "Count",
    "Names",
    "Circle",
    "list[int]",
    "list[str]",
    "list[Leaf]",
    "map[str, int]",
    "map[str, str]",
    "map[str, json]",
    "map[Role, int]",
    "map[Slug, str]",
    "tuple[int, str]",
    "tuple[int, int]",
    'literal["a", "b"]',
    'literal["a"]',
    "literal[1, 2]",
    "literal[true]",
    'literal["a", 1]',
    "int | str",
    "str | bool | list[int]",
    "Leaf | int",
    "Role | int",
    "str | null",
    "int | null",
    "Leaf | null",
]
LIMITS: dict[str, list[dict[str, Any]]] = {
    "str": [{"max_length": 3}, {"min_length": 1}, {"pattern": "^[ab]*$"}, {"pattern": "^a"}],
    "bytes": [{"max_length": 2}],
    "int": [{"ge": 0}, {"gt": 0}, {"le": 5}, {"lt": 5.5}, {"multiple_of": 2}, {"multiple_of": 4}],
    "int64": [{"ge": 0}, {"le": 7}, {"multiple_of": 3}],
    "float": [{"ge": 0}, {"gt": 0}, {"le": 5}, {"lt": 5}],
    "decimal": [{"ge": 0}, {"max_digits": 4}, {"decimal_places": 2}, {"multiple_of": "0.5"}],
    "list[int]": [{"max_items": 2}, {"min_items": 1}, {"min_items": 2, "max_items": 2}],
    "list[str]": [{"max_items": 2}],
    "map[str, int]": [{"max_items": 1}, {"min_items": 1}],
}


DEFAULTS: dict[str, list[str]] = {
    "str": ['"a"', '""'],
    "int": ["1", "-3"],
    "int64": ['"7"'],
    "float": ["0.5", "2"],
    "bool": ["true", "false"],
    "date": ['"2026-01-31"'],
    "decimal": ['"1.50"'],
    "Role": ["owner"],
    "Mood": ["good"],
    "list[int]": ["[]", "[1]"],
    "map[str, int]": ["{}"],
    "int | null": ["1", "null"],
}
"""Defaults of types without limits."""
JSON: list[Any] = [None, 1, 2.5, "a", [1, None], {"a": {"b": []}}]


def random_contract(random: Random) -> dict[str, Any]:
    """Return the document of a contract in which all kinds of types are used."""

    def fields(count: int) -> dict[str, Any]:
        return {f"f{number}": a_field(random) for number in range(count)}

    def arguments() -> dict[str, Any]:
        required = {f"a{number}": a_type(random) for number in range(random.randrange(3))}
        return required | {f"o{n}": optional(a_type(random)) for n in range(random.randrange(2))}

    return {
        "ackord": 1,
        "name": "pair",
        "version": "1.0.0",
        "types": {
            "Role": {"enum": ["owner", "reader"]},
            "Mood": {"enum": ["good", "bad"], "open": True},
            "Rec": {"fields": fields(3)},
            "Leaf": {"fields": {"x": "int", "y": "str?", "next": "Leaf?"}},
            "Shape": {"union": ["Circle", "Square"], "tag": "kind"},
            "Wide": {"union": ["Circle", "Square"], "tag": "kind", "open": True},
            "Circle": {"fields": {"radius": "float"}},
            "Square": {"fields": {"side": "int"}},
            "Count": {"newtype": "int", "ge": 0},
            "Slug": {"newtype": "str", "max_length": 2},
            "Try": {"fields": fields(1)},
            "Names": {"type": "list[str]", "max_items": 3},
        },
        "errors": {"Bad": {"fields": fields(1)}, "Worse": {}},
        "namespaces": {
            "/": {
                "auth": {"fields": fields(2)},
                "error_replies": random.random() < 0.7,
                "client_to_server": {
                    "call": {"args": arguments(), "ack": a_type(random), "acks": "result"},
                    "say": {"args": arguments()},
                    "get": {
                        "ack": random.choice(["int", "str | null", "list[Leaf]"]),
                        "errors": ["Bad"],
                    },
                    "do": {"errors": ["Worse"]},
                    "try": {"ack": "Try", "errors": ["Bad"]},
                    "pick": {"ack": {"args": arguments() or {"a0": "int"}}},
                    "done": {"ack": None},
                },
                "server_to_client": {"tell": {"args": arguments()}, "ask": {"ack": "bool"}},
                "server_to_server": {
                    "note": {"args": arguments()},
                    "size": {"args": arguments(), "ack": a_type(random), "acks": "result"},
                    "drop": {"ack": "bool", "errors": ["Bad"]},
                },
            }
        },
    }


def a_type(random: Random) -> Any:
    name = random.choice(TYPES)
    limits = LIMITS.get(name)
    return {"type": name, **random.choice(limits)} if limits and random.random() < 0.5 else name


def a_field(random: Random) -> Any:
    choice = random.random()
    if choice < 0.15:
        return with_default(a_type(random), random)
    return optional(a_type(random)) if choice < 0.35 else a_type(random)


def bare_of(expression: str) -> str:
    """Return a type without ``?`` or a default."""
    return expression.partition(" = ")[0].removesuffix("?")


def expression(of: Any) -> str:
    limited: dict[str, Any] | str = of
    return str(limited["type"]) if isinstance(limited, dict) else limited


def with_expression(of: Any, text: str) -> Any:
    limited: dict[str, Any] | str = of
    return limited | {"type": text} if isinstance(limited, dict) else text


def optional(of: Any) -> Any:
    return with_expression(of, f"{expression(of)}?")


def with_default(of: Any, random: Random) -> Any:
    """Give a type a default, if there is one at hand that no limit excludes; else it is optional."""
    default = DEFAULTS.get(expression(of))
    if default is None or isinstance(of, dict):
        return optional(of)
    return f"{of} = {random.choice(default)}"


def changed(document: dict[str, Any], random: Random) -> dict[str, Any]:
    """Return a copy with some changes."""
    new = copy.deepcopy(document)
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        random.choice(_CHANGES)(new, random)
    return new


def _mappings(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all mappings from names to types."""
    namespace = document["namespaces"]["/"]
    events = [
        event
        for section in ("client_to_server", "server_to_client", "server_to_server")
        for event in namespace[section].values()
    ]
    return [
        *(each["fields"] for each in document["types"].values() if "fields" in each),
        *(each["fields"] for each in document["errors"].values() if "fields" in each),
        namespace["auth"]["fields"],
        *(event["args"] for event in events if event.get("args")),
        *(event for event in events if event.get("ack") and not _has_args(event)),
        *(each["ack"]["args"] for each in events if _has_args(each)),
    ]


def _has_args(event: dict[str, Any]) -> bool:
    return isinstance(event.get("ack"), dict) and "args" in event["ack"]


def _type_keys(mapping: dict[str, Any]) -> list[str]:
    return ["ack"] if "ack" in mapping else list(mapping)


def _replace(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if each])
    mapping[random.choice(_type_keys(mapping))] = a_type(random)


def _widen(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if each])
    key = random.choice(_type_keys(mapping))
    old = mapping[key]
    name = expression(old)
    bare = bare_of(name)
    choices: list[Any] = [
        bare,
        f"{bare} | null",
        "json",
        {"type": bare, **(LIMITS.get(bare) or [{}])[0]},
    ]
    choices += {"int": ["float", "int | str"], "uuid": ["str"], "Role": ["Mood", "str"]}.get(
        bare, []
    )
    made = random.choice(choices)
    mapping[key] = optional(made) if name.endswith("?") and random.random() < 0.7 else made


def _optional(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if each and "ack" not in each])
    key = list(mapping)[-1]
    old = mapping[key]
    name = expression(old)
    bare = bare_of(name)
    new = random.choice([bare, f"{bare}?"])
    new = with_default(bare, random) if random.random() < 0.3 else new
    mapping[key] = with_expression(old, new) if " = " not in new else new


def _add(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if "ack" not in each])
    new = a_type(random)
    has_default = random.random() < 0.5
    mapping[f"n{random.randrange(99)}"] = (
        with_default(new, random) if has_default else optional(new)
    )


def _add_required(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if "ack" not in each])
    mapping[f"n{random.randrange(99)}"] = a_type(random)


def _remove(document: dict[str, Any], random: Random) -> None:
    mapping = random.choice([each for each in _mappings(document) if each and "ack" not in each])
    del mapping[random.choice(list(mapping))]


def _event(document: dict[str, Any], random: Random) -> None:
    namespace = document["namespaces"]["/"]
    sections = ["client_to_server", "server_to_client"]
    section = random.choice([each for each in sections if namespace[each]])
    events = namespace[section]
    name = random.choice(list(events))
    match random.choice(["add", "remove", "ack", "acks", "errors"]):
        case "add":
            events[f"new{random.randrange(9)}"] = random.choice([{}, {"ack": "int"}])
        case "remove":
            del events[name]
        case "ack":
            if events[name].pop("ack", None) is None:
                events[name] |= {"ack": a_type(random), "acks": "result"}
            elif not events[name].get("errors"):
                events[name].pop("acks", None)
        case "acks":
            if "ack" in events[name]:
                events[name]["acks"] = random.choice(["bare", "result"])
        case _:
            events[name]["errors"] = random.choice([["Bad"], ["Bad", "Worse"], ["Worse"], []])


def _declaration(document: dict[str, Any], random: Random) -> None:
    types = document["types"]
    match random.randrange(9):
        case 0:
            types["Role"]["enum"] = random.choice(
                [["owner"], ["owner", "reader", "guest"], ["reader", "owner"]]
            )
        case 1:
            types["Role"]["open"] = True
        case 2:
            types["Mood"] = {"enum": ["good", "bad", "new"][: random.choice([1, 3])], "open": True}
        case 3:
            types["Mood"].pop("open", None)
        case 4:
            types["Oval"] = {"fields": {"a": "float"}}
            types[random.choice(["Shape", "Wide"])]["union"] = ["Circle", "Square", "Oval"]
        case 5:
            types["Wide"].pop("open", None)
        case 6:
            types["Shape"]["tag"] = types["Wide"]["tag"] = "sort"
        case 7:
            types["Circle"]["tag_value"] = "round"
        case _:
            types["Count"]["ge"] = random.choice([-1, 0, 1])


def _replies(document: dict[str, Any], random: Random) -> None:
    namespace = document["namespaces"]["/"]
    namespace["error_replies"] = not namespace["error_replies"]
    if "try" in namespace["client_to_server"]:
        namespace["client_to_server"]["try"]["errors"] = random.choice([["Bad"], ["Bad", "Worse"]])


_CHANGES = (
    *(_replace, _replace, _widen, _widen, _optional, _add, _add_required, _remove, _event),
    *(_declaration, _declaration, _replies),
)


@dataclass
class Values:
    """Makes values of the types of a package."""

    contract: Contract
    module: ModuleType
    random: Random

    def of(self, type_: Type, depth: int = 0) -> Any:
        """Make a value of a type."""
        random = self.random
        match type_:
            case ScalarType():
                return self._scalar(type_)
            case ListType(item, limits):
                low, high = limits.min_items or 0, limits.max_items
                count = random.choice([low, low + 3 if high is None else high])
                count = low if depth > 4 else count
                return [self.of(item, depth + 1) for _ in range(count)]
            case MapType(value, _, RefType(name)):
                keys = {self.of(RefType(name)) for _ in range(2)}
                return {key: self.of(value, depth + 1) for key in keys}
            case MapType(value, limits):
                low, high = limits.min_items or 0, limits.max_items
                count = random.choice([low, low + 2 if high is None else high])
                return {f"k{n}": self.of(value, depth + 1) for n in range(count)}
            case TupleType(items):
                return tuple(self.of(item, depth + 1) for item in items)
            case LiteralType(values):
                return random.choice(values)
            case UnionType(members):
                return self.of(random.choice(members), depth + 1)
            case NullableType(item):
                return None if random.random() < 0.5 else self.of(item, depth + 1)
            case RefType(name):
                return self._declared(name, depth + 1)

    def given(self, field: Field, depth: int = 0) -> Any:
        """Make a value of a field or an argument, absence included."""
        has_value = field.required or field.default is not None
        if has_value or (self.random.random() < 0.5 and depth < 5):
            return self.of(field.type, depth)
        has_null = "null" in json_kinds(
            field.type, {each.name: each for each in self.contract.types}
        )
        return MISSING if has_null else None

    def answers(self, event: Event) -> Iterator[Any]:
        """Make a success of an event, and each of its errors."""
        if event.ack_args is not None:
            yield tuple(map(self.given, event.ack_args))
        else:
            yield None if event.ack is None else self.of(event.ack)
        errors = {each.name: each.fields for each in self.contract.errors}
        for name in event.errors:
            yield self.record(name, errors[name])

    def record(self, name: str, fields: tuple[Field, ...], depth: int = 0) -> Any:
        """Make an instance of a record or an error."""
        values = {
            field.name: self.given(field, depth)
            for field in fields
            if field.default is None or self.random.random() < 0.5
        }
        return getattr(self.module, name)(**values)

    def _declared(self, name: str, depth: int) -> Any:
        random, class_ = self.random, getattr(self.module, name)
        match next(each for each in self.contract.types if each.name == name):
            case Enum(open=is_open):
                unknown = [getattr(self.module, f"Unknown{name}")("unheard of")] if is_open else []
                return random.choice([*class_, *unknown])
            case NewType(base=base):
                return self.of(base, depth)
            case Alias(type=target):
                return self.of(target, depth)
            case TaggedUnion(members=members, open=is_open, tag=tag):
                if is_open and random.random() < 0.2:
                    return getattr(self.module, f"Unknown{name}")("odd", {tag: "odd", "z": 1})
                return self._declared(random.choice(members), depth)
            case Record(fields=fields):
                return self.record(name, fields, depth)
            case _:
                raise AssertionError(name)

    def _scalar(self, type_: ScalarType) -> Any:  # one case for each scalar
        random, limits = self.random, type_.constraints
        match type_.name:
            case "str":
                low, high = limits.min_length or 0, limits.max_length
                count = random.choice([low, high if high is not None else low + 4])
                text = "".join(random.choice("abxé😀") for _ in range(count))
                return {None: text, "^[ab]*$": "ab"[:count] or "", "^a": "a" * max(count, 1)}[
                    limits.pattern
                ]
            case "bytes":
                return bytes(limits.max_length if limits.max_length is not None else 9)
            case "int" | "int64":
                step = int(limits.multiple_of or 1)
                choices = [number * step for number in (-(2**40), -3, -1, 0, 1, 2, 3, 5, 2**40)]
                return random.choice([each for each in choices if _within(each, limits)])
            case "float":
                numbers = [-1e300, -0.5, 0.0, 0.25, 4.999, 5.0, 7.5, 1e300]
                return random.choice([each for each in numbers if _within(each, limits)])
            case "decimal":
                texts = ["-1.5", "0", "0.5", "2.00", "12.5", "1234", "99999", "0.125", "1E+9"]
                return random.choice([each for each in map(Decimal, texts) if _fits(each, limits)])
            case "bool":
                return random.random() < 0.5
            case "json":
                return random.choice(JSON)
            case name:
                single: dict[str, Any] = {
                    "datetime": dt.datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=dt.UTC),
                    "date": dt.date(2026, 1, 31),
                    "time": dt.time(12, 30),
                    "duration": dt.timedelta(days=1, seconds=2),
                    "uuid": UUID(int=7),
                    "url": AnyUrl("https://example.org/a?b=c"),
                    "email": "somebody@example.org",
                    "ip": ip_address("::1"),
                    "json_object": {"a": [1, {}]},
                }
                return single[name]


def _within(value: float, limits: Any) -> bool:
    return (
        (limits.ge is None or value >= limits.ge)
        and (limits.gt is None or value > limits.gt)
        and (limits.le is None or value <= limits.le)
        and (limits.lt is None or value < limits.lt)
    )


def _fits(value: Decimal, limits: Any) -> bool:
    _, digits, exponent = value.as_tuple()
    places = max(0, -int(exponent))
    whole = max(0, len(digits) + int(exponent))
    return (
        (limits.ge is None or value >= Decimal(str(limits.ge)))
        and (limits.max_digits is None or whole + places <= limits.max_digits)
        and (limits.decimal_places is None or places <= limits.decimal_places)
        and (limits.multiple_of is None or not value % Decimal(str(limits.multiple_of)))
    )
