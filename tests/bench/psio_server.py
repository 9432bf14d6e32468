"""The same on python-socketio, validated with pydantic as its users do by hand."""

from __future__ import annotations

from typing import Annotated, Any

import socketio
from pydantic import BaseModel, Field

from tests.bench.uvicorn_server import serve


class Item(BaseModel):
    """`Item` of bench.yaml."""

    id: Annotated[int, Field(ge=0)]
    text: Annotated[str, Field(max_length=200)]
    tags: list[str]


def main() -> None:
    """Serve."""
    server: Any = socketio.AsyncServer(async_mode="asgi")

    async def echo(sid: str, data: Any) -> Any:
        return Item.model_validate(data).model_dump(mode="json")

    async def shout(sid: str, data: Any) -> None:
        await server.emit("shouted", Item.model_validate(data).model_dump(mode="json"))

    server.on("echo", echo)
    server.on("shout", shout)
    serve(socketio.ASGIApp(server))


if __name__ == "__main__":
    main()
