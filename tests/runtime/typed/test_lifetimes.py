"""What a connection leaves behind: nothing, and without waiting for the garbage collector."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run
from typing_extensions import override

from examples.chat.contract import ChatAuth, ChatClient, ChatContext, UserName
from examples.chat.server import Chat


class Watched(Chat):
    """A chat that keeps track of its contexts."""

    def __init__(self) -> None:
        super().__init__()
        self.contexts: weakref.WeakSet[ChatContext] = weakref.WeakSet()

    @override
    async def on_rooms(self, ctx: ChatContext) -> dict[str, int]:
        self.contexts.add(ctx)
        return await super().on_rooms(ctx)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


async def scenario() -> None:
    chat = Watched()
    server = Server()
    server.register(chat)
    async with ChatClient(
        "http://test", auth=ChatAuth(name=UserName("ada")), connector=Link(server)
    ) as client:
        await client.rooms()
        assert len(chat.contexts) == 1
    await asyncio.sleep(60)
    assert len(chat.contexts) == 0


@pytest.mark.usefixtures("no_collector")
def test_the_context_of_a_connection_goes_with_it() -> None:
    run(scenario())
