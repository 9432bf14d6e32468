"""When a client tries again to connect: the schedule of the reference implementation.

The n-th pause lasts ``delay * 2 ** n`` seconds, more or less by a random share of itself, and at
most `delay_max`: with the defaults 0.5 to 1.5 seconds, 1 to 3, 2 to 5, 4 to 5, and from then on 5
(socket.io-client, ``backo2``: the same random number gives the size of the deviation and, by its
first digit, the sign).

The cap comes after the deviation. So clients that lost the same server for long come back in step,
every 5 seconds; `randomize_capped` spreads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MOST_DOUBLINGS: Final = 64
"""Further doublings change nothing but the size of the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long a client waits before each attempt to reconnect."""

    delay: float = 1.0
    """Seconds before the first attempt, about."""
    delay_max: float = 5.0
    """Seconds before any attempt, at most."""
    randomization_factor: float = 0.5
    """The share of a pause by which it is made longer or shorter at most; from 0 to 1."""
    randomize_capped: bool = False
    """Whether pauses that would be longer than `delay_max` are made shorter by a random share."""

    def pause(self, failed: int, random: float) -> float:
        """Return the seconds to wait when `failed` attempts have failed since the client was
        connected; `random` is a number from 0 on and below 1.
        """
        whole: float = self.delay * 2.0 ** min(failed, _MOST_DOUBLINGS)
        share = random * self.randomization_factor
        if self.randomize_capped and whole >= self.delay_max:
            return self.delay_max * (1 - share)
        grows = int(random * 10) % 2 == 1
        return min(whole * (1 + share if grows else 1 - share), self.delay_max)
