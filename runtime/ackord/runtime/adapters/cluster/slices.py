"""The common broadcast, read by slices of its JSON text: the recipients first, and the event only
if a server needs it. The array of the event stays as it was written, so that it is sent on without
being written again.

The text is ``{"packet":{"type":2,"data":[…]},"opts":{…}}``, as servers of Ackord and of Node write
it. Each slice is checked to be one JSON value, and there is nothing between the slices but what
this form has. So the whole text is what it seems to be. Everything else, such as messages with
bytes, is read by `ackord.runtime.adapters.cluster.wire`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ackord.runtime.adapters.base import Target
from ackord.runtime.adapters.cluster.errors import InvalidMessageError
from ackord.runtime.adapters.cluster.messages import Broadcast
from ackord.runtime.adapters.cluster.wire import read_flags, read_target
from ackord.runtime.errors import PeerError
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.names import RESERVED_EVENTS
from ackord.runtime.sockets.payloads import decode_array, decode_json

_MESSAGE: Final = b'{"type":3,"data":'
_UID: Final = b',"uid":'
_PACKET: Final = b'{"packet":{"type":2,"data":'
_NAMESPACE: Final = b',"nsp":'
"""What emitters without a server write behind the array."""
_OPTIONS: Final = b'},"opts":'


@dataclass(frozen=True, slots=True)
class Slices:
    """A broadcast whose packet isn't read yet."""

    packet: bytes
    """The text up to the end of the packet's members."""
    target: Target
    flags: dict[str, Any]

    def broadcast(self) -> Broadcast | None:
        """Read the event; `None` if the packet hasn't the common form."""
        packet = self.packet
        if not packet.startswith(_PACKET) or b"\\u" in packet:  # half an emoji may be replaced
            return None
        try:
            end = len(packet)
            if not packet.endswith(b"]"):
                end = packet.rindex(_NAMESPACE)
                decode_json(packet[end + len(_NAMESPACE) :].decode())
            text = packet[len(_PACKET) : end].decode()
            values = decode_array(text)
        except (ValueError, PeerError):
            return None
        if not values or values[0].__class__ is not str or values[0] in RESERVED_EVENTS:
            return None
        return Broadcast(EncodedEvent(values[0], text), self.target, read_flags(self.flags))


def slice_broadcast(data: bytes) -> Slices | None:
    """Read the recipients of a broadcast; `None` if ``opts`` isn't the last member.

    After the last ``},"opts":`` of the text there must be one JSON value and one brace: then it is
    a member of the outermost object, because a nested one would have more braces after it.
    """
    start = data.rfind(_OPTIONS)
    if start < 0 or not data.endswith(b"}}"):
        return None
    try:
        options: Any = decode_json(data[start + len(_OPTIONS) : -1].decode())
        target = read_target(options)
    except (ValueError, PeerError, InvalidMessageError):
        return None
    flags: Any = options.get("flags") or {}
    return Slices(data[:start], target, flags) if flags.__class__ is dict else None


def slice_message(data: bytes) -> tuple[str, str, Broadcast] | None:
    """Read a broadcast with its envelope, ``{"type":3,"data":…,"uid":…,"nsp":…}``; return the
    server, the namespace and the broadcast, `None` if it hasn't the common form.
    """
    at = data.rfind(_UID)
    if at < 0 or not data.startswith(_MESSAGE):
        return None
    try:
        envelope = decode_json(f"{{{data[at + 1 :].decode()}")
    except (ValueError, PeerError):
        return None
    match envelope:
        case {"uid": str(uid), "nsp": str(namespace), **more} if not more:
            sliced = slice_broadcast(data[len(_MESSAGE) : at])
            broadcast = None if sliced is None else sliced.broadcast()
            return None if broadcast is None else (uid, namespace, broadcast)
        case _:
            return None
