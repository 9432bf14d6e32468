"""What is measured: the load, who takes part, and what one unit of work is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tests.bench.servers.listening import Variant
from tests.bench.systems import SYSTEMS

Kind = Literal["cpu", "latency", "accept"]
"""What a workload is about: CPU for each unit; latency at a fixed rate; or the cost of having
connections.
"""

MAIN: Final = tuple(key for key in SYSTEMS if key != "ackord-pure")
"""All but a variant of ours that takes part where frames and packets are most of the work."""
COMPLETE: Final = tuple(key for key in MAIN if key != "raw")
"""Those that speak all of Socket.IO."""
TYPICAL: Final = ("ackord", "psio-uvicorn", "node")
"""One of each, where the shape of a curve matters."""
PATIENCE: Final = 0.0004
"""Seconds that a client may take to connect, for the estimate of how long all takes."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One load, the same on every system."""

    name: str
    title: str
    unit: str
    load: tuple[str, ...]
    """Arguments of the load generator, beside the times."""
    clients: int
    kind: Kind = "cpu"
    systems: tuple[str, ...] = MAIN
    variant: Variant = field(default=Variant())
    short: bool = False
    """Whether the short benchmark has it, too."""
    warm_up: float = 0.4
    most_rounds: int = 100
    """What takes long, or matters less, isn't repeated more often."""

    @property
    def arguments(self) -> list[str]:
        """The arguments of the load generator, beside port and times."""
        return [*self.load, "--clients", str(self.clients)]

    def duration(self, seconds: float) -> float:
        """Estimate the seconds that one run takes, with `seconds` of load."""
        if self.kind == "accept":
            return self.clients * PATIENCE + 6.0
        return self.clients * PATIENCE + self.warm_up + seconds + 0.4


def _echo(
    name: str,
    title: str,
    clients: int,
    *more: str,
    systems: Sequence[str] = MAIN,
    short: bool = False,
) -> Workload:
    return Workload(
        name,
        title,
        "message",
        ("--workload", "echo", *more),
        clients,
        systems=tuple(systems),
        short=short,
    )


def _oneway(name: str, title: str, size: int, *, short: bool = False) -> Workload:
    return Workload(
        name,
        title,
        "message",
        ("--workload", "oneway", "--bytes", str(size)),
        20,
        systems=tuple(SYSTEMS),
        short=short,
    )


def _broadcast(clients: int, *, short: bool = False) -> Workload:
    return Workload(
        f"broadcast-{clients}",
        f"broadcast to {clients:,}",
        "delivery",
        ("--workload", "broadcast"),
        clients,
        short=short,
    )


def _latency(rate: int) -> Workload:
    load = ("--workload", "latency", "--rate", str(rate))
    return Workload(
        f"latency-{rate}",
        f"echo at {rate:,} messages/s, 100 clients",
        "message",
        load,
        100,
        "latency",
        COMPLETE,
    )


def _grown(
    name: str,
    title: str,
    load: tuple[str, ...],
    variant: Variant,
    *,
    unit: str = "message",
    clients: int = 100,
) -> Workload:
    return Workload(
        name, title, unit, load, clients, systems=TYPICAL, variant=variant, most_rounds=3
    )


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


WORKLOADS: Final = {
    workload.name: workload
    for workload in (
        _echo("echo-1", "echo + ack 100 B, 1 client", 1),
        _echo("echo-100", "echo + ack 100 B, 100 clients", 100, systems=tuple(SYSTEMS), short=True),
        _echo("echo-1000", "echo + ack 100 B, 1,000 clients", 1000),
        _echo(
            "echo-pipelined",
            "echo + ack 100 B, 100 clients, 8 in flight",
            100,
            "--inflight",
            "8",
            systems=tuple(SYSTEMS),
            short=True,
        ),
        _broadcast(100),
        _broadcast(1000, short=True),
        _broadcast(5000),
        _oneway("oneway-100b", "one-way 100 B, 20 clients", 100, short=True),
        _oneway("oneway-10kb", "one-way 10 KB, 20 clients", 10_000),
        Workload(
            "binary-64kb",
            "binary 64 KB + ack, 20 clients",
            "message",
            ("--workload", "binary", "--bytes", "65536"),
            20,
        ),
        Workload(
            "polling",
            "long-polling echo + ack, 50 clients",
            "message",
            ("--workload", "polling"),
            50,
            systems=COMPLETE,
            short=True,
        ),
        Workload(
            "accept-10000",
            "accept and CONNECT 10,000",
            "connection",
            ("--workload", "accept", "--parallel", "64"),
            10_000,
            "accept",
            most_rounds=3,
        ),
        *(_latency(rate) for rate in (1000, 5000, 10_000)),
        Workload(
            "mixed",
            "echo at 2,000 messages/s, broadcasts, a slow consumer",
            "message",
            ("--workload", "mixed", "--rate", "2000", "--slow", "1", "--bytes", "10000"),
            100,
            "latency",
            COMPLETE,
        ),
        *(
            _grown(
                f"events-{count}",
                f"echo with {_many(count, 'event')} in the contract",
                ("--workload", "echo", "--event", f"echo_{count - 1}"),
                Variant(events=count),
            )
            for count in (1, 100, 1000)
        ),
        *(
            _grown(
                f"rooms-{count}",
                f"broadcast to a room of 1,000, each in {_many(count, 'room')}",
                ("--workload", "broadcast", "--rooms", str(count)),
                Variant(room=True),
                unit="delivery",
                clients=1000,
            )
            for count in (1, 10, 100)
        ),
        *(
            _grown(
                f"namespaces-{count}",
                f"echo, each client in {_many(count, 'namespace')}",
                ("--workload", "echo", "--namespaces", str(count)),
                Variant(namespaces=count),
            )
            for count in (1, 10, 100)
        ),
    )
}
