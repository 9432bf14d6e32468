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


class Handlers:
    """The handlers of ``/lab``."""

    lab: Any
    """The generated package."""
    to: Any
    """Chooses rooms: of the generated class, which is another base."""

    async def on_connect(self, ctx: Any, auth: Any) -> Any:
        return None if auth.key == "open" else self.lab.WrongKey(hint="it is open")

    async def on_nothing(self, ctx: Any) -> None:
        ctx.client.shown(PNG)

    async def on_empty(self, ctx: Any) -> None: ...

    async def on_every(self, ctx: Any, value: Any) -> Any:
        return value

    async def on_evaluate(self, ctx: Any, formula: Any, node: Any, pair: Any) -> float:
        return float(self.evaluate(formula))

    def evaluate(self, formula: Any) -> Any:
        if isinstance(formula, self.lab.Sum):
            return self.evaluate(formula.left) + self.evaluate(formula.right)
        return formula.value

    async def on_divide(self, ctx: Any, dividend: int, divisor: int) -> Any:
        return dividend / divisor if divisor else self.lab.DivisionByZero(dividend=dividend)

    async def on_wrapped(self, ctx: Any, value: Any) -> Any:
        return value

    async def on_picture(self, ctx: Any, data: bytes) -> bytes:
        return data

    async def on_join(self, ctx: Any, name: Any) -> Any:
        ctx.join(self.lab.GroupRoom(name))
        return self.lab.JoinAck(name, 1)

    async def on_say(self, ctx: Any, name: Any, text: str) -> None:
        ctx.to(self.lab.GroupRoom(name)).said(name, text)

    async def on_ask(self, ctx: Any, question: str) -> str:
        answer = await ctx.client.confirm(question, timeout=30)
        refused = isinstance(answer, self.lab.Refused)
        return f"refused: {answer.why}" if refused else f"said {answer}"

    async def on_echo(self, ctx: Any, text: str) -> str:
        return text

    async def on_flood(self, ctx: Any, count: int) -> None:
        for _ in range(count):
            self.to(self.lab.GroupRoom("blue")).said("blue", "again")

    async def on_wrong(self, ctx: Any) -> Any:
        return "Not A Word"


class Desk:
    """The handlers of ``/desk``, whose authentication expires."""

    lab: Any

    async def on_connect(self, ctx: Any, auth: Any) -> Any:
        return None if auth.token == "open" else self.lab.WrongKey(hint="it is open")

    on_refresh_auth = on_connect

    async def on_end(self, ctx: Any) -> None:
        ctx.expire_in(0)


def make_server(lab: Any) -> Server:
    async def on_where(_: Any, ctx: Any) -> str:
        return f"tenant {ctx.params.tenant}"

    server = Server(ping_interval=3)
    server.register(type("Lab", (Handlers, lab.LabNamespace), {"lab": lab})())
    server.register(type("Desk", (Desk, lab.DeskNamespace), {"lab": lab})())
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
