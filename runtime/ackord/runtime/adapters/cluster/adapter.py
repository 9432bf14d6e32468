"""The adapter of a cluster: rooms as in one process, and messages to other servers on a `Bus`."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final, Protocol

from ackord.runtime.adapters.base import (
    AckCollector,
    BroadcastFlags,
    LocalNamespace,
    SocketDetails,
    Target,
)
from ackord.runtime.adapters.cluster.acks import AckRelay, RemoteAcks
from ackord.runtime.adapters.cluster.messages import (
    AckRequest,
    Answer,
    Answered,
    Asked,
    Broadcast,
    Command,
    Disconnect,
    Fetch,
    Fetched,
    Goodbye,
    Join,
    Leave,
    ServerAnswer,
    ServerEvent,
)
from ackord.runtime.adapters.cluster.requests import Request, Requests
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.containment import contain
from ackord.runtime.errors import AckordError, AckTimeoutError, ClusterError
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.server_acks import ServersTimeoutError
from ackord.runtime.tasks import TaskSet
from typing_extensions import override

_ID_BYTES: Final = 8
MAX_FOREIGN_EVENTS: Final = 1000
"""Server-side events of other servers that are handled at the same time; more are dropped."""


class Bus(Protocol):
    """The way of one server's adapters to the other servers; see `ClusterAdapter`."""

    async def join(self, adapter: ClusterAdapter) -> None:
        """Receive the messages for a namespace from now on (`ClusterAdapter.receive`).

        Raises:
            ClusterError: the other servers can't be reached.
        """
        ...

    async def leave(self, adapter: ClusterAdapter) -> None:
        """Receive nothing for a namespace any more; after the last one, disconnect."""
        ...

    def forget(self, adapter: ClusterAdapter) -> None:
        """Do what `leave` does, for an event loop that has ended."""
        ...

    def may_reach(self, adapter: ClusterAdapter, target: Target) -> bool:
        """Whether another server may have a socket in `target`; false only if none has for sure."""
        ...

    def publish(self, adapter: ClusterAdapter, command: Command) -> asyncio.Future[None]:
        """Send a command to the same namespace on all other servers.

        The future has a `ClusterError` if it wasn't sent, or perhaps wasn't.
        """
        ...

    def answer(self, adapter: ClusterAdapter, server: str, answer: Answer) -> None:
        """Send an answer to the server that asked, if it can be reached."""
        ...

    async def count(self, adapter: ClusterAdapter) -> int:
        """Return how many other servers have the namespace.

        Raises:
            ClusterError: it can't be found out.
        """
        ...


