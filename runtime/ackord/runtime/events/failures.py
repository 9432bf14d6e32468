"""Events that failed: counted, logged now and then, shown to a hook, answered by a policy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from ackord.runtime.error_acks import INTERNAL, FailureReply
from ackord.runtime.events.lifecycle import call_guarded
from ackord.runtime.events.tasks import TaskSet
from ackord.runtime.listeners import Registration

InvalidPolicy: TypeAlias = Literal["drop", "disconnect"]
"""What happens to a socket whose event failed without an ack to say so: nothing, or the end of the socket."""

SocketT = TypeVar("SocketT")

InvalidHook: TypeAlias = Callable[[SocketT, str, FailureReply], Any]
"""A plain function or a coroutine function that takes the socket, the event's name and the failure; for metrics and audits."""

MAX_COUNTED_NAMES: Final = 1000
OTHER_NAMES: Final = "(other)"
LOG_INTERVAL: Final = 60.0


class Failures(Generic[SocketT]):
    """Failed events of one namespace, by name; on a server or on a client.

    Names come from the peers: only the first thousand different ones are counted by name, the others together.
    A name is logged when it fails first and then at most once a minute.
    """

    __slots__ = ("_hook", "_log", "_logged", "_namespace", "_tasks", "counts")

    def __init__(self, namespace: str, log: logging.Logger, tasks: TaskSet) -> None:
        self._namespace = namespace
        self._log = log
        self._tasks = tasks
        self.counts: dict[str, int] = {}
        self._hook: Registration | None = None
        self._logged: dict[str, float] = {}

    def set_hook(self, hook: InvalidHook[SocketT]) -> None:
        """Have `hook` called for each failure; one that is a coroutine function runs in a task."""
        self._hook = Registration(hook)

    def record(self, socket: SocketT, name: str, failure: FailureReply, now: float, error: BaseException | None = None) -> None:
        """Count a failure, log it unless its name was logged a moment ago, and tell the hook."""
        key = name if name in self.counts or len(self.counts) < MAX_COUNTED_NAMES else OTHER_NAMES
        count = self.counts[key] = self.counts.get(key, 0) + 1
        logged = self._logged.get(key)
        if logged is None or now - logged >= LOG_INTERVAL:
            self._logged[key] = now
            level = logging.ERROR if failure.code == INTERNAL else logging.WARNING
            self._log.log(
                level,
                "event %r of namespace %s failed: %s (%d so far)",
                key,
                self._namespace,
                failure.code,
                count,
                exc_info=error or failure.__cause__,
            )
        if self._hook is not None:
            call_guarded(self._hook, (socket, name, failure), self._tasks, "the on_invalid hook")
