"""What users write; neither checker has anything to say."""

from abc import ABC
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, assert_never, cast

from examples.chat.contract import (
    Body,
    ChatAuth,
    ChatClient,
    ChatConnectRefusedError,
    ChatContext,
    ChatHandlers,
    ChatNamespace,
    ChatRoom,
    ChatSession,
    JoinAck,
    JoinResult,
    Message,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageAck,
    SendMessageResult,
    TextBody,
    TooManyRooms,
    UnknownError,
    UserName,
    unwrap,
)
from typing_extensions import assert_type, override


class Chat(ChatNamespace):
    @override
    async def on_connect(self, ctx: ChatContext, auth: ChatAuth) -> NameTaken | None:
        if auth.name == "root":
            return NameTaken(name=auth.name)
        ctx.data = ChatSession(name=auth.name)
        return None

    @override
    async def on_disconnect(self, ctx: ChatContext, reason: str) -> None:
        for room in ctx.data.rooms:
            ctx.to(ChatRoom(room)).member_left(room, ctx.data.name)

    @override
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:
        if len(ctx.rooms) > 3:
            return TooManyRooms(limit=3)
        ctx.join(ChatRoom(room))
        ctx.others.announcement(f"{ctx.data.name} is here")
        if await ctx.client.still_there("Hello?", timeout=3):
            self.to(ChatRoom(room), ChatRoom(RoomName("lobby"))).except_(ChatRoom(room)).volatile.member_joined(room, ctx.data.name)
        return JoinAck(members=[], history=[])

    @override
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:
        ctx.leave(ChatRoom(room))
        return True

    @override
    async def on_send_message(self, ctx: ChatContext, room: RoomName, body: Body) -> SendMessageResult:
        return NotInRoom(room=room)

    @override
    async def on_typing(self, ctx: ChatContext, room: RoomName, active: bool) -> None:
        ctx.to(ChatRoom(room)).typing_changed(room, ctx.data.name, active)

    @override
    async def on_rooms(self, ctx: ChatContext) -> dict[str, int]:
        return {}


class HalfChat(ChatNamespace, ABC):
    """May lack handlers: another class has them."""


P = ParamSpec("P")
R = TypeVar("R")


CoroutineT = TypeVar("CoroutineT", bound=Coroutine[Any, Any, Any])


def logged(handler: Callable[P, CoroutineT]) -> Callable[P, CoroutineT]:
    """Wrap a handler in a plain function, which returns what the handler returns."""

    @wraps(handler)
    def call(*args: P.args, **kwargs: P.kwargs) -> CoroutineT:
        print(handler.__name__)
        return handler(*args, **kwargs)

    return call


FunctionT = TypeVar("FunctionT", bound=Callable[..., Coroutine[Any, Any, Any]])


def counted(handler: FunctionT) -> FunctionT:
    """Wrap a handler in a coroutine function of the same type."""

    @wraps(handler)
    async def call(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    return cast("FunctionT", call)


def timed(handler: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Wrap a handler in a coroutine function."""

    @wraps(handler)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return await handler(*args, **kwargs)

    return call


def awaited(handler: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Wrap whatever gives an awaitable."""

    @wraps(handler)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return await handler(*args, **kwargs)

    return call


class Decorated(Chat):
    @override
    @logged
    @counted
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:
        return True

    @override
    @timed
    async def on_start(self) -> None: ...

    @override
    async def on_stop(self) -> None: ...


class Awaited(HalfChat, ABC):
    @override
    @awaited
    async def on_rooms(self, ctx: ChatContext) -> dict[str, int]:
        return {}

    @override
    @awaited
    async def on_disconnect(self, ctx: ChatContext, reason: str) -> None: ...


class Handlers(ChatHandlers):
    @override
    async def on_still_there(self, question: str) -> bool:
        return True

    @override
    def on_message_posted(self, message: Message) -> None:
        print(message.author)

    @override
    @timed
    async def on_member_left(self, room: RoomName, name: UserName) -> None: ...


class PlainHandlers(ChatHandlers):
    @override
    def on_still_there(self, question: str) -> bool:
        return True


async def use() -> None:
    Chat()
    async with ChatClient("http://x", auth=ChatAuth(name=UserName("ada")), handlers=Handlers(), timeout=3.0) as chat:
        room = RoomName("lobby")
        chat.typing(room)
        assert_type(await chat.rooms(), dict[str, int])
        assert_type(await chat.leave(room), bool)

        @chat.on_message_posted
        async def show(message: Message) -> None:
            print(message.author)

        @chat.on_message_posted
        def show_plainly(message: Message) -> None:
            print(message.author)

        show_plainly(Message(id=1, room=room, author=UserName("ada"), body=TextBody(text="hi"), sent_at=datetime.now(UTC)))

        @chat.on_message_posted
        @logged
        async def show_logged(message: Message) -> None: ...

        @chat.on_still_there
        async def answer(question: str) -> bool:
            return bool(question)

        assert_type(await answer("?"), bool)

        async for who, name in chat.on_member_joined:
            assert_type(who, RoomName)
            assert_type(name, UserName)
        result = await chat.send_message(room, TextBody(text="hi"), timeout=1)
        match result:
            case SendMessageAck():
                assert_type(result.id, int)
            case NotInRoom():
                print(result.room, result.code)
            case UnknownError():
                print(result.code, result.message)
            case _:
                assert_never(result)
        assert_type(result.unwrap(), SendMessageAck)
        assert_type(unwrap(result), SendMessageAck)
        if isinstance(result, NotInRoom | UnknownError):
            return
        assert_type(result, SendMessageAck)


async def refused(chat: ChatClient) -> None:
    try:
        await chat.connect()
    except ChatConnectRefusedError as refusal:
        match refusal.error:
            case NameTaken(name=name):
                print(name)
            case UnknownError():
                pass
            case _:
                assert_never(refusal.error)
    assert_type(unwrap(await chat.join(RoomName("x"))), JoinAck)
