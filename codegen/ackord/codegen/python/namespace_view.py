"""Namespaces and their emitters for templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from ackord.codegen.documentation import words
from ackord.codegen.plan import EmitterPlan, EventPlan, NamespacePlan
from ackord.codegen.python.event_view import EventView, rate
from ackord.codegen.python.module import Module
from ackord.codegen.python.naming import NamespaceNames, OutletNames


class EmitterView(NamedTuple):
    """An emitter, to some clients or servers."""

    plan: EmitterPlan
    name: str
    gatherer: str | None
    """The class that collects acknowledgements of the same clients, if there is one."""
    sends: list[EventView]
    asks: list[EventView]
    module: Module

    @property
    def room(self) -> str | None:
        """The class of the rooms that it sends to, if it sends to rooms."""
        if self.plan.room is None:
            return None
        return self.module.annotations.own(self.module.names.rooms[self.plan.room.name])


@dataclass(frozen=True)
class NamespaceView:
    """A namespace: its server's side and its client's side."""

    plan: NamespacePlan
    names: NamespaceNames
    module: Module

    @property
    def path(self) -> str:
        """The name on the wire, with parameters in braces."""
        return self.plan.declared.path

    @property
    def params(self) -> str | None:
        """The class of the parameters, if the namespace is dynamic."""
        return None if self.names.params is None else self.module.annotations.own(self.names.params)

    @property
    def auth(self) -> str | None:
        """The type of the payload of CONNECT."""
        auth = self.plan.declared.auth
        return None if auth is None else self.module.annotations.static(auth)

    @property
    def session(self) -> str:
        """The type of the data of one connection."""
        session = self.plan.declared.session
        return "None" if session is None else self.module.annotations.static(session)

    @property
    def checked_auth(self) -> str | None:
        """The annotation of the payload of CONNECT for pydantic."""
        auth = self.plan.declared.auth
        return None if auth is None else self.module.annotations.evaluated(auth)

    @property
    def session_type(self) -> str | None:
        """The class of the data of one connection."""
        session = self.plan.declared.session
        return None if session is None else self.module.annotations.evaluated(session)

    @property
    def connect_errors(self) -> list[str]:
        """The errors with which a client may be refused."""
        return [self.module.annotations.error(error.name) for error in self.plan.connect_errors]

    @property
    def error_replies(self) -> bool:
        """Whether undeclared errors are sent as answers."""
        return self.plan.declared.error_replies

    @property
    def auth_expires(self) -> bool:
        """Whether the server may say when a connection's authentication ends."""
        return self.plan.declared.auth_expires

    @property
    def rate(self) -> str | None:
        """How often a client may send events without a rate of their own."""
        return rate(self.plan.declared.rate)

    @property
    def handlers(self) -> str:
        """The class of the client's handlers, which ``client.py`` defines."""
        return self._of_client(self.names.handlers)

    @property
    def refused(self) -> str:
        """The class of the exception for refused connections, which ``client.py`` defines."""
        return self._of_client(self.names.refused)

    def _of_client(self, name: str) -> str:
        if self.module.file == "client.py":
            return name
        return self.module.imports.use_as(".client", name, name)

    def words(self, fallback: str | None = None) -> str | None:
        """Return the documentation, or `fallback`."""
        return words(self.plan.declared, fallback)

    @property
    def events(self) -> list[EventView]:
        """The events of all directions."""
        return self._views(self.plan.events)

    @property
    def client_to_server(self) -> list[EventView]:
        """The events that clients send."""
        return self._views(self.plan.client_to_server)

    @property
    def server_to_client(self) -> list[EventView]:
        """The events that the server sends."""
        return self._views(self.plan.server_to_client)

    @property
    def server_to_server(self) -> list[EventView]:
        """The events that servers send each other."""
        return self._views(self.plan.server_to_server)

    @cached_property
    def client(self) -> EmitterView:
        """The emitter to one client."""
        return self._emitter(self.plan.client, self.names.client_emitter)

    @cached_property
    def everybody(self) -> EmitterView:
        """The emitter to many clients."""
        return self._emitter(self.plan.everybody, self.names.broadcast_emitter)

    @cached_property
    def rooms(self) -> list[EmitterView]:
        """The emitters to rooms."""
        return [
            self._emitter(each, self.names.room_emitters[each.room.name])
            for each in self.plan.rooms
            if each.room is not None
        ]

    @property
    def broadcasts(self) -> list[EmitterView]:
        """All emitters to many clients."""
        return [self.everybody, *self.rooms]

    @property
    def outlet(self) -> OutletNames:
        """The classes for processes without a server, of this module."""
        return self.names.outlets[self.module.file == "emitter_sync.py"]

    @property
    def room_publishers(self) -> list[EmitterView]:
        """The classes of this module that publish to rooms."""
        return [
            self._emitter(each, self.outlet.rooms[each.room.name])
            for each in self.plan.rooms
            if each.room is not None
        ]

    @cached_property
    def cluster(self) -> EmitterView | None:
        """The emitter to the other servers."""
        if self.plan.cluster is None or self.names.cluster_emitter is None:
            return None
        return self._emitter(self.plan.cluster, self.names.cluster_emitter)

    def _emitter(self, plan: EmitterPlan, name: str) -> EmitterView:
        return EmitterView(
            plan,
            name,
            self.names.gatherers.get(name),
            self._views(plan.sends),
            self._views(plan.asks),
            self.module,
        )

    def _views(self, events: Iterable[EventPlan]) -> list[EventView]:
        return [self._event_views[event] for event in events]

    @cached_property
    def _event_views(self) -> dict[EventPlan, EventView]:
        """One view for each event, however many classes send it."""
        return {
            event: EventView(event, names, self.module)
            for event, names in self.names.events.items()
        }


def namespace_views(module: Module) -> list[NamespaceView]:
    """Return the namespaces of a contract for the template of a module."""
    pairs = zip(module.plan.namespaces, module.names.namespaces, strict=True)
    return [NamespaceView(plan, names, module) for plan, names in pairs]
