"""Three servers, two of Ackord and one of Node, behind each adapter for Redis: each of them does
everything to the sockets of all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any, TypeAlias

import pytest
from ackord.runtime.adapters import BroadcastFlags, Target
from ackord.runtime.adapters.redis import (
    redis_publisher,
    redis_streams_publisher,
    sharded_redis_publisher,
)
from ackord.runtime.adapters.redis.publisher import RedisPublisher
from ackord.runtime.client import ClientSocket, Manager
from ackord.runtime.protocol.socketio.event import encode_plain_event

from tests.interop.conftest import NodeScripts, serving_module
from tests.redis import serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

NAMESPACES = ("/", "/chat")
NAMES = ("python", "other", "node")
WORDS = ["é😀", 2**40, {"deep": [b"\x00\xff", None, 1.5]}, b"bytes"]
EVERYBODY: dict[str, list[str]] = {"rooms": [], "except": []}


PUBLISHERS: dict[str, Callable[[str], RedisPublisher]] = {
    "classic": redis_publisher,
    "sharded": sharded_redis_publisher,
    "streams": redis_streams_publisher,
}


async def publish(publisher: RedisPublisher) -> None:
    """Do what tests/node/cluster_emitter.mjs does."""

    def only(*rooms: str, except_: str = "") -> Target:
        return Target(frozenset(rooms) or None, frozenset({except_} if except_ else ()))

    for target, values in [
        (only(), ("all", b"\x00\xff", "é😀")),
        (only("python"), ("python alone",)),
        (only("other", "node", except_="node"), ("other alone",)),
    ]:
        event = encode_plain_event("told", values)
        await publisher.publish("/chat", event, target, BroadcastFlags())
    await publisher.join("/chat", only("everybody", except_="node"), frozenset({"new"}))
    await publisher.server_side_emit("/chat", encode_plain_event("told", ("servers",)))
    await publisher.close()


class Person:
    """A client of one server, and what it was told."""

    def __init__(self, name: str, socket: ClientSocket) -> None:
        self.name = name
        self.socket = socket
        self.told: asyncio.Queue[list[Any]] = asyncio.Queue()
        self.left = asyncio.Event()
        socket.on("disconnect", self.left.set)
        socket.on("told", self.note)
        socket.on("question", self.answer)

    def note(self, *values: Any) -> None:
        """Keep what is told."""
        self.told.put_nowait(list(values))

    def answer(self, *values: Any) -> dict[str, Any]:
        """Answer a question."""
        return {"me": self.name, "asked": list(values)}

    async def do(self, operation: str, target: dict[str, list[str]], *values: Any) -> Any:
        """Make the client's server do something."""
        return await self.socket.timeout(20).emit_with_ack("do", operation, target, *values)

    async def hears(self, *values: Any) -> None:
        """Wait for the next thing that is told, and compare it."""
        async with asyncio.timeout(20):
            assert await self.told.get() == list(values)


People: TypeAlias = dict[str, Person]


class Urls(dict[str, str]):
    """The URLs of the servers by their names, with the kind of their adapter and their Redis."""

    def __init__(self, kind: str, redis: str) -> None:
        super().__init__()
        self.kind = kind
        self.redis = redis


@pytest.fixture(scope="module", params=["classic", "sharded", "streams"])
def urls(request: pytest.FixtureRequest, node: NodeScripts) -> Iterator[Urls]:
    """The URLs of the servers."""
    with ExitStack() as stack:
        redis = stack.enter_context(serving_redis()).url
        python = ("tests.interop.cluster.node", request.param, redis)
        urls = Urls(request.param, redis)
        urls |= {
            "python": stack.enter_context(serving_module(*python)),
            "other": stack.enter_context(serving_module(*python)),
            "node": stack.enter_context(node.serving("cluster_server.mjs", request.param, redis)),
        }
        yield urls


@asynccontextmanager
async def people(urls: Urls, namespace: str) -> AsyncGenerator[People]:
    """Connect a client to each server; return when each server reaches all of them."""
    async with AsyncExitStack() as stack:
        found: People = {}
        for name, url in urls.items():
            manager = await stack.enter_async_context(Manager(url))
            person = Person(name, manager.socket(namespace, auth={"name": name}))
            await stack.enter_async_context(person.socket)
            found[name] = person
        for person in found.values():
            # Subscriptions are made in the background.
            for name in NAMES:
                while True:
                    await person.do("emit", {"rooms": [name], "except": []}, "ready")
                    try:
                        async with asyncio.timeout(0.5):
                            await found[name].told.get()
                            break
                    except TimeoutError:
                        continue
        await asyncio.sleep(0.3)
        for person in found.values():
            while not person.told.empty():
                person.told.get_nowait()
        yield found


