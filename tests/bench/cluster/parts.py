"""The parts of the benchmark of clusters: each adds a round to its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Final

from tests.bench.cluster import broadcast, entries, rooms, workers
from tests.bench.cluster.figures import Figures
from tests.bench.cluster.nodes import ADAPTERS, Lab
from tests.bench.rounds import turned
from tests.redis import serving_redis

OVER_LOCAL: Final = 1.15
OVER_NODE: Final = 0.75
OVER_PSIO: Final = 0.35
EMPTY_OVER_PSIO: Final = 0.02
OVER_ONE_WORKER: Final = 1.10
MOST_AT_ONE: Final = 0.6


def add_broadcast(lab: Lab, figures: Figures, number: int) -> None:
    """Measure a broadcast to a thousand clients of two nodes."""
    systems = [*ADAPTERS, *(f"node-{adapter}" for adapter in ADAPTERS)]
    with serving_redis() as redis:
        found = {
            system: broadcast.measure(lab, system, redis.url) for system in turned(systems, number)
        }
    for adapter in ADAPTERS:
        ours, node = found[adapter], found[f"node-{adapter}"].shared
        for end in ("sender", "receiver"):
            cost = getattr(ours.shared, end)
            figures.add(f"{adapter}, {end} / local", cost / getattr(ours.local, end), OVER_LOCAL)
            figures.add(f"{adapter}, {end} / Node's", cost / getattr(node, end), OVER_NODE)
    for adapter in ADAPTERS:
        cost = (found[adapter].shared.sender + found[adapter].shared.receiver) / 2
        figures.add(f"{adapter}, µs for a delivery", cost)


def add_rooms(lab: Lab, figures: Figures, number: int) -> None:
    """Measure 2,000 tokens a second for rooms of five in a cluster of sixteen nodes."""
    with serving_redis() as redis:
        found = {
            system: rooms.measure(lab, system, redis.url)
            for system in turned(["psio", *ADAPTERS], number)
        }
    psio = found["psio"].busy
    for adapter in ADAPTERS:
        # A stream can't route: it has no such targets.
        is_routed = adapter != "streams"
        busy, empty = found[adapter].busy / psio, found[adapter].empty / psio
        figures.add(f"{adapter}, a node", busy, OVER_PSIO if is_routed else None)
        figures.add(
            f"{adapter}, a node without members", empty, EMPTY_OVER_PSIO if is_routed else None
        )
    figures.add("python-socketio, % of a core", psio * 100)


def add_workers(lab: Lab, figures: Figures, number: int) -> None:
    """Measure echoes on one worker and on two, in short turns."""
    with ExitStack() as stack:
        crews = {count: workers.Crew.start(lab, stack, count) for count in (1, 2)}
        for turn in range(workers.TURNS):
            for load in workers.LOADS:
                found = {
                    count: workers.measure(lab, crews[count], load)
                    for count in turned([1, 2], number + turn)
                }
                ratio = found[2].cpu / found[1].cpu
                figures.add(f"{load}, two workers / one", ratio, OVER_ONE_WORKER)
                share = max(found[2].connections) / sum(found[2].connections)
                figures.add(f"{load}, share of the larger worker", share, MOST_AT_ONE)


def add_entries(lab: Lab, figures: Figures, number: int) -> None:  # as the others
    """Measure what a message of another server costs, in this process."""
    for name, cost in entries.measure().items():
        figures.add(name, cost)


Part = Callable[[Lab, Figures, int], None]
PARTS: Final[Mapping[str, tuple[str, Part]]] = {
    "broadcast": ("a broadcast to 1,000 clients of two nodes, CPU", add_broadcast),
    "rooms": (
        "2,000 tokens/s for rooms of 5 in 16 nodes, CPU as a ratio to a node of python-socketio",
        add_rooms,
    ),
    "workers": ("echo of 100 clients on two workers, CPU", add_workers),
    "entries": ("reading a message of another server, µs", add_entries),
}
