"""Parents of dynamic namespaces: one namespace for each tenant, document or game that clients ask
for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NoReturn, TypeAlias

from ackord.runtime.adapters.base import AckCollector, Adapter, BroadcastFlags, Target
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.child import Child
from ackord.runtime.server.contracts import Audience, SocketT
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.environment import Environment
from ackord.runtime.server.matching import Matcher, NameMatcher
from ackord.runtime.server.namespace import Namespace
from ackord.runtime.server.registrations import Registrations
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.listeners import Registration
from typing_extensions import override

ChildHook: TypeAlias = Callable[[Namespace[SocketT]], None]
"""A plain function that takes a new namespace, before any socket is in it."""


class ParentNamespace(Namespace[SocketT]):
    """The parent of the namespaces of one pattern, made by `Server.of`. It has one child for each
    name that a client asks for.

    ::

        @server.of("/tenant/{tenant}").on("connection")
        def connected(socket: Socket) -> None:
            print(socket.namespace.name, socket.namespace.params["tenant"])

    A child gets a copy of the parent's middlewares, listeners, hooks and routes when it is made.
    Events to the parent, or to rooms of it, go to all children that this server has, also to their
    clients on other servers.
    """

    __slots__ = ("_add", "_child_hook", "_cores", "children", "matcher")

    def __init__(
        self,
        environment: Environment,
        matcher: Matcher,
        add: Callable[[ParentNamespace[SocketT], str], NamespaceCore[SocketT]],
    ) -> None:
        """Take the argument of `Server.of`, and what adds a child that no client has asked for. The
        parent's own name is the text of the argument, and no client can join it.

        Raises:
            UsageError: a template is malformed.
        """
        self.matcher = NameMatcher(matcher)
        """Decides which names belong to children."""
        self._add = add
        self.children: dict[str, Namespace[SocketT]] = {}
        self._cores: dict[str, NamespaceCore[SocketT]] = {}  # of the children
        # The parent has no sockets, so the application's adapter is only for the children.
        registrations: Registrations[SocketT] = Registrations()
        core = NamespaceCore(
            environment, self.matcher.text, registrations, make_adapter=MemoryAdapter
        )
        core.audience = Children(core, self.children)
        super().__init__(core)
        self._child_hook: ChildHook[SocketT] | None = None

    def set_child_hook(self, hook: ChildHook[SocketT]) -> None:
        """Call `hook` with each child when it is made, before any socket is in it."""
        self._child_hook = hook

    def at(self, name: str) -> Namespace[SocketT]:
        """Return the child of this name, to send to it from anywhere.

        A child that doesn't exist isn't added, unless other servers are asked for answers; what is
        registered for it has no effect.

        Raises:
            UsageError: the name can't be one of a child.
        """
        found = self.children.get(name)
        if found is not None:
            return found
        params = self.matcher.match(name)
        if params is None and not self.matcher.has_predicate:
            raise UsageError(f"{name[:100]!r} isn't a namespace of {self.name!r}")
        return self._make(name, params or {})

    def make_child(self, name: str, params: Mapping[str, str]) -> NamespaceCore[SocketT]:
        """Make a child."""
        child = self._make(name, params)
        child._core.asks_predicate = self.matcher.has_predicate
        if self._child_hook is not None:
            self._child_hook(child)
        self.children[name] = child
        self._cores[name] = child._core
        return child._core

    def remove_child(self, name: str) -> None:
        """Forget a child."""
        del self.children[name], self._cores[name]

    def _make(self, name: str, params: Mapping[str, str]) -> Namespace[SocketT]:
        parent = self._core
        core = NamespaceCore(parent.environment, name, parent.registrations.copy(), parent=parent)
        core.params = params
        core.audience = Child(core, self._cores, partial(self._add, self))
        return Namespace(core)


class Children(Audience, Generic[SocketT]):
    """The children of a parent, as the audience of its broadcasts."""

    __slots__ = ("_children", "_core", "server_loop", "tasks")

    def __init__(
        self, core: NamespaceCore[SocketT], children: Mapping[str, Namespace[SocketT]]
    ) -> None:
        """Take the core of the parent, and the mapping that the children are added to."""
        self._core = core
        self._children = children
        self.server_loop = core.server_loop
        self.tasks = core.tasks

    @override
    def check_event(self, event: EncodedEvent) -> None:
        self._core.check_event(event)

    @override
    def is_heard(self, target: Target, flags: BroadcastFlags) -> bool:
        children = self._cores()
        return self._core.is_heard(target, flags) or any(
            child.is_heard(target, flags) for child in children
        )

    @override
    def may_answer(self, target: Target, flags: BroadcastFlags) -> NoReturn:
        self._refuse(", which can't be asked for acknowledgements together: ask its children")

    @override
    def broadcast_event(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[Any] | None:
        # From another thread, each child passes its part to the event loop.
        sent = [child.broadcast_event(event, target, flags) for child in self._cores()]
        waiting = [published for published in sent if published is not None]
        if not waiting:
            return None
        together = asyncio.gather(*waiting)
        # Each child has logged its exception; the caller gets it as well.
        together.add_done_callback(lambda done: done.cancelled() or done.exception())
        return together

    @override
    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        self._refuse(", which can't be asked for acknowledgements together: ask its children")

    @override
    def adapters(self) -> list[Adapter]:
        return [child.adapter for child in self._cores()]

    @override
    async def fetch_from(self, target: Target, flags: BroadcastFlags, timeout: float) -> NoReturn:
        self._refuse(": fetch the sockets of its children")

    @override
    def send_server_event(self, event: EncodedEvent) -> None:
        for child in self._cores():
            child.send_server_event(event)

    @override
    async def ask_servers(self, event: EncodedEvent, timeout: float) -> list[AckReply]:
        self._refuse(", which can't be asked for acknowledgements together: ask its children")

    @override
    def next_ack_id(self) -> int:
        return self._core.next_ack_id()

    @override
    def forget_ack(self, sid: str, ack_id: int) -> None:
        self._core.forget_ack(sid, ack_id)

    @override
    def call_back(self, callback: Registration, arguments: Sequence[Any], event: str) -> None:
        self._core.call_back(callback, arguments, event)

    def _cores(self) -> list[NamespaceCore[SocketT]]:
        return [child._core for child in tuple(self._children.values())]

    def _refuse(self, why: str) -> NoReturn:
        raise UsageError(f"{self._core.name} stands for many namespaces{why}")
