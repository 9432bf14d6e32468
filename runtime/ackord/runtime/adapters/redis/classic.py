"""The cluster of npm's ``@socket.io/redis-adapter``, as its `createAdapter` makes it (version 8).

Broadcasts are MessagePack on the channels of the namespace and of its rooms. Requests, on a channel
of their own, and responses are JSON, but those of broadcasts with acknowledgements. Here, too,
members that Node ignores say what only servers of Ackord understand: ``uid`` in responses, and
those of `ackord.runtime.adapters.cluster.wire`.
"""

from __future__ import annotations

import asyncio
from enum import IntEnum
from functools import lru_cache
from typing import Any, Final

from ackord.runtime.adapters.base import Target
from ackord.runtime.adapters.cluster import wire
from ackord.runtime.adapters.cluster.adapter import ClusterAdapter
from ackord.runtime.adapters.cluster.binary import pack
from ackord.runtime.adapters.cluster.bus import ChannelBus, SubscriptionMode
from ackord.runtime.adapters.cluster.channels import Channels
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import (
    Answer,
    Answered,
    Asked,
    Broadcast,
    Command,
    Disconnect,
    Fetch,
    Fetched,
    Goodbye,
    Join,
    Leave,
    Message,
    ServerAnswer,
    ServerEvent,
)
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.values import encode_json, encode_value
from ackord.runtime.sockets.payloads import decode_array
from typing_extensions import override


class Kind(IntEnum):
    """The types of requests and responses."""

    SOCKETS = 0
    ALL_ROOMS = 1
    REMOTE_JOIN = 2
    REMOTE_LEAVE = 3
    REMOTE_DISCONNECT = 4
    REMOTE_FETCH = 5
    SERVER_SIDE_EMIT = 6
    BROADCAST = 7
    BROADCAST_CLIENT_COUNT = 8
    BROADCAST_ACK = 9


_PARTS_OF_A_BROADCAST: Final = 3


class ClassicBus(ChannelBus):
    """Connects the namespaces of one server with those of the others."""

    __slots__ = ()

    def __init__(self, channels: Channels, *, key: str = "socket.io") -> None:
        """Take the way between the servers; `key` begins the names of all channels."""
        super().__init__(channels, prefix=key, mode=SubscriptionMode.DYNAMIC_PRIVATE)

    @override
    def fixed_channels(self, adapter: ClusterAdapter) -> list[str]:
        return [
            self.channel(adapter),
            self.request_channel(adapter),
            self.response_channel(adapter),
            self.response_channel(adapter, adapter.server_id),
        ]

    @override
    def request_channel(self, adapter: ClusterAdapter) -> str:
        return f"{self.prefix}-request#{adapter.name}#"

    def response_channel(self, adapter: ClusterAdapter, server: str = "") -> str:
        """Return the channel of responses to all servers, or to one."""
        return f"{self.prefix}-response#{adapter.name}#{f'{server}#' if server else ''}"

    @override
    def publish(self, adapter: ClusterAdapter, command: Command) -> asyncio.Future[None]:
        if isinstance(command, Goodbye):  # there is no message for it
            published: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            published.set_result(None)
            return published
        data = encode_command(command, adapter.server_id, adapter.name)
        if isinstance(command, Broadcast) and command.request is None:
            return self.channels.publish(self.channel_for(adapter, command.target), data)
        return self.channels.publish(self.request_channel(adapter), data)

    @override
    def answer(self, adapter: ClusterAdapter, server: str, answer: Answer) -> None:
        channel = self.response_channel(adapter, server)
        self.watch(self.channels.publish(channel, _encode_answer(answer, adapter.server_id)))

    @override
    def read(
        self, adapter: ClusterAdapter, channel: str, data: bytes
    ) -> tuple[str, Message] | None:
        if data.startswith(_beginning(adapter.server_id)):
            return None  # its own broadcast, which comes to whom has subscribed
        value = wire.decode_any(data)
        if value.__class__ is list:
            return _read_broadcast(value, adapter)
        if value.__class__ is not dict:
            raise InvalidMessageError("no request, and no response")
        members: dict[str, Any] = value
        if channel != self.request_channel(adapter):
            return _text(members, "uid"), _read_answer(members)
        server = _text(members, "uid")
        if server == adapter.server_id:
            return None
        kind = members.get("type")
        if isinstance(kind, int) and kind in {Kind.SOCKETS, Kind.ALL_ROOMS}:
            self._tell(adapter, server, members)
            return None
        command = _read_command(members)
        return None if command is None else (server, command)

    def _tell(self, adapter: ClusterAdapter, server: str, members: dict[str, Any]) -> None:
        """Answer what only Node asks: which rooms, or which sockets, are here."""
        reply: dict[str, Any] = {"requestId": members.get("requestId")}
        if members.get("type") == Kind.ALL_ROOMS:
            reply["rooms"] = list(adapter.rooms)
        else:
            rooms = wire.read_target({"rooms": members.get("rooms") or []}).rooms
            reply["sockets"] = list(adapter.sockets(Target(rooms)))
        data = encode_json(reply).encode()
        self.watch(self.channels.publish(self.response_channel(adapter, server), data))


