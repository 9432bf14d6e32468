"""Acknowledgements, from what a handler returns to what the sender gets."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from ackord.runtime.errors import InvalidAckError, InvalidPayloadError
from ackord.runtime.protocol.socketio.errors import AttachmentError, PacketError
from ackord.runtime.stubs import v1
from ackord.runtime.typed.ack import AckAdapter, AckStyle
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.typed.collab import ReadOnly, RoomFull, SendAck


class Snapshot(v1.Error, frozen=True):
    code: ClassVar[str] = "snapshot"
    data: v1.Bytes


class Loose(v1.Model, frozen=True):
    """A record that takes any object."""

    name: str | None = None


BARE = AckAdapter("e", int | None, (RoomFull, ReadOnly))
RESULT = AckAdapter("e", SendAck, (RoomFull, Snapshot), "result")
DONE = AckAdapter("e", None)
REFUSABLE = AckAdapter("e", None, (RoomFull, ReadOnly))
REFUSABLE_RESULT = AckAdapter("e", None, (RoomFull, ReadOnly), "result")
LOOSE = AckAdapter("e", Loose, (RoomFull,))
FOREIGN = AckAdapter("e", v1.Json, (RoomFull,))
FOREIGN.error_replies = False
FOREIGN_COUNT = AckAdapter("e", int)
FOREIGN_COUNT.error_replies = False
ANYTHING = AckAdapter("e", v1.Json, (RoomFull,), "result")

BOTH_WAYS: list[tuple[AckAdapter, Any, str, list[bytes]]] = [
    (BARE, 3, "[3]", []),
    (BARE, None, "[null]", []),
    (BARE, ReadOnly(), '[{"error":{"code":"read_only","message":"Nobody may write."}}]', []),
    (RESULT, SendAck(id=3), '[{"ok":{"id":3}}]', []),
    (
        RESULT,
        Snapshot(data=b"x"),
        '[{"error":{"code":"snapshot","message":"snapshot","data":{"data":{"_placeholder":true,"num":0}}}}]',
        [b"x"],
    ),
    (DONE, None, "[]", []),
    (REFUSABLE, None, "[]", []),
    (REFUSABLE_RESULT, None, '[{"ok":null}]', []),
    (
        REFUSABLE,
        RoomFull(limit=3),
        '[{"error":{"code":"room_full","message":"No more than this many fit into a document.","data":{"limit":3}}}]',
        [],
    ),
    (
        ANYTHING,
        {"error": {"code": "x", "message": "y"}},
        '[{"ok":{"error":{"code":"x","message":"y"}}}]',
        [],
    ),
]


@pytest.mark.parametrize(("adapter", "value", "text", "attachments"), BOTH_WAYS)
def test_what_a_handler_returns_arrives(
    adapter: AckAdapter, value: Any, text: str, attachments: list[bytes]
) -> None:
    written, found = adapter.encode(value)
    assert (written, list(found)) == (text, attachments)
    assert adapter.decode(written, found) == value


@pytest.mark.parametrize(
    ("adapter", "value"),
    [
        (BARE, "3"),
        (BARE, SendAck(id=1)),
        (RESULT, ReadOnly()),
        (RESULT, None),
        (DONE, 3),
        (DONE, ReadOnly()),
    ],
)
def test_what_is_not_declared_is_not_answered(adapter: AckAdapter, value: Any) -> None:
    with pytest.raises(InvalidPayloadError, match="ack of 'e'"):
        adapter.encode(value)


class ForeignRoomFull(v1.Error, frozen=True):
    """Another contract's error, whose code is the same."""

    code: ClassVar[str] = "room_full"


def test_an_error_of_another_contract_is_not_answered_though_its_code_is_the_same() -> None:
    with pytest.raises(InvalidPayloadError, match="'room_full' isn't declared"):
        BARE.encode(ForeignRoomFull())


def test_an_empty_acknowledgement_is_null_where_null_is_a_value() -> None:
    assert BARE.decode("[]") is None
    with pytest.raises(InvalidAckError):
        AckAdapter("e", int).decode("[]")


NOT_EMPTY = [
    '"denied"',
    "5",
    "0",
    "false",
    '""',
    "[]",
    "{}",
    '{"ok":5}',
    '{"ok":{}}',
    '{"ok":null}',
    '{"error":{}}',
    '{"error":"denied"}',
    "null,1",
]


@pytest.mark.parametrize("adapter", [DONE, REFUSABLE])
@pytest.mark.parametrize("answer", NOT_EMPTY)
def test_an_acknowledgement_without_a_value_is_read_and_must_be_empty(
    adapter: AckAdapter, answer: str
) -> None:
    assert adapter.decode("[]") is adapter.decode("[null]") is adapter.decode(" [ null ] ") is None
    with pytest.raises(InvalidAckError, match="ack of 'e'"):
        adapter.decode(f"[{answer}]")


