"""The generated chat, server and clients, in memory and virtual time, as docs/testing.md shows."""

from __future__ import annotations

import asyncio
import json

import pytest
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run

from examples.chat.contract import (
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
    UserName,
)
from examples.chat.server import Chat

LOBBY = RoomName("lobby")


def chat_link() -> Link:
    server = Server()
    server.register(Chat())
    return Link(server)


def auth(name: str) -> ChatAuth:
    return ChatAuth(name=UserName(name))


def test_two_generated_clients_talk_through_a_generated_server() -> None:
    async def scenario() -> None:
        link = chat_link()
        async with (
            ChatClient("http://test", auth=auth("ada"), connector=link) as ada,
            ChatClient("http://test", auth=auth("bob"), connector=link) as bob,
        ):
            posted: list[Message] = []

            @bob.on_message_posted
            async def note(message: Message) -> None:
                posted.append(message)

            assert isinstance(await bob.send_message(LOBBY, TextBody(text="too early")), NotInRoom)
            assert isinstance(await ada.join(LOBBY), JoinAck)
            assert isinstance(await bob.join(LOBBY), JoinAck)
            assert isinstance(await ada.send_message(LOBBY, TextBody(text="hello")), SendMessageAck)
            image = ImageBody(mime="image/png", data=b"\x89PNG")
            assert isinstance(await ada.send_message(LOBBY, image), SendMessageAck)
            await asyncio.sleep(3000)
            assert [message.body for message in posted] == [TextBody(text="hello"), image]
        await asyncio.sleep(1)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario())


def test_a_declared_refusal_reaches_the_generated_client() -> None:
    async def scenario() -> None:
        link = chat_link()

        async with ChatClient("http://test", auth=auth("ada"), connector=link) as ada:

            @ada.on_still_there
            async def still_there(question: str) -> bool:
                return bool(question)

            with pytest.raises(ChatConnectRefusedError) as caught:
                await ChatClient("http://test", auth=auth("ada"), connector=link).connect()
            assert caught.value.error == NameTaken(name=UserName("ada"))

    run(scenario())


def test_a_raw_peer_sees_the_contracts_packets() -> None:
    async def scenario() -> None:
        async with await chat_link().raw() as peer:
            await peer.receive_text()
            await peer.send('40/chat,{"name":"ada"}')
            assert (await peer.receive_text()).startswith('40/chat,{"sid":')
            await peer.send('42/chat,1["join"]')
            header, _, payload = (await peer.receive_text()).partition("[")
            assert header == "43/chat,1"
            assert json.loads("[" + payload)[0]["error"]["code"] == "invalid_request"
            await peer.send('42/chat,2["join","lobby"]')
            assert (await peer.receive_text()).startswith('43/chat,2[{"members":')

    run(scenario())
