"""The error acknowledgements that this runtime sends: every event with an ack id is answered
(docs/decisions/0006).

This is the one place that builds ``{"error": {"code": …, "message": …, "data"?: …, "issues"?:
[…]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ackord.runtime.errors import AckordError
from ackord.runtime.protocol.socketio.values import encode_json

INVALID_REQUEST: Final = "invalid_request"
INVALID_RESPONSE: Final = "invalid_response"
UNKNOWN_EVENT: Final = "unknown_event"
INTERNAL: Final = "internal"
RATE_LIMITED: Final = "rate_limited"
CONTRACT_MISMATCH: Final = "contract_mismatch"
"""Only in CONNECT_ERROR: the client was generated from another contract."""

RESERVED_CODES: Final = frozenset(
    {INVALID_REQUEST, INVALID_RESPONSE, UNKNOWN_EVENT, INTERNAL, RATE_LIMITED, CONTRACT_MISMATCH}
)
"""Codes that the runtime answers with; a contract can't declare them."""


class FailureReply(AckordError):  # noqa: N818  # it is an answer
    """Raised by a handler or a route to answer the event with this error acknowledgement.

    `data` is anything that JSON can hold; `issues` say where the request is wrong and why, without
    echoing it. The error is encoded when it is made: if it can't be encoded, the exception is
    raised in the handler, and the client gets the error ``internal``.

    Raises:
        InvalidPayloadError: JSON can't hold `data` or `issues`.
    """

    # What a subclass answers with that doesn't call `__init__`.
    code: str = INTERNAL
    message: str = "The handler failed"
    data: Any = None
    issues: Sequence[Mapping[str, Any]] | None = None
    _arguments_text: str = encode_json([{"error": {"code": INTERNAL, "message": message}}])

    def __init__(
        self,
        code: str,
        message: str,
        data: Any = None,
        issues: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.data = data
        self.issues = issues
        error: dict[str, Any] = {"code": code, "message": message}
        if data is not None:
            error["data"] = data
        if issues is not None:
            error["issues"] = list(issues)
        self._arguments_text = encode_json([{"error": error}])

    def arguments_text(self) -> str:
        """Return the ACK packet's JSON array, as it was when the failure was made."""
        return self._arguments_text


class InvalidArgumentsError(FailureReply):
    """The arguments of an event don't fit its declaration; answered with ``invalid_request``."""

    def __init__(
        self,
        issues: Sequence[Mapping[str, Any]] | None = None,
        message: str = "The arguments don't fit the event",
    ) -> None:
        super().__init__(INVALID_REQUEST, message, issues=issues)


def read_retry_after(arguments: str) -> float | None:
    """Return after how many seconds an event may be sent again, if the arguments of its
    acknowledgement say ``rate_limited``, with ``data: {retry_after: seconds}``.
    """
    if RATE_LIMITED not in arguments:  # nearly all answers, without being read
        return None
    match _decode(arguments):
        case [
            {"error": {"code": "rate_limited", "data": {"retry_after": int() | float() as seconds}}}
        ] if seconds is not True and seconds >= 0:
            return float(seconds)
        case _:
            return None


def _decode(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def unknown_event() -> FailureReply:
    """Return the failure for an event that nobody handles; the name isn't echoed."""
    return FailureReply(UNKNOWN_EVENT, "Nobody handles this event")


def internal_error() -> FailureReply:
    """Return the failure for a handler that raised; it says nothing of the exception."""
    return FailureReply(INTERNAL, "The handler failed")
