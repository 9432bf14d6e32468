"""The typed acknowledgements of many clients."""

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
