"""Namespaces whose names aren't known beforehand: one for each tenant, document or game that
clients ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ackord.runtime.adapters.base import AckCollector, Adapter, BroadcastFlags, Target
from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.errors import UsageError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.server.matching import Matcher, NameMatcher
from ackord.runtime.server.namespace import Namespace
from typing_extensions import override

if TYPE_CHECKING:
    from ackord.runtime.server.server import Server
    from ackord.runtime.server.socket import Socket

ChildHook: TypeAlias = Callable[[Namespace], None]
"""A plain function that takes a namespace which has just been made, before any socket is in it."""


class ParentNamespace(Namespace):
    """What the namespaces of a pattern have in common; `Server.of` makes it, and one child for each
    name that a client asks for.

    ::

        @server.of("/tenant/{tenant}").on("connection")
        def connected(socket: Socket) -> None:
            print(socket.namespace.name, socket.namespace.params["tenant"])

    A child has the parent's middlewares, listeners, hooks and routes as they are when it is made.
    What is sent to the parent, or to rooms of it, goes to all children.
    """

    __slots__ = ("_child_hook", "_matcher", "children")

    def __init__(self, server: Server, matcher: Matcher) -> None:
        """Take what `Server.of` was given; the parent's own name is its text, and no client can
        join it.

        Raises:
            UsageError: a template is malformed.
        """
        self._matcher = NameMatcher(matcher)
        super().__init__(server, self._matcher.text)
        self.children: dict[str, Namespace] = {}
        self._child_hook: ChildHook | None = None

    def set_child_hook(self, hook: ChildHook) -> None:
        """Call `hook` with each child when it is made, before any socket is in it."""
        self._child_hook = hook

    # What the server does with a parent

    @property
    def has_predicate(self) -> bool:
        """Whether each client has to be asked for: a predicate may look at what it sends."""
        return self._matcher.has_predicate

    def match(self, name: str) -> Mapping[str, str] | None:
        """Return the parameters of a name that fits the template or pattern, or `None`; a predicate
        isn't asked.
        """
        return self._matcher.match(name)

    async def ask(self, name: str, auth: dict[str, Any]) -> Mapping[str, str] | None:
        """Return the parameters of a name that fits, or that the predicate accepts, or `None`."""
        return await self._matcher.ask(name, auth)

    def make_child(self, name: str, params: Mapping[str, str]) -> Namespace:
        """Make a child."""
        child = Namespace(self.server, name)
        child.parent = self
        child.params = params
        self.bequeath(child)
        if self._child_hook is not None:
            self._child_hook(child)
        self.children[name] = child
        return child

    def forget_child(self, name: str) -> None:
        """Let a child go."""
        self.children.pop(name, None)

    # Broadcasts go to all children

    @override
    def broadcast_event(self, event: EncodedEvent, target: Target, flags: BroadcastFlags) -> None:
        # From another thread each child hands its part to the event loop.
        for child in tuple(self.children.values()):
            child.broadcast_event(event, target, flags)

    @override
    def ask_sockets(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags, collector: AckCollector
    ) -> None:
        raise UsageError(
            f"{self.name} stands for many namespaces, which can't be asked for "
            "acknowledgements together: ask its children"
        )

    @override
    def select_sockets(self, target: Target) -> list[Socket]:
        return [
            socket
            for child in tuple(self.children.values())
            for socket in child.select_sockets(target)
        ]

    @override
    def send_server_event(self, event: EncodedEvent) -> None:
        for child in tuple(self.children.values()):
            child.send_server_event(event)

    @override
    async def server_side_emit_with_ack(
        self, name: str, *values: Any, timeout: float | None = None
    ) -> list[Any]:
        raise UsageError(
            f"{self.name} stands for many namespaces, which can't be asked for "
            "acknowledgements together: ask its children"
        )

    @override
    def _make_adapter(self) -> Adapter:
        return MemoryAdapter(
            self.sockets
        )  # nobody is ever in it: what the application chose is for the children

    @override
    async def fetch_from(self, target: Target) -> list[Socket]:
        raise UsageError(
            f"{self.name} stands for many namespaces: fetch the sockets of its children"
        )
