"""Connections of a worker: those whose next request belongs to another worker's session are handed
over, between two requests and with all bytes that were read since.

`SharedFirstBytes` does so for the first request of a connection, `SharedHttp` for later ones, after
all earlier requests are answered and the answers are written. There the parser has read the head
already, which can't be given back to it: the bytes of the present read are kept, and where a
request begins in them is found out when it is needed. If the owner doesn't exist any more,
the request is handled here, where the engine answers "Session ID unknown".
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final, cast

from ackord.runtime.hosting.uvicorn import bounds
from ackord.runtime.hosting.uvicorn.first_bytes import FirstBytes, FirstBytesFactory
from ackord.runtime.hosting.uvicorn.http import Http
from ackord.runtime.hosting.uvicorn.upgrade import ServerContext
from ackord.runtime.hosting.workers.balance import Balance
from ackord.runtime.hosting.workers.handover import HandoverClient, Outcome
from ackord.runtime.hosting.workers.requests import RequestFinder, is_cut
from ackord.runtime.tasks import start_later
from ackord.runtime.websocket.watch import StallWatch
from httptools import HttpParserError
from typing_extensions import override

_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Sharing:
    """How a worker finds requests of other workers, and hands their connections over."""

    finder: RequestFinder
    client: HandoverClient
    balance: Balance


class SharedFactory(FirstBytesFactory):
    """Makes the protocols of a worker's connections; passed to uvicorn as its `http=` class."""

    def __init__(self, sharing: Sharing, *, is_direct: bool) -> None:
        super().__init__(is_direct=is_direct)
        self.sharing = sharing
        self._first = SharedFirstBytes

    @override
    def make_http(self, context: ServerContext) -> SharedHttp:
        return SharedHttp(
            self,
            context,
            config=context.config,
            server_state=context.server_state,
            app_state=context.app_state,
            _loop=context.loop,
            is_direct=self.is_direct,
        )


class SharedFirstBytes(FirstBytes):
    """A worker's connection until its first request line is whole."""

    __slots__ = ("_line", "_may_leave", "_shared")

    def __init__(self, factory: FirstBytesFactory, context: ServerContext) -> None:
        super().__init__(factory, context)
        self._shared = cast("SharedFactory", factory)
        self._line = b""
        self._may_leave = True

    def arrive_with(self, data: bytes) -> None:
        """Take the bytes that another worker has read from this connection."""
        self._line = data

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._shared.sharing.balance.update()
        self._may_leave = not self._line  # else another worker has decided already
        if self._line:
            # Event loops begin to read after this call, although it may pause the reading.
            self._context.loop.call_soon(self._begin)

    def _begin(self) -> None:
        if self._line and not self.transport.is_closing():
            self.data_received(b"")

    @override
    def data_received(self, data: bytes) -> None:
        data, self._line = self._line + data, b""
        sharing = self._shared.sharing
        owner = sharing.finder.owner_of_first(data)
        if owner is None and self._may_leave and sharing.finder.opens_session(data):
            owner = sharing.balance.choose()
        if owner is not None:
            self._leave()
            self._context.waiting.remove(self.transport)
            Departure(self._shared, self._context, self.transport, owner, data).start()
        elif is_cut(data):
            self._line = data  # it has the time that a head has
        else:
            super().data_received(data)


class _LeftError(Exception):
    """Ends the parsing: the rest is for another worker."""


