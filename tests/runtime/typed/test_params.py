"""Parameters of dynamic namespaces: values to names, and back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal, NewType
from uuid import UUID

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.stubs import v1
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field


class Plan(StrEnum):
    FREE = "free of charge"
    PAID = "paid"


Slug = NewType("Slug", str)
v1.constrain(Slug, Field(pattern="^[a-z]+$"))
Number = NewType("Number", int)
v1.constrain(Number, Field(ge=0), base=v1.Int64)


@dataclass(frozen=True, slots=True)
class Everything(v1.Params):
    template: ClassVar[str] = "/t/{id}/{n}-{text}/{day}/{plan}/{step}/{slug}/{number}"
    id: UUID
    n: int
    text: str
    day: v1.Date
    plan: Plan
    step: Literal["x", 1]
    slug: Slug
    number: Number


@dataclass(frozen=True, slots=True)
class Pair(v1.Params):
    template: ClassVar[str] = "/pair/{a}-{b}"
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class One(v1.Params):
    template: ClassVar[str] = "/one/{text}"
    text: str


VALUES = Everything(
    UUID(int=7), -5, "é/,-%?", dt.date(2026, 1, 31), Plan.FREE, 1, Slug("abc"), Number(2**60)
)
PATH = "/t/00000000-0000-0000-0000-000000000007/-5-%C3%A9%2F%2C-%25%3F/2026-01-31/free%20of%20charge/1/abc/1152921504606846976"


def test_parameters_stand_in_the_name_as_javascript_writes_them() -> None:
    assert VALUES.path == PATH
    assert Everything.parse(PATH) == VALUES
    assert One("!'()*-._~ é&=+$#@:;").path == "/one/!'()*-._~%20%C3%A9%26%3D%2B%24%23%40%3A%3B"


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("000000000007/", "00000000000A/"),
        ("/-5-", "/-05-"),
        ("/-5-", "/five-"),
        ("/-5-", "/-%D9%A5-"),
        ("/-5-", "/-%EF%BC%95-"),
        ("/-5-", "/-5_0-"),
        ("/-5-", "/%205-"),
        ("2026-01-31", "2026-01-%D9%A3%D9%A1"),
        ("000000000007/", "00000000000%D9%A7/"),
        ("/1152921504606846976", "/%D9%A1"),
        ("/1/abc", "/%D9%A1/abc"),
        ("/-5-", "/--"),
        ("%C3%A9", "é"),
        ("%C3%A9", "%c3%a9"),
        ("%C3%A9", "%E9"),
        ("-%25%3F", "-%25?"),
        ("2026-01-31", "2026-02-31"),
        ("2026-01-31", "2026-01-31T00:00:00"),
        ("free%20of%20charge", "free+of+charge"),
        ("free%20of%20charge", "none"),
        ("/1/abc", "/2/abc"),
        ("/1/abc", "/01/abc"),
        ("/abc/", "/ABC/"),
        ("/abc/", "/abc%0A/"),
        ("/1152921504606846976", "/-1"),
        ("/1152921504606846976", "/9223372036854775808"),
        ("/1152921504606846976", "/1152921504606846976/"),
        ("/t/", "/T/"),
        ("/t/", "//t/"),
    ],
)
def test_a_name_that_is_not_the_one_name_of_valid_parameters_is_none(good: str, bad: str) -> None:
    assert good in PATH
    assert Everything.parse(PATH.replace(good, bad, 1)) is None


def test_parameters_that_could_not_be_read_back_are_refused_where_a_name_is_made() -> None:
    assert Pair("x", "y-z").path == "/pair/x-y-z"
    assert Pair.parse("/pair/x-y-z") == Pair("x", "y-z")
    for a, b in (("x-y", "z"), ("", "z"), ("x", "")):
        with pytest.raises(InvalidPayloadError, match="isn't the name of exactly one namespace"):
            _ = Pair(a, b).path


def test_wrong_parameters_are_found_when_they_are_made() -> None:
    with pytest.raises(InvalidPayloadError, match="One: text: Input should be a valid string"):
        One(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse


@given(st.text(min_size=1, max_size=20))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    assert One.parse(One(text).path) == One(text)


@given(st.text(max_size=30))
def test_whatever_is_accepted_is_canonical(path: str) -> None:
    found = One.parse(f"/one/{path}")
    assert found is None or found.path == f"/one/{path}"
