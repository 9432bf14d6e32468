"""Generated emitters for processes without a server: asynchronous, into a cluster of two servers,
and synchronous, as what they publish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from ackord.runtime.adapters.base import BroadcastFlags, Target
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.adapters.publisher import Publisher
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server import Namespace, Server
from ackord.runtime.testing import run
from typing_extensions import override

from tests.codegen.golden.tenants.expected import (
    AdminEmitter,
    AdminEmitterSync,
    DeskRoom,
    InvalidPayloadError,
    Plan,
    Slug,
    TenantClient,
    TenantEmitter,
    TenantEmitterSync,
)
from tests.codegen.test_running_tenants import ACME, BANK, cluster

A, B = DeskRoom(1), DeskRoom(2)


class Recorder(Publisher):
    """Records what is published."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, ...]] = []

    @override
    async def publish(
        self, namespace: str, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> None:
        self.said.append((namespace, event.arguments, *spelled(target), flags.volatile))

    @override
    async def join(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        self.said.append(("join", *spelled(target), *rooms))

    @override
    async def leave(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        self.said.append(("leave", *spelled(target), *rooms))

    @override
    async def disconnect(self, namespace: str, target: Target, close: bool) -> None:
        self.said.append(("disconnect", *spelled(target), close))

    @override
    async def server_side_emit(self, namespace: str, event: EncodedEvent) -> None:
        self.said.append((namespace, event.arguments))

    @override
    async def close(self) -> None:
        self.said.append(("close",))


def spelled(target: Target) -> tuple[Any, str]:
    rooms = None if target.rooms is None else " ".join(sorted(target.rooms))
    return rooms, " ".join(sorted(target.except_))


class ToServers(Publisher):
    """Hands over to servers of this process."""

    def __init__(self, servers: list[Server]) -> None:
        self._servers = servers

    def _adapters(self, namespace: str) -> list[MemoryAdapter]:
        found = [self._namespace(server, namespace).adapter for server in self._servers]
        return [adapter for adapter in found if isinstance(adapter, MemoryAdapter)]

    @staticmethod
    def _namespace(server: Server, name: str) -> Namespace[Any]:
        return server.of(name)

    @override
    async def publish(
        self, namespace: str, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> None:
        for adapter in self._adapters(namespace):
            MemoryAdapter.broadcast(adapter, event, target, flags)

    @override
    async def join(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        for adapter in self._adapters(namespace):
            MemoryAdapter.join(adapter, target, BroadcastFlags(), rooms)

    @override
    async def leave(self, namespace: str, target: Target, rooms: frozenset[str]) -> None:
        for adapter in self._adapters(namespace):
            MemoryAdapter.leave(adapter, target, BroadcastFlags(), rooms)

    @override
    async def disconnect(self, namespace: str, target: Target, close: bool) -> None:
        for adapter in self._adapters(namespace):
            MemoryAdapter.disconnect(adapter, target, BroadcastFlags(), close)

    @override
    async def server_side_emit(self, namespace: str, event: EncodedEvent) -> None:
        for server in self._servers:
            await self._namespace(server, namespace).receive_server_event(event)

    @override
    async def close(self) -> None:
        pass


CASES: list[tuple[Callable[[Any, Any], Any], list[tuple[Any, ...]]]] = [
    (lambda t, _: t.all.waved(), [("/tenant/acme/free", '["waved"]', None, "", False)]),
    (
        lambda t, _: t.to(A, B).except_(B).volatile.waved(),
        [("/tenant/acme/free", '["waved"]', "desk:1 desk:2", "desk:2", True)],
    ),
    (
        lambda t, _: t.except_(A).told("a", who="b"),
        [("/tenant/acme/free", '["told","a",null,"b"]', None, "desk:1", False)],
    ),
    (
        lambda t, _: t.client("sid").told("a"),
        [("/tenant/acme/free", '["told","a"]', "sid", "", False)],
    ),
    (lambda t, _: t.join("sid", A), [("join", "sid", "", "desk:1")]),
    (lambda t, _: t.join([], A), []),
    (lambda t, _: t.leave([A, B], A), [("leave", "desk:1 desk:2", "", "desk:1")]),
    (
        lambda t, _: t.move(A, B),
        [("join", "desk:1", "", "desk:2"), ("leave", "desk:1", "", "desk:1")],
    ),
    (lambda t, _: t.move(A, A), []),
    (lambda t, _: t.disconnect(A, close=True), [("disconnect", "desk:1", "", True)]),
    (lambda t, _: t.disconnect(), [("disconnect", None, "", False)]),
    (lambda t, _: t.cluster.moved(3), [("/tenant/acme/free", '["moved",3]')]),
    (
        lambda _, a: a.cluster.plan_changed(Slug("acme"), Plan.PAID),
        [("/admin", '["plan_changed","acme","paid"]')],
    ),
    (lambda _, a: a.close(), [("close",)]),
]


@pytest.mark.parametrize(("call", "said"), CASES)
def test_both_kinds_of_emitters_publish_the_same(
    call: Callable[[Any, Any], Any], said: list[tuple[Any, ...]]
) -> None:
    one, two = Recorder(), Recorder()

    async def scenario() -> None:
        assert await call(TenantEmitter(one, params=ACME), AdminEmitter(one)) is None

    run(scenario())
    assert call(TenantEmitterSync(two, params=ACME), AdminEmitterSync(two)) is None
    assert one.said == two.said == said


def test_what_is_wrong_is_refused_before_anything_is_published() -> None:
    wrong: Any = "free"
    recorder = Recorder()
    with TenantEmitterSync(recorder, params=ACME) as tenant:
        with pytest.raises(InvalidPayloadError):
            tenant.all.told(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must refuse
        with pytest.raises(TypeError, match="a room of the contract is needed"):
            tenant.to(wrong)
        missing: Any = None
        with pytest.raises(TypeError):
            tenant.disconnect(missing)
        with pytest.raises(TypeError, match="takes a TenantParams, not 'str'"):
            TenantEmitterSync(recorder, params=wrong)
    assert recorder.said == [("close",)]


def test_an_emitter_reaches_the_clients_of_all_servers() -> None:
    async def scenario() -> None:
        async with cluster(2) as sites, AsyncExitStack() as stack:
            told: list[tuple[str, str]] = []
            clients: dict[str, TenantClient] = {}
            for name, site, params in (
                ("here", sites[0], ACME),
                ("there", sites[1], ACME),
                ("bank", sites[0], BANK),
            ):
                client = clients[name] = await stack.enter_async_context(site.client(params))

                @client.on_told
                async def _(what: str, why: str | None, who: str | None, name: str = name) -> None:
                    told.append((name, what))

            publisher = ToServers([site.server for site in sites])
            async with TenantEmitter(publisher, params=ACME) as tenant:
                await tenant.all.told("all")
                await tenant.client(clients["there"].sid or "").told("one")
                await tenant.join(clients["here"].sid or "", B)
                await tenant.except_(B).told("others")
                await tenant.cluster.moved(9)
                await tenant.disconnect(B)
                await asyncio.sleep(1)
            assert sorted(told) == [
                ("here", "all"),
                ("there", "all"),
                ("there", "one"),
                ("there", "others"),
            ]
            assert all(("moved", ACME, "9") in site.tenants.log for site in sites)
            assert [client.connected for client in clients.values()] == [False, True, True]

    run(scenario())
