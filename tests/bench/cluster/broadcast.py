"""A broadcast to a thousand clients of two nodes: over Redis, without Redis, and Node's."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from tests.bench.cluster.nodes import Lab, Spent
from tests.bench.measure import Running

CLIENTS: Final = 1000
SUBSCRIBING: Final = 0.5
"""Seconds for a node to join the cluster after its first connection."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Microseconds of CPU for a delivery."""

    sender: float
    """Of the node whose client shouts."""
    receiver: float
    """Of the other one."""

    def __add__(self, other: Delivery) -> Delivery:
        """Return the mean of two loads."""
        return Delivery((self.sender + other.sender) / 2, (self.receiver + other.receiver) / 2)

    @classmethod
    def of(cls, spent: Spent, sender: Running, receiver: Running) -> Delivery:
        """Share the CPU of each node among its half of the deliveries."""
        each = spent.count / 2 / 1e6
        return cls(spent.seconds[sender.child.pid] / each, spent.seconds[receiver.child.pid] / each)


@dataclass(frozen=True, slots=True)
class Measured:
    """One round of a cluster."""

    shared: Delivery
    """Over Redis: one client shouts to all."""
    local: Delivery
    """In the same nodes, without Redis: a client of each node shouts to those of its node."""


def measure(lab: Lab, system: str, url: str, clients: int = CLIENTS) -> Measured:
    """Measure the nodes of one system.

    Raises:
        ChildError: one of the processes failed.
    """
    with ExitStack() as stack:
        nodes = [lab.start(stack, system, url) for _ in range(2)]
        pids = [node.child.pid for node in nodes]
        time.sleep(SUBSCRIBING)

        def shout(event: str, shouters: int) -> Delivery:
            options = (
                *("--workload=broadcast", f"--clients={clients}", f"--event={event}"),
                *(f"--other={nodes[1].port}", f"--shouters={shouters}"),
            )
            return Delivery.of(lab.load(pids, nodes[0].port, *options), *nodes)

        # The machine's mood changes: what is compared begins and ends at the same time.
        first = shout("shout", 1)
        local = shout("shout_here", 2) + shout("shout_here", 2)
        return Measured(first + shout("shout", 1), local)
