"""Contracts with many events or namespaces, generated on the fly, and handlers for all of them."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ackord.runtime.server import Server

from tests.bench.servers.listening import Variant


def register_grown(server: Server, variant: Variant) -> None:
    """Serve each namespace of the contract of `variant`; every event is echoed."""
    for stub in _generate(variant):

        async def echo(self: Any, ctx: Any, item: Any) -> Any:
            return item

        handlers = {event.handler: echo for event in stub.contract.client_to_server}
        server.register(type(f"Echoing{stub.__name__}", (stub,), handlers)())


def contract(variant: Variant) -> str:
    """Write the contract of `variant`; JSON is YAML."""
    events = {name: {"args": {"item": "Item"}, "ack": "Item"} for name in variant.echoes}
    return json.dumps(
        {
            "ackord": 1,
            "name": "grown",
            "version": "1.0.0",
            "types": {
                "Item": {
                    "fields": {
                        "id": {"type": "int", "ge": 0},
                        "text": {"type": "str", "max_length": 20000},
                        "tags": "list[str]",
                    },
                },
            },
            "namespaces": {path: {"client_to_server": events} for path in variant.paths},
        }
    )


def _generate(variant: Variant) -> list[Any]:
    """Generate the stubs as anybody would, and return the class of each namespace."""
    with tempfile.TemporaryDirectory(prefix="ackord-bench-") as folder:
        schema, package = Path(folder, "grown.yaml"), Path(folder, "grown")
        schema.write_text(contract(variant), encoding="utf-8")
        # In a process of its own, so that the measured one doesn't hold the generator.
        subprocess.run(
            [
                sys.executable,
                "-m",
                "ackord.codegen",
                "generate",
                str(schema),
                "--out",
                str(package),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        sys.path.insert(0, folder)
        try:
            stubs = vars(importlib.import_module("grown.server"))
        finally:
            sys.path.remove(folder)
    return [
        stub
        for stub in stubs.values()
        if isinstance(stub, type) and getattr(stub, "contract", None) is not None
    ]
