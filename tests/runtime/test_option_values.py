"""An option that doesn't exist, or whose value can't work, is refused where it is given."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any, Final

import pytest
from ackord.runtime import DisconnectedError, UsageError
from ackord.runtime.client import ManagerOptions, connect
from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.engine.options import EngineKeywords, EngineOptions
from ackord.runtime.protocol.socketio.msgpack import MsgpackParser
from ackord.runtime.server import ConnectionStateRecovery, Limits, Server

NOTHING_THAT_FITS: Final[tuple[Any, ...]] = (object(), object, {1: 2}, [[1]])


def refused_by_a_server(**options: Any) -> str:
    with pytest.raises(UsageError) as refused:
        Server(**options)
    return str(refused.value)


def refuses(kind: Callable[..., object], name: str, value: object) -> None:
    with pytest.raises(UsageError, match=name):
        kind(**{name: value})


def test_every_option_refuses_what_is_of_no_kind_that_it_takes() -> None:
    own = (
        "limits",
        "parser",
        "error_replies",
        "invalid_events",
        "cleanup_empty_child_namespaces",
        "connection_state_recovery",
        "cancel_on_disconnect",
    )
    for name in (*own, *EngineKeywords.__annotations__):
        for value in NOTHING_THAT_FITS:
            if value is object and name in {"allow_request", "generate_id", "cors_origins"}:
                continue  # a class can be called
            assert refused_by_a_server(**{name: value}).startswith(name)
    for kind in (Limits, ConnectionStateRecovery, Cookie, EngineOptions):
        for each in fields(kind):
            for value in (NOTHING_THAT_FITS[0], NOTHING_THAT_FITS[2]):
                refuses(kind, each.name, value)
    for name in ManagerOptions.__annotations__:
        refuses(partial(connect, "http://127.0.0.1:1"), name, object())


def test_numbers_are_numbers_and_none_is_negative() -> None:
    for kind in (Limits, ConnectionStateRecovery):
        for each in fields(kind):
            for value in (
                ("5", None, -1, float("nan"), True)
                if each.name != "skip_middlewares"
                else ("yes", 1)
            ):
                refuses(kind, each.name, value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pingInterval": 25},
            "a server has no option 'pingInterval'; did you mean 'ping_interval'?",
        ),
        ({"cors_allowed_origins": "*"}, "did you mean 'cors_origins'?"),
        ({"ping_timeout": "20"}, "ping_timeout must be a number, not '20'"),
        ({"ping_interval": float("inf")}, "ping_interval must be greater than zero, and finite"),
        (
            {"transports": "websocket"},
            "transports must be a list, each of its items a text, not 'websocket'",
        ),
        ({"path": "/live?x"}, "no '?'"),
        ({"cookie": True}, "cookie must be a Cookie or None, not True"),
        (
            {"cookie": {"name": "io", "x": "secret"}},
            "cookie must be a Cookie or None, not a value of the type dict",
        ),
        ({"parser": MsgpackParser}, "parser must be a Parser, not the class MsgpackParser"),
        ({"adapter": Server().main.adapter}, "adapter must be a function"),
        ({"invalid_events": "dropp"}, "invalid_events must be 'drop' or 'disconnect', not 'dropp'"),
        ({"cors_origins": False}, "not False"),
    ],
)
def test_the_message_says_what_the_option_takes(options: dict[str, Any], message: str) -> None:
    assert message in refused_by_a_server(**options)


def test_an_origin_that_no_page_can_have_is_refused() -> None:
    for origin in (
        "example.org",
        "https://",
        "https://a.org/x",
        "https://*.a.org",
        "https://a, https://b",
        "https://a.org ",
        "^https://a$",
        "wss://",
    ):
        assert re.search("no page can have", refused_by_a_server(cors_origins=[origin])), origin
    known = [
        "https://a.org",
        "https://a.org/",
        "http://LOCALHOST:5173",
        "http://[::1]:80",
        "wss://a",
        "file://",
        "null",
        "capacitor://localhost",
        "*",
    ]
    assert Server(cors_origins=known).engine.cors.allows("https://a.org")


def test_what_the_client_is_given_is_checked_before_it_connects() -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"timeout": "5"},
        {"timeout": -1},
        {"query": "a=b"},
        {"auth": 5},
        {"auth": ["token"]},
        {"path": None},
        {"bogus": 1},
    )
    for options in wrong:
        with pytest.raises(UsageError, match=next(iter(options))):
            connect("http://127.0.0.1:1", **options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("authorization", "Bearer hush\n"),
        ("x\r\ny", "hush"),
        ("\xfc", "hush"),
        ("x", "hush\u2028"),
        ("x", 5),
    ],
)
def test_a_header_that_can_not_be_sent_is_refused_without_showing_its_value(
    name: str, value: Any
) -> None:
    with pytest.raises(UsageError) as refused:
        connect("http://127.0.0.1:1", headers={name: value})
    assert repr(name) in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_connection_that_fails_shows_neither_password_nor_query() -> None:
    async def scenario() -> None:
        with pytest.raises(DisconnectedError) as failed:
            await connect("http://ann:hush@127.0.0.1:1/?token=hush").connect()
        assert "ws://127.0.0.1:1/socket.io/" in str(failed.value)
        assert "hush" not in str(failed.value)

    asyncio.run(scenario())
