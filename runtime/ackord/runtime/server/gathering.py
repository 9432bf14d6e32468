"""The acknowledgements of a broadcast."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from ackord.runtime.adapters.base import AckCollector
from ackord.runtime.errors import AckordError, AckTimeoutError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.sockets.acks import AckReply, check_timeout
from typing_extensions import override

T = TypeVar("T")


class Answers(tuple[Any, ...]):  # noqa: SLOT001  # a tuple can't have slots of its own
    """The answers to a broadcast, a tuple in the order of arrival, with the ids of the sockets that
    answered and of those that didn't.

    An answer is what `Socket.emit_with_ack` would return: one value, a tuple of several, or `None`.
    """

    by_sid: Mapping[str, Any]
    """The answers by the ids of the sockets that gave them."""
    missing: frozenset[str]
    """Ids of the sockets that were asked and didn't answer: they left, or their time was over."""

    def __new__(cls, by_sid: Mapping[str, Any], missing: Iterable[str] = ()) -> Self:
        """Take the answers by socket id, and the ids without an answer."""
        answers = super().__new__(cls, by_sid.values())
        answers.by_sid = dict(by_sid)
        answers.missing = frozenset(missing)
        return answers


class BroadcastTimeoutError(AckTimeoutError):
    """Some sockets of a broadcast didn't answer in time; `answers` has the answers of the others,
    and says who they are.
    """

    def __init__(self, answers: Answers, timeout: float) -> None:
        asked = len(answers) + len(answers.missing)
        super().__init__(
            f"{len(answers.missing)} of {asked} sockets didn't acknowledge the broadcast "
            f"within {timeout:g} s"
        )
        self.answers = answers


@dataclass(frozen=True, slots=True)
class Gathered(Generic[T]):
    """The result of a broadcast with acknowledgements."""

    replies: dict[str, T]
    """By socket id, in the order of arrival."""
    missing: tuple[str, ...]
    """Ids of those that were asked and didn't answer."""
    timed_out: bool
    """Whether time was over before all others had answered or left."""


class Gathering(AckCollector, Generic[T]):
    """Collects the acknowledgements of one broadcast.

    It ends once: when every socket has answered or left, when the time is over, or by `close`.
    """

    __slots__ = (
        "_decode",
        "_done",
        "_forget",
        "_missing",
        "_replies",
        "_sealed",
        "_timer",
        "_waiting",
        "ack_id",
        "timeout",
    )

    def __init__(
        self,
        ack_id: int,
        timeout: float,
        decode: Callable[[AckReply], T],
        done: Callable[[Gathered[T]], None],
        forget: Callable[[str, int], None],
    ) -> None:
        """Begin to count the time.

        Args:
            ack_id: The id under which all are asked.
            timeout: Seconds for all of them together.
            decode: Applied to each reply when it comes; a `PacketError` ends the connection that it
                came from.
            done: Takes the result, once.
            forget: Makes a socket, by its id, stop waiting for an ack id.

        Raises:
            UsageError: `timeout` is no number of seconds.
        """
        check_timeout(timeout)
        self.ack_id = ack_id
        self.timeout = timeout
        self._decode = decode
        self._done = done
        self._forget = forget
        self._replies: dict[str, T] = {}
        self._missing: list[str] = []
        self._waiting: set[str] = set()
        self._sealed = False
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(
            timeout, self._expire
        )

    @override
    def expect(self, sids: Iterable[str]) -> None:
        self._waiting.update(sids)

    @override
    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        if sid not in self._waiting:
            return
        self._waiting.remove(sid)
        try:
            if isinstance(outcome, AckordError):
                self._missing.append(sid)
            else:
                self._replies[sid] = self._decode(outcome)
        except PacketError:
            self._missing.append(sid)
            raise
        finally:
            self._finish_if_complete()

    @override
    def seal(self) -> None:
        self._sealed = True
        self._finish_if_complete()

    def close(self) -> None:
        """The caller doesn't wait any longer: forget all pending acks."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for sid in self._waiting:
            self._forget(sid, self.ack_id)
        self._waiting.clear()

    def _finish_if_complete(self) -> None:
        if self._sealed and not self._waiting and self._timer is not None:
            self._finish(timed_out=False)

    def _expire(self) -> None:
        self._missing += self._waiting
        self._finish(timed_out=True)

    def _finish(self, *, timed_out: bool) -> None:
        self.close()
        self._done(Gathered(self._replies, tuple(self._missing), timed_out))
