"""What a client missed, written as fast as its network takes it.

A client that comes back gets the events that it missed before the answer to CONNECT: npm's client
holds them back until it is connected. There may be more of them than a
connection may buffer, so they are written in pieces, and the next piece waits until the network
has taken most of the last one.

Until the answer to CONNECT the client is still away for everybody else. What is sent to it
meanwhile is recorded like the rest, and follows in its place. Thus nothing waits but in the log of
the recovery, which is bounded; a client that is slower than the log is lost to it, and begins anew.
"""

from __future__ import annotations

import asyncio
from typing import Final

from ackord.runtime.engine.link import EngineSocket
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.protocol.socketio.event import EncodedEvent
from ackord.runtime.protocol.socketio.packet import encode_event
from ackord.runtime.protocol.socketio.recovery import RecoverySession
from ackord.runtime.server.recovery import Recovery
from ackord.runtime.websocket import bounds

PIECES: Final = 4
"""Into how many pieces that is divided which a connection may buffer."""
SHORTEST_LOOK: Final = 0.01
"""Seconds between two looks at whether the network has taken a piece: no transport tells."""
LONGEST_LOOK: Final = 0.32
"""The same for a network that has taken nothing for some time."""
MOST_LOGS: Final = 2
"""How many times what the log may hold is written in one attempt; a client that is behind even then
begins anew.
"""


class StalledError(Exception):
    """The network takes nothing."""


async def replay(
    engine: EngineSocket,
    recovery: Recovery,
    session: RecoverySession,
    prefix: str,
) -> None:
    """Write what a client missed, all but a rest that may be written at once, with the answer to
    CONNECT.

    Raises:
        StalledError: the network has taken nothing for as long as a connection may stall.
    """
    piece = recovery.max_buffered // PIECES
    left = MOST_LOGS * recovery.log.options.max_bytes
    while missing := recovery.missing(session):
        if engine.buffered + min(piece, missing) > 2 * piece:
            await _wait(engine, piece)
            continue
        if missing <= piece:
            return
        if left <= 0:
            recovery.log.require_fresh_start(session)
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
