"""Mistakes with what an acknowledgement answers."""

from typing import assert_never

from examples.chat.contract import ChatClient, ChatConnectRefusedError, JoinAck, NameTaken, NotInRoom, RoomName, SendMessageAck, TextBody


async def results(chat: ChatClient, room: RoomName) -> None:
    result = await chat.send_message(room, TextBody(text="hi"))
    print(result.id)  # E: mypy pyright
    print(result.room)  # E: mypy pyright
    wanted: SendMessageAck = result  # E: mypy pyright
    print(wanted)
    match result:
        case SendMessageAck():
            print(result.sent_at)
        case NotInRoom():
            print(result.limit)  # E: mypy pyright
        case _:
            assert_never(result)  # E: mypy pyright
    if isinstance(result, SendMessageAck):
        return
    joined: JoinAck = (await chat.send_message(room, TextBody(text="hi"))).unwrap()  # E: mypy pyright
    print(joined)


def refused(refusal: ChatConnectRefusedError) -> None:
    match refusal.error:
        case NameTaken():
            pass
        case _:
            assert_never(refusal.error)  # E: mypy pyright
