"""One Engine.IO connection to one server, shared by the sockets of any number of namespaces."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self, TypedDict, Unpack

from ackord.runtime.client.address import websocket_url
from ackord.runtime.client.multiplexer import Multiplexer
from ackord.runtime.client.socket import Auth, ClientSocket
from ackord.runtime.engine.client import Connection, ConnectionOptions, open_connection
from ackord.runtime.engine.client_websocket import Connector
from ackord.runtime.errors import UsageError
from ackord.runtime.option_values import check_names, check_values
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENTS
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser
from ackord.runtime.sockets.backlog import Backlog
from ackord.runtime.websocket.client import WebSocketConnector


class ManagerOptions(TypedDict, total=False):
    """Options of a connection, all with defaults."""

    path: str
    """Where Socket.IO is served; ``/socket.io/``."""
    query: Mapping[str, str] | None
    """Added to the query string of the handshake, and to what the URL has of it."""
    headers: Mapping[str, str] | None
    """Sent with the handshake."""
    connector: Connector | None
    """How WebSockets are opened; over the network, with `WebSocketConnector()`."""
    parser: Parser
    """How packets are written; the server has to use the same one. Text, as the protocol has it."""
    timeout: float
    """Seconds that opening the connection may take, and then joining a namespace; 20."""
    close_timeout: float
    """Seconds that a clean disconnect may take to write what waits, and then handlers to end; 5."""
    max_buffered: int
    """Bytes that may wait for the network, more is a `SlowConsumerError` for the one who emits; 16
    million.
    """
    max_attachments: int
    """Attachments that a packet may have, incoming or outgoing; 10."""
    max_attachment_bytes: int
    """Bytes that these may have together; 64 million."""
    max_pending_events: int
    """Incoming events that may wait for handlers, with more nothing is read; 1000, and four times
    as many while acknowledgements are awaited.
    """
    max_pending_bytes: int
    """Bytes of the objects that these events become, estimated from their text, and of their
    attachments; 16 million, and four times as many while acknowledgements are awaited.
    """
    max_pending_acks: int
    """Acknowledgements that one namespace may wait for; 1000."""


_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def _is_header(name: str, value: object) -> bool:
    return (
        _HEADER_NAME.fullmatch(name) is not None
        and isinstance(value, str)
        and _HEADER_VALUE.fullmatch(value) is not None
    )


class Manager:
    """The connection to one server.

    It opens when the first of its sockets connects and closes when the last one has disconnected.
    Everything belongs to the event loop in which it is used, one at a time; when that has ended,
    another one begins without a connection. A manager without a connection holds nothing that needs
    closing.
    """

    def __init__(self, url: str, **options: Unpack[ManagerOptions]) -> None:
        """Prepare a connection to the server at an ``http``, ``https``, ``ws`` or ``wss`` URL
        without a path; nothing is opened yet.

        Raises:
            UsageError: `url` isn't such a URL, or an option is unknown or can't work.
        """
        check_names(options, ManagerOptions.__annotations__, "a connection")
        check_values(options, ManagerOptions)
        self.url = url
        self._websocket_url = websocket_url(
            url, path=options.get("path", "/socket.io/"), query=options.get("query") or {}
        )
        self._headers = dict(options.get("headers") or {})
        for name, value in self._headers.items():
            if not _is_header(name, value):  # the value may be a secret
                raise UsageError(
                    f"the header {name!r} can't be sent: HTTP can't express its name, or its value"
                )
        self._connector: Connector = options.get("connector") or WebSocketConnector()
        self.timeout = options.get("timeout", 20.0)
        """Seconds that opening the connection, and joining a namespace, may take."""
        self.close_timeout = options.get("close_timeout", 5.0)
        """Seconds that a clean disconnect may take."""
        self._parser: Parser = options.get("parser", TEXT_PARSER)
        self._options = ConnectionOptions(
            timeout=self.timeout,
            close_timeout=self.close_timeout,
            max_buffered=options.get("max_buffered", 16_000_000),
            max_attachments=options.get("max_attachments", MAX_ATTACHMENTS),
            parser=self._parser,
        )
        self._decoder_limits = (
            options.get("max_attachments", MAX_ATTACHMENTS),
            options.get("max_attachment_bytes", 64_000_000),
            MAX_NAMESPACE,
        )
        self._backlog_limits = (
            options.get("max_pending_events", 1000),
            options.get("max_pending_bytes", 16_000_000),
        )
        self._max_pending_acks = options.get("max_pending_acks", 1000)
        self._sockets: dict[str, ClientSocket] = {}
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def is_open(self) -> bool:
        """Whether the Engine.IO connection is open, whatever namespaces have joined it."""
        return self._connection is not None and self._connection.is_open

    def socket(self, namespace: str = "/", *, auth: Auth = None) -> ClientSocket:
        """Return the socket of a namespace: always the same one, not connected by this.

        `auth` is the payload of CONNECT, or a plain or async function that returns it for each
        connection.
        """
        if not namespace.startswith("/") or "," in namespace:
            raise UsageError(f"a namespace begins with '/' and has no comma: {namespace!r}")
        check_values({"auth": auth}, Manager.socket)
        socket = self._sockets.get(namespace)
        if socket is None:
            socket = self._sockets[namespace] = ClientSocket(
                self, namespace, self._max_pending_acks
            )
        if auth is not None:
            socket.auth = auth
        return socket

    async def close(self) -> None:
        """Disconnect every socket and close the connection."""
        self.enter_loop()
        for socket in list(self._sockets.values()):
            await socket.disconnect()
        await self.release()

    def enter_loop(self) -> None:
        """Forget what belonged to another event loop, which has ended: a connection there can't be
        closed any more.

        Raises:
            UsageError: it still runs.
        """
        running = asyncio.get_running_loop()
        if running is self._loop:
            return
        if self._loop is not None:
            if self._loop.is_running():
                raise UsageError(
                    "this manager works in another event loop, which still runs: make one "
                    "manager for each loop"
                )
            self._connection = None
            self._opening = asyncio.Lock()
            for socket in self._sockets.values():
                socket.discard()
        self._loop = running

    async def acquire(self) -> tuple[Connection, Backlog]:
        """Return the open connection, opened now if need be, and the count of what waits for
        handlers.
        """
        async with self._opening:
            if self._connection is not None and not self._connection.is_open:
                await self._connection.wait_closed()
                self._connection = None
            if self._connection is None:
                connection = await open_connection(
                    self._connector, self._websocket_url, self._headers, self._options
                )
                self._backlog = Backlog(*self._backlog_limits)
                connection.start(
                    Multiplexer(
                        connection,
                        self._sockets,
                        self._parser.make_decoder(*self._decoder_limits),
                        self._backlog,
                    )
                )
                self._connection = connection
            return self._connection, self._backlog

    def close_if_unused(self) -> None:
        """End the connection if no socket uses it any longer, without waiting."""
        if self._connection is not None and not self._is_used:
            self._connection.end("forced close")

    async def release(self) -> None:
        """Close the connection if no socket uses it any longer, what waits being written first."""
        # Holding the lock, so that nobody begins to use what is being closed.
        async with self._opening:
            if self._connection is not None and not self._is_used:
                await self._connection.close("forced close")
                self._connection = None

    @property
    def _is_used(self) -> bool:
        return any(socket.active for socket in self._sockets.values())

    async def __aenter__(self) -> Self:
        """Return the manager."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything."""
        await self.close()
