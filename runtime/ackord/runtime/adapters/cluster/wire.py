"""The messages of a cluster as Socket.IO's ClusterAdapter for Node writes them.

A message is the map ``{type, data, uid, nsp}``: JSON text, or MessagePack where it holds bytes; the
first byte tells which. What only servers of Ackord understand stands in members that Node ignores:

- ``packet.absent``: how many optional arguments were left out at the end (`EncodedEvent.absent`);
- ``data.sids``: asks, in a broadcast with acknowledgements, for the ids of the sockets; in the
  answers they stand in ``data.sids`` and ``data.sid``;
- ``data.more``: the arguments of an acknowledgement after the first one;
- ``data.failed``: no acknowledgement of this socket will come. Only a server that asks for ids gets
  it.

Nothing that comes is trusted: what isn't of these shapes is an `InvalidMessageError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Any, Final

from ackord.runtime.adapters.base import BroadcastFlags, SocketDetails, Target
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import (
    AckRequest,
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
from ackord.runtime.errors import InvalidPayloadError, PeerError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.protocol.socketio.values import encode_json, encode_value
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.payloads import decode_array, decode_json
from pydantic_core import to_jsonable_python


class Kind(IntEnum):
    """The types of messages, as they are numbered on the wire."""

    BROADCAST = 3
    SOCKETS_JOIN = 4
    SOCKETS_LEAVE = 5
    DISCONNECT_SOCKETS = 6
    FETCH_SOCKETS = 7
    FETCH_SOCKETS_RESPONSE = 8
    SERVER_SIDE_EMIT = 9
    SERVER_SIDE_EMIT_RESPONSE = 10
    BROADCAST_CLIENT_COUNT = 11
    BROADCAST_ACK = 12
    ADAPTER_CLOSE = 13


_EVENT_PACKET: Final = 2
"""The type of an EVENT packet of Socket.IO."""
_NO_TIMEOUT: Final = 5.0
"""Seconds for acknowledgements where a broadcast names no timeout."""
_LONGEST_TIMEOUT: Final = 86_400.0
MAX_SOCKETS: Final = 1_000_000
"""Sockets that one server may say to ask."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message of another server."""

    uid: str
    """The id of the server, of this namespace."""
    namespace: str
    message: Message


@dataclass(frozen=True, slots=True)
class Data:
    """The data of a message, as JSON text, or as values where it holds bytes."""

    kind: Kind
    text: str | None
    values: Any = None


# Writing


def encode(message: Message, uid: str, namespace: str) -> bytes:
    """Write a message as JSON, or as MessagePack where it holds bytes."""
    data = encode_data(message)
    if data.text is None:
        return _pack(data.kind, data.values, uid, namespace)
    member = f',"data":{data.text}' if data.text else ""
    return (
        f'{{"type":{data.kind}{member},"uid":{encode_json(uid)},"nsp":{encode_json(namespace)}}}'
    ).encode()


def encode_packed(message: Message, uid: str, namespace: str) -> bytes:
    """Write a message as MessagePack."""
    data = encode_data(message)
    return _pack(data.kind, values_of(data), uid, namespace)


def encode_data(message: Message) -> Data:
    """Write what is in a message."""
    if isinstance(message, Broadcast) and not message.event.attachments:
        return Data(Kind.BROADCAST, _broadcast_text(message))
    if isinstance(message, Goodbye):
        return Data(Kind.ADAPTER_CLOSE, "")
    kind, values = _values(message)
    text, attachments = encode_value(values)
    return Data(kind, None, values) if attachments else Data(kind, text)


def _pack(kind: Kind, values: Any, uid: str, namespace: str) -> bytes:
    from ackord.runtime.adapters.cluster.binary import pack  # noqa: PLC0415  # needs a package

    data = {} if values is None else {"data": values}
    return pack({"type": kind.value, **data, "uid": uid, "nsp": namespace})


