"""A server for the verbs of the command line, and the verbs themselves, in this process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from ackord.runtime.cli import call, listen
from ackord.runtime.protocol.socketio.error_acks import FailureReply
from ackord.runtime.server import RefusalReply, Server, Socket
from click.testing import CliRunner

from examples.chat.server import Chat
from tests.hosts import Hosting, host

VERBS = {"call": call.verb, "listen": listen.verb}
LONG = "x" * 2_000_000


@dataclass(frozen=True)
class Answer:
    """What a verb wrote, and its exit code."""

    code: int
    out: str
    error: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def run(verb: str, *arguments: str, stdin: bytes = b"") -> Answer:
    """Run a verb."""
    result = CliRunner().invoke(VERBS[verb], arguments, input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Answer(result.exit_code, result.stdout, result.stderr)


@dataclass
class Seen:
    """What the server has seen."""

    handshakes: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    queries: list[Mapping[str, str]] = field(default_factory=list[Mapping[str, str]])
    auths: list[Any] = field(default_factory=list[Any])
    notes: list[Any] = field(default_factory=list[Any])

    def note(self, *values: Any) -> None:
        self.notes.append(values)


SEEN = Seen()


def make_server() -> Server:
    server = Server(max_payload=3_000_000)
    server.register(Chat())
    server.on("connection", _answer)
    server.of("/emits").on("connection", _emit)
    server.of("/closed").use(_refuse)

    @server.of("/rooms").on("connection")
    def enter(client: Socket) -> None:
        @client.on("join")
        def join(*rooms: Any) -> None:
            if "closed" in rooms:
                raise FailureReply("closed", "Nobody\ngets in")
            client.join([str(room) for room in rooms])
            server.of("/rooms").to(str(rooms[0])).emit("entered", *rooms)

        client.on("silent", hang, concurrent=True)

    @server.of("/leaves").on("connection")
    async def leave(client: Socket) -> None:
        client.emit("last", 1)
        client.disconnect()

    return server


async def hang() -> None:
    await asyncio.Event().wait()


def _refuse(_: Socket) -> None:
    raise RefusalReply("Go \x1b[31maway", {"code": "banned", "data": {"days": 3}})


def _answer(client: Socket) -> None:
    SEEN.handshakes.append(client.handshake.headers)
    SEEN.queries.append(client.handshake.query)
    SEEN.auths.append(client.handshake.auth)
    client.on("echo", _echo)
    client.on("-5", _echo)
    client.on("note", SEEN.note)
    client.on("long", lambda: LONG)
    client.on("strange", lambda: ["\x1b[2J\u202e\x9b", "\U000e0001é", "\n"])
    client.on("almost", lambda: {"error": {"code": "x"}, "more": 1})

    @client.on("fail")
    def fail() -> None:
        raise FailureReply("too_late", "Come\nearlier", {"by": 5})

    client.on("hang", hang)

    @client.on("interrupt")
    async def interrupt(process: int) -> None:
        os.kill(process, signal.SIGINT)
        await asyncio.Event().wait()

    @client.on("hang_up")
    async def hang_up() -> None:
        client.disconnect(close=True)
        await asyncio.Event().wait()


def _echo(*values: Any) -> Any:
    return values


def _emit(client: Socket) -> None:
    client.emit("posted", "hi", {"image": b"\x00\xff"})
    client.emit("typing", True)
    client.emit("long", LONG)
    client.emit("asked", 1, ack=_echo)
    client.emit("done")


def make_liar() -> Server:
    """Make a server that says what the contract of the chat doesn't."""
    server = Server()

    @server.of("/chat").on("connection")
    def answer(client: Socket) -> None:
        client.on("leave", lambda: "no bool")
        client.on("rooms", lambda: {"ok": {"a": 1}})
        client.emit("announcement", "fine")
        client.emit("announcement", 5)
        client.emit("unheard_of")

    return server


def serve(server: Server) -> Iterator[str]:
    """Serve in a thread; give the URL."""
    uvicorn = host(server.asgi(), Hosting.PLAIN)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=uvicorn.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        uvicorn.should_exit = True
        thread.join(60)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    yield from serve(make_server())


@pytest.fixture(scope="module")
def liar() -> Iterator[str]:
    yield from serve(make_liar())
