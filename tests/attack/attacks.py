"""Every attack, with what the server must have for it and where the stranger goes meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tests.attack import on_messages, on_recovery, on_requests
from tests.attack.aim import Aim


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to harm a server, bounded in time, bytes and count."""

    run: Callable[[Aim], Awaitable[None]]
    options: tuple[str, ...] = ()
    """What the server is started with, as its command line has it."""
    namespace: str = "/"
    """Where the stranger goes; see `Stranger.namespace`."""
    times: float = 1.0
    """How many times as long as others it may last, because it ends once it has done what it is
    for.
    """
    host: str = ""
    """What of it is the host's affair where Ackord is served as plain ASGI."""

    @property
    def name(self) -> str:
        """How the command line and the table call it."""
        return self.run.__name__.replace("_", " ")


_PROXIES: Final = ("--proxies",)
_RECOVERY: Final = ("--recovery",)
_COUNTED: Final = 8.0
_REQUESTS: Final = "requests that aren't complete"
_FRAMES: Final = "frames until a message is complete"

ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(on_requests.handshakes_from_one_address, _PROXIES, times=_COUNTED),
        Attack(on_requests.handshakes_from_many_addresses, _PROXIES, times=_COUNTED),
        Attack(on_requests.websockets_that_join_nothing, _PROXIES, times=_COUNTED),
        Attack(on_requests.connections_from_one_address, _PROXIES, times=_COUNTED),
        Attack(on_requests.churn),
        Attack(on_requests.silent_connections, host=_REQUESTS, times=_COUNTED),
        Attack(on_requests.slow_heads, host=_REQUESTS),
        Attack(on_requests.endless_heads, host=_REQUESTS),
        Attack(on_requests.bodies_that_stop, times=_COUNTED),
        Attack(on_requests.endless_bodies),
        Attack(on_requests.pipelined_behind_a_poll, host="requests behind one that waits"),
        Attack(on_requests.refused_requests),
        Attack(on_requests.refused_websockets, host="the log of refused WebSockets"),
        Attack(on_messages.tenants, _PROXIES, namespace="/tenant-*", times=_COUNTED),
        Attack(
            on_messages.tenants_that_may_come_back,
            (*_PROXIES, *_RECOVERY),
            namespace="/tenant-*",
            times=_COUNTED,
        ),
        Attack(on_messages.refused_connects),
        Attack(on_messages.joining_and_leaving),
        Attack(on_messages.packets_for_nobody),
        Attack(on_messages.batches_of_connects),
        Attack(on_messages.batches_sent_ahead),
        Attack(on_messages.costly_values, times=_COUNTED),
        Attack(on_messages.recursive_unions, namespace="/typed", times=_COUNTED),
        Attack(on_messages.costly_batches),
        Attack(on_messages.waiting_events),
        Attack(on_messages.waiting_behind_an_acknowledgement),
        Attack(on_messages.invalid_events, namespace="/typed"),
        Attack(on_messages.raising_handlers),
        Attack(on_messages.pings, host=_FRAMES),
        Attack(on_messages.fragments, host=_FRAMES),
        Attack(on_messages.cut_frames, host=_FRAMES, times=_COUNTED),
        Attack(on_messages.parked_attachments, times=_COUNTED),
        Attack(
            on_messages.compression_bombs, ("--compression",), host="compression", times=_COUNTED
        ),
        Attack(on_messages.clients_that_read_nothing, times=_COUNTED),
        Attack(on_recovery.replays_again_and_again, _RECOVERY),
        Attack(on_recovery.missed_more_than_is_buffered, _RECOVERY, times=_COUNTED),
    )
}
