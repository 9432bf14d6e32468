"""The events of bench.yaml on python-socketio, validated with pydantic as its users do by hand."""

from __future__ import annotations

import itertools
from typing import Annotated, Any

import socketio
from pydantic import BaseModel, Field

from tests.bench.servers.listening import Variant


class Item(BaseModel):
    """`Item` of bench.yaml."""

    id: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=20000)]
    tags: list[str]


async def echo(sid: str, data: Any) -> Any:
    """Answer the item."""
    return Item.model_validate(data).model_dump(mode="json")


async def note(sid: str, data: Any) -> None:
    """Take the item."""
    Item.model_validate(data)


async def sync(sid: str) -> bool:
    """Answer."""
    return True


async def upload(sid: str, data: bytes) -> int:
    """Answer how many bytes there are."""
    return len(data)


def make_server(mode: str, variant: Variant) -> Any:
    """Make the server of `variant` for `mode`, ``asgi`` or ``aiohttp``."""
    server: Any = socketio.AsyncServer(async_mode=mode)
    room: str | None = None

    async def join(sid: str, groups: int) -> bool:
        nonlocal room
        for number in range(groups):
            await server.enter_room(sid, f"group:{number}")
        if variant.room:
            room = f"group:{groups - 1}"
        return True

    async def shout(sid: str, data: Any) -> None:
        await server.emit("shouted", Item.model_validate(data).model_dump(mode="json"), room=room)

    for path, name in itertools.product(variant.paths, variant.echoes):
        server.on(name, echo, namespace=path)
    for handler in (note, sync, upload, join, shout):
        server.on(handler.__name__, handler)
    return server
