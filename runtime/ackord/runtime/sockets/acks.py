"""Acknowledgements that this side waits for: one table per socket, on the server and on the
client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from math import inf
from typing import Any, Final, Generic, TypeAlias, TypeVar

from ackord.runtime.containment import Step
from ackord.runtime.errors import (
    AckordError,
    AckTimeoutError,
    InvalidAckError,
    SlowConsumerError,
    UsageError,
)
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.sockets.backlog import Backlog

T = TypeVar("T")

DEFAULT_ACK_TIMEOUT: Final = 20.0
"""Seconds that `emit_with_ack` waits by default."""

AckCallback: TypeAlias = Callable[..., Any]
"""A callback of the application: it takes the acknowledgement's arguments; with a timeout, first
the error that came instead of them, or `None`.
"""

AckReply: TypeAlias = tuple[str, Sequence[bytes]]
"""The JSON array of an ACK packet as text, and its attachments."""

Settle: TypeAlias = Callable[[AckReply | AckordError], None]
"""Takes the reply, or the reason why there will be none; called exactly once, unless the entry is
discarded.

It decodes the reply, and raises `PacketError` if the reply isn't JSON.
"""


def check_timeout(seconds: Any) -> None:
    """Check a number of seconds that an application gives.

    Raises:
        UsageError: it's no number, negative or endless.
    """
    if not isinstance(seconds, int | float) or not 0 <= seconds < inf:
        raise UsageError(f"a timeout is a number of seconds from 0 on, not {seconds!r}")


class AwaitedAnswer(Generic[T]):
    """What `decode` makes of an acknowledgement, for somebody who waits for it."""

    __slots__ = ("_decode", "_future")

    def __init__(self, decode: Callable[[AckReply], T]) -> None:
        self._decode = decode
        self._future: asyncio.Future[tuple[T] | BaseException] = (
            asyncio.get_running_loop().create_future()
        )

    def settle(self, outcome: AckReply | AckordError) -> None:
        """Take the reply, or why there will be none; see `Settle`."""
        if isinstance(outcome, AckordError):
            self._resolve(outcome)
            return
        try:
            value = self._decode(outcome)
        except PacketError as error:
            self._resolve(InvalidAckError(str(error)))
            raise
        except BaseException as error:  # noqa: BLE001  # a validator of the application: its exception is raised where the answer is awaited
            self._resolve(error)
        else:
            self._resolve((value,))

    async def wait(self) -> T:
        """Return what was decoded, or raise what has come instead."""
        result = await self._future
        if isinstance(result, BaseException):
            raise result
        return result[0]

    def _resolve(self, result: tuple[T] | BaseException) -> None:
        if not self._future.done():
            self._future.set_result(result)


class PendingAcks:
    """The acknowledgements that one socket waits for.

    Every entry ends in exactly one way: by its reply, by its timeout, by the end of the connection,
    or by `discard`.
    """

    __slots__ = ("_backlog", "_entries", "_limit")

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._entries: dict[int, tuple[Settle, asyncio.TimerHandle | None]] = {}
        self._backlog: Backlog | None = None

    def follow(self, backlog: Backlog) -> None:
        """Tell the acknowledgements' `backlog`: they arrive behind the events that wait there."""
        self._unfollow()
        self._backlog = backlog
        backlog.watch(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def expect(self, ack_id: int, settle: Settle, timeout: float | None = None) -> None:
        """Call `settle` once the acknowledgement is there, after `timeout` seconds, or when the
        connection ends.

        Raises:
            SlowConsumerError: too many are awaited already.
            UsageError: `timeout` is no such number.
        """
        if timeout is not None:
            check_timeout(timeout)
        if len(self._entries) >= self._limit:
            raise SlowConsumerError(
                f"{self._limit} acknowledgements are awaited from this peer already"
            )
        timer = (
            None
            if timeout is None
            else asyncio.get_running_loop().call_later(timeout, self._expire, ack_id, timeout)
        )
        self._entries[ack_id] = (settle, timer)
        if self._backlog is not None:
            self._backlog.reconsider()

    def send_and_expect(
        self,
        ack_id: int,
        send: Callable[[], None],
        settle: Settle,
        timeout: float | None = None,
    ) -> None:
        """Call `send`, which sends the event, and `settle` as `expect` does.

        If `send` raises, the entry is forgotten.
        """
        self.expect(ack_id, settle, timeout)
        try:
            send()
        except BaseException:
            self.discard(ack_id)
            raise

    async def wait(
        self,
        ack_id: int,
        send: Callable[[], None],
        decode: Callable[[AckReply], T],
        timeout: float | None = None,  # noqa: ASYNC109  # a timer in the table, no task
    ) -> T:
        """Call `send`, then wait for the acknowledgement of `ack_id`; return what `decode` makes of
        it when it comes.

        Raises:
            AckTimeoutError: none came in time.
            DisconnectedError: the connection ended first.
            InvalidAckError: it isn't JSON.
            SlowConsumerError: too many are awaited already.
            BaseException: `decode` raised it.
        """
        answer = AwaitedAnswer(decode)
        self.expect(ack_id, answer.settle, timeout)
        try:
            send()
            return await answer.wait()
        finally:
            self.discard(ack_id)

    def receive(self, ack_id: int, payload: str, attachments: Sequence[bytes]) -> bool:
        """Settle an entry by its reply, and so decode the reply; return false for unknown, late and
        repeated ids, which are ignored.

        Raises:
            PacketError: the reply isn't JSON.
        """
        entry = self._entries.pop(ack_id, None)
        if entry is None:
            return False
        settle, timer = entry
        if timer is not None:
            timer.cancel()
        settle((payload, attachments))
        return True

    def discard(self, ack_id: int) -> None:
        """Forget an entry without settling it."""
        entry = self._entries.pop(ack_id, None)
        if entry is not None and entry[1] is not None:
            entry[1].cancel()

    def discard_all(self) -> None:
        """Forget all entries, and the connection: the event loop has ended."""
        self._unfollow()
        self._entries.clear()

    def fail(self, ack_id: int, error: AckordError) -> None:
        """Settle an entry by an error: its event wasn't sent, or its reply can't be used."""
        entry = self._entries.pop(ack_id, None)
        if entry is not None:
            settle, timer = entry
            if timer is not None:
                timer.cancel()
            settle(error)

    def fail_all(
        self, error: Callable[[], AckordError], kept: Collection[int] = frozenset()
    ) -> None:
        """Settle every entry by an error of its own: the connection is over.

        The ids in `kept` are left alone: their events were not sent yet.
        """
        self._unfollow()
        entries = [entry for ack_id, entry in self._entries.items() if ack_id not in kept]
        remaining = [(ack_id, self._entries[ack_id]) for ack_id in kept if ack_id in self._entries]
        # Cleared, not replaced: a backlog watches this very table.
        self._entries.clear()
        self._entries.update(remaining)
        for settle, timer in entries:
            if timer is not None:
                timer.cancel()
            with Step("tell who waits for an acknowledgement that there will be none"):
                settle(error())

    def is_awaited(self, ack_id: int) -> bool:
        """Tell whether somebody still waits for an acknowledgement."""
        return ack_id in self._entries

    def _unfollow(self) -> None:
        if self._backlog is not None:
            self._backlog.unwatch(self._entries)
            self._backlog = None

    def _expire(self, ack_id: int, timeout: float) -> None:
        entry = self._entries.pop(ack_id, None)
        if entry is not None:
            entry[0](AckTimeoutError(f"no acknowledgement within {timeout:g} s"))
