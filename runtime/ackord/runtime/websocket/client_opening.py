"""How a client opens a WebSocket over the network: TCP, TLS and proxies, then the handshake.

The event loop makes the connection; the `websockets` library, which only the extra `client`
installs, goes through proxies. `ackord.runtime.websocket.client_handshake` has the handshake's
bytes. `NetworkWebSocket` then takes the place of the handshake at the network transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ssl import SSLContext
from typing import Any, Final, Literal, cast

from ackord.runtime.engine.client_address import explain_redirect, without_secrets
from ackord.runtime.engine.client_transport import TransportLostError, TransportReceiver
from ackord.runtime.logs.packets import SILENT
from ackord.runtime.protocol.engineio.answers import explain_refusal, is_final
from ackord.runtime.websocket.client_handshake import (
    END_OF_HEAD,
    parse_url,
    read_acceptance,
    write_request,
)
from ackord.runtime.websocket.network import NetworkWebSocket, Opened, shown_words
from typing_extensions import override
from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.extensions import ClientExtensionFactory
from websockets.extensions.permessage_deflate import enable_client_permessage_deflate
from websockets.http11 import Response
from websockets.utils import generate_key

_DEFLATE: Final = tuple(enable_client_permessage_deflate(None))
_SWITCHING: Final = b" 101"
_MAX_HEAD: Final = 65_536
"""Bytes that the answer to the handshake may have before its end is looked for no more."""


async def open_network_websocket(
    url: str,
    headers: Mapping[str, str],
    receiver: TransportReceiver,
    *,
    close_timeout: float,
    max_message: int,
    compression: bool,
    ssl: SSLContext | None,
    proxy: str | Literal[True] | None,
) -> NetworkWebSocket:
    """Open a WebSocket; the caller bounds the time.

    Raises:
        TransportLostError: It couldn't be opened; the message says why.
    """
    extensions = _DEFLATE if compression else ()
    try:
        handshake = _Handshake(url, headers, extensions, max_message)
        await _connect(url, handshake, ssl, proxy)
    except InvalidStatus as error:
        raise _refused(url, error) from error
    except OSError as error:
        raise TransportLostError(
            "transport error",
            f"can't connect to {without_secrets(url)}: {shown_words(error)}",
            is_final=True,
        ) from error
    except (WebSocketException, EOFError, ValueError) as error:
        # The library puts what the server answered into some of its texts.
        raise TransportLostError(
            "transport error",
            f"can't open a WebSocket to {without_secrets(url)}: {shown_words(error)}",
        ) from error
    return NetworkWebSocket(handshake.opened(), receiver, close_timeout, max_message)


async def _connect(
    url: str,
    handshake: _Handshake,
    ssl: SSLContext | None,
    proxy: str | Literal[True] | None,
) -> None:
    """Make the connection, through a proxy if one is named, and do the handshake."""
    if proxy is not None:
        make_protocol: Any = handshake.follow
        tls: dict[str, Any] = {} if ssl is None else {"ssl": ssl}
        await _Connect(
            url,
            proxy=proxy,
            create_connection=make_protocol,
            compression=None,
            open_timeout=None,
            logger=SILENT,
            **tls,
        )
        return
    uri = parse_url(url)
    await asyncio.get_running_loop().create_connection(
        lambda: handshake,
        uri.host,
        uri.port,
        ssl=ssl,
        server_hostname=None if ssl is None else uri.host,
    )
    try:
        await handshake.handshake()
    except BaseException:
        handshake.transport.abort()
        raise


class _Connect(connect):
    """Opens a WebSocket to the given address only, and follows no redirect, as the reference
    implementation.

    The library would follow: then the payload of CONNECT and the client's own headers would go to a
    host that the application didn't name.
    """

    @override
    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Handshake(asyncio.Protocol):
    """The protocol of a network transport until the server has answered the handshake; what
    follows the answer is kept for the protocol after it.

    For the library's `connect` it takes the place of a `ClientConnection`: `connect` calls
    `handshake` and `start_keepalive`.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        extensions: tuple[ClientExtensionFactory, ...],
        max_message: int,
    ) -> None:
        """Prepare the request; raises what `write_request` raises."""
        self.transport: asyncio.Transport
        self._url = url
        self._extensions = extensions
        self._max_message = max_message
        self._key = generate_key()
        self._request = write_request(url, self._key, headers, extensions)
        self._library: ClientProtocol | None = None
        """Reads an answer that isn't the common one."""
        self._headers: list[tuple[str, str]] | None = None
        """Those of the answer, once it has accepted the WebSocket."""
        self._error: Exception | None = None
        self._head = b""
        self._early = b""
        self._is_answered = False
        self._is_lost = False
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def follow(self, *_: object, **__: object) -> _Handshake:
        """Return this protocol, whatever the library would give to a `ClientConnection`."""
        return self

    async def handshake(self, *_: object) -> None:
        """Send the request, and wait for the answer to it.

        Raises:
            WebSocketException: There was none, it refuses the WebSocket, or it is wrong.
        """
        self.transport.write(self._request)
        await self._done
        if self._error is not None:
            raise self._error

    def start_keepalive(self) -> None:
        """Do nothing: Engine.IO has its own heartbeat."""

    def opened(self) -> Opened:
        """Return what the handshake leaves to the protocol after it."""
        return Opened(
            self.transport, self._headers or [], self._early, self._library, is_lost=self._is_lost
        )

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_answered:
            if self._headers is not None:
                self._early += data
                self.transport.pause_reading()
            else:
                self._feed(data)
            return
        looked_at = max(0, len(self._head) - len(END_OF_HEAD) + 1)
        self._head += data
        end = self._head.find(END_OF_HEAD, looked_at)
        if end < 0 and len(self._head) <= _MAX_HEAD:
            return
        self._is_answered = True
        head = self._head
        if end >= 0 and _SWITCHING in head[:16]:
            end += len(END_OF_HEAD)
            head, self._early = head[:end], head[end:]
            self._headers = read_acceptance(head, self._key)
        if self._headers is None:
            self._feed(head)
        self._look()

    @override
    def eof_received(self) -> None:
        self._receive_end()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._receive_end()

    def _receive_end(self) -> None:
        if self._headers is not None:
            return
        if not self._is_answered:
            self._is_answered = True
            self._feed(self._head)
        self._reader().receive_eof()
        self._look()

    def _feed(self, data: bytes) -> None:
        self._reader().receive_data(data)
        self._look()

    def _reader(self) -> ClientProtocol:
        if self._library is None:
            self._library = ClientProtocol(
                parse_url(self._url),
                extensions=self._extensions or None,
                max_size=self._max_message,
                logger=SILENT,
            )
            self._library.key = self._key
        return self._library

    def _look(self) -> None:
        """See whether the answer was read, or can't be."""
        library = self._library
        if library is not None:
            self._error = library.handshake_exc
            for event in library.events_received():
                if isinstance(event, Response) and self._error is None:
                    self._headers = list(event.headers.raw_items())
        is_over = self._headers is not None or self._error is not None
        if is_over and not self._done.done():
            self._done.set_result(None)


def _refused(url: str, error: InvalidStatus) -> TransportLostError:
    response = error.response
    status, body = response.status_code, bytes(response.body or b"")
    locations = response.headers.get_all("Location")
    if 300 <= status < 400 and locations:
        why = explain_redirect(url, status, locations[0])
    else:
        why = f"{without_secrets(url)} refused the WebSocket with {explain_refusal(status, body)}"
    return TransportLostError("transport error", why, is_final=is_final(status, body))
