"""JSON values for the types of a contract: valid ones, and ones with a mistake."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ackord.schema.model import (
    Alias,
    Constraints,
    Contract,
    Enum,
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
from hypothesis import strategies as st

ATTACHMENTS: Final = (b"", b"abc", bytes(1001))
"""The attachments of each value."""
RAW: Final = re.compile(r'"RAW ([^"]+)"')
"""A number that Python's JSON writer can't write, such as ``1e400``, in quotes."""

SPECIAL: Final[Mapping[str, tuple[str, ...]]] = {
    "datetime": (
        "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "2024-02-29t23:59:59.1234567z",
        "2024-01-01T24:00:00Z", "2024-01-01T23:59:60Z", "2024-01-01T23:60:00Z",
        "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999-23:59",
        "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+23:60", "2024-01-01T00:00:00-00:00",
        "2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z",
        "2024-01-01T00:00:00", "2024-01-01 00:00:00Z", "2024-01-01T00:00Z", "1900-02-29T00:00:00Z",
        "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00Z\n",
        "\u0662024-01-01T00:00:00Z", "2024-01-01T00:00:00+0100", "+2024-01-01T00:00:00Z",
    ),
    "date": (
        "2024-02-29", "2023-02-29", "2100-02-29", "2000-02-29", "0000-01-01", "0001-01-01",
        "9999-12-31", "2024-04-31", "2024-13-01", "2024-1-1", "20240101", "2024-01-01T00:00:00Z",
        "2024-01-01\n", "1704067200", "2024-01-0\u0661",
    ),
    "time": (
        "12:30", "12:30:00", "12:30:00.123456789", "12:30:00,5", "12:30Z", "12:30z", "12:30+01:00",
        "12:30+0100", "12:30-23:59", "12:30-24:00", "12:30\u221201:00", "12:30+01", "24:00", "12:60",
        "12:30:60", "1:30", "12:30:", "12:30:00.", "12:30:00 Z", "12", "43200", " 12:30", "12:30.5",
        "12:30:00+01:60", "12:30+1:00", "", "12:30Zx", "12:30Z\n", "12:3\u0660",
    ),
    "duration": (
        "P1D", "PT", "P", "P1Y2M3W4D", "P1DT", "PT1.5H", "PT1.5H2M", "P1.5D", "P1D2Y", "PT1S1S", "P1",
        "P1DT1D", "P999999999D", "P1000000000D", "PT4294967295S", "PT4294967296S",
        "PT4294967295S1M", "P613566756W", "PT1193046H", "PT1193047H", "PT71582788M", "PT71582789M",
        "P999999999DT23H", "P999999999DT24H", "P142857142W5D", "P142857142W6D", "P2739726Y",
        "-P1D", "+P1D", "PT0.0000001S", "PT1.S", "PT.5S", "P1W", "P1,5D", "PTT1S", "PT1HT1S",
        "P1.5.5D", "PT1S.5S", "-P999999999D", "-P1000000000D", "P999999999DT86400S", "p1d", "PT1h",
        "P000000000000000000000001D", "1 day", "P1D\n", "P-1D", "P1DT1.5S", "P1.5DT1S", "", "P1H",
        "P9999999999999999999999D", "P\u0661D", "P1D ", "P1.5DT",
    ),
    "uuid": (
        "12345678-1234-5678-1234-567812345678", "12345678123456781234567812345678",
        "{12345678-1234-5678-1234-567812345678}", "urn:uuid:12345678-1234-5678-1234-567812345678",
        "URN:UUID:12345678-1234-5678-1234-567812345678", "{12345678123456781234567812345678}",
        "urn:uuid:12345678123456781234567812345678", "12345678-1234-5678-1234-56781234567",
        "ABCDEFab-1234-5678-1234-567812345678", "{12345678-1234-5678-1234-567812345678", "",
        "12345678-1234-5678-1234-567812345678}", "12345678-1234-5678-1234-567812345678\n",
        "1234567-81234-5678-1234-567812345678", "g2345678-1234-5678-1234-567812345678",
        "urn:uuid:{12345678-1234-5678-1234-567812345678}",
    ),
    "decimal": (
        "1", "1.", "+.5", ".", "", "1e999999", "1e1000000", "-0", "1_0", "0e-999999", " 1", "1\n",
        "1e-999999", "1e+5", "1E5", "-1.50", "0.05", "0.15", "0.07", "99.999", "100", "100.00",
        "1e2", "1e3", "12345", "0.001", "000123.4500", "NaN", "Infinity", "-Infinity", "--1", "1e",
        "\u0661", "0.0500000", "1e-2", "-100", "-0.05", "0x1", "0.10", "10", "9.95", "5e-2", "9.951", "0.049",
    ),
    "int64": (
        "0", "-0", "00", "1", "-1", "+1", "9223372036854775807", "9223372036854775808",
        "-9223372036854775808", "-9223372036854775809", "9" * 19, "1" * 20, "1.0", "1e3", "", " 1",
        "1\n", "0x10", "\u0661", "9007199254740993",
    ),
    "email": (
        "a@b", "a@b.c", "@b", "a@", "a b@c", "a@b..c", "a@-b", "a@b-", "a@b_c", "a@[127.0.0.1]",
        "\u00e4@b", "a@\u00e4", "A.!#$%&'*+/=?^_`{|}~-@x", "a@b\n", "a@b.", f"a@{'b' * 63}",
        f"a@{'b' * 64}", f"{'a' * 252}@b", f"{'a' * 253}@b", "", "a@@b", "me@example.org",
        "ada@example.com", "a..b@c",
    ),
    "ip": (
        "1.2.3.4", "01.2.3.4", "1.2.3", "1.2.3.4.5", "256.1.1.1", "0.0.0.0", "255.255.255.255", "::",
        "::1", "1::", "::ffff:1.2.3.4", "1::2::3", "::1%eth0", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "12345::", "1:2:3:4:5:6:1.2.3.4", ":::", ":",
        "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.04", "1:2:3:4::5:6:7:8", "::1:2:3:4:5:6:7:8", "1::2:",
        ":1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1.2.3.4.", ".1.2.3.4", "1::1.2.3.4:5", "1.2.3.4:5",
        "0:0:0:0:0:0:0:00001", "", "::g", "ABCD:ef01::", "1.2.3.4\n", " ::1", "1.2..3", "::1.2.3",
        "1.2.3.+4", "1.2.3.\u0664", "1:2:3:4:5::1.2.3.4", "1:2:3:4:5:6::1.2.3.4", "2001:db8::1",
    ),
    "url": (
        "https://example.com/", "http://", "http:///x", "HTTP://EX.com", "mailto:a", "foo:bar", "x",
        "http://a b", " http://a", "http://a ", "http://[::1", "http://[::1]:80/", "http://256.1.1.1",
        "http://a:99999", "http://a:0", "http://ex%41mple", "http://\u2603.net", "file:///x",
        "file://h/x", "file:/x", "file:x", "file:", "file://", "file:///c:/x", "file://h/c:/x",
        "data:,", "javascript:1", "http://u:p@h", "http:a", "http:/a", "foo://", "foo:///", "//a",
        "http://a\\b", "http://a\tb", "", "http://a/ b", "http://a/%zz", "http://a/%41", "http://a/<",
        "http://a/\u00e9", "http://u@x@h", "http:\\\\a", "foo:\\a", "http://a?\\", "mailto:a b",
        "foo: ", "http://a/?q=%", "http://a/#a b", "http://a/\U0001f600", "http://a/\uffff",
        "http:////a", "http://a//b", "ws:a", "foo:/a", "http://@a", "http://:p@a", "http://a:",
        "1http://a", "a+b-c.d:x", "http://[::1%25a]", "foo://%zz", "http://1", "http://0xffffffffff",
        "http://a.1", "http://.", "foo:\x7f", "http://a:1:2", "http://a|b", "http://a/|", "foo://a^b",
        "http://a/#b#c", "http://a/{x}", "http://a/?[x]", "http://a/^", "http://a/`", 'http://a/"',
        "http://a/\x80", "http://\u00e9@h", "foo:a#b", "http://a#", "http://a?#", "http://a/@b",
        "http://a?@b", "foo://u@h/@", "file:////x", "file://localhost/x", "http://a//@b", "foo:@a", "file://h|", "file://h/c:x",
        "file://h/c:", "file://h/c:#a", "file://h/c:?", "file:///c|/",
    ),
}  # fmt: skip
"""Texts at the borders of each form: some are valid, some aren't."""

