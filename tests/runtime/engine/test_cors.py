"""CORS as the reference's `cors` module answers it (npm's cors), and origins of WebSockets."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ackord.runtime.engine.cors import CorsPolicy
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.origins import Origins
from ackord.runtime.errors import UsageError
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Site

APP = "https://app.example"
EVIL = "https://evil.example"


def one_of_two(origin: str) -> bool:
    return origin.endswith("p.example")


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ("*", EVIL, "*"),
        (True, EVIL, EVIL),
        (APP, APP, APP),
        (APP, EVIL, None),
        ((APP, "https://other.example"), "https://other.example", "https://other.example"),
        ((APP,), EVIL, None),
        ((APP + "/",), "https://APP.example", "https://APP.example"),
        ([re.compile(r"https://[a-z]+\.example"), "null"], APP, APP),
        ([re.compile(r"https://[a-z]+\.example"), "null"], "null", "null"),
        (re.compile(r"https://app\.example"), "https://app.example.evil.example", None),
        (re.compile(r".*\.example"), APP, APP),
        (("*", APP), EVIL, EVIL),
        ((), APP, None),
        (one_of_two, APP, APP),
        (one_of_two, EVIL, None),
    ],
)
def test_an_origin_is_told_whether_it_may_read(
    origins: Origins, origin: str, allowed: str | None
) -> None:
    async def scenario() -> None:
        site = Site(cors_origins=origins)
        response = await site.get("EIO=4&transport=polling", headers={"origin": origin})
        assert response.status == 200
        assert response.headers.get("access-control-allow-origin") == allowed
        assert response.headers.get("vary") == (None if origins == "*" else "Origin")
        assert "access-control-allow-credentials" not in response.headers
        if allowed is None:
            with pytest.raises(DeniedError) as info:
                await site.websocket(headers={"origin": origin})
            assert info.value.body == b'{"code":4,"message":"Forbidden"}'
        else:
            await site.websocket(headers={"origin": origin})

    run(scenario())


def test_cve_2020_28481_and_cve_2019_13611_cors_is_off_and_origins_hold_for_websockets() -> None:
    async def scenario() -> None:
        plain = Site()
        with pytest.raises(DeniedError):
            await plain.websocket(headers={"origin": EVIL, "host": "chat.example"})
        await plain.websocket(headers={"origin": "https://chat.example", "host": "chat.example"})
        response = await plain.get("EIO=4&transport=polling", headers={"origin": EVIL})
        assert not any(name.startswith("access-control") for name in response.headers)
        preflight = await Request(
            plain.app, "OPTIONS", "EIO=4&transport=polling", headers={"origin": EVIL}
        ).response()
        assert (preflight.status, preflight.text) == (
            400,
            '{"code":2,"message":"Bad handshake method"}',
        )
        site = Site(cors_origins=APP)
        with pytest.raises(DeniedError):
            await site.websocket(headers={"origin": EVIL})
        query = await site.open_polling()
        with pytest.raises(DeniedError):  # an upgrade as well
            await site.websocket(query.replace("=polling", "=websocket"), headers={"origin": EVIL})
        await site.websocket(
            headers={"origin": "https://chat.example:8443", "host": "chat.example:8443"}
        )
        await site.websocket()  # no browser

    run(scenario())


def test_a_preflight_is_answered_with_all_that_is_configured() -> None:
    async def scenario() -> None:
        site = Site(
            cors_origins=(APP,),
            cors_credentials=True,
            cors_methods=("GET", "POST"),
            cors_allowed_headers=("X-Token", "Authorization"),
            cors_exposed_headers=("X-Trace",),
            cors_max_age=600,
        )
        asked = {
            "origin": APP,
            "access-control-request-method": "POST",
            "access-control-request-headers": "x-token",
        }
        preflight = await Request(
            site.app, "OPTIONS", "EIO=4&transport=polling", headers=asked
        ).response()
        assert (preflight.status, preflight.body) == (204, b"")
        assert preflight.headers == {
            "content-length": "0",
            "vary": "Origin",
            "access-control-allow-origin": APP,
            "access-control-allow-credentials": "true",
            "access-control-allow-methods": "GET,POST",
            "access-control-allow-headers": "X-Token,Authorization",
            "access-control-expose-headers": "X-Trace",
            "access-control-max-age": "600",
        }
        response = await site.get("EIO=4&transport=polling", headers={"origin": APP})
        assert response.headers["access-control-expose-headers"] == "X-Trace"
        assert response.headers["access-control-allow-credentials"] == "true"

    run(scenario())


def test_the_headers_that_a_preflight_asks_for_are_allowed_by_default() -> None:
    policy = CorsPolicy(EngineOptions(cors_origins="*"))
    assert policy.preflight_headers(
        {"origin": APP, "access-control-request-headers": "x-a, x-b"}
    ) == [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET,HEAD,PUT,PATCH,POST,DELETE"),
        (b"vary", b"Access-Control-Request-Headers"),
        (b"access-control-allow-headers", b"x-a, x-b"),
    ]
    assert (
        len(policy.preflight_headers({"access-control-request-headers": "x-a\r\nset-cookie: a=b"}))
        == 3
    )


@pytest.mark.parametrize(
    "options",
    [
        {"cors_origins": "app.example"},
        {"cors_origins": ("https://app.example", "app.example")},
        {"cors_origins": "*", "cors_credentials": True},
        {"cors_origins": ("*",), "cors_credentials": True},
        {"cors_methods": "GET"},
        {"cors_allowed_headers": "X-Token"},
    ],
)
def test_options_of_cors_that_can_not_work_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        EngineOptions(**options)


def test_a_function_that_raises_allows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def broken(origin: str) -> bool:
        raise LookupError("a bug")

    async def scenario() -> None:
        site = Site(cors_origins=broken)
        response = await site.get("EIO=4&transport=polling", headers={"origin": APP})
        assert (response.status, response.headers.get("access-control-allow-origin")) == (200, None)

    run(scenario())
    assert "LookupError: a bug" in caplog.text


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("https://chat.example", "chat.example", True),
        ("https://chat.example", "CHAT.example", True),
        ("https://chat.example", "chat.example:443", True),
        ("http://chat.example:80", "chat.example", True),
        ("http://chat.example:8000", "chat.example:8000", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://chat.example:5173", "chat.example:8000", False),
        ("https://chat.example:8443", "chat.example", False),
        ("https://chat.example", "chat.example:80", False),
        ("https://chat.example.evil.example", "chat.example", False),
        ("https://evil.example", "chat.example", False),
        ("https://evil.example#chat.example", "chat.example", False),
        ("https://chat.example@evil.example", "chat.example", False),
        ("null", "chat.example", False),
        ("https://chat.example", "", False),
        ("https://", "", False),
        ("https://chat.example:99999", "chat.example:99999", False),
        ("wss://chat.example", "chat.example:443", True),
        ("ws://chat.example", "chat.example:80", True),
        ("wss://chat.example", "chat.example", True),
        ("wss://chat.example:443", "chat.example", True),
        ("ws://chat.example:8080", "chat.example:8080", True),
        ("wss://chat.example", "chat.example:80", False),
        ("ws://chat.example:443", "chat.example", False),
        ("WSS://Chat.Example", "cHAT.eXAMPLE:443", True),
        ("https://chat.example.", "chat.example", True),
        ("https://chat.example", "chat.example.:443", True),
        ("https://chat.example", "chat.example:", True),
        ("https://[::1]", "[0:0:0:0:0:0:0:1]:443", True),
        ("https://[2001:DB8::1]", "[2001:db8::1]", True),
        ("https://[::1]", "[::2]", False),
        ("https://[::1", "[::1", False),
        ("https://chat.example:\u0663", "chat.example:3", False),
        ("https://chat.example\t", "chat.example", False),
        ("https://chat.example/path", "chat.example", False),
        ("file://", "chat.example", False),
        ("file://", "", False),
        ("capacitor://localhost", "localhost", True),
        ("capacitor://localhost", "localhost:3000", False),
    ],
)
def test_by_default_a_page_may_open_websockets_to_the_host_that_it_came_from(
    origin: str, host: str, *, same: bool
) -> None:
    assert CorsPolicy(EngineOptions()).allows_websocket({"origin": origin}, host) is same


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
@pytest.mark.parametrize("port", [80, 443, 8000])
def test_an_origin_and_a_host_may_each_name_the_default_port_or_not(scheme: str, port: int) -> None:
    default = 80 if scheme in ("http", "ws") else 443
    hosts = (
        ["a.example:8000"]
        if port == 8000
        else [f"a.example:{port}", *(["a.example"] if port == default else [])]
    )
    origins = [f"{scheme}://{host}" for host in hosts]
    every = {f"a.example:{each}" for each in (80, 443, 8000)} | {"a.example"}
    for origin in origins:
        for host in every:
            assert CorsPolicy(EngineOptions()).allows_websocket({"origin": origin}, host) is (
                host in hosts
            ), (
                origin,
                host,
            )


@pytest.mark.parametrize(
    ("allowed", "origin", "is_allowed"),
    [
        ("https://app.example", "https://app.example:443", True),
        ("https://app.example:443", "https://APP.example", True),
        ("https://app.example", "wss://app.example", True),
        ("https://app.example.", "https://app.example", True),
        ("https://app.example", "http://app.example:443", False),
        ("https://app.example", "https://app.example/x", False),
        ("file://", "file://", True),
        ("https://app.example", "file://", False),
        (re.compile(r"https://\d\.example"), "https://7.example", True),
        (re.compile(r"https://\w\.example"), "https://\u00e9.example", False),
        (re.compile(r"https://app\.example", re.IGNORECASE), "https://APP.example", True),
    ],
)
def test_an_allowed_origin_is_the_same_however_it_is_written(
    allowed: str | re.Pattern[str], origin: str, *, is_allowed: bool
) -> None:
    assert CorsPolicy(EngineOptions(cors_origins=allowed)).allows(origin) is is_allowed


@pytest.mark.parametrize(
    "forwarded",
    ["chat.example", "chat.example:443", "CHAT.example.", "chat.example, inner.example"],
)
@pytest.mark.parametrize(
    "origin", ["https://chat.example", "wss://chat.example", "wss://chat.example:443"]
)
def test_behind_a_trusted_proxy_that_ends_tls_the_forwarded_host_is_the_pages(
    forwarded: str, origin: str
) -> None:
    async def scenario() -> None:
        headers = {
            "origin": origin,
            "host": "10.0.0.1:8000",
            "x-forwarded-host": forwarded,
            "x-forwarded-proto": "https",
        }
        await Site(trusted_proxies=("192.0.2.1",)).websocket(headers=headers)

    run(scenario())


@pytest.mark.parametrize(("trusted", "opens"), [(("192.0.2.1",), True), ((), False)])
def test_a_trusted_proxy_says_which_host_was_asked_for(
    *, trusted: tuple[str, ...], opens: bool
) -> None:
    async def scenario() -> None:
        site = Site(trusted_proxies=trusted)
        headers = {
            "origin": "https://chat.example",
            "host": "127.0.0.1:8000",
            "x-forwarded-host": "chat.example",
        }
        if opens:
            await site.websocket(headers=headers)
        else:
            with pytest.raises(DeniedError):
                await site.websocket(headers=headers)

    run(scenario())


@pytest.mark.parametrize(
    ("origin", "host", "words"),
    [
        (
            EVIL,
            "chat.example",
            [
                "'https://evil.example'",
                "Host 'chat.example'",
                "'192.0.2.1'",
                "name its origin in cors_origins",
            ],
        ),
        ("file://", "chat.example:8080", ["'file://'", "ESP32", "cors_origins=['file://']"]),
        ("null", "chat.example", ["'null'", "cors_origins=['null']"]),
        (
            "https://chat.example:8443",
            "chat.example",
            ["Only the port differs", "proxy_set_header Host $http_host"],
        ),
        ("https://\xff\x85\x9b", "chat.example", ["'https://\xff\\x85\\x9b'"]),
    ],
)
def test_a_refused_origin_is_explained_once_at_warning(
    origin: str, host: str, words: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        site = Site()
        for _ in range(3):
            with pytest.raises(DeniedError):
                await site.websocket(headers={"origin": origin, "host": host})

    run(scenario())
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert [word for word in words if word not in record.getMessage()] == []
