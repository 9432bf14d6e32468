"""A server with several workers in processes of its own, and raw clients for it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from ackord.runtime.client import connect

from tests.runtime.hosting.network import until

ROOT = Path(__file__).parents[3]
SID = "EIO=4&transport=polling"


class Line:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def response(self) -> tuple[int, bytes]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        found = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        body = await self.reader.readexactly(int(found[1])) if found else b""
        return int(head.split(" ", 2)[1]), body

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        self.writer.write(request)
        return await self.response()


def get(sid: str, more: str = "") -> bytes:
    query = f"{SID}&sid={sid}" if sid else SID
    return f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def post(sid: str, body: bytes) -> bytes:
    return (
        f"POST /socket.io/?{SID}&sid={sid} HTTP/1.1\r\nHost: x\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


class Crew:
    """The running server."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: list[str]) -> None:
        self.process = process
        self.port = port
        self.log = log
        self._writers: list[asyncio.StreamWriter] = []

    async def dial(self) -> Line:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        return Line(reader, writer)

    async def open_session(self) -> tuple[Line, str, int]:
        """Return a connection, a session of the worker that accepted it, and that worker."""
        line = await self.dial()
        _, body = await line.ask(get(""))
        sid: str = json.loads(body[1:])["sid"]
        return line, sid, int(sid.rpartition(".")[2])

    async def one_of_each(self) -> list[tuple[Line, str]]:
        """Return a connection and a session of each of two workers, in their order."""
        found: dict[int, tuple[Line, str]] = {}
        for _ in range(64):
            line, sid, worker = await self.open_session()
            found[worker] = line, sid
            if len(found) == 2:
                break
        return [found[0], found[1]]

    async def pids(self) -> set[int]:
        """Return the processes of the workers."""
        found: set[int] = set()
        for _ in range(64):
            async with connect(f"http://127.0.0.1:{self.port}") as socket:
                found.add(await socket.emit_with_ack("pid"))
            if len(found) == 2:
                break
        return found

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    async def ended(self) -> int:
        async with asyncio.timeout(60):
            return await self.process.wait()

    async def refused(self) -> None:
        """Wait until the server has closed its port."""
        with suppress(ConnectionError):
            async with asyncio.timeout(60):
                while True:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    await asyncio.sleep(0.01)

    async def logged(self, text: str) -> str:
        """Wait for a line of the log."""
        async with asyncio.timeout(60):
            while True:
                for line in self.log:
                    if text in line:
                        return line
                await asyncio.sleep(0.05)

    def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()


async def gone(pid: int) -> None:
    """Wait until a process, which isn't a child of this one, is gone."""
    await until(lambda: _is_gone(pid))


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@asynccontextmanager
async def running(
    *command: str, workers: int = 2, loop: str = "uvloop", kind: str = ""
) -> AsyncGenerator[Crew]:
    arguments = command or (
        "-m",
        "tests.runtime.hosting.workers_server",
        str(workers),
        loop,
        *([kind] if kind else []),
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stderr=asyncio.subprocess.PIPE
    )
    log: list[str] = []
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def read() -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            log.append(line.decode())
            found = re.search(r"listens on http://127\.0\.0\.1:(\d+)", log[-1])
            if found and not listening.done():
                listening.set_result(int(found[1]))

    reading = asyncio.create_task(read())
    try:
        async with asyncio.timeout(60):
            port = await listening
        crew = Crew(process, port, log)
        try:
            yield crew
        finally:
            crew.close()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(process.pid, 9)
        await process.wait()
        async with asyncio.timeout(60):  # the workers have standard error as well
            await reading


def play(scenario: Callable[[Crew], Awaitable[None]], loop: str = "uvloop", kind: str = "") -> None:
    async def main() -> None:
        async with asyncio.timeout(120), running(loop=loop, kind=kind) as crew:
            await scenario(crew)

    asyncio.run(main())
