"""One budget of memory for all that clients make a server hold.

Each connection has bounds of its own, and many connections have many times as much. So what they
hold is counted together:

- Only what waits is counted, when it begins and ends to wait. An event that is handled at once
  costs nothing here.
- Sizes are those of the objects in memory, estimated, not of the text that they came as.
- When there is more than the budget, the connection that holds the most is closed at once, then the
  next, until an eighth of the budget is free again. The histories of connection state recovery lose
  their oldest events in the same way.

There is a budget for each event loop, as only its own thread may close its connections: one for the
process, as a rule.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from ackord.runtime.bounds.available_memory import available_memory
from typing_extensions import override

SHARE: Final = 4
"""The budget is one part in so many of the memory that the process may take."""
LEAST: Final = 16_000_000
"""Bytes of the smallest budget by default."""
LIGHT: Final = 16_384
"""Bytes that a connection may have waiting in one place without being counted, so that little work
costs nothing here.
"""


class Part(StrEnum):
    """What is held; the values are words for the log."""

    EVENTS = "events that wait for handlers"
    UNFINISHED = "messages that aren't complete, or aren't read yet"
    ATTACHMENTS = "attachments of packets that aren't complete"
    BODY = "the body of a request"
    AHEAD = "requests that wait for the answer to an earlier one"
    OUTGOING = "outgoing messages"
    HISTORY = "events for clients that come back"


class Holder(Protocol):
    """A connection, or something else that holds what clients made it hold."""

    __slots__ = ()

    def measure(self) -> None:
        """Tell the account what of it isn't up to date."""
        ...

    def shed(self, account: Account) -> None:
        """Let go at least some of what is held, at once: it is the most that anybody holds, and
        together it is too much.

        This may be called from anywhere in the event loop, so no code of the application may be
        called before its next turn.
        """
        ...


class Account:
    """What one holder holds."""

    __slots__ = ("_budget", "_drops", "_holder", "_parts", "weight")

    def __init__(self, budget: MemoryBudget, holder: Holder) -> None:
        self._budget = budget
        self._holder: Holder | None = holder
        self._parts: dict[Part, int] = {}
        self._drops: dict[Part, Callable[[], None]] = {}
        self.weight = 0
        """Bytes of all parts."""

    @property
    def limit(self) -> int:
        """Bytes that all accounts may hold together."""
        return self._budget.limit

    @override
    def __str__(self) -> str:
        """Return how much it is, and of what the most."""
        most = max(self._parts, key=lambda part: self._parts[part])
        return f"{self.weight:,} bytes, most of them {most}"

    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        """Note that a part has this size now; `drop` lets go of it, where the holder itself can't.

        The holder may have been told to shed when this returns.
        """
        if self._holder is None:
            return
        change = size - self._parts.get(part, 0)
        if size:
            self._parts[part] = size
            if drop is not None:
                self._drops[part] = drop
        else:
            self._parts.pop(part, None)
            self._drops.pop(part, None)
        self.weight += change
        self._budget.change(self, change)

    def holds(self, part: Part) -> bool:
        """Tell whether a part is counted."""
        return part in self._parts

    def measure(self) -> None:
        """Bring the account up to date."""
        if self._holder is not None:
            self._holder.measure()

    def shed(self) -> None:
        """Have the holder let go."""
        if self._holder is not None:
            self._holder.shed(self)

    def close(self) -> None:
        """Let go of everything, and count nothing any more."""
        drops = tuple(self._drops.values())
        self.release()
        for drop in drops:
            drop()

    def release(self) -> None:
        """Count nothing any more."""
        self._holder = None
        weight, self.weight = self.weight, 0
        self._parts.clear()
        self._drops.clear()
        self._budget.change(self, -weight)


class MemoryBudget:
    """What all connections of an event loop may make it hold."""

    __slots__ = ("_accounts", "_is_relieving", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes that may be held."""
        self.used = 0
        """Bytes that are held."""
        self._accounts: set[Account] = set()  # those that hold anything
        self._is_relieving = False

    def change(self, account: Account, change: int) -> None:
        """Count what an account holds more or less than before."""
        self.used += change
        if not account.weight:
            self._accounts.discard(account)
        elif change > 0:
            self._accounts.add(account)
            if self.used > self.limit:
                self._relieve()

    def _relieve(self) -> None:
        """Have the heaviest shed until there is room again."""
        if self._is_relieving:
            return
        self._is_relieving = True
        try:
            for account in tuple(self._accounts):
                account.measure()
            enough = self.limit - self.limit // 8 if self.used > self.limit else self.limit
            while self.used > enough and self._accounts:
                for account in sorted(self._accounts, key=_weight_of, reverse=True):
                    if self.used <= enough:
                        break
                    before = account.weight
                    account.shed()
                    if account.weight >= before > 0:
                        account.release()
        finally:
            self._is_relieving = False


def _weight_of(account: Account) -> int:
    return account.weight


@cache
def default_limit() -> int:
    """Return the bytes of a budget for which no other number is given: a share of what the process
    may take when this is asked first.
    """
    return max(LEAST, available_memory() // SHARE)


_BUDGETS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, MemoryBudget]] = WeakKeyDictionary()


def budget_of(loop: asyncio.AbstractEventLoop) -> MemoryBudget:
    """Return the budget of an event loop, the same for all servers in it for which no other one is
    given.
    """
    budget = _BUDGETS.get(loop)
    if budget is None:
        budget = _BUDGETS[loop] = MemoryBudget(default_limit())
    return budget
