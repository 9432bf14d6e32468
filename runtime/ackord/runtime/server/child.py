"""The audience of a dynamic namespace, which comes and goes while the application holds it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic

from ackord.runtime.adapters.base import AckCollector, Adapter, BroadcastFlags, Target
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.contracts import Audience, RemoteSocket, SocketT
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.listeners import Registration
from typing_extensions import override

_EVERYWHERE: Final = BroadcastFlags()


class Child(Audience, Generic[SocketT]):
    """The dynamic namespace of one name, as the audience of its broadcasts.

    A dynamic namespace without clients is removed, and the application may hold one that was
    removed, or that was never added. So each call goes to the namespace of this name that there is
    now. Without one, events and commands go to the other servers all the same, through an adapter
    that isn't in the cluster itself. For a question a namespace is added, because only a namespace
    in the cluster gets answers.
    """

    __slots__ = ("_add", "_core", "_current", "server_loop", "tasks")

    def __init__(
        self,
        core: NamespaceCore[SocketT],
        current: Mapping[str, NamespaceCore[SocketT]],
        add: Callable[[str], NamespaceCore[SocketT]],
    ) -> None:
        """Take the namespace, those of its parent that there are now, by name, and what adds one
        of a name.
        """
        self._core = core
        self._current = current
        self._add = add
        self.server_loop = core.server_loop
        self.tasks = core.tasks

    @property
    def _now(self) -> NamespaceCore[SocketT]:
        return self._current.get(self._core.name, self._core)

    def _asking(self, target: Target, flags: BroadcastFlags) -> NamespaceCore[SocketT]:
        """Return the namespace that asks other servers."""
        self.server_loop.check()
        core = self._current.get(self._core.name)
        if core is None and self._core.adapter.may_reach(target, flags):
            core = self._add(self._core.name)
        return self._core if core is None else core

    @override
    def check_event(self, event: EncodedEvent) -> None:
        self._core.check_event(event)

    @override
    def is_heard(self, target: Target, flags: BroadcastFlags) -> bool:
        return self._now.is_heard(target, flags)

    @override
    def may_answer(self, target: Target, flags: BroadcastFlags) -> bool:
        return self._now.may_answer(target, flags)

    @override
    def broadcast_event(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        return self._now.broadcast_event(event, target, flags)

    @override
    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        self._asking(target, flags).ask_sockets(event, target, flags, collector)

    @override
    def adapters(self) -> Sequence[Adapter]:
        return self._now.adapters()

    @override
    async def fetch_from(
        self, target: Target, flags: BroadcastFlags, timeout: float
    ) -> Sequence[RemoteSocket]:
        return await self._asking(target, flags).fetch_from(target, flags, timeout)

    @override
    def send_server_event(self, event: EncodedEvent) -> None:
        self._now.send_server_event(event)

    @override
    async def ask_servers(self, event: EncodedEvent, timeout: float) -> list[AckReply]:
        return await self._asking(Target(), _EVERYWHERE).ask_servers(event, timeout)

    @override
    def next_ack_id(self) -> int:
        return self._now.next_ack_id()

    @override
    def forget_ack(self, sid: str, ack_id: int) -> None:
        self._now.forget_ack(sid, ack_id)

    @override
    def call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        self._now.call_back(callback, arguments, event)
