"""PyPI's python-socketio for tests/interop/test_client.py; does what tests/node/peer_server.mjs
does, but for recovery, which it doesn't have: ``python -m tests.interop.peer_socketio [PORT]``.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import socketio
import uvicorn

from tests.interop.peers import listen

module: Any = socketio


async def connected(name: str, _: str, __: Any, auth: dict[str, Any] | None = None) -> None:
    if name == "/private" and (auth or {}).get("word") != "sesame":
        raise module.exceptions.ConnectionRefusedError(
            "not welcome", {"code": 42, "hint": ["a word", None]}
        )


def make_application() -> Any:
    """Make the ASGI application."""
    server = module.AsyncServer(async_mode="asgi", ping_interval=0.5, ping_timeout=2.5)

    async def echo(name: str, sid: str, *values: Any) -> Any:
        return values

    async def ask(name: str, sid: str, *values: Any) -> Any:
        return await server.call("question", values, to=sid, namespace=name, timeout=5)

    async def note(name: str, sid: str, number: int) -> int:
        print(f"noted {number}", flush=True)
        return number

    async def enter(name: str, sid: str, room: str) -> str:
        await server.enter_room(sid, room, namespace=name)
        return name

    async def publish(name: str, sid: str, room: str, *values: Any) -> None:
        await server.emit("news", values, to=room, namespace=name)

    async def large(name: str, sid: str, size: int) -> None:
        await server.emit("news", (size, bytes(size)), to=sid, namespace=name)

    async def leave(name: str, sid: str) -> None:
        await server.disconnect(sid, namespace=name)

    for name in ("/", "/second", "/private"):
        server.on("connect", partial(connected, name), namespace=name)
        for handler in (echo, ask, note, enter, publish, large, leave):
            server.on(handler.__name__, partial(handler, name), namespace=name)
    return module.ASGIApp(server)


def main() -> None:
    """Serve until the process ends."""
    listening = listen(sys.argv)
    config = uvicorn.Config(make_application(), log_level="error", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
