"""npm's socket.io-client 4.8 talks to the generated chat server over each transport."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest

from tests.interop.conftest import NodeScripts

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

Observed: TypeAlias = dict[str, Any]


@pytest.fixture(scope="module", params=["polling", "websocket", "upgrade"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seen(node: NodeScripts, chat_url: str, mode: str) -> Observed:
    return node.observe("chat_client.mjs", chat_url, mode)


def _error(reply: Any) -> dict[str, Any]:
    assert set(reply) == {"error"}
    error: dict[str, Any] = reply["error"]
    return error


def test_every_client_ends_on_the_transport_that_it_asked_for(seen: Observed, mode: str) -> None:
    assert seen["transport"] == ("polling" if mode == "polling" else "websocket")


def test_an_ack_in_result_style_holds_ok(seen: Observed, mode: str) -> None:
    assert seen["join"] == {"members": [f"ada-{mode}"], "history": []}


def test_a_room_hears_who_joins(seen: Observed, mode: str) -> None:
    assert seen["member joined"] == [f"lobby-{mode}", f"bob-{mode}"]


def test_text_arrives_unchanged_whatever_its_characters(seen: Observed, mode: str) -> None:
    ack, message = seen["text"]["ack"], seen["text"]["message"]
    assert message == {
        "id": ack["id"],
        "room": f"lobby-{mode}",
        "author": f"ada-{mode}",
        "sent_at": ack["sent_at"],
        "body": {"kind": "text_body", "text": 'grüß 👋 \u2028 "quoted" \\ 日本'},
    }
    assert (
        abs((datetime.now(UTC) - datetime.fromisoformat(message["sent_at"])).total_seconds()) < 120
    )


def test_bytes_within_an_object_arrive_as_bytes(seen: Observed) -> None:
    body = seen["picture"]["message"]["body"]
    assert base64.b64decode(body["data"]["base64"]) == bytes(range(256))
    assert {name: body[name] for name in ("kind", "mime", "caption")} == {
        "kind": "image",
        "mime": "image/png",
        "caption": "all bytes",
    }


def test_many_bytes_arrive_and_an_absent_field_stays_absent(seen: Observed) -> None:
    assert seen["big picture"] == {"length": 700_000, "equal": True, "caption": False}


def test_an_ack_can_hold_several_attachments(seen: Observed) -> None:
    assert seen["history with pictures"] == [["text_body", False], ["image", True], ["image", True]]


def test_a_default_argument_is_filled_in(seen: Observed, mode: str) -> None:
    assert seen["typing"] == [f"lobby-{mode}", f"ada-{mode}", True]


def test_a_broadcast_to_a_room_reaches_the_others_in_it_only(seen: Observed) -> None:
    assert seen["sender hears nothing of its own"] == 0
    assert seen["other rooms hear nothing"] == []


def test_an_announcement_reaches_everybody(seen: Observed, mode: str) -> None:
    assert seen["announcement"] == [f"ada-{mode} opened #cellar-{mode}"]


def test_an_ack_in_bare_style_is_the_value(seen: Observed) -> None:
    assert seen["rooms"] == 2
    assert seen["leave"] == [True, False]
    assert seen["ack by callback"] == [False]


def test_extra_arguments_are_tolerated(seen: Observed) -> None:
    assert seen["too many arguments"] is False


@pytest.mark.parametrize(
    ("step", "location"),
    [
        ("wrong type", ["room"]),
        ("bad pattern", ["room"]),
        ("missing argument", ["body"]),
        ("wrong member", ["body", "text"]),
        ("wrong tag", ["body"]),
        ("text for bytes", ["body", "data"]),
    ],
)
def test_invalid_arguments_are_answered_with_their_place_and_without_echo(
    seen: Observed, step: str, location: list[str]
) -> None:
    error = _error(seen[step])
    assert error["code"] == "invalid_request"
    assert [
        name for name in error["issues"][0]["loc"] if name not in {"text_body", "image"}
    ] == location
    assert all(set(issue) == {"loc", "type", "msg"} for issue in error["issues"])


def test_an_unknown_event_is_answered(seen: Observed) -> None:
    assert _error(seen["unknown event"])["code"] == "unknown_event"


def test_declared_errors_come_with_their_data(seen: Observed) -> None:
    assert _error(seen["not in room"]) == {
        "code": "not_in_room",
        "message": "Join the room first.",
        "data": {"room": "elsewhere"},
    }
    assert _error(seen["too many rooms"])["data"] == {"limit": 8}


def test_invalid_events_without_ack_are_dropped_and_nothing_else_is_lost(
    seen: Observed, mode: str
) -> None:
    assert seen["invalid without ack, then valid"] == [f"lobby-{mode}", f"ada-{mode}", False]


def test_a_declared_connect_error_reaches_the_client(seen: Observed, mode: str) -> None:
    assert seen["name taken"] == {
        "message": "Somebody else uses this name.",
        "data": {"code": "name_taken", "data": {"name": f"bob-{mode}"}},
    }


@pytest.mark.parametrize("step", ["no auth", "bad auth"])
def test_invalid_auth_is_refused_with_its_issues(seen: Observed, step: str) -> None:
    data = seen[step]["data"]
    assert data["code"] == "invalid_request"
    assert data["issues"]


def test_an_unknown_namespace_is_refused_as_the_reference_does(seen: Observed) -> None:
    assert seen["unknown namespace"]["message"] == "Invalid namespace"


def test_the_server_asks_a_client_and_acts_on_its_answer(seen: Observed) -> None:
    assert seen["name handed over"] == {"reason": "io server disconnect", "connected": True}


def test_two_namespaces_share_one_connection(seen: Observed) -> None:
    observed = seen["two namespaces on one connection"]
    assert _error(observed["unknown"])["code"] == "unknown_event"
    assert (observed["chat"], observed["ids"]) == ("object", True)


def test_the_public_id_is_not_the_session_id(seen: Observed) -> None:
    assert seen["public id"] is True


def test_connections_survive_all_errors(seen: Observed) -> None:
    assert seen["after all this"] == [True, True, "object"]


def test_a_room_hears_who_leaves(seen: Observed, mode: str) -> None:
    assert seen["member left"][1] == f"ada-{mode}"
