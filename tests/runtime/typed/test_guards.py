"""What guards handlers, and what surrounds them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from ackord.runtime import requires
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run
from typing_extensions import override

from tests.runtime.typed.collab import (
    Banned,
    Body,
    CollabAuth,
    CollabContext,
    CollabSession,
    DocId,
    LobbyRoom,
    QuietContext,
    ReadOnly,
    RoomFull,
    SendAck,
    SendResult,
)
from tests.runtime.typed.test_server import UNTIL, Collab

within: ContextVar[str] = ContextVar("within")


def writers(ctx: CollabContext) -> ReadOnly | None:
    return ReadOnly() if ctx.data.user == "reader" else None


async def seated(ctx: CollabContext) -> RoomFull | None:
    return RoomFull(limit=2) if ctx.is_in(LobbyRoom()) else None


def banned(ctx: CollabContext) -> Banned | None:
    return Banned(until=UNTIL)


def quiet(ctx: QuietContext) -> ReadOnly | None:
    return None


def broken(ctx: CollabContext) -> ReadOnly | None:
    raise RuntimeError("hunter2")


def unknown(ctx: Missing) -> Absent:  # type: ignore[name-defined]  # pyright: ignore[reportUndefinedVariable]  # noqa: F821  # what only type checkers import
    return ReadOnly()


class Guarded(Collab):
    @override
    async def on_connect(self, ctx: CollabContext, auth: CollabAuth) -> Banned | ReadOnly | None:
        ctx.data = CollabSession(user=auth.token)
        if auth.token in {"seated", "reader"}:
            ctx.join(LobbyRoom())
        return None

    @override
    @requires(writers)
    @requires(seated)
    async def on_send(self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool) -> SendResult:
        self.log.append(within.get("nothing"))
        match doc:
            case "raise":
                raise ReadOnly().exception()
            case _:
                return SendAck(id=7)


class Surrounded(Guarded):
    @override
    @asynccontextmanager
    async def around(self, ctx: CollabContext, event: str) -> AsyncGenerator[None]:
        token = within.set(event)
        self.log.append(f"begin {event}")
        try:
            yield
        except BaseException as error:
            self.log.append(f"{event} raised {type(error).__name__}")
            raise
        finally:
            within.reset(token)
        self.log.append(f"end {event}")


def answer(namespace: Collab, user: str, doc: str = "x") -> str:
    """Return the answer to an event of a client, without the ack's header."""

    async def main() -> str:
        server = Server()
        server.register(namespace)
        async with await Link(server).raw() as peer:
            await peer.receive()
            await peer.send(f'40/collab,{{"token":"{user}"}}')
            assert (await peer.receive_text()).startswith('40/collab,{"sid"')
            await peer.send(f'42/collab,1["send","{doc}",{{"kind":"text","text":"hi"}}]')
            text = await peer.receive_text()
        await server.close()
        return text.removeprefix("43/collab,1")

    return run(main())


SENT = '[{"ok":{"id":7}}]'
FULL = (
    '[{"error":{"code":"room_full","message":"No more than this many fit into a document.",'
    '"data":{"limit":2}}}]'
)
READ_ONLY = '[{"error":{"code":"read_only","message":"Nobody may write."}}]'


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("ada", SENT),
        ("reader", READ_ONLY),  # the upper guard is asked first
        ("seated", FULL),
    ],
)
def test_a_guard_answers_with_its_error_in_place_of_the_handler(user: str, expected: str) -> None:
    namespace = Guarded()
    assert answer(namespace, user) == expected
    assert namespace.log[:-1] == (["nothing"] if expected is SENT else [])


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (banned, "requires banned, whose error Banned the event 'send' doesn't declare: add it to"),
        (quiet, "requires quiet, which takes a QuietContext, not a CollabContext"),
    ],
)
def test_a_guard_that_does_not_fit_is_refused_where_the_class_is_defined(
    check: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(TypeError, match=rf"Wrong\.on_send {message}"):

        class Wrong(Collab):  # pyright: ignore[reportUnusedClass]
            @override
            @requires(writers)
            @requires(check)
            async def on_send(
                self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool
            ) -> SendResult:
                return SendAck(id=7)


ODD: list[tuple[Callable[[Any], Any], str | None]] = [
    (broken, "internal"),
    (unknown, "read_only"),
    (print, None),
]


@pytest.mark.parametrize(("check", "code"), ODD)
def test_a_guard_that_raises_is_internal_and_annotations_that_are_unknown_do_no_harm(
    check: Callable[[Any], Any], code: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    class Odd(Guarded):
        @override
        @requires(check)
        async def on_send(
            self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool
        ) -> SendResult:
            return SendAck(id=7)

    found = answer(Odd(), "ada")
    assert found == SENT if code is None else f'"code":"{code}"' in found
    assert ("hunter2" in caplog.text) == (code == "internal")


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        ("x", ["begin send", "send", "end send"]),
        ("raise", ["begin send", "send", "send raised DeclaredError"]),
    ],
)
def test_what_surrounds_handlers_sees_what_they_raise_and_their_context(
    doc: str, expected: list[str]
) -> None:
    namespace = Surrounded()
    assert answer(namespace, "ada", doc) == (SENT if doc == "x" else READ_ONLY)
    begin, rest = namespace.log[:2], namespace.log[2:]
    assert begin == ["begin connect", "end connect"]
    assert rest[: len(expected)] == expected
    assert [each if isinstance(each, str) else each[0] for each in rest[len(expected) :]] == [
        "begin disconnect",
        "disconnect",
        "end disconnect",
    ]


@pytest.mark.parametrize(
    ("error", "expected"),
    [(ReadOnly().exception(), READ_ONLY), (RuntimeError("no database"), '"code":"internal"')],
)
def test_what_surrounds_a_handler_may_fail_in_its_place(error: Exception, expected: str) -> None:
    class Failing(Guarded):
        @override
        @asynccontextmanager
        async def around(self, ctx: CollabContext, event: str) -> AsyncGenerator[None]:
            if event == "send":
                raise error
            yield

    namespace = Failing()
    assert expected in answer(namespace, "ada")
    assert "nothing" not in namespace.log
