"""Every scalar of the schema language: what it looks like on the wire, and what is refused on
either side of it.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import json
import math
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.typed.model import Model, OpenEnum
from ackord.runtime.validation import (
    Arg,
    ArgumentsAdapter,
    Bytes,
    Date,
    Datetime,
    Decimal,
    Duration,
    Email,
    EmailAddress,
    Int,
    Int64,
    Ip,
    Json,
    JsonObject,
    StrictLiteral,
    Time,
    Url,
    WholeNumber,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AnyUrl, BaseModel, Field, TypeAdapter, ValidationError

UTC = dt.UTC


class Role(enum.StrEnum):
    OWNER = "owner"
    EDITOR = "editor"


class Color(OpenEnum):
    RED = "red"


class Digit(enum.StrEnum):
    ONE = "1"
    YES = "true"


class One(Model, frozen=True):
    kind: Literal["1"] = "1"


class Yes(Model, frozen=True):
    kind: Literal["true"] = "true"


Tagged = Annotated[One | Yes, Field(discriminator="kind")]


WIRE_FORMS: list[tuple[Any, Any, str]] = [
    (str, "héllo\n\U0001f600", '"héllo\\n\U0001f600"'),
    (Int, 42, "42"),
    (float, 1.5, "1.5"),
    (float, 2.0, "2.0"),
    (bool, True, "true"),
    (Int64, 2**63 - 1, '"9223372036854775807"'),
    (Int64, -(2**63), '"-9223372036854775808"'),
    (Int64, 0, '"0"'),
    (Datetime, dt.datetime(2026, 1, 31, 12, tzinfo=UTC), '"2026-01-31T12:00:00Z"'),
    (
        Datetime,
        dt.datetime(2026, 1, 31, 12, 0, 0, 5000, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        '"2026-01-31T12:00:00.005000+02:00"',
    ),
    (Date, dt.date(2026, 1, 31), '"2026-01-31"'),
    (Time, dt.time(12, 30, 1), '"12:30:01"'),
    (Duration, dt.timedelta(days=400, hours=2, seconds=1.5), '"P400DT2H1.5S"'),
    (Duration, -dt.timedelta(minutes=1), '"-PT1M"'),
    (Duration, dt.timedelta(), '"PT0S"'),
    (UUID, UUID("12345678-1234-5678-1234-567812345678"), '"12345678-1234-5678-1234-567812345678"'),
    (Decimal, decimal.Decimal("12.50"), '"12.50"'),
    (Decimal, decimal.Decimal("1E+3"), '"1E+3"'),
    (Url, AnyUrl("https://example.org/a?b=c"), '"https://example.org/a?b=c"'),
    (Email, "o'neil+tag@mail.example.org", '"o\'neil+tag@mail.example.org"'),
    (Ip, IPv4Address("192.0.2.1"), '"192.0.2.1"'),
    (Ip, IPv6Address("2001:db8::1"), '"2001:db8::1"'),
    (JsonObject, {"a": {"b": None}}, '{"a":{"b":null}}'),
    (dict[Ip, Int], {IPv4Address("192.0.2.1"): 1}, '{"192.0.2.1":1}'),
    (dict[Int64, Int], {-5: 1}, '{"-5":1}'),
    (Json, {"a": [1, 2.5, None, True, "x"]}, '{"a":[1,2.5,null,true,"x"]}'),
    (Role, Role.EDITOR, '"editor"'),
    (Color, Color.RED, '"red"'),
    (list[Int], [1, 2], "[1,2]"),
    (dict[str, int], {"a": 1}, '{"a":1}'),
    (tuple[int, str], (1, "a"), '[1,"a"]'),
    (int | None, None, "null"),
]


def adapter(type_: Any) -> ArgumentsAdapter:
    return ArgumentsAdapter("e", [Arg("x", type_)])


@pytest.mark.parametrize(("type_", "value", "wire"), WIRE_FORMS)
def test_a_scalar_has_one_form_on_the_wire_and_comes_back_from_it(
    type_: Any, value: Any, wire: str
) -> None:
    text, attachments = adapter(type_).encode((value,))
    assert text == f'["e",{wire}]'
    assert not attachments
    (back,) = adapter(type_).decode(text)
    assert back == value
    assert type(back) is type(value)


REFUSED_WIRE: list[tuple[Any, str]] = [
    (str, "1"),
    (Int, '"1"'),
    (Int, "true"),
    (Int, "1.5"),
    (float, '"1.5"'),
    (float, "NaN"),
    (bool, "1"),
    (bool, '"true"'),
    (Int64, "5"),
    (Int64, '"9223372036854775808"'),
    (Int64, '"007"'),
    (Int64, '"+1"'),
    (Int64, '" 1"'),
    (Int64, '"\u0661"'),
    (Datetime, '"2026-01-31T12:00:00"'),
    (Datetime, '"2026-01-31"'),
    (Datetime, '"1700000000"'),
    (Datetime, "1700000000"),
    (Datetime, '"2026-02-31T12:00:00Z"'),
    (Date, '"86400"'),
    (Date, '"2026-02-31"'),
    (Time, "12"),
    (Duration, "3"),
    (Duration, '"1 day"'),
    (Duration, '"P"'),
    (UUID, '"xyz"'),
    (Decimal, "1.5"),
    (Decimal, '"NaN"'),
    (Decimal, '"1,5"'),
    (Url, '"no url"'),
    *((Email, f'"{text}"') for text in ("", "a", "@b", "a@", "a@-b", "a@b.", "a b@c", "\u00e4@b")),
    (Email, f'"{"a" * 253}@b"'),
    (Email, "5"),
    (Annotated[str, Field(max_length=5), EmailAddress], '"abcd@b"'),
    (Annotated[str, Field(max_length=5), EmailAddress], '"abcd"'),
    *((Ip, f'"{text}"') for text in ("", "1.2.3", "1.2.3.04", "::1%eth0", "::g", "1.2.3.4/8")),
    (Ip, "1"),
    (JsonObject, "[]"),
    (JsonObject, "null"),
    (JsonObject, '{"a":NaN}'),
    (dict[Ip, Int], '{"a":1}'),
    (dict[Int64, Int], '{"05":1}'),
    (Json, "[1,NaN]"),
    (Json, '{"a":Infinity}'),
    (Role, '"nobody"'),
    (Color, "1"),
    *((Digit, wire) for wire in ("1", "1.0", "true")),
    *((Tagged, f'{{"kind":{wire}}}') for wire in ("1", "1.0", "true", '["1"]')),
    (tuple[int, str], "[1]"),
    (Bytes, '"aGVsbG8="'),
    (Bytes, '{"_placeholder":true,"num":0}'),
]


@pytest.mark.parametrize(("type_", "wire"), REFUSED_WIRE)
def test_what_is_not_exactly_the_type_is_refused_with_the_name_of_the_argument(
    type_: Any, wire: str
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter(type_).decode(f'["e",{wire}]')
    assert caught.value.code == "invalid_request"
    issues = list(caught.value.issues or ())
    assert issues
    for issue in issues:
        assert issue["loc"][0] == "x"
        assert set(issue) == {"loc", "type", "msg"}


REFUSED_VALUES: list[tuple[Any, Any]] = [
    (str, 1),
    (Int, "1"),
    (Int, True),
    (float, math.nan),
    (float, math.inf),
    (Int64, 2**63),
    (Int64, "5"),
    (Bytes, "text"),
    (Datetime, dt.datetime(2026, 1, 31, 12)),  # noqa: DTZ001  # naive on purpose
    (Datetime, "2026-01-31T12:00:00Z"),
    (Date, "2026-01-31"),
    (Duration, 3),
    (UUID, "12345678-1234-5678-1234-567812345678"),
    (Decimal, 1.5),
    (Decimal, decimal.Decimal("NaN")),
    (Email, "a"),
    (Email, 1),
    (Ip, "192.0.2.1"),
    (JsonObject, []),
    (JsonObject, {"a": math.nan}),
    (JsonObject, {"a": b"bytes"}),
    (dict[Ip, Int], {"192.0.2.1": 1}),
    (Json, {"a": math.nan}),
    (Json, {"a": b"bytes"}),
    (Json, {1: 2}),
    (Json, object()),
    (Role, "owner"),
    (str, "\ud800"),
]


@pytest.mark.parametrize(("type_", "value"), REFUSED_VALUES)
def test_a_value_of_another_type_is_not_sent(type_: Any, value: Any) -> None:
    with pytest.raises(InvalidPayloadError, match=r"arguments of 'e'"):
        adapter(type_).encode((value,))


def test_a_member_that_an_open_enumeration_does_not_know_is_read_and_written_and_kept_nowhere() -> (
    None
):
    (member,) = adapter(Color).decode('["e","ultraviolet"]')
    assert member == "ultraviolet"
    assert isinstance(member, Color)
    assert not member.is_known
    assert Color.RED.is_known
    assert list(Color) == [Color.RED]
    assert adapter(Color).encode((member,))[0] == '["e","ultraviolet"]'
    assert len(Color._value2member_map_) == 1


def test_constraints_hold_over_the_types_of_the_contract() -> None:
    type_ = Annotated[Int64, Field(ge=5)]
    assert adapter(type_).decode('["e","5"]') == (5,)
    with pytest.raises(InvalidArgumentsError):
        adapter(type_).decode('["e","4"]')


@pytest.mark.parametrize(
    ("type_", "value", "wire", "issue"),
    [
        (Annotated[Bytes, Field(max_length=2)], b"abc", '{"_placeholder":true,"num":0}', ("bytes_too_long", "Data should have at most 2 bytes")),
        (Annotated[Bytes, Field(min_length=4)], b"abc", '{"_placeholder":true,"num":0}', ("bytes_too_short", "Data should have at least 4 bytes")),
        (Annotated[Bytes, Field(max_length=1)], b"abc", '{"_placeholder":true,"num":0}', ("bytes_too_long", "Data should have at most 1 byte")),
        (Annotated[str, Field(max_length=2)], "abc", '"abc"', ("string_too_long", "String should have at most 2 characters")),
        (Annotated[list[int], Field(max_length=0)], [1], "[1]", ("too_long", "List should have at most 0 items after validation, not 1")),
    ],
)  # fmt: skip
def test_a_limit_speaks_of_bytes_of_characters_or_of_items(
    type_: Any, value: Any, wire: str, issue: tuple[str, str]
) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        adapter(type_).decode(f'["e",{wire}]', [b"abc"] if "num" in wire else ())
    found = caught.value.issues
    assert found is not None
    assert [(each["type"], each["msg"]) for each in found] == [issue]
    with pytest.raises(InvalidPayloadError, match=issue[1]):
        adapter(type_).encode((value,))


def test_bytes_outside_of_a_packet_are_base64() -> None:
    class Stored(BaseModel):
        data: Bytes

    text = Stored(data=b"\xff\x00").model_dump_json()
    assert text == '{"data":"/wA="}'
    assert Stored.model_validate_json(text) == Stored(data=b"\xff\x00")
    assert Stored.model_json_schema()["properties"]["data"]["format"] == "binary"
    for wrong in ('{"data":"?"}', '{"data":{"_placeholder":true,"num":0}}'):
        with pytest.raises(ValueError, match="data"):
            Stored.model_validate_json(wrong)


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
ALL: tuple[tuple[Any, st.SearchStrategy[Any]], ...] = (
    (str, st.text()),
    (Int, st.integers(-(2**200), 2**200)),
    (float, st.floats(allow_nan=False, allow_infinity=False)),
    (Int64, st.integers(-(2**63), 2**63 - 1)),
    (Bytes, st.binary()),
    (Datetime, st.datetimes(timezones=st.just(UTC))),
    (Date, st.dates()),
    (Time, st.times()),
    (Duration, st.timedeltas()),
    (UUID, st.uuids()),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    (Json, JSON_VALUES),
    (
        dict[str, list[Bytes]],
        st.dictionaries(st.text(), st.lists(st.binary(), max_size=3), max_size=3),
    ),
)
EVERYTHING = ArgumentsAdapter(
    "e", [Arg(f"a{index}", type_) for index, (type_, _) in enumerate(ALL)]
)


@given(st.tuples(*(strategy for _, strategy in ALL)))
def test_whatever_is_encoded_is_strict_json_and_decodes_to_the_same(
    values: tuple[Any, ...],
) -> None:
    text, attachments = EVERYTHING.encode(values)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(text, parse_constant=refuse)[0] == "e"
    assert EVERYTHING.decode(text, attachments) == values


@given(JSON_VALUES)
def test_no_json_value_makes_a_reader_raise_anything_but_a_refusal(value: Any) -> None:
    text = json.dumps(["e", value])
    for type_, _ in ALL[:-1]:
        reader = _READERS.setdefault(type_, adapter(type_))
        try:
            reader.decode(text)
        except InvalidArgumentsError as error:
            assert error.issues  # noqa: PT017  # either outcome is right


_READERS: dict[Any, ArgumentsAdapter] = {}


INT: Any = Int
POSITIVE: Any = Annotated[int, Field(ge=1), WholeNumber]
WHOLE: list[tuple[Any, str, Any]] = [
    (Int, "5.0", 5),
    (Int, "-5.0", -5),
    (Int, "1e3", 1000),
    (Int, "-0.0", 0),
    (Int, "9007199254740992.0", 2**53),
    (Int, "9007199254740993", 2**53 + 1),
    (POSITIVE, "5.0", 5),
    (Int | str, "5.0", 5),
    (INT | None, "5.0", 5),
    (list[Int], "[5.0,6]", [5, 6]),
    (dict[str, Int], '{"a":5.0}', {"a": 5}),
    (tuple[Int, float], "[5.0,5.0]", (5, 5.0)),
]


@pytest.mark.parametrize(("type_", "wire", "value"), WHOLE)
def test_a_number_without_fraction_is_an_int(type_: Any, wire: str, value: Any) -> None:
    (back,) = adapter(type_).decode(f'["e",{wire}]')
    assert repr(back) == repr(value)


NOT_WHOLE: list[tuple[Any, str, str]] = [
    *(
        (Int, wire, "int_type")
        for wire in ("5.5", "9007199254740994.0", "1e400", "true", '"5"', "null", "[5]", "{}")
    ),
    (POSITIVE, "0.0", "greater_than_equal"),
    (POSITIVE, "0", "greater_than_equal"),
    (POSITIVE, "1.5", "int_type"),
]


@pytest.mark.parametrize(("type_", "wire", "issue"), NOT_WHOLE)
def test_another_value_has_the_issue_that_an_int_always_had(
    type_: Any, wire: str, issue: str
) -> None:
    for inside, text, loc in (
        (type_, wire, ["x"]),
        (list[type_], f"[{wire}]", ["x", 0]),
        (type_ | Bytes, wire, ["x", "int"]),
    ):
        with pytest.raises(InvalidArgumentsError) as caught:
            adapter(inside).decode(f'["e",{text}]')
        found = next(iter(caught.value.issues or ()))
        assert (found["type"], found["loc"]) == (issue, loc)


LITERALS: list[tuple[Any, dict[str, Any]]] = [
    (Literal[1, 2], {"1": 1, "2": 2}),
    (Literal[True], {"true": True}),
    (Literal[0, False], {"0": 0, "false": False}),
    (Literal["a", 1, True], {'"a"': "a", "1": 1, "true": True}),
]


@pytest.mark.parametrize(("type_", "values"), LITERALS)
def test_a_literal_takes_its_own_kinds_of_json(type_: Any, values: dict[str, Any]) -> None:
    strict: Any = Annotated[type_, StrictLiteral]
    others: dict[str, Any] = {
        "1": 1,
        "0": 0,
        "true": True,
        "false": False,
        "1.0": 1.0,
        "0.0": 0.0,
        '"1"': "1",
        '"a"': "a",
        "[]": [],
        "null": None,
    }
    for wire, value in (others | values).items():
        if wire in values:
            assert repr(adapter(strict).decode(f'["e",{wire}]')) == repr((value,))
            assert adapter(strict).encode((value,))[0] == f'["e",{wire}]'
            continue
        with pytest.raises(InvalidArgumentsError, match="invalid_request"):
            adapter(strict).decode(f'["e",{wire}]')
        with pytest.raises(InvalidPayloadError):
            adapter(strict).encode((value,))
        for union in (strict | Json, Json | strict):
            assert repr(adapter(union).decode(f'["e",{wire}]')) == repr((value,))


def test_a_value_that_no_text_stands_for_is_not_sent_and_an_offset_with_seconds_becomes_utc() -> (
    None
):
    seconds = dt.timezone(dt.timedelta(hours=5, minutes=53, seconds=28))
    moment = dt.datetime(2024, 2, 29, 12, tzinfo=seconds)
    text, _ = adapter(Datetime).encode((moment,))
    assert text == '["e","2024-02-29T06:06:32Z"]'
    assert adapter(Datetime).decode(text) == (moment,)
    unwritable: list[tuple[Any, Any]] = [
        (Datetime, dt.datetime.min.replace(tzinfo=seconds)),
        (Time, dt.time(12, tzinfo=seconds)),
        (Decimal, decimal.Decimal("1E+1000000")),
    ]
    for type_, value in unwritable:
        for declared in (type_, type_ | Int, Int | type_):
            with pytest.raises(InvalidPayloadError, match="Expected a"):
                adapter(declared).encode((value,))


def test_json_that_is_decoded_already_is_not_taken_for_values() -> None:
    class Stored(Model, frozen=True):
        data: Bytes
        number: Int64

    stored = Stored(data=b"text", number=2**60)
    decoded = json.loads(stored.model_dump_json())
    for strict in (None, True, False):
        with pytest.raises(ValidationError, match="data"):
            Stored.model_validate(decoded, strict=strict)
    assert Stored.model_validate_json(json.dumps(decoded)) == stored


def test_a_duration_reads_what_pydantic_and_javascript_write() -> None:
    for text, value in {
        "P1DT2H": dt.timedelta(days=1, hours=2),
        "PT0.5S": dt.timedelta(seconds=0.5),
        "P1W": dt.timedelta(weeks=1),
    }.items():
        assert adapter(Duration).decode(f'["e","{text}"]') == (value,)
    assert TypeAdapter(Duration).validate_json('"PT1H"') == dt.timedelta(hours=1)


def test_a_megabyte_named_by_thousands_of_placeholders_goes_out_once() -> None:
    images = ArgumentsAdapter("images", [Arg("list", list[Bytes])])
    placeholder = '{"_placeholder":true,"num":0}'
    values = images.decode(f'["images",[{",".join([placeholder] * 20_000)}]]', (bytes(900_000),))
    text, attachments = images.encode(values)
    assert len(attachments) == 1
    assert images.decode(text, attachments) == values
