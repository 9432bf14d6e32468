"""WebSockets over the network, by the `websockets` library."""

from __future__ import annotations

from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, Literal

from ackord.runtime.engine.client_websocket import ClientWebSocket, Connector
from ackord.runtime.errors import UsageError
from ackord.runtime.logs.packets import SILENT
from typing_extensions import override

MAX_MESSAGE = 16_000_000
"""Bytes that one incoming message may have unless configured: servers broadcast files and histories
that they wouldn't accept.
"""


class WebSocketConnector(Connector):
    """Opens WebSockets over TCP and TLS.

    Certificates are verified against the system's, unless `ssl` says otherwise.
    Proxies are the `websockets` library's: `True` takes them from the environment, a URL names one,
    `None` takes none.
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
        """Take what every connection has in common; `close_timeout` is the time that a closing
        handshake may take.
        """
        self._max_message = max_message
        self._compression = compression
        self._ssl = ssl
        self._proxy: str | Literal[True] | None = proxy
        self._close_timeout = close_timeout

    @override
    async def open(self, url: str, headers: Mapping[str, str]) -> ClientWebSocket:
        try:
            # Servers import this module too, because a contract's package has both sides; a server
            # runs without the library.
            from ackord.runtime.websocket.network import open_network_websocket  # noqa: PLC0415
        except ModuleNotFoundError as error:
            if error.name != "websockets":
                raise
            raise UsageError(
                "a client needs the package websockets; install it with: pip install "
                "'ackord[client]'"
            ) from error
        options: dict[str, Any] = {
            "compression": self._compression,
            "proxy": self._proxy,
            "max_size": self._max_message,
            # The caller bounds the opening, and Engine.IO has its own heartbeat.
            "open_timeout": None,
            "ping_interval": None,
            "close_timeout": self._close_timeout,
            "logger": SILENT,
        }
        # `ssl=None` would mean "no TLS" to the library, which is an error for wss; leaving it out
        # means "verify with the defaults".
        if self._ssl is not None and not url.startswith("ws:"):
            options["ssl"] = self._ssl
        return await open_network_websocket(url, headers, options)
