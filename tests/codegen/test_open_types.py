"""Members of open enumerations and unions that a contract doesn't know: read and written back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from hypothesis import given
from hypothesis import strategies as st

from tests.codegen.golden.two_namespaces.expected import (
    Added,
    Line,
    Order,
    OrderId,
    Removed,
    State,
    UnknownChange,
    UnknownState,
    events,
)

KNOWN = {"class": "gone", "dish": "soup"}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "class", "num"]), inner, max_size=3)
    ),
    max_leaves=8,
)
TAGS = st.text(st.characters(codec="utf-8"), max_size=6).filter(
    lambda tag: tag not in {"added", "gone"}
)


def changes(*items: Any, states: Any = "open") -> str:
    return json.dumps(["change", list(items), states])


@given(TAGS, st.dictionaries(st.sampled_from(["a", "deep", ""]), JSON, max_size=3))
def test_an_unknown_record_is_kept_beside_known_ones_and_written_back(
    tag: str, data: dict[str, Any]
) -> None:
    sent = {"class": tag, **data}
    nested = {"class": "added", "line": {"dish": "tea", "count": 1}, "changes": [sent]}
    values = events.GUESTS_CHANGE.arguments.decode(changes(KNOWN, sent, nested))
    unknown = UnknownChange(tag, sent)
    assert values[0] == [
        Removed(dish="soup"),
        unknown,
        Added(line=Line(dish="tea", count=1), changes=[unknown]),
    ]
    text, attachments = events.GUESTS_CHANGE.arguments.encode(values)
    assert (json.loads(text), attachments) == (["change", [KNOWN, sent, nested], "open"], [])


def test_attachments_of_an_unknown_record_are_its_bytes_and_become_attachments_again() -> None:
    placeholder = {"_placeholder": True, "num": 0}
    payload = changes(
        {"class": "new", "files": [placeholder]}, {**KNOWN, "photo": placeholder | {"num": 1}}
    )
    values = events.GUESTS_CHANGE.arguments.decode(payload, (b"file", b"photo"))
    assert values[0] == [
        UnknownChange("new", {"class": "new", "files": [b"file"]}),
        Removed(dish="soup", photo=b"photo"),
    ]
    text, attachments = events.GUESTS_CHANGE.reply.encode(values[0])
    assert (json.loads(text)[0], attachments) == (json.loads(payload)[1], [b"file", b"photo"])


@given(st.text(st.characters(codec="utf-8"), max_size=8))
def test_every_text_is_a_member_of_an_open_enumeration(text: str) -> None:
    known = text in {"open", "cooking", "done"}
    values = events.GUESTS_PICK.arguments.decode(json.dumps(["pick", text]))
    assert values == (State(text) if known else UnknownState(text),)
    assert json.loads(events.GUESTS_PICK.reply.encode(values[0])[0]) == [text]
    several = events.GUESTS_CHANGE.arguments.decode(changes(states=[text, "open"]))
    assert several[1] == [*values, State.OPEN]


@pytest.mark.parametrize(
    ("payload", "where", "kind"),
    [
        (changes({"class": "gone", "dish": 1}), ["changes", 0, "gone", "dish"], "string_type"),
        (changes({"dish": "soup"}), ["changes", 0], "union_tag_not_found"),
        (changes({"class": 5}), ["changes", 0], "union_tag_not_found"),
        (changes(states={}), ["states"], "union_type"),
    ],
)
def test_what_is_known_is_checked_as_ever(payload: str, where: list[Any], kind: str) -> None:
    with pytest.raises(InvalidArgumentsError) as caught:
        events.GUESTS_CHANGE.arguments.decode(payload)
    assert [(issue["loc"], issue["type"]) for issue in caught.value.issues or ()] == [(where, kind)]


def test_a_known_member_is_no_unknown_one_and_python_values_are_instances() -> None:
    order = Order(id=OrderId(1), state=UnknownState("burnt"), lines=[])
    assert json.loads(order.model_dump_json())["state"] == "burnt"
    assert Order.model_validate_json(order.model_dump_json()) == order
    with pytest.raises(ValueError, match="instance of UnknownState"):
        Order.model_validate({"id": 1, "state": "burnt", "lines": []})
    with pytest.raises(InvalidPayloadError):
        events.GUESTS_PICK.arguments.encode(("burnt",))
