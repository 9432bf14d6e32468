"""The memory budget: one bound for everything that a server holds for its clients.

Each connection has bounds of its own, but many connections together may hold many times as much. So
all of them are counted together:

- Only waiting data is counted, when it begins and when it ends to wait. An event that is handled at
  once costs nothing here.
- Sizes are estimates of the objects in memory, not the length of the text that arrived.
- Beyond the budget, the connection that holds the most is closed at once, then the next, until an
  eighth of the budget is free again. The events of connection state recovery are discarded in the
  same way, the oldest first.

Each event loop has a budget, because only its own thread may close its connections; most processes
have one loop.
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
"""The default budget is the memory that the process may take, divided by this."""
LEAST: Final = 16_000_000
"""Bytes of the smallest default budget."""
LIGHT: Final = 16_384
"""Bytes that may wait in one place of a connection without being counted, so that small amounts
cost nothing here.
"""


class Part(StrEnum):
    """The parts of what a connection holds; the values are words for the log."""

    EVENTS = "events that wait for handlers"
    UNFINISHED = "messages that aren't complete, or aren't read yet"
    ATTACHMENTS = "attachments of packets that aren't complete"
    BODY = "the body of a request"
    AHEAD = "requests that wait for the answer to an earlier one"
    OUTGOING = "outgoing messages"
    HISTORY = "events for clients that come back"


class Holder(Protocol):
    """A connection, or another object that holds data for clients."""

    __slots__ = ()

    def measure(self) -> None:
        """Update the parts of the account that may have changed."""
        ...

    def shed(self, account: Account) -> None:
        """Free some of the held memory at once, because the budget is exceeded and this holder has
        the most.

        This may be called from anywhere in the event loop, so it mustn't call code of the
        application before the loop's next turn.
        """
        ...


class Account:
    """The bytes that one holder has, by part."""

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
        """The bytes that all accounts may hold together."""
        return self._budget.limit

    @override
    def __str__(self) -> str:
        """Return the bytes, and the largest part, in words."""
        most = max(self._parts, key=lambda part: self._parts[part])
        return f"{self.weight:,} bytes, most of them {most}"

    def hold(self, part: Part, size: int, drop: Callable[[], None] | None = None) -> None:
        """Set the size of a part; `drop` frees the part if the holder itself can't.

        `Holder.shed` may be called before this returns.
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
        """Update the account."""
        if self._holder is not None:
            self._holder.measure()

    def shed(self) -> None:
        """Make the holder free memory."""
        if self._holder is not None:
            self._holder.shed(self)

    def close(self) -> None:
        """Free everything, and count nothing any more."""
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
    """The bytes that an event loop holds for its clients, and their bound."""

    __slots__ = ("_accounts", "_is_relieving", "limit", "used")

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """The bytes that may be held."""
        self.used = 0
        """The bytes that are held."""
        self._accounts: set[Account] = set()  # accounts that aren't empty
        self._is_relieving = False

    def change(self, account: Account, change: int) -> None:
        """Add the change of one account."""
        self.used += change
        if not account.weight:
            self._accounts.discard(account)
        elif change > 0:
            self._accounts.add(account)
            if self.used > self.limit:
                self._relieve()

    def _relieve(self) -> None:
        """Make the heaviest holders free memory until there is room again."""
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
    """Return the default budget: a share of the memory that the process may take at the first
    call.
    """
    return max(LEAST, available_memory() // SHARE)


_BUDGETS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, MemoryBudget]] = WeakKeyDictionary()


def budget_of(loop: asyncio.AbstractEventLoop) -> MemoryBudget:
    """Return the default budget of an event loop, the same object for all its servers."""
    budget = _BUDGETS.get(loop)
    if budget is None:
        budget = _BUDGETS[loop] = MemoryBudget(default_limit())
    return budget
