"""Values of any type go from Python through the TypeScript client and back: what one side sends is
what the other gets.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.codegen import generate, write
from ackord.schema.model import ScalarType, Type
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from typing_extensions import override

from tests.codegen.test_values_travel import EXPRESSIONS, TEXTS, Generated, generated
from tests.codegen.typescript_project import Project
from tests.node.required import require_node

CONTRACTS: Final = 100 if os.environ.get("ACKORD_THOROUGH") == "1" else 10
DRIVER: Final = Path(__file__).parent / "typescript" / "travel.ts"
VALUES: Final = 8
"""Packets of each kind and contract."""
SAFE: Final = 2**53 - 1
FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: str(x) != "-0.0")
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE, SAFE) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
NUMBERS: Final[dict[str, st.SearchStrategy[Any]]] = {
    "int": st.integers(-SAFE, SAFE),
    "float": FLOATS,
    "json": JSON,
    "json_object": st.dictionaries(TEXTS, JSON, max_size=2),
}
"""Numbers that JavaScript has: it writes -0 as 0, and loses digits of whole numbers beyond 2^53."""


class Shared(Generated):
    """A contract with values that both languages have."""

    @override
    def values(self, of: Type) -> st.SearchStrategy[Any]:
        if isinstance(of, ScalarType) and of.name in NUMBERS:
            found = NUMBERS[of.name]
            return found.map(abs) if of.constraints.ge == 0 else found
        return super().values(of)


@dataclass(frozen=True)
class Packet:
    """The arguments of an event or of an acknowledgement, as Python writes them."""

    what: str
    text: str
    attachments: Sequence[bytes]
    read: Any
    """Python's reader of such arguments."""

    def sent(self) -> dict[str, Any]:
        encoded = [base64.b64encode(each).decode() for each in self.attachments]
        return {"what": self.what, "text": self.text, "attachments": encoded}


@pytest.mark.timeout(1800)
def test_values_of_any_type_go_through_the_client_and_back(tmp_path: Path) -> None:
    contracts: list[tuple[Generated, list[Packet]]] = []

    @settings(max_examples=CONTRACTS, phases=[Phase.generate], database=None)
    @given(st.data(), st.lists(EXPRESSIONS, min_size=3, max_size=3))
    def collect(data: st.DataObject, expressions: list[str]) -> None:
        found = make_contract(expressions)
        if found is not None:
            contracts.append((found, draw_packets(data, found)))

    collect()
    carried = carry(tmp_path, contracts)
    for (found, packets), results in zip(contracts, carried, strict=True):
        for packet, result in zip(packets, results, strict=True):
            arrived = [base64.b64decode(each) for each in result["attachments"]]
            assert read_json(result["text"], arrived) == read_json(
                packet.text, packet.attachments
            ), found.contract.types
            packet.read(result["text"], arrived)


def make_contract(expressions: Sequence[str]) -> Shared | None:
    first, second, third = expressions
    probe = {"a": first, "b": f"{second}?", "c": f"list[{third}]?", "d": f"map[str, {first}]"}
    args = {"a": first, "b": "Probe?"}
    single = {"ack": third, "acks": "result"}
    many = {"args": {"w": "int", "x": second, "y": "Probe", "z": f"{third}?"}}
    found = generated(
        {"Probe": {"fields": probe}},
        {
            "client_to_server": {
                "one": {"args": args},
                "single": single,
                "many": {"ack": many},
            },
            "server_to_client": {
                "two": {"args": args},
                "ask": single,
                "ask_many": {"ack": many},
            },
        },
    )
    return None if found is None else Shared(found.contract, found.module)


def draw_packets(data: st.DataObject, found: Shared) -> list[Packet]:
    (namespace,) = found.contract.namespaces
    one, single, many = namespace.client_to_server
    events = found.module.__dict__["events"].__dict__
    packets: list[Packet] = []
    for _ in range(VALUES):
        arguments = events["TRAVEL_ONE"].arguments
        text, attachments = arguments.encode(data.draw(st.tuples(*map(found.given, one.args))))
        packets.append(Packet("event", text, attachments, arguments.decode))
        for what, event, name in (("answer", single, "SINGLE"), ("answers", many, "MANY")):
            reply = events[f"TRAVEL_{name}"].reply
            text, attachments = reply.encode(data.draw(found.answers(event)))
            packets.append(Packet(what, text, attachments, reply.decode))
    return packets


def carry(
    folder: Path, contracts: Sequence[tuple[Generated, Sequence[Packet]]]
) -> list[list[dict[str, Any]]]:
    """Send packets through the clients, in one process of Node."""
    project = Project(folder)
    imports: list[str] = []
    for number, (found, _) in enumerate(contracts):
        files = generate(found.contract, source="travel.yaml", target="typescript")
        write(files, folder / f"travel{number}")
        imports.append(
            f'import {{ TravelClient as Client{number} }} from "./travel{number}/client.js";'
        )
    makers = [
        f"(socket: AnySocket) => new Client{number}(socket)" for number in range(len(imports))
    ]
    (folder / "packages.ts").write_text(
        "\n".join(
            (
                'import type { AnySocket } from "./travel0/runtime.js";',
                *imports,
                f"export const packages = [{', '.join(makers)}] as readonly ((socket: AnySocket) => Client0)[];",
            )
        )
    )
    shutil.copy(DRIVER, folder)
    bundle = project.bundle("travel.ts", "--platform=node", "--format=esm", "--packages=external")
    script = folder / "travel.mjs"
    shutil.copy(bundle, script)
    given_packets = {"packages": [[each.sent() for each in packets] for _, packets in contracts]}
    done = subprocess.run(
        [require_node(), str(script)],
        input=json.dumps(given_packets),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    carried: list[list[dict[str, Any]]] = json.loads(done.stdout)
    return carried


def read_json(text: str, attachments: Sequence[bytes]) -> Any:
    """Read a packet's JSON, with its attachments in their places; JavaScript has one kind of number."""

    def place(found: dict[str, Any]) -> Any:
        is_placeholder = found.get("_placeholder") is True
        return attachments[int(found["num"])] if is_placeholder else found

    return json.loads(text, object_hook=place, parse_int=float)
