from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from ackord.runtime.errors import InvalidPayloadError, ReservedEventError
from ackord.runtime.protocol.socketio.attachments import restore_attachments
from ackord.runtime.protocol.socketio.errors import AttachmentError
from ackord.runtime.protocol.socketio.event import encode_plain_event
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.protocol.socketio.values import encode_json, encode_value, repair_surrogates
from hypothesis import given
from hypothesis import strategies as st


def test_json_is_compact_and_not_escaped() -> None:
    assert encode_value([1, "2", {"3": [True, None, 1.5]}, "ü€😀", ("a",)]) == (
        '[1,"2",{"3":[true,null,1.5]},"ü€😀",["a"]]',
        [],
    )


def test_bytes_become_attachments_numbered_depth_first() -> None:
    text, attachments = encode_value(
        ["x", {"a": b"0", "b": [bytearray(b"1"), {"c": memoryview(b"2")}]}, b"3"]
    )
    assert json.loads(text) == ["x", {"a": place(0), "b": [place(1), {"c": place(2)}]}, place(3)]
    assert attachments == [b"0", b"1", b"2", b"3"]
    assert all(type(attachment) is bytes for attachment in attachments)


def test_an_attachment_is_a_copy_of_what_could_change() -> None:
    buffer = bytearray(b"before")
    _, attachments = encode_value([buffer])
    buffer[:] = b"after!"
    assert attachments == [b"before"]


def test_a_megabyte_named_by_thousands_of_placeholders_goes_out_once() -> None:
    """An event that is sent on to others must not become gigabytes."""
    image = bytes(900_000)
    value = restore_attachments([place(0) for _ in range(20_000)], [image])
    text, attachments = encode_value([value, image])
    assert attachments == [image]
    assert restore_attachments(json.loads(text), attachments) == [value, image]


def test_equal_attachments_that_are_not_the_same_go_out_each() -> None:
    text, attachments = encode_value([bytearray(b"same"), bytearray(b"same")])
    assert json.loads(text) == [place(0), place(1)]
    assert attachments == [b"same", b"same"]


def test_lone_surrogates_are_escaped_as_javascript_does() -> None:
    assert encode_value(["\ud83d", "é"]) == ('["\\ud83d","é"]', [])
    assert json.loads(encode_json(["\ud83d"])) == ["\ud83d"]


CYCLE: list[Any] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        {1, 2},
        object(),
        1j,
        CYCLE,
        {(1, 2): 3},
        [b"x", object()],
    ],
)
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(InvalidPayloadError):
        encode_value([value])


def test_a_value_that_is_too_deep_is_refused() -> None:
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidPayloadError):
        encode_value(value)


def test_a_cycle_is_told_from_what_is_too_deep() -> None:
    with pytest.raises(InvalidPayloadError, match="Circular reference"):
        encode_value(["a", {"b": CYCLE}])
    with pytest.raises(InvalidPayloadError, match="Circular reference"):
        encode_value([b"x", CYCLE])
    shared = ["a"]
    assert encode_value([shared, shared])[0] == '[["a"],["a"]]'


WRITABLE: list[Any] = [
    '\u00e9\u2028\x7f"\\\n',
    1.5,
    1e22,
    -0.0,
    10**30,
    True,
    None,
    {"a": (), 1: {}, None: [[]]},
    {True: 2.5},
]
WITHOUT_C = """
import json.encoder, sys
original = json.encoder.c_make_encoder

def picky(*arguments):  # takes other arguments than we know of
    if sys._getframe(1).f_globals["__name__"] != "json.encoder":
        raise TypeError
    return original(*arguments)

json.encoder.c_make_encoder = {stand_in}
from ackord.runtime.protocol.socketio.values import encode_value
values = eval(sys.argv[1])
print(ascii(encode_value(values)), ascii(encode_value([values, b"x"])))
cycle = []
cycle.append(cycle)
for wrong in (cycle, [{{1}}], [float("nan")]):
    try:
        encode_value(wrong)
    except Exception as error:
        print(error)
"""


def test_json_is_written_as_by_its_library() -> None:
    assert encode_value(WRITABLE)[0] == json.dumps(
        WRITABLE, ensure_ascii=False, separators=(",", ":")
    )


@pytest.mark.parametrize("stand_in", ["None", "picky", "original"])
def test_json_is_the_same_on_an_interpreter_that_writes_none_in_c(stand_in: str) -> None:
    script = WITHOUT_C.format(stand_in=stand_in)
    printed = subprocess.run(
        [sys.executable, "-c", script, repr(WRITABLE)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    text = encode_value(WRITABLE)[0]
    with_bytes = f'[{text},{{"_placeholder":true,"num":0}}]'
    first, *errors = printed.splitlines()
    assert first == f"{(text, [])!a} {(with_bytes, [b'x'])!a}"
    assert errors[:2] == [
        "Circular reference detected",
        "a value of type 'set' can't be written as JSON",
    ]
    assert errors[2].startswith("Out of range float values are not JSON compliant")


def test_bytes_are_refused_where_only_json_fits() -> None:
    with pytest.raises(InvalidPayloadError):
        encode_json({"a": b"x"})


@pytest.mark.parametrize("name", sorted(RESERVED_EVENTS))
def test_a_reserved_event_cannot_be_encoded(name: str) -> None:
    with pytest.raises(ReservedEventError, match=name):
        encode_plain_event(name, [])


@pytest.mark.parametrize(
    ("text", "repaired"),
    [
        (r'["\ud800"]', r'["\ufffd"]'),
        (r'["\uDC00\uD800"]', r'["\ufffd\ufffd"]'),
        (r'["\ud83d\ude00"]', r'["\ud83d\ude00"]'),
        (r'["\ud83d\ud83d\ude00"]', r'["\ufffd\ud83d\ude00"]'),
        (r'["\\ud800"]', r'["\\ud800"]'),
        (r'["\\\ud800"]', r'["\\\ufffd"]'),
        (r'["\u0041\n"]', r'["\u0041\n"]'),
    ],
)
def test_escapes_of_lone_surrogates_are_replaced(text: str, repaired: str) -> None:
    assert repair_surrogates(text) == repaired
    json.loads(repaired)[0].encode()


def place(number: object) -> dict[str, object]:
    return {"_placeholder": True, "num": number}


def test_attachments_return_to_their_places() -> None:
    value = ["x", {"a": place(1), "b": [place(0), [place(0)]]}]
    assert restore_attachments(value, [b"0", b"1"]) == ["x", {"a": b"1", "b": [b"0", [b"0"]]}]


@pytest.mark.parametrize("number", [2, -1, 0.0, 0.5, True, None, "0", "splice", [0], {}, 10**30])
def test_a_placeholder_names_an_attachment_by_an_integer(number: object) -> None:
    with pytest.raises(AttachmentError):
        restore_attachments(["x", {"deep": [place(number)]}], [b"0", b"1"])


def test_a_placeholder_without_a_number_is_refused() -> None:
    with pytest.raises(AttachmentError):
        restore_attachments([{"_placeholder": True}], [b"0"])


@pytest.mark.parametrize(
    "value", [{"_placeholder": False, "num": 9}, {"_placeholder": 1, "num": 9}, {"num": 9}]
)
def test_what_only_resembles_a_placeholder_is_a_value(value: object) -> None:
    assert restore_attachments([value], [b"0"]) == [value]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=4))
def test_values_survive_the_round_trip(values: Sequence[object]) -> None:
    text, attachments = encode_value(values)
    text.encode()
    assert restore_attachments(json.loads(text), attachments) == values