_WORDS: Final = (
    "", "a", "ab", "\U0001f600", "\ud800", "constructor", "__proto__", "\0", "a" * 41, "\n a",
    "\r\x85a", "a\ufeffb", "\u2028\u2028\u2028", "a\x85.", "a\u200bb", "b/c", "\u0661\u0661", "12",
    "\u00e4\U0001f600", "a\nb",
)  # fmt: skip
ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 5, 1.0, 5.0, -0.0, 1.5, 0.1, 0.7, 0.30000000001, 1e22, 2**53 - 1, "RAW 1e400",
    "RAW -1e400", "RAW 5e0", *_WORDS, "1", "true", "null", [], {}, [1], [None], {"a": 1}, {"": []},
    {"_placeholder": True, "num": 1}, {"__proto__": 1}, {"constructor": []}, {"constructor": 1}, {"ab": True}, {"abc": True},
    {"kind": "dot", "x": 1}, {"kind": "constructor"}, {"kind": "new", "x": []}, {"kind": 1},
)  # fmt: skip
"""Values to put where others stood."""


def written(value: Any) -> str:
    """Write a value as JSON."""
    return RAW.sub(r"\1", json.dumps(value))


@dataclass(frozen=True)
class Values:
    """The values of one contract."""

    contract: Contract
    _deferred: dict[str, st.SearchStrategy[Any]] = field(
        default_factory=dict[str, st.SearchStrategy[Any]], repr=False
    )
    """The values of each declared type, one strategy for each: types may hold themselves."""

    def valid(self, of: Type) -> st.SearchStrategy[Any]:
        """Give values that are mostly valid."""
        match of:
            case ScalarType(name, constraints):
                return _scalar(name, constraints)
            case ListType(item, constraints):
                least, most = _sizes(constraints)
                return st.lists(self.valid(item), min_size=least, max_size=most)
            case MapType(value, constraints, key):
                least, most = _sizes(constraints)
                return st.dictionaries(
                    self.valid(key), self.valid(value), min_size=least, max_size=most
                )
            case TupleType(items):
                return st.tuples(*map(self.valid, items)).map(list)
            case LiteralType(values):
                return st.sampled_from(values)
            case UnionType(members):
                return st.one_of(*map(self.valid, members))
            case NullableType(item):
                return st.none() | self.valid(item)
            case RefType(name):
                if name not in self._deferred:
                    self._deferred[name] = st.deferred(lambda: self._declared(name))
                return self._deferred[name]

    def _declared(self, name: str) -> st.SearchStrategy[Any]:
        declared = next(each for each in self.contract.types if each.name == name)
        match declared:
            case NewType(base=base):
                return self.valid(base)
            case Alias(type=type_):
                return self.valid(type_)
            case Enum(members=members, open=is_open):
                known = st.sampled_from([each.value for each in members])
                return known | st.just("unheard of") if is_open else known
            case TaggedUnion(members=members, tag=tag, open=is_open):
                records = st.one_of(*(self._member(each, tag) for each in members))
                return records | st.just({tag: "unheard of", "a": [1]}) if is_open else records
            case Record(fields=fields):
                own_tag = self._tag_of(name)
                return self._record(fields) if own_tag is None else self._member(name, own_tag)
            case PythonType():
                return st.sampled_from(["192.0.2.1", "10.0.0.1"])

    def _tag_of(self, name: str) -> str | None:
        unions = (each for each in self.contract.types if isinstance(each, TaggedUnion))
        return next((each.tag for each in unions if name in each.members), None)

    def _member(self, name: str, tag: str) -> st.SearchStrategy[Any]:
        record = next(each for each in self.contract.types if each.name == name)
        assert isinstance(record, Record)
        return self._record(record.fields).map(lambda value: {tag: record.tag_value, **value})

    def _record(self, fields: tuple[Field, ...]) -> st.SearchStrategy[Any]:
        required = {each.name: self.valid(each.type) for each in fields if each.required}
        optional = {each.name: self.valid(each.type) for each in fields if not each.required}
        return st.fixed_dictionaries(required, optional=optional)


