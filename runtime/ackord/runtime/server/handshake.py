"""The request that opened a socket's connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ackord.runtime.engine.link import EngineRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """The first HTTP request of a socket's connection, and its CONNECT packet."""

    headers: Mapping[str, str]
    """Lower-case names."""
    time: str
    """`issued` for people."""
    address: str
    """The peer's address."""
    xdomain: bool
    """Whether the request has an Origin."""
    secure: bool
    """Whether it came over TLS."""
    issued: int
    """Milliseconds since 1970 at which the namespace was asked for."""
    url: str
    """Path and query string."""
    query: Mapping[str, str]
    """Parsed query string; the last value of a repeated key."""
    auth: dict[str, Any]
    """Payload of the CONNECT packet; empty when there was none."""


def make_handshake(request: EngineRequest, auth: dict[str, Any], issued: float) -> Handshake:
    """Make the value of `Socket.handshake`; `issued` is in seconds since 1970."""
    return Handshake(
        headers=request.headers,
        time=datetime.fromtimestamp(issued, UTC).strftime("%a %b %d %Y %H:%M:%S GMT+0000"),
        address=request.address,
        xdomain="origin" in request.headers,
        secure=request.secure,
        issued=int(issued * 1000),
        url=request.url,
        query=request.query,
        auth=auth,
    )
