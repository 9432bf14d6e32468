"""Scenarios of one message: of a client over WebSocket, or over long-polling."""

from __future__ import annotations

from typing import Final

from tests.runtime.budget.clients import Client, connect
from tests.runtime.budget.polling_clients import PollingClient
from tests.runtime.budget.scenario import Action, Scenario
from tests.runtime.budget.stage import Stage

ITEM: Final = '{"id":123456,"text":"the quick brown fox jumps over the lazy dog, twice a day","tags":["alpha","beta"]}'
DATA: Final = bytes(range(256)) * 256


def echo(kind: type[Client]) -> Scenario:
    """A typed `async` handler answers an item."""
    return _acknowledged(kind, f'421["echo",{ITEM}]', f"431[{ITEM}]")


def upload(kind: type[Client]) -> Scenario:
    """A typed handler answers how long 64 KB are."""
    return _acknowledged(kind, '451-1["upload",{"_placeholder":true,"num":0}]', "431[65536]", DATA)


def plain_echo(kind: type[Client], event: str) -> Scenario:
    """A handler without types answers an item."""
    return _acknowledged(kind, f'42/plain,1["{event}",{ITEM}]', f"43/plain,1[{ITEM}]")


def _acknowledged(kind: type[Client], packet: str, answer: str, *attachments: bytes) -> Scenario:
    def scenario(stage: Stage) -> Action:
        client = kind(stage)
        connect(stage, client)
        stage.run(client.arrival("40/plain,"))
        client.take()

        def check() -> None:
            assert client.take() == answer

        return Action(client.arrival(packet, *attachments), check)

    return scenario


def note(kind: type[Client]) -> Scenario:
    """A typed handler takes an item; what comes next shows that it did."""

    def scenario(stage: Stage) -> Action:
        client = kind(stage)
        connect(stage, client)
        sync = client.arrival('429["sync"]')

        def check() -> None:
            assert client.take() == ""
            stage.run(sync)
            assert client.take() == "439[true]"

        return Action(client.arrival(f'42["note",{ITEM}]'), check)

    return scenario


def poll(kind: type[PollingClient]) -> Scenario:
    """A POST brings an echo's item, the GET that waits is answered with it, and the next GET
    comes.
    """

    def scenario(stage: Stage) -> Action:
        client = kind(stage)
        stage.run(lambda: stage.loop.create_task(client.connect()))
        for _ in range(4):
            stage.run(lambda: None)

        def check() -> None:
            assert client.take() == f"431[{ITEM}]"

        return Action(client.exchange(f'421["echo",{ITEM}]'), check)

    return scenario
