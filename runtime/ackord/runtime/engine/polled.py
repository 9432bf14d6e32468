"""The requests of long-polling that a session takes: GETs, which wait for packets, and POSTs, which
bring packets.

A session has one GET and one POST at a time; a second one ends the session (Engine.IO protocol v4,
"HTTP long-polling"). For a GET, a host calls `poll`, and `poll_closed` if the client goes. For a
POST, it calls `begin_post`, then `receive_payload` if the body has come, and `end_post` in any
case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Final

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.protocol.engineio.packet import MESSAGE, SEPARATOR, Packet, decode_payload
from ackord.runtime.protocol.engineio.state import State

_MESSAGE: Final = MESSAGE.encode()
_SEPARATOR: Final = SEPARATOR.encode()

PACKETS_PER_TURN: Final = 256
"""Packets of one POST that are handled before other sessions have their turn."""
_STEP: Final = 8
"""Packets of a POST that are handled before `congested` is read again; one, where the body is
`_LARGE`, because its packets may be large.
"""
_LARGE: Final = 65_536
_MANY: Final = 32
"""Packets of one POST after which no further request is handled in the same turn."""
_TEXT_FACTOR: Final = 2
"""How many times the bytes of a body its text takes in memory: one or two bytes a character, as a
rule.
"""


def poll(session: EngineSession, get: WaitingGet) -> bool:
    """Take a GET, which is answered at once or later; false if the GET must be refused."""
    machine = session.machine
    if not machine.poll(session.loop.time()):
        session.run()
        return False
    session.waiting_get = get
    # A GET that just waits moves no deadline.
    if machine.state is not State.POLLING or not machine.writable:
        session.run()
    return True


def poll_closed(session: EngineSession, get: WaitingGet) -> None:
    """Called when the client of this GET has gone; does nothing if the GET was answered."""
    if session.waiting_get is get:
        session.waiting_get = None
        session.machine.poll_closed(session.loop.time())
        session.run()


def begin_post(session: EngineSession, post: IncomingPost) -> bool:
    """Take the beginning of a POST; false if the POST must be refused."""
    now = session.loop.time()
    machine = session.machine
    accepted = machine.begin_post(now)
    if accepted:
        session.post = post
        session.post_deadline = now + post.patience
    # A POST that must be complete only after the next heartbeat moves no deadline.
    if (
        not accepted
        or session.post_deadline < machine.heartbeat.at
        or machine.state is State.CLOSING
    ):
        session.run()
    return accepted


def receive_payload(session: EngineSession, body: bytes) -> Awaitable[None] | None:
    """Take the body of a POST; return an awaitable if the answer has to wait for it, else `None`.

    A body may hold a hundred thousand packets: after `PACKETS_PER_TURN` of them other sessions have
    their turn, and while the handlers are congested, no packet is handled. `Session.is_malformed`
    tells afterwards whether the body ended the session by being malformed.
    """
    if session.is_logged:
        session.watch_payload(body)
    session.post = None
    if body[:1] == _MESSAGE and _SEPARATOR not in body and _is_plain(session):
        try:
            message = body.decode()
        except UnicodeDecodeError:
            pass
        else:
            return _receive_message(session, message)
    payload = decode_payload(body)
    step = _STEP if len(body) < _LARGE else 1
    has_more, taken = _receive_packets(session, payload, step)
    if has_more:
        session.hold(Part.BODY, _TEXT_FACTOR * len(body))
        return _receive_rest(session, payload, step)
    # A client may send more requests without waiting for the answer to this one. After many
    # packets, these requests wait for the next turn of the event loop.
    return _pause(session) if session.handler.congested or taken > _MANY else None


def end_post(session: EngineSession) -> None:
    """Called when a POST was answered, or won't be answered."""
    session.post = None
    if session.account is not None:
        session.account.hold(Part.BODY, 0)
    session.machine.end_post()


def _is_plain(session: EngineSession) -> bool:
    """Whether a message may go straight to the handler, because it would change nothing in the
    machine.
    """
    machine = session.machine
    return machine.state is State.POLLING and not (
        machine.heartbeat.lenient or session.is_half_open or session.is_running
    )


def _receive_message(session: EngineSession, message: str) -> Awaitable[None] | None:
    try:
        may_go_on = session.handler.receive_text(message)
    except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
        session.blame_handler(exc)
        return None
    return None if may_go_on else session.handler.ready()


def _receive_packets(
    session: EngineSession, payload: Iterator[Packet], step: int
) -> tuple[bool, int]:
    """Take the packets of one turn; return whether there may be more, and how many were taken at
    most.
    """
    taken = 0
    while taken < PACKETS_PER_TURN:
        has_more = session.machine.receive_payload(payload, session.loop.time(), most=step)
        session.run()
        taken += step
        if not has_more or session.handler.congested:
            return has_more, taken
    return True, taken


async def _receive_rest(session: EngineSession, payload: Iterator[Packet], step: int) -> None:
    has_more = True
    while has_more:
        await _pause(session)
        has_more, _ = _receive_packets(session, payload, step)
    if session.handler.congested:
        await session.handler.ready()


async def _pause(session: EngineSession) -> None:
    if session.handler.congested:
        await session.handler.ready()
    else:
        await asyncio.sleep(0)
