"""A small client for the terminal: ``python -m examples.chat.client ada lobby``.

Lines are sent to the room; ``/image FILE`` sends a picture, ``/rooms`` lists the rooms, ``/quit``
or Ctrl-D ends it.
"""

from __future__ import annotations

import argparse
import asyncio
import mimetypes
import sys
from pathlib import Path
from typing import assert_never

from pydantic import ValidationError

from examples.chat.contract import (
    AckordError,
    Body,
    ChatAuth,
    ChatClient,
    ChatConnectRefusedError,
    ImageBody,
    JoinAck,
    Message,
    NameTaken,
    NotInRoom,
    RoomName,
    SendMessageAck,
    TextBody,
    TooManyRooms,
    UnknownError,
    UserName,
)


def describe(message: Message) -> str:
    """Say `message` in one line."""
    said = (
        message.body.text
        if isinstance(message.body, TextBody)
        else f"[{message.body.mime}, {len(message.body.data)} bytes] {message.body.caption or ''}"
    )
    return f"{message.sent_at.astimezone():%H:%M} {message.author}: {said}"


def listen(chat: ChatClient) -> None:
    """Print what happens in the rooms."""

    @chat.on_message_posted
    async def _(message: Message) -> None:
        print(describe(message))

    @chat.on_member_joined
    async def _(room: RoomName, name: UserName) -> None:
        print(f"* {name} came into #{room}")

    @chat.on_member_left
    async def _(room: RoomName, name: UserName) -> None:
        print(f"* {name} left #{room}")

    @chat.on_announcement
    async def _(text: str) -> None:
        print(f"* {text}")

    @chat.on_still_there
    async def _(question: str) -> bool:
        print(f"* {question}")
        return True


async def enter(chat: ChatClient, room: RoomName) -> bool:
    """Join `room` and print what was said there; return whether that worked."""
    match await chat.join(room):
        case JoinAck(members=members, history=history):
            print(f"* in #{room}: {', '.join(members)} (/image FILE, /rooms, /quit)")
            for message in history:
                print(describe(message))
            return True
        case TooManyRooms(limit=limit):
            print(f"! nobody may be in more than {limit} rooms")
        case UnknownError(message=text):
            print(f"! {text}")
    return False


async def say(chat: ChatClient, room: RoomName, body: Body) -> None:
    """Send one message and print why, if it isn't taken."""
    result = await chat.send_message(room, body)
    match result:
        case SendMessageAck():
            pass
        case NotInRoom(room=missing):
            print(f"! join #{missing} first")
        case UnknownError(message=text):
            print(f"! not sent: {text}")
        case _:
            assert_never(result)


def picture(path: Path) -> ImageBody:
    """Read the picture at `path`; which kinds may be sent is checked against the contract."""
    return ImageBody.model_validate(
        {
            "mime": mimetypes.guess_type(path.name)[0],
            "data": path.read_bytes(),
            "caption": path.name,
        }
    )


def explain(error: ValidationError) -> str:
    """Say what is wrong with values that this program's user typed."""
    return "; ".join(f"{issue['loc'][-1]}: {issue['msg']}" for issue in error.errors())


async def talk(chat: ChatClient, room: RoomName) -> None:
    """Do what the lines of standard input say, until they end."""
    while True:
        line = await asyncio.to_thread(sys.stdin.readline)
        command, _, argument = line.strip().partition(" ")
        if not line or command == "/quit":
            return
        if not command:
            continue
        try:
            if command == "/rooms":
                print(
                    "* "
                    + ", ".join(
                        f"#{name} ({count})" for name, count in (await chat.rooms()).items()
                    )
                )
            elif command == "/image":
                await say(chat, room, await asyncio.to_thread(picture, Path(argument)))
            else:
                await say(chat, room, TextBody(text=line.strip()))
        except ValidationError as error:
            print(f"! {explain(error)}")
        except (AckordError, OSError) as error:
            print(f"! {error}")


async def run(url: str, name: str, room: str) -> int:
    """Connect, enter `room` and talk."""
    try:
        client = ChatClient(url, auth=ChatAuth(name=UserName(name)))
        listen(client)
        async with client as chat:
            if not await enter(chat, RoomName(room)):
                return 1
            await talk(chat, RoomName(room))
    except ChatConnectRefusedError as refused:
        match refused.error:
            case NameTaken(name=taken):
                print(f"! somebody is here as {taken}")
            case UnknownError(message=text):
                print(f"! {text}")
        return 1
    except ValidationError as error:
        print(f"! {explain(error)}")
        return 1
    except (AckordError, ValueError) as error:
        print(f"! {error}")
        return 1
    return 0


def main() -> int:
    """Read the command line and run the client."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.chat.client", description="Chat from the terminal."
    )
    parser.add_argument("name", help="what others call you")
    parser.add_argument(
        "room",
        nargs="?",
        default="lobby",
        help="where to talk: a-z, 0-9 and -; default: %(default)s",
    )
    parser.add_argument(
        "--url", default="http://127.0.0.1:8000", help="where the server is; default: %(default)s"
    )
    arguments = parser.parse_args()
    try:
        return asyncio.run(run(arguments.url, arguments.name, arguments.room))
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
