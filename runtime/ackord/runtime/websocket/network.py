"""WebSockets of the `websockets` library, which only the extra `client` installs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from ackord.runtime.engine.client_websocket import ClientWebSocket, WebSocketLostError
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.logs.text import printable, quoted
from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.http11 import Response


class _Connect(connect):
    """Opens a WebSocket to the given address only, and follows no redirect, as the reference
    implementation.

    The library would follow: then the payload of CONNECT and the client's own headers would go to a
    host that the application didn't name.
    """

    @override
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def open_network_websocket(
    url: str, headers: Mapping[str, str], options: Mapping[str, Any]
) -> NetworkWebSocket:
    """Open one; `options` are the library's."""
    try:
        connection = await _Connect(url, additional_headers=dict(headers), **options)
    except InvalidStatus as error:
        raise DisconnectedError(_describe_refusal(url, error.response)) from error
    except (OSError, WebSocketException, EOFError) as error:
        # The library puts what the server answered into some of its texts.
        raise DisconnectedError(
            f"can't open a WebSocket to {_without_secrets(url)}: {printable(str(error)[:300])}"
        ) from error
    return NetworkWebSocket(connection)


class NetworkWebSocket(ClientWebSocket):
    """One WebSocket of the `websockets` library."""

    def __init__(self, connection: ClientConnection) -> None:
        """Take an open connection."""
        self._connection = connection

    @override
    async def send(self, message: str | bytes) -> None:
        try:
            await self._connection.send(message)
        except ConnectionClosed as error:
            raise _lost(error) from error

    @override
    async def receive(self) -> str | bytes:
        try:
            return await self._connection.recv()
        except ConnectionClosed as error:
            raise _lost(error) from error

    @override
    async def close(self) -> None:
        await self._connection.close()


def _lost(error: ConnectionClosed) -> WebSocketLostError:
    """Say whose end it was: a close frame of ours that answers none of theirs means that they broke
    RFC 6455 or a limit.
    """
    is_our_complaint = error.sent is not None and not error.rcvd_then_sent
    return WebSocketLostError(
        "transport error" if is_our_complaint else "transport close", str(error)
    )


def _describe_refusal(url: str, response: Response) -> str:
    status = response.status_code
    targets = response.headers.get_all("Location")
    if not 300 <= status < 400 or not targets:
        return f"the server refused the WebSocket with HTTP status {status}"
    try:
        host = urlsplit(urljoin(url, targets[0])).netloc.rpartition("@")[2]
    except ValueError:
        host = targets[0]
    return f"the server redirects (HTTP status {status}) to the host {quoted(host)}, and redirects aren't followed: connect to the right address"


def _without_secrets(url: str) -> str:
    """Return a URL without its query string, and without the password that may stand before the
    host.
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
