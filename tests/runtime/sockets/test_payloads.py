"""The JSON of untyped events."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import pytest
from ackord.runtime.protocol.socketio.errors import MalformedPayloadError
from ackord.runtime.sockets.payloads import decode_array, decode_json
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text", ["1e999", "-1e999", '["a",[{"b":-1e400}]]', "NaN", "Infinity", "-Infinity"]
)
def test_numbers_that_could_not_be_passed_on_are_refused(text: str) -> None:
    with pytest.raises(MalformedPayloadError):
        decode_json(text)


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        *(
            ("1e308", True),
            ("1e309", False),
            ("1E309", False),
            ("1e+309", False),
            ("-1E+309", False),
            ("1e-400", True),
            ("1.5", True),
        ),
        *(
            ("1" * 100 + "e210", False),
            ("0." + "0" * 80 + "1e391", False),
            ("9" * 308 + ".0", True),
            ("9" * 309 + ".0", False),
        ),
    ],
)
@pytest.mark.parametrize("text", ["{}", "[{}]", '{{"a":[1,{{"b":{}}}]}}', '["E","2e3 e4",{}]'])
def test_a_number_is_refused_if_no_float_holds_it_wherever_it_is_and_however_it_is_written(
    text: str, number: str, fits: bool
) -> None:
    for decode, given_text in (
        (decode_json, text.format(number)),
        (decode_array, f"[{text.format(number)}]"),
    ):
        if fits:
            assert decode(given_text) == json.loads(given_text)
        else:
            with pytest.raises(MalformedPayloadError, match="too large"):
                decode(given_text)


def test_half_of_a_surrogate_pair_becomes_a_replacement_character() -> None:
    assert decode_array('["a","\\ud83d",1]') == ["a", "\ufffd", 1]
    assert decode_json('{"\\ud83d":"\\ud83d\\ude00"}') == {"\ufffd": "\U0001f600"}
    for text in ('["\\ud83d"', '["\\ud83d",1e999]', '["\\ud83d",NaN]', '{"\\ud83d":1}'):
        with pytest.raises(MalformedPayloadError):
            decode_array(text)


def test_words_that_look_like_exponents_are_words() -> None:
    assert decode_array('["2e3","1e999",{"3e8":"1E999"}]') == ["2e3", "1e999", {"3e8": "1E999"}]


@given(st.lists(st.floats() | st.integers() | st.text("eE+0123456789.")), st.integers(0, 400))
def test_what_is_read_is_finite(values: list[Any], padding: int) -> None:
    text = json.dumps([*values, "x" * padding]).replace("Infinity", "1e400")
    if any(isinstance(value, float) and not isfinite(value) for value in values):
        with pytest.raises(MalformedPayloadError):
            decode_array(text)
    else:
        assert decode_array(text)[:-1] == values
