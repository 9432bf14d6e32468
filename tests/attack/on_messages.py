"""Attacks by what a connected client sends, or doesn't take."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from itertools import repeat

from tests.attack.aim import (
    ADDRESS,
    CONTINUATION,
    PING,
    POLLING,
    TEXT,
    Aim,
    frame,
    prefix_of,
    request,
)

MEGABYTE = 990_000
"""A message that is just accepted."""
LEVELS = 180


def values(size: int) -> list[str]:
    """Make JSON of about so many characters that costs much to read."""
    deep = "[" * LEVELS + "]" * LEVELS
    nested = '{"a":' * LEVELS + "1" + "}" * LEVELS
    return [
        _repeated(deep, size),
        _repeated(nested, size),
        _repeated("[]", size),
        _repeated("{}", size),
        _repeated('"\\ud83d\\ude00"', size),
        _repeated("1e5", size),
        _repeated("9" * 4000, size),
        "{" + ",".join(f'"{key}":[]' for key in range(size // 10)) + "}",
    ]


def trees(size: int) -> list[str]:
    """Make values of a type that is a union of itself; they end wrong, after all members were
    tried.
    """
    deep = '{"kids":' * 90 + "null" + "}" * 90
    listed = '{"kids":[' * 45 + "null" + "]}" * 45
    return ['{"kids":' + _repeated(unit, size) + "}" for unit in (deep, listed, '{"kids":null}')]


def _repeated(unit: str, size: int) -> str:
    return "[" + ",".join([unit] * (size // (len(unit) + 1))) + "]"


async def costly_values(aim: Aim) -> None:
    await _send(aim, 1, [frame(f'42["echo",{value}]') for value in values(MEGABYTE)] * 5)


async def recursive_unions(aim: Aim) -> None:
    await _send(
        aim, 1, [frame(f'42/typed,["tree",{tree}]') for tree in trees(75_000)] * 10, "/typed"
    )


async def costly_batches(aim: Aim) -> None:
    events = "\x1e".join(f'42["echo",{value}]' for value in values(100_000))

    async def post(_: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        await pipe.ask(request("POST", f"{POLLING}&sid={sid}", ADDRESS, b"40"))
        body = request("POST", f"{POLLING}&sid={sid}", ADDRESS, events.encode())
        await aim.flood(pipe.ask, repeat(body, 20), "batches of 0.8 MB")

    await aim.each(4, post)
    await aim.hold()


async def waiting_events(aim: Aim) -> None:
    await _send(aim, aim.many(10), [frame(f'42["slow",{_repeated("[]", 100_000)}]')] * 80)
    await aim.hold()


async def waiting_behind_an_acknowledgement(aim: Aim) -> None:
    event = frame(f'42["slow",{_repeated("[]", 100_000)}]')
    await _send(aim, aim.many(10), [frame('42["ask"]'), *[event] * 160])
    await aim.hold()


async def invalid_events(aim: Aim) -> None:
    wrong = (
        '["item",{"id":"x","text":1}]',
        '["nobody listens",1]',
        '["item"]',
        '["tree",{"kids":null}]',
    )
    batch = b"".join(frame(f"42/typed,{event}") for event in wrong) * 25
    pieces = [
        b"".join(frame(f'42/typed,["name {number} {each}\\n"]') for each in range(20)) + batch
        for number in range(300)
    ]
    await _send(aim, 4, pieces, "/typed")


async def raising_handlers(aim: Aim) -> None:
    await _send(aim, 4, [frame('42["crash"]') * 100] * 500)


async def refused_connects(aim: Aim) -> None:
    names = ("/closed", "/nothing", "/nothing\\nERROR:root:forged", "/tenant-x")
    await _send(aim, 4, [b"".join(frame(f"40{name},") for name in names) * 20] * 2000)


async def joining_and_leaving(aim: Aim) -> None:
    await _send(aim, 4, [(frame("40/typed,") + frame("41/typed,")) * 500] * 20)


async def packets_for_nobody(aim: Aim) -> None:
    """Send acknowledgements that nobody waits for, and packets for a namespace that was left."""
    await _send(aim, 4, [(frame("431234[1]") + frame('42["nobody"]') + frame("3")) * 1000] * 50)


async def batches_of_connects(aim: Aim) -> None:
    """Join 99 namespaces, and be refused in some thousand, by one POST; send several at once."""

    async def post(number: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        size = aim.many(1000)
        names = [f"40/tenant-{number * size + each}," for each in range(size)]
        body = request("POST", f"{POLLING}&sid={sid}", ADDRESS, "\x1e".join(names).encode())
        await aim.flood(pipe.ask, repeat(body * 2, 5), f"times two batches of {size:,} CONNECTs")

    await aim.each(aim.many(20), post, 4)


async def batches_sent_ahead(aim: Aim) -> None:
    """Send POSTs of 250 events each without waiting for their answers."""
    events = "\x1e".join(['42["echo",1]'] * 250).encode()

    async def post(_: int) -> None:
        pipe, sid = await aim.open_session(ADDRESS)
        await pipe.ask(request("POST", f"{POLLING}&sid={sid}", ADDRESS, b"40"))
        body = request("POST", f"{POLLING}&sid={sid}", ADDRESS, events)
        await aim.flood(pipe.ask, repeat(body * 15, 20), "times 15 batches of 250 events")

    await aim.each(4, post)


async def pings(aim: Aim) -> None:
    await _send(aim, 4, [frame(b"x" * 125, PING) * 1000] * 2000, reads=False)


async def fragments(aim: Aim) -> None:
    pieces = [frame("4", TEXT - 0x80), *[frame("x", CONTINUATION) * 1000] * 2000]
    await _send(aim, 4, pieces)


async def cut_frames(aim: Aim) -> None:
    await _send(aim, aim.many(200), [frame("4" * 900_000, length=999_990)])
    await aim.hold()


async def parked_attachments(aim: Aim) -> None:
    attachment = frame(b"x" * 950_000, 0x82)
    header = frame('4510-["echo",{"_placeholder":true,"num":0}]')
    await _send(aim, aim.many(20), [header, *[attachment] * 9])
    await aim.hold()


async def compression_bombs(aim: Aim) -> None:
    packed = zlib.compressobj(9, wbits=-15)
    data = packed.compress(f'42["echo","{"a" * MEGABYTE}"]'.encode()) + packed.flush(
        zlib.Z_SYNC_FLUSH
    )
    bombs = frame(data.removesuffix(b"\0\0\xff\xff"), TEXT | 0x40) * 200
    headers = (
        f"{ADDRESS}Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"
    )

    async def throw(_: int) -> None:
        websocket = await aim.open(headers)
        reading.append(asyncio.ensure_future(websocket.read_away()))
        await aim.flood(websocket.write, [frame("40"), *[bombs] * 5], "writes of 200 MB in 0.2 MB")

    reading: list[asyncio.Task[None]] = []
    await aim.each(6, throw)
    await aim.hold()


async def clients_that_read_nothing(aim: Aim) -> None:
    async def stop(_: int) -> None:
        (await aim.websocket()).stop_reading()
        aim.done["clients that read nothing"] += 1

    await aim.each(aim.many(50), stop)
    await _send(aim, 1, [frame('42["shout",10,100000]')] * 15)
    await aim.hold()


async def tenants(aim: Aim) -> None:
    await _tenants(aim, stays=True)


async def tenants_that_may_come_back(aim: Aim) -> None:
    await _tenants(aim, stays=False)


async def _tenants(aim: Aim, *, stays: bool) -> None:
    """Bring more namespaces into being than a server of ours allows for one pattern."""

    async def join(number: int) -> None:
        websocket = await aim.websocket()
        await websocket.write(
            b"".join(frame(f"40/tenant-{number * 100 + each},") for each in range(99))
        )
        for _ in range(99):
            answer = str(await websocket.receive())
            aim.done["namespaces" if answer.startswith("40") else "refused"] += 1
        if not stays:
            websocket.abort()

    await aim.each(aim.many(104), join, 8)
    await aim.hold()


async def _send(
    aim: Aim, clients: int, pieces: Sequence[bytes], namespace: str = "/", *, reads: bool = True
) -> None:
    """Let each of some clients send the same pieces."""

    async def send(_: int) -> None:
        websocket = await aim.websocket()
        if namespace != "/":
            websocket.send(f"40{prefix_of(namespace)}")
            await websocket.receive()
        if reads:
            reading.append(asyncio.ensure_future(websocket.read_away()))
        else:
            websocket.stop_reading()
        await aim.flood(websocket.write, pieces[: aim.many(len(pieces))], "pieces")

    reading: list[asyncio.Task[None]] = []
    await aim.each(clients, send, clients)
    for task in reading:
        task.cancel()