@lru_cache(maxsize=16)
def _beginning(server_id: str) -> bytes:
    """Return how the broadcasts of a server begin: an array of three, and the server's id."""
    return b"\x93" + pack(server_id)


def encode_command(command: Command, uid: str, namespace: str) -> bytes:
    """Write a broadcast or a request."""
    if isinstance(command, Broadcast):
        packet = {"type": 2, "data": _values(command.event), "nsp": namespace}
        if command.event.absent:
            packet["absent"] = command.event.absent
        options = wire.options_of(command)
        if command.request is None:
            return pack([uid, packet, options])
        sids = {"sids": True} if command.request.wants_ids else {}
        request = {"uid": uid, "requestId": command.request.id, "type": Kind.BROADCAST.value}
        return pack({**request, "packet": packet, "opts": options, **sids})
    members = wire.values_of(wire.encode_data(command))
    if isinstance(command, ServerEvent):
        members["data"] = members.pop("packet")
    text, attachments = encode_value({"uid": uid, "type": _KINDS[type(command)].value, **members})
    if attachments:  # as notepack has it; Node's adapter itself sends JSON, where bytes are lost
        return pack({"uid": uid, "type": _KINDS[type(command)].value, **members})
    return text.encode()


_KINDS: Final[dict[type[Command], Kind]] = {
    Join: Kind.REMOTE_JOIN,
    Leave: Kind.REMOTE_LEAVE,
    Disconnect: Kind.REMOTE_DISCONNECT,
    Fetch: Kind.REMOTE_FETCH,
    ServerEvent: Kind.SERVER_SIDE_EMIT,
}


def _values(event: EncodedEvent) -> list[Any]:
    return decode_array(event.arguments, event.attachments)


def _encode_answer(answer: Answer, uid: str) -> bytes:
    members = {"uid": uid, **wire.values_of(wire.encode_data(answer))}
    match answer:
        case ServerAnswer():
            members = {
                "type": Kind.SERVER_SIDE_EMIT.value,
                **members,
                "data": members.pop("packet"),
            }
        case Asked():
            members["type"] = Kind.BROADCAST_CLIENT_COUNT.value
        case Answered():
            return pack({**members, "type": Kind.BROADCAST_ACK.value})
        case Fetched():
            pass
    text, attachments = encode_value(members)
    return pack(members) if attachments else text.encode()


def _read_broadcast(parts: list[Any], adapter: ClusterAdapter) -> tuple[str, Message] | None:
    if len(parts) != _PARTS_OF_A_BROADCAST or not isinstance(parts[1], dict):
        raise InvalidMessageError("no broadcast")
    server, packet, options = parts
    if server == adapter.server_id or packet.get("nsp", "/") != adapter.name:
        return None
    message = wire.decode_data(wire.Kind.BROADCAST, {"packet": packet, "opts": options})
    return None if message is None else (str(server), message)


_REQUESTS: Final[dict[int, wire.Kind]] = {
    Kind.REMOTE_JOIN: wire.Kind.SOCKETS_JOIN,
    Kind.REMOTE_LEAVE: wire.Kind.SOCKETS_LEAVE,
    Kind.REMOTE_DISCONNECT: wire.Kind.DISCONNECT_SOCKETS,
    Kind.REMOTE_FETCH: wire.Kind.FETCH_SOCKETS,
    Kind.SERVER_SIDE_EMIT: wire.Kind.SERVER_SIDE_EMIT,
    Kind.BROADCAST: wire.Kind.BROADCAST,
}
_ANSWERS: Final[dict[int, wire.Kind]] = {
    Kind.SERVER_SIDE_EMIT: wire.Kind.SERVER_SIDE_EMIT_RESPONSE,
    Kind.BROADCAST_CLIENT_COUNT: wire.Kind.BROADCAST_CLIENT_COUNT,
    Kind.BROADCAST_ACK: wire.Kind.BROADCAST_ACK,
}


def _read_command(members: dict[str, Any]) -> Message | None:
    kind = members.get("type")
    if type(kind) is not int or kind not in _REQUESTS:
        return None
    if kind == Kind.SERVER_SIDE_EMIT:
        members = {**members, "packet": members.get("data")}
    return wire.decode_data(_REQUESTS[kind], members)


def _read_answer(members: dict[str, Any]) -> Message:
    kind = members.get("type")
    if kind == Kind.SERVER_SIDE_EMIT:
        members = {**members, "packet": members.get("data")}
    known = _ANSWERS.get(kind, wire.Kind.FETCH_SOCKETS_RESPONSE) if type(kind) is int else None
    message = wire.decode_data(known or wire.Kind.FETCH_SOCKETS_RESPONSE, members)
    if message is None:
        raise InvalidMessageError("an unknown response")
    return message


def _text(members: dict[str, Any], name: str) -> str:
    value = members.get(name, "")
    return value if isinstance(value, str) else ""
