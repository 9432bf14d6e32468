"""What the engine asks of the requests of long-polling, whatever host answers them."""

from __future__ import annotations

from typing import Protocol

from ackord.runtime.protocol.engineio.actions import AnswerPoll


class WaitingGet(Protocol):
    """A GET that a session has taken."""

    __slots__ = ()

    def answer(self, answer: AnswerPoll) -> None:
        """Write the answer; called once at most, perhaps from within
        `ackord.runtime.engine.polled.poll`, and must not raise.
        """
        ...


class IncomingPost(Protocol):
    """A POST whose body is being read."""

    __slots__ = ()

    patience: float
    """Seconds that its body has to come in; the session ends if they don't suffice."""

    def close(self) -> None:
        """Called once at most, when the session is over and the rest of the body isn't needed any
        more; must not raise.
        """
        ...
