"""The events that ``ackord listen`` sends before it listens, such as one that enters a room."""

from __future__ import annotations

from collections.abc import Sequence

from ackord.runtime.cli.outcome import ERROR_ANSWERED, FAILED, say
from ackord.runtime.cli.peer import Peer
from ackord.runtime.cli.sending import OutgoingEvent, prepare
from ackord.runtime.cli.values import read_event
from ackord.runtime.errors import AckTimeoutError, DisconnectedError, InvalidAckError


class OpeningEvents:
    """Events that are sent, one after the other, whenever the namespace was joined anew: a server
    has forgotten the rooms of a connection that was lost.
    """

    def __init__(self, peer: Peer, texts: Sequence[str], timeout: float) -> None:
        """Read and check the events; exit if one of them is wrong."""
        self._peer = peer
        self._events = [
            prepare(peer, *read_event(text, "--emit"), wants_ack=True, timeout=timeout)
            for text in texts
        ]

    async def send(self) -> int | None:
        """Send all events; return the exit code if the server refuses one, and say why.

        An event that isn't acknowledged in time may be one without an acknowledgement.
        """
        for event in self._events:
            try:
                code = await self._send(event)
            except AckTimeoutError as error:
                say(f"event {event.encoded.name!r}: {error}")
            except DisconnectedError:
                return None  # they are sent again if the namespace is joined again
            else:
                if code is not None:
                    return code
        return None

    async def _send(self, event: OutgoingEvent) -> int | None:
        answer = await event.send(self._peer.socket)
        name = event.encoded.name
        try:
            if answer is None or not answer.is_error:
                return None
        except InvalidAckError as error:
            say(f"the answer to {name!r} isn't as declared: {error}")
            return FAILED
        say(f"the server answered {name!r} with the error {answer.error}")
        return ERROR_ANSWERED
