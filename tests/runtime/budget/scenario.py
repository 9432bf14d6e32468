"""A scenario: a step that is done over and over on a stage, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from ackord.runtime.server import Server

from tests.runtime.budget.application import make_server
from tests.runtime.budget.clients import Client, Step, connect
from tests.runtime.budget.counting import count_calls, count_opcodes, kept_bytes, transient_bytes
from tests.runtime.budget.stage import Stage, staged

WARM_UP: Final = 20
"""Steps before anything is counted: caches are filled, and code is specialized."""
TIMES: Final = 10
"""Steps over which each figure is the mean, or what most of them have."""
MEASURED: Final = WARM_UP + 3 * TIMES
"""Steps in all."""
IDLE: Final = 100
"""Connections whose memory is counted."""

METRICS: Final = ("calls", "opcodes", "bytes")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step costs; what isn't measured is 0."""

    calls: float = 0
    opcodes: float = 0
    bytes: float = 0
    """The most memory that it holds at a time; of an idle connection, what is held."""
    functions: Counter[str] = field(default_factory=Counter[str], compare=False)
    """How often each function was called in a step."""

    def dump(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return {
            **{metric: getattr(self, metric) for metric in METRICS},
            "functions": dict(self.functions),
        }

    @classmethod
    def load(cls, dumped: dict[str, Any]) -> Cost:
        """Return what was dumped."""
        return cls(
            dumped["calls"], dumped["opcodes"], dumped["bytes"], Counter(dumped["functions"])
        )

    def per(self, count: int, less: Cost) -> Cost:
        """Return the cost of each of `count` things that `less` had not to do."""
        return Cost(
            calls=round((self.calls - less.calls) / count, 1),
            opcodes=round((self.opcodes - less.opcodes) / count, 1),
            bytes=round((self.bytes - less.bytes) / count, 1),
            functions=Counter(
                {
                    name: (number - less.functions[name]) // count
                    for name, number in self.functions.items()
                }
            ),
        )


@dataclass(frozen=True, slots=True)
class Action:
    """What a scenario has prepared."""

    step: Step
    """Runs in the event loop."""
    check: Callable[[], None]
    """Fails if the step didn't do its work; makes ready for the next."""


Scenario: TypeAlias = Callable[[Stage], Action]


def measure(scenario: Scenario, make: Callable[[], Server] = make_server) -> Cost:
    """Count what each step of a scenario costs."""
    with staged(make()) as stage:
        action = scenario(stage)

        def step() -> None:
            stage.run(action.step)

        for _ in range(WARM_UP):
            step()
            action.check()
        functions = count_calls(step, action.check, TIMES)
        return Cost(
            calls=round(functions.total() / TIMES, 1),
            opcodes=round(count_opcodes(step, action.check, TIMES) / TIMES, 1),
            bytes=transient_bytes(step, action.check, TIMES),
            functions=Counter({name: round(count / TIMES) for name, count in functions.items()}),
        )


def measure_idle(kind: type[Client]) -> Cost:
    """Count what each connection that is joined and silent holds."""
    with staged(make_server()) as stage:
        clients = [kind(stage) for _ in range(2 * IDLE)]

        def connect_some(some: list[Client]) -> None:
            for client in some:
                connect(stage, client)

        kept = kept_bytes(
            lambda: connect_some(clients[:IDLE]), lambda: connect_some(clients[IDLE:])
        )
        return Cost(bytes=round(kept / IDLE))
