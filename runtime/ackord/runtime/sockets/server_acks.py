"""The acknowledgements of other servers of a cluster for one event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ackord.runtime.errors import AckTimeoutError
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.outgoing import decode_answer


class ServersTimeoutError(AckTimeoutError):
    """Some servers didn't answer in time; the error has the answers of the others.

    Raised by `Adapter.server_side_emit_with_ack`.
    """

    def __init__(self, replies: Sequence[AckReply], missing: int, timeout: float) -> None:
        asked = len(replies) + missing
        super().__init__(f"{missing} of {asked} servers didn't answer within {timeout:g} s")
        self.replies = tuple(replies)
        """The acknowledgements that came in time, encoded."""
        self.missing = missing
        """How many servers didn't answer."""

    @property
    def answers(self) -> list[Any]:
        """The answers that came in time, as `Namespace.server_side_emit_with_ack` returns them.

        Raises:
            PacketError: one isn't a JSON array.
        """
        return [decode_answer(reply) for reply in self.replies]
