"""Connections from which no whole request has come yet: a client can open any number of them.

They end after `ackord.runtime.hosting.uvicorn.bounds.HEAD_TIMEOUT`. Until then they are bounded
like half-open sessions, by the same number: from half of it on, a new one closes the oldest one of
the address that has the most, if that is more than its fair share; at the bound the oldest one in
any case (see `ackord.runtime.bounds.shares`). No connection is refused.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final
from weakref import WeakKeyDictionary

from ackord.runtime.bounds.memory import MemoryBudget, budget_of
from ackord.runtime.bounds.shares import NOBODY, Shares
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.proxies import TrustedProxies
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.logs.limited import LimitedLog
from ackord.runtime.logs.text import quoted
from uvicorn.server import ServerState

_LEAST: Final = 100
"""Connections that may wait in any case, even if fewer sessions are allowed."""


class WaitingConnections:
    """The connections of one server that wait for a request."""

    __slots__ = ("_engine", "_proxies", "_shares", "log")

    def __init__(self, engine: EngineServer | None = None) -> None:
        """Take the engine, whose options bound these connections, and whose budget counts their
        memory.
        """
        self._engine = engine
        options = EngineOptions() if engine is None else engine.options
        self._proxies = TrustedProxies(options.trusted_proxies)
        # A process with a low limit of open files needs them for sessions.
        files = max(_LEAST, options.connections // 2)
        self._shares: Shares[asyncio.WriteTransport] = Shares(min(options.max_half_open, files))
        self.log = LimitedLog(logging.getLogger("ackord.runtime.hosting"))
        """The log for connections before they have sessions."""

    @property
    def memory(self) -> MemoryBudget:
        """The memory budget that counts these connections."""
        if self._engine is None:
            return budget_of(asyncio.get_running_loop())
        return self._engine.memory

    def __contains__(self, transport: asyncio.WriteTransport) -> bool:
        return transport in self._shares

    def __len__(self) -> int:
        return len(self._shares)

    def add(self, transport: asyncio.WriteTransport) -> None:
        """Count a connection; another one may be closed for it."""
        shares = self._shares
        address = _address_of(transport)
        if shares.is_half_full:
            victim = shares.find_victim() if shares.is_full else shares.find_greediest()
            if victim is not None:
                self._end(victim)
        shares.add(transport, self._proxies.identify(address, address, {}))

    def remove(self, transport: asyncio.WriteTransport) -> None:
        """Count a connection no longer: a request has come, or it is gone."""
        self._shares.remove(transport)

    def _end(self, victim: asyncio.WriteTransport) -> None:
        shares = self._shares
        client = shares.client_of(victim)
        who = f"A client at {quoted(_address_of(victim))} has"
        hint = ""
        if client == NOBODY:
            who = "Clients at addresses that may be those of proxies have"
            hint = " Bound the connections of one client in the proxy, if there is one."
        self.log.write_warning(
            "waiting connections",
            client,
            f"{who} {shares.count(client):,} connections of {len(shares):,} from which no request "
            "has come, with max_half_open at "
            f"{shares.bound:,}: the oldest one ends for each new one.{hint}",
        )
        shares.remove(victim)
        victim.abort()


def _address_of(transport: asyncio.WriteTransport) -> str:
    match transport.get_extra_info("peername"):
        case (str(address), *_):
            return address
        case _:  # of a Unix socket
            return ""


_WAITING: Final[WeakKeyDictionary[ServerState, WaitingConnections]] = WeakKeyDictionary()
"""The waiting connections of each running server."""


def waiting_of(state: ServerState, engine: EngineServer | None = None) -> WaitingConnections:
    """Return the waiting connections of a server; the first call decides which engine bounds
    them.
    """
    waiting = _WAITING.get(state)
    if waiting is None:
        waiting = _WAITING[state] = WaitingConnections(engine)
    return waiting
