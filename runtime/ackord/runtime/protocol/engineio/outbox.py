"""The packets that a session over long-polling has to send."""

from __future__ import annotations

from ackord.runtime.protocol.engineio import packet as packets
from ackord.runtime.protocol.engineio.actions import AnswerPoll, Outgoing
from ackord.runtime.protocol.engineio.packet import Packet
from ackord.runtime.protocol.engineio.prepared import Prepared


class Outbox:
    """Messages that wait for a GET, and how many bytes they are on the wire."""

    __slots__ = ("_messages", "size")

    def __init__(self) -> None:
        self._messages: list[Outgoing] = []
        self.size = 0
        """Bytes that wait."""

    def __bool__(self) -> bool:
        return bool(self._messages)

    def put(self, message: Outgoing) -> None:
        """Add a message."""
        self._messages.append(message)
        self.size += _size(message)

    def take(self) -> list[Outgoing]:
        """Remove all messages and return them."""
        taken, self._messages, self.size = self._messages, [], 0
        return taken

    def take_answer(self) -> AnswerPoll:
        """Remove all messages and return the answer to a GET that they make."""
        messages = self.take()
        if len(messages) == 1 and isinstance(messages[0], str):
            return AnswerPoll(messages[0])
        parts: list[Packet] = []
        compress = False
        for message in messages:
            if isinstance(message, Prepared):
                parts.extend(message.packets)
                compress = compress or message.compress
            else:
                parts.append(message)
                compress = True
        return AnswerPoll(packets.encode_payload(parts), compress)


def _size(message: Outgoing) -> int:
    """Count the bytes of a message on the wire, base64 included, without encoding it."""
    if isinstance(message, str):
        return (len(message) if message.isascii() else packets.utf8_length(message)) + 1
    if isinstance(message, bytes):
        return len(message) * 4 // 3 + 2
    return (
        packets.utf8_length(message.text)
        + 1
        + sum(len(data) * 4 // 3 + 2 for data in message.attachments)
    )
