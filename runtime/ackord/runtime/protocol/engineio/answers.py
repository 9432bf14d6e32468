"""What a server's HTTP answers mean to a client: why they aren't what Engine.IO answers.

Each function returns the words for an error: what came, and what to do. Of what a server has
written only short pieces are shown, escaped.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

MAX_ERROR_BODY: Final = 16_384
"""Bytes of the body of a refusal that are read."""
_MAX_SHOWN: Final = 100

OLD_PROTOCOL: Final = (
    "the server speaks Engine.IO 3, the protocol of Socket.IO 2; it needs Socket.IO 3 or newer, "
    "such as 4"
)
_OLD_PAYLOAD: Final = re.compile(rb"[0-9]{1,9}:0\{|[\x00\x01][\x00-\x09]{1,9}\xff")
"""How a payload of Engine.IO v3 begins: each packet has its length before it, in digits, or, of a
binary payload, in bytes that are digits.
"""
_WHAT_TO_DO: Final = {
    0: 'the server doesn\'t take this transport: name another one by the option "transports"',
    1: "the server doesn't know the session: the server was restarted, or a load balancer sent "
    "the request to another server, which needs sticky sessions",
    3: "the server refused the request as bad: the option `path` may lead elsewhere, or the "
    "server is configured otherwise",
    4: "the server, or a proxy in front of it, forbids the connection: look at its origins and at "
    "the headers that it asks for",
    5: "the server speaks another version of the protocol: it needs Socket.IO 3 or newer, such as "
    "4",
}
"""What the codes of Engine.IO's errors mean here (Engine.IO v4, "error codes")."""

_OF_STATUS: Final = {
    401: "the server wants credentials: give them by the option `headers`",
    403: "the server, or a proxy in front of it, forbids the connection",
    404: "nothing is served at this path: see the option `path`",
    405: "nothing of Engine.IO is served at this path: see the option `path`",
    407: "the proxy wants credentials: give them in the URL of the option `proxy`",
    413: "the message is larger than the server, or a proxy in front of it, takes",
    429: "the server refuses so many requests: wait before the next attempt",
    502: "the proxy doesn't reach the server",
    503: "the server takes no connection at present",
    504: "the proxy got no answer from the server in time",
}


_FINAL_CODES: Final = frozenset((4, 5))
_FINAL_STATUS: Final = frozenset((401, 404, 407, 429, 503))


def explain_refusal(status: int, body: bytes) -> str:
    """Return why the server refused, from the HTTP status and the body of the answer."""
    refusal = _decode_error(body)
    if refusal is None:
        return f"HTTP status {status}{_hint(_OF_STATUS.get(status))}"
    code, message = refusal
    hint = _hint(_WHAT_TO_DO.get(code) or _OF_STATUS.get(status))
    return f"HTTP status {status}, {_shown(message)}{hint}"


def is_final(status: int, body: bytes) -> bool:
    """Whether another transport to the same address would be refused in the same way."""
    refusal = _decode_error(body)
    if refusal is not None:
        return refusal[0] in _FINAL_CODES
    return status in _FINAL_STATUS or 300 <= status < 400


def explain_no_payload(content_type: str, body: bytes) -> str | None:
    """Return why an answer with status 200 is no payload of Engine.IO at all, or `None`: then the
    packets in it tell.
    """
    beginning = body[:1024].lstrip().lower()
    if beginning.startswith(b"<") or content_type.lower().startswith("text/html"):
        return (
            "the server answered with a web page instead of Engine.IO: see the option `path`, and "
            "whether the address is that of the Socket.IO server"
        )
    if beginning.startswith((b"{", b"[")):
        return (
            "the server answered with JSON instead of Engine.IO: see the option `path`, and "
            "whether the address is that of the Socket.IO server"
        )
    if _OLD_PAYLOAD.match(body):
        return OLD_PROTOCOL
    return None


def _decode_error(body: bytes) -> tuple[int, str] | None:
    """Return code and message of ``{"code":…,"message":…}``, or `None` for any other body."""
    if len(body) > MAX_ERROR_BODY:
        return None
    try:
        data: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    members = cast("dict[str, Any]", data)
    code, message = members.get("code"), members.get("message")
    if isinstance(code, int) and not isinstance(code, bool) and isinstance(message, str):
        return code, message
    return None


def _shown(text: str) -> str:
    return repr(text) if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]!r}…"


def _hint(text: str | None) -> str:
    return f": {text}" if text else ""
