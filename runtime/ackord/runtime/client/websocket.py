"""WebSockets over the network, by the `websockets` library."""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, Literal

from ackord.runtime.client.connector import WebSocketLostError
from ackord.runtime.errors import DisconnectedError
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_connection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

MAX_MESSAGE = 16_000_000
"""Bytes that one incoming message may have unless configured: servers broadcast files and histories that they wouldn't accept."""


class WebSocketConnector:
    """Opens WebSockets over TCP and TLS.

    Certificates are verified against the system's, unless `ssl` says otherwise.
    Proxies are the `websockets` library's: `True` takes them from the environment, a URL names one, `None` takes none.
    """

    def __init__(
        self,
        *,
        max_message: int = MAX_MESSAGE,
        compression: Literal["deflate"] | None = None,
        ssl: SSLContext | None = None,
        proxy: str | Literal[True] | None = True,
        close_timeout: float = 5.0,
    ) -> None:
        """Take what every connection has in common; `close_timeout` is the time that a closing handshake may take."""
        self._max_message = max_message
        self._compression = compression
        self._ssl = ssl
        self._proxy: str | Literal[True] | None = proxy
        self._close_timeout = close_timeout

    async def open(self, url: str, headers: Mapping[str, str]) -> NetworkWebSocket:
        """Open one; see `Connector.open`."""
        # `ssl=None` would mean "no TLS" to the library, which is an error for wss; leaving it out means "verify with the defaults".
        tls: dict[str, Any] = {} if self._ssl is None or url.startswith("ws:") else {"ssl": self._ssl}
        try:
            connection = await open_connection(
                url,
                additional_headers=dict(headers),
                compression=self._compression,
                proxy=self._proxy,
                max_size=self._max_message,
                # The caller bounds the opening, and Engine.IO has its own heartbeat.
                open_timeout=None,
                ping_interval=None,
                close_timeout=self._close_timeout,
                **tls,
            )
        except InvalidStatus as error:
            raise DisconnectedError(f"the server refused the WebSocket with HTTP status {error.response.status_code}") from error
        except (OSError, WebSocketException, EOFError) as error:
            raise DisconnectedError(f"can't open a WebSocket to {_without_query(url)}: {error}") from error
        return NetworkWebSocket(connection)


class NetworkWebSocket:
    """One WebSocket of the `websockets` library."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take an open connection."""
        self._connection = connection

    async def send(self, message: str | bytes) -> None:
        """Send one message; see `ClientWebSocket.send`."""
        try:
            await self._connection.send(message)
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def receive(self) -> str | bytes:
        """Wait for one message; see `ClientWebSocket.receive`."""
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise _lost(error) from error

    async def close(self) -> None:
        """Close; see `ClientWebSocket.close`."""
        await self._connection.close()


def _lost(error: ConnectionClosed) -> WebSocketLostError:
    """Say whose end it was: a close frame of ours that answers none of theirs means that they broke RFC 6455 or a limit."""
    is_our_complaint = error.sent is not None and not error.rcvd_then_sent
    return WebSocketLostError("transport error" if is_our_complaint else "transport close", str(error))


def _without_query(url: str) -> str:
    return url.partition("?")[0]
