"""A client of the soak: it lives through sessions of random length and end, and checks every number
that it gets.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.soak.links import MODES, Link, Mode, Packet
from tests.soak.wire import GoneError

PATIENCE = 60.0
"""Seconds that an acknowledgement may take on a busy machine."""


class Tally:
    """What all clients together did and found."""

    def __init__(self) -> None:
        self.sessions: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self.problems: Counter[str] = Counter()
        self.acked = 0
        self.downs = 0
        self.ticks = 0
        self.upgrades = 0
        self.connected = 0
        self.most_connected = 0


class Client:
    """One session of one client."""

    def __init__(self, port: int, mode: Mode, tally: Tally) -> None:
        self.link = Link(port, mode, self.receive)
        self._tally = tally
        self._joined = asyncio.Event()
        self._sent = 0
        self._acked = 0
        self._down = 0
        self._tick: int | None = None
        self._all_acked = asyncio.Event()
        self._sum: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._header = ""
        self._attachments: list[bytes] = []
        self._missing = 0

    async def open(self) -> None:
        """Open the session and join the namespace."""
        await self.link.open()
        self.link.send("0")
        await self._wait(self._joined)

    def say(self) -> None:
        """Send the next event; every fourth carries an attachment."""
        self._sent += 1
        number = self._sent
        if number % 4 == 0:
            self.link.send(
                f'51-{number}["up",{number},{{"_placeholder":true,"num":0}}]',
                number.to_bytes(4) * (number % 50 + 1),
            )
        else:
            self.link.send(f'2{number}["up",{number}]')

    async def settle(self) -> None:
        """Wait until everything has been acknowledged, and compare the sums of both sides."""
        if self._acked < self._sent:
            self._all_acked.clear()
            await self._wait(self._all_acked)
        self.link.send('20["sum"]')
        up, down, _ = await self._answer(self._sum)
        if (up, down) != (self._sent, self._down):
            self._problem(f"sums differ: up {up - self._sent:+}, down {down - self._down:+}")

    async def settle_again(self) -> None:
        """Settle once more in the same session."""
        self._sum = asyncio.get_running_loop().create_future()
        await self.settle()

    async def _wait(self, event: asyncio.Event) -> None:
        await self._answer(asyncio.ensure_future(event.wait()))

    async def _answer(self, future: asyncio.Future[Any]) -> Any:
        ended = asyncio.ensure_future(self.link.ended.wait())
        try:
            await asyncio.wait(
                (future, ended), timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED
            )
            if future.done():
                return future.result()
            if ended.done():
                raise GoneError(self.link.problem or "ended")
            raise GoneError("no answer in time")
        finally:
            ended.cancel()
            future.cancel()

    def _problem(self, text: str) -> None:
        self._tally.problems[f"{self.link.mode}: {text}"] += 1

    def receive(self, packet: Packet) -> None:
        """Take a packet of the link."""
        if isinstance(packet, bytes):
            self._attachments.append(packet)
            self._missing -= 1
            if self._missing:
                return
            header, self._header = self._header, ""
            if self._attachments != [self._expected_attachment(header)]:
                self._problem("a wrong attachment")
            self._attachments = []
            self._take(header)
        elif self._missing:
            self._problem("text between a packet and its attachments")
        elif packet[0] in "56":
            count, _, rest = packet[1:].partition("-")
            self._missing = int(count)
            self._header = ("2" if packet[0] == "5" else "3") + rest
        else:
            self._take(packet)

    def _expected_attachment(self, header: str) -> bytes:
        number = json.loads(header[header.index("[") :])
        value: int = number[0] if header[0] == "3" else number[1]
        return value.to_bytes(4) * (value % 50 + 1)

    def _take(self, packet: str) -> None:
        kind, rest = packet[0], packet[1:]
        if kind == "0":
            self._joined.set()
            return
        ack_id, _, _ = rest.partition("[")
        values: list[Any] = json.loads(rest[len(ack_id) :])
        if kind == "3":
            self._take_ack(int(ack_id), values)
        elif kind == "2" and values[0] == "tick":
            self._take_tick(values[1])
        elif kind == "2" and values[0] == "down":
            self._take_down(ack_id, values[1])
        else:
            self._problem(f"unexpected packet {packet[:40]!r}")

    def _take_ack(self, ack_id: int, values: list[Any]) -> None:
        if ack_id == 0:
            self._sum.set_result(values[0])
            return
        if ack_id != self._acked + 1 or values[0] != ack_id:
            self._problem(f"ack {ack_id - self._acked:+} instead of +1")
        self._acked = ack_id
        self._tally.acked += 1
        if self._acked == self._sent:
            self._all_acked.set()

    def _take_down(self, ack_id: str, number: int) -> None:
        if number != self._down + 1:
            self._problem(f"down {number - self._down:+} instead of +1")
        self._down = number
        self._tally.downs += 1
        self.link.send(f"3{ack_id}[{number}]")

    def _take_tick(self, number: int) -> None:
        if self._tick is not None and number != self._tick + 1:
            self._problem(f"tick {number - self._tick:+} instead of +1")
        self._tick = number
        self._tally.ticks += 1


async def live(
    port: int, tally: Tally, dice: random.Random, over: Callable[[], bool], pace: float
) -> None:
    """Be one client until `over`: session after session, each cut in its own way."""
    loop = asyncio.get_running_loop()
    while not over():
        await asyncio.sleep(dice.random() * 0.5)
        client = Client(port, dice.choice(MODES), tally)
        tally.sessions[client.link.mode] += 1
        try:
            await client.open()
            tally.connected += 1
            tally.most_connected = max(tally.most_connected, tally.connected)
            try:
                await _session(
                    client,
                    tally,
                    dice,
                    over,
                    until=loop.time() + dice.expovariate(1 / 25),
                    pace=pace,
                )
            finally:
                tally.connected -= 1
        except (GoneError, OSError) as error:
            tally.problems[f"{client.link.mode}: {error}"] += 1
        finally:
            client.link.abort()


async def _session(
    client: Client,
    tally: Tally,
    dice: random.Random,
    over: Callable[[], bool],
    *,
    until: float,
    pace: float,
) -> None:
    loop = asyncio.get_running_loop()
    link = client.link
    upgrades_at = loop.time() + dice.random() * 3 if link.mode == "upgrade" else None
    while loop.time() < until and not over():
        for _ in range(dice.choice((1, 1, 1, 2, 5))):
            client.say()
        if upgrades_at is not None and loop.time() >= upgrades_at:
            upgrades_at = None
            await link.upgrade()
            tally.upgrades += 1
        await asyncio.sleep(dice.uniform(0, 2 * pace))
        if link.ended.is_set():
            raise GoneError(link.problem or "ended")
    end = (
        "settle"
        if over()
        else dice.choice(("settle", "settle", "cut", "cut", "close", "leave", "vanish"))
    )
    tally.ends[end] += 1
    if end == "settle":
        await client.settle()
        await link.close()
    elif end == "close":
        client.say()
        await link.close()
    elif end == "leave":
        client.say()
        link.send("1")
        await asyncio.sleep(0.1)
        await link.close()
    elif end == "vanish":
        # A PING goes unanswered, requests stay open: only a timeout can tell.
        client.say()
        link.vanish()
        again = loop.time() + dice.uniform(0, 60)
        while loop.time() < again and not over():  # noqa: ASYNC110 - time is all that it waits for
            await asyncio.sleep(0.5)
    else:
        client.say()
        link.abort()
