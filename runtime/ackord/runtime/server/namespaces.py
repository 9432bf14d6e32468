"""The namespaces of a server: those that the application named, and those that clients bring into
being.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ackord.runtime.bounds.shares import NOBODY, Shares
from ackord.runtime.errors import UsageError
from ackord.runtime.server.matching import Matcher, is_template
from ackord.runtime.server.namespace import Namespace
from ackord.runtime.server.parent import ParentNamespace
from ackord.runtime.server.refusal import TOO_MANY_CHILDREN, RefusalReply

if TYPE_CHECKING:
    from ackord.runtime.server.server import Server

UNUSED_TIMEOUT: Final = 60.0
"""Seconds in which somebody has to join a dynamic namespace that the application asked for by name,
or it goes.
"""


class Namespaces:
    """The namespaces of a server, by name, and the parents of dynamic ones, which are asked for
    names that nobody knows yet.
    """

    __slots__ = (
        "_by_name",
        "_cleanup",
        "_idle",
        "_made",
        "_parents",
        "_pending",
        "_server",
        "main",
    )

    def __init__(self, server: Server, *, cleanup: bool) -> None:
        """Begin with the namespace ``/``; with `cleanup`, dynamic namespaces go with their last
        socket.
        """
        self._server = server
        self._cleanup = cleanup
        self._parents: list[ParentNamespace] = []
        self._made: Shares[Namespace] = Shares(
            server.limits.child_namespaces
        )  # those that clients brought into being, by these
        self._idle: Shares[Namespace] = Shares(
            server.limits.child_namespaces
        )  # those of them that nobody was in when they were last left
        self._pending: Shares[Namespace] = Shares(
            server.limits.child_namespaces
        )  # those of them that nobody was in when somebody last asked to be let in
        self.main = Namespace(server, "/")
        """The namespace ``/``."""
        self._by_name = {"/": self.main}

    def __iter__(self) -> Iterator[Namespace]:
        """Go through the namespaces that there are now, without the parents."""
        return iter(tuple(self._by_name.values()))

    def of(self, name: Matcher) -> Namespace:
        """See `Server.of`."""
        if not isinstance(name, str):
            return self._add_parent(name)
        if not name.startswith("/"):
            name = f"/{name}"
        if "," in name or len(name) > self._server.limits.namespace_name:
            raise UsageError(
                f"{name[:100]!r} can't name a namespace: it holds a comma, or is too long"
            )
        if is_template(name):
            return next(
                (parent for parent in self._parents if parent.name == name), None
            ) or self._add_parent(name)
        namespace = self._by_name.get(name)
        if namespace is not None:
            return namespace
        self._server.engine.server_loop.check()  # making a namespace calls listeners
        for parent in self._parents:
            params = parent.match(name)
            if params is not None:
                child = self._add_child(parent, name, params)
                with suppress(RuntimeError):  # there is no loop before the program runs
                    # An application that tells each of its tenants something makes one for each,
                    # whether anybody is there or not.
                    asyncio.get_running_loop().call_later(UNUSED_TIMEOUT, child.dispose_if_unused)
                return child
        return self._add(Namespace(self._server, name))

    def find(self, name: str) -> Namespace | None:
        """Return the namespace of this name, unless it has yet to be made."""
        return self._by_name.get(name)

    @property
    def may_grow(self) -> bool:
        """Whether a name that is unknown now may become a namespace."""
        return bool(self._parents)

    async def resolve(self, name: str, auth: dict[str, Any], client: str) -> Namespace | None:
        """Return the namespace that a client may join under this name, made if it is dynamic.

        A predicate is asked about each client, also when another one has brought the namespace into
        being. `client` is what limits count the client under (`HandshakeRequest.client`).

        Raises:
            RefusalReply: a predicate says so, or there are too many.
        """
        known = self._by_name.get(name)
        if known is not None and (known.parent is None or not known.parent.has_predicate):
            return known
        for parent in (
            self._parents[:] if known is None or known.parent is None else (known.parent,)
        ):
            params = await parent.ask(name, auth)
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
                namespace.recovery.log.owner = client
            return namespace
        return None if known is not None else self._by_name.get(name)

    def rest(self, namespace: Namespace) -> None:
        """Let a dynamic namespace go that nobody is in, or keep it for clients that are away as
        long as there is room.
        """
        if namespace.parent is None or self._by_name.get(namespace.name) is not namespace:
            return
        if self._cleanup and namespace.is_unused:
            self._dispose(namespace, namespace.parent)
        else:
            self._note_idle(namespace)

    def _make_room(self, client: str) -> None:
        """Let a namespace go for a new one of `client`, if need be.

        What goes is one of the client's own, if it is greedy; else the victim of all. First come
        those that are idle; then those that nobody has joined yet, whose clients wait for
        middlewares or the connect hook and are refused. A namespace that somebody is in stays.

        Raises:
            RefusalReply: there is none, so that the client can't have one more.
        """
        made = self._made
        own = client if made.is_greedy(client) else None
        while not made.has_room(client):
            idle = _find_victim(self._idle, own)
            if idle is not None:
                self._idle.remove(idle)
                if idle.is_idle and idle.parent is not None:  # else somebody is in it again
                    self._dispose(idle, idle.parent)
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
        self._server.log.write_warning(
            "child_namespaces",
            made.is_full,
            f"{who} made as many dynamic namespaces as they may: {len(made):,} are in use or kept, with Limits.child_namespaces at "
            f"{made.bound:,}. Clients that ask for further names are refused.{hint}",
        )

    def _note_idle(self, namespace: Namespace) -> None:
        if namespace in self._made:
            self._idle.add(namespace, self._made.client_of(namespace))

    def note_pending(self, namespace: Namespace) -> None:
        """Learn that a client waits to be let into a namespace that nobody is in."""
        if namespace in self._made:
            self._pending.add(namespace, self._made.client_of(namespace))

    def _dispose(self, namespace: Namespace, parent: ParentNamespace) -> None:
        self._remove(namespace, parent)
        self._server.tasks.start(namespace.close())

    def discard(self) -> None:
        """Forget what belonged to an event loop that has ended: sockets, and namespaces that
        clients brought into being.
        """
        for namespace in self:
            namespace.discard()
            if self._cleanup and namespace.parent is not None and namespace.is_unused:
                self._remove(namespace, namespace.parent)
            else:
                self._note_idle(namespace)

    def _remove(self, namespace: Namespace, parent: ParentNamespace) -> None:
        del self._by_name[namespace.name]
        self._made.remove(namespace)
        self._idle.remove(namespace)
        self._pending.remove(namespace)
        parent.forget_child(namespace.name)

    def _add_parent(self, matcher: Matcher) -> ParentNamespace:
        parent = ParentNamespace(self._server, matcher)
        self._parents.append(parent)
        return parent

    def _add_child(
        self, parent: ParentNamespace, name: str, params: Mapping[str, str]
    ) -> Namespace:
        return self._add(parent.make_child(name, params))

    def _add(self, namespace: Namespace) -> Namespace:
        self._by_name[namespace.name] = namespace
        self.main.announce_namespace(namespace)
        namespace.settle()
        return namespace


def _find_victim(namespaces: Shares[Namespace], own: str | None) -> Namespace | None:
    """Return the namespace that goes first: of one client, or of all."""
    return namespaces.find_victim() if own is None else namespaces.find_oldest(own)
