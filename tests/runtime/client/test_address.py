from __future__ import annotations

import pytest
from ackord.runtime.client.address import split_namespace
from ackord.runtime.engine.client_address import Address
from ackord.runtime.errors import UsageError


@pytest.mark.parametrize(
    ("url", "path", "query", "expected"),
    [
        ("http://a:8000", "/socket.io/", {}, "ws://a:8000/socket.io/?EIO=4&transport=websocket"),
        (
            "https://a.example",
            "/socket.io",
            {},
            "wss://a.example/socket.io/?EIO=4&transport=websocket",
        ),
        ("HTTP://a/", "x/y", {}, "ws://a/x/y/?EIO=4&transport=websocket"),
        ("wss://[::1]:1", "/", {}, "wss://[::1]:1/?EIO=4&transport=websocket"),
        (
            "ws://a?token=1&e=",
            "/s/",
            {"q": "a b&c"},
            "ws://a/s/?token=1&e=&q=a+b%26c&EIO=4&transport=websocket",
        ),
    ],
)
def test_a_servers_url_becomes_the_handshakes(
    url: str, path: str, query: dict[str, str], expected: str
) -> None:
    address = Address(url, path=path, query=query)
    assert address.url("websocket") == expected
    polling = f"http{expected[2:]}".replace("transport=websocket", "transport=polling")
    assert address.url("polling", "a b", unique="1") == f"{polling}&t=1&sid=a+b"


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://a", "http://", "//a", "http://a/chat"]
)
def test_what_is_no_servers_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError):
        Address(url, path="/socket.io/", query={})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a:1", ("http://a:1", "/")),
        ("http://a:1/", ("http://a:1", "/")),
        ("http://a:1/chat?x=1", ("http://a:1?x=1", "/chat")),
        ("https://a/chat/room", ("https://a", "/chat/room")),
    ],
)
def test_the_path_of_a_url_is_the_namespace(url: str, expected: tuple[str, str]) -> None:
    assert split_namespace(url) == expected


@pytest.mark.parametrize("name", ["EIO", "transport", "sid", "b64", "j"])
def test_the_names_of_the_protocol_cannot_stand_in_the_query(name: str) -> None:
    for url, query in ((f"http://test?{name}=1", {}), ("http://test", {name: "1"})):
        with pytest.raises(UsageError, match="belongs to the protocol"):
            Address(url, path="/", query=query)
