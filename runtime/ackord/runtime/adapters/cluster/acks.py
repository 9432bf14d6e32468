"""Acknowledgements of a broadcast across servers, for adapters of clusters.

The server that broadcasts keeps `RemoteAcks`. Each other server makes an `AckRelay`, the collector
of its own sockets. It first says which sockets are asked, once, and then each outcome.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from ackord.runtime.adapters.base import AckCollector, LocalNamespace
from ackord.runtime.adapters.cluster.messages import Answered, Asked
from ackord.runtime.errors import AckordError, DisconnectedError, InvalidAckError
from ackord.runtime.protocol.socketio.errors import PacketError
from ackord.runtime.sockets.acks import AckReply
from ackord.runtime.sockets.payloads import decode_array

MAX_EARLY: Final = 1000
"""Acknowledgements kept for a broadcast that overtook the message that says which sockets are
asked; a server that sends through a Redis Cluster may reconnect between the two.
"""


class AckRelay:
    """Collects the acknowledgements of this process's sockets for a broadcast of another server;
    implements `AckCollector`.
    """

    __slots__ = (
        "_early",
        "_expected",
        "_is_sealed",
        "_namespace",
        "_settled",
        "_timer",
        "_waiting",
        "ack_id",
        "timeout",
    )

    def __init__(
        self,
        namespace: LocalNamespace,
        timeout: float,
        expected: Callable[[frozenset[str]], object],
        settled: Callable[[str, AckReply | AckordError], object],
    ) -> None:
        """Take the parts, and start the timeout.

        Args:
            namespace: The namespace whose sockets are asked.
            timeout: Seconds until the sockets no longer wait; `AckCollector.timeout` of the server
                that broadcasts.
            expected: Called first and once, with the ids of the sockets that are asked, to send
                them to that server.
            settled: Called with the outcome of one socket, to send it to that server.
        """
        self.ack_id = namespace.next_ack_id()
        self.timeout = timeout
        self._namespace = namespace
        self._expected = expected
        self._settled = settled
        self._waiting: set[str] = set()
        # Outcomes that came before all sockets were asked.
        self._early: list[tuple[str, AckReply | AckordError]] = []
        self._is_sealed = False
        self._timer = asyncio.get_running_loop().call_later(timeout, self.discard)

    def expect(self, sids: Iterable[str]) -> None:
        """See `AckCollector.expect`."""
        self._waiting.update(sids)

    def settle(self, sid: str, outcome: AckReply | AckordError) -> None:
        """See `AckCollector.settle`."""
        if sid not in self._waiting:
            return
        if isinstance(outcome, AckordError):
            self._take(sid, outcome)
            return
        try:
            decode_array(*outcome)  # the other server can't end the connection
        except PacketError as error:
            self._take(sid, InvalidAckError(str(error)))
            raise
        self._take(sid, outcome)

    def _take(self, sid: str, outcome: AckReply | AckordError) -> None:
        if not self._is_sealed:
            self._early.append((sid, outcome))
            return
        self._waiting.remove(sid)
        self._settled(sid, outcome)
        if not self._waiting:
            self._timer.cancel()

    def seal(self) -> None:
        """See `AckCollector.seal`."""
        self._is_sealed = True
        self._expected(frozenset(self._waiting))
        for sid, outcome in self._early:
            self._take(sid, outcome)
        self._early.clear()
        if not self._waiting:
            self._timer.cancel()

    def discard(self) -> None:
        """Forget the pending acks of the sockets."""
        self._timer.cancel()
        for sid in self._waiting:
            self._namespace.forget_ack(sid, self.ack_id)
        self._waiting.clear()


class RemoteAcks:
    """The acknowledgements of other servers' sockets for one broadcast of this server.

    The collector is sealed when each server has said which sockets it asks, or has left. A server
    that only says how many gets ids that are invented here.
    """

    __slots__ = ("_collector", "_early", "_gone", "_left", "_nameless", "_servers", "_sids")

    def __init__(self, collector: AckCollector) -> None:
        """Wait for other servers; the sockets of this process have been asked already."""
        self._collector = collector
        self._servers: int | None = None  # how many of them are to say whom they ask, once known
        self._sids: dict[str, set[str]] = {}
        self._nameless: dict[str, list[str]] = {}
        # What came before its server said which sockets it asks.
        self._early: list[tuple[str, Answered]] = []
        self._gone: set[str] = set()
        self._left = 0  # servers that are waited for, and left before they said it

    @property
    def is_over(self) -> bool:
        """Whether no acknowledgement is awaited any longer."""
        return self._is_told and not any(self._sids.values())

    @property
    def _is_told(self) -> bool:
        return self._servers is not None and len(self._sids) + self._left >= self._servers

    def await_servers(self, count: int) -> None:
        """Wait for so many servers, those that have answered included."""
        self._servers = count
        self._seal_if_told()

    def expect(self, server: str, asked: Asked) -> None:
        """Add the sockets that a server asks."""
        if self._is_told:
            return
        if not server:  # an answer that doesn't name its server
            server = f"#{len(self._sids)}"
        if server in self._sids:
            return
        if asked.sids is None:
            self._nameless[server] = [f"{server}:{number}" for number in range(asked.count)]
        sids = self._nameless[server] if asked.sids is None else asked.sids
        self._sids[server] = set(sids)
        self._collector.expect(self._sids[server])
        early, self._early = self._early, []
        for name, answered in early:
            self.settle(name, answered)
        if server in self._gone:
            self.drop(server)
        self._seal_if_told()

    def settle(self, server: str, answered: Answered) -> None:
        """Settle the acknowledgement of a socket of a server."""
        sid = answered.sid
        if not server:
            server = next((name for name, left in self._nameless.items() if left), "")
        if server not in self._sids and not self._is_told and len(self._early) < MAX_EARLY:
            self._early.append((server, answered))
            return
        if sid is None and (nameless := self._nameless.get(server)):
            sid = nameless.pop()
        sids = self._sids.get(server)
        if sids is None or sid is None or sid not in sids:
            return
        sids.remove(sid)
        outcome = answered.reply or DisconnectedError("the socket won't answer")
        with suppress(
            PacketError
        ):  # the answer is invalid, so the socket counts as one that didn't answer
            self._collector.settle(sid, outcome)

    def drop(self, server: str) -> None:
        """Wait no longer for the sockets of a server that has left."""
        self._gone.add(server)
        if server in self._sids:
            for sid in self._sids[server]:
                self._collector.settle(sid, DisconnectedError("the server of the socket has left"))
            self._sids[server] = set()
        elif self._servers is not None and not self._is_told:
            self._left += 1
            self._seal_if_told()

    def _seal_if_told(self) -> None:
        if self._is_told:
            self._collector.seal()
