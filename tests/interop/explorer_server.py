"""The server of tests/interop/explorer/lab.yaml: ``python -m tests.interop.explorer_server --hosting
asgi``. Its package is generated when it starts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from ackord.codegen import generate, write
from ackord.runtime.server import Server
from ackord.schema import load_contract

from tests import hosts
from tests.codegen.conftest import load_package

SCHEMA: Final = Path(__file__).parent / "explorer/lab.yaml"
PNG: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


def handlers(lab: Any) -> dict[str, Any]:
    async def on_connect(_: Any, ctx: Any, auth: Any) -> Any:
        return None if auth.key == "open" else lab.WrongKey(hint="it is open")

    async def on_nothing(_: Any, ctx: Any) -> None:
        ctx.client.shown(PNG)

    async def on_empty(_: Any, ctx: Any) -> None: ...

    async def echo(_: Any, ctx: Any, value: Any) -> Any:
        return value

    async def on_divide(_: Any, ctx: Any, dividend: int, divisor: int) -> Any:
        return dividend / divisor if divisor else lab.DivisionByZero(dividend=dividend)

    async def on_picture(_: Any, ctx: Any, data: bytes) -> bytes:
        return data

    async def on_join(_: Any, ctx: Any, name: Any) -> Any:
        ctx.join(lab.GroupRoom(name))
        return lab.JoinAck(name, 1)

    async def on_say(self: Any, ctx: Any, name: Any, text: str) -> None:
        self.to(lab.GroupRoom(name)).said(name, text)

    async def on_ask(_: Any, ctx: Any, question: str) -> str:
        answer = await ctx.client.confirm(question, timeout=30)
        return f"refused: {answer.why}" if isinstance(answer, lab.Refused) else f"said {answer}"

    async def on_wrong(_: Any, ctx: Any) -> Any:
        return "Not A Word"

    found = {name: each for name, each in locals().items() if name.startswith("on_")}
    return {**found, "on_every": echo, "on_wrapped": echo}


def make_server(lab: Any) -> Server:
    async def on_where(_: Any, ctx: Any) -> str:
        return f"tenant {ctx.params.tenant}"

    server = Server(ping_interval=3)
    server.register(type("Lab", (lab.LabNamespace,), handlers(lab))())
    server.register(type("Tenant", (lab.TenantNamespace,), {"on_where": on_where})())
    return server


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        contract = load_contract(SCHEMA).contract
        assert contract is not None
        sys.path.insert(0, folder)
        write(generate(contract, source=SCHEMA.name), Path(folder, "lab"))
        server = make_server(load_package("lab", Path(folder, "lab")))
        app = server.asgi(explorer="/docs/live")
        hosts.serve(app, hosts.of_command_line(__doc__))
