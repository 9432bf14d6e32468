"""Middlewares, headers, refusals as they are observed, session ids, the initial packet."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

import pytest
from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.engine.hooks import RefusedRequest, ResponseHeaders
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.errors import UsageError
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Site

HANDSHAKE = "EIO=4&transport=polling"
BAD_REQUEST = '{"code":3,"message":"Bad request"}'


def watch(site: Site) -> list[tuple[int, str, dict[str, str]]]:
    seen: list[tuple[int, str, dict[str, str]]] = []

    @site.engine.on("connection_error")
    def refused(refusal: RefusedRequest) -> None:
        seen.append((refusal.code, refusal.message, dict(refusal.context)))

    return seen


# Middlewares


def test_middlewares_run_in_order_for_every_request_and_every_upgrade() -> None:
    async def scenario() -> None:
        site = Site()
        log: list[str] = []

        @site.engine.use
        async def first(request: EngineRequest) -> None:
            await asyncio.sleep(0.1)
            log.append(f"first {request.method} {request.query['transport']}")

        @site.engine.use
        async def second(request: EngineRequest) -> None:
            log.append(f"second {request.scope['type']}")

        query = await site.open_polling()
        await site.post(query, b"4a")
        await site.websocket(query.replace("=polling", "=websocket"))
        await site.open_websocket()
        assert log == [
            *("first GET polling", "second http"),
            *("first POST polling", "second http"),
            *("first GET websocket", "second websocket"),
            *("first GET websocket", "second websocket"),
        ]

    run(scenario())


@pytest.mark.parametrize("raises", [True, False])
def test_a_middleware_that_raises_or_gives_a_reason_refuses_with_code_3(raises: bool) -> None:
    async def scenario() -> None:
        site = Site()
        seen = watch(site)

        @site.engine.use
        async def nobody(request: EngineRequest) -> str:
            if raises:
                raise LookupError("a secret")
            return "closed today"

        @site.engine.use
        async def never(request: EngineRequest) -> None:
            raise AssertionError("the first has refused")

        response = await site.get(HANDSHAKE)
        assert (response.status, response.text) == (400, BAD_REQUEST)
        with pytest.raises(DeniedError) as info:
            await site.websocket()
        assert (info.value.status, info.value.body.decode()) == (400, BAD_REQUEST)
        error = "LookupError('a secret')" if raises else "closed today"
        assert seen == [(3, "Bad request", {"name": "MIDDLEWARE_FAILURE", "error": error})] * 2
        assert site.engine.sessions == 0

    run(scenario())


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("hook", "answer", "status"),
    [
        ("allow_request", None, 200),
        ("allow_request", "No token", 403),
        ("allow_request", True, 403),
        ("allow_request", b"No token", 403),
        ("use", None, 200),
        ("use", "closed today", 400),
        ("use", False, 400),
        ("generate_id", "abc", 200),
        ("generate_id", None, 400),
        ("generate_id", b"abc", 400),
    ],
)
def test_a_hook_may_be_a_function_or_a_coroutine_function(
    hook: str, answer: object, status: int, *, is_async: bool
) -> None:
    def function(request: EngineRequest) -> Any:
        return answer

    async def coroutine(request: EngineRequest) -> Any:
        return answer

    given = coroutine if is_async else function

    async def scenario() -> None:
        options: dict[str, Any] = {} if hook == "use" else {hook: given}
        site = Site(**options)
        if hook == "use":
            site.engine.use(given)
        assert (await site.get(HANDSHAKE)).status == status
        assert site.engine.sessions == (status == 200)

    run(scenario())


def cancelled() -> None:
    """Do what raises `asyncio.CancelledError` although nobody cancels the task."""
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    future.result()


class OutcomeError(BaseException):
    """As test frameworks have them."""


@pytest.mark.parametrize(
    "error",
    [None, LookupError, OverflowError, RecursionError, MemoryError, StopIteration, OutcomeError],
)
def test_whatever_hooks_raise_concerns_one_request(
    error: type[BaseException] | None, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        if error is not None:
            raise error
        cancelled()

    async def hook(request: EngineRequest) -> Any:
        fail()

    def headers(headers: ResponseHeaders, request: EngineRequest) -> None:
        fail()

    def refused(refusal: RefusedRequest) -> None:
        fail()

    def origin(name: str) -> bool:
        fail()
        return True

    async def scenario() -> None:
        for site, status in ((Site(allow_request=hook), 403), (Site(generate_id=hook), 400)):
            site.engine.on("connection_error", refused)
            assert (await site.get(HANDSHAKE)).status == status
        site = Site(cors_origins=origin)
        site.engine.on("headers", headers)
        response = await site.get(HANDSHAKE, headers={"origin": "https://app.example"})
        assert (response.status, response.headers.get("access-control-allow-origin")) == (200, None)
        site.engine.use(hook)
        assert (await site.get(HANDSHAKE)).text == BAD_REQUEST
        assert site.engine.sessions == 1

    run(scenario())
    assert {
        record.getMessage().partition(" failed: ")[0]
        for record in caplog.records
        if record.exc_info
    } == {
        "The allow_request hook",
        "The generate_id hook",
        "The function cors_origins",
        "A listener for headers",
        "A listener for connection_error",
        "A middleware of the engine",
    }


def test_a_request_whose_task_is_cancelled_in_a_middleware_is_not_refused() -> None:
    async def scenario() -> None:
        site = Site()
        seen = watch(site)

        @site.engine.use
        async def slow(request: EngineRequest) -> None:
            await asyncio.sleep(10)

        request = Request(site.app, "GET", HANDSHAKE)
        await asyncio.sleep(1)
        request.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request.task
        assert seen == []

    run(scenario())


def test_a_middleware_runs_before_anything_else_is_checked_but_after_preflights() -> None:
    async def scenario() -> None:
        site = Site(cors_origins="*")
        seen = watch(site)

        @site.engine.use
        async def nobody(request: EngineRequest) -> str:
            return "no"

        preflight = await Request(
            site.app, "OPTIONS", HANDSHAKE, headers={"origin": "https://a.example"}
        ).response()
        assert preflight.status == 204
        for query in ("transport=none", "EIO=3&transport=polling", f"{HANDSHAKE}&sid=unknown"):
            refused = await site.get(query, headers={"origin": "https://a.example"})
            assert (refused.status, refused.headers["access-control-allow-origin"]) == (400, "*")
        assert {context["name"] for _, _, context in seen} == {"MIDDLEWARE_FAILURE"}

    run(scenario())


def test_what_hooks_put_into_the_state_lives_with_the_session_and_the_scope_does_not() -> None:
    async def scenario() -> None:
        async def allow(request: EngineRequest) -> None:
            request.state["tenant"] = request.scope["path"]

        site = Site(allow_request=allow)

        @site.engine.use
        async def user(request: EngineRequest) -> None:
            request.state["user"] = request.query.get("user")

        await site.get(f"{HANDSHAKE}&user=ada")
        kept = site.recorder.socket.request
        assert kept.state == {"user": "ada", "tenant": "/socket.io/"}
        assert (kept.scope, kept.method) == ({}, "GET")

    run(scenario())


# Headers


def test_headers_are_asked_for_with_each_response_and_initial_ones_with_the_first() -> None:
    async def scenario() -> None:
        site = Site()

        @site.engine.on("initial_headers")
        def initial(headers: ResponseHeaders, request: EngineRequest) -> None:
            headers["X-First"] = request.address

        @site.engine.on("headers")
        def each(headers: ResponseHeaders, request: EngineRequest) -> None:
            headers["X-Method"] = request.method

        opened = await site.get(HANDSHAKE)
        assert (opened.headers["x-first"], opened.headers["x-method"]) == ("192.0.2.1", "GET")
        sid = json.loads(opened.text[1:])["sid"]
        posted = await site.post(f"{HANDSHAKE}&sid={sid}", b"4a")
        assert ("x-first" in posted.headers, posted.headers["x-method"]) == (False, "POST")
        upgrade = await site.websocket(f"EIO=4&transport=websocket&sid={sid}")
        assert upgrade.headers == {"x-method": "GET"}
        websocket = await site.open_websocket()
        assert websocket.headers == {"x-first": "192.0.2.1", "x-method": "GET"}
        site.engine.off("headers", each)
        assert "x-method" not in (await site.get(HANDSHAKE)).headers

    run(scenario())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            ("x\r\nset-cookie", "a"),
            ("x", "a\r\nset-cookie: b"),
            ("", "a"),
            ("x", "\u20ac"),
            ("x y", "a"),
            ("x", 5),
            (5, "x"),
        ],
        *[
            ("x", None),
            ("x", ["a\n"]),
            ("Content-Length", "1"),
            ("content-type", "x/y"),
            ("Transfer-Encoding", "chunked"),
        ],
        *[
            ("connection", "close"),
            ("content-encoding", "gzip"),
            ("Upgrade", "h2c"),
            ("sec-websocket-accept", "x"),
        ],
    ],
)
def test_headers_that_would_break_the_response_are_left_out(
    name: Any, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        site = Site()

        def add(headers: ResponseHeaders, request: EngineRequest) -> None:
            headers.update({name: value, "x-good": "1"})

        site.engine.on("headers", add)
        for _ in range(2):
            response = await site.get(HANDSHAKE)
            assert set(response.headers) == {
                "content-type",
                "content-length",
                "cache-control",
                "x-good",
            }
            assert response.headers["content-type"] == "text/plain; charset=UTF-8"
        assert (await site.open_websocket()) is not None

    run(scenario())
    assert caplog.text.count("left out") == 1
    assert ("has the type int" in caplog.text) == (value == 5)


@pytest.mark.parametrize("event", ["initial_headers", "headers"])
@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"set-cookie": "a=1"}, {"set-cookie": ["io=SID; Path=/; HttpOnly; SameSite=Lax", "a=1"]}),
        (
            {"Set-Cookie": ["a=1", "b=2"]},
            {"set-cookie": ["io=SID; Path=/; HttpOnly; SameSite=Lax", "a=1", "b=2"]},
        ),
        ({"set-cookie": []}, {"set-cookie": ["io=SID; Path=/; HttpOnly; SameSite=Lax"]}),
        ({"Vary": "Cookie"}, {"vary": ["Origin", "Cookie"]}),
        (
            {"Access-Control-Allow-Origin": "https://b.example"},
            {"access-control-allow-origin": ["https://b.example"]},
        ),
        ({"cache-control": "private"}, {"cache-control": ["private"]}),
        ({"link": ["<a>", "<b>"]}, {"link": ["<a>", "<b>"]}),
        ({"access-control-expose-headers": "x-a"}, {"access-control-expose-headers": ["x-a"]}),
    ],
)
def test_a_listeners_header_is_added_where_it_may_repeat_and_else_replaces_the_servers(
    event: Literal["initial_headers", "headers"],
    given: ResponseHeaders,
    lines: dict[str, list[str]],
) -> None:
    async def scenario() -> None:
        ids = iter(("SID", "OTHER"))

        def generate_id(request: EngineRequest) -> str:
            return next(ids)

        def add(headers: ResponseHeaders, request: EngineRequest) -> None:
            headers.update(given)

        options: dict[str, Any] = {
            "cookie": Cookie(),
            "cors_origins": ["https://a.example"],
            "cors_exposed_headers": ["x-b"],
        }
        site = Site(**options, generate_id=generate_id)
        site.engine.on(event, add)
        response = await site.get(HANDSHAKE, headers={"origin": "https://a.example"})
        for name, values in lines.items():
            assert response.lines(name) == values
        websocket = await site.websocket()
        for name, value in given.items():
            assert websocket.lines(name.lower()) == (value if isinstance(value, list) else [value])

    run(scenario())


def test_a_listener_that_raises_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        site = Site()

        def broken(*_: object) -> None:
            raise LookupError("a bug")

        site.engine.on("initial_headers", broken)
        site.engine.on("connection_error", broken)
        seen = watch(site)
        await site.open_polling()
        assert (await site.get("EIO=3&transport=polling")).status == 400
        assert len(seen) == 1

    run(scenario())
    assert caplog.text.count("LookupError: a bug") == 2


def test_an_event_that_the_engine_does_not_have_is_refused() -> None:
    async def scenario() -> None:
        with pytest.raises(UsageError, match="connection_error"):
            Site().engine.on("conection_error")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]  # the mistake

    run(scenario())


# Refusals, as connection_error sees them


@pytest.mark.parametrize(
    ("method", "query", "code", "message", "context"),
    [
        ("GET", "EIO=4&transport=tube", 0, "Transport unknown", {"transport": "tube"}),
        ("GET", "EIO=4", 0, "Transport unknown", {"transport": ""}),
        ("GET", f"{HANDSHAKE}&sid=zzz", 1, "Session ID unknown", {"sid": "zzz"}),
        ("POST", HANDSHAKE, 2, "Bad handshake method", {"method": "POST"}),
        (
            "GET",
            "EIO=4&transport=websocket",
            3,
            "Bad request",
            {"name": "TRANSPORT_HANDSHAKE_ERROR", "transport": "websocket"},
        ),
        ("GET", "EIO=3&transport=polling", 5, "Unsupported protocol version", {"protocol": "3"}),
        ("GET", "transport=polling", 5, "Unsupported protocol version", {"protocol": ""}),
    ],
)
def test_each_refusal_is_observed_with_its_reason(
    method: str, query: str, code: int, message: str, context: dict[str, str]
) -> None:
    async def scenario() -> None:
        site = Site()
        seen = watch(site)
        response = await Request(site.app, method, query).response()
        assert json.loads(response.text) == {"code": code, "message": message}
        assert seen == [(code, message, context)]

    run(scenario())


def test_refusals_of_requests_with_a_session_are_observed() -> None:
    async def scenario() -> None:
        site = Site()
        seen = watch(site)
        query = await site.open_polling()
        await site.get(query.replace("=polling", "=websocket"))
        await site.get(query.replace("EIO=4", "EIO=3"))
        await site.get(query, headers={"origin": "https://a\x01"})
        websocket = await site.open_websocket()
        await site.get(f"{HANDSHAKE}&sid={site.recorders[1].socket.sid}")
        second = await site.websocket(
            f"EIO=4&transport=websocket&sid={site.recorders[1].socket.sid}"
        )
        assert await second.closed() == 1000
        assert [context for _, _, context in seen] == [
            {"name": "TRANSPORT_MISMATCH", "transport": "websocket", "current": "polling"},
            {"name": "PROTOCOL_MISMATCH", "protocol": "3", "current": "4"},
            {"name": "INVALID_ORIGIN", "origin": "https://a\x01"},
            {"name": "TRANSPORT_MISMATCH", "transport": "polling", "current": "websocket"},
            {"name": "TRANSPORT_MISMATCH", "transport": "websocket", "current": "websocket"},
        ]
        assert {code for code, _, _ in seen} == {3}
        websocket.send("4still here")

    run(scenario())


def test_refusals_by_the_application_are_observed() -> None:
    async def scenario() -> None:
        async def members_only(request: EngineRequest) -> str:
            return "members only"

        site = Site(allow_request=members_only, cors_origins="https://app.example")
        seen = watch(site)
        assert (await site.get(HANDSHAKE)).status == 403
        with pytest.raises(DeniedError):
            await site.websocket(headers={"origin": "https://evil.example"})
        assert seen == [
            (4, "members only", {"message": "members only"}),
            (4, "Forbidden", {"name": "ORIGIN_NOT_ALLOWED", "origin": "https://evil.example"}),
        ]

    run(scenario())


# Session ids


def test_session_ids_can_be_made_by_the_application_at_once_or_later() -> None:
    async def scenario() -> None:
        async def later(request: EngineRequest) -> str:
            await asyncio.sleep(1)
            return f"node-7.{request.query['n']}"

        site = Site(generate_id=later)
        assert (await site.open_polling("&n=1")).startswith("EIO=4&transport=polling&sid=node-7.1")
        await site.open_websocket("&n=2")
        assert [recorder.socket.sid for recorder in site.recorders] == ["node-7.1", "node-7.2"]

        def now(request: EngineRequest) -> str:
            return f"sid~{request.address}"

        at_once = Site(generate_id=now)
        await at_once.open_polling()
        assert at_once.recorder.socket.sid == "sid~192.0.2.1"

    run(scenario())


@pytest.mark.parametrize(
    ("sid", "error"),
    [
        (None, "LookupError('no more ids')"),
        ("", "the id can't stand in a URL and a cookie"),
        ("a b", "the id can't stand in a URL and a cookie"),
        ("a\r\nset-cookie: b", "the id can't stand in a URL and a cookie"),
        ("x" * 257, "the id can't stand in a URL and a cookie"),
        ("taken", "the id is that of another session"),
    ],
)
def test_an_id_that_fails_refuses_the_handshake_with_code_3(sid: str | None, error: str) -> None:
    async def scenario() -> None:
        def generate(request: EngineRequest) -> str:
            if site.engine.sessions == 0:
                return "taken"
            if sid is None:
                raise LookupError("no more ids")
            return sid

        site = Site(generate_id=generate)
        seen = watch(site)
        await site.open_polling()
        response = await site.get(HANDSHAKE)
        assert (response.status, response.text) == (400, BAD_REQUEST)
        with pytest.raises(DeniedError):
            await site.websocket()
        assert seen == [(3, "Bad request", {"name": "ID_GENERATION_ERROR", "error": error})] * 2
        assert site.engine.sessions == 1

    run(scenario())


# The initial packet


@pytest.mark.parametrize(
    ("initial", "payload", "frame"), [("hi", "4hi", "4hi"), (b"\x00\xff", "bAP8=", b"\x00\xff")]
)
def test_the_initial_packet_follows_the_open_packet(initial: Any, payload: str, frame: Any) -> None:
    async def scenario() -> None:
        site = Site(initial_packet=initial)
        response = await site.get(HANDSHAKE)
        opened, following = response.text.split("\x1e")
        assert (opened[:2], following) == ("0{", payload)
        websocket = await site.open_websocket()
        assert await websocket.receive() == frame
        base64 = await site.open_websocket("&b64=1")
        assert await base64.receive() == payload

    run(scenario())


# Hints


REFUSED: tuple[tuple[str, str, dict[str, str], list[str]], ...] = (
    ("GET", f"{HANDSHAKE}&sid=0123456789abcdef", {}, ["sticky sessions", "no session 0123…"]),
    (
        "GET",
        f"{HANDSHAKE}&sid=0123456789abcdef.1",
        {},
        ["A server with workers has made this id", "requests are sent to the wrong server"],
    ),
    ("GET", "EIO=3&transport=polling", {}, ["Engine.IO '3'", "Socket.IO 2"]),
    ("GET", "EIO=4&transport=smoke%0Asignals", {}, ["'smoke\\nsignals'", "Transport unknown"]),
    ("GET", HANDSHAKE, {"x-large": "x" * 40_000}, ["REQUEST_TOO_LARGE", "32 KB"]),
    ("POST", HANDSHAKE, {}, ["A POST request", "Bad handshake method"]),
)


@pytest.mark.parametrize(("method", "query", "headers", "words"), REFUSED)
def test_a_refused_request_is_explained_once_at_warning(
    method: str,
    query: str,
    headers: dict[str, str],
    words: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        site = Site()
        for _ in range(3):
            await Request(site.app, method, query, headers=headers).response()

    run(scenario())
    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert [word for word in ["'192.0.2.1'", *words] if word not in record.getMessage()] == []