def _scalar(name: str, limits: Constraints) -> st.SearchStrategy[Any]:
    if name in _OF_SCALAR:
        return _OF_SCALAR[name](limits)
    return st.sampled_from(SPECIAL[name])


def _text(limits: Constraints) -> st.SearchStrategy[Any]:
    least, most = limits.min_length or 0, limits.max_length
    if limits.pattern is not None and r"\p" in limits.pattern:  # not known to Python
        return st.sampled_from(_WORDS)
    if limits.pattern is not None:
        return st.from_regex(re.compile(limits.pattern, re.ASCII)).map(lambda text: text[:most])
    return st.text(st.sampled_from("ab \U0001f600\n"), min_size=least, max_size=most or 3)


def _int(limits: Constraints) -> st.SearchStrategy[Any]:
    low, high = _whole(limits.ge, limits.gt, 1), _whole(limits.le, limits.lt, -1)
    step = int(limits.multiple_of or 1)
    return st.integers(low, high).map(lambda value: value // step * step)


def _float(limits: Constraints) -> st.SearchStrategy[Any]:
    low, high = _real(limits.ge, limits.gt), _real(limits.le, limits.lt)
    step = float(limits.multiple_of or 0)
    floats = st.floats(low, high, allow_nan=False, allow_infinity=False)
    return floats.map(lambda value: round(value / step) * step if step else value)


def _bytes(limits: Constraints) -> st.SearchStrategy[Any]:
    least, most = limits.min_length or 0, limits.max_length or 2000
    fitting = [n for n, content in enumerate(ATTACHMENTS) if least <= len(content) <= most]
    return st.sampled_from(fitting).map(lambda number: {"_placeholder": True, "num": number})


def _int64(limits: Constraints) -> st.SearchStrategy[Any]:
    low = -(2**63) if limits.ge is None else int(limits.ge)
    return st.integers(low, 2**63 - 1).map(str)


def _decimal(_: Constraints) -> st.SearchStrategy[Any]:
    hundredths = st.decimals(-1000, 1000, places=2, allow_nan=False).map(str)
    return hundredths | st.sampled_from(SPECIAL["decimal"])


_JSON: Final = st.recursive(
    st.sampled_from([None, True, 0, 1.5, "a"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=2)
    ),
    max_leaves=4,
)


_OF_SCALAR: Final[Mapping[str, Callable[[Constraints], st.SearchStrategy[Any]]]] = {
    "str": _text,
    "int": _int,
    "float": _float,
    "bool": lambda _: st.booleans(),
    "bytes": _bytes,
    "int64": _int64,
    "decimal": _decimal,
    "json": lambda _: _JSON,
    "json_object": lambda _: st.dictionaries(st.sampled_from(_WORDS), _JSON, max_size=2),
}


def _sizes(limits: Constraints) -> tuple[int, int]:
    least = limits.min_items or 0
    return least, min(least + 3, 3 if limits.max_items is None else limits.max_items)


def _whole(inclusive: Any, exclusive: Any, step: int) -> int | None:
    if inclusive is not None:
        return int(inclusive)
    return None if exclusive is None else int(exclusive) + step


def _real(inclusive: Any, exclusive: Any) -> float | None:
    bound = inclusive if inclusive is not None else exclusive
    return None if bound is None else float(bound)


@st.composite
def with_mistake(draw: st.DrawFn, value: Any) -> Any:
    """Give a value with one part replaced, left out or added."""
    changed = [copy.deepcopy(value)]
    places = [*_places(changed)]
    holder, key = draw(st.sampled_from(places))
    action = draw(st.sampled_from(("replace", "replace", "remove", "add")))
    inside: Any = holder[key]
    if action == "add" and inside.__class__ is dict:
        inside[draw(st.sampled_from(_WORDS))] = draw(st.sampled_from(ODD))
    elif action == "add" and inside.__class__ is list:
        inside.append(draw(st.sampled_from([*ODD, *inside])))
    elif action == "remove" and holder is not changed:
        del holder[key]
    elif isinstance(inside, str) and draw(st.booleans()):
        texts = draw(st.sampled_from([*SPECIAL.values()]))
        holder[key] = draw(st.sampled_from(texts))
    else:
        holder[key] = draw(st.sampled_from(ODD))
    return changed[0]


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    keys: list[Any] = [*(range(len(holder)) if holder.__class__ is list else holder)]
    for key in keys:
        yield holder, key
        if isinstance(holder[key], dict | list):
            yield from _places(holder[key])