def play(urls: Urls, namespace: str, scenario: Callable[[People, Person], Awaitable[None]]) -> None:
    """Run a scenario with each server as the one that acts."""

    async def main() -> None:
        for name in NAMES:
            async with people(urls, namespace) as found:
                await scenario(found, found[name])

    asyncio.run(main())


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_broadcasts_reach_the_sockets_of_all_servers(urls: Urls, namespace: str) -> None:
    async def scenario(found: People, actor: Person) -> None:
        cases: list[tuple[list[str], list[str], set[str]]] = [
            ([], [], set(NAMES)),
            (["everybody"], [], set(NAMES)),
            (["node", "other"], [], {"node", "other"}),
            (["everybody"], ["python"], {"node", "other"}),
            *(([name], list[str](), {name}) for name in NAMES),
            *(([found[name].socket.id or ""], list[str](), {name}) for name in NAMES),
            (["nobody"], [], set()),
        ]
        for number, (rooms, except_, reached) in enumerate(cases):
            await actor.do("emit", {"rooms": rooms, "except": except_}, number, *WORDS)
            for name in reached:
                await found[name].hears(number, *WORDS)
        await actor.do("emit", EVERYBODY, "last")
        for person in found.values():
            await person.hears("last")

    play(urls, namespace, scenario)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_sockets_of_all_servers_acknowledge(urls: Urls, namespace: str) -> None:
    async def scenario(_: People, actor: Person) -> None:
        for rooms, asked in [([], NAMES), (["node", "other"], ("node", "other"))]:
            answers = await actor.do("ask", {"rooms": rooms, "except": []}, *WORDS)
            assert sorted(answers, key=lambda answer: answer["me"]) == [
                {"me": name, "asked": WORDS} for name in sorted(asked)
            ]
        assert await actor.do("ask", {"rooms": ["nobody"], "except": []}) == []

    play(urls, namespace, scenario)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_sockets_of_all_servers_are_described_moved_and_disconnected(
    urls: Urls, namespace: str
) -> None:
    async def scenario(found: People, actor: Person) -> None:
        async def rooms() -> dict[str, set[str]]:
            sockets = await actor.do("fetch", EVERYBODY)
            assert {socket["id"] for socket in sockets} == {
                person.socket.id for person in found.values() if person.socket.connected
            }
            return {
                socket["data"]["name"]: set(socket["rooms"]) - {socket["id"]} for socket in sockets
            }

        async def become(expected: dict[str, set[str]]) -> None:
            async with asyncio.timeout(20):
                while await rooms() != expected:  # noqa: ASYNC110  # another server changes them
                    await asyncio.sleep(0.05)

        base = {name: {"everybody", name} for name in NAMES}
        await become(base)
        await actor.do("join", {"rooms": ["everybody"], "except": ["other"]}, ["new", "newer"])
        new = {"new", "newer"}
        await become(
            {"python": base["python"] | new, "node": base["node"] | new, "other": base["other"]}
        )
        await actor.do("leave", {"rooms": ["new"], "except": []}, ["newer", "everybody"])
        await become({"python": {"python", "new"}, "node": {"node", "new"}, "other": base["other"]})
        gone = [name for name in NAMES if name != actor.name]
        for name in gone:
            await actor.do("disconnect", {"rooms": [name], "except": []}, False)
        for name in gone:
            await found[name].left.wait()

    play(urls, namespace, scenario)


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_servers_tell_and_ask_one_another(urls: Urls, namespace: str) -> None:
    async def scenario(found: People, actor: Person) -> None:
        # Node's classic adapter writes these events as JSON, in which bytes become something else.
        value = {"é": 1 if actor.name == "node" else b"\x00\xff"}
        await actor.do("server_emit", EVERYBODY, value)
        for name in NAMES:
            if name != actor.name:
                await found[name].hears("by a server", value)
        answers = await actor.do("server_ask", EVERYBODY, "😀")
        assert answers == [{"node": "😀"}] * 2

    play(urls, namespace, scenario)


def test_a_process_without_a_server_reaches_all(urls: Urls, node: NodeScripts) -> None:
    async def send(*, is_node: bool) -> None:
        if is_node:
            await asyncio.to_thread(node.observe, "cluster_emitter.mjs", urls.redis)
        else:
            await publish(PUBLISHERS[urls.kind](urls.redis))

    async def scenario(*, is_node: bool) -> None:
        async with people(urls, "/chat") as found:
            await send(is_node=is_node)
            for name, person in found.items():
                await person.hears("all", b"\x00\xff", "é😀")
                if name != "node":
                    await person.hears(f"{name} alone")
                await person.hears("by a server", "servers")
            sockets = await found["python"].do("fetch", {"rooms": ["new"], "except": []})
            assert {socket["data"]["name"] for socket in sockets} == {"python", "other"}

    asyncio.run(scenario(is_node=False))
    if urls.kind == "classic":  # npm has an emitter for this adapter alone
        asyncio.run(scenario(is_node=True))
