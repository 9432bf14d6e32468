"""The adapter of a server that runs in one process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence

from ackord.runtime.adapters.base import (
    AckCollector,
    Adapter,
    BroadcastFlags,
    History,
    LocalNamespace,
    Recipient,
    RoomEvent,
    RoomListener,
    SocketDetails,
    Target,
)
from ackord.runtime.containment import contain
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.listeners import Registration


class MemoryAdapter:
    """Rooms in two dicts, by socket and by room, so that the cost of leaving depends on the
    socket's own rooms only.
    """

    __slots__ = ("_listeners", "_log", "_namespace", "_recipients", "rooms", "sids")

    @property
    def history(self) -> History | None:
        """Where the events are kept for absent clients, if not in this process."""
        return None

    def __init__(self, namespace: LocalNamespace) -> None:
        """Begin without rooms."""
        self._namespace = namespace
        self._recipients = namespace.recipients
        self._log = LimitedLog(logging.getLogger("ackord.runtime.server"))
        self._listeners: dict[RoomEvent, tuple[Registration, ...]] = {}
        self.rooms: dict[str, set[str]] = {}
        self.sids: dict[str, set[str]] = {}

    async def start(self) -> None:
        """See `Adapter.start`: there is no other server."""

    def add_all(self, sid: str, rooms: Iterable[str]) -> None:
        """See `Adapter.add_all`."""
        joined = self.sids.setdefault(sid, set())
        for room in rooms:
            if room in joined:
                continue
            joined.add(room)
            members = self.rooms.get(room)
            if members is None:
                self.rooms[room] = {sid}
            else:
                members.add(sid)
            if self._listeners:
                if members is None:
                    self._tell("create-room", room, None)
                self._tell("join-room", room, sid)

    def del_(self, sid: str, room: str) -> None:
        """See `Adapter.del_`."""
        joined = self.sids.get(sid)
        if joined is None or room not in joined:
            return
        joined.remove(room)
        self._drop(sid, room)

    def del_all(self, sid: str) -> None:
        """See `Adapter.del_all`."""
        for room in self.sids.pop(sid, ()):
            self._drop(sid, room)

    def socket_rooms(self, sid: str) -> frozenset[str]:
        """See `Adapter.socket_rooms`."""
        return frozenset(self.sids.get(sid, ()))

    def sockets(self, target: Target) -> set[str]:
        """See `Adapter.sockets`."""
        connected = self._recipients
        members = (
            (connected,)
            if target.rooms is None
            else (self.rooms.get(room, ()) for room in target.rooms)
        )
        found = {sid for sids in members for sid in sids if sid in connected}
        for room in target.except_:
            found.difference_update(self.rooms.get(room, ()))
        return found

    def may_reach(self, target: Target, flags: BroadcastFlags) -> bool:  # noqa: ARG002  # the Protocol's signature
        """See `Adapter.may_reach`."""
        if target.rooms is None:
            return bool(self._recipients)
        return not self.rooms.keys().isdisjoint(target.rooms)

    def broadcast(
        self, event: EncodedEvent, target: Target, flags: BroadcastFlags
    ) -> asyncio.Future[None] | None:
        """See `Adapter.broadcast`."""
        # A recipient that is too slow is closed while the others get the event, so the rooms are
        # copied first.
        reached = (
            tuple(self._recipients.values())
            if target.rooms is None and not target.except_
            else self._select(target)
        )
        if reached or self._namespace.must_prepare:
            prepared = self._namespace.prepare(event, target, flags)
            for recipient in reached:
                recipient.deliver(event, prepared, flags)
        return None

    def broadcast_with_ack(
        self,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """See `Adapter.broadcast_with_ack`."""
        self.ask(event, target, flags, collector)
        collector.seal()

    def ask(
        self,
        event: EncodedEvent,
        target: Target,
        flags: BroadcastFlags,
        collector: AckCollector,
    ) -> None:
        """Send a broadcast with an ack id to the sockets of this process; the caller seals
        `collector`, perhaps after adding sockets of other servers.
        """
        asked = self.sockets(target)
        if asked or self._namespace.must_prepare:
            prepared = self._namespace.prepare_request(event, flags, collector.ack_id)
            collector.expect(asked)
            for recipient in [self._recipients[sid] for sid in asked]:
                recipient.ask(event, prepared, flags, collector)

    def join(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:  # noqa: ARG002  # the Protocol's signature
        """See `Adapter.join`."""
        for recipient in self._select(target):
            recipient.join(rooms)

    def leave(self, target: Target, flags: BroadcastFlags, rooms: frozenset[str]) -> None:  # noqa: ARG002  # the Protocol's signature
        """See `Adapter.leave`."""
        for recipient in self._select(target):
            recipient.leave(rooms)

    def disconnect(self, target: Target, flags: BroadcastFlags, close: bool) -> None:  # noqa: ARG002  # the Protocol's signature
        """See `Adapter.disconnect`."""
        for recipient in self._select(target):
            recipient.disconnect(close)

    async def fetch(
        self,
        target: Target,  # noqa: ARG002  # the Protocol's signature
        timeout: float,  # noqa: ARG002, ASYNC109  # the Protocol's signature
    ) -> Sequence[SocketDetails]:
        """See `Adapter.fetch`: there is no other server."""
        return ()

    def server_side_emit(self, event: EncodedEvent) -> None:
        """See `Adapter.server_side_emit`: there is no other server."""

    async def server_side_emit_with_ack(
        self,
        event: EncodedEvent,  # noqa: ARG002  # the Protocol's signature
        timeout: float,  # noqa: ARG002, ASYNC109  # the Protocol's signature
    ) -> list[AckReply]:
        """See `Adapter.server_side_emit_with_ack`: there is no other server."""
        return []

    def on(self, name: RoomEvent, listener: RoomListener) -> None:
        """See `Adapter.on`."""
        # Replaced rather than appended to, because a listener may add or remove others.
        self._listeners[name] = (*self._listeners.get(name, ()), Registration(listener))

    def off(self, name: RoomEvent, listener: RoomListener) -> None:
        """See `Adapter.off`."""
        self._listeners[name] = tuple(
            kept for kept in self._listeners.get(name, ()) if kept.listener != listener
        )

    def pass_listeners(self, successor: Adapter) -> None:
        """Have the listeners called for the room events of another adapter."""
        for name, registrations in self._listeners.items():
            for registration in registrations:
                successor.on(name, registration.listener)

    async def close(self) -> None:
        """See `Adapter.close`."""
        self.rooms.clear()
        self.sids.clear()
        self._log.close()

    def discard(self) -> None:
        """See `Adapter.discard`."""
        self.rooms.clear()
        self.sids.clear()

    def _select(self, target: Target) -> list[Recipient]:
        return [self._recipients[sid] for sid in self.sockets(target)]

    def _drop(self, sid: str, room: str) -> None:
        members = self.rooms[room]
        members.remove(sid)
        self._tell("leave-room", room, sid)
        if not members:
            del self.rooms[room]
            self._tell("delete-room", room, None)

    def _tell(self, name: RoomEvent, room: str, sid: str | None) -> None:
        for registration in self._listeners.get(name, ()):
            try:
                registration.notify((room,) if sid is None else (room, sid))
            except BaseException as error:  # noqa: BLE001  # a listener of the application
                contain(error)
                # A socket that joins a room must be in it, even if a listener raises.
                self._log.crash(f"A listener of {name!r}", error)
