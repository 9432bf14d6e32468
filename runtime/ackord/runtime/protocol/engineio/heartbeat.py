"""The server's side of the heartbeat: it sends PING after an interval, and ends the session if no
PONG comes in time.

The cycle of one client (Engine.IO v4, "heartbeat"), with the times of `Heartbeat.at`:

1. `interval` seconds after the last PONG, `beat` asks for a PING.
2. The client has `timeout` seconds for its PONG, which begins the next cycle. The first other
   packet in that time extends it to `timeout` seconds from that packet; later ones don't, so that
   the session of a client which never answers a PING ends.
3. Without a PONG in time, `beat` returns false: the session ends.

This side may be the reason for a missing PONG. A PING that this side sends late shortens the time
for the PONG, by a quarter at most (`beat`). While a client isn't read from, because its handlers
are busy, the end is put off (`postpone`).
"""

from __future__ import annotations

from typing import Final

MAX_POSTPONEMENTS: Final = 3
"""How many times the end is put off for a client that isn't read from: the client may have gone
long ago.
"""


class Heartbeat:
    """When the next PING is due, or the PONG that answers the last one is overdue."""

    __slots__ = ("_awaits_pong", "_interval", "_postponed", "_timeout", "at", "lenient")

    def __init__(self, interval: float, timeout: float, now: float) -> None:
        self._interval = interval
        self._timeout = timeout
        self._awaits_pong = False
        self._postponed = 0
        self.at = now + interval
        """When `beat` is due."""
        self.lenient = False
        """Whether the next packet of any kind extends the time for the PONG; true once in each
        cycle.
        """

    def beat(self, now: float) -> bool:
        """Return whether a PING must be sent now; false if the last one wasn't answered in time."""
        if self._awaits_pong:
            return False
        # A timer that fires a little late must not give the client more time, but a process that
        # stood still must not take it away.
        late = min(now - self.at, self._timeout / 4)
        self.at = now + self._timeout - late
        self._awaits_pong = self.lenient = True
        return True

    def pong(self, now: float) -> None:
        """Take a PONG; a PONG without a PING doesn't delay the next PING."""
        self._postponed = 0
        if self._awaits_pong:
            self._awaits_pong = self.lenient = False
            self.at = now + self._interval

    def sign_of_life(self, now: float) -> None:
        """Take any packet but PONG."""
        if self.lenient:
            self.lenient = False
            self.at = max(self.at, now + self._timeout)

    def postpone(self, now: float) -> None:
        """Give the client more time for its PONG, because this side reads nothing from it at
        present.
        """
        if self._awaits_pong and self._postponed < MAX_POSTPONEMENTS:
            self._postponed += 1
            self.at = max(self.at, now + self._timeout)
