"""Contexts without a server: what handlers do with them is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from ackord.runtime.errors import AckTimeoutError, InvalidPayloadError, RemoteError, UsageError
from ackord.runtime.server import Server
from ackord.runtime.stubs.v1 import Replies
from ackord.runtime.testing import FakeContext, Sent, run
from typing_extensions import override

from examples.chat.contract import (
    ChatAuth,
    ChatContext,
    ChatRoom,
    ChatSession,
    JoinAck,
    NotInRoom,
    RoomName,
    TextBody,
    UserName,
)
from examples.chat.server import Chat
from tests.codegen.golden.tenants.expected import (
    DeskRoom,
    Plan,
    SeatsAck,
    Slug,
    StatusAck,
    StatusResult,
    TenantContext,
    TenantInstance,
    TenantNamespace,
    TenantParams,
)

LOBBY = RoomName("lobby")
ROOM = ChatRoom(LOBBY)
ADA = ChatSession(name=UserName("ada"))


class Tenants(TenantNamespace):
    @override
    async def on_status(self, ctx: TenantContext, verbose: bool) -> StatusResult:
        return StatusAck(seats=[])

    @override
    async def on_sit(self, ctx: TenantContext, row: int) -> int:
        return sum(await ctx.to(DeskRoom(row)).gather().count())

    @override
    async def on_wave(self, ctx: TenantContext) -> None:
        ctx.all.local.told(ctx.params.tenant)
        ctx.data.seen += 1
        await ctx.except_(DeskRoom(1)).publish(lambda others: others.volatile.waved())

    @override
    async def on_moved(self, ctx: TenantInstance, row: int) -> None: ...

    @override
    async def on_seats(self, ctx: TenantInstance, row: int) -> SeatsAck:
        return SeatsAck(free=0)


PARAMS = TenantParams(Slug("acme"), Plan.PAID)


def test_a_handler_is_called_and_what_it_sends_and_joins_is_recorded() -> None:
    async def scenario() -> None:
        chat = Chat()
        fake = FakeContext(chat, data=ADA.model_copy(deep=True))
        assert isinstance(fake.ctx, ChatContext)
        assert await chat.on_join(fake.ctx, LOBBY) == JoinAck(members=[UserName("ada")], history=[])
        assert fake.rooms == {"room:lobby"}
        assert fake.ctx.data.rooms == [LOBBY]
        assert fake.sent == (
            Sent("announcement", ("ada opened #lobby",), except_=frozenset({"fake"})),
            Sent(
                "member_joined",
                ("lobby", "ada"),
                to=frozenset({"room:lobby"}),
                except_=frozenset({"fake"}),
            ),
        )
        fake.expect(
            lambda ctx: ctx.others.announcement("ada opened #lobby"),
            lambda ctx: ctx.to(ROOM).member_joined(LOBBY, UserName("ada")),
        )
        fake.expect()
        assert await chat.on_leave(fake.ctx, LOBBY)
        assert fake.rooms == frozenset()
        fake.expect(lambda _: chat.to(ROOM).member_left(LOBBY, UserName("ada")))

    run(scenario())


def test_a_handler_answers_an_error_and_rooms_may_be_given() -> None:
    async def scenario() -> None:
        fake = FakeContext(
            Chat(), data=ADA, rooms=(ROOM,), headers={"X-User": "ada"}, recovered=True
        )
        assert (fake.ctx.is_in(ROOM), fake.ctx.recovered, fake.ctx.sid) == (True, True, "fake")
        assert fake.ctx.handshake.headers["x-user"] == "ada"
        answer = await Chat().on_send_message(fake.ctx, LOBBY, TextBody(text="hi"))
        assert answer == NotInRoom(room=LOBBY)
        fake.ctx.disconnect(close=True)
        assert fake.socket.disconnected is True

    run(scenario())


def test_a_client_that_is_asked_gives_the_answers_of_the_test() -> None:
    async def scenario() -> None:
        chat = Chat()
        first, second = FakeContext(chat, sid="one"), FakeContext(chat, sid="two")
        await chat.on_connect(first.ctx, ChatAuth(name=UserName("ada")))
        first.answer(lambda ctx: ctx.client.still_there("?"), True, AckTimeoutError("late"))
        assert await chat.on_connect(second.ctx, ChatAuth(name=UserName("ada"))) is not None
        first.expect(lambda ctx: ctx.client.still_there("Somebody else asks for your name."))
        assert await chat.on_connect(second.ctx, ChatAuth(name=UserName("ada"))) is None
        assert first.socket.disconnected is False
        assert first.sent[0].to == {"one"}

    run(scenario())


def test_answers_may_be_errors_and_are_as_the_contract_has_them() -> None:
    async def scenario() -> None:
        fake = FakeContext(Chat(), data=ADA)
        wrong: Any = "yes"
        fake.answer(lambda ctx: ctx.client.still_there("?"), wrong)
        with pytest.raises(InvalidPayloadError):
            await fake.ctx.client.still_there("?")
        fake.answer(lambda ctx: ctx.client.still_there("?"), RemoteError("internal", "x"))
        for _ in range(2):
            with pytest.raises(RemoteError, match="internal"):
                await fake.ctx.client.still_there("?")
        tenant = FakeContext(Tenants(), params=PARAMS)
        with pytest.raises(AssertionError, match=re.escape("nothing answers 'count'")):
            await tenant.ctx.client.count()

    run(scenario())


def test_a_dynamic_namespace_has_its_params_and_many_clients_answer() -> None:
    async def scenario() -> None:
        tenants = Tenants()
        fake = FakeContext(tenants, params=PARAMS)
        assert fake.ctx.params == PARAMS
        fake.answer(
            lambda ctx: ctx.to(DeskRoom(1)).gather().count(), Replies({"a": 2, "b": 3}, {}, ())
        )
        assert await tenants.on_sit(fake.ctx, 4) == 5
        await tenants.on_wave(fake.ctx)
        assert fake.ctx.data.seen == 1
        fake.expect(
            lambda ctx: ctx.to(DeskRoom(4)).gather().count(),
            lambda ctx: ctx.all.local.told("acme"),
            lambda ctx: ctx.except_(DeskRoom(1)).volatile.waved(),
        )

    run(scenario())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: FakeContext(Tenants()), "is a dynamic namespace"),
        (lambda: FakeContext(Chat()).answer(lambda ctx: ctx.client.still_there("?")), "one answer"),
        (lambda: FakeContext(Chat()).ctx.data, "the session isn't set"),
    ],
)
def test_what_is_missing_is_said(wrong: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        wrong()


def test_other_clients_of_the_namespace_are_found_by_their_ids() -> None:
    async def scenario() -> None:
        chat = Chat()
        ada, bob = FakeContext(chat, sid="ada"), FakeContext(chat, sid="bob")
        chat.client("bob").announcement("hi")
        bob.expect(lambda ctx: ctx.client.announcement("hi"))
        assert bob.sent == ada.sent
        served = Chat()
        Server().register(served)
        with pytest.raises(UsageError, match="is registered with a server"):
            FakeContext(served)

    run(scenario())


def test_what_was_not_expected_is_shown() -> None:
    fake = FakeContext(Chat(), data=ADA)
    fake.ctx.all.announcement("hi")
    with pytest.raises(AssertionError, match=r"expected \n  nothing, but was sent: \n.*'hi'"):
        fake.expect()
    with pytest.raises(InvalidPayloadError):
        fake.ctx.all.announcement(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # what the runtime must see
