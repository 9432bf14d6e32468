"""What a peer is told of a payload that is refused: pydantic's words or those of the application,
never the input.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any

import pytest
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.validation import Arg, ArgumentsAdapter
from ackord.runtime.validation.issues import MAX_MESSAGE, NEUTRAL_MESSAGES
from pydantic import AfterValidator, BaseModel, BeforeValidator, TypeAdapter, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core._pydantic_core import list_all_errors  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]  # not in its stub

LONG: Any = "y" * 10_000
NEUTRAL = "Value is not valid"
SECRET = "s3cr3t"


class NoColorError(ValueError):
    pass


class Member(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def check(cls, name: str) -> str:
        raise ValueError("a name has two words")


def says(text: str) -> Any:
    raise ValueError(text)


def raises(error: Callable[[str], Exception]) -> Any:
    def check(value: str) -> str:
        raise error(value)

    return Annotated[str, AfterValidator(check)]


def calls(function: Callable[[str], Any]) -> Any:
    def check(value: str) -> Any:
        return function(value)

    return Annotated[str, AfterValidator(check)]


def again(value: str) -> int:
    try:
        return int(value)
    except ValueError as error:  # noqa: TRY203 - as applications do
        raise error  # noqa: TRY201 - by another statement


def message_of(of: Any, value: object) -> str:
    with pytest.raises(InvalidArgumentsError) as caught:
        ArgumentsAdapter("x", (Arg("a", of),)).decode(json.dumps(["x", value]))
    assert caught.value.issues is not None
    assert SECRET not in json.dumps(caught.value.issues)
    return str(caught.value.issues[0]["msg"])


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (raises(lambda _: ValueError("no")), "no"),
        (raises(lambda _: NoColorError("that is no color")), "that is no color"),
        (raises(lambda _: ValueError("x" * 10_000)), "x" * (MAX_MESSAGE - 1) + "…"),
        (raises(lambda _: PydanticCustomError("color", "no color of {count}", {"count": 3})), "no color of 3"),
        (raises(lambda _: PydanticCustomError("color", LONG)), "y" * (MAX_MESSAGE - 1) + "…"),
        (calls(lambda _: says("from a function of the same package")), "from a function of the same package"),
        (Annotated[int, BeforeValidator(lambda _: says("before"))], "before"),
        (raises(lambda _: ValueError()), NEUTRAL),
        (raises(AssertionError), NEUTRAL),
        (calls(int), NEUTRAL),
        (calls(again), NEUTRAL),
        (calls(ipaddress.ip_address), NEUTRAL),
        (calls(Fraction), NEUTRAL),
        (calls(json.loads), NEUTRAL),
        (calls(lambda value: value.encode().decode("utf-16")), NEUTRAL),
        (calls(TypeAdapter(int).validate_python), "Input should be a valid integer, unable to parse string as an integer"),
        (calls(lambda value: Member(name=value)), "a name has two words"),
        (Fraction, "Input is not a valid fraction"),
    ],
)  # fmt: skip
def test_the_text_of_an_error_that_a_validator_raises_itself_is_passed_on_and_no_other(
    of: Any, said: str
) -> None:
    assert message_of(of, SECRET + "!") == said


def test_the_text_of_a_models_validator_is_passed_on_with_its_place() -> None:
    assert message_of(Member, {"name": SECRET}) == "a name has two words"


OF_THE_SCHEMA = {
    *("actual_length", "attribute", "class", "class_name", "discriminator", "encoding", "expected", "expected_plural", "expected_schemes", "expected_tags"),
    *("expected_version", "field_type", "ge", "gt", "le", "lt", "max_digits", "max_length", "method_name", "min_length", "multiple_of", "pattern"),
    *("decimal_places", "whole_digits"),
}  # fmt: skip
"""What pydantic's messages hold that doesn't come from the input (a length isn't the input)."""
FIXED = {"json_invalid", "date_parsing", "date_from_datetime_parsing", "time_parsing", "datetime_parsing", "datetime_from_date_parsing", "time_delta_parsing", "url_parsing", "url_syntax_violation"}  # fmt: skip
"""Messages whose ``{error}`` is one of some fixed words of a parser."""


def test_each_of_pydantics_messages_that_could_hold_a_part_of_the_input_is_replaced() -> None:
    for error in list_all_errors():  # pyright: ignore[reportUnknownVariableType]
        parts = set(re.findall(r"\{(\w+)\}", error["message_template_python"]))  # pyright: ignore[reportUnknownArgumentType]
        assert (
            parts <= OF_THE_SCHEMA or error["type"] in NEUTRAL_MESSAGES or error["type"] in FIXED
        ), error["type"]
