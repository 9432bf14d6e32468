"""Requests that a client sends before the answer to an earlier one (RFC 9112, 9.3.2)."""

from __future__ import annotations

from collections import deque
from typing import Final

from ackord.runtime.hosting.uvicorn import bounds

_REQUEST_COST: Final = 5_000
"""Bytes that a request takes while it waits."""


class PipelinedRequests:
    """The requests that wait for their turn, and how many bytes were read behind each."""

    __slots__ = ("_size", "sizes")

    def __init__(self) -> None:
        self.sizes: deque[int] = deque()
        """The bytes behind each, the newest request first, as in uvicorn's `pipeline`."""
        self._size = 0

    @property
    def weight(self) -> int:
        """About how many bytes the requests take."""
        return self._size + _REQUEST_COST * len(self.sizes)

    def add(self) -> None:
        """Count a request."""
        self.sizes.appendleft(0)

    def grow(self, size: int) -> bool:
        """Count bytes behind the newest request; return whether there are too many."""
        self.sizes[0] += size
        self._size += size
        return self._size > bounds.MAX_PIPELINED_BYTES

    def shrink(self, waiting: int) -> None:
        """Forget the oldest requests, until as many are left as wait."""
        while len(self.sizes) > waiting:
            self._size -= self.sizes.pop()
