"""PyPI's python-socketio client talks to the generated chat server over each transport."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused

# It sometimes leaves a request of its long-polling to the garbage collector, about which aiohttp,
# which it is built on, complains.
_ITS_LEFTOVERS = "ignore:Unclosed connection Connection:ResourceWarning"

pytestmark = [
    pytest.mark.interop,
    pytest.mark.timeout(60),
    pytest.mark.filterwarnings(_ITS_LEFTOVERS),
]

TRANSPORTS = {"polling": ["polling"], "websocket": ["websocket"], "upgrade": None}
modes = pytest.mark.parametrize("mode", list(TRANSPORTS))


@pytest.fixture(autouse=True)
def collected() -> Generator[None]:
    """Find the client's leftovers here, and not in somebody else's test."""
    yield
    gc.collect()


class Peer:
    """One connected client, and what it heard."""

    def __init__(self) -> None:
        self.client: Any = socketio.AsyncClient(reconnection=False)
        self.heard: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self.client.on("*", self._hear, namespace="/chat")
        self.client.on("still_there", self._still_there, namespace="/chat")

    async def _hear(self, event: str, *args: Any) -> None:
        self.heard.put_nowait((event, *args))

    async def _still_there(self, question: str) -> bool:
        return True

    async def call(self, event: str, *args: Any) -> Any:
        return await self.client.call(event, args, namespace="/chat", timeout=5)

    async def hear(self, event: str) -> tuple[Any, ...]:
        async with asyncio.timeout(5):
            while True:
                name, *args = await self.heard.get()
                if name == event:
                    return tuple(args)


@asynccontextmanager
async def joined(url: str, mode: str, name: str) -> AsyncGenerator[Peer]:
    peer = Peer()
    await peer.client.connect(
        url,
        auth={"name": f"{name}-ps-{mode}"},
        namespaces=["/chat"],
        transports=TRANSPORTS[mode],
        wait_timeout=5,
    )
    try:
        yield peer
    finally:
        await peer.client.disconnect()


@modes
def test_it_joins_talks_and_sends_a_picture(chat_url: str, mode: str) -> None:
    async def scenario() -> None:
        room = f"ps-talk-{mode}"
        async with joined(chat_url, mode, "ada") as ada, joined(chat_url, mode, "bob") as bob:
            assert await bob.call("join", room) == {"members": [f"bob-ps-{mode}"], "history": []}
            assert (await ada.call("join", room))["members"] == [f"ada-ps-{mode}", f"bob-ps-{mode}"]
            assert await bob.hear("member_joined") == (room, f"ada-ps-{mode}")

            ack = await ada.call(
                "send_message", room, {"kind": "text_body", "text": "grüß 👋 日本"}
            )
            (message,) = await bob.hear("message_posted")
            assert (message["id"], message["body"]) == (
                ack["id"],
                {"kind": "text_body", "text": "grüß 👋 日本"},
            )

            data = bytes(range(256)) * 100
            await ada.call(
                "send_message", room, {"kind": "image", "mime": "image/webp", "data": data}
            )
            (message,) = await bob.hear("message_posted")
            assert message["body"] == {"kind": "image", "mime": "image/webp", "data": data}

            await ada.client.emit("typing", (room, True), namespace="/chat")
            assert await bob.hear("typing_changed") == (room, f"ada-ps-{mode}", True)
            assert (await ada.call("rooms"))["ok"][room] == 2
            assert await ada.call("leave", room) is True
            assert await bob.hear("member_left") == (room, f"ada-ps-{mode}")

    asyncio.run(scenario())


@modes
def test_its_mistakes_are_answered(chat_url: str, mode: str) -> None:
    async def scenario() -> None:
        async with joined(chat_url, mode, "eve") as eve:
            invalid = await eve.call("join", {"not": "a name"})
            assert invalid["error"]["code"] == "invalid_request"
            assert invalid["error"]["issues"][0]["loc"] == ["room"]
            assert (await eve.call("sing"))["error"]["code"] == "unknown_event"
            refused = await eve.call(
                "send_message", "elsewhere", {"kind": "text_body", "text": "x"}
            )
            assert refused["error"] == {
                "code": "not_in_room",
                "message": "Join the room first.",
                "data": {"room": "elsewhere"},
            }
            assert isinstance(await eve.call("rooms"), dict)

    asyncio.run(scenario())


@modes
def test_a_taken_name_is_refused_after_the_holder_was_asked(chat_url: str, mode: str) -> None:
    async def scenario() -> None:
        async with joined(chat_url, mode, "ann"):
            refusals: list[Any] = []
            other: Any = socketio.AsyncClient(reconnection=False)

            async def note(data: Any) -> None:
                refusals.append(data)

            other.on("connect_error", note, namespace="/chat")
            with pytest.raises(Refused):
                await other.connect(
                    chat_url,
                    auth={"name": f"ann-ps-{mode}"},
                    namespaces=["/chat"],
                    transports=TRANSPORTS[mode],
                    wait_timeout=5,
                )
            assert refusals == [
                {
                    "message": "Somebody else uses this name.",
                    "data": {"code": "name_taken", "data": {"name": f"ann-ps-{mode}"}},
                }
            ]
            await other.disconnect()

    asyncio.run(scenario())
