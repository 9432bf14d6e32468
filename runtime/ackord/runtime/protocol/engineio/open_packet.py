"""The open packet, by which a server tells the settings of a session (Engine.IO v4, "handshake").

The packet is ``0`` and a JSON object. Times are milliseconds there, and seconds here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NoReturn, cast

from ackord.runtime.protocol.engineio.errors import MalformedPacketError
from ackord.runtime.protocol.engineio.packet import OPEN

MAX_OPEN_PACKET: Final = 16_384
"""Characters that an open packet may have; those of real servers have about 120."""
MAX_SID: Final = 1024
"""Characters of a session id."""
MAX_INTERVAL: Final = 86_400.0
"""Seconds that each time of the heartbeat may have: one day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPacket:
    """The settings of one session; times in seconds."""

    sid: str
    """The session's secret id; never shown to others."""
    upgrades: tuple[str, ...]
    """Transports that the session may move to."""
    ping_interval: float
    ping_timeout: float
    max_payload: int | None
    """Bytes that the server takes in one polling payload; `None` where it doesn't say."""


def encode_open_packet(
    *,
    sid: str,
    upgrades: tuple[str, ...],
    ping_interval: float,
    ping_timeout: float,
    max_payload: int | None,
) -> str:
    """Write ``0{"sid":…}``; the arguments are the fields of an `OpenPacket`."""
    settings = _encode_settings(upgrades, ping_interval, ping_timeout, max_payload)
    return f'{OPEN}{{"sid":{json.dumps(sid)},{settings}'


@lru_cache(maxsize=16)
def _encode_settings(
    upgrades: tuple[str, ...], ping_interval: float, ping_timeout: float, max_payload: int | None
) -> str:
    """Write the part that is the same for all sessions of a server."""
    settings: dict[str, Any] = {
        "upgrades": upgrades,
        "pingInterval": _milliseconds(ping_interval),
        "pingTimeout": _milliseconds(ping_timeout),
    }
    if max_payload is not None:
        settings["maxPayload"] = max_payload
    return json.dumps(settings, separators=(",", ":"))[1:]


def decode_open_packet(packet: str) -> OpenPacket:
    """Decode ``0{"sid":…}`` and check every bound.

    Raises:
        MalformedPacketError: It isn't an open packet, or announces something senseless.
    """
    if packet[:1] != OPEN:
        raise MalformedPacketError("the server's first packet is not an open packet")
    if len(packet) > MAX_OPEN_PACKET:
        raise MalformedPacketError("the open packet is too long")
    try:
        data: object = _decoder.decode(packet[1:])
    except (ValueError, RecursionError) as error:
        raise MalformedPacketError("the open packet is not JSON") from error
    if not isinstance(data, dict):
        raise MalformedPacketError("the open packet is not a JSON object")
    fields = cast("dict[str, Any]", data)
    interval, timeout = _seconds(fields, "pingInterval"), _seconds(fields, "pingTimeout")
    if interval + timeout <= 0:
        raise MalformedPacketError("the open packet leaves no time for a heartbeat")
    return OpenPacket(
        sid=_sid(fields),
        upgrades=_upgrades(fields),
        ping_interval=interval,
        ping_timeout=timeout,
        max_payload=_max_payload(fields),
    )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)


def _sid(fields: dict[str, Any]) -> str:
    match fields.get("sid"):
        case str(sid) if 0 < len(sid) <= MAX_SID:
            return sid
        case _:
            raise MalformedPacketError("the open packet has no valid sid")


def _upgrades(fields: dict[str, Any]) -> tuple[str, ...]:
    upgrades = fields.get("upgrades", [])
    if not isinstance(upgrades, list) or not all(
        isinstance(name, str) for name in cast("list[object]", upgrades)
    ):
        raise MalformedPacketError("the open packet's upgrades are not a list of names")
    return tuple(cast("list[str]", upgrades))


def _seconds(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise MalformedPacketError(f"the open packet has no valid {name}")
    # NaN and the infinities fail this as well; a conversion to float would raise for huge integers.
    if not 0 <= value <= MAX_INTERVAL * 1000:
        raise MalformedPacketError(f"the open packet's {name} is out of bounds")
    return value / 1000


def _max_payload(fields: dict[str, Any]) -> int | None:
    value = fields.get("maxPayload")
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise MalformedPacketError("the open packet's maxPayload is not a positive integer")
    return value


def _milliseconds(seconds: float) -> int | float:
    # 0.29 * 1000 is 289.99999999999994: round, don't truncate.
    value = round(float(seconds) * 1000, 3)
    return int(value) if value.is_integer() else value