class SharedHttp(Http):
    """A worker's connection that doesn't begin with a WebSocket."""

    def __init__(
        self, factory: SharedFactory, context: ServerContext, *arguments: Any, **settings: Any
    ) -> None:
        super().__init__(*arguments, **settings)
        self._factory = factory
        self._context = context
        self._read = b""  # the bytes that are being parsed
        self._at: int | None = 0  # where a request begins in them, if known
        self._cut = b""  # the beginning of a head that is parsed already
        self._rest: int | None = None  # bytes of the present body that are to come, if known
        self._owner: int | None = None  # whom the connection belongs to when all is answered
        self._held = b""  # what the client has sent for the owner
        self._held_later = 0
        self._stays = False  # whether the request is handled here, whosever it is

    @override
    def data_received(self, data: bytes) -> None:
        if self._owner is not None:
            self._hold_for_owner(data)
            return
        # Each poll comes here. A property for the condition that stands here twice, and `super()`,
        # would make a poll cost about three percent more.
        if not (self._is_in_head or self._is_in_body or self._reading is not None):
            self._read, self._at = data, 0
        elif self._cut:
            self._read, self._at, self._cut = self._cut + data, 0, b""
        else:
            self._read, self._at, self._rest = data, self._rest, None
        try:
            Http.data_received(self, data)
        except HttpParserError:  # raised on where a connection leaves
            self._leave_if_answered()
        else:
            if (
                self._is_in_head or self._is_in_body or self._reading is not None
            ) and self._at is not None:
                found = self._factory.sharing.finder.find(self._read, self._at)
                self._cut, self._rest = self._read[found.stop :], found.rest
        self._read = b""

    @override
    def _go_through_asgi(self) -> None:
        # A request that goes past ASGI is for a session of this worker: what is looked for costs
        # such requests nothing.
        finder = self._factory.sharing.finder
        owner = finder.owner_of(self.url)
        if owner is not None and self._at is not None and not self._stays:
            found = finder.find(self._read, self._at)
            if found.owner == owner:
                self._owner, self._held = owner, self._read[found.stop :]
                self._when_answered = self._leave_if_answered
                self._has_left = True
                raise _LeftError
        super()._go_through_asgi()

    def receive_here(self, data: bytes) -> None:
        """Handle requests although they are for another worker's session: it has ended."""
        self._stays = True
        self.data_received(data)
        self._stays = False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._owner, self._held, self._cut = None, b"", b""
        super().connection_lost(exc)

    def _hold_for_owner(self, data: bytes) -> None:
        self._held += data
        self._held_later += len(data)
        if self._held_later > bounds.MAX_PIPELINED_BYTES:
            self._owner, self._held = None, b""
            self.send_400_response(
                "Too many bytes were sent before the answer to an earlier request."
            )

    def _leave_if_answered(self) -> None:
        cycle: Any = self.cycle  # `None` at first, whatever uvicorn says
        owner = self._owner
        if (
            owner is None
            or self.transport.is_closing()
            or self.pipeline
            or (cycle is not None and not cycle.response_complete)
        ):
            return
        held, self._held, self._owner = self._held, b"", None
        self._detach()
        Departure(self._factory, self._context, self.transport, owner, held).start()

    def _detach(self) -> None:
        """Stop all that belongs to this connection, which gets another protocol."""
        self._when_answered = None
        self._unset_keepalive_if_required()
        self._stop_idle_timer()
        self._stop_head_timer()
        if self._stall is not None:
            self._stall.stop()
        self._release()
        self.connections.discard(self)
        # They hold this object, and this object them.
        self.cycle = self._cycle = None  # type: ignore[assignment]  # as when the connection is lost
        self.parser = None  # type: ignore[assignment]  # as uvicorn does itself then


class Departure(asyncio.Protocol):
    """A connection on its way to another worker: nothing is read from it any more."""

    __slots__ = ("_balance", "_context", "_data", "_factory", "_owner", "_stall", "transport")

    def __init__(
        self,
        factory: SharedFactory,
        context: ServerContext,
        transport: asyncio.Transport,
        owner: int,
        data: bytes,
    ) -> None:
        self._factory = factory
        self._balance = factory.sharing.balance
        self._context = context
        self._owner = owner
        self._data = data
        self.transport = transport
        self._stall: StallWatch | None = None

    def start(self) -> None:
        """Take over the connection, and hand it over when all earlier answers are written."""
        transport = self.transport
        self._context.registry.add(self)
        self._balance.send(self._owner)
        transport.set_protocol(self)
        transport.pause_reading()
        if transport.get_write_buffer_size():
            self._stall = StallWatch(self._context.loop, transport)
            self._stall.start()
            transport.set_write_buffer_limits(0)
        else:
            self._begin()

    @override
    def data_received(self, data: bytes) -> None:
        """Keep what an event loop has read although it was told to pause."""
        self._data += data

    @override
    def pause_writing(self) -> None:
        """Wait for `resume_writing`, which the transport calls when all is written."""

    @override
    def resume_writing(self) -> None:
        if self._stall is not None:
            self._stall.stop()
            self._begin()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._context.registry.discard(self)
        self._balance.end_leaving()
        if self._stall is not None:
            self._stall.stop()

    def shutdown(self) -> None:
        """Called by uvicorn when the server stops: the owner answers, or nobody."""

    def _begin(self) -> None:
        context = self._context
        task = start_later(context.loop, self._hand_over())
        tasks = context.server_state.tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def _hand_over(self) -> None:
        transport = self.transport
        if transport.is_closing():
            self._balance.take_back(self._owner)
            return
        connection = transport.get_extra_info("socket").fileno()
        outcome = await self._factory.sharing.client.hand_over(connection, self._owner, self._data)
        if outcome is Outcome.GONE:
            transport.abort()  # this process's copy of the connection, which lives on
            return
        self._balance.take_back(self._owner)
        is_owned = self._factory.sharing.finder.owner_of_first(self._data) is not None
        if outcome is Outcome.BUSY and is_owned:  # else it's a new client, who may stay here
            transport.write(_BUSY)
            transport.close()
        elif not transport.is_closing():
            self._context.registry.discard(self)
            self._balance.end_leaving()
            http = self._factory.make_http(self._context)
            http.connection_made(transport)
            transport.set_protocol(http)
            transport.set_write_buffer_limits()
            transport.resume_reading()
            http.receive_here(self._data)
