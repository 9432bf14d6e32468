"""What many clients answered, with types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from ackord.runtime.errors import PeerError

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Replies(Generic[R_co]):
    """What the clients of a broadcast answered, and who didn't; iterating gives the answers in the
    order of arrival.
    """

    values: dict[str, R_co]
    """The answers by client, in the order of arrival."""
    failures: dict[str, PeerError]
    """By client: a `RemoteError` where it answered an error that isn't a value, an
    `InvalidAckError` where the answer isn't as declared.
    """
    missing: tuple[str, ...]
    """The clients that didn't answer in time, or left."""

    @property
    def is_complete(self) -> bool:
        """Whether everybody gave an answer as declared."""
        return not self.failures and not self.missing

    def __iter__(self) -> Iterator[R_co]:
        return iter(self.values.values())

    def __len__(self) -> int:
        return len(self.values)