class ClusterAdapter(MemoryAdapter):
    """The rooms of one namespace on one server of a cluster."""

    __slots__ = ("_asked", "_bus", "_handled", "_has_joined", "_requests", "_tasks")

    def __init__(self, namespace: LocalNamespace, bus: Bus) -> None:
        """Begin without rooms, and not yet in the cluster."""
        super().__init__(namespace)
        self._bus = bus
        self._asked: dict[str, RemoteAcks] = {}
        self._requests = Requests()
        self._tasks = TaskSet(self._log)
        self._handled = 0
        self._has_joined = False

    @property
    def name(self) -> str:
        """The name of the namespace."""
        return self._namespace.name

    @property
    def server_id(self) -> str:
        """The id of the server."""
        return self._namespace.server_id

    @override
    async def start(self) -> None:
        await self._bus.join(self)
        self._has_joined = True

    @override
    async def close(self) -> None:
        if self._has_joined:
            self._has_joined = False
            with suppress(ClusterError):
                await self._bus.publish(self, Goodbye())
            await self._bus.leave(self)
        await self._tasks.finish(0)
        self._requests.close()
        await super().close()

    @override
    def discard(self) -> None:
        self._has_joined = False
        self._bus.forget(self)
        self._asked.clear()
        self._requests.close()
        self._tasks.discard()
        self._handled = 0
        super().discard()

    def warn(self, kind: str, text: str) -> None:
        """Log a warning about the namespace's part of the cluster, once for a while."""
        self._log.write_warning(kind, self.name, f"{text} (in namespace {quoted(self.name)})")

    # Broadcasts

    @override
    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:
        is_shared = not flags.local and self._bus.may_reach(self, target)
        return is_shared or super().may_reach(target, flags)

    @override
    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        if flags.local or not self._bus.may_reach(self, target):
            return super().broadcast(event, target, flags)
        self._namespace.check_event(event)
        published = self._bus.publish(self, Broadcast(event, target, flags))
        super().broadcast(event, target, flags)
        return published

    @override
    def broadcast_with_ack(
        self,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        if flags.local or not self._bus.may_reach(self, target):
            super().broadcast_with_ack(event, target, flags, collector)
            return
        self._namespace.check_event(event)
        self.ask(event, target, flags, collector)
        request = AckRequest(make_id(), collector.timeout, wants_ids=True)
        asked = self._asked[request.id] = RemoteAcks(collector)
        asyncio.get_running_loop().call_later(collector.timeout, self._asked.pop, request.id, None)
        published = self._bus.publish(self, Broadcast(event, target, flags, request))
        self._tasks.start(self._await_servers(request.id, asked, published))

    async def _await_servers(
        self, request_id: str, asked: RemoteAcks, published: asyncio.Future[None]
    ) -> None:
        try:
            count = await self._bus.count(self)
            await published
        except ClusterError as error:
            self.warn("unpublished", f"Other servers' sockets weren't asked for an answer: {error}")
            count = 0
            published.add_done_callback(_ignore)
        asked.await_servers(count)
        self._forget_if_over(request_id)

    # Sockets of all servers

    @override
    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        self._command(Join(target, rooms), flags)
        super().join(target, flags, rooms)

    @override
    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        self._command(Leave(target, rooms), flags)
        super().leave(target, flags, rooms)

    @override
    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:
        self._command(Disconnect(target, close), flags)
        super().disconnect(target, flags, close)

    def _command(self, command: Join | Leave | Disconnect, flags: BroadcastFlags) -> None:
        if not flags.local and self._bus.may_reach(self, command.target):
            self._watch(self._bus.publish(self, command))

    @override
    async def fetch(self, target: Target, timeout: float) -> list[SocketDetails]:
        request = await self._request(lambda number: Fetch(number, target), timeout)
        if request.missing:
            raise AckTimeoutError(f"{request.problem} within {timeout:g} s")
        return [
            socket
            for answer in request.answers
            if isinstance(answer, Fetched)
            for socket in answer.sockets
        ]

    # Server-side events

    @override
    def server_side_emit(self, event: EncodedEvent) -> None:
        self._watch(self._bus.publish(self, ServerEvent(event)))

    @override
    async def server_side_emit_with_ack(
        self, event: EncodedEvent, timeout: float
    ) -> list[AckReply]:
        request = await self._request(lambda number: ServerEvent(event, number), timeout)
        replies = [answer.reply for answer in request.answers if isinstance(answer, ServerAnswer)]
        if request.missing:
            raise ServersTimeoutError(replies, request.missing, timeout)
        return replies

    async def _request(
        self,
        make: Callable[[str], Fetch | ServerEvent],
        timeout: float,  # noqa: ASYNC109  # bounds one wait for several servers
    ) -> Request:
        """Ask all other servers; return when all have answered or left, or the time is over.

        Raises:
            ClusterError: the servers weren't reached.
        """
        with self._requests.begin(make_id()) as request:
            published = self._bus.publish(self, make(request.id))
            try:
                request.await_servers(await self._bus.count(self))
            except BaseException:
                published.add_done_callback(_ignore)
                raise
            await published
            await request.wait(timeout)
            return request

    def _watch(self, published: asyncio.Future[None]) -> None:
        """Log a command that wasn't published, for which nobody waits."""
        published.add_done_callback(self._warn_if_lost)

    def _warn_if_lost(self, published: asyncio.Future[None]) -> None:
        if not published.cancelled() and (error := published.exception()) is not None:
            self.warn("unpublished", f"Other servers weren't told: {error}")

    # What comes from other servers

    def receive(self, server: str, message: Command | Answer) -> None:
        """Take a message of another server; `server` is its id, as far as it is known."""
        try:
            self._take(server, message)
        except BaseException as error:  # noqa: BLE001  # code of the application: a parser, a listener
            contain(error)
            self._log.crash("A message of another server", error)

    def _take(self, server: str, message: Command | Answer) -> None:  # noqa: C901, PLR0912  # a case for each message
        match message:
            case Broadcast(event, target, flags, None):
                super().broadcast(event, target, flags)
            case Broadcast():
                self._relay(server, message)
            case Join(target, rooms):
                super().join(target, _HERE, rooms)
            case Leave(target, rooms):
                super().leave(target, _HERE, rooms)
            case Disconnect(target, close):
                super().disconnect(target, _HERE, close)
            case Fetch(request_id, target):
                sockets = self._namespace.describe(self.sockets(target))
                self._bus.answer(self, server, Fetched(request_id, sockets))
            case ServerEvent():
                self._begin(self._handle_event(server, message))
            case Goodbye():
                self._forget_server(server)
            case Fetched() | ServerAnswer():
                self._requests.receive(server, message)
            case Asked(request_id):
                if asked := self._asked.get(request_id):
                    asked.expect(server, message)
                    self._forget_if_over(request_id)
            case Answered(request_id):
                if asked := self._asked.get(request_id):
                    asked.settle(server, message)
                    self._forget_if_over(request_id)

    def _begin(self, handling: Coroutine[Any, Any, None]) -> None:
        if self._handled >= MAX_FOREIGN_EVENTS:
            handling.close()
            self.warn(
                "events",
                f"Events of other servers are dropped: {self._handled:,} of them are handled at "
                "the same time",
            )
            return
        self._handled += 1
        self._tasks.start(handling).add_done_callback(self._count_down)

    def _count_down(self, _: object) -> None:
        self._handled -= 1

    async def _handle_event(self, server: str, message: ServerEvent) -> None:
        with suppress(FailureReply):  # no answer: the other server's timeout ends its wait
            reply = await self._namespace.receive_server_event(message.event)
            if message.request_id is not None:
                self._bus.answer(self, server, ServerAnswer(message.request_id, reply))

    def _relay(self, server: str, broadcast: Broadcast) -> None:
        """Send another server's broadcast to the sockets of this process, and their
        acknowledgements to that server.
        """
        request = broadcast.request
        if request is None:
            return

        def expected(sids: frozenset[str]) -> None:
            named = tuple(sids) if request.wants_ids else None
            self._bus.answer(self, server, Asked(request.id, len(sids), named))

        def settled(sid: str, outcome: AckReply | AckordError) -> None:
            reply = None if isinstance(outcome, AckordError) else outcome
            if request.wants_ids:
                self._bus.answer(self, server, Answered(request.id, reply, sid))
            elif reply is not None:
                self._bus.answer(self, server, Answered(request.id, reply))

        relay = AckRelay(self._namespace, request.timeout, expected, settled)
        try:
            self.ask(broadcast.event, broadcast.target, broadcast.flags, relay)
        finally:
            relay.seal()

    def _forget_server(self, server: str) -> None:
        """Wait no longer for a server that has left."""
        self._requests.drop(server)
        for request_id, asked in tuple(self._asked.items()):
            asked.drop(server)
            self._forget_if_over(request_id)

    def _forget_if_over(self, request_id: str) -> None:
        asked = self._asked.get(request_id)
        if asked is not None and asked.is_over:
            del self._asked[request_id]


_HERE: Final = BroadcastFlags(local=True)


def make_id() -> str:
    """Return an id of a request: 16 hexadecimal digits, as Node's are."""
    return secrets.token_hex(_ID_BYTES)


def _ignore(published: asyncio.Future[None]) -> None:
    if not published.cancelled():
        published.exception()
