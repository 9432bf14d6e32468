"""The way to send to a typed namespace from anywhere."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ackord.runtime.server.namespace import Namespace as UntypedNamespace
from ackord.runtime.server.namespace import core_of
from ackord.runtime.server.operators import BroadcastOperator
from ackord.runtime.typed.emitters import BroadcastTarget, ClientTarget, ClusterTarget, room_names
from ackord.runtime.typed.room import Room


class Reach(ABC):
    """The way to send to a namespace from anywhere, for generated code."""

    @property
    @abstractmethod
    def socket_namespace(self) -> UntypedNamespace:
        """The untyped namespace."""

    @property
    def _all(self) -> BroadcastTarget:
        return BroadcastOperator(core_of(self.socket_namespace).audience)

    def _to(self, *rooms: Room) -> BroadcastTarget:
        return self.socket_namespace.to(room_names(rooms))

    def _except(self, *rooms: Room) -> BroadcastTarget:
        return self.socket_namespace.except_(room_names(rooms))

    def _client(self, sid: str) -> ClientTarget:
        return ClientTarget(self.socket_namespace, sid)

    @property
    def _cluster(self) -> ClusterTarget:
        return ClusterTarget(self.socket_namespace)
