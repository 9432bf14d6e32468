"""The namespaces of a server: those of the application, and dynamic ones, which clients make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic

from ackord.runtime.adapters.memory import MemoryAdapter
from ackord.runtime.bounds.shares import NOBODY, Shares
from ackord.runtime.errors import UsageError
from ackord.runtime.logs.text import quoted
from ackord.runtime.server.contracts import SocketT
from ackord.runtime.server.core import NamespaceCore
from ackord.runtime.server.environment import Environment
from ackord.runtime.server.matching import Matcher, is_template
from ackord.runtime.server.namespace import Namespace, namespace_of
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.refusal import TOO_MANY_CHILDREN, RefusalReply
from ackord.runtime.server.registrations import Registrations
from ackord.runtime.server.unused import Unused
from ackord.runtime.sockets.lifecycle import guard


class Namespaces(Generic[SocketT]):
    """The namespaces of a server, by name, and the parents of dynamic ones, which match unknown
    names.
    """

    __slots__ = (
        "_by_name",
        "_cleanup",
        "_idle",
        "_made",
        "_parents",
        "_pending",
        "_unused",
        "environment",
        "is_started",
        "main",
    )

    def __init__(
        self, environment: Environment, registrations: Registrations[SocketT], *, cleanup: bool
    ) -> None:
        """Begin with the namespace ``/`` and its registrations; with `cleanup`, dynamic namespaces
        are removed with their last socket.
        """
        self.environment = environment
        self._cleanup = cleanup
        self.is_started = False
        """Whether the adapters have been started, so that those of new namespaces are, too."""
        self._parents: list[ParentNamespace[SocketT]] = []
        most = environment.limits.child_namespaces
        # Namespaces that clients made, by client.
        self._made: Shares[NamespaceCore[SocketT]] = Shares(most)
        # Those of them that are empty.
        self._idle: Shares[NamespaceCore[SocketT]] = Shares(most)
        # Those of them that are empty with pending admissions.
        self._pending: Shares[NamespaceCore[SocketT]] = Shares(most)
        # Those that the application has asked for.
        self._unused: Unused[NamespaceCore[SocketT]] = Unused(self._close_unused)
        self.main: Namespace[SocketT] = Namespace(NamespaceCore(environment, "/", registrations))
        """The namespace ``/``."""
        self._by_name = {"/": self.main._core}

    def __iter__(self) -> Iterator[NamespaceCore[SocketT]]:
        """Go through the namespaces that there are now, without the parents."""
        return iter(tuple(self._by_name.values()))

    def of(self, name: Matcher) -> Namespace[SocketT]:
        """Return or make a namespace; see `Server.of`."""
        if not isinstance(name, str):
            return self._add_parent(name)
        if not name.startswith("/"):
            name = f"/{name}"
        if "," in name or len(name) > self.environment.limits.namespace_name:
            raise UsageError(
                f"{name[:100]!r} can't name a namespace: it holds a comma, or is too long"
            )
        if is_template(name):
            return next(
                (parent for parent in self._parents if parent.name == name), None
            ) or self._add_parent(name)
        namespace = self._by_name.get(name)
        if namespace is not None:
            return namespace_of(namespace)
        self.environment.loop.check()  # making a namespace calls listeners
        for parent in self._parents:
            params = parent.matcher.match(name)
            if params is not None:
                return namespace_of(self._add_unused(parent, name, params))
        registrations: Registrations[SocketT] = Registrations()
        made = Namespace(NamespaceCore(self.environment, name, registrations))
        self._add(made._core)
        return made

    def find(self, name: str) -> NamespaceCore[SocketT] | None:
        """Return the namespace of this name, unless it has yet to be made."""
        return self._by_name.get(name)

    @property
    def may_grow(self) -> bool:
        """Whether a name that is unknown now may become a namespace."""
        return bool(self._parents)

    async def resolve(
        self, name: str, auth: dict[str, Any], client: str
    ) -> NamespaceCore[SocketT] | None:
        """Return the namespace that a client may join under this name, made if it is dynamic.

        A predicate is called for each client, also if the namespace exists. `client` is the
        client's address for limits (`EngineRequest.client`).

        Raises:
            RefusalReply: a predicate refuses, or there are too many.
        """
        known = self._by_name.get(name)
        if known is not None and not known.asks_predicate:
            return known
        for parent in self._parents[:]:
            if known is not None and known.parent is not parent._core:
                continue
            params = await parent.matcher.ask(name, auth)
            if params is None:
                continue
            # Another client may have asked for it while the predicate was awaited.
            namespace = self._by_name.get(name)
            if namespace is not None:
                return namespace
            self._make_room(client)
            namespace = self._add_child(parent, name, params)
            self._made.add(namespace, client)
            if namespace.recovery is not None:
                namespace.recovery.count_for(client)
            return namespace
        return None if known is not None else self._by_name.get(name)

    def _add_unused(
        self, parent: ParentNamespace[SocketT], name: str, params: Mapping[str, str]
    ) -> NamespaceCore[SocketT]:
        """Make a dynamic namespace that the application has asked for. An application that asks for
        each of its tenants makes a namespace for each.
        """
        child = self._add_child(parent, name, params)
        self._unused.add(child)
        return child

    def _close_unused(self, core: NamespaceCore[SocketT]) -> None:
        if self._by_name.get(core.name) is core and core.is_unused:
            self._close(core)

    def _find_or_add(self, parent: ParentNamespace[SocketT], name: str) -> NamespaceCore[SocketT]:
        """Return the namespace of this name; without one, make it a child of `parent`."""
        params = parent.matcher.match(name) or {}
        return self._by_name.get(name) or self._add_unused(parent, name, params)

    def _became_idle(self, core: NamespaceCore[SocketT]) -> None:
        """Close an empty dynamic namespace, or keep it for absent clients as long as there is
        room.
        """
        if self._by_name.get(core.name) is not core:
            return
        if self._cleanup and core.is_unused:
            self._close(core)
        else:
            self._note_idle(core)

    def _make_room(self, client: str) -> None:
        """Close a namespace for a new one of `client`, if need be.

        It is one of the client's own, if the client is greedy; else the victim of all. Idle ones go
        first; then those that nobody has joined yet, whose clients wait for middlewares or the
        connect hook and are refused. A namespace with a client in it is never closed.

        Raises:
            RefusalReply: there is none, so the client can't have one more.
        """
        made = self._made
        own = client if made.is_greedy(client) else None
        while not made.has_room(client):
            idle = _find_victim(self._idle, own)
            if idle is not None:
                self._idle.remove(idle)
                if idle.is_idle:  # else a client is in it again
                    self._close(idle)
                    return
                continue
            pending = _find_victim(self._pending, own)
            if pending is None:
                self._warn_of_number()
                raise RefusalReply(TOO_MANY_CHILDREN)
            self._pending.remove(pending)
            if pending.is_pending:
                pending.refuse_all(RefusalReply(TOO_MANY_CHILDREN).payload())
                if pending not in made:
                    return

    def _warn_of_number(self) -> None:
        made = self._made
        who = "All clients together have" if made.is_full else "The clients of one address have"
        hint = (
            " Name your proxies in trusted_proxies: without that their clients can't be told apart."
            if 2 * made.count(NOBODY) > len(made)
            else ""
        )
        self.environment.log.write_warning(
            "child_namespaces",
            made.is_full,
            f"{who} made as many dynamic namespaces as they may: {len(made):,} are in use or kept, "
            "with Limits.child_namespaces at "
            f"{made.bound:,}. Clients that ask for further names are refused.{hint}",
        )

    def _note_idle(self, namespace: NamespaceCore[SocketT]) -> None:
        if namespace in self._made:
            self._idle.add(namespace, self._made.client_of(namespace))

    def note_pending(self, namespace: NamespaceCore[SocketT]) -> None:
        """Called when an admission to an empty namespace begins."""
        if namespace in self._made:
            self._pending.add(namespace, self._made.client_of(namespace))

    def _close(self, namespace: NamespaceCore[SocketT]) -> None:
        self._remove(namespace)
        self.environment.tasks.start(namespace.close())

    async def start(self) -> None:
        """Start the adapters of all namespaces; those of later ones are started when these are
        made.

        Raises:
            Exception: an adapter raised it; the others are closed again.
        """
        if self.is_started:
            return
        self.is_started = True
        try:
            for namespace in self:
                await namespace.adapter.start()
        except BaseException:
            await self.close()
            raise

    def start_soon(self) -> None:
        """Start the adapters of a server that accepts a connection and was never told to start."""
        self.is_started = True
        for namespace in self:
            self._start_soon(namespace)

    def _start_soon(self, namespace: NamespaceCore[SocketT]) -> None:
        if type(namespace.adapter) is MemoryAdapter:
            return
        what = f"Starting the adapter of namespace {quoted(namespace.name)}"
        environment = self.environment
        namespace.start_with(
            environment.tasks.start(guard(namespace.adapter.start(), what, environment.log))
        )

    async def close(self) -> None:
        """Close all namespaces, and their adapters."""
        self.is_started = False
        for namespace in self:
            await namespace.close()

    def discard(self) -> None:
        """Forget sockets and namespaces that clients made: their event loop has ended."""
        self.is_started = False
        for namespace in self:
            namespace.discard()
            if self._cleanup and namespace.is_unused:
                self._remove(namespace)
            else:
                self._note_idle(namespace)

    def _remove(self, namespace: NamespaceCore[SocketT]) -> None:
        del self._by_name[namespace.name]
        self._made.remove(namespace)
        self._idle.remove(namespace)
        self._pending.remove(namespace)
        self._unused.discard(namespace)
        for parent in self._parents:
            if parent._core is namespace.parent:
                parent.remove_child(namespace.name)

    def _add_parent(self, matcher: Matcher) -> ParentNamespace[SocketT]:
        parent = ParentNamespace(self.environment, matcher, self._find_or_add)
        self._parents.append(parent)
        return parent

    def _add_child(
        self, parent: ParentNamespace[SocketT], name: str, params: Mapping[str, str]
    ) -> NamespaceCore[SocketT]:
        child = parent.make_child(name, params)
        child.on_idle = self._became_idle
        return self._add(child)

    def _add(self, namespace: NamespaceCore[SocketT]) -> NamespaceCore[SocketT]:
        self._by_name[namespace.name] = namespace
        self.main._core.announce_namespace(namespace)
        # Only later registrations make a dynamic namespace worth keeping.
        namespace.registrations.is_custom = False
        if self.is_started:
            self._start_soon(namespace)
        return namespace


def _find_victim(
    namespaces: Shares[NamespaceCore[SocketT]], own: str | None
) -> NamespaceCore[SocketT] | None:
    """Return the namespace that is closed first: of one client, or of all."""
    return namespaces.find_victim() if own is None else namespaces.find_oldest(own)
