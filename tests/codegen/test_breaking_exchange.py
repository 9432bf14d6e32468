"""What `ackord breaking` calls compatible really is: values that one side sends are accepted by the
other, through the packages that are generated from both contracts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from ackord.codegen import generate
from ackord.runtime.errors import PeerError
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.stubs.v1 import Error, UnknownError
from ackord.schema import load_bytes
from ackord.schema.compatibility.compare import compare
from ackord.schema.compatibility.rollouts import ROLLOUTS
from ackord.schema.model import Contract, Event

from tests.codegen.conftest import load_package
from tests.codegen.contract_pairs import Values, changed, random_contract

THOROUGH = bool(os.environ.get("ACKORD_THOROUGH"))
PAIRS = 2000 if THOROUGH else 100
VALUES = 12
NUMBERED = count()


class Side:
    """A contract and its package."""

    def __init__(self, contract: Contract, random: Random) -> None:
        self.contract = contract
        self.name = f"pair_{next(NUMBERED)}"
        with tempfile.TemporaryDirectory() as directory:
            for path, text in generate(contract, source="pair.yaml").items():
                (Path(directory) / path).write_text(text, encoding="utf-8")
            module = load_package(self.name, Path(directory))
            self.events: ModuleType = __import__(f"{self.name}.events", fromlist=["*"])
            self.tables = {
                section: {event.name: event for event in getattr(self.events.PAIR, section)}
                for section in ("client_to_server", "server_to_client", "server_to_server")
            }
        self.namespace = contract.namespaces[0]
        self.values = Values(contract, module, random)

    def declared(self, section: str) -> dict[str, Event]:
        return {event.name: event for event in getattr(self.namespace, section)}

    def forget(self) -> None:
        for name in [each for each in sys.modules if each.partition(".")[0] == self.name]:
            del sys.modules[name]


def load(document: dict[str, Any]) -> Contract | None:
    return load_bytes(json.dumps(document).encode(), "pair.yaml").contract


def random_pair(seed: int) -> tuple[Contract, Contract] | None:
    """Return two contracts that differ in one to three places; `None` if one isn't valid."""
    random = Random(seed)  # noqa: S311  # the same pairs everywhere
    document = random_contract(random)
    old = load(document)
    new = None if old is None else load(changed(document, random))
    return None if old is None or new is None else (old, new)


def refused(writer: Side, reader: Side, section: str) -> Iterator[str]:
    """Send values of each event of a section, and return what is refused."""
    theirs = reader.declared(section)
    for name, event in writer.declared(section).items():
        if name not in theirs:
            if section != "server_to_client" or event.acked:
                yield f"{name}: unknown event"
            continue
        args = tuple(map(writer.values.given, event.args))
        text, attachments = writer.tables[section][name].arguments.encode(args)
        try:
            reader.tables[section][name].arguments.decode(text, attachments)
        except FailureReply as failure:
            yield f"{name}: {text} {getattr(failure, 'issues', None)}"


def refused_acks(writer: Side, reader: Side, section: str) -> Iterator[str]:
    """Answer each event of a section that the other side asks, and return what is refused."""
    ours = writer.declared(section)
    for name, event in reader.declared(section).items():
        if not event.acked or name not in ours:
            continue
        answers = list(writer.values.answers(ours[name]))
        for answer in answers:
            text, attachments = (
                writer.tables[section][name].reply.encode(answer)
                if ours[name].acked
                else ("[]", ())
            )
            try:
                found = reader.tables[section][name].reply.decode(text, attachments)
            except PeerError as error:
                yield f"ack of {name}: {text} {error}"
                continue
            if isinstance(answer, Error) and not isinstance(found, Error | UnknownError):
                yield f"ack of {name}: {text} is taken for the value {found}"
            declared = {each.code for each in reader.contract.errors if each.name in event.errors}
            if isinstance(found, UnknownError) and found.code in declared:
                yield f"ack of {name}: {text} is an unknown error"


def refused_auth(writer: Side, reader: Side) -> Iterator[str]:
    auth = writer.namespace.auth
    assert auth is not None
    text = writer.values.of(auth).model_dump_json(by_alias=True)
    try:
        reader.events.PAIR.auth.read(text)
    except FailureReply:
        yield f"auth: {text}"


def exchange(rollout: str, old: Side, new: Side) -> list[str]:
    """Send values both ways in one rollout, and return what is refused."""
    if rollout == "other_nodes":
        return [
            *refused(old, new, "server_to_server"),
            *refused(new, old, "server_to_server"),
        ]
    client, server = (old, new) if rollout == "old_clients" else (new, old)
    return [
        *refused(client, server, "client_to_server"),
        *refused_acks(server, client, "client_to_server"),
        *refused(server, client, "server_to_client"),
        *refused_acks(client, server, "server_to_client"),
        *([] if "bytes" in repr(client.namespace.auth) else refused_auth(client, server)),
    ]


@pytest.mark.parametrize("block", range(4))
def test_what_is_compatible_is_read_and_most_of_what_breaks_is_refused(block: int) -> None:
    called = shown = 0
    seeds = iter(range(block * 10**9, (block + 1) * 10**9))
    pairs = (pair for pair in map(random_pair, seeds) if pair is not None)
    for _ in range(PAIRS // 4):
        before, after = next(pairs)
        findings = compare(before, after)
        random = Random(1)  # noqa: S311  # the same values everywhere
        old, new = Side(before, random), Side(after, random)
        for rollout in ROLLOUTS:
            breaking = [each for each in findings if rollout in each.breaks]
            values = [one for _ in range(VALUES) for one in exchange(rollout, old, new)]
            if not breaking:
                assert not values, (rollout, values[0], findings)
            elif all(each.level == "error" for each in breaking):
                called += 1
                shown += bool(values)
        old.forget()
        new.forget()
    assert shown >= called * 0.7, (shown, called)
