"""The generated emitters of the chat publish over each kind of cluster, and the clients of servers
of Ackord and of Node get what the contract says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from ackord.runtime.adapters.redis.publisher import RedisPublisher

from examples.chat.contract import (
    ChatEmitter,
    ChatEmitterSync,
    ChatRoom,
    ImageBody,
    Message,
    RoomName,
    UserName,
)
from tests.interop.cluster.test_operations import NAMES, PUBLISHERS, Urls, people
from tests.interop.conftest import NodeScripts, serving_module
from tests.redis import serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

LOBBY, HALL = (ChatRoom(RoomName(name)) for name in ("lobby", "hall"))
ADA: Final = UserName("ada")
IMAGE: Final = ImageBody(mime="image/png", data=b"\x89PNG\x00\xff", caption="é😀")
SENT: Final = datetime(2026, 12, 2, 20, 45, tzinfo=UTC)
MESSAGE: Final = Message(id=2**40, room=RoomName("lobby"), author=ADA, sent_at=SENT, body=IMAGE)
ON_WIRE: Final = {
    "id": 2**40,
    "room": "lobby",
    "author": "ada",
    "sent_at": "2026-12-02T20:45:00Z",
    "body": {
        "kind": "image",
        "mime": "image/png",
        "data": b"\x89PNG\x00\xff",
        "caption": "é😀",
    },
}


@pytest.fixture(scope="module", params=list(PUBLISHERS))
def urls(request: pytest.FixtureRequest, node: NodeScripts) -> Iterator[Urls]:
    """The URLs of a server of Ackord and of one of Node."""
    with ExitStack() as stack:
        redis = stack.enter_context(serving_redis()).url
        urls = Urls(request.param, redis)
        module = ("tests.interop.cluster.node", request.param, redis)
        urls["python"] = stack.enter_context(serving_module(*module))
        urls["other"] = stack.enter_context(serving_module(*module))
        urls["node"] = stack.enter_context(node.serving("cluster_server.mjs", request.param, redis))
        yield urls


class Emitting:
    """An emitter of either kind."""

    def __init__(self, publisher: RedisPublisher, *, is_sync: bool) -> None:
        self._emitter: Any = (ChatEmitterSync if is_sync else ChatEmitter)(publisher)
        self._is_sync = is_sync

    async def do(self, *calls: Callable[[Any], Any]) -> None:
        """Call methods of it, in a thread if it blocks."""
        for call in calls:
            if self._is_sync:
                await asyncio.to_thread(call, self._emitter)
            else:
                await call(self._emitter)


async def emit(emitter: Emitting, sid: str, is_heard: asyncio.Event) -> None:
    """Do what the test expects; `sid` is a client's, and `is_heard` that its room is heard."""
    await emitter.do(lambda chat: chat.join(sid, LOBBY))
    while not is_heard.is_set():  # the client's server subscribes to the room in the background
        await emitter.do(lambda chat: chat.to(LOBBY).typing_changed(LOBBY.room, ADA, active=True))
        with suppress(TimeoutError):
            await asyncio.wait_for(is_heard.wait(), 0.1)
    await emitter.do(
        lambda chat: chat.to(LOBBY).message_posted(MESSAGE),
        lambda chat: chat.move(LOBBY, HALL),
        lambda chat: chat.to(LOBBY, HALL).member_left(LOBBY.room, ADA),
        lambda chat: chat.client(sid).announcement("you"),
        lambda chat: chat.except_(HALL).announcement("others"),
        lambda chat: chat.all.announcement("all"),
        lambda chat: chat.disconnect(HALL),
        lambda chat: chat.close(),
    )


@pytest.mark.parametrize("is_sync", [False, True], ids=["async", "sync"])
def test_generated_emitters_reach_the_clients_of_all_servers(urls: Urls, is_sync: bool) -> None:
    async def scenario(name: str) -> None:
        async with people(urls, "/chat") as found:
            is_heard = asyncio.Event()

            def hear(*_: Any) -> None:
                is_heard.set()

            found[name].socket.on("typing_changed", hear)
            for person in found.values():
                for event in ("message_posted", "member_left", "announcement"):
                    person.socket.on(event, person.note)
            emitter = Emitting(PUBLISHERS[urls.kind](urls.redis), is_sync=is_sync)
            await emit(emitter, found[name].socket.id or "", is_heard)
            for person in found.values():
                told: list[list[Any]] = [["others"], ["all"]]
                if person.name == name:
                    told = [[ON_WIRE], ["lobby", "ada"], ["you"], ["all"]]
                for values in told:
                    await person.hears(*values)
            async with asyncio.timeout(20):
                await found[name].left.wait()

    for name in NAMES:
        asyncio.run(scenario(name))
