"""Tokens for rooms in a cluster of sixteen nodes: what they cost a node with its share of the
members, and one without members.
"""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass

from tests.bench.child import Child, ChildError
from tests.bench.cluster import town
from tests.bench.cluster.nodes import Lab

STARTING = 60.0
MOST_LOST = 0.1
"""The share of the messages that may come late: a machine that is busy sends fewer."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a core that a node uses."""

    busy: float
    """With members of rooms, to which it sends, too."""
    empty: float
    """Without clients."""
    rate: float
    """Messages a second that were sent to the clients of the node."""


def measure(lab: Lab, system: str, url: str, most_lost: float = MOST_LOST) -> Share:
    """Measure the nodes of one system.

    Raises:
        ChildError: one of the processes failed, or messages were lost.
    """
    with ExitStack() as stack:
        empty = lab.start(stack, system, url)
        busy = lab.start(stack, system, url, "streaming")
        command = [sys.executable, "-m", "tests.bench.cluster.others", system, url]
        others = Child("the other nodes", command, core=lab.cores.load)
        stack.callback(others.end)
        others.line(STARTING)
        time.sleep(lab.warm_up)
        pids = (busy.child.pid, empty.child.pid)
        spent = lab.load(pids, busy.port, "--workload=listen", f"--clients={town.CLIENTS}")
        rate = spent.count / spent.duration
        if rate < town.DELIVERIES * (1 - most_lost):
            raise ChildError(
                f"{system}: {rate:.0f} of {town.DELIVERIES:.0f} messages a second came"
            )
        shares = [spent.seconds[pid] / spent.duration for pid in pids]
        return Share(shares[0], shares[1], rate)
