"""One Engine.IO connection to one server, shared by the sockets of any number of namespaces."""

from __future__ import annotations

import asyncio
from random import random
from types import TracebackType
from typing import Self, Unpack

from ackord.runtime.client.connection_events import ConnectionEvents
from ackord.runtime.client.contracts import FORCED_CLOSE, SocketOptions
from ackord.runtime.client.engine import make_engine_client
from ackord.runtime.client.multiplexer import Multiplexer
from ackord.runtime.client.offline import Overflow
from ackord.runtime.client.reconnection import Schedule
from ackord.runtime.client.socket import Auth, ClientSocket
from ackord.runtime.engine.client import Connection
from ackord.runtime.engine.client_options import EngineClientOptions
from ackord.runtime.errors import AckordError, DisconnectedError, UsageError
from ackord.runtime.option_values import check_names, check_values
from ackord.runtime.protocol.socketio.contract_names import PARAMETER, ContractName
from ackord.runtime.protocol.socketio.decoder import MAX_ATTACHMENTS
from ackord.runtime.protocol.socketio.packet import MAX_NAMESPACE
from ackord.runtime.protocol.socketio.parser import TEXT_PARSER, Parser
from ackord.runtime.sockets.backlog import Backlog


class ManagerOptions(EngineClientOptions, total=False):
    """Options of a connection, all with defaults; those of `EngineClientOptions` among them."""

    announce_contract: bool
    """Whether generated clients tell the server their contract, as ``ackord=<name>@<version>`` in
    the query string; true.
    """
    parser: Parser
    """How packets are written; the server has to use the same one. Text, as the protocol has it."""
    reconnection: bool
    """Whether a lost connection is opened again; true."""
    reconnection_attempts: int | None
    """Attempts after which nobody tries any more, without limit where it is `None`, as it is by
    default.
    """
    reconnection_delay: float
    """Seconds before the first attempt, about; 1. See `Schedule`."""
    reconnection_delay_max: float
    """Seconds before any attempt, at most; 5."""
    randomization_factor: float
    """The share by which delays are made longer or shorter at random, from 0 to 1; 0.5."""
    randomize_capped: bool
    """Whether delays of `reconnection_delay_max` are made shorter at random; false, as in the
    reference implementation.
    """
    retry_first: bool
    """Whether `connect` goes on trying, by the same schedule, when the first attempt fails; false:
    it raises what the attempt failed with.
    """
    ack_timeout: float
    """Seconds that an acknowledgement may take unless a call says otherwise; 20."""
    retries: int
    """How often an event is sent again that isn't acknowledged in time; 0: no event is. Otherwise
    events are sent one after the other, each when the one before it is acknowledged.
    """
    max_offline_events: int
    """Events that one socket keeps while the connection is lost, or with `retries` until they are
    acknowledged; 1000. With 0, emitting raises `DisconnectedError` instead.
    """
    max_offline_bytes: int
    """Bytes that these events may have; 16 million."""
    offline_overflow: Overflow
    """Whether an event for which there is no room raises `SlowConsumerError`, ``"raise"``, or takes
    the place of the oldest, ``"drop_oldest"``; ``"raise"``.
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


class Manager(ConnectionEvents):
    """The connection to one server.

    It opens when the first of its sockets connects and closes when the last one has disconnected.
    When it is lost, it is opened again after a while, by the reference's schedule (`Schedule`), as
    long as a socket wants it; `on` tells of that.

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
        super().__init__()
        check_names(options, ManagerOptions.__annotations__, "a connection")
        check_values(options, ManagerOptions)
        self.url = url
        self._announces = options.get("announce_contract", True)
        self._parser: Parser = options.get("parser", TEXT_PARSER)
        self._engine = make_engine_client(
            url,
            options,
            parser=self._parser,
            max_attachments=options.get("max_attachments", MAX_ATTACHMENTS),
        )
        self._socket_options = SocketOptions(
            timeout=options.get("timeout", 20.0),
            close_timeout=options.get("close_timeout", 5.0),
            max_pending_acks=options.get("max_pending_acks", 1000),
            ack_timeout=options.get("ack_timeout", 20.0),
            retries=options.get("retries", 0),
            max_offline_events=options.get("max_offline_events", 1000),
            max_offline_bytes=options.get("max_offline_bytes", 16_000_000),
            offline_overflow=options.get("offline_overflow", "raise"),
        )
        self.reconnection = options.get("reconnection", True)
        """Whether a lost connection is opened again; may be changed."""
        self.retry_first = options.get("retry_first", False)
        """Whether `connect` goes on trying when the first attempt fails; may be changed."""
        self._max_attempts = options.get("reconnection_attempts")
        self._schedule = Schedule(
            delay=options.get("reconnection_delay", 1.0),
            delay_max=options.get("reconnection_delay_max", 5.0),
            randomization_factor=options.get("randomization_factor", 0.5),
            randomize_capped=options.get("randomize_capped", False),
        )
        if self._schedule.randomization_factor > 1:
            raise UsageError("randomization_factor must be a share from 0 to 1")
        self._attempts = 0
        """Attempts since a namespace was joined last."""
        self._decoder_limits = (
            options.get("max_attachments", MAX_ATTACHMENTS),
            options.get("max_attachment_bytes", 64_000_000),
            MAX_NAMESPACE,
        )
        self._backlog_limits = (
            options.get("max_pending_events", 1000),
            options.get("max_pending_bytes", 16_000_000),
        )
        self._sockets: dict[str, ClientSocket] = {}
        self._connection: Connection | None = None
        self._backlog: Backlog | None = None
        self._opening = asyncio.Lock()
        self._reconnecting: asyncio.Task[None] | None = None
        self._asked_to_retry = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def events(self) -> ConnectionEvents:
        """The manager, as what sockets show of it."""
        return self

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
            socket = self._sockets[namespace] = ClientSocket(self, namespace, self._socket_options)
        if auth is not None:
            socket.auth = auth
        return socket

    def claim_socket(self, namespace: str, *, auth: Auth = None) -> ClientSocket:
        """Return the socket of a namespace that nobody has asked for yet; for typed clients, which
        share theirs with nobody.

        Raises:
            UsageError: somebody has it.
        """
        if namespace in self._sockets:
            raise UsageError(
                f"this manager has a client of namespace {namespace!r} already: use that one, or "
                "another manager"
            )
        return self.socket(namespace, auth=auth)

    def announce(self, contract: ContractName) -> None:
        """Tell the server from the next connection on that a client of this contract uses it."""
        if self._announces:
            self._engine.add_to_query(PARAMETER, str(contract))

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
            self._reconnecting = None
            self._asked_to_retry = asyncio.Event()
            self._attempts = 0
            self._tasks.discard()
            for socket in self._sockets.values():
                socket.discard()
        self._loop = running

    async def acquire(self) -> tuple[Connection, Backlog]:
        """Return the open connection, opened now if need be, and the count of what waits for
        handlers.
        """
        async with self._opening:
            return await self._open()

    async def pause(self, error: AckordError) -> None:
        """Wait for the time of the next attempt to connect, after one that failed with `error`.

        Raises:
            DisconnectedError: there is no further attempt.
        """
        if self._max_attempts is not None and self._attempts >= self._max_attempts:
            attempts, self._attempts = self._attempts, 0
            self._notify("reconnect_failed")
            raise DisconnectedError(
                f"gave up after {attempts} attempts to connect again: {error}"
            ) from error
        # Not a secret: it spreads clients that have lost the same server.
        delay = self._schedule.pause(self._attempts, random())  # noqa: S311
        self._attempts += 1
        self._asked_to_retry.clear()
        timer = asyncio.get_running_loop().call_later(delay, self._asked_to_retry.set)
        try:
            await self._asked_to_retry.wait()
        finally:
            timer.cancel()
        self._notify("reconnect_attempt", self._attempts)

    def retry_now(self) -> None:
        """Begin the next attempt now, if one is waited for."""
        self._asked_to_retry.set()

    def joined(self) -> None:
        """Called when a namespace is joined: the schedule of attempts begins anew.

        A connection that was opened isn't enough: a server that accepts connections and ends them
        at once would be asked every second for ever.
        """
        self._attempts = 0

    def connection_closed(self, reason: str, description: str | None) -> None:
        """Called when the connection has ended, and all sockets know; for `Multiplexer`."""
        self._notify("close", reason, description)
        if self._wants_connection and (self._reconnecting is None or self._reconnecting.done()):
            words = reason if description is None else f"{reason}: {description}"
            self._reconnecting = self._tasks.start(
                self._reconnect(DisconnectedError(f"the connection was lost: {words}", reason))
            )

    def close_if_unused(self) -> None:
        """End the connection if no socket uses it any longer, without waiting."""
        if not self._is_used:
            if self._reconnecting is not None:
                self._reconnecting.cancel()
            if self._connection is not None:
                self._connection.end(FORCED_CLOSE)

    async def release(self) -> None:
        """Close the connection if no socket uses it any longer, what waits being written first."""
        if self._reconnecting is not None and not self._is_used:
            self._reconnecting.cancel()
            if self._reconnecting is not asyncio.current_task():
                await asyncio.wait([self._reconnecting])
        # Holding the lock, so that nobody begins to use what is being closed.
        async with self._opening:
            if self._connection is not None and not self._is_used:
                await self._connection.close(FORCED_CLOSE)
                self._connection = None

    async def _open(self) -> tuple[Connection, Backlog]:
        """Open the connection if there is none, and let the sockets join their namespaces again
        that have lost one.
        """
        if self._connection is not None and not self._connection.is_open:
            await self._connection.wait_closed()
            self._connection = None
        if self._connection is None or self._backlog is None:
            connection = await self._engine.open()
            self._backlog = Backlog(*self._backlog_limits)
            connection.start(
                Multiplexer(
                    connection,
                    self._sockets,
                    self._parser.make_decoder(*self._decoder_limits),
                    self._backlog,
                    self,
                )
            )
            self._connection = connection
            self._notify("open")
            for socket in self._sockets.values():
                if socket.reconnecting:
                    socket.rejoin(connection, self._backlog)
        return self._connection, self._backlog

    async def _reconnect(self, error: AckordError) -> None:
        """Open another connection after one that was lost, as long as a socket wants one."""
        while self._wants_connection and not self.is_open:
            try:
                await self.pause(error)
            except DisconnectedError as last:
                for socket in self._lost_sockets:
                    socket.give_up(last)
                return
            if self.is_open:
                return  # somebody has connected meanwhile
            try:
                async with self._opening:
                    await self._open()
            except AckordError as failure:
                error = failure
                self._notify("reconnect_error", failure)
                for socket in self._lost_sockets:
                    socket.attempt_failed(failure)
            else:
                self._notify("reconnect", self._attempts)

    @property
    def _lost_sockets(self) -> list[ClientSocket]:
        return [socket for socket in self._sockets.values() if socket.reconnecting]

    @property
    def _wants_connection(self) -> bool:
        return any(socket.reconnecting for socket in self._sockets.values())

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
