"""The bounds on the number of sessions, and which session is closed for a new one
(`ackord.runtime.bounds.shares` defines "victim", "greedy" and "fair share").

A client pays little for a handshake, so *half-open* sessions, whose client has sent no message yet,
have a bound of their own:

- `max_half_open`: from half of it on, each new session ends the oldest half-open one of the client
  that has the most, if that is more than its fair share; at the bound itself the victim of the
  shares. No handshake is refused.
- `max_connections`: for a new session at the bound, these are tried in order.
  1. If the client with the most sessions is greedy, its oldest half-open session is closed, or its
     oldest session while fewer than `_NEWCOMERS` of them are half-open: new clients need a moment
     for their first message.
  2. The victim among the half-open ones.
  3. If more than half of all sessions belong to `NOBODY`, and the new one doesn't, the oldest of
     these.
  4. The handshake is refused.
"""

from __future__ import annotations

from typing import Final

from ackord.runtime.bounds.shares import NOBODY, Shares
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.protocol.engineio.handshake import TOO_MANY_CONNECTIONS

_NEWCOMERS: Final = 100
"""Half-open sessions for which sessions of a greedy client are closed."""


class Capacity:
    """The sessions of one server, counted in all and by client."""

    __slots__ = ("_log", "half_open", "sessions")

    def __init__(self, *, max_half_open: int, max_connections: int, log: LimitedLog) -> None:
        self.sessions: Shares[EngineSession] = Shares(max_connections)
        """All sessions."""
        self.half_open: Shares[EngineSession] = Shares(max_half_open)
        """The half-open sessions."""
        self._log = log

    def add(self, session: EngineSession) -> None:
        """Count a new session."""
        client = session.request.client
        self.sessions.add(session, client)
        self.half_open.add(session, client)

    def remove(self, session: EngineSession) -> None:
        """Count a session no longer."""
        self.sessions.remove(session)
        if session.is_half_open:
            self.half_open.remove(session)

    def clear(self) -> None:
        """Count no session any longer."""
        self.sessions.clear()
        self.half_open.clear()

    def check(self, request: EngineRequest) -> None:
        """Check that there is room for a new session, or a session that may be closed for it.

        Raises:
            HandshakeRefusedError: there are `max_connections` sessions.
        """
        if self.sessions.is_full and self._find_victim(request.client) is None:
            self._warn(
                "sessions",
                "max_connections",
                self.sessions,
                request,
                "the handshake is refused with 503",
            )
            raise HandshakeRefusedError(TOO_MANY_CONNECTIONS.because(name="TOO_MANY_CONNECTIONS"))

    def make_room(self, request: EngineRequest) -> None:
        """Close the sessions that have to be closed for a new one.

        Raises:
            HandshakeRefusedError: there are `max_connections` sessions, and none of them may be
                closed for a new one.
        """
        if self.sessions.is_full:
            self.check(request)
            self._end(
                self._find_victim(request.client), "sessions", "max_connections", self.sessions
            )
        half_open = self.half_open
        if half_open.is_half_full:
            victim = half_open.find_victim() if half_open.is_full else half_open.find_greediest()
            self._end(
                victim,
                "half-open sessions, whose clients have sent no message yet,",
                "max_half_open",
                half_open,
            )

    def _find_victim(self, newcomer: str) -> EngineSession | None:
        sessions, half_open = self.sessions, self.half_open
        greediest = sessions.find_greediest()
        if greediest is not None:
            newest = half_open.find_oldest(greediest.request.client)
            if newest is not None:
                return newest
            if len(half_open) <= min(_NEWCOMERS, max(1, sessions.bound // 2)):
                return greediest
        victim = half_open.find_victim()
        if victim is None and newcomer != NOBODY and 2 * sessions.count(NOBODY) > sessions.bound:
            return sessions.find_oldest(NOBODY)
        return victim

    def _end(
        self, victim: EngineSession | None, what: str, option: str, shares: Shares[EngineSession]
    ) -> None:
        if victim is not None:
            self._warn(what, option, shares, victim.request, "its oldest one ends for each new one")
            victim.close_with_error(f"more than {option}")

    def _warn(
        self,
        what: str,
        option: str,
        shares: Shares[EngineSession],
        request: EngineRequest,
        consequence: str,
    ) -> None:
        who = f"A client at {quoted(request.address)}"
        hint = f"raise {option} if that is your load"
        if request.client == NOBODY:
            who = (
                f"What comes from {quoted(request.address)} and from other addresses that may be "
                "those of proxies"
            )
            hint += (
                ", and name your proxies in trusted_proxies, so that one client can't use up what "
                "belongs to all"
            )
        text = (
            f"{who} has {shares.count(request.client):,} {what} of {len(shares):,}, with {option} "
            f"at {shares.bound:,}: {consequence}; {hint}."
        )
        self._log.write_warning(
            f"{option} {consequence}",
            request.client if shares.is_greedy(request.client) else None,
            text,
        )
