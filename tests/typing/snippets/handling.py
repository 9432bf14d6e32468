"""Mistakes of whoever handles events."""

from examples.chat.contract import (
    Body,
    ChatAuth,
    ChatClient,
    ChatContext,
    ChatHandlers,
    ChatNamespace,
    JoinAck,
    JoinResult,
    Message,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageAck,
    SendMessageResult,
    TooManyRooms,
    UserName,
)
from typing_extensions import override


class Incomplete(ChatNamespace):
    @override
    async def on_typing(self, ctx: ChatContext, room: RoomName, active: bool) -> None: ...


Incomplete()  # E: mypy pyright


class WrongTypes(ChatNamespace):
    @override
    async def on_connect(self, ctx: ChatContext, auth: dict[str, str]) -> NameTaken | None:  # E: mypy pyright
        return None

    @override
    async def on_join(self, ctx: ChatContext, room: int) -> JoinResult:  # E: mypy pyright
        return TooManyRooms(limit=3)

    @override
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> int:  # E: mypy pyright
        return 3

    @override
    def on_send_message(self, ctx: ChatContext, room: RoomName, body: Body) -> SendMessageResult:  # E: mypy pyright
        return NotInRoom(room=room)

    @override
    async def on_typing(self, ctx: ChatContext, room: RoomName) -> None: ...  # E: mypy pyright

    @override
    async def on_rooms(self, ctx) -> dict[str, int]:  # E: mypy pyright
        return {}


class WrongAnswers(ChatNamespace):
    @override
    async def on_connect(self, ctx: ChatContext, auth: ChatAuth) -> NameTaken | None:
        return NotInRoom(room=RoomName("x"))  # E: mypy pyright

    @override
    async def on_join(self, ctx: ChatContext, room: RoomName) -> JoinResult:
        return NotInRoom(room=room)  # E: mypy pyright

    @override
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:
        return "yes"  # E: mypy pyright

    @override
    async def on_send_message(self, ctx: ChatContext, room: RoomName, body: Body) -> SendMessageResult:
        return SendMessageAck(id=1)  # E: mypy pyright

    @override
    async def on_typing(self, ctx: ChatContext, room: RoomName, active: bool) -> None:
        return True  # E: mypy pyright

    @override
    async def on_rooms(self, ctx: ChatContext) -> dict[str, int]:  # E: mypy pyright
        print(ctx.sid)

    @override
    async def on_sned_message(self, ctx: ChatContext) -> None: ...  # E: mypy pyright


class Renamed(ChatNamespace):
    async def on_leave(self, ctx: ChatContext, room: RoomName) -> bool:  # E: mypy pyright
        return True

    @override
    async def on_join(self, ctx: ChatContext, chamber: RoomName) -> JoinResult:  # E: pyright
        return JoinAck(members=[], history=[])


class WrongHandlers(ChatHandlers):
    @override
    async def on_still_there(self, question: str) -> str:  # E: mypy pyright
        return "yes"

    @override
    def on_typing_changed(self, room: RoomName, name: UserName, active: int) -> int:  # E: mypy pyright
        return 1

    @override
    async def on_nothing(self) -> None: ...  # E: mypy pyright


def listen(chat: ChatClient) -> None:
    @chat.on_message_posted  # E: mypy pyright
    async def wrong_argument(message: str) -> None: ...

    @chat.on_still_there  # E: mypy pyright
    async def wrong_answer(question: str) -> str:
        return ""

    @chat.on_still_there  # E: mypy pyright
    def wrong_plain_answer(question: str) -> str:
        return ""

    @chat.on_mesage_posted  # E: mypy pyright
    async def unknown(message: Message) -> None: ...


ChatClient("http://x")  # E: mypy pyright
ChatClient("http://x", auth={"name": "ada"})  # E: mypy pyright
ChatClient("http://x", auth=ChatAuth(name="ada"))  # E: mypy pyright
ChatClient("http://x", auth=ChatAuth(name=UserName("ada")), tmeout=3)  # E: mypy pyright
