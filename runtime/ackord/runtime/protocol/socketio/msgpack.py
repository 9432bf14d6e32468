"""Packets as MessagePack, as npm's ``socket.io-msgpack-parser`` 3.x writes them: needs the extra
``ackord[msgpack]``.

A whole packet is one binary message, the map ``{type, nsp, data, id?}`` with the types 0 to 4. The
decoder turns it into the JSON text that the protocol's own parser would have sent, and bytes into
attachments. So the same checks (names, types, limits, violations) apply to both parsers.
JavaScript's other values become what ``JSON.stringify`` makes of them: a Date its ISO string, NaN
null, undefined nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import islice
from typing import Any, Final

from ackord.runtime.errors import InvalidPayloadError
from ackord.runtime.protocol.socketio.complexity import MAX_CONTAINERS
from ackord.runtime.protocol.socketio.errors import (
    AttachmentError,
    MalformedPacketError,
    MalformedPayloadError,
)
from ackord.runtime.protocol.socketio.packet import MAX_ACK_DIGITS, Packet, PacketType, scan_header
from ackord.runtime.protocol.socketio.parser import PacketDecoder
from ackord.runtime.protocol.socketio.values import repair_surrogates
from pydantic_core import to_json

try:
    _msgpack: Any = import_module("msgpack")  # it has no annotations
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        "MsgpackParser needs the package msgpack; install it with: pip install 'ackord[msgpack]'"
    ) from missing

_NO_CONTAINERS: Final = bytes(
    code for code in range(256) if not (0x80 <= code <= 0x9F or 0xDC <= code <= 0xDF)
)
"""Bytes that begin neither an array nor a map."""

MAX_BINARIES: Final = 1000
"""Binary values in one packet. They all come in one message, so `max_payload` bounds their
bytes.
"""

_UNDEFINED: Final = object()
_EXTENSION: Final = 0
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_ACK_ID: Final = 10**MAX_ACK_DIGITS


class MsgpackParser:
    """The parser of npm's ``socket.io-msgpack-parser``, for servers and clients (see
    `ackord.runtime.protocol.socketio.parser.Parser`).

    ::

        server = Server(parser=MsgpackParser())
        manager = Manager("http://127.0.0.1:8000", parser=MsgpackParser())
    """

    __slots__ = ("_max_binaries", "_max_containers")

    @property
    def transcodes(self) -> bool:
        """See `Parser.transcodes`."""
        return True

    def __init__(
        self, *, max_binaries: int = MAX_BINARIES, max_containers: int = MAX_CONTAINERS
    ) -> None:
        """Bound the binary values, and the arrays and maps, of one packet."""
        self._max_binaries = max_binaries
        self._max_containers = max_containers

    def make_decoder(
        self,
        max_attachments: int,  # noqa: ARG002  # all in one message
        max_attachment_bytes: int,  # noqa: ARG002  # as above
        max_namespace: int,
    ) -> PacketDecoder:
        """See `Parser.make_decoder`."""
        return MsgpackDecoder(self._max_binaries, max_namespace, self._max_containers)

    def encode(self, text: str, attachments: Sequence[bytes]) -> bytes:
        """See `Parser.encode`."""
        if len(attachments) > self._max_binaries:
            raise InvalidPayloadError(
                f"{len(attachments)} binary values, and a packet has at most "
                f"{self._max_binaries} (MsgpackParser.max_binaries)"
            )
        kind, _, namespace, ack_id, at = scan_header(text, 1, len(text))
        packet: dict[str, Any] = {"type": _PLAIN_TYPES.get(kind, kind), "nsp": namespace}
        if ack_id is not None:
            packet["id"] = ack_id
        try:
            if at < len(text):
                packet["data"] = _load(text[at:], attachments)
            message: bytes = _msgpack.packb(packet, default=_as_float)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise InvalidPayloadError(f"MessagePack can't hold it: {error}") from error
        return message


_PLAIN_TYPES: Final[dict[int, int]] = {
    PacketType.BINARY_EVENT: PacketType.EVENT.value,
    PacketType.BINARY_ACK: PacketType.ACK.value,
}


class MsgpackDecoder:
    """Decodes binary messages, each of which is a whole packet (see
    `ackord.runtime.protocol.socketio.parser.PacketDecoder`).
    """

    __slots__ = ("_max_binaries", "_max_containers", "_max_namespace")

    def __init__(
        self, max_binaries: int, max_namespace: int, max_containers: int = MAX_CONTAINERS
    ) -> None:
        self._max_binaries = max_binaries
        self._max_containers = max_containers
        self._max_namespace = max_namespace

    @property
    def waiting(self) -> None:
        """See `PacketDecoder.waiting`."""

    def receive_text(self, text: str, start: int = 0) -> Packet | None:
        """See `PacketDecoder.receive_text`."""
        raise MalformedPacketError(
            "text, where packets are binary messages: the other side uses another parser "
            f"({text[start : start + 20]!r})"
        )

    def receive_binary(self, data: bytes) -> Packet:
        """See `PacketDecoder.receive_binary`."""
        packet = _unpack(data, self._max_containers)
        if packet.__class__ is not dict:
            raise MalformedPacketError("a packet must be a map")
        # Undefined members of the packet itself; those of its data are left out by `_dump`.
        packet = {key: member for key, member in packet.items() if member is not _UNDEFINED}
        kind, namespace, ack_id = packet.get("type"), packet.get("nsp"), packet.get("id")
        if type(kind) is not int or not PacketType.CONNECT <= kind <= PacketType.CONNECT_ERROR:
            raise MalformedPacketError("unknown packet type")
        if type(namespace) is not str or not namespace.startswith("/") or "," in namespace:
            raise MalformedPacketError("bad namespace")
        if len(namespace) > self._max_namespace:
            raise MalformedPacketError("the namespace's name is too long")
        if ack_id is not None and (type(ack_id) is not int or not 0 <= ack_id < _MAX_ACK_ID):
            raise MalformedPacketError("bad ack id")
        content = packet.get("data", _UNDEFINED)
        if content.__class__ not in _CONTENTS[kind] and not (
            content is _UNDEFINED and kind in _MAY_LACK_CONTENT
        ):
            raise MalformedPayloadError("the data isn't what the packet's type asks for")
        payload, attachments = (
            ("", ()) if content is _UNDEFINED else _dump(content, self._max_binaries)
        )
        if attachments and kind not in _MAY_HOLD_BINARIES:
            raise MalformedPayloadError("binary data in a packet that can't hold it")
        return Packet(
            kind,
            namespace,
            ack_id if kind in _MAY_HOLD_BINARIES else None,
            payload,
            tuple(attachments),
        )

    def reset(self) -> None:
        """See `PacketDecoder.reset`."""


_CONTENTS: Final[dict[int, tuple[type, ...]]] = {
    PacketType.CONNECT: (dict,),
    PacketType.DISCONNECT: (),
    PacketType.EVENT: (list,),
    PacketType.ACK: (list,),
    PacketType.CONNECT_ERROR: (dict, str),
}
_MAY_LACK_CONTENT: Final = frozenset({PacketType.CONNECT, PacketType.DISCONNECT})
_MAY_HOLD_BINARIES: Final = frozenset({PacketType.EVENT, PacketType.ACK})


def _unpack(data: bytes, max_containers: int) -> Any:
    formats: Iterator[int] | None = None
    extensions = seen = 0

    def extend(code: int, content: bytes) -> Any:
        nonlocal extensions, formats, seen
        extensions += 1
        if extensions > max_containers:
            raise MalformedPayloadError(
                f"more than {max_containers} dates, undefined and binary values"
            )
        if code != _EXTENSION:
            raise MalformedPayloadError(f"MessagePack extension {code} has no JSON form")
        if len(content) in _FIXED_SIZES:
            # The library doesn't tell a fixext from an ext of the same length; notepack means
            # different things by them.
            formats = formats if formats is not None else _extension_formats(data)
            form = next(islice(formats, extensions - 1 - seen, None))
            seen = extensions
            if form == _FIXEXT_1:
                return _UNDEFINED
            if form == _FIXEXT_8:
                return _iso_date(content)
        return content

    containers = 0

    def count(container: Any) -> Any:
        nonlocal containers
        containers += 1
        if containers > max_containers:
            raise MalformedPayloadError(f"more than {max_containers} arrays and maps")
        return container

    # Bytes within text and numbers may look like the beginnings of arrays and maps: then each one
    # that there is gets counted.
    has_few = (
        len(data) <= max_containers or len(data.translate(None, _NO_CONTAINERS)) <= max_containers
    )
    hooks = {} if has_few else {"list_hook": count, "object_hook": count}
    try:
        return _msgpack.unpackb(data, ext_hook=extend, **hooks)
    except (
        ValueError,
        TypeError,
        RecursionError,
        IndexError,
        StopIteration,
        _msgpack.UnpackException,
    ) as error:
        raise MalformedPacketError(f"no MessagePack: {error}") from error


_FIXED_SIZES: Final = (1, 8)
_FIXEXT_1: Final = 0xD4
_FIXEXT_8: Final = 0xD7

_LENGTH_BYTES: Final = dict(zip(bytes.fromhex("c4c5c6 c7c8c9 d9dadb"), (1, 2, 4) * 3, strict=True))
_FIXED_BYTES: Final = dict(
    zip(
        bytes.fromhex("cacb cccdcecf d0d1d2d3 d4d5d6d7d8 dcdd dedf"),
        (4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 2, 4, 2, 4),
        strict=True,
    )
)
_SHORT: Final = 8
"""Bytes of text and of binary values from which on each one is skipped by itself."""
_EXTENSION_FORMATS: Final = frozenset({0xC7, 0xC8, 0xC9, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8})


def _short_values() -> Iterator[bytes]:
    """Yield regular expressions of values that are no extensions."""
    # Small numbers, null, true, false, and the beginnings of short arrays and maps.
    yield rb"[\x00-\x9f\xc0-\xc3\xe0-\xff]++"
    for form, size in _FIXED_BYTES.items():
        if form not in _EXTENSION_FORMATS:
            yield b"\\x%02x.{%d}" % (form, size)
    for size in range(_SHORT):
        length = b"\\x%02x" % size
        heads = b"\\x%02x|[\\xc4\\xd9]%b|[\\xc5\\xda]\\x00%b|[\\xc6\\xdb]\\x00{3}%b"
        yield b"(?:%b).{%d}" % (heads % (0xA0 + size, length, length, length), size)


_match_short_values: Final = re.compile(
    b"(?:" + b"|".join(_short_values()) + b")*+", re.DOTALL
).match
"""Finds values that are no extensions and have few bytes."""


def _extension_formats(data: bytes) -> Iterator[int]:
    """Yield the format bytes of the extensions in a message, in order; the items of arrays and maps
    simply follow their headers.
    """
    at, end = 0, len(data)
    while (run := _match_short_values(data, at)) and (at := run.end()) < end:
        form = data[at]
        at += 1
        if form in _EXTENSION_FORMATS:
            yield form
        if 0xA0 <= form <= 0xBF:
            at += form & 0x1F
        elif form in _FIXED_BYTES:
            at += _FIXED_BYTES[form]
        elif form in _LENGTH_BYTES:
            size = _LENGTH_BYTES[form]
            at += size + int.from_bytes(data[at : at + size], "big") + (form in _EXTENSION_FORMATS)


def _iso_date(content: bytes) -> str:
    """Return what `Date.prototype.toJSON` would: notepack writes milliseconds since 1970 as one
    signed number of eight bytes.
    """
    try:
        moment = _EPOCH + timedelta(milliseconds=int.from_bytes(content, "big", signed=True))
    except OverflowError as error:
        raise MalformedPayloadError("a date beyond the year 9999, or before 1") from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_REPLACED: Final[frozenset[type]] = frozenset({list, dict, bytes, object})


def _dump(  # noqa: C901  # one case for each kind of value
    content: Any, max_binaries: int
) -> tuple[str, Sequence[bytes]]:
    attachments: list[bytes] = []

    def replace(part: Any) -> Any:
        """Return a value with placeholders for bytes, and without what is undefined."""
        kind = part.__class__
        if kind is list:
            items: list[Any] = part
            if _REPLACED.isdisjoint(map(type, items)):
                return items
            return [replace(item) if type(item) in _REPLACED else item for item in items]
        if kind is dict:
            members: dict[Any, Any] = part
            if bytes in map(type, members):
                raise MalformedPayloadError("a key that is no text")
            return {
                key: replace(member) if type(member) in _REPLACED else member
                for key, member in members.items()
                if member is not _UNDEFINED
            }
        if part is _UNDEFINED:
            return None
        if kind is not bytes:
            raise MalformedPayloadError("a value that has no JSON form")
        if len(attachments) == max_binaries:
            raise AttachmentError(f"more than {max_binaries} binary values")
        attachments.append(part)
        return {"_placeholder": True, "num": len(attachments) - 1}

    try:
        try:
            return to_json(replace(content), inf_nan_mode="null").decode(), attachments
        except (ValueError, RecursionError):
            # Deeper than allowed, and written all the same: `Complexity.excess` refuses the text.
            attachments.clear()
            text = json.dumps(content, default=replace, ensure_ascii=False, separators=(",", ":"))
            return text, attachments
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedPayloadError("a value that has no JSON form") from error


def _load(payload: str, attachments: Sequence[bytes]) -> Any:
    def restore(members: dict[str, Any]) -> Any:
        number = members.get("num")
        if (
            members.get("_placeholder") is True
            and type(number) is int
            and 0 <= number < len(attachments)
        ):
            return attachments[number]
        return members

    return json.loads(
        repair_surrogates(payload) if "\\u" in payload else payload,
        object_hook=restore if attachments else None,
    )


def _as_float(value: Any) -> float:
    """Write integers beyond 64 bits as floats, which they are in JavaScript."""
    return float(value)
