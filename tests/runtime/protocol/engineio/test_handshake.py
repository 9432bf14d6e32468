from __future__ import annotations

import pytest
from ackord.runtime.protocol.engineio.handshake import (
    BAD_HANDSHAKE_METHOD,
    BAD_REQUEST,
    FORBIDDEN,
    JSONP_NOT_SUPPORTED,
    TAKEN,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    UNSUPPORTED_PROTOCOL_VERSION,
    Refusal,
    check_request,
    check_session_request,
    check_version,
)

POLLING = {"EIO": "4", "transport": "polling"}
WEBSOCKET = {"EIO": "4", "transport": "websocket"}
BOTH = ("polling", "websocket")


@pytest.mark.parametrize(
    ("query", "method", "is_websocket", "origin", "refusal"),
    [
        (POLLING, "GET", False, None, None),
        (WEBSOCKET, "GET", True, "https://a.example", None),
        ({}, "GET", False, None, UNKNOWN_TRANSPORT),
        ({"transport": "__proto__"}, "GET", True, None, UNKNOWN_TRANSPORT),
        ({"transport": "webtransport"}, "GET", False, None, UNKNOWN_TRANSPORT),
        ({"transport": ""}, "POST", False, None, UNKNOWN_TRANSPORT),
        (POLLING, "GET", False, "https://a\x01", BAD_REQUEST),
        (POLLING, "GET", False, "https://ÿ\t", None),
        (POLLING, "POST", False, None, BAD_HANDSHAKE_METHOD),
        (POLLING, "OPTIONS", False, None, BAD_HANDSHAKE_METHOD),
        (WEBSOCKET, "GET", False, None, BAD_REQUEST),
        (POLLING, "GET", True, None, BAD_REQUEST),
        ({**POLLING, "sid": "x"}, "POST", False, None, None),
        ({**POLLING, "sid": ""}, "GET", False, None, None),
        ({**POLLING, "sid": ""}, "POST", False, None, BAD_HANDSHAKE_METHOD),
        ({**POLLING, "j": ""}, "GET", False, None, JSONP_NOT_SUPPORTED),
        ({**POLLING, "j": "0", "sid": "x"}, "GET", False, None, None),
        ({**WEBSOCKET, "j": "0"}, "GET", True, None, None),
    ],
)
def test_a_request_is_checked(
    query: dict[str, str],
    method: str,
    *,
    is_websocket: bool,
    origin: str | None,
    refusal: Refusal | None,
) -> None:
    assert (
        check_request(
            query, method=method, is_websocket=is_websocket, transports=BOTH, origin=origin
        )
        == refusal
    )


def test_a_transport_that_is_not_served_is_unknown() -> None:
    assert (
        check_request(
            POLLING, method="GET", is_websocket=False, transports=("websocket",), origin=None
        )
        == UNKNOWN_TRANSPORT
    )


@pytest.mark.parametrize(
    ("query", "is_websocket", "current", "refusal"),
    [
        (POLLING, False, "polling", None),
        (WEBSOCKET, True, "polling", None),
        (POLLING, False, None, UNKNOWN_SID),
        (WEBSOCKET, True, None, UNKNOWN_SID),
        (POLLING, False, "websocket", BAD_REQUEST),
        (WEBSOCKET, True, "websocket", TAKEN),
        (WEBSOCKET, False, "websocket", BAD_REQUEST),
        (WEBSOCKET, False, "polling", BAD_REQUEST),
        (POLLING, True, "polling", BAD_REQUEST),
        ({**POLLING, "EIO": "3"}, False, "polling", BAD_REQUEST),
        ({"transport": "websocket"}, True, "polling", BAD_REQUEST),
    ],
)
def test_a_request_with_a_session_is_checked(
    query: dict[str, str], *, is_websocket: bool, current: str | None, refusal: Refusal | None
) -> None:
    assert check_session_request(query, is_websocket=is_websocket, current=current) == refusal


@pytest.mark.parametrize("version", ["3", "abc", "", "04", "4 ", "٤", "4.0"])
def test_any_version_but_4_is_unsupported(version: str) -> None:
    assert check_version({"EIO": version}) == UNSUPPORTED_PROTOCOL_VERSION
    assert check_version({}) == UNSUPPORTED_PROTOCOL_VERSION
    assert check_version({"EIO": "4"}) is None


@pytest.mark.parametrize(
    ("refusal", "code", "message", "status"),
    [
        (UNKNOWN_TRANSPORT, 0, "Transport unknown", 400),
        (UNKNOWN_SID, 1, "Session ID unknown", 400),
        (BAD_HANDSHAKE_METHOD, 2, "Bad handshake method", 400),
        (BAD_REQUEST, 3, "Bad request", 400),
        (FORBIDDEN, 4, "Forbidden", 403),
        (UNSUPPORTED_PROTOCOL_VERSION, 5, "Unsupported protocol version", 400),
    ],
)
def test_refusals_have_the_codes_of_the_protocol(
    refusal: Refusal, code: int, message: str, status: int
) -> None:
    assert refusal.status == status
    assert refusal.body == f'{{"code":{code},"message":"{message}"}}'.encode()
