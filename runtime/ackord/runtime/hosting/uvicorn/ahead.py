"""Requests that a client sends before the answer to an earlier one (RFC 9112, 9.3.2)."""

from __future__ import annotations

from collections import deque
from typing import Final

from ackord.runtime.hosting.uvicorn import bounds

_REQUEST_COST: Final = 5_000
"""Bytes that a request takes while it waits."""


class RequestsAhead:
    """Counts the bytes that are read behind each request that waits for its turn."""

    __slots__ = ("_size", "_sizes")

    def __init__(self) -> None:
        self._sizes: deque[int] = deque()  # the newest first, as in uvicorn's `pipeline`
        self._size = 0

    def __len__(self) -> int:
        """Return how many requests wait."""
        return len(self._sizes)

    @property
    def weight(self) -> int:
        """About how many bytes the requests take."""
        return self._size + _REQUEST_COST * len(self._sizes)

    def add(self) -> None:
        """Count a request."""
        self._sizes.appendleft(0)

    def grow(self, size: int) -> bool:
        """Count bytes behind the newest request; return whether there are too many."""
        self._sizes[0] += size
        self._size += size
        return self._size > bounds.MAX_BYTES_AHEAD

    def shrink(self, waiting: int) -> None:
        """Forget the oldest requests, until as many are left as wait."""
        while len(self._sizes) > waiting:
            self._size -= self._sizes.pop()