@pytest.mark.parametrize(
    "answer",
    ["", "null", *(answer for answer in NOT_EMPTY if answer != '{"ok":null}'), '{"ok":null},1'],
)
def test_a_result_without_a_value_is_read_and_must_be_null(answer: str) -> None:
    assert REFUSABLE_RESULT.decode('[{"ok":null}]') is None
    with pytest.raises(InvalidAckError, match="ack of 'e'"):
        REFUSABLE_RESULT.decode(f"[{answer}]")


FAILURES: list[tuple[str, Any]] = [
    ('{"error":{"code":"room_full","data":{"limit":3}}}', RoomFull(limit=3)),
    ('{ "error" : {"message":"m","code":"room_full","data":{"limit":3}}}', RoomFull(limit=3)),
    (r'{"\u0065rr\u006fr":{"code":"later"}}', v1.UnknownError("later", "")),
    ('{"error":{"code":"later","message":"m","issues":null}}', v1.UnknownError("later", "m")),
    ('{"error":{"code":"room_full","message":"m"}}', InvalidAckError),
    ('{"error":{"code":3}}', InvalidAckError),
    ('{"error":{"code":[]}}', InvalidAckError),
    ('{"error":{"code":"later","message":3}}', InvalidAckError),
    ('{"error":{"code":"later","issues":{}}}', InvalidAckError),
    # No failures: another key, no object, no code.
    ('{"error":{"code":"room_full"},"name":"n"}', Loose(name="n")),
    ('{"name":"n","error":{"code":"room_full"}}', Loose(name="n")),
    ('{"error":"room_full"}', Loose()),
    ('{"error":{}}', Loose()),
    ('{"error":null}', Loose()),
]


@pytest.mark.parametrize(("answer", "expected"), FAILURES)
def test_a_failure_is_known_by_its_one_key_and_its_code_however_it_is_written(
    answer: str, expected: Any
) -> None:
    if expected is InvalidAckError:
        with pytest.raises(InvalidAckError):
            LOOSE.decode(f"[{answer}]")
    else:
        assert LOOSE.decode(f"[{answer}]") == expected


def test_where_the_other_side_has_no_errors_of_ours_only_a_declared_one_is_a_failure() -> None:
    assert FOREIGN.decode('[{"error":{"code":"room_full","data":{"limit":3}}}]') == RoomFull(
        limit=3
    )
    for data in ({"error": {"code": "later"}}, {"error": {"code": [404]}}):
        assert FOREIGN.decode(json.dumps([data])) == data
    assert FOREIGN_COUNT.decode('[{"error":{"code":"later"}}]') == v1.UnknownError("later", "")
    with pytest.raises(InvalidAckError):
        FOREIGN_COUNT.decode('[{"error":{"code":404}}]')


def test_the_data_of_an_unknown_error_has_its_attachments() -> None:
    text = '[{"error":{"code":"later","message":"m","data":[{"_placeholder":true,"num":0}]}}]'
    assert BARE.decode(text, [b"x"]) == v1.UnknownError("later", "m", [b"x"])
    with pytest.raises(AttachmentError, match="ack of 'e'"):
        BARE.decode(text.replace("0", "1"), [b"x"])


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "ok", "code", "message", "a"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON_VALUES)
def test_with_a_result_no_value_is_ever_taken_for_an_error(value: Any) -> None:
    text, attachments = ANYTHING.encode(value)
    assert ANYTHING.decode(text, attachments) == value


@given(st.text() | JSON_VALUES.map(lambda value: json.dumps([value])))
def test_whatever_a_peer_answers_is_a_value_an_invalid_ack_or_no_packet(text: str) -> None:
    for adapter in (BARE, RESULT, DONE, REFUSABLE_RESULT, LOOSE, FOREIGN, ANYTHING):
        try:
            adapter.decode(text)
        except (InvalidAckError, PacketError) as error:
            assert "ack of 'e'" in str(error) or "in the ack of 'e'" in str(error)  # noqa: PT017  # either outcome is right


@pytest.mark.parametrize("style", ["bare", "result"])
def test_the_value_of_an_answer_is_read_as_strictly_in_either_style(style: AckStyle) -> None:
    cases: list[tuple[Any, str, str]] = [
        (float, "1.5", '"1.5"'),
        (bool, "true", "1"),
        (list[float], "[0.5]", '["0.5"]'),
        (v1.Int, "5.0", '"5"'),
    ]
    for type_, right, wrong in cases:
        adapter = AckAdapter("e", type_, (), style)
        text = '[{"ok":%s}]' if style == "result" else "[%s]"
        assert adapter.decode(text % right) == json.loads(right)
        with pytest.raises(InvalidAckError):
            adapter.decode(text % wrong)
