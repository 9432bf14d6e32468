"""The events that a client has received, for tests."""

from __future__ import annotations

import asyncio
import sys
from typing import Any, Generic, TypeVar

from ackord.runtime.errors import DisconnectedError, EventTimeoutError
from ackord.runtime.typed.client_event import ClientEvent

ItemT = TypeVar("ItemT")


class Recorder(Generic[ItemT]):
    """Keeps all events of one name that a typed client receives.

    ::

        posted = Recorder(chat.on_message_posted)
        await chat.send_message("lobby", "hi")
        assert [message.text for message in await posted.wait(1)] == ["hi"]
    """

    def __init__(self, event: ClientEvent[..., Any, ItemT]) -> None:
        """Begin with the next event of ``client.on_…``."""
        self._stream = event.stream(buffer=sys.maxsize)
        self._items: list[ItemT] = []

    @property
    def items(self) -> list[ItemT]:
        """What has come until now: the argument of each event, a tuple of several, or `None`."""
        self._items.extend(self._stream.take())
        return list(self._items)

    async def wait(self, count: int, *, timeout: float = 10.0) -> list[ItemT]:  # noqa: ASYNC109  # a bound on what the peer does
        """Wait until `count` events have come, and return them with those that came beyond it.

        Raises:
            EventTimeoutError: not so many came in `timeout` seconds.
            DisconnectedError: the client is disconnected.
        """
        try:
            async with asyncio.timeout(timeout):
                while len(self.items) < count:
                    self._items.append(await anext(self._stream))
        except TimeoutError as error:
            raise EventTimeoutError(
                f"{len(self._items)} of {count} events within {timeout:g} s"
            ) from error
        except StopAsyncIteration:
            raise DisconnectedError(
                f"the client has disconnected after {len(self._items)} of {count} events"
            ) from None
        return self.items
