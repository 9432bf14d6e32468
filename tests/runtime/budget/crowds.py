"""Scenarios of many connections: broadcasts, rooms, coming and going."""

from __future__ import annotations

from ackord.runtime.server import Socket

from tests.runtime.budget.clients import Client, connect
from tests.runtime.budget.messages import ITEM
from tests.runtime.budget.scenario import MEASURED, Action, Scenario
from tests.runtime.budget.stage import Stage

LOBBY = "lobby"


def crowd(stage: Stage, kind: type[Client], count: int) -> list[tuple[Client, Socket]]:
    """Connect some clients."""
    clients = [kind(stage) for _ in range(count)]
    return [(client, stage.server.main.sockets[connect(stage, client)]) for client in clients]


def broadcast(kind: type[Client], recipients: int) -> Scenario:
    """A typed handler sends an item to everybody."""

    def scenario(stage: Stage) -> Action:
        clients = [client for client, _ in crowd(stage, kind, recipients)]

        def check() -> None:
            for client in clients:
                assert client.take() == f'42["shouted",{ITEM}]'

        return Action(clients[0].arrival(f'42["shout",{ITEM}]'), check)

    return scenario


def join(kind: type[Client], others: int) -> Scenario:
    """A socket joins a room that others are in."""

    def scenario(stage: Stage) -> Action:
        (_, socket), *rest = crowd(stage, kind, others + 1)
        for _, other in rest:
            other.join(LOBBY)

        def check() -> None:
            assert LOBBY in socket.rooms
            socket.leave(LOBBY)

        return Action(lambda: socket.join(LOBBY), check)

    return scenario


def leave(kind: type[Client], others: int) -> Scenario:
    """A socket leaves a room that others are in."""

    def scenario(stage: Stage) -> Action:
        (_, socket), *rest = crowd(stage, kind, others + 1)
        for _, other in [*rest, (None, socket)]:
            other.join(LOBBY)

        def check() -> None:
            assert LOBBY not in socket.rooms
            socket.join(LOBBY)

        return Action(lambda: socket.leave(LOBBY), check)

    return scenario


def arrive(kind: type[Client]) -> Scenario:
    """A client opens a session and joins ``/``."""

    def scenario(stage: Stage) -> Action:
        waiting = [kind(stage) for _ in range(MEASURED)]

        def step() -> None:
            waiting[-1].connect()

        def check() -> None:
            assert waiting.pop().take().startswith("40{")

        return Action(step, check)

    return scenario


def lose(kind: type[Client], rooms: int, others: int) -> Scenario:
    """A connection is lost whose socket was in some rooms beside its own, with others in all of
    them.
    """

    def scenario(stage: Stage) -> Action:
        names = [f"room {number}" for number in range(rooms)]
        everybody = crowd(stage, kind, MEASURED + others)
        for _, socket in everybody:
            socket.join(*names)
        going = everybody[others:]

        def step() -> None:
            client, _ = going[-1]
            client.lose()

        def check() -> None:
            _, socket = going.pop()
            assert not socket.connected
            assert stage.server.engine.sessions == len(going) + others

        return Action(step, check)

    return scenario
