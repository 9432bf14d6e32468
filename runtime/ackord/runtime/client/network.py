"""How a client reaches its server over the network."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from functools import cache

from ackord.runtime.engine.client_options import ClientSettings
from ackord.runtime.engine.client_transport import (
    ClientWebSocket,
    Connector,
    HttpClient,
    TransportReceiver,
)
from ackord.runtime.errors import UsageError
from typing_extensions import override


class NetworkConnector(Connector):
    """Opens connections over TCP and TLS, by the libraries of the extra `client`.

    Servers import this module too, because a contract's package has both sides; a server runs
    without these libraries, which are imported when they are used.
    """

    def __init__(self, settings: ClientSettings) -> None:
        """Take the options of all connections."""
        self._settings = settings

    @override
    async def open_websocket(
        self, url: str, headers: Mapping[str, str], receiver: TransportReceiver
    ) -> ClientWebSocket:
        try:
            from ackord.runtime.websocket.client_opening import (  # noqa: PLC0415
                open_network_websocket,
            )
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        settings = self._settings
        may_use_proxy = settings.proxy is not True or _may_name_a_proxy()
        return await open_network_websocket(
            url,
            headers,
            receiver,
            close_timeout=settings.close_timeout,
            max_message=settings.max_message,
            compression=settings.compression,
            ssl=self._context(url),
            proxy=settings.proxy if may_use_proxy else None,
        )

    @override
    def open_http(self, url: str) -> HttpClient:
        try:
            from ackord.runtime.polling.client_http import NetworkHttpClient  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise _missing(error) from error
        return NetworkHttpClient(ssl=self._context(url), proxy=self._settings.proxy)

    def _context(self, url: str) -> ssl.SSLContext | None:
        """Return how TLS is done, or `None` for a URL without."""
        if url.startswith(("http:", "ws:")):
            return None
        return self._settings.ssl or _default_context()


def _may_name_a_proxy() -> bool:
    """Whether the environment may name a proxy, as `urllib.request.getproxies` finds them: asking
    that function takes as long as much of a handshake.
    """
    if sys.platform in {"darwin", "win32"}:
        return True  # the system's settings may name one
    return b"_proxy\0" in b"\0".join([*os.environb, b""]).lower()


@cache
def _default_context() -> ssl.SSLContext:
    """Return one context for all clients: loading the system's certificates takes a while."""
    return ssl.create_default_context()


def _missing(error: ModuleNotFoundError) -> UsageError | ModuleNotFoundError:
    if error.name not in {"websockets", "httpx2"}:
        return error
    return UsageError(
        f"a client needs the package {error.name}; install it with: pip install 'ackord[client]'"
    )
