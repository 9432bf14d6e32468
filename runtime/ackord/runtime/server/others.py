"""The way from one socket to everybody else in its namespace."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ackord.runtime.server.broadcast import BroadcastOperator


class ReachingOthers:
    """The methods of `BroadcastOperator` on whatever stands for one socket: they reach everybody
    but this one.
    """

    __slots__ = ()

    @property
    def broadcast(self) -> BroadcastOperator:
        """Everybody in the namespace but this socket."""
        raise NotImplementedError

    @property
    def local(self) -> BroadcastOperator:
        """Everybody of this process but this socket."""
        return self.broadcast.local

    def to(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach whoever is in one of these rooms, except this socket."""
        return self.broadcast.to(*rooms)

    def in_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Do what `to` does."""
        return self.broadcast.to(*rooms)

    def except_(self, *rooms: str | Iterable[str]) -> BroadcastOperator:
        """Reach everybody but this socket and those in one of these rooms."""
        return self.broadcast.except_(*rooms)