def _broadcast_text(message: Broadcast) -> str:
    event, target = message.event, message.target
    absent = f',"absent":{event.absent}' if event.absent else ""
    text = f'{{"packet":{{"type":2,"data":{event.arguments}{absent}}},"opts":'
    if message.request is None and message.flags == _DEFAULT_FLAGS and not target.except_:
        rooms = "[]" if target.rooms is None else encode_json(list(target.rooms))
        return f'{text}{{"rooms":{rooms},"except":[],"flags":{{}}}}}}'
    members = _request_members(message)
    more = "".join(f",{encode_json(name)}:{encode_json(value)}" for name, value in members.items())
    return f"{text}{encode_json(_options(target, _flags(message)))}{more}}}"


_DEFAULT_FLAGS: Final = BroadcastFlags()


def _request_members(message: Broadcast) -> dict[str, Any]:
    if message.request is None:
        return {}
    return {
        "requestId": message.request.id,
        **({"sids": True} if message.request.wants_ids else {}),
    }


def _flags(message: Broadcast) -> dict[str, Any]:
    flags: dict[str, Any] = {}
    if message.flags.volatile:
        flags["volatile"] = True
    if not message.flags.compress:
        flags["compress"] = False
    if message.request is not None:
        flags["timeout"] = round(message.request.timeout * 1000)
    return flags


def options_of(message: Broadcast) -> dict[str, Any]:
    """Return the ``opts`` of a broadcast."""
    return _options(message.target, _flags(message))


def values_of(data: Data) -> dict[str, Any]:
    """Return the data of a message as values."""
    values: dict[str, Any] = decode_json(data.text) if data.text else data.values or {}
    return values


def _options(target: Target, flags: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "rooms": [] if target.rooms is None else list(target.rooms),
        "except": list(target.except_),
        "flags": flags or {},
    }


def _values(message: Command | Answer) -> tuple[Kind, dict[str, Any]]:  # noqa: C901, PLR0912  # a case for each message
    match message:
        case Broadcast():
            event = message.event
            packet: dict[str, Any] = {
                "type": _EVENT_PACKET,
                "data": decode_array(event.arguments, event.attachments),
                **({"absent": event.absent} if event.absent else {}),
            }
            options = _options(message.target, _flags(message))
            members = {"packet": packet, "opts": options, **_request_members(message)}
            return Kind.BROADCAST, members
        case Join():
            return Kind.SOCKETS_JOIN, _commanded(message.target, rooms=list(message.rooms))
        case Leave():
            return Kind.SOCKETS_LEAVE, _commanded(message.target, rooms=list(message.rooms))
        case Disconnect():
            return Kind.DISCONNECT_SOCKETS, _commanded(message.target, close=message.close)
        case Fetch():
            return Kind.FETCH_SOCKETS, _commanded(message.target, requestId=message.request_id)
        case Fetched():
            sockets = [describe(socket) for socket in message.sockets]
            return Kind.FETCH_SOCKETS_RESPONSE, _requested(message.request_id, sockets=sockets)
        case ServerEvent():
            event = message.event
            asked = {} if message.request_id is None else _requested(message.request_id)
            values = decode_array(event.arguments, event.attachments)
            return Kind.SERVER_SIDE_EMIT, {**asked, "packet": values}
        case ServerAnswer():
            return Kind.SERVER_SIDE_EMIT_RESPONSE, _answer(message.request_id, message.reply)
        case Asked():
            members = _requested(message.request_id, clientCount=message.count)
            if message.sids is not None:
                members["sids"] = list(message.sids)
            return Kind.BROADCAST_CLIENT_COUNT, members
        case Answered():
            members = (
                _requested(message.request_id, failed=True)
                if message.reply is None
                else _answer(message.request_id, message.reply)
            )
            if message.sid is not None:
                members["sid"] = message.sid
            return Kind.BROADCAST_ACK, members
        case Goodbye():
            return Kind.ADAPTER_CLOSE, {}


def _commanded(target: Target, **members: Any) -> dict[str, Any]:
    return {"opts": _options(target), **members}


def _requested(request_id: str, **members: Any) -> dict[str, Any]:
    return {"requestId": request_id, **members}


def _answer(request_id: str, reply: AckReply) -> dict[str, Any]:
    values = decode_array(*reply)
    members = _requested(request_id, packet=values[0] if values else None)
    if len(values) != 1:
        members["more"] = values[1:] if values else None
    return members


