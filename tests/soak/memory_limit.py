"""Servers whose address space is limited, and clients that want all of it: does a stranger still
get in?

Each run starts a server that may map 700 MB, attacks it from this process, and then asks in vain or
not for an acknowledgement, on a new connection: the server has to serve it, or to have exited,
within 30 seconds. What it must not do is hang.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import resource
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ackord.runtime.server import Server, Socket

from tests.hosts import Hosting, add_option, serve
from tests.runtime.hosting.network import Connection, frame, masked

ROOT: Final = Path(__file__).resolve().parents[2]
ADDRESS_SPACE: Final = 700_000_000
PATIENCE: Final = 30.0
"""Seconds in which a stranger is served, or the server has exited."""
_CONNECTIONS: Final = 60
_MESSAGES: Final = 20
_UPGRADE: Final = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nUpgrade: "
    "websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{}\r\n"
)


class Target:
    """A server with limited memory, in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port
        self.peak = 0

    async def connect(self, more: str = "") -> Connection:
        """Open a WebSocket and join the main namespace."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(_UPGRADE.format(more).encode())
            await reader.readuntil(b"\r\n\r\n")
            await frame(reader)
            writer.write(masked(0x81, b"40"))
            await frame(reader)
        except BaseException:
            writer.transport.abort()
            raise
        return reader, writer

    def look(self) -> None:
        """Note how much memory the server takes."""
        with contextlib.suppress(OSError, ValueError):
            pages = int(
                Path(f"/proc/{self.process.pid}/statm").read_text(encoding="ascii").split()[1]
            )
            self.peak = max(self.peak, pages * resource.getpagesize())


Attack = Callable[[Target, asyncio.StreamWriter], Awaitable[None]]


async def _send_queued(messages: bytes, writer: asyncio.StreamWriter) -> None:
    for _ in range(_MESSAGES):
        writer.write(messages)
        await writer.drain()


async def send_lists(target: Target, writer: asyncio.StreamWriter) -> None:
    """Have events of little but empty lists wait while the server awaits an acknowledgement that
    never comes.
    """
    await _send_queued(
        masked(0x81, b'42["ask"]')
        + masked(0x81, b'42["ask",%b]' % (b"[" + b"[]," * 39_000 + b"1]")),
        writer,
    )


async def send_objects(target: Target, writer: asyncio.StreamWriter) -> None:
    """The same with objects, whose keys differ."""
    held = ",".join(f'{{"{number}":{number}}}' for number in range(30_000))
    await _send_queued(masked(0x81, f'42["ask",[{held}]]'.encode()), writer)


async def send_short(target: Target, writer: asyncio.StreamWriter) -> None:
    """The same with as many events as can be."""
    writer.write(masked(0x81, b'42["ask",1]') * 8_000)
    await writer.drain()


async def send_cut(target: Target, writer: asyncio.StreamWriter) -> None:
    """Send frames of 1 MB but for their last byte."""
    writer.write(masked(0x81, b"4" * 999_999)[:-1])
    await writer.drain()


async def send_attachments(target: Target, writer: asyncio.StreamWriter) -> None:
    """Send all but the last attachment of a packet."""
    writer.write(
        masked(0x81, b'4510-["ask",{"_placeholder":true,"num":0}]')
        + masked(0x82, b"\0" * 990_000) * 9
    )
    await writer.drain()


async def ask_for_much(target: Target, writer: asyncio.StreamWriter) -> None:
    """Ask for large answers and read none."""
    writer.write(masked(0x81, b'42["much"]') * 4)
    await writer.drain()


ATTACKS: Final[dict[str, tuple[Attack, int]]] = {
    "lists": (send_lists, _CONNECTIONS),
    "objects": (send_objects, _CONNECTIONS),
    "short": (send_short, 30),
    "cut": (send_cut, 600),
    "attachments": (send_attachments, 100),
    "answers": (ask_for_much, 60),
}


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    attack: str
    exit_code: int | None
    """Of the server, if it has exited."""
    served_after: float | None
    """Seconds until a stranger was served, if it was."""
    peak: int
    """The most memory that the server was seen to take."""

    @property
    def is_good(self) -> bool:
        """Whether the server served or exited in time."""
        return self.exit_code is not None or self.served_after is not None


async def attack(hosting: Hosting, name: str, log: int = subprocess.DEVNULL) -> Outcome:
    """Start a server, attack it, and see whether a stranger is served."""
    act, connections = ATTACKS[name]
    async with _target(hosting, log) as target, asyncio.TaskGroup() as group:
        attackers = [group.create_task(_attack(act, target)) for _ in range(connections)]
        await _watch(target, attackers)
        began = time.monotonic()
        served = None
        while (
            served is None and target.process.poll() is None and time.monotonic() < began + PATIENCE
        ):
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                async with asyncio.timeout(5):
                    await _ask(target)
                    served = time.monotonic() - began
            target.look()
            await asyncio.sleep(0.1)
        outcome = Outcome(name, target.process.poll(), served, target.peak)
        for attacker in attackers:
            attacker.cancel()
    return outcome


async def _attack(act: Attack, target: Target) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        _, writer = await target.connect()
        try:
            await act(target, writer)
            await asyncio.Event().wait()
        finally:
            writer.transport.abort()


async def _watch(target: Target, attackers: Sequence[asyncio.Task[None]]) -> None:
    """Give the attackers some seconds."""
    for _ in range(40):
        target.look()
        await asyncio.wait(attackers, timeout=0.1)
        if target.process.poll() is not None:
            break


async def _ask(target: Target) -> None:
    reader, writer = await target.connect()
    try:
        writer.write(masked(0x81, b'420["echo","stranger"]'))
        while (await frame(reader))[1] != b'430["stranger"]':
            pass
    finally:
        writer.transport.abort()


@asynccontextmanager
async def _target(hosting: Hosting, log: int) -> AsyncGenerator[Target]:
    command = [
        sys.executable,
        "-m",
        "tests.soak.memory_limit",
        "--serve",
        "--hosting",
        hosting.value,
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: ASYNC220
    try:
        line = await asyncio.to_thread(lambda: process.stdout.readline() if process.stdout else "")
        yield Target(process, int(line.split()[1]))
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def make_server() -> Server:
    """Make the server that is attacked."""
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:
        @socket.on("echo")
        def echo(value: object) -> object:
            return value

        @socket.on("ask")
        async def ask(*values: object) -> None:
            await socket.emit_with_ack("question", timeout=600)

        @socket.on("much")
        def much() -> None:
            socket.emit("answer", "x" * 900_000)

    return server


def main() -> None:
    """Run as often as is asked for, and print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    parser.add_argument("--serve", action="store_true", help="be the server")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--log", action="store_true", help="show what the server logs")
    parser.add_argument("attacks", nargs="*", default=list(ATTACKS))
    options = parser.parse_args()
    if options.serve:
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        serve(make_server().asgi(), options.hosting)
        return
    bad = 0
    for name in options.attacks:
        for _ in range(options.runs):
            outcome = asyncio.run(
                attack(
                    options.hosting,
                    name,
                    sys.stderr.fileno() if options.log else subprocess.DEVNULL,
                )
            )
            bad += not outcome.is_good
            print(outcome, flush=True)
    sys.exit(bad and 1)


if __name__ == "__main__":
    main()
