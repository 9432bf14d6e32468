"""Every value of every type that the schema accepts arrives as it was sent: generated types and
values, through the whole generator.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import struct
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import count, permutations, product
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from ackord.codegen import generate
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.schema import load_bytes
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
    PythonType,
    Record,
    RefType,
    ScalarType,
    TaggedUnion,
    TupleType,
    Type,
    UnionType,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import MISSING, AnyUrl, BaseModel

from tests.codegen.conftest import load_package

DECLARED: dict[str, Any] = {
    "Role": {"enum": ["owner", "reader"]},
    "Mood": {"enum": ["good"], "open": True},
    "Count": {"newtype": "int", "ge": 0},
    "Big": {"newtype": "int64", "ge": 0},
    "Blob": {"newtype": "bytes"},
    "Moment": {"newtype": "datetime"},
    "Leaf": {
        "fields": {
            "metadata": "bytes",
            "type": "int | null?",
            "next": "Leaf?",
            "steps": "json?",
            "@type": {"type": "str?", "name": "kind"},
            "title": {"type": "str?", "name": "metadata_"},
        }
    },
    "Key": {"newtype": "str"},
    "Shape": {"union": ["Circle", "Square"], "tag": "kind"},
    "Circle": {"fields": {"radius": "float"}},
    "Square": {"tag_value": "1", "fields": {"inner": "list[Shape]"}},
    "Either": "bytes | str | null",
    "Address": {"python": "ipaddress.IPv4Address"},
}
NUMBERS = ["int", "float", "Count", "literal[1]", "literal[0, 2]"]
BOOLEANS = ["bool", "literal[true]", "literal[false]"]
STRINGS = [
    "str",
    "int64",
    "Big",
    "datetime",
    "Moment",
    "date",
    "time",
    "duration",
    "uuid",
    "decimal",
    "url",
    "email",
    "ip",
    "Role",
    "Mood",
    "Address",
    'literal["a","1"]',
]
OBJECTS = ["bytes", "Blob", "Leaf", "Shape", "json_object"]
KEYS = ["str", "Key", "int64", "Big", "uuid", "date", "email", "ip", "Role", "Mood", 'literal["a"]']
MIXED = ['literal["a", 1, true]', "literal[0, false]", "Either", "json"]


def containers(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    arrays = inner.map("list[{}]".format) | st.lists(inner, min_size=1, max_size=3).map(
        lambda items: f"tuple[{', '.join(items)}]"
    )
    maps = st.tuples(st.sampled_from(KEYS), inner).map(lambda parts: "map[{}, {}]".format(*parts))

    def without_two_integers(members: list[str]) -> bool:
        return (
            not {"int64", "Big"}.intersection(members)
            or "float" in members
            or not set(NUMBERS).intersection(members)
        )

    kinds = [
        st.sampled_from(NUMBERS),
        st.sampled_from(BOOLEANS),
        st.sampled_from(STRINGS),
        st.sampled_from(OBJECTS) | maps,
        arrays,
    ]
    members = (
        st.permutations(kinds)
        .flatmap(lambda kinds: st.tuples(*kinds[:3]))
        .map(list)
        .filter(without_two_integers)
    )
    unions = members.map(" | ".join)
    nullable = (
        unions | st.sampled_from(NUMBERS + BOOLEANS + STRINGS + OBJECTS) | arrays | maps
    ).map("{} | null".format)
    return arrays | maps | unions | nullable


EXPRESSIONS = st.recursive(
    st.sampled_from(NUMBERS + BOOLEANS + STRINGS + OBJECTS + MIXED), containers, max_leaves=4
)

TEXTS = st.sampled_from(
    ["\u2028\u2029", "\0", "\x7f\x1f", "\U0001f600", "NaN", "", "-Infinity"]
) | st.text(max_size=5)
FLOATS = st.sampled_from([-0.0, 1e308, 5e-324, 5.0, 1e22, -(2.0**53)]) | st.floats(
    allow_nan=False, allow_infinity=False
)
ZONES = st.sampled_from(
    [dt.UTC, dt.timezone(dt.timedelta(hours=-23, minutes=-59)), ZoneInfo("Asia/Kathmandu")]
)
ODD_ZONES = st.sampled_from(
    [
        dt.timezone(dt.timedelta(hours=5, minutes=53, seconds=28)),
        dt.timezone(dt.timedelta(microseconds=-1)),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "str": TEXTS,
    "int": st.sampled_from([2**53, -(2**53), 2**64, 10**4299]) | st.integers(),
    "int64": st.sampled_from([2**63 - 1, -(2**63), 2**53 + 1]) | st.integers(-(2**63), 2**63 - 1),
    "float": FLOATS,
    "bool": st.booleans(),
    "bytes": st.sampled_from([b"", bytes(100_000)]) | st.binary(max_size=5),
    "datetime": st.datetimes(timezones=ZONES)
    | st.datetimes(dt.datetime(1, 1, 3), dt.datetime(9999, 12, 29), timezones=ODD_ZONES)  # noqa: DTZ001  # bounds are naive
    | st.sampled_from(
        [dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)]
    ),
    "date": st.sampled_from([dt.date.min, dt.date.max, dt.date(2000, 2, 29)]) | st.dates(),
    "time": st.times()
    | st.times(timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(minutes=-30))])),
    "duration": st.sampled_from(
        [dt.timedelta.min, dt.timedelta.max, dt.timedelta(microseconds=-1), dt.timedelta(days=1000)]
    )
    | st.timedeltas(),
    "uuid": st.uuids(),
    "decimal": st.sampled_from(
        [Decimal("1.10"), Decimal("-0"), Decimal("1E+999999"), Decimal("0E-10"), Decimal("9" * 50)]
    )
    | st.decimals(allow_nan=False, allow_infinity=False),
    "url": st.sampled_from(
        [AnyUrl("https://example.org/a?b=c#d"), AnyUrl("mailto:a@b"), AnyUrl("http://[::1]:99/%00")]
    ),
    "email": st.from_regex(
        r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,9}@[a-zA-Z0-9]([a-zA-Z0-9-]{0,3}[a-z])?(\.[a-z]{1,3})?",
        fullmatch=True,
    ),
    "ip": st.ip_addresses(),
    "json": JSON,
    "json_object": st.dictionaries(TEXTS, JSON, max_size=2),
}


@dataclass
class Generated:
    """A contract and its package."""

    contract: Contract
    module: ModuleType

    def values(self, of: Type) -> st.SearchStrategy[Any]:
        match of:
            case ScalarType(name, constraints):
                return SCALARS[name].map(abs) if constraints.ge == 0 else SCALARS[name]
            case ListType(item):
                return st.lists(self.values(item), max_size=2)
            case MapType(value, key=key):
                return st.dictionaries(self.values(key), self.values(value), max_size=2)
            case TupleType(items):
                return st.tuples(*map(self.values, items))
            case LiteralType(values):
                return st.sampled_from(values)
            case UnionType(members):
                return st.one_of(*map(self.values, members))
            case NullableType(item):
                return st.none() | self.values(item)
            case RefType(name):
                return self._declared(name)

    def _declared(self, name: str) -> st.SearchStrategy[Any]:
        class_ = getattr(self.module, name)
        match next(each for each in self.contract.types if each.name == name):
            case Enum(open=is_open):
                unknown = [getattr(self.module, f"Unknown{name}")("unheard of")] if is_open else []
                return st.sampled_from([*class_, *unknown])
            case NewType(base=base):
                return self.values(base).filter(lambda value: base.name != "int64" or value < 2**63)
            case Alias(type=target):
                return self.values(target)
            case TaggedUnion(members=members):
                return st.deferred(lambda: st.one_of(*map(self._declared, members)))
            case Record(fields=fields):
                return st.deferred(
                    lambda: st.builds(
                        class_, **{field.identifier: self.given(field) for field in fields}
                    )
                )
            case PythonType():
                return st.ip_addresses(v=4)

    def answers(self, event: Event) -> st.SearchStrategy[Any]:
        """Give the values of an acknowledgement."""
        if event.ack is not None:
            return self.values(event.ack)
        return st.builds(self.module.ManyAck, *map(self.given, event.ack_args or ()))

    def given(self, field: Field) -> st.SearchStrategy[Any]:
        """Give the values of a field or an argument, absence included."""
        if field.required:
            return self.values(field.type)
        absent = (
            MISSING
            if "null" in json_kinds(field.type, {each.name: each for each in self.contract.types})
            else None
        )
        return st.just(absent) | self.values(field.type)


NUMBERED = count()


def generated(types: dict[str, Any], namespace: dict[str, Any]) -> Generated | None:
    """Load a contract, generate its package and import it; `None` where the schema refuses a
    union.
    """
    document = {
        "ackord": 1,
        "name": "travel",
        "version": "1.0.0",
        "types": DECLARED | types,
        "namespaces": {"/": namespace},
    }
    loaded = load_bytes(json.dumps(document).encode(), "travel.yaml")
    if loaded.contract is None:
        assert {
            (one.code, bool(one.hint)) for one in loaded.diagnostics if one.severity == "error"
        } == {("S035", True)}, loaded.diagnostics
        return None
    name = f"travelling_{next(NUMBERED)}"
    with tempfile.TemporaryDirectory() as directory:
        for path, text in generate(loaded.contract, source="travel.yaml").items():
            (Path(directory) / path).write_text(text, encoding="utf-8")
        module = load_package(name, Path(directory))
        __import__(f"{name}.types")
        __import__(f"{name}.events")
    return Generated(loaded.contract, module)


@pytest.fixture(autouse=True)
def _forget_packages() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith("travelling_")]:
        del sys.modules[name]


def assert_same(arrived: Any, sent: Any) -> None:
    """Compare values, their Python types and what `==` doesn't see."""
    if isinstance(sent, dt.datetime):
        assert isinstance(arrived, dt.datetime)
        assert arrived == sent
        return
    assert type(arrived) is type(sent)
    match sent:
        case float():
            assert struct.pack("d", arrived) == struct.pack("d", sent)
        case Decimal():
            assert arrived.as_tuple() == sent.as_tuple()
        case BaseModel():
            assert_same(vars(arrived), vars(sent))
        case dict():
            assert_same([*arrived], [*sent])
            assert_same([*arrived.values()], [*sent.values()])
        case list() | tuple():
            items: list[Any] = [*sent]
            assert len(arrived) == len(items)
            for one, other in zip(arrived, items, strict=True):
                assert_same(one, other)
        case _:
            assert arrived == sent


