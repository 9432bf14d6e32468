"""When a client was in which rooms: that decides which events of a namespace are replayed to it."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

MAX_STAYS: Final = 200
"""Past stays in rooms that the history of one client may keep."""


class RoomHistory:
    """The rooms of one client, each with the event numbers at which the client joined and left.

    Events are counted from 1. A client that joins after event 3 and leaves after event 5 was in the
    room at the events 4 and 5.

    The rooms that the client is in aren't bounded here; the adapter holds them as well. Past stays
    are bounded: with more than `MAX_STAYS`, the older half is forgotten, and `known_since` says how
    far back the rest reaches.
    """

    __slots__ = ("_left", "_spans", "known_since")

    def __init__(self, now: int = 0) -> None:
        """Begin after event `now`."""
        self.known_since = now
        """The number of the event after which all stays are known."""
        # By room: the numbers of the events after which the client joined, left, joined again …
        # With an odd number of entries, the client is in the room.
        self._spans: dict[str, list[int]] = {}
        self._left = 0

    @property
    def current(self) -> frozenset[str]:
        """The rooms that the client is in."""
        return frozenset(room for room, spans in self._spans.items() if len(spans) % 2)

    @property
    def size(self) -> int:
        """The number of past stays that are known."""
        return self._left

    def join(self, room: str, now: int) -> None:
        """Note that the client is in a room after event `now`."""
        spans = self._spans.get(room)
        if spans is None:
            self._spans[room] = [now]
        elif len(spans) % 2 == 0:
            if spans[-1] == now:  # it left and joined between two events
                spans.pop()
                self._left -= 1
            else:
                spans.append(now)

    def leave(self, room: str, now: int, oldest: int = 0) -> None:
        """Note that the client isn't in a room any more after event `now`; stays that ended before
        event `oldest` may be forgotten.
        """
        spans = self._spans.get(room)
        if spans is None or len(spans) % 2 == 0:
            return
        if spans[-1] == now:  # no event came between
            spans.pop()
            if not spans:
                del self._spans[room]
            return
        spans.append(now)
        self._left += 1
        if self._left > MAX_STAYS:
            self.forget_until(oldest)
        if self._left > MAX_STAYS:
            self.forget_until(
                sorted(end for spans in self._spans.values() for end in spans[1::2])[MAX_STAYS // 2]
            )

    def was_in(self, room: str, number: int) -> bool:
        """Tell whether the client was in a room at an event."""
        spans = self._spans.get(room)
        return spans is not None and bisect_left(spans, number) % 2 == 1

    def was_in_any(self, rooms: frozenset[str], number: int) -> bool:
        """Tell whether the client was in one of these rooms at an event."""
        return any(self.was_in(room, number) for room in rooms)

    def forget_until(self, number: int) -> None:
        """Forget the stays that were over after event `number`."""
        if number <= self.known_since:
            return
        self.known_since = number
        for room, spans in tuple(self._spans.items()):
            over = bisect_left(spans, number + 1) // 2 * 2  # joined and left until then
            if over:
                del spans[:over]
                self._left -= over // 2
                if not spans:
                    del self._spans[room]
