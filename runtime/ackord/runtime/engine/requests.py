"""The contract between the engine and the requests of long-polling, for every host."""

from __future__ import annotations

from typing import Protocol

from ackord.runtime.protocol.engineio.actions import AnswerPoll


class WaitingGet(Protocol):
    """A GET that a session has taken."""

    __slots__ = ()

    def answer(self, answer: AnswerPoll) -> None:
        """Write the answer. Called at most once, perhaps from within
        `ackord.runtime.engine.polled.poll`; must not raise.
        """
        ...


class IncomingPost(Protocol):
    """A POST whose body is being read."""

    __slots__ = ()

    patience: float
    """Seconds that the body may take; the session ends after that."""

    def close(self) -> None:
        """Answer the request without the rest of its body, because the session is over. Called at
        most once; must not raise.
        """
        ...