def describe(socket: SocketDetails) -> dict[str, Any]:
    """Describe a socket for another server; what JSON can't hold of its data becomes null."""
    return {
        "id": socket.id,
        "handshake": to_jsonable_python(socket.handshake, fallback=_nothing, inf_nan_mode="null"),
        "rooms": list(socket.rooms),
        "data": plain_data(socket.data),
    }


def plain_data(data: Any) -> Any:
    """Return the data of a socket in values that can be sent; others become null."""
    try:
        encode_value(data)
    except InvalidPayloadError:
        return to_jsonable_python(data, fallback=_nothing, inf_nan_mode="null")
    return data


def _nothing(_: object) -> None:
    return None


# Reading


def decode(data: bytes) -> Envelope | None:
    """Read a message; `None` for a type that isn't known, such as Node's heartbeats.

    Raises:
        InvalidMessageError: it isn't one.
    """
    members = _members(decode_any(data))
    uid, namespace = _text(members.get("uid")), _text(members.get("nsp"))
    message = decode_data(members.get("type"), members.get("data"))
    return None if message is None else Envelope(uid, namespace, message)


def decode_any(data: bytes) -> Any:
    """Read JSON text that begins with ``{``, or MessagePack.

    Raises:
        InvalidMessageError: it is neither.
    """
    if not data.startswith(b"{"):
        from ackord.runtime.adapters.cluster.binary import unpack  # noqa: PLC0415  # needs a package

        return unpack(data)
    try:
        return decode_json(data.decode())
    except (ValueError, PeerError) as error:
        raise InvalidMessageError(f"no JSON: {error}") from error


def decode_data(kind: Any, data: Any) -> Message | None:  # a case for each message
    """Read what is in a message of a type; `None` for a type that isn't known.

    Raises:
        InvalidMessageError: it isn't what this type has.
    """
    if kind == Kind.ADAPTER_CLOSE:
        return Goodbye()
    if not isinstance(kind, int) or not Kind.BROADCAST <= kind < Kind.ADAPTER_CLOSE:
        return None
    members = _members(data)
    match Kind(kind):
        case Kind.BROADCAST:
            return _read_broadcast(members)
        case Kind.SOCKETS_JOIN:
            return Join(read_target(members.get("opts")), _names(members.get("rooms")))
        case Kind.SOCKETS_LEAVE:
            return Leave(read_target(members.get("opts")), _names(members.get("rooms")))
        case Kind.DISCONNECT_SOCKETS:
            return Disconnect(read_target(members.get("opts")), members.get("close") is True)
        case Kind.FETCH_SOCKETS:
            return Fetch(_text(members.get("requestId")), read_target(members.get("opts")))
        case Kind.SERVER_SIDE_EMIT:
            request_id = members.get("requestId")
            event = read_event(members.get("packet"))
            return ServerEvent(event, None if request_id is None else _text(request_id))
        case _:
            return _read_answer(Kind(kind), members)


def _read_answer(kind: Kind, members: dict[str, Any]) -> Answer:
    request_id = _text(members.get("requestId"))
    match kind:
        case Kind.FETCH_SOCKETS_RESPONSE:
            return Fetched(request_id, read_sockets(members.get("sockets")))
        case Kind.SERVER_SIDE_EMIT_RESPONSE:
            return ServerAnswer(request_id, _read_reply(members))
        case Kind.BROADCAST_CLIENT_COUNT:
            return _read_asked(request_id, members)
        case _:
            reply = None if members.get("failed") is True else _read_reply(members)
            sid = members.get("sid")
            return Answered(request_id, reply, None if sid is None else _text(sid))


def _read_asked(request_id: str, members: dict[str, Any]) -> Asked:
    if "sids" in members:
        sids = tuple(_names(members["sids"]))
        return Asked(request_id, len(sids), sids)
    count = members.get("clientCount")
    if type(count) is not int or not 0 <= count <= MAX_SOCKETS:
        raise InvalidMessageError("clientCount is no number of sockets")
    return Asked(request_id, count)


