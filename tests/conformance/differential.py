"""Plays scripts to a Socket.IO server and tells what came of each."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.conformance.scripts import Frame, Script

ROOT: Final = Path(__file__).parents[2]
CONCURRENT: Final = 24
PATIENCE: Final = 30.0
"""Seconds for an answer, or the end of the connection."""
LAST: Final = "last"
"""The label of a connection after all others."""
SENTINEL: Final = "/sentinel"
"""A namespace that isn't there: an answer to CONNECT shows that all before it was read."""
ROUNDS: Final = 2
"""Handlers run after packets were read, so one answer isn't enough to know that theirs have come.
"""

_HEADER = re.compile(r"(\d)(?:(\d+)-)?((?:/[^,]*)?),?(\d*)(.*)", re.DOTALL)


@dataclass(frozen=True)
class Outcome:
    """What came of a script."""

    closed: bool
    """Whether the server ended the connection."""
    replies: dict[str, list[Any]]
    """What the client got, in order, by namespace; of all there is, under ``*``."""
    seen: dict[str, list[Any]]
    """What handlers saw, in order, by namespace."""


@asynccontextmanager
async def server(*command: str) -> AsyncGenerator[Player]:
    """Start a server that prints ``listening PORT`` and then what its handlers see."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, limit=1 << 22
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            first = (await process.stdout.readline()).decode()
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            player = Player(http, f"http://127.0.0.1:{first.split()[1]}/socket.io/")
            reader = asyncio.create_task(player.read_log(process.stdout))
            yield player
            reader.cancel()
    finally:
        process.terminate()
        await process.wait()


class Player:
    """Plays scripts to one server."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self._url = url
        self._log: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        self._slots = asyncio.Semaphore(CONCURRENT)

    async def read_log(self, log: asyncio.StreamReader) -> None:
        """Take what handlers see, as it is printed."""
        async for line in log:
            label, namespace, *seen = json.loads(line)
            self._log[label][namespace].append(seen)

    async def play(self, scripts: Sequence[Script]) -> list[Outcome]:
        """Play all scripts; return what came of each."""
        played = await asyncio.gather(
            *(self._play(script, str(number)) for number, script in enumerate(scripts))
        )
        await self._play(Script("websocket", paced=False, frames=("40",)), LAST)
        async with asyncio.timeout(PATIENCE):
            while not any(what == "disconnect" for what, *_ in self._log[LAST]["/"]):  # noqa: ASYNC110 - it is printed elsewhere
                await asyncio.sleep(0.01)
        await asyncio.sleep(
            0.5
            # the other disconnects were printed before that one; a server may do a little in another
            # order
        )
        return [
            Outcome(
                closed,
                _by_namespace(replies),
                {name: list(seen) for name, seen in sorted(self._log[str(number)].items())},
            )
            for number, (closed, replies) in enumerate(played)
        ]

    async def _play(self, script: Script, label: str) -> tuple[bool, list[Frame]]:
        async with self._slots:
            play = self._over_websocket if script.transport == "websocket" else self._over_polling
            return await play(
                script, f"{self._url}?EIO=4&transport={script.transport}&label={label}"
            )

    async def _over_websocket(self, script: Script, url: str) -> tuple[bool, list[Frame]]:
        replies: list[Frame] = []
        websocket = await self._http.ws_connect(url)
        await websocket.receive(PATIENCE)
        try:
            for batch in [*script.batches(), ()]:
                for frame in batch:
                    await _send(websocket, frame)
                for number in range(ROUNDS):
                    await _send(websocket, f"40{SENTINEL}{number},")
                    while True:
                        message = await websocket.receive(PATIENCE)
                        if message.type not in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
                            return True, replies
                        reply: Frame = message.data
                        if isinstance(reply, str) and reply.startswith(f"44{SENTINEL}"):
                            break
                        replies.append(reply)
        except (ConnectionError, aiohttp.ClientError):
            return True, replies
        finally:
            await websocket.close()
        return False, replies

    async def _over_polling(self, script: Script, url: str) -> tuple[bool, list[Frame]]:
        async with self._http.get(url) as response:
            url += f"&sid={json.loads((await response.text())[1:])['sid']}"
        replies: list[Frame] = []
        try:
            for batch in [*script.batches(), ()]:
                if batch:
                    await self._post(url, batch)
                for number in range(ROUNDS):
                    await self._post(url, [f"40{SENTINEL}{number},"])
                    answered = False
                    while not answered:
                        async with asyncio.timeout(PATIENCE), self._http.get(url) as response:
                            if response.status != 200:
                                return True, replies
                            packets = (await response.text()).split("\x1e")
                        answered = any(
                            packet.startswith(f"44{SENTINEL}{number}") for packet in packets
                        )
                        replies += [
                            base64.b64decode(packet[1:]) if packet[:1] == "b" else packet
                            for packet in packets
                        ]
                        if "1" in packets:
                            return True, replies
        except (ConnectionError, aiohttp.ClientError):
            return True, replies
        await self._post(url, ["1"])
        return False, replies

    async def _post(self, url: str, frames: Sequence[Frame]) -> None:
        packets = (
            frame if isinstance(frame, str) else "b" + base64.b64encode(frame).decode()
            for frame in frames
        )
        try:
            async with self._http.post(url, data="\x1e".join(packets).encode()) as response:
                await response.read()
        except (ConnectionError, aiohttp.ClientError):
            # npm's server resets the connection of a malformed body; whether the session lives is
            # asked by the next GET
            pass


async def _send(websocket: aiohttp.ClientWebSocketResponse, frame: Frame) -> None:
    if isinstance(frame, str):
        await websocket.send_str(frame)
    else:
        await websocket.send_bytes(frame)


def _by_namespace(replies: Sequence[Frame]) -> dict[str, list[Any]]:
    """Sort packets by namespace, since order is promised within one only, and put attachments into
    their places.
    """
    sorted_replies: dict[str, list[Any]] = {}
    waiting = list(replies)
    while waiting:
        reply = waiting.pop(0)
        header = (
            _HEADER.fullmatch(reply[1:]) if isinstance(reply, str) and reply[:1] == "4" else None
        )
        if header is None:
            if reply not in {
                "1",
                "2",
                "6",
            }:  # the end is told by `closed`; when NOOPs come is the server's affair
                sorted_replies.setdefault("*", []).append(reply)
            continue
        kind, attachments, namespace, ack_id, payload = header.groups()
        count = int(attachments or 0)
        binary, waiting = waiting[:count], waiting[count:]
        if len(binary) == count and not namespace.startswith(SENTINEL):
            value = _decoded(payload, binary)
            if kind == "0":
                value["sid"] = "…"
            sorted_replies.setdefault(namespace or "/", []).append([kind, ack_id, value])
    return dict(sorted(sorted_replies.items()))


def _decoded(payload: str, binary: Sequence[Frame]) -> Any:
    try:
        return json.loads(payload, object_hook=partial(_filled, binary)) if payload else None
    except ValueError:
        return payload  # npm's server can be brought to write what isn't JSON


def _filled(binary: Sequence[Frame], found: dict[str, Any]) -> Any:
    if found.get("_placeholder") is not True:
        return found
    number: int = found["num"]
    data = binary[number]
    return {"bytes": data.hex() if isinstance(data, bytes) else data}
