"""The engine over ASGI, in memory and with a virtual clock."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref

import pytest
from ackord.runtime.engine.cookie import Cookie
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Site

UNKNOWN = '{"code":1,"message":"Session ID unknown"}'
BAD_REQUEST = '{"code":3,"message":"Bad request"}'


async def settle() -> None:
    """Let everything happen that needs no time."""
    for _ in range(10):
        await asyncio.sleep(0)


# Handshake


def test_a_polling_handshake_answers_the_open_packet_with_the_headers_of_the_protocol() -> None:
    async def scenario() -> None:
        site = Site()
        response = await site.get("EIO=4&transport=polling")
        content = json.loads(response.text[1:])
        sid = site.recorder.socket.sid
        assert content == {
            "sid": sid,
            "upgrades": ["websocket"],
            "pingInterval": 25000,
            "pingTimeout": 20000,
            "maxPayload": 1_000_000,
        }
        assert response.headers == {
            "content-type": "text/plain; charset=UTF-8",
            "content-length": str(len(response.body)),
            "cache-control": "no-store",
        }

    run(scenario())


def test_session_ids_are_long_and_different() -> None:
    async def scenario() -> None:
        site = Site()
        for _ in range(100):
            await site.open_polling()
        ids = {recorder.socket.sid for recorder in site.recorders}
        assert len(ids) == site.engine.sessions == 100
        assert {len(sid) for sid in ids} == {20}

    run(scenario())


def test_the_handshake_is_described_to_the_upper_layer() -> None:
    async def scenario() -> None:
        site = Site()
        await site.get(
            "EIO=4&transport=polling&token=a&token=b%20c&empty=",
            headers={"User-Agent": "x"},
            scheme="https",
        )
        request = site.recorder.socket.request
        assert request.url == "/socket.io/?EIO=4&transport=polling&token=a&token=b%20c&empty="
        assert request.query == {"EIO": "4", "transport": "polling", "token": "b c", "empty": ""}
        assert request.headers == {"user-agent": "x"}
        assert (request.address, request.secure) == ("192.0.2.1", True)

    run(scenario())


def test_allow_request_may_refuse_with_a_message() -> None:
    async def allow(request: EngineRequest) -> str | None:
        await asyncio.sleep(1)
        return None if request.query.get("token") == "good" else "No token"

    async def scenario() -> None:
        site = Site(allow_request=allow)
        assert (await site.get("EIO=4&transport=polling&token=good")).status == 200
        response = await site.get("EIO=4&transport=polling")
        assert (response.status, response.text) == (403, '{"code":4,"message":"No token"}')
        with pytest.raises(DeniedError) as info:
            await site.websocket()
        assert (info.value.status, info.value.body) == (400, b'{"code":4,"message":"No token"}')
        assert site.engine.sessions == 1

    run(scenario())


def test_an_allow_request_that_raises_refuses(caplog: pytest.LogCaptureFixture) -> None:
    async def allow(request: EngineRequest) -> str | None:
        raise RuntimeError("database down, password hunter2")

    async def scenario() -> None:
        response = await Site(allow_request=allow).get("EIO=4&transport=polling")
        assert (response.status, response.text) == (403, '{"code":4,"message":"Forbidden"}')

    run(scenario())
    assert "The allow_request hook failed: RuntimeError" in caplog.text


def test_allow_request_is_asked_before_the_version_is_checked() -> None:
    async def allow(request: EngineRequest) -> str | None:
        return "No"

    async def scenario() -> None:
        assert (await Site(allow_request=allow).get("EIO=3&transport=polling")).status == 403

    run(scenario())


def test_a_websocket_is_refused_without_the_response_extension_too() -> None:
    async def scenario() -> None:
        with pytest.raises(DeniedError) as info:
            await Site().websocket("EIO=3&transport=websocket", can_respond=False)
        assert info.value.status == 403

    run(scenario())


@pytest.mark.parametrize("sid", ["unknown", "x" * 10_000, "%00", "__proto__"])
def test_an_unknown_session_is_unknown(sid: str) -> None:
    async def scenario() -> None:
        site = Site()
        response = await site.get(f"EIO=4&transport=polling&sid={sid}")
        assert (response.status, response.text) == (400, UNKNOWN)
        with pytest.raises(DeniedError):
            await site.websocket(f"EIO=4&transport=websocket&sid={sid}")

    run(scenario())


def test_a_request_with_another_protocol_version_leaves_the_session_alone() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling()
        wrong = query.replace("EIO=4", "EIO=3")
        assert (await site.get(wrong)).text == BAD_REQUEST
        with pytest.raises(DeniedError):
            await site.websocket(wrong.replace("=polling", "=websocket"))
        assert (await site.post(query, b"4a")).status == 200
        assert (await site.get(query)).text == "4a"

    run(scenario())


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("EIO=4&transport=polling&sid=", '0{"sid"'),
        ("EIO=4&transport=polling&sid", '0{"sid"'),
        ("transport=polling&EIO=4&sid=unknown&sid=", '0{"sid"'),
        ("EIO=3&EIO=4&transport=websocket&transport=polling", '0{"sid"'),
        ("EIO=4&EIO=3&transport=polling", '{"code":5,"message":"Unsupported protocol version"}'),
        ("EIO=4&transport=polling&transport=websocket", BAD_REQUEST),
        ("EIO=4&transport=Polling", '{"code":0,"message":"Transport unknown"}'),
        ("eio=4&transport=polling", '{"code":5,"message":"Unsupported protocol version"}'),
        ("EIO=4&TRANSPORT=polling", '{"code":0,"message":"Transport unknown"}'),
        ("EIO=4&transport=polling&j=0", '{"code":3,"message":"JSONP is not supported"}'),
        ("EIO=4&transport=polling&j", '{"code":3,"message":"JSONP is not supported"}'),
    ],
)
def test_unusual_query_strings_mean_what_they_mean_to_the_reference(query: str, body: str) -> None:
    async def scenario() -> None:
        response = await Site().get(query)
        assert (response.status, response.text[: len(body)]) == (
            200 if body.startswith("0") else 400,
            body,
        )

    run(scenario())


def test_an_empty_sid_opens_a_new_session_whose_first_response_is_like_any() -> None:
    async def scenario() -> None:
        site = Site(cookie=Cookie())
        assert "set-cookie" in (await site.get("EIO=4&transport=polling&sid=")).headers
        await site.open_websocket("&sid=")
        assert site.engine.sessions == 2
        assert (
            await site.post("EIO=4&transport=polling&sid=", b"4a")
        ).text == '{"code":2,"message":"Bad handshake method"}'

    run(scenario())


def test_the_parameter_of_jsonp_has_no_meaning_for_a_session_or_a_websocket() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling()
        assert (await site.post(query + "&j=1", b"4a")).status == 200
        assert (await site.get(query + "&j=1")).text == "4a"
        await site.open_websocket("&j=0")

    run(scenario())


# Long-polling


def test_replies_of_one_payload_come_back_in_one_response_even_to_a_parked_get() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling()
        poll = site.park(query)
        await settle()
        response = await site.post(query, b"4a\x1ebAA==\x1e4b")
        assert (response.status, response.text, response.headers["content-type"]) == (
            200,
            "ok",
            "text/html",
        )
        assert (await poll.response()).text == "4a\x1ebAA==\x1e4b"

    run(scenario())


def test_writable_is_true_once_for_a_parked_get() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        socket = site.recorder.socket
        assert not socket.writable
        poll = site.park(query)
        await settle()
        assert socket.writable
        socket.send("4a")
        assert not socket.writable
        await poll.response()
        assert not socket.writable

    run(scenario())


def test_a_get_whose_client_goes_away_ends_the_session_at_once() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        poll = site.park(query)
        await settle()
        poll.disconnect()
        assert await poll.unanswered()
        assert site.recorder.ends == [("transport error", "poll connection closed prematurely")]
        assert (await site.get(query)).text == UNKNOWN

    run(scenario())


def test_a_get_that_is_cancelled_by_the_host_ends_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        poll = site.park(await site.open_polling())
        await settle()
        poll.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await poll.task
        assert site.engine.sessions == 0

    run(scenario())


def test_overlapping_gets_end_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        first = site.park(query)
        await settle()
        second = await site.get(query)
        assert (second.status, second.text) == (400, "")
        assert (await first.response()).text == "1"
        assert site.recorder.ends == [("transport error", "overlap from client")]

    run(scenario())


def test_overlapping_posts_end_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        slow = Request(site.app, "POST", query, [b"4a"], is_complete=False)
        await settle()
        assert (await site.post(query, b"4b")).status == 400
        slow.disconnect()
        assert (await slow.response()).status == 400
        assert site.recorder.log == []
        assert site.recorder.ends == [("transport error", "data request overlap from client")]

    run(scenario())


def test_a_body_in_chunks_is_put_together() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        body = "4héllo\x1ebAQIDBA==\x1e4world".encode()
        assert (await site.post(query, *(bytes([byte]) for byte in body))).text == "ok"
        assert site.recorder.log == ["4héllo", b"\x01\x02\x03\x04", "4world"]

    run(scenario())


def test_a_body_that_is_too_large_is_413_and_the_session_lives() -> None:
    async def scenario() -> None:
        site = Site(max_payload=100)
        query = await site.open_polling()
        for response in (
            await site.post(query, b"4" * 101),
            await site.post(query, b"4" * 60, b"4" * 60, b"4" * 60),
            await site.post(query, b"", headers={"content-length": "101"}),
            await site.post(query, b"", headers={"content-length": "9" * 5000}),
        ):
            assert (response.status, response.body, response.headers["connection"]) == (
                413,
                b"",
                "close",
            )
        assert (await site.post(query, b"4" * 100)).text == "ok"
        assert site.recorder.log == ["4" * 100]
        assert site.recorder.ends == []

    run(scenario())


def test_a_body_is_measured_in_bytes() -> None:
    async def scenario() -> None:
        site = Site(max_payload=100)
        query = await site.open_polling()
        assert (await site.post(query, ("4" + "€" * 34).encode())).status == 413

    run(scenario())


def test_a_post_that_is_cut_in_the_middle_ends_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        post = Request(site.app, "POST", query, [b"4a"], is_complete=False)
        post.disconnect()
        assert (await post.response()).status == 400
        assert site.recorder.ends == [
            ("transport error", "data request connection closed prematurely")
        ]
        assert site.recorder.log == []

    run(scenario())


def test_a_post_that_never_ends_does_not_outlive_its_session() -> None:
    async def scenario() -> None:
        site = Site()
        post = Request(site.app, "POST", await site.open_polling(), [b"4a"], is_complete=False)
        assert (await post.response()).status == 400
        assert asyncio.get_running_loop().time() == 45
        assert site.engine.sessions == 0

    run(scenario())


def test_the_end_of_a_session_ends_a_post_that_is_under_way() -> None:
    async def scenario() -> None:
        site = Site()
        post = Request(site.app, "POST", await site.open_polling(), [b"4a"], is_complete=False)
        await asyncio.sleep(1)
        site.recorder.socket.close(discard=True)
        response = await post.response()
        assert (response.status, response.headers["connection"]) == (400, "close")
        assert asyncio.get_running_loop().time() == pytest.approx(1)
        assert site.recorder.log == []

    run(scenario())


@pytest.mark.parametrize(
    "content_type", ["application/octet-stream", "Application/Octet-Stream; charset=x"]
)
def test_a_binary_body_is_refused(content_type: str) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        response = await site.post(query, b"4a", headers={"content-type": content_type})
        assert (response.status, response.body) == (400, b"")
        assert site.recorder.ends == [("transport error", "invalid content")]

    run(scenario())


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_on_a_session_are_500(method: str) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        request = Request(site.app, method, query)
        response = await request.response()
        assert (response.status, response.body) == (500, b"")

    run(scenario())


def test_packets_after_the_one_at_which_the_upper_layer_closed_are_dropped() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        assert (await site.post(query, b"4a\x1e4close\x1e4b")).status == 200
        assert site.recorder.log == ["4a", "4close"]
        assert (await site.get(query)).text == "6\x1e1"
        assert site.recorder.ends == [("forced close", None)]
        assert (await site.get(query)).text == UNKNOWN

    run(scenario())


def test_an_exception_of_the_upper_layer_ends_only_its_own_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling()
        other = await site.open_websocket()
        websocket = await site.open_websocket()
        websocket.send("4raise")
        await websocket.task
        assert (await site.post(query, b"4raise\x1e4a")).status == 200
        assert [recorder.ends for recorder in site.recorders] == [
            [("transport error", "internal error")],
            [],
            [("transport error", "internal error")],
        ]
        other.send("4a")
        assert await other.receive() == "4a"

    run(scenario())
    assert "a bug of the upper layer" in caplog.text


def test_a_post_waits_while_the_upper_layer_is_congested() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        site.recorder.congested = True
        post = asyncio.create_task(site.post(query, b"4a"))
        await asyncio.sleep(1)
        assert not post.done()
        assert site.recorder.log == ["4a"]
        site.recorder.relieve()
        assert (await post).text == "ok"

    run(scenario())


def test_a_body_of_very_many_packets_does_not_keep_others_waiting() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        post = asyncio.create_task(site.post(query, b"\x1e".join([b"4"] * 10_000)))
        turns = 0
        while not post.done():
            turns += 1
            await asyncio.sleep(0)
        assert turns > 30
        assert len(site.recorder.log) == 10_000

    run(scenario())


def test_a_client_that_never_polls_is_bounded() -> None:
    async def scenario() -> None:
        site = Site(max_buffered=1000)
        await site.open_polling()
        socket = site.recorder.socket
        for _ in range(100):
            socket.send("4" + "x" * 99)
        assert not socket.is_open
        assert site.recorder.ends == []  # never from within a send
        await settle()
        assert site.recorder.ends == [("transport error", "slow consumer")]
        assert socket.buffered == 0

    run(scenario())


# WebSocket


def test_messages_travel_both_ways_over_websocket() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        websocket = await site.open_websocket()
        for packet in ("4hello", b"\x00\x01", "4€"):
            websocket.send(packet)
            assert await websocket.receive() == packet
        site.recorder.socket.send_prepared(Prepared("451-[]", [b"\x01", b"\x02"]))
        assert [await websocket.receive() for _ in range(3)] == ["451-[]", b"\x01", b"\x02"]

    run(scenario())


def test_a_client_without_binary_gets_base64() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        websocket = await site.open_websocket("&b64=1")
        websocket.send("bAQIDBA==")
        assert await websocket.receive() == "bAQIDBA=="
        assert site.recorder.log == [b"\x01\x02\x03\x04"]
        site.recorder.socket.send_prepared(Prepared("451-[]", [b"\x00"]))
        assert [await websocket.receive() for _ in range(2)] == ["451-[]", "bAA=="]

    run(scenario())


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("abc", "parse error"),
        ("", "parse error"),
        ("7", "parse error"),
        ("2", "transport error"),
        ("1", "transport close"),
    ],
)
def test_a_violation_closes_the_websocket_at_once(message: str, reason: str) -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        websocket.send(message)
        assert await websocket.closed() == 1000
        assert [end[0] for end in site.recorder.ends] == [reason]
        assert site.engine.sessions == 0
        assert asyncio.get_running_loop().time() == 0

    run(scenario())


@pytest.mark.parametrize("message", ["4" + "x" * 100, "4" + "€" * 34, b"x" * 101])
def test_a_message_that_is_too_big_closes_with_1009(message: str | bytes) -> None:
    async def scenario() -> None:
        site = Site(max_payload=100)
        websocket = await site.open_websocket()
        websocket.send("4" + "€" * 33)
        websocket.send(message)
        assert await websocket.closed() == 1009
        assert site.recorder.log == ["4" + "€" * 33]
        assert site.recorder.ends == [("transport error", "message too big")]

    run(scenario())


def test_a_lost_websocket_ends_the_session() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        websocket.disconnect(1001)
        await websocket.task
        assert site.recorder.ends == [("transport close", "close code 1001")]
        site.recorder.socket.send("4dropped")
        site.recorder.socket.close()

    run(scenario())


def test_a_consumer_that_is_too_slow_is_dropped() -> None:
    async def scenario() -> None:
        site = Site(max_buffered=1000)
        websocket = await site.open_websocket()
        other = await site.open_websocket()
        websocket.free.clear()
        slow, fast = (recorder.socket for recorder in site.recorders)
        prepared = Prepared("4" + "x" * 99)
        for _ in range(20):
            slow.send_prepared(prepared)
            slow.send("4y")
            fast.send("4z")
        assert not slow.is_open
        await websocket.task
        assert site.recorders[0].ends == [("transport error", "slow consumer")]
        assert [await other.receive() for _ in range(20)] == ["4z"] * 20

    run(scenario())


def test_a_close_that_can_not_go_out_does_not_keep_the_connection() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        websocket.free.clear()
        socket = site.recorder.socket
        socket.send("4a")
        socket.close()
        assert site.recorder.ends == [("forced close", None)]
        await websocket.task
        assert asyncio.get_running_loop().time() == 10

    run(scenario())


def test_writable_is_false_until_the_network_took_what_was_written() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        socket = site.recorder.socket
        assert socket.writable
        socket.send("4a")
        assert not socket.writable
        await websocket.receive()
        assert socket.writable

    run(scenario())


def test_a_congested_upper_layer_is_not_fed_and_not_timed_out() -> None:
    async def scenario() -> None:
        site = Site(ping_interval=5, ping_timeout=5)
        websocket = await site.open_websocket()
        recorder = site.recorder
        recorder.congested = True
        for packet in ("4a", "4b", "4c"):
            websocket.send(packet)
        await asyncio.sleep(24)
        assert recorder.log == ["4a"]
        assert recorder.ends == []
        recorder.relieve()
        await settle()
        assert recorder.log == ["4a", "4b", "4c"]

    run(scenario())


# Heartbeat and timers


def test_a_client_that_can_not_be_read_from_is_given_up_after_three_more_timeouts() -> None:
    async def scenario() -> None:
        site = Site(ping_interval=5, ping_timeout=5)
        websocket = await site.open_websocket()
        site.recorder.congested = True
        websocket.send("4a")
        await websocket.task
        assert site.recorder.ends == [("ping timeout", None)]
        assert asyncio.get_running_loop().time() == pytest.approx(25)

    run(scenario())


def test_sessions_die_exactly_at_the_ping_timeout() -> None:
    async def scenario() -> None:
        site = Site(ping_interval=0.3, ping_timeout=0.2)
        query = await site.open_polling()
        websocket = await site.open_websocket()
        assert await websocket.receive() == "2"
        await asyncio.sleep(0.19)
        assert site.engine.sessions == 2
        assert await websocket.closed() == 1000
        assert asyncio.get_running_loop().time() == pytest.approx(0.5)
        assert (await site.get(query)).text == UNKNOWN
        assert [recorder.ends for recorder in site.recorders] == [[("ping timeout", None)]] * 2

    run(scenario())


def test_a_client_that_answers_lives_on() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        for _ in range(10):
            assert await websocket.receive() == "2"
            websocket.send("3")
        assert asyncio.get_running_loop().time() == 250

    run(scenario())


def test_idle_sessions_need_no_task_and_one_timer() -> None:
    async def scenario() -> None:
        site = Site()
        for _ in range(1000):
            await site.open_polling()
        assert asyncio.all_tasks() == {asyncio.current_task()}
        await asyncio.sleep(45)
        assert site.engine.sessions == 0

    run(scenario())


def test_a_session_that_is_over_is_forgotten_at_once() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        query = await site.open_polling()
        sockets = [weakref.ref(recorder) for recorder in site.recorders]
        websocket.disconnect()
        await websocket.task
        await site.post(query, b"1")
        site.recorders.clear()
        await settle()
        gc.collect()
        assert [socket() for socket in sockets] == [None, None]

    run(scenario())


# Upgrade


def test_an_upgrade_keeps_the_session_and_its_messages() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query, websocket = await site.probed()
        poll = site.park(query)
        assert (await poll.response()).text == "6"
        assert asyncio.get_running_loop().time() == pytest.approx(0.1)
        recorder = site.recorder
        recorder.socket.send("4buffered")
        recorder.socket.send_prepared(Prepared("451-[]", [b"\x00"]))
        assert recorder.socket.transport == "polling"
        websocket.send("5")
        websocket.send("4hello")
        assert [await websocket.receive() for _ in range(4)] == [
            "4buffered",
            "451-[]",
            b"\x00",
            "4hello",
        ]
        assert recorder.socket.transport == "websocket"
        assert (await site.get(query)).text == BAD_REQUEST
        assert (await site.post(query, b"4a")).text == BAD_REQUEST
        second = await site.websocket(query.replace("=polling", "=websocket"))
        assert await second.closed() == 1000
        websocket.send("4still here")
        assert await websocket.receive() == "4still here"

    run(scenario())


def test_a_probe_that_goes_wrong_leaves_the_polling_session_alone() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query, websocket = await site.probed()
        websocket.send("4too early")
        assert await websocket.closed() == 1000
        websocket = await site.websocket(query.replace("=polling", "=websocket"))
        websocket.disconnect()
        await websocket.task
        websocket = await site.websocket(query.replace("=polling", "=websocket"))
        assert await websocket.closed() == 1000  # nothing sent: upgrade timeout
        assert asyncio.get_running_loop().time() == pytest.approx(10)
        await site.post(query, b"4a")
        assert (await site.get(query)).text == "4a"
        assert site.recorder.log == ["4a"]

    run(scenario())


def test_a_second_probe_is_refused() -> None:
    async def scenario() -> None:
        site = Site()
        query, websocket = await site.probed()
        second = await site.websocket(query.replace("=polling", "=websocket"))
        assert await second.closed() == 1000
        websocket.send("5")
        await settle()
        assert site.recorder.socket.transport == "websocket"

    run(scenario())


@pytest.mark.parametrize("options", [{"allow_upgrades": False}, {"transports": ("polling",)}])
def test_upgrades_can_be_switched_off(options: dict[str, bool]) -> None:
    async def scenario() -> None:
        site = Site(**options)
        assert '"upgrades":[]' in (await site.get("EIO=4&transport=polling")).text
        query = f"EIO=4&transport=websocket&sid={site.recorder.socket.sid}"
        with pytest.raises(DeniedError):
            await site.websocket(query)

    run(scenario())


# CORS


def test_no_cors_header_is_sent_by_default() -> None:
    async def scenario() -> None:
        site = Site()
        response = await site.get(
            "EIO=4&transport=polling", headers={"Origin": "https://evil.example"}
        )
        assert not [name for name in response.headers if name.startswith("access-control")]
        request = Request(site.app, "OPTIONS", "EIO=4&transport=polling")
        assert (await request.response()).text == '{"code":2,"message":"Bad handshake method"}'

    run(scenario())


def test_the_origins_that_are_named_may_read_and_open_websockets() -> None:
    async def scenario() -> None:
        site = Site(cors_origins=("https://app.example",), cors_credentials=True)
        good, evil = {"origin": "https://app.example"}, {"origin": "https://evil.example"}
        response = await site.get("EIO=4&transport=polling", headers=good)
        assert response.headers["access-control-allow-origin"] == "https://app.example"
        assert response.headers["access-control-allow-credentials"] == "true"
        assert response.headers["vary"] == "Origin"
        response = await site.get("EIO=4&transport=polling", headers=evil)
        assert response.status == 200
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["vary"] == "Origin"
        for headers in (
            good,
            {},
            {"origin": "https://own.example:8443", "host": "own.example:8443"},
        ):
            await site.websocket(headers=headers)
        for headers in (
            evil,
            {"origin": "null"},
            {"origin": "https://app.example.evil.example"},
            {"origin": "http://app.example"},
        ):
            with pytest.raises(DeniedError) as info:
                await site.websocket(headers=headers)
            assert info.value.body == b'{"code":4,"message":"Forbidden"}'

    run(scenario())


def test_a_preflight_request_is_answered() -> None:
    async def scenario() -> None:
        site = Site(cors_origins="*")
        request = Request(
            site.app,
            "OPTIONS",
            "EIO=4&transport=polling",
            headers={"access-control-request-headers": "X-Token, content-type"},
        )
        response = await request.response()
        assert (response.status, response.body) == (204, b"")
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-methods"] == "GET,HEAD,PUT,PATCH,POST,DELETE"
        assert response.headers["access-control-allow-headers"] == "X-Token, content-type"

    run(scenario())


def test_errors_have_cors_headers_too() -> None:
    async def scenario() -> None:
        response = await Site(cors_origins="*").get("EIO=4&transport=abc")
        assert (response.status, response.headers["access-control-allow-origin"]) == (400, "*")

    run(scenario())


# Shutdown


def test_closing_the_server_ends_everything_and_refuses_newcomers() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        poll = site.park(await site.open_polling())
        await site.open_polling()
        await settle()
        await site.engine.close()
        assert (await poll.response()).text == "1"
        await websocket.task
        assert [recorder.ends for recorder in site.recorders] == [
            [("server shutting down", None)]
        ] * 3
        assert site.engine.sessions == 0
        assert (await site.get("EIO=4&transport=polling")).status == 503
        with pytest.raises(DeniedError) as info:
            await site.websocket()
        assert info.value.status == 503
        site.engine.open()
        assert (await site.get("EIO=4&transport=polling")).status == 200

    run(scenario())


def test_a_handshake_that_was_under_way_when_the_server_closed_is_refused() -> None:
    async def allow(request: EngineRequest) -> str | None:
        await asyncio.sleep(1)
        return None

    async def scenario() -> None:
        site = Site(allow_request=allow)
        handshake = site.park("EIO=4&transport=polling")
        await asyncio.sleep(0.5)
        await site.engine.close()
        assert (await handshake.response()).status == 503
        assert site.engine.sessions == 0

    run(scenario())


def test_a_server_that_accepts_no_more_serves_those_it_has() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        websocket = await site.open_websocket()
        site.engine.stop_accepting()
        assert (await site.get("EIO=4&transport=polling")).status == 503
        websocket.send("4a")
        assert await websocket.receive() == "4a"

    run(scenario())


@pytest.mark.parametrize(
    "options",
    [
        {"path": "socket.io"},
        {"ping_interval": 0},
        {"ping_timeout": -1},
        {"max_payload": 0},
        {"transports": ()},
        {"transports": ("polling", "carrier pigeon")},
        {"cors_origins": "app.example"},
        {"cors_origins": "*", "cors_credentials": True},
    ],
)
def test_options_that_can_not_work_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        EngineOptions(**options)  # type: ignore[arg-type]  # one option at a time
