"""The requests of long-polling that a session takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from typing import Final

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.requests import IncomingPost, WaitingGet
from ackord.runtime.engine.running import RunningSession
from ackord.runtime.protocol.engineio.packet import MESSAGE, SEPARATOR, Packet, decode_payload
from ackord.runtime.protocol.engineio.state import State

_MESSAGE: Final = MESSAGE.encode()
_SEPARATOR: Final = SEPARATOR.encode()

PACKETS_PER_TURN: Final = 256
"""Packets of one POST that are handled before other sessions have their turn."""
_STEP: Final = 8
"""Packets of a POST that are handled before the handler is asked whether there may be more in this
turn: each one, where the body is `_LARGE` and its packets may be costly.
"""
_LARGE: Final = 65_536
_MANY: Final = 32
"""Packets of one POST after which no further request is handled in the same turn."""
_TEXT_FACTOR: Final = 2
"""How many times the bytes of a body its text takes, as a rule: one byte a character or two."""


class PolledSession(RunningSession):
    """A session as the requests of long-polling find it: GETs wait for packets, POSTs bring
    some.
    """

    __slots__ = ()

    def poll(self, get: WaitingGet) -> bool:
        """Take a GET, which is answered at once or later; false if it must be refused."""
        session = self.session
        if not session.poll(self._loop.time()):
            self._run()
            return False
        self._get = get
        if (
            session.state is not State.POLLING or not session.writable
        ):  # else it just waits, and no deadline has moved
            self._run()
        return True

    def abort_poll(self, get: WaitingGet) -> None:
        """Learn that the client of this GET has gone; does nothing if it has been answered."""
        if self._get is get:
            self._get = None
            self.session.abort_poll(self._loop.time())
            self._run()

    def begin_post(self, post: IncomingPost) -> bool:
        """Take the beginning of a POST; false if it must be refused.

        Where it is true, `receive_payload` may follow, and `end_post` must.
        """
        now = self._loop.time()
        accepted = self.session.begin_post(now)
        if accepted:
            self._post = post
            self._post_until = now + post.patience
        if (
            not accepted
            or self._post_until < self.session.heartbeat.at
            or self.session.state is State.CLOSING
        ):  # else no deadline has moved
            self._run()
        return accepted

    def receive_payload(self, body: bytes) -> Awaitable[None] | None:
        """Take the body of a POST; return what must be awaited before it is answered, if anything.

        A body may hold a hundred thousand packets: other sessions have their turn after some, and
        handlers set the pace. ``session.is_malformed`` tells afterwards whether the body ended the
        session by being malformed.
        """
        self._post = None
        if body[:1] == _MESSAGE and _SEPARATOR not in body and self._is_plain:
            try:
                message = body.decode()
            except UnicodeDecodeError:
                pass
            else:
                return self._receive_message(message)
        payload = decode_payload(body)
        step = _STEP if len(body) < _LARGE else 1
        has_more, taken = self._receive_packets(payload, step)
        if has_more:
            self.hold(Part.BODY, _TEXT_FACTOR * len(body))
            return self._receive_rest(payload, step)
        # A client may send further requests without waiting for the answer to this one: after many
        # packets they are for the next turn.
        return self._pause() if self.handler.congested or taken > _MANY else None

    def grow_post(self, size: int) -> None:
        """Learn how much of the body of a POST is there."""
        self.hold(Part.BODY, size)

    def end_post(self) -> None:
        """Learn that a POST has been answered, or won't be."""
        self._post = None
        if self._account is not None:
            self._account.hold(Part.BODY, 0)
        self.session.end_post()

    @property
    def _is_plain(self) -> bool:
        """Whether a message that comes over long-polling needn't go through the session's machine,
        as it would change nothing there.
        """
        session = self.session
        return session.state is State.POLLING and not (
            session.heartbeat.lenient or self._is_half_open or self._running
        )

    def _receive_message(self, message: str) -> Awaitable[None] | None:
        try:
            may_go_on = self.handler.receive_text(message)
        except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
            self.blame_handler(exc)
            return None
        return None if may_go_on else self.handler.ready()

    def _receive_packets(self, payload: Iterator[Packet], step: int) -> tuple[bool, int]:
        """Take the packets of one turn; return whether there may be more, and how many were taken
        at most.
        """
        taken = 0
        while taken < PACKETS_PER_TURN:
            has_more = self.session.receive_payload(payload, self._loop.time(), most=step)
            self._run()
            taken += step
            if not has_more or self.handler.congested:
                return has_more, taken
        return True, taken

    async def _receive_rest(self, payload: Iterator[Packet], step: int) -> None:
        has_more = True
        while has_more:
            await self._pause()
            has_more, _ = self._receive_packets(payload, step)
        if self.handler.congested:
            await self.handler.ready()

    async def _pause(self) -> None:
        if self.handler.congested:
            await self.handler.ready()
        else:
            await asyncio.sleep(0)
