"""The table of docs/wire.md is true: a server of the Python package takes and answers what stands
there, and the types are those of the generated packages.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.codegen import generate, write
from ackord.runtime.client import Manager
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run
from ackord.schema import Contract, load_bytes

from tests.codegen.conftest import load_package

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs/wire.md").read_text(encoding="utf-8")
ROWS: Final = [
    tuple(cell.replace("\\|", "|") for cell in re.split(r" (?<!\\)\| ", row.strip("| ")))
    for row in re.findall(r"^\| `.*\|$", PAGE.split("\n## ")[0], re.MULTILINE)
]
BINARY: Final = "an attachment"


def code(cell: str) -> str:
    return cell.removeprefix("`").removesuffix("`")


def declared(cell: str) -> tuple[str, str | None]:
    """Return a type, and how it is declared if it has a name."""
    found = re.fullmatch(r"`(\w+)` \(`(.*)`\)", cell)
    return (found[1], found[2]) if found else (code(cell), None)


@pytest.fixture(scope="module")
def contract() -> Contract:
    types = ["Text: {fields: {text: str}}", "Image: {fields: {data: bytes}}"]
    types += [f"{name}: {{{how}}}" for name, how in map(declared, (r[0] for r in ROWS)) if how]
    events = [
        f"event_{number}: {{args: {{value: {json.dumps(declared(row[0])[0])}}}, "
        f"ack: {json.dumps(declared(row[0])[0])}, acks: result}}"
        for number, row in enumerate(ROWS)
    ]
    lines = [
        "ackord: 1",
        "name: wire",
        "version: 1.0.0",
        "types:",
        *(f"  {each}" for each in types),
    ]
    lines += ["namespaces:", "  /:", "    client_to_server:", *(f"      {each}" for each in events)]
    loaded = load_bytes("\n".join(lines).encode(), "wire.yaml")
    assert loaded.contract is not None, loaded.diagnostics
    return loaded.contract


def test_values_are_taken_and_answered_as_the_page_says(contract: Contract, tmp_path: Path) -> None:
    write(generate(contract, source="wire.yaml"), tmp_path / "wire_page")
    module: Any = load_package("wire_page", tmp_path / "wire_page")

    async def echo(self: Any, ctx: Any, value: Any) -> Any:
        return value

    handlers = {f"on_event_{number}": echo for number in range(len(ROWS))}
    namespace: Any = type("Echo", (module.WireNamespace,), handlers)

    async def exchange() -> None:
        server = Server()
        server.register(namespace())
        async with Manager("http://test", connector=Link(server)) as manager:
            client = manager.socket("/")
            await client.connect()
            for number, row in enumerate(ROWS):
                value: Any = b"\x00\xff" if row[1] == BINARY else json.loads(code(row[1]))
                answer = await client.emit_with_ack(f"event_{number}", value)
                expected = {**value, "z": 0} if row[0].startswith("`Dot`") else value
                assert answer == {"ok": expected}, row

    run(exchange())


def test_types_are_those_of_the_generated_packages(contract: Contract) -> None:
    python = generate(contract, source="wire.yaml")["server.py"]
    typescript = generate(contract, source="wire.yaml", target="typescript")["client.ts"]
    python = re.sub(r"\s+", " ", python)
    typescript = re.sub(r"\s+", " ", typescript)
    for number, row in enumerate(ROWS):
        found = re.search(
            rf"def on_event_{number}\( ?self, ctx: WireContext, value: (.*?),? ?\) ->", python
        )
        assert found is not None
        assert found[1].replace("_v1.", "") == code(row[2]), row
        found = re.search(rf"event{number}\( ?value: (.*?), options\?: CallOptions", typescript)
        assert found is not None
        assert found[1] == code(row[3]), row
