"""The states of a session on the server and on the client, and how one follows another.

On the server, a session over WebSocket begins in `State.WEBSOCKET` and stays there until its end. A
session over long-polling begins in `State.POLLING`; an upgrade (Engine.IO v4, "upgrade") takes it
by `OFFERED` and, if the client probes, `PROBED` to `WEBSOCKET`, or back where the upgrade fails.
Until then requests are answered as before: the WebSocket carries nothing but the probe.

    POLLING ──OFFER──▶ OFFERED ──PROBE──▶ PROBED
       ▲                 │  │               │  │
       ├─────CANCEL──────┘  │               │  │
       ├─────CANCEL─────────┼───────────────┘  │
                            └─────UPGRADE──────┴──▶ WEBSOCKET

CLOSE by this side leaves the three states of long-polling for `CLOSING`, which waits for a GET that
fetches the CLOSE packet; END leads from everywhere to `CLOSED`.

On the client, a session is `ClientState.OPEN` whatever its transport. An upgrade leads through
`PROBING` and `PAUSING` and back to `OPEN`, over WebSocket where it succeeds:

    OPENING ──OPEN──▶ OPEN ──PROBE──▶ PROBING ──ANSWER──▶ PAUSING
                       ▲ ▲               │                 │
                       │ └────CANCEL─────┴─────CANCEL──────┤
                       └───────────────UPGRADE─────────────┘
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class State(Enum):
    """The state of a server's session."""

    __hash__ = object.__hash__  # that of `Enum` is written in Python, and called for each request

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
"""The possible transitions; any other one is a bug of `Session`."""

OPEN: Final = frozenset((State.POLLING, State.OFFERED, State.PROBED, State.WEBSOCKET))
"""The states in which messages can be sent."""

ON_POLLING: Final = frozenset((State.POLLING, State.OFFERED, State.PROBED, State.CLOSING))
"""The states in which requests are answered."""

UPGRADING: Final = frozenset((State.OFFERED, State.PROBED))
"""The states in which a WebSocket was offered."""


class ClientState(Enum):
    """The state of a client's session."""

    __hash__ = object.__hash__

    OPENING = auto()
    """The open packet hasn't come yet."""
    OPEN = auto()
    """Messages may go both ways, over whatever transport is in use."""
    PROBING = auto()
    """Open, over long-polling; a WebSocket probes."""
    PAUSING = auto()
    """Open; the server has answered the probe, and the last requests of long-polling run. What is
    sent waits for their end.
    """
    CLOSED = auto()
    """Over; `ClientSession.close_reason` says why."""


class ClientTrigger(Enum):
    """What moves a client's session from state to state."""

    OPEN = auto()
    PROBE = auto()
    ANSWER = auto()
    CANCEL = auto()
    UPGRADE = auto()
    END = auto()


CLIENT_TRANSITIONS: Final = {
    (ClientState.OPENING, ClientTrigger.OPEN): ClientState.OPEN,
    (ClientState.OPEN, ClientTrigger.PROBE): ClientState.PROBING,
    (ClientState.PROBING, ClientTrigger.ANSWER): ClientState.PAUSING,
    (ClientState.PROBING, ClientTrigger.CANCEL): ClientState.OPEN,
    (ClientState.PAUSING, ClientTrigger.CANCEL): ClientState.OPEN,
    (ClientState.PAUSING, ClientTrigger.UPGRADE): ClientState.OPEN,
    (ClientState.OPENING, ClientTrigger.END): ClientState.CLOSED,
    (ClientState.OPEN, ClientTrigger.END): ClientState.CLOSED,
    (ClientState.PROBING, ClientTrigger.END): ClientState.CLOSED,
    (ClientState.PAUSING, ClientTrigger.END): ClientState.CLOSED,
}
"""What is possible; anything else is a mistake of `ClientSession`."""

CLIENT_UPGRADING: Final = frozenset((ClientState.PROBING, ClientState.PAUSING))
"""A WebSocket is to take over from long-polling."""
