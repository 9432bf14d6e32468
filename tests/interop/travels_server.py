"""The server of test_typescript.py: all of the contract `travels`, and a second contract.

It prints ``listening PORT``, and nothing else.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from ackord.runtime.server import Server
from pydantic import MISSING, JsonValue
from typing_extensions import override

from tests import hosts
from tests.codegen.golden.minimal.expected import MinimalContext, MinimalNamespace
from tests.codegen.golden.travels.expected import (
    AckordError,
    AllAuth,
    AllContext,
    AllNamespace,
    AskSplitAck,
    Closed,
    Dot,
    EchoResult,
    Mood,
    NothingResult,
    OfContext,
    OfNamespace,
    Picture,
    RefreshAuthResult,
    Refused,
    Row,
    SplitAck,
    UnknownError,
    UnknownMood,
)

ROW: Final = Row(
    id=7,
    at=datetime(2024, 2, 29, 12, tzinfo=UTC),
    big=2**53 + 1,
    price=Decimal("1.50"),
    blob=b"\x00\xff",
    parts=[b"", b"a"],
    named={"p": Picture(pixels=b"\x01\x02"), "d": Dot(x=0.5)},
    note=None,
)


class Everything(AllNamespace):
    """Answers what the tests of the TypeScript client ask."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[JsonValue] = []

    @override
    async def on_connect(self, ctx: AllContext, auth: AllAuth) -> Closed | None:
        if auth.token == "closed":
            return Closed(until=date(2030, 1, 2), seal=b"\xfb\xff\x00", either="text")
        if auth.token == "crash":
            raise RuntimeError("not for clients")
        self._told = [len(auth.blob or b"")]
        return None

    @override
    async def on_echo(self, ctx: AllContext, row: Row) -> EchoResult:
        return row if row.id >= 0 else Refused(row=row)

    @override
    async def on_tell(self, ctx: AllContext, n: int, mood: Mood | UnknownMood) -> None:
        self._told += [n, str(mood.value)]

    @override
    async def on_told(self, ctx: AllContext) -> JsonValue:
        return [*self._told]

    @override
    async def on_optional(
        self, ctx: AllContext, a: int, b: str | None, c: int
    ) -> list[int | str | None]:
        return [a, b, c]

    @override
    async def on_split(self, ctx: AllContext, text: str) -> SplitAck:
        head, *rest = text.split()
        return SplitAck(head, len(rest), [each.encode() for each in rest])

    @override
    async def on_table(self, ctx: AllContext) -> dict[str, int]:
        return {"error": 1}

    @override
    async def on_nothing(self, ctx: AllContext) -> NothingResult:
        return None

    @override
    async def on_crash(self, ctx: AllContext) -> int:
        raise RuntimeError("not for clients")

    @override
    async def on_slow(self, ctx: AllContext) -> int:
        await asyncio.sleep(1)
        return 1

    @override
    async def on_emit_all(self, ctx: AllContext) -> None:
        ctx.client.posted(ROW)
        ctx.client.posted(ROW, "because", 9)
        ctx.client.bare()
        ctx.client.one(Picture(pixels=b"\x09"))

    @override
    async def on_ask(self, ctx: AllContext, what: str) -> JsonValue:
        answer: Any
        try:
            match what:
                case "value":
                    answer = await ctx.client.ask_value("how many?", timeout=5)
                case "row":
                    answer = await ctx.client.ask_row(ROW, timeout=5)
                case "split":
                    answer = await ctx.client.ask_split(timeout=5)
                case "table":
                    answer = await ctx.client.ask_table(timeout=5)
                case _:
                    await ctx.client.ask_nothing(timeout=5)
                    answer = None
        except AckordError as error:
            answer = getattr(error, "code", type(error).__name__)
        if isinstance(answer, Row):
            return ["row", answer.id, len(answer.blob), str(answer.price)]
        if isinstance(answer, Refused):
            return ["refused", answer.row.id, len(answer.row.blob)]
        if isinstance(answer, UnknownError):
            return answer.code
        if isinstance(answer, AskSplitAck):
            return [answer.yes, *([] if answer.why is MISSING else [answer.why])]
        value: JsonValue = answer
        return value

    @override
    async def on_leave(self, ctx: AllContext) -> None:
        ctx.disconnect()

    @override
    async def on_hasty(self, ctx: AllContext) -> int:
        return 1

    @override
    async def on_refresh_auth(self, ctx: AllContext, auth: AllAuth) -> RefreshAuthResult:
        if auth.token == "closed":
            return Closed(until=date(2030, 1, 2), seal=b"", either="text")
        ctx.expire_in(0.05 if auth.blob == b"\x01" else 1000)
        return None


class SecondContract(MinimalNamespace):
    """The namespace of the second contract."""

    @override
    async def on_ping(self, ctx: MinimalContext) -> int:
        return 5


class Tenants(OfNamespace):
    """A namespace with a parameter."""

    @override
    async def on_which(self, ctx: OfContext) -> str:
        return ctx.params.tenant


def make_server() -> Server:
    """Make the server."""
    server = Server()
    server.register(Everything())
    server.register(Tenants())
    server.register(SecondContract())
    return server


if __name__ == "__main__":
    hosts.serve(make_server().asgi(), hosts.of_command_line(__doc__))
