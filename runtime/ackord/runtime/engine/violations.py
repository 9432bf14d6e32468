"""Log lines for a client that exceeds a limit or breaks the WebSocket protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ackord.runtime.bounds.memory import Account
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted

_VIOLATIONS: Final[Mapping[str, str]] = {
    "close code 1002": "a malformed frame",
    "close code 1007": "a text that isn't UTF-8",
}


def warn_of_memory(
    log: LimitedLog, request: EngineRequest, account: Account, *, has_gone: bool
) -> None:
    """Log that the memory budget is exceeded and this client holds the most, and the
    consequence.
    """
    consequence = (
        "is disconnected: all clients together make this process hold more than memory_budget"
    )
    if has_gone:
        consequence = (
            "has gone, and its events that wait are dropped: all clients together make this "
            "process hold more than memory_budget"
        )
    log.write_warning(
        "memory_budget",
        None,
        f"A client at {quoted(request.address)} {consequence} ({account.limit:,} bytes), and this "
        f"one the most: {account}.",
    )


def warn_of_slowness(log: LimitedLog, request: EngineRequest, max_buffered: int) -> None:
    """Log that the client is disconnected because it reads too slowly."""
    log.write_warning(
        "slow consumer",
        None,
        f"A client at {quoted(request.address)} is disconnected: more than max_buffered "
        f"({max_buffered:,} bytes) wait for it.",
    )


def warn_of_size(
    log: LimitedLog, request: EngineRequest, size: int | None, max_payload: int
) -> None:
    """Log that a message, or the body of a request, is larger than it may be."""
    words = "more bytes than that" if size is None else f"{size:,} bytes"
    log.write_warning(
        "max_payload",
        None,
        f"A client at {quoted(request.address)} sent {words}, over max_payload "
        f"({max_payload:,} bytes): a message ends the connection, the body of a POST is refused "
        "with 413. Raise max_payload if such messages are meant.",
    )


def warn_of_violation(log: LimitedLog, request: EngineRequest, description: str | None) -> None:
    """Log that the client broke the protocol of WebSockets.

    Messages that are too large have a line of their own, `warn_of_size`.
    """
    words = _VIOLATIONS.get(description or "")
    if words is not None:
        log.write_warning(
            "websocket violation",
            description,
            f"A client at {quoted(request.address)} broke the protocol of WebSockets and is "
            f"disconnected with {description}: {words}.",
        )
