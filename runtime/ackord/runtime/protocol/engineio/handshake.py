"""The checks of requests, and how a request is refused (Engine.IO v4, "handshake")."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

PROTOCOL: Final = "4"
"""The only value of the query parameter ``EIO`` that is spoken here."""

POLLING: Final = "polling"
WEBSOCKET: Final = "websocket"

JSONP: Final = "j"
"""The query parameter with the number of a callback: answers in scripts, for browsers without CORS.
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a refused request: the status, and the body ``{"code": …, "message": …}``."""

    code: int
    message: str
    status: int = 400
    after_accept: bool = False
    """Whether a WebSocket is accepted and then closed, rather than refused with the status."""
    context: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)
    """The reason for listeners and logs; never sent."""

    def because(self, **context: str) -> Refusal:
        """Return this refusal with a reason; several have a `name`, as in the reference
        implementation.
        """
        return replace(self, context=context)

    @property
    def body(self) -> bytes:
        """The response's JSON."""
        return json.dumps(
            {"code": self.code, "message": self.message}, separators=(",", ":")
        ).encode()


UNKNOWN_TRANSPORT: Final = Refusal(0, "Transport unknown")
UNKNOWN_SID: Final = Refusal(1, "Session ID unknown")
BAD_HANDSHAKE_METHOD: Final = Refusal(2, "Bad handshake method")
BAD_REQUEST: Final = Refusal(3, "Bad request")
FORBIDDEN: Final = Refusal(4, "Forbidden", 403)
TAKEN: Final = Refusal(3, "Bad request", after_accept=True)
"""The session has a WebSocket already. The official test suite expects a second one to be accepted
and closed, not to be refused.
"""
JSONP_NOT_SUPPORTED: Final = Refusal(3, "JSONP is not supported")
UNSUPPORTED_PROTOCOL_VERSION: Final = Refusal(5, "Unsupported protocol version")
QUERY_TOO_LARGE: Final = Refusal(3, "Query string too large", 414)
HEADERS_TOO_LARGE: Final = Refusal(3, "Request headers too large", 431)
"""These two aren't of the protocol: Node's HTTP server answers them before the reference
implementation sees the request.
"""
CLOSED_FOR_SHUTDOWN: Final = Refusal(3, "Server is shutting down", 503)
"""Not of the protocol: a server that drains opens no session."""
TOO_MANY_CONNECTIONS: Final = Refusal(3, "Too many connections", 503)
"""Not of the protocol: `max_connections` sessions are open, and none of them may be closed for a
new one.
"""

_ILLEGAL_IN_HEADER: Final = re.compile(r"[^\t\x20-\x7e\x80-\xff]")


def check_request(
    query: Mapping[str, str],
    *,
    method: str,
    is_websocket: bool,
    transports: Collection[str],
    origin: str | None,
) -> Refusal | None:
    """Check what every request must have, in the protocol's order, before a session is looked
    up.
    """
    transport = query.get("transport", "")
    if transport not in transports:
        return UNKNOWN_TRANSPORT.because(transport=transport)
    if origin is not None and _ILLEGAL_IN_HEADER.search(origin):
        return BAD_REQUEST.because(name="INVALID_ORIGIN", origin=origin)
    if query.get("sid"):
        return None
    if transport == POLLING and JSONP in query:
        return JSONP_NOT_SUPPORTED.because(name="JSONP_NOT_SUPPORTED")
    if method != "GET":
        return BAD_HANDSHAKE_METHOD.because(method=method)
    if is_websocket is not (transport == WEBSOCKET):
        return BAD_REQUEST.because(name="TRANSPORT_HANDSHAKE_ERROR", transport=transport)
    return None


def check_session_request(
    query: Mapping[str, str], *, is_websocket: bool, current: str | None
) -> Refusal | None:
    """Check a request that names a session whose transport is `current`, `None` if there is no such
    session.

    A WebSocket is always an upgrade here: only a polling session takes one.
    """
    if current is None:
        return UNKNOWN_SID.because(sid=query.get("sid", ""))
    transport, version = query.get("transport", ""), query.get("EIO", "")
    if transport != (WEBSOCKET if is_websocket else POLLING):
        return BAD_REQUEST.because(name="TRANSPORT_MISMATCH", transport=transport, current=current)
    if version != PROTOCOL:
        return BAD_REQUEST.because(name="PROTOCOL_MISMATCH", protocol=version, current=PROTOCOL)
    if current != POLLING:
        refusal = TAKEN if is_websocket else BAD_REQUEST
        return refusal.because(name="TRANSPORT_MISMATCH", transport=transport, current=current)
    return None


def check_version(query: Mapping[str, str]) -> Refusal | None:
    """Check the protocol version that a handshake asks for; the last check, after the application's
    own.
    """
    version = query.get("EIO", "")
    return None if version == PROTOCOL else UNSUPPORTED_PROTOCOL_VERSION.because(protocol=version)
