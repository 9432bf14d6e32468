"""An adapter for several servers in one event loop: for tests of applications that will run as a
cluster, and as an example for adapters of several processes.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from ackord.runtime.adapters.acks import AckRelay, RemoteAcks
from ackord.runtime.adapters.base import (
    AckCollector,
    BroadcastFlags,
    LocalNamespace,
    SocketDetails,
    Target,
)
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.containment import contain
from ackord.runtime.errors import AckordError, AckTimeoutError
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.tasks import TaskSet
from typing_extensions import override

T = TypeVar("T")


class LocalBus:
    """Joins servers of one event loop in a cluster.

    ::

        bus = LocalBus()
        one, two = Server(adapter=bus.make_adapter), Server(adapter=bus.make_adapter)

    A server belongs to the cluster from its start (`Server.lifespan`) or its first connection to
    its end. In another event loop each server has to start again.
    """

    __slots__ = ("_adapters", "_loop")

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._adapters: dict[str, dict[str, LocalAdapter]] = {}

    def make_adapter(self, namespace: LocalNamespace) -> LocalAdapter:
        """Make the adapter of a namespace: the option `adapter` of a `Server`."""
        return LocalAdapter(namespace, self)

    def add(self, adapter: LocalAdapter) -> None:
        """Add an adapter: from now on it receives what adapters of the same namespace send.

        Adapters of another event loop, which has ended, are forgotten.
        """
        with suppress(RuntimeError):  # there is no loop before the program runs
            loop = asyncio.get_running_loop()
            if loop is not self._loop:
                self._adapters.clear()
                self._loop = loop
        self._adapters.setdefault(adapter.name, {})[adapter.server_id] = adapter

    def remove(self, adapter: LocalAdapter) -> None:
        """Remove an adapter; its namesakes wait no longer for its answers."""
        for other in self.others(adapter):
            other.drop(adapter.server_id)
        self.forget(adapter)

    def forget(self, adapter: LocalAdapter) -> None:
        """Remove an adapter whose event loop has ended, as that of its namesakes has."""
        if self.has(adapter):
            del self._adapters[adapter.name][adapter.server_id]
            if not self._adapters[adapter.name]:
                del self._adapters[adapter.name]

    def has(self, adapter: LocalAdapter) -> bool:
        """Whether an adapter is on the bus."""
        return self._adapters.get(adapter.name, {}).get(adapter.server_id) is adapter

    def others(self, adapter: LocalAdapter) -> list[LocalAdapter]:
        """Return the adapters of the same namespace on the other servers; none for an adapter that
        isn't on the bus.
        """
        if not self.has(adapter):
            return []
        return [other for other in self._adapters[adapter.name].values() if other is not adapter]


class LocalAdapter(MemoryAdapter):
    """The rooms of one namespace on one server of a `LocalBus`.

    A message to another server arrives in a later turn of the event loop, in order, unless that
    server has left by then.
    """

    __slots__ = ("_asked", "_bus", "_numbers", "_requests", "_tasks")

    def __init__(self, namespace: LocalNamespace, bus: LocalBus) -> None:
        """Begin without rooms, and not yet on the bus."""
        super().__init__(namespace)
        self._bus = bus
        self._numbers = itertools.count()
        self._asked: dict[int, RemoteAcks] = {}
        self._requests: dict[int, dict[str, asyncio.Future[Any]]] = {}
        self._tasks = TaskSet(self._log)

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
        self._bus.add(self)

    @override
    async def close(self) -> None:
        self._bus.remove(self)
        await self._tasks.finish(0)
        await super().close()

    @override
    def discard(self) -> None:
        self._bus.forget(self)
        self._asked.clear()
        self._requests.clear()
        self._tasks.discard()
        super().discard()

    def drop(self, server_id: str) -> None:
        """Wait no longer for the answers of a server that has left."""
        for number, asked in tuple(self._asked.items()):
            asked.drop(server_id)
            self._forget_if_over(number)
        for futures in self._requests.values():
            if server_id in futures:
                futures[server_id].cancel()

    # Broadcasts

    @override
    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:
        # As over a network, this server doesn't know the rooms of other servers.
        is_shared = not flags.local and bool(self._bus.others(self))
        return is_shared or super().may_reach(target, flags)

    @override
    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        others = self._others(flags)
        if others:
            self._namespace.check_event(event)
        super().broadcast(event, target, flags)
        if not others:
            return None
        for other in others:
            self._send(other, lambda other: MemoryAdapter.broadcast(other, event, target, flags))
        loop = asyncio.get_running_loop()
        published: asyncio.Future[None] = loop.create_future()
        loop.call_soon(_resolve, published, None)
        return published

    @override
    def broadcast_with_ack(
        self,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        others = self._others(flags)
        if others:
            self._namespace.check_event(event)
        self.ask(event, target, flags, collector)
        number = next(self._numbers)
        self._asked[number] = RemoteAcks(collector, [other.server_id for other in others])
        self._forget_if_over(number)
        if number in self._asked:
            asyncio.get_running_loop().call_later(collector.timeout, self._asked.pop, number, None)
        timeout = collector.timeout
        for other in others:
            self._send(
                other,
                lambda other: other.relay(self, number, event, target, flags, timeout=timeout),
            )

    def relay(
        self,
        asker: LocalAdapter,
        number: int,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        *,
        timeout: float,
    ) -> None:
        """Send another server's broadcast to the sockets of this process, and collect their
        acknowledgements for it; `number` is the broadcast's number on that server.
        """
        server_id = self.server_id
        relay = AckRelay(
            self._namespace,
            timeout,
            lambda sids: self._send(asker, lambda asker: asker.expect(number, server_id, sids)),
            lambda sid, outcome: self._send(
                asker, lambda asker: asker.settle(number, server_id, sid, outcome)
            ),
        )
        try:
            self.ask(event, target, flags, relay)
        finally:
            relay.seal()

    def expect(self, number: int, server_id: str, sids: frozenset[str]) -> None:
        """Add the sockets that another server asks for a broadcast of this server."""
        if number in self._asked:
            self._asked[number].expect(server_id, sids)
            self._forget_if_over(number)

    def settle(
        self, number: int, server_id: str, sid: str, outcome: AckReply | AckordError
    ) -> None:
        """Settle the acknowledgement of another server's socket for a broadcast of this server."""
        if number in self._asked:
            self._asked[number].settle(server_id, sid, outcome)
            self._forget_if_over(number)

    # Sockets of all servers

    @override
    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        super().join(target, flags, rooms)
        for other in self._others(flags):
            self._send(other, lambda other: MemoryAdapter.join(other, target, flags, rooms))

    @override
    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:
        super().leave(target, flags, rooms)
        for other in self._others(flags):
            self._send(other, lambda other: MemoryAdapter.leave(other, target, flags, rooms))

    @override
    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:
        super().disconnect(target, flags, close)
        for other in self._others(flags):
            self._send(other, lambda other: MemoryAdapter.disconnect(other, target, flags, close))

    @override
    async def fetch(self, target: Target, timeout: float) -> list[SocketDetails]:
        described = await self._ask_servers(lambda other: other.describe(target), timeout)
        return [details for sockets in described for details in sockets]

    async def describe(self, target: Target) -> list[SocketDetails]:
        """Return the details of this process's sockets in `target`, for another server."""
        return self._namespace.describe(self.sockets(target))

    # Server-side events

    @override
    def server_side_emit(self, event: EncodedEvent) -> None:
        for other in self._bus.others(self):
            self._send(other, lambda other: other.receive_event(event))

    @override
    async def server_side_emit_with_ack(
        self, event: EncodedEvent, timeout: float
    ) -> list[AckReply]:
        return await self._ask_servers(lambda other: other.answer_event(event), timeout)

    def receive_event(self, event: EncodedEvent) -> None:
        """Handle a server-side event of another server, which waits for no acknowledgement."""
        self._tasks.start(self._handle_event(event))

    async def answer_event(self, event: EncodedEvent) -> AckReply:
        """Handle a server-side event of another server and return the acknowledgement."""
        return await self._namespace.receive_server_event(event)

    async def _handle_event(self, event: EncodedEvent) -> None:
        with suppress(FailureReply):
            await self._namespace.receive_server_event(event)

    # The way to the other servers

    def _others(self, flags: BroadcastFlags) -> list[LocalAdapter]:
        return [] if flags.local else self._bus.others(self)

    def _send(self, other: LocalAdapter, message: Callable[[LocalAdapter], object]) -> None:
        asyncio.get_running_loop().call_soon(other._take, message)

    def _take(self, message: Callable[[LocalAdapter], object]) -> None:
        if self._bus.has(self):
            try:
                message(self)
            except BaseException as error:  # noqa: BLE001  # code of the application: a parser, a listener
                contain(error)
                self._log.crash("A message of another server", error)

    async def _ask_servers(
        self,
        ask: Callable[[LocalAdapter], Awaitable[T]],
        timeout: float,  # noqa: ASYNC109  # bounds one wait for several servers
    ) -> list[T]:
        """Return what `ask` returns on each of the other servers; those that leave are left out.

        Raises:
            AckTimeoutError: a server didn't answer in `timeout` seconds.
        """
        others = self._bus.others(self)
        if not others:
            return []
        loop = asyncio.get_running_loop()
        futures: dict[str, asyncio.Future[T]] = {}
        for other in others:
            future: asyncio.Future[T] = loop.create_future()
            futures[other.server_id] = future
            self._send(
                other, partial(LocalAdapter._begin_answer, asker=self, ask=ask, future=future)
            )
        number = next(self._numbers)
        self._requests[number] = futures
        try:
            _, late = await asyncio.wait(futures.values(), timeout=timeout)
        finally:
            del self._requests[number]
        if late:
            raise AckTimeoutError(
                f"{len(late)} of {len(futures)} servers didn't answer within {timeout:g} s"
            )
        return [future.result() for future in futures.values() if not future.cancelled()]

    def _begin_answer(
        self,
        asker: LocalAdapter,
        ask: Callable[[LocalAdapter], Awaitable[T]],
        future: asyncio.Future[T],
    ) -> None:
        self._tasks.start(self._answer(asker, ask, future))

    async def _answer(
        self,
        asker: LocalAdapter,
        ask: Callable[[LocalAdapter], Awaitable[T]],
        future: asyncio.Future[T],
    ) -> None:
        with suppress(FailureReply):  # no answer: the other server's timeout ends its wait
            answer = await ask(self)
            self._send(asker, lambda _: _resolve(future, answer))

    def _forget_if_over(self, number: int) -> None:
        if self._asked[number].is_over:
            del self._asked[number]


def _resolve(future: asyncio.Future[T], result: T) -> None:
    if not future.done():
        future.set_result(result)
