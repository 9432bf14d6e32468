"""Two people use the chat's web page in Chromium."""

from __future__ import annotations

import http.client
import sys
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts

browser = [pytest.mark.interop, pytest.mark.browser, pytest.mark.timeout(330)]


@pytest.fixture(scope="module", params=[Hosting.DIRECT, Hosting.ASGI])
def hosting(request: pytest.FixtureRequest) -> Hosting:
    """Not plain uvicorn: the page's client is npm's, whose every step the matrix takes there."""
    return Hosting(request.param)


@pytest.fixture(scope="module")
def page(node: NodeScripts, chromium: str, chat_url: str) -> dict[str, Any]:
    return node.observe(
        "chat_page.mjs", chat_url, chromium, "", sys.executable, timeout=300
    )  # a browser on a busy machine takes its time


class TestInChromium:
    pytestmark = browser

    def test_both_see_who_is_there(self, page: dict[str, Any]) -> None:
        assert page["people"] == ["ada", "bob"]

    def test_what_users_write_is_shown_as_text(self, page: dict[str, Any]) -> None:
        assert page["text"] == {"text": "<img src=x onerror=alert(1)> & <b>bold</b>", "elements": 0}

    def test_an_own_message_gets_its_time_from_the_ack(self, page: dict[str, Any]) -> None:
        assert page["own message"] is True

    def test_one_sees_who_is_writing(self, page: dict[str, Any]) -> None:
        assert page["typing"] == "bob is writing"

    def test_a_picture_is_shown_with_its_caption(self, page: dict[str, Any]) -> None:
        assert page["picture"] == {"width": 1280, "caption": "what I see"}

    def test_validation_errors_are_shown_where_they_belong(self, page: dict[str, Any]) -> None:
        assert page["invalid room"].startswith("Use only a")
        assert page["too long"] == {
            "said": "A message has at most 2000 characters, and this one has 2499.",
            "counter": "2499 / 2000",
            "kept": 2500,
            "canSend": False,
        }

    def test_a_refused_picture_can_be_edited_and_sent_again(self, page: dict[str, Any]) -> None:
        assert page["refused picture"] == {
            "counter": "201 / 200",
            "text": "Not sent. The server failed to do this. It is not your fault.",
            "caption": "what I see",
            "preview": True,
            "left": 0,
        }

    def test_a_reload_keeps_name_and_room_until_one_leaves(self, page: dict[str, Any]) -> None:
        assert page["reload"] == {
            "address": "#kitchen",
            "name": "eve",
            "room": "#kitchen",
            "out": True,
        }

    def test_letters_are_readable_on_every_color_of_an_avatar(self, page: dict[str, Any]) -> None:
        assert page["contrast"] >= 4.5

    def test_a_server_that_cannot_be_reached_is_named_and_entered_once_it_is_back(
        self, page: dict[str, Any]
    ) -> None:
        assert page["no server"] == "The server can't be reached. Still trying…"

    def test_a_file_that_is_no_picture_is_not_offered(self, page: dict[str, Any]) -> None:
        assert page["no picture"] == {"text": "This picture can't be read.", "preview": False}

    def test_an_unread_message_is_counted_until_its_room_is_shown(
        self, page: dict[str, Any]
    ) -> None:
        assert page["second room"] == {"unread": "1", "left": 0}

    def test_a_refused_connection_says_why(self, page: dict[str, Any]) -> None:
        assert page["name taken"] == "Somebody is here as “ada”. Take another name."
        assert page["invalid name"] == "A name has at most 24 characters."

    def test_who_comes_later_gets_the_history_on_a_small_screen_too(
        self, page: dict[str, Any]
    ) -> None:
        assert page["history"] == {
            "texts": ["<img src=x onerror=alert(1)> & <b>bold</b>", "what I see", "are you there?"],
            "wide": False,
            "fromEnd": 0,
            "people": True,
        }

    def test_a_lost_connection_is_shown_and_comes_back_with_its_rooms(
        self, page: dict[str, Any]
    ) -> None:
        assert page["reconnect"].get("offline", page["reconnect"]) == {
            "text": "The connection is gone. Trying to reach the server again…",
            "state": "reconnecting",
            "canSend": False,
        }
        assert (page["reconnect"]["room"], page["reconnect"]["rooms"]) == ("#lobby", 2)

    def test_messages_stay_when_the_server_is_restarted(self, page: dict[str, Any]) -> None:
        assert page["restart"] == ["before", "after"]

    def test_one_sees_who_leaves(self, page: dict[str, Any]) -> None:
        assert page["left"] is True

    def test_nothing_jumps(self, page: dict[str, Any]) -> None:
        assert (
            page["largest shift"] < 0.1
        )  # of what browsers call good for all of five seconds together

    def test_the_console_stays_clean_and_no_other_host_is_asked(self, page: dict[str, Any]) -> None:
        assert page["problems"] == []
        assert page["foreign requests"] == []


@pytest.mark.interop
@pytest.mark.parametrize(
    ("path", "status", "content_type"),
    [
        ("/", 200, "text/html; charset=utf-8"),
        ("/chat.css", 200, "text/css; charset=utf-8"),
        ("/chat.js", 200, "text/javascript; charset=utf-8"),
        ("/icon.svg", 200, "image/svg+xml"),
        ("/server.py", 404, "text/plain"),
        ("/../server.py", 404, "text/plain"),
        ("/%2e%2e/server.py", 404, "text/plain"),
        ("/page/../../../README.md", 404, "text/plain"),
        ("//etc/passwd", 404, "text/plain"),
        ("/..%5cserver.py", 404, "text/plain"),
    ],
)
def test_only_the_files_of_the_page_are_served(
    node: NodeScripts, chat_url: str, path: str, status: int, content_type: str
) -> None:
    where = urlsplit(chat_url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    assert (response.status, response.getheader("content-type")) == (status, content_type)
    assert "default-src 'none'" in (response.getheader("content-security-policy") or "")