def _read_broadcast(members: dict[str, Any]) -> Broadcast:
    packet = _members(members.get("packet"))
    options = _members(members.get("opts"))
    flags: dict[str, Any] = _members(options.get("flags") or {})
    request: AckRequest | None = None
    if members.get("requestId") is not None:
        request_id, wants_ids = _text(members["requestId"]), members.get("sids") is True
        request = AckRequest(request_id, read_timeout(flags.get("timeout")), wants_ids)
    return Broadcast(read_packet(packet), read_target(options), read_flags(flags), request)


def read_packet(packet: dict[str, Any]) -> EncodedEvent:
    """Read an EVENT packet: ``{type: 2, data: [...]}``.

    Raises:
        InvalidMessageError: it isn't one.
    """
    if packet.get("type") != _EVENT_PACKET:
        raise InvalidMessageError("a broadcast is an EVENT")
    absent = packet.get("absent", 0)
    if type(absent) is not int or not 0 <= absent <= _MOST_ABSENT:
        raise InvalidMessageError("packet.absent is no number of arguments")
    return read_event(packet.get("data"), absent)


_MOST_ABSENT: Final = 1000


def read_event(values: Any, absent: int = 0) -> EncodedEvent:
    """Read the array of an event, which begins with its name.

    Raises:
        InvalidMessageError: it isn't one, or nobody may send this name.
    """
    items = _items(values)
    if not items or type(items[0]) is not str or items[0] in RESERVED_EVENTS:
        raise InvalidMessageError("no name of an event")
    text, attachments = _written(items)
    return EncodedEvent(items[0], text, attachments, absent)


def read_target(options: Any) -> Target:
    """Read ``opts``.

    Raises:
        InvalidMessageError: there are no rooms in it.
    """
    members = _members(options)
    rooms = _names(members.get("rooms"))
    return Target(rooms or None, _names(members.get("except") or []))


def read_flags(flags: dict[str, Any]) -> BroadcastFlags:
    """Read ``opts.flags``."""
    if not flags:
        return _DEFAULT_FLAGS
    return BroadcastFlags(
        volatile=flags.get("volatile") is True, compress=flags.get("compress") is not False
    )


def read_timeout(milliseconds: Any) -> float:
    """Return the seconds in which acknowledgements count."""
    if not isinstance(milliseconds, int | float) or not isfinite(milliseconds):
        return _NO_TIMEOUT
    return min(max(milliseconds / 1000, 0.0), _LONGEST_TIMEOUT)


def read_sockets(value: Any) -> tuple[SocketDetails, ...]:
    """Read descriptions of sockets.

    Raises:
        InvalidMessageError: they are none.
    """
    sockets = [_members(item) for item in _items(value)]
    return tuple(
        SocketDetails(
            _text(socket.get("id")),
            _names(socket.get("rooms")),
            socket.get("data"),
            _members(socket.get("handshake")),
        )
        for socket in sockets
    )


def _read_reply(members: dict[str, Any]) -> AckReply:
    if "more" not in members:
        return _written([members.get("packet")])
    more = members["more"]
    return _written([] if more is None else [members.get("packet"), *_items(more)])


def _written(values: list[Any]) -> tuple[str, Sequence[bytes]]:
    try:
        return encode_value(values)
    except InvalidPayloadError as error:
        raise InvalidMessageError(str(error)) from error


def _members(value: Any) -> dict[str, Any]:
    if value.__class__ is not dict:
        raise InvalidMessageError("a map is missing")
    members: dict[str, Any] = value
    return members


def _items(value: Any) -> list[Any]:
    if value.__class__ is not list:
        raise InvalidMessageError("an array is missing")
    items: list[Any] = value
    return items


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidMessageError("a text is missing")
    return value


def _names(value: Any) -> frozenset[str]:
    """Read names of rooms or sockets; JavaScript's may be numbers."""
    names = _items(value)
    if all(type(name) is str for name in names):
        return frozenset(names)
    if all(type(name) in {str, int} for name in names):
        return frozenset(map(str, names))
    raise InvalidMessageError("the name of a room is no text")
