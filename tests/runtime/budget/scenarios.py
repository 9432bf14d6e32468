"""All scenarios, by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from tests.runtime.budget.asgi_client import Asgi
from tests.runtime.budget.client_end import call, heard, plainly_heard
from tests.runtime.budget.clients import Client, Direct, Framed
from tests.runtime.budget.crowds import arrive, broadcast, join, leave, lose
from tests.runtime.budget.messages import echo, note, plain_echo, poll, upload
from tests.runtime.budget.polling_clients import AsgiPolling, HttpPolling
from tests.runtime.budget.scenario import Cost, Scenario, measure, measure_idle

FEW: Final = 10
MANY: Final = 1000


def _broadcast_per_recipient(kind: type[Client]) -> Cost:
    return measure(broadcast(kind, 200)).per(100, measure(broadcast(kind, 100)))


_STEPS: Final[Mapping[str, Scenario]] = {
    "typed async echo with ack": echo(Direct),
    "typed async event without ack": note(Direct),
    "untyped plain echo with ack": plain_echo(Direct, "echo"),
    "untyped async echo with ack": plain_echo(Direct, "async echo"),
    "upload of 64 KB with ack": upload(Direct),
    "joining a room, 10 others": join(Direct, FEW),
    "joining a room, 1,000 others": join(Direct, MANY),
    "leaving a room, 10 others": leave(Direct, FEW),
    "leaving a room, 1,000 others": leave(Direct, MANY),
    "lost connection, 1 room, 10 others": lose(Direct, 1, FEW),
    "lost connection, 1 room, 1,000 others": lose(Direct, 1, MANY),
    "lost connection, 100 rooms, 10 others": lose(Direct, 100, FEW),
    "lost connection, 200 rooms, 10 others": lose(Direct, 200, FEW),
    "accepting and CONNECT": arrive(Direct),
    "direct: typed async echo with ack": echo(Framed),
    "direct: typed async event without ack": note(Framed),
    "direct: untyped plain echo with ack": plain_echo(Framed, "echo"),
    "direct: upload of 64 KB with ack": upload(Framed),
    "direct: accepting and CONNECT": arrive(Framed),
    "direct: lost connection": lose(Framed, 0, FEW),
    "ASGI: typed async echo with ack": echo(Asgi),
    "ASGI: typed async event without ack": note(Asgi),
    "ASGI: accepting and CONNECT": arrive(Asgi),
    "ASGI: long-polling, typed async echo with ack": poll(AsgiPolling),
    "direct: long-polling, typed async echo with ack": poll(HttpPolling),
    "client: typed async event": heard,
    "client: untyped plain event": plainly_heard,
    "client: typed call and its answer": call(typed=True),
    "client: untyped call and its answer": call(typed=False),
}

SCENARIOS: Final[Mapping[str, Callable[[], Cost]]] = {
    **{name: partial(measure, scenario) for name, scenario in _STEPS.items()},
    "broadcast, each recipient": partial(_broadcast_per_recipient, Direct),
    "direct: broadcast, each recipient": partial(_broadcast_per_recipient, Framed),
    "ASGI: broadcast, each recipient": partial(_broadcast_per_recipient, Asgi),
    "idle connection": partial(measure_idle, Direct),
    "direct: idle connection": partial(measure_idle, Framed),
    "ASGI: idle connection": partial(measure_idle, Asgi),
}
