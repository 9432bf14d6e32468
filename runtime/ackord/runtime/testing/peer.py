"""A peer that sends and expects raw packets, for tests of a server's or client's behavior, also
after invalid packets.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from ackord.runtime.engine.client_transport import TransportLostError
from ackord.runtime.testing.memory import MemoryWebSocket

PATIENCE = 10.0
"""Default timeout for a message, in seconds of the event loop's clock."""


class RawPeer:
    """One end of a WebSocket, on which a test sends and receives packets itself.

    It sends nothing by itself, not even PONG. `Link.raw` connects it to a server,
    `RawServer.accept` to a client.
    """

    def __init__(self, websocket: MemoryWebSocket, *, url: str = "") -> None:
        """Take one end, and the `url` of the request."""
        self._websocket = websocket
        self.url = url

    async def send(self, *messages: str | bytes) -> None:
        """Send messages: packets as text, type digit included (``42["hello"]``), and attachments as
        bytes.
        """
        for message in messages:
            await self._websocket.send(message)

    async def receive(self, *, timeout: float = PATIENCE) -> str | bytes:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for the next message.

        Raises:
            AssertionError: The WebSocket closed instead, or nothing came in time.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._websocket.receive()
        except TransportLostError as error:
            raise AssertionError(f"closed instead of sending: {error}") from error
        except TimeoutError as error:
            raise AssertionError(f"nothing came in {timeout:g} seconds") from error

    async def receive_text(self, *, timeout: float = PATIENCE) -> str:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for the next message, which must be text."""
        message = await self.receive(timeout=timeout)
        if isinstance(message, bytes):
            raise AssertionError(f"expected text, got the bytes {message!r}")  # noqa: TRY004 - a failed expectation, not a wrong type
        return message

    async def expect(self, *messages: str | bytes, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait for exactly these messages, in this order.

        Raises:
            AssertionError: Something else came, or nothing did in time.
        """
        for expected in messages:
            message = await self.receive(timeout=timeout)
            if message != expected:
                raise AssertionError(f"expected {expected!r}, got {message!r}")

    async def expect_silence(self, seconds: float) -> None:
        """Wait for some seconds, and check that no message comes.

        Raises:
            AssertionError: Something came, or the WebSocket closed.
        """
        try:
            message = await self.receive(timeout=seconds)
        except AssertionError as error:
            if isinstance(error.__cause__, TimeoutError):
                return
            raise
        raise AssertionError(f"expected silence for {seconds:g} seconds, got {message!r}")

    async def expect_close(self, *, timeout: float = PATIENCE) -> int | None:  # noqa: ASYNC109 - a bound on what the peer does
        """Wait until the WebSocket is closed, with nothing before; return the close frame's status,
        `None` for none.

        Raises:
            AssertionError: A message came instead, or nothing happened in time.
        """
        try:
            message = await self.receive(timeout=timeout)
        except AssertionError as error:
            if isinstance(error.__cause__, TransportLostError):
                return self._websocket.close_code
            raise
        raise AssertionError(f"expected the end, got {message!r}")

    async def close(self) -> None:
        """Close the WebSocket, without sending a packet."""
        await self._websocket.close()

    async def __aenter__(self) -> Self:
        """Return the peer."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the WebSocket."""
        await self.close()
