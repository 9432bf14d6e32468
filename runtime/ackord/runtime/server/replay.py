"""Replays the events that a client missed, as fast as its network takes them.

A client that comes back gets the events that it missed before the answer to CONNECT: npm's client
holds them back until it is connected. There may be more of them than a
connection may buffer, so they are written in pieces, and the next piece waits until the network
has taken most of the last one.

Until the answer to CONNECT the client still counts as absent: events to it are recorded, and follow
in their order. So events wait only in the log of the recovery, which is bounded. If the client is
so slow that the log discards events, it gets a new session.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import encode_event
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.shared_recovery import AnyRecovery
from ackord.runtime.websocket import bounds

PIECES: Final = 4
"""A piece is `max_buffered`, divided by this."""
SHORTEST_LOOK: Final = 0.01
"""Seconds between two checks whether the network has taken a piece, which no transport reports."""
LONGEST_LOOK: Final = 0.32
"""The same for a network that has taken nothing for some time."""
MOST_LOGS: Final = 2
"""Bytes that are written in one attempt, as a multiple of the log's bound; a client that is still
behind then gets a new session.
"""


class StalledError(Exception):
    """The network takes nothing."""


async def replay(
    engine: EngineSocket,
    recovery: AnyRecovery,
    session: RecoverySession,
    prefix: str,
) -> None:
    """Write the events that a client missed, except a rest that may be written at once with the
    answer to CONNECT.

    Raises:
        StalledError: the network has taken nothing for as long as a connection may stall.
    """
    piece = recovery.max_buffered // PIECES
    left = MOST_LOGS * recovery.most_bytes
    while missing := recovery.missing(session):
        if engine.buffered + min(piece, missing) > 2 * piece:
            await _wait(engine, piece)
            continue
        if missing <= piece:
            return
        if left <= 0:
            recovery.require_fresh_start(session)
            return
        left -= piece
        for event in recovery.take_missed(session, piece):
            write(engine, prefix, event)
        await asyncio.sleep(
            0
            # others have their turn, also if no event is for this client
        )


def write(engine: EngineSocket, prefix: str, event: EncodedEvent) -> None:
    """Write one event that a client missed."""
    text = encode_event(prefix, event.arguments, len(event.attachments))
    engine.send_prepared(Prepared(text, event.attachments))


async def _wait(engine: EngineSocket, enough: int) -> None:
    """Wait until the network has taken all but `enough` bytes."""
    look = SHORTEST_LOOK
    least = engine.buffered
    stalled = 0.0
    while (buffered := engine.buffered) > enough:
        if buffered < least:
            least, look, stalled = buffered, SHORTEST_LOOK, 0.0
        elif stalled >= bounds.STALL_TIMEOUT:
            raise StalledError
        await asyncio.sleep(look)
        stalled += look
        look = min(2 * look, LONGEST_LOOK)
