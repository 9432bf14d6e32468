"""The states of a server's session, and how it gets from one to another."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class State(Enum):
    """Where a session stands."""

    __hash__ = object.__hash__  # that of `Enum` is written in Python, and asked at each request

    POLLING = auto()
    """Open, over long-polling."""
    OFFERED = auto()
    """Open, over long-polling; a WebSocket has arrived and not probed yet."""
    PROBED = auto()
    """Open, over long-polling; the WebSocket has probed and may take over."""
    WEBSOCKET = auto()
    """Open, over WebSocket."""
    CLOSING = auto()
    """Closed by this side; over long-polling, and waiting for the GET that fetches CLOSE."""
    CLOSED = auto()
    """Over."""


class Trigger(Enum):
    """What moves a session from state to state."""

    OFFER = auto()
    PROBE = auto()
    CANCEL = auto()
    UPGRADE = auto()
    CLOSE = auto()
    END = auto()


TRANSITIONS: Final = {
    (State.POLLING, Trigger.OFFER): State.OFFERED,
    (State.OFFERED, Trigger.PROBE): State.PROBED,
    (State.OFFERED, Trigger.UPGRADE): State.WEBSOCKET,
    (State.OFFERED, Trigger.CANCEL): State.POLLING,
    (State.PROBED, Trigger.CANCEL): State.POLLING,
    (State.PROBED, Trigger.UPGRADE): State.WEBSOCKET,
    (State.POLLING, Trigger.CLOSE): State.CLOSING,
    (State.OFFERED, Trigger.CLOSE): State.CLOSING,
    (State.PROBED, Trigger.CLOSE): State.CLOSING,
    (State.POLLING, Trigger.END): State.CLOSED,
    (State.OFFERED, Trigger.END): State.CLOSED,
    (State.PROBED, Trigger.END): State.CLOSED,
    (State.WEBSOCKET, Trigger.END): State.CLOSED,
    (State.CLOSING, Trigger.END): State.CLOSED,
}

"""What is possible; anything else is a mistake of `Session`."""

OPEN: Final = frozenset((State.POLLING, State.OFFERED, State.PROBED, State.WEBSOCKET))
"""Messages can be sent."""

ON_POLLING: Final = frozenset((State.POLLING, State.OFFERED, State.PROBED, State.CLOSING))
"""Requests are answered."""

UPGRADING: Final = frozenset((State.OFFERED, State.PROBED))
"""A WebSocket wants to take over."""
