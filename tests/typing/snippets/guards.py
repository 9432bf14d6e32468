"""Mistakes of whoever guards handlers, and surrounds them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from ackord.runtime import requires
from examples.chat.contract import (
    Body,
    ChatContext,
    ChatNamespace,
    ChatRoom,
    JoinAck,
    JoinResult,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageResult,
    TooManyRooms,
)
from typing_extensions import override


def at_home(ctx: ChatContext) -> NotInRoom | None:
    home = RoomName("home")
    return None if ctx.is_in(ChatRoom(home)) else NotInRoom(room=home)


async def few_rooms(ctx: ChatContext) -> TooManyRooms | None:
    return TooManyRooms(limit=3) if len(ctx.data.rooms) > 3 else None


def named(ctx: ChatContext) -> NameTaken | None:
    return NameTaken(name=ctx.data.name)


def says_yes(ctx: ChatContext) -> bool:
    return ctx.recovered


class Right(ChatNamespace):
    @override
    @asynccontextmanager
    async def around(self, ctx: ChatContext, event: str) -> AsyncGenerator[None]:
        yield

    @override
    @requires(few_rooms)
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinAck:
        return JoinAck(members=[], history=[])

    @override
    @requires(at_home)
    @requires(at_home)
    async def on_send_message(self, ctx: ChatContext, room: RoomName, body: Body) -> SendMessageResult:
        raise NotInRoom(room=room).exception()


class AnotherError(ChatNamespace):
    @override
    @requires(named)
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:  # E: mypy pyright
        return TooManyRooms(limit=0)


class NoErrors(ChatNamespace):
    @override
    @requires(few_rooms)
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:  # E: mypy pyright
        return True


class NoError(ChatNamespace):
    @override
    @requires(says_yes)  # E: mypy pyright
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:
        return TooManyRooms(limit=0)


class OtherArguments(ChatNamespace):
    @override
    @requires(few_rooms)
    async def on_join(self, ctx: ChatContext, room: int) -> JoinResult:  # E: mypy pyright
        return TooManyRooms(limit=room)


class NotAsync(ChatNamespace):
    @override
    @requires(few_rooms)  # E: mypy pyright
    def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:
        return TooManyRooms(limit=0)


class NotAround(ChatNamespace):
    @override
    async def around(self, ctx: ChatContext, event: str) -> AsyncGenerator[None]:  # E: mypy pyright
        yield
