"""The option `allowed_hosts`: which hosts a request may be for, over both transports."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from ackord.runtime.engine.hosts import AllowedHosts
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.errors import UsageError
from ackord.runtime.testing.clock import run
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.engine.harness import DeniedError, Site

ALLOWED = ("example.org", ".site.example", "127.0.0.1", "::1")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("example.org", True),
        ("EXAMPLE.ORG.:8000", True),
        ("www.example.org", False),
        ("example.org.evil.example", False),
        ("evilexample.org", False),
        ("site.example", True),
        ("a.b.site.example:443", True),
        ("evilsite.example", False),
        ("127.0.0.1:5000", True),
        ("[::1]:5000", True),
        ("[0:0::1]", True),
        ("::1", False),
        ("127.0.0.2", False),
        ("", False),
        ("example.org/", False),
        ("user@example.org", False),
        ("example.org:99999", False),
        ("example.org, evil.example", False),
        (".site.example", False),
    ],
)
def test_only_allowed_hosts_are_served(
    host: str, allowed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        site = Site(allowed_hosts=ALLOWED)
        query = "EIO=4&transport=polling"
        assert (await site.get(query, headers={"host": host})).status == (200 if allowed else 400)
        if allowed:
            await site.websocket(headers={"host": host})
            sid = site.recorders[0].socket.sid
            refused = await site.post(f"{query}&sid={sid}", b"4a", headers={"host": "evil.example"})
            assert (refused.status, refused.body) == (400, b'{"code":3,"message":"Bad request"}')
            assert (
                await site.post(f"{query}&sid={sid}", b"4a", headers={"host": host})
            ).status == 200
        else:
            with pytest.raises(DeniedError):
                await site.websocket(headers={"host": host})
        assert len(site.recorders) == 2 * allowed

    run(scenario())
    [record] = [each for each in caplog.records if each.name == "ackord.runtime.engine"]
    assert record.levelno == logging.WARNING
    assert "allowed_hosts" in record.message


def test_a_host_and_origin_that_are_both_foreign_open_nothing() -> None:
    """DNS rebinding: the name of the attacker's page leads to this server, so its origin is its
    host.
    """

    async def scenario() -> None:
        rebound = {"host": "evil.example:8000", "origin": "http://evil.example:8000"}
        await Site().websocket(headers=rebound)
        with pytest.raises(DeniedError):
            await Site(allowed_hosts=ALLOWED).websocket(headers=rebound)

    run(scenario())


@pytest.mark.parametrize(
    ("forwarded", "trusted", "status"),
    [
        ("example.org", True, 200),
        ("example.org", False, 400),
        ("evil.example", True, 400),
        ("example.org, evil.example", True, 400),
        ("example.org, a.site.example", True, 200),
    ],
)
def test_a_trusted_proxy_says_which_host_was_asked_for(
    forwarded: str, trusted: bool, status: int
) -> None:
    async def scenario() -> None:
        site = Site(allowed_hosts=ALLOWED, trusted_proxies=["192.0.2.1"] if trusted else [])
        headers = {"host": "inner:8000", "x-forwarded-host": forwarded}
        assert (await site.get("EIO=4&transport=polling", headers=headers)).status == status

    run(scenario())


@given(st.text(max_size=30))
def test_no_text_is_a_host_that_was_not_named(text: str) -> None:
    assert AllowedHosts(None).allows(text)
    assert AllowedHosts(["x", "*"]).allows(text)
    assert not AllowedHosts(["not.generated.example"]).allows(text)
    assert not AllowedHosts([]).allows(text)


@pytest.mark.parametrize(
    "value",
    [
        "example.org",
        ["http://example.org"],
        ["example.org:80"],
        ["a/b"],
        [""],
        ["."],
        ["a b"],
        ["*.example.org"],
        ["[::1"],
    ],
)
def test_what_is_no_host_is_refused_when_the_server_is_made(value: Any) -> None:
    with pytest.raises(UsageError, match="allowed_hosts"):
        EngineOptions(allowed_hosts=value)
