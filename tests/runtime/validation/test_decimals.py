"""Limits are exact, and no value from the wire makes one raise anything but a validation error."""

from __future__ import annotations

import decimal
import time
from contextlib import suppress
from fractions import Fraction
from typing import Annotated, Any

import pytest
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.validation import (
    Arg,
    ArgumentsAdapter,
    Bytes,
    Date,
    Datetime,
    Decimal,
    DecimalLimits,
    Duration,
    Int64,
    Json,
    Url,
)
from ackord.runtime.validation.decimals import is_multiple
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import Field

Number = decimal.Decimal
BOUNDS = ("ge", "gt", "le", "lt", "multiple_of")


def scaled(digits: int, exponent: int) -> Number:
    return Number(digits).scaleb(exponent)


NUMBERS = st.builds(scaled, st.integers(-(10**9), 10**9), st.integers(-12, 12))
STEPS = st.builds(scaled, st.integers(1, 10**4), st.integers(-4, 4))


def field(name: str, limit: float) -> Any:
    limits: dict[str, Any] = {name: limit}
    return Field(**limits)


def limits_of(name: str, limit: str) -> DecimalLimits:
    limits: dict[str, Any] = {name: Number(limit)}
    return DecimalLimits(**limits)


def refused(limits: DecimalLimits, text: str) -> str | None:
    """Say with which type of issue a decimal is refused on the wire."""
    adapter = ArgumentsAdapter("x", (Arg("a", Annotated[Decimal, limits]),))
    try:
        (value,) = adapter.decode(f'["x","{text}"]')
    except InvalidArgumentsError as error:
        return str((error.issues or [{}])[0].get("type"))
    return None if value == Number(text) else f"read as {value}"


@pytest.mark.parametrize(
    ("limits", "taken", "refusals"),
    [
        (DecimalLimits(ge=Number("0.1")), ["0.1", "0.10", "1E+999999"], {"0.09999999999999999999999": "greater_than_equal"}),
        (DecimalLimits(gt=Number("0.1")), ["0.1000000000000000000000000000001"], {"0.1": "greater_than"}),
        (DecimalLimits(le=Number("0.3")), ["0.3", "-1E+999999"], {"0.3000000000000000000000000001": "less_than_equal"}),
        (DecimalLimits(lt=Number("1E+3")), ["999.99"], {"1000": "less_than"}),
        (DecimalLimits(multiple_of=Number("0.01")), ["0.29", "-1.10", "0", "1E+999999"], {"0.001": "multiple_of", "1E-999999": "multiple_of"}),
        (DecimalLimits(multiple_of=Number("0.3")), ["0.9", "3E+999999", "0E-999999"], {"1E+999999": "multiple_of", "9" * 60 + ".8": "multiple_of"}),
        (DecimalLimits(decimal_places=2), ["1.230", "1E+400", "0E-9"], {"0.001": "decimal_max_places", "1." + "0" * 40 + "1": "decimal_max_places"}),
        (DecimalLimits(max_digits=3), ["123", "0.012", "1.200"], {"1234": "decimal_max_digits", "0.0012": "decimal_max_digits", "1E+3": "decimal_max_digits"}),
        (DecimalLimits(max_digits=4, decimal_places=2), ["99.99", "-0.1"], {"100": "decimal_whole_digits"}),
    ],
)  # fmt: skip
def test_a_limit_holds_exactly(
    limits: DecimalLimits, taken: list[str], refusals: dict[str, str]
) -> None:
    assert {text: refused(limits, text) for text in [*taken, *refusals]} == dict.fromkeys(
        taken
    ) | refusals


@given(NUMBERS, STEPS)
@example(Number("1E+11"), Number("0.07"))
def test_a_multiple_is_what_fractions_say(value: Number, step: Number) -> None:
    assert is_multiple(value, step) == ((Fraction(value) / Fraction(step)).denominator == 1)
    assert is_multiple(step * int(value), step)


@pytest.mark.parametrize(
    "text",
    [
        "1E+999999999999",
        "-1E-999999999999",
        "9" * 300_000,
        "1." + "1" * 300_000,
        "0E+99999999999",
        "Infinity",
        "NaN",
    ],
)
def test_no_exponent_and_no_number_of_digits_takes_long(text: str) -> None:
    start = time.process_time()
    for step in ("0.01", "7E+5", "1" * 31, "3E-400", "3E+400"):
        is_multiple(Number(text), Number(step))
    assert time.process_time() - start < 2


LIMITED: list[Any] = [
    *(Annotated[int, field(name, limit)] for name in BOUNDS for limit in (3, 2**70, 10**399)),
    *(Annotated[Int64, field(name, limit)] for name in BOUNDS for limit in (3, 2**62)),
    *(
        Annotated[float, field(name, limit)]
        for name in BOUNDS
        for limit in (3, 0.1, 1.5e308, 5e-324)
    ),
    *(Annotated[Decimal, limits_of(name, limit)] for name in BOUNDS for limit in ("0.1", "7E+400")),
    Annotated[Decimal, DecimalLimits(max_digits=2**31 - 1, decimal_places=0)],
    Annotated[str, Field(min_length=1, max_length=2**31 - 1, pattern=r"^(\w+\s?)*$")],
    Annotated[Bytes, Field(min_length=1, max_length=2)],
    Annotated[list[float], Field(min_length=1, max_length=2**31 - 1)],
    Annotated[dict[str, int], Field(max_length=2)],
    *(Datetime, Date, Duration, Url, Json),
]
ADAPTERS = [ArgumentsAdapter("x", (Arg("a", of),)) for of in LIMITED]
WIRE = st.one_of(
    st.sampled_from(["NaN", "Infinity", "-Infinity", "1e400", "-1e999999", "1e-400", "-0", "0.0", "9" * 4300, "9" * 5000, "[]", "{}", '{"_placeholder":true,"num":0}']),
    st.integers().map(str), st.floats().map(str), st.lists(st.integers().map(str), max_size=3).map(lambda parts: f"[{','.join(parts)}]"),
    st.from_regex(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,6})?", fullmatch=True).map('"{}"'.format),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?[Zz+-]([0-9]{2}:[0-9]{2})?)?", fullmatch=True).map('"{}"'.format),
    st.from_regex(r"[+-]?P([0-9]{1,12}[YMWD])?(T([0-9]{1,20}H)?([0-9]{1,20}M)?([0-9]{1,20}[.,]?[0-9]{0,12}S)?)?", fullmatch=True).map('"{}"'.format),
    st.from_regex(r"[a-z]{1,6}:/{0,3}[\[\]:@%?#a-z0-9.]{0,12}", fullmatch=True).map('"{}"'.format),
)  # fmt: skip


@given(WIRE)
def test_no_value_makes_a_limit_raise_anything_else(text: str) -> None:
    for adapter in ADAPTERS:
        with suppress(InvalidArgumentsError, MalformedPayloadError):
            adapter.decode(f'["x",{text}]')


def test_limits_do_not_depend_on_the_programs_decimal_context() -> None:
    with decimal.localcontext(
        decimal.Context(prec=1, Emax=9, Emin=-9, traps=[decimal.Inexact, decimal.Rounded])
    ):
        assert (
            refused(DecimalLimits(multiple_of=Number("0.01"), max_digits=30), "123456789012345.67")
            is None
        )
