"""How often a client may send the events of a contract (``rate:``).

The rules:

- A client, or whoever else the application names (`Namespace.rate_key`), may send `burst` events at
  once, and `per_second` more each second: a token bucket.
- An event counts at the time when it arrives, also if it waits for earlier ones. Events that are
  refused don't count.
- A bucket is one number, the time at which it is full again (the "theoretical arrival time" of the
  generic cell rate algorithm, ITU-T I.371). After that time the bucket is as one that was never
  used, so it can be forgotten.
- Buckets are kept in two tables. When the longest time to fill a bucket has passed, the older table
  is forgotten and a new one begun; so no timer is needed, and a bucket is never forgotten too soon.
- A table holds at most `MAX_BUCKETS`. With more, the older table is forgotten early, and those who
  were counted there begin anew.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

MAX_BUCKETS: Final = 50_000
_TOLERANCE: Final = 1e-6
"""Seconds by which an event may be too early, because times are floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A declared rate: `burst` events at once, and `per_second` in the long run."""

    per_second: float
    burst: int


class RateLimiter:
    """Counts the events of many clients against one rate."""

    __slots__ = ("_allowance", "_earlier", "_ends", "_interval", "_latest", "_window")

    def __init__(self, rate: Rate) -> None:
        self._interval = 1 / rate.per_second
        self._window = rate.burst * self._interval
        self._allowance = self._window - self._interval + _TOLERANCE
        self._latest: dict[Hashable, float] = {}
        self._earlier: dict[Hashable, float] = {}
        self._ends = 0.0
        """When the latest table is full of buckets that may be forgotten one window later."""

    def __len__(self) -> int:
        """Return how many buckets are kept."""
        return len(self._latest) + len(self._earlier)

    def take(self, key: Hashable, now: float) -> float:
        """Count an event that arrived at `now`, and return 0; or return how many seconds later it
        would have been accepted.
        """
        if now >= self._ends:
            self._turn(now)
        try:
            full = self._latest[key]
        except KeyError:
            full = self._find_earlier(key, now)
        if full <= now:
            self._latest[key] = now + self._interval
            return 0.0
        if full - now <= self._allowance:
            self._latest[key] = full + self._interval
            return 0.0
        if full - now <= self._window + _TOLERANCE:
            return full - now - self._allowance
        # The event loop of that time has ended, and the clock of another one begins anew.
        self._earlier = {}
        self._latest = {key: now + self._interval}
        self._ends = now + self._window
        return 0.0

    def _find_earlier(self, key: Hashable, now: float) -> float:
        if len(self._latest) >= MAX_BUCKETS:
            self._turn(now)
        return self._earlier.get(key, 0.0)

    def _turn(self, now: float) -> None:
        is_recent = now < self._ends + self._window
        self._earlier = self._latest if is_recent else {}
        self._latest = {}
        self._ends = now + self._window
