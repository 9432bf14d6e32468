"""The generated Python client talks to npm's socket.io 4.8, which serves the same contract by
hand.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest

from examples.chat.contract import (
    ChatAuth,
    ChatClient,
    ChatConnectRefusedError,
    DisconnectedError,
    ImageBody,
    InvalidPayloadError,
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
from tests.interop.conftest import NodeScripts

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

_numbers = itertools.count()


@pytest.fixture(scope="module")
def npm_url(node: NodeScripts) -> Iterator[str]:
    with node.serving("chat_server.mjs") as url:
        yield url


def new_name(name: str) -> UserName:
    return UserName(f"{name}-{next(_numbers)}")


def new_room() -> RoomName:
    return RoomName(f"room-{next(_numbers)}")


@asynccontextmanager
async def two_in_a_room(url: str) -> AsyncGenerator[tuple[ChatClient, ChatClient, RoomName]]:
    room = new_room()
    async with (
        ChatClient(url, auth=ChatAuth(name=new_name("ada"))) as ada,
        ChatClient(url, auth=ChatAuth(name=new_name("bob"))) as bob,
    ):
        for client in (ada, bob):
            assert isinstance(await client.join(room), JoinAck)
        yield ada, bob, room


async def _ask_until_it_fails(client: ChatClient) -> None:
    while True:
        await client.rooms()


def test_it_joins_and_hears_text_and_pictures(npm_url: str) -> None:
    async def scenario() -> None:
        async with two_in_a_room(npm_url) as (ada, bob, room):
            heard: asyncio.Queue[Message] = asyncio.Queue()

            @bob.on_message_posted
            async def _(message: Message) -> None:
                heard.put_nowait(message)

            async with asyncio.timeout(10):
                sent = await ada.send_message(room, TextBody(text="grüß 👋 日本"))
                assert isinstance(sent, SendMessageAck)
                message = await heard.get()
                assert (message.id, message.sent_at, message.body) == (
                    sent.id,
                    sent.sent_at,
                    TextBody(text="grüß 👋 日本"),
                )

                picture = ImageBody(
                    mime="image/png", data=bytes(range(256)) * 50, caption="all bytes"
                )
                assert isinstance(await ada.send_message(room, picture), SendMessageAck)
                assert (await heard.get()).body == picture

                history = (await ada.join(room)).unwrap().history
                assert [entry.body for entry in history] == [TextBody(text="grüß 👋 日本"), picture]

    asyncio.run(scenario())


def test_events_without_ack_and_bare_acks_work(npm_url: str) -> None:
    async def scenario() -> None:
        async with two_in_a_room(npm_url) as (ada, bob, room):
            async with asyncio.timeout(10):
                ada.typing(room)
                async for heard in bob.on_typing_changed:
                    assert (heard[0], heard[2]) == (room, True)
                    break
                assert (await ada.rooms())[room] == 2
                assert await ada.leave(room) is True
                assert await ada.leave(room) is False

    asyncio.run(scenario())


def test_declared_errors_arrive_typed(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            room = new_room()
            assert await ada.send_message(room, TextBody(text="x")) == NotInRoom(room=room)
            results = [await ada.join(new_room()) for _ in range(4)]
            assert results[-1] == TooManyRooms(limit=3)

    asyncio.run(scenario())


def test_an_error_that_is_not_declared_arrives_as_unknown(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            assert await ada.join(RoomName("secret")) == UnknownError(
                "banned", "Not for you.", {"until": "tomorrow"}
            )

    asyncio.run(scenario())


def test_a_value_that_breaks_the_contract_is_not_sent(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            with pytest.raises(InvalidPayloadError, match="room: String should match"):
                await ada.join(RoomName("Not A Room"))
            assert isinstance(await ada.rooms(), dict)

    asyncio.run(scenario())


def test_it_answers_what_the_server_asks(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:

            @ada.on_still_there
            async def _(question: str) -> bool:
                return question == "still there?"

            ada.typing(RoomName("ask"))
            async with asyncio.timeout(10):
                async for text in ada.on_announcement:
                    assert text == "answer: true"
                    break

    asyncio.run(scenario())


def test_a_question_that_nobody_handles_is_answered_with_an_error(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            ada.typing(RoomName("ask"))
            async with asyncio.timeout(10):
                async for text in ada.on_announcement:
                    assert '"unknown_event"' in text
                    break

    asyncio.run(scenario())


def test_an_event_that_breaks_the_contract_is_dropped_and_the_next_one_arrives(
    npm_url: str,
) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            heard: list[Message] = []

            @ada.on_message_posted
            async def _(message: Message) -> None:
                heard.append(message)

            ada.typing(RoomName("mistyped"))
            async with asyncio.timeout(10):
                async for text in ada.on_announcement:
                    assert text == "after"
                    break
            assert heard == []

    asyncio.run(scenario())


def test_a_refused_connection_raises_the_declared_error(npm_url: str) -> None:
    async def scenario() -> None:
        name = new_name("ada")
        async with ChatClient(npm_url, auth=ChatAuth(name=name)):
            with pytest.raises(ChatConnectRefusedError) as caught:
                await ChatClient(npm_url, auth=ChatAuth(name=name)).connect()
        assert caught.value.error == NameTaken(name=name)

    asyncio.run(scenario())


def test_a_request_on_a_lost_connection_fails_at_once(npm_url: str) -> None:
    async def scenario() -> None:
        async with ChatClient(npm_url, auth=ChatAuth(name=new_name("ada"))) as ada:
            ada.typing(RoomName("drop"))
            async with asyncio.timeout(5):
                with pytest.raises(DisconnectedError):
                    await _ask_until_it_fails(ada)

    asyncio.run(scenario())
