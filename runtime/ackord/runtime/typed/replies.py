"""The typed acknowledgements of many clients, or of the other servers of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ackord.runtime.errors import PeerError

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Replies(Generic[R_co]):
    """The answers to a broadcast, and the clients that didn't answer. Iteration yields the answers
    in the order of arrival.
    """

    values: dict[str, R_co]
    """The answers by the client's id, in the order of arrival."""
    failures: dict[str, PeerError]
    """By the client's id: a `RemoteError` for an error that isn't declared, an `InvalidAckError`
    for an invalid answer.
    """
    missing: tuple[str, ...]
    """The ids of the clients that didn't answer in time, or disconnected."""

    @property
    def is_complete(self) -> bool:
        """Whether every client sent a valid answer."""
        return not self.failures and not self.missing

    def __iter__(self) -> Iterator[R_co]:
        return iter(self.values.values())

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class ServerReplies(Generic[R_co]):
    """The answers of the other servers of a cluster, and how many servers didn't answer. Iteration
    yields the answers. On a single server there are none.
    """

    values: tuple[R_co, ...]
    """The answers, one of each server."""
    failures: tuple[PeerError, ...]
    """A `RemoteError` for each error that isn't declared, an `InvalidAckError` for each invalid
    answer.
    """
    missing: int
    """How many servers didn't answer in time."""

    @property
    def is_complete(self) -> bool:
        """Whether every other server sent a valid answer."""
        return not self.failures and not self.missing

    def __iter__(self) -> Iterator[R_co]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)
