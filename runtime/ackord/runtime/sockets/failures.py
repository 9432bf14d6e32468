"""Events that failed: counted, logged within limits, shown to a hook, answered by a policy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from ackord.runtime.bounds.shares import NOBODY
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.error_acks import (
    INVALID_REQUEST,
    RATE_LIMITED,
    UNKNOWN_EVENT,
    FailureReply,
)
from ackord.runtime.sockets.lifecycle import call_hook
from ackord.runtime.sockets.listeners import Registration
from ackord.runtime.tasks import TaskSet

InvalidPolicy: TypeAlias = Literal["drop", "disconnect"]
"""What happens if an event without an ack id fails: nothing, or the socket is disconnected."""

SocketT = TypeVar("SocketT")

InvalidHook: TypeAlias = Callable[[SocketT, str, FailureReply], Any]
"""A plain function or a coroutine function that takes the socket, the event's name and the failure;
for metrics and audits.
"""

_OF_THE_CLIENT: Final = frozenset({INVALID_REQUEST, RATE_LIMITED, UNKNOWN_EVENT})
"""Codes of failures that somebody has to look into, because a client does what it shouldn't."""

MAX_COUNTED_NAMES: Final = 1000
OTHER_NAMES: Final = "(other)"
_SHOWN_ISSUES: Final = 3


class Failures(Generic[SocketT]):
    """Failed events of one namespace, by name; on a server or on a client.

    Peers may invent names, so only the first thousand are counted by name, the others together.
    """

    __slots__ = ("_hook", "_namespace", "_tasks", "counts")

    def __init__(self, namespace: str, tasks: TaskSet) -> None:
        self._namespace = namespace
        self._tasks = tasks
        self.counts: dict[str, int] = {}
        self._hook: Registration | None = None

    def set_hook(self, hook: InvalidHook[SocketT]) -> None:
        """Call `hook` for each failure; a coroutine function runs in a task."""
        self._hook = Registration(hook)

    def record(
        self,
        socket: SocketT,
        name: str,
        failure: FailureReply,
        error: BaseException | None = None,
        *,
        sender: str = "",
        client: str = NOBODY,
    ) -> None:
        """Count a failure, log it and call the hook; `sender` names the sender for the log,
        `client` is its address for limits.
        """
        key = name if name in self.counts or len(self.counts) < MAX_COUNTED_NAMES else OTHER_NAMES
        self.counts[key] = self.counts.get(key, 0) + 1
        self._write(name, failure, error or failure.__cause__, sender, client)
        if self._hook is not None:
            call_hook(
                self._hook,
                (socket, name, failure),
                self._tasks,
                "The on_invalid hook",
                client or sender,
            )

    def _write(
        self,
        name: str,
        failure: FailureReply,
        error: BaseException | None,
        sender: str,
        client: str,
    ) -> None:
        event = f"Event {quoted(name)} of namespace {quoted(self._namespace)}"
        log = self._tasks.log
        if error is not None:
            log.crash(
                event,
                error,
                f" (answered with {quoted(failure.code)}{sender})",
                cause=self._namespace,
            )
            return
        text = f"{event} failed: {quoted(failure.code)}{describe_failure(failure)}{sender}"
        if failure.code in _OF_THE_CLIENT:
            log.write_warning(failure.code, (self._namespace, name), text, client=client)
        else:
            log.write_info("answer", (self._namespace, name, failure.code), text, client=client)


def _describe_issue(issue: Mapping[str, Any]) -> str:
    place, reason = ".".join(map(str, issue.get("loc", ()))), quoted(str(issue.get("msg", "")))
    return f"{quoted(place)}: {reason}" if place else reason


def describe_failure(failure: FailureReply) -> str:
    """Say in a log line where a request is wrong and why, with the notes of the exception; text of
    the request isn't echoed.
    """
    issues = list(failure.issues or ())
    shown = ", ".join(_describe_issue(issue) for issue in issues[:_SHOWN_ISSUES])
    more = f" and {len(issues) - _SHOWN_ISSUES} more" if len(issues) > _SHOWN_ISSUES else ""
    notes = "".join(f": {note}" for note in getattr(failure, "__notes__", ()))
    return f" ({shown}{more}){notes}" if shown else notes
