"""What is said of mistakes in the code of a namespace: it names the method, and what to write."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

import pytest
from ackord.runtime.errors import UsageError
from ackord.runtime.server import Server
from typing_extensions import override

from tests.runtime.typed.collab import Banned, Body, CollabAuth, CollabContext, DocId, RoomFull
from tests.runtime.typed.test_guards import answer
from tests.runtime.typed.test_server import UNTIL, Collab

BANNED = Banned(until=UNTIL)


def throw(what: Any) -> Any:
    raise what


def give(what: Any) -> Any:
    return what


class Mistaken(Collab):
    """Makes one mistake, in a handler or in the hook of a connection."""

    def __init__(self, make: Callable[[], Any], *, surrounds: bool = False) -> None:
        super().__init__()
        self.make = make
        self.surrounds = surrounds

    @override
    def around(self, ctx: CollabContext, event: str) -> AbstractAsyncContextManager[object]:
        return within() if self.surrounds else nullcontext()

    @override
    async def on_connect(self, ctx: CollabContext, auth: CollabAuth) -> Any:
        return self.make() if auth.token == "mistaken" else await super().on_connect(ctx, auth)

    @override
    async def on_send(self, ctx: CollabContext, doc: DocId, body: Body, urgent: bool) -> Any:
        return self.make()


@asynccontextmanager
async def within() -> AsyncGenerator[None]:
    yield


NO_EXCEPTION = "An error of the contract is no exception: return it, or raise what its method `exception` makes: raise "

MISTAKES: list[tuple[Callable[[], Any], str]] = [
    (lambda: give("x"), r"Mistaken\.on_send returned a str: ack of 'send': .*test_mistakes\.py:\d+\)"),
    (lambda: give(BANNED), r"Mistaken\.on_send returned a Banned: the event 'send' doesn't declare it, add it to its `errors`"),
    (lambda: throw(BANNED.exception()), r"The event 'send' doesn't declare Banned, so the client gets the error 'internal': add Banned to its `errors`"),
    (lambda: throw(RoomFull), re.escape(f"{NO_EXCEPTION}RoomFull(...).exception()")),
    (lambda: throw(RoomFull(limit=1)), re.escape(f"{NO_EXCEPTION}RoomFull(...).exception()")),
    (lambda: throw(KeyError("nobody")), r"KeyError at \S*test_mistakes\.py:\d+ in throw"),
]  # fmt: skip


@pytest.mark.parametrize("surrounds", [False, True])
@pytest.mark.parametrize(("make", "said"), MISTAKES)
def test_the_log_names_the_handler_and_what_to_write(
    make: Callable[[], Any], said: str, surrounds: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert '"error"' in answer(Mistaken(make, surrounds=surrounds), "ada")
    assert re.search(said, caplog.text), caplog.text


def test_a_traceback_begins_with_the_applications_own_frame(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer(Mistaken(lambda: throw(KeyError("nobody"))), "ada")
    _, traceback = caplog.text.split("Traceback (most recent call last):\n")
    first, *_ = traceback.splitlines()
    assert (
        first
        == f'  File "{__file__}", line {Mistaken.on_send.__code__.co_firstlineno + 2}, in on_send'
    )
    assert "ackord/runtime" not in traceback


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: throw(RoomFull(limit=1).exception()), "The namespace /collab doesn't declare RoomFull, so the client gets the error 'internal': add RoomFull to its `connect_errors`"),
        (lambda: throw(Banned), f"{NO_EXCEPTION}Banned(...).exception()"),
    ],
)  # fmt: skip
def test_the_log_says_what_to_write_in_on_connect(
    make: Callable[[], Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(AssertionError):  # it isn't let in
        answer(Mistaken(make), "mistaken")
    assert said in caplog.text


def test_two_namespaces_with_the_same_events_are_named() -> None:
    class Other(Collab):
        pass

    server = Server()
    server.register(Mistaken(dict))
    with pytest.raises(
        UsageError,
        match=r"is handled by Mistaken\.on_send already, so Collab\.on_send can't be registered",
    ):
        server.register(Other())
