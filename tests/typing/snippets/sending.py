"""Mistakes of whoever sends; the marks say which checker reports the line."""

from examples.chat.contract import ChatClient, ChatContext, ChatNamespace, ChatRoom, RoomName, TextBody, UserName


async def client(chat: ChatClient, room: RoomName, name: UserName) -> None:
    await chat.snd_message(room, TextBody(text="hi"))  # E: mypy pyright
    chat.announcement("not an event of clients")  # E: mypy pyright
    await chat.leave(3)  # E: mypy pyright
    await chat.leave("lobby")  # E: mypy pyright
    await chat.leave(name)  # E: mypy pyright
    await chat.leave()  # E: mypy pyright
    await chat.leave(room, room)  # E: mypy pyright
    await chat.leave(rooom=room)  # E: mypy pyright
    await chat.leave(room, timeout="5")  # E: mypy pyright
    chat.send_message(room, TextBody(text="forgotten await"))  # E: mypy pyright
    left = chat.leave(room)
    print(left + 1)  # E: mypy pyright
    if chat.leave(room):  # E: mypy pyright
        pass
    await chat.typing(room)  # E: mypy pyright
    number: int = await chat.rooms()  # E: mypy pyright
    print(number)
    TextBody(txt="wrong field")  # E: mypy pyright
    TextBody(text=3)  # E: mypy pyright


async def server(ctx: ChatContext, chat: ChatNamespace, room: RoomName, name: UserName) -> None:
    ctx.to(ChatRoom(room)).announcement("not for rooms")  # E: mypy pyright
    ctx.to(ChatRoom(room)).still_there("no acknowledgement from a room")  # E: mypy pyright
    await ctx.all.still_there("no acknowledgement from all")  # E: mypy pyright
    await ctx.others.still_there("nor from others")  # E: mypy pyright
    ctx.client.send_message(room, TextBody(text="an event of clients"))  # E: mypy pyright
    ctx.client.still_there("forgotten await")  # E: mypy pyright
    if ctx.client.still_there("forgotten await in a condition"):  # E: mypy pyright
        pass
    ctx.to("room:lobby").member_left(room, name)  # E: mypy pyright
    ctx.to(room).member_left(room, name)  # E: mypy pyright
    ctx.join("room:lobby")  # E: mypy pyright
    ctx.join(room)  # E: mypy pyright
    chat.all.except_("room:lobby").announcement("x")  # E: mypy pyright
    ctx.to(ChatRoom("lobby")).member_left(room, name)  # E: mypy pyright
    ctx.to(ChatRoom(name)).member_left(room, name)  # E: mypy pyright
    ctx.to(ChatRoom(room)).member_left(name, room)  # E: mypy pyright
    ctx.to(ChatRoom(room)).member_left(room=room, nam=name)  # E: mypy pyright
    ctx.data = 3  # E: mypy pyright
    print(ctx.data.nme)  # E: mypy pyright
    number: int = await chat.client("sid").still_there("?")
    text: str = await chat.client("sid").still_there("?")  # E: mypy pyright
    print(number, text)
