"""Attacks on what is kept for clients that are away, and what they themselves notice."""

from __future__ import annotations

import json
from typing import Any

from tests.attack.aim import Aim
from tests.soak.wire import GoneError, WebSocket

ATTEMPTS = 10
AT_ONCE = 10
"""Events of 100 KB: less than a connection may buffer."""


async def _join(aim: Aim, payload: str = "") -> tuple[WebSocket, dict[str, Any], list[str]]:
    """Join; return what CONNECT was answered, and the events that came before the answer."""
    websocket = await aim.open()
    websocket.send(f"40{payload}")
    events: list[str] = []
    try:
        while True:
            packet = str(await websocket.receive())
            if packet.startswith("40"):
                return websocket, json.loads(packet[2:]), events
            if packet.startswith("42"):
                events.append(packet)
            elif packet == "2":
                websocket.send("3")
    except GoneError:
        websocket.abort()
        raise


async def _shout(aim: Aim, count: int) -> WebSocket:
    """Send so many events of 100 KB to everybody."""
    websocket, _, _ = await _join(aim)
    for already in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - already)
        websocket.send(f'42["shout",{some},100000]')
        for _ in range(some):
            await _event(websocket)
    return websocket


async def replays_again_and_again(aim: Aim) -> None:
    """Come back to 3 MB of events, each time as if nothing had been seen."""

    async def come_back(_: int) -> None:
        websocket, answer, events = await _join(aim)
        speaker = await _shout(aim, 30)
        speaker.abort()
        while not aim.is_over:
            websocket.abort()
            websocket, answer, events = await _join(aim, json.dumps({"pid": answer["pid"]}))
            aim.done["replays of 3 MB" if len(events) >= 30 else "answers without a replay"] += 1

    await aim.each(4, come_back)


async def missed_more_than_is_buffered(aim: Aim) -> None:
    """Come back to 12 MB of events, which is more than a connection may buffer."""
    websocket, answer, _ = await _join(aim)
    first = await _shout(aim, 1)  # an event to have an offset of
    first.abort()
    offset = json.loads((await _event(websocket))[2:])[-1]
    websocket.abort()
    speaker = await _shout(aim, 120)
    speaker.abort()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            websocket, again, events = await _join(
                aim, json.dumps({"pid": answer["pid"], "offset": offset})
            )
        except GoneError:
            continue
        what = "recovered" if again["sid"] == answer["sid"] else "a new client"
        aim.done[f"events, {what} at attempt {attempt}"] = len(events)
        return
    aim.done[f"not back in {ATTEMPTS} attempts"] = 1


async def _event(websocket: WebSocket) -> str:
    while True:
        packet = str(await websocket.receive())
        if packet.startswith("42"):
            return packet
