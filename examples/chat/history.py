"""What was said, as long as it is remembered: in memory, and bounded in every direction."""

from __future__ import annotations

from collections import deque
from typing import Final

from examples.chat.contract import ImageBody, Message, RoomName

MOST_MESSAGES: Final = 50
"""How many messages of one room are kept."""
MOST_PICTURES: Final = 8
"""How many of them may be pictures: one acknowledgement carries at most ten attachments."""
MOST_PICTURES_AT_ALL: Final = 40
"""How many pictures of all rooms are kept; each may have nearly a megabyte."""
MOST_ROOMS: Final = 200
"""How many rooms are remembered; the one in which nothing was said for the longest time is
forgotten first.
"""


class History:
    """The last messages of each room."""

    def __init__(self) -> None:
        self._rooms: dict[RoomName, list[Message]] = {}
        self._pictures: deque[Message] = deque()

    def add(self, message: Message) -> None:
        """Remember `message`, and forget what becomes too much."""
        messages = self._rooms.pop(message.room, [])
        self._rooms[message.room] = messages  # now the last in the order of the dict
        messages.append(message)
        del messages[:-MOST_MESSAGES]
        if len(self._rooms) > MOST_ROOMS:
            del self._rooms[next(iter(self._rooms))]
        if isinstance(message.body, ImageBody):
            self._pictures.append(message)
            self._limit_pictures(messages)

    def of(self, room: RoomName) -> list[Message]:
        """Give the messages of `room`, oldest first."""
        return list(self._rooms.get(room, ()))

    def _limit_pictures(self, messages: list[Message]) -> None:
        pictures = [message for message in messages if isinstance(message.body, ImageBody)]
        if len(pictures) > MOST_PICTURES:
            messages.remove(pictures[0])
            self._pictures.remove(pictures[0])
        if len(self._pictures) > MOST_PICTURES_AT_ALL:
            oldest = self._pictures.popleft()
            kept = self._rooms.get(oldest.room, [])
            if oldest in kept:
                kept.remove(oldest)