def assert_packet(text: str, attachments: Any) -> None:
    """The text is strict JSON, and an attachment is bytes."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    json.loads(text, parse_constant=refuse, parse_int=str)
    assert all(type(attachment) is bytes for attachment in attachments)


def assert_travels(event: Any, args: tuple[Any, ...]) -> None:
    text, attachments = event.arguments.encode(args)
    assert_packet(text, attachments)
    assert_same(event.arguments.decode(text, attachments), args)


def assert_returns(event: Any, answer: Any) -> None:
    text, attachments = event.reply.encode(answer)
    assert_packet(text, attachments)
    assert_same(event.reply.decode(text, attachments), answer)


@settings(max_examples=20)
@given(st.data(), st.lists(EXPRESSIONS, min_size=4, max_size=4))
def test_values_of_any_type_arrive_as_they_were_sent(
    data: st.DataObject, expressions: list[str]
) -> None:
    first, second, third, fourth = expressions
    probe = {"a": first, "b": f"{second}?", "c": f"list[{third}]?", "d": f"map[str, {fourth}]"}
    found = generated(
        {"Probe": {"fields": probe}},
        {
            "client_to_server": {
                "one": {
                    "args": {"a": first, "b": "Probe?", "c": f"{second}?"},
                    "ack": f"list[{third}]",
                },
                "many": {"ack": {"args": {"x": "int", "y": first, "z": f"{second}?"}}},
            },
            "server_to_client": {
                "two": {"args": {"a": f"{fourth}?"}, "ack": "Probe", "acks": "result"}
            },
        },
    )
    assert found is not None, expressions
    (namespace,) = found.contract.namespaces
    events = found.module.__dict__["events"].__dict__
    for planned in (*namespace.client_to_server, *namespace.server_to_client):
        args, answer = st.tuples(*map(found.given, planned.args)), found.answers(planned)
        for _ in range(4):
            assert_travels(events[f"TRAVEL_{planned.identifier.upper()}"], data.draw(args))
            assert_returns(events[f"TRAVEL_{planned.identifier.upper()}"], data.draw(answer))


def test_members_of_a_union_travel_in_any_order_or_the_union_is_refused() -> None:
    members = [
        *NUMBERS,
        *BOOLEANS,
        *STRINGS,
        *OBJECTS,
        "list[bytes]",
        "tuple[int64, bytes]",
        "map[str, bytes]",
    ]
    accepted = accepted_pairs(members)
    assert {"bytes | str", "str | bytes", "literal[true] | int", "int64 | float"} <= set(accepted)
    assert not {"int | int64", "Big | literal[1]", "float | int"}.intersection(accepted)
    found = generated(
        {},
        {
            "client_to_server": {
                f"e{index}": {"args": {"a": pair}} for index, pair in enumerate(accepted)
            }
        },
    )
    assert found is not None
    examples = example_values(found.module)
    for index, pair in enumerate(accepted):
        for member in pair.split(" | "):
            for value in examples[member]:
                assert_travels(vars(found.module.events)[f"TRAVEL_E{index}"], (value,))


def test_patterns_know_digits_and_letters_as_javascript_does() -> None:
    patterns = [
        r"^\d+$",
        r"^\w+$",
        r"^[\w-]+$",
        r"^[^\W_]+$",
        r"^[^\d]\D$",
        r"^\\d$",
        r"\ba\b",
        r"^[\d.\-\\]+$",
        r"\s\W",
    ]
    events = {
        f"e{index}": {"args": {"a": {"type": "str", "pattern": pattern}}}
        for index, pattern in enumerate(patterns)
    }
    found = generated({}, {"client_to_server": events})
    assert found is not None
    texts = ["".join(characters) for characters in product("1ad_-.\\ \u0661\u00e9", repeat=2)]
    for index, pattern in enumerate(patterns):
        for text in texts:
            expected = re.search(pattern, text, re.ASCII) is not None
            assert accepts(vars(found.module.events)[f"TRAVEL_E{index}"], text) == expected, (
                pattern,
                text,
            )


def accepts(event: Any, value: str) -> bool:
    try:
        event.arguments.decode(json.dumps(["name", value]))
    except FailureReply:
        return False
    return True


def example_values(module: ModuleType) -> dict[str, list[Any]]:
    leaf, shape = (
        module.Leaf(metadata=b"x", type=None),
        module.Square(inner=[module.Circle(radius=1.0)]),
    )
    moment, url = dt.datetime(2024, 2, 29, tzinfo=dt.UTC), AnyUrl("https://example.org/")
    return {
        "int": [0, 1, 2**60],
        "Count": [1],
        "float": [1.5, 1.0, -0.0],
        "literal[1]": [1],
        "literal[0, 2]": [0, 2],
        "bool": [True, False],
        "literal[true]": [True],
        "literal[false]": [False],
        "str": ["", "1", "true", "2024-02-29"],
        "int64": [0, 1, 2**62],
        "Big": [1],
        "datetime": [moment],
        "Moment": [moment],
        "date": [moment.date()],
        "time": [moment.time()],
        "duration": [dt.timedelta(1)],
        "uuid": [UUID(int=1)],
        "decimal": [Decimal("1.0")],
        "url": [url],
        "email": ["a@b"],
        "ip": [IPv4Address("127.0.0.1"), IPv6Address("::1")],
        "Role": [*module.Role],
        "Mood": [module.Mood.GOOD, module.UnknownMood("1")],
        "Address": [IPv4Address("127.0.0.1")],
        'literal["a","1"]': ["1"],
        "bytes": [b"", b"1"],
        "Blob": [b"1"],
        "Leaf": [leaf],
        "Shape": [shape],
        "json_object": [{}, {"a": [1, None]}],
        "list[bytes]": [[], [b"1"]],
        "tuple[int64, bytes]": [(1, b"1")],
        "map[str, bytes]": [{}, {"a": b"1"}],
    }


def accepted_pairs(members: list[str]) -> list[str]:
    """Let the schema say which unions of two members it accepts: it refuses the others with a
    hint.
    """
    pairs = [f"{one} | {other}" for one, other in permutations(members, 2)]
    fields = {f"f{index}": pair for index, pair in enumerate(pairs)}
    document = {
        "ackord": 1,
        "name": "travel",
        "version": "1.0.0",
        "types": DECLARED | {"Pairs": {"fields": fields}},
    }
    text = json.dumps(document, indent=1)
    found = [
        one
        for one in load_bytes(text.encode(), "travel.yaml").diagnostics
        if one.severity == "error"
    ]
    assert {(one.code, bool(one.hint)) for one in found} == {("S035", True)}
    first = text.splitlines().index(f'    "f0": {json.dumps(pairs[0])},') + 1
    refused = {one.range.line - first for one in found}
    return [pair for index, pair in enumerate(pairs) if index not in refused]
