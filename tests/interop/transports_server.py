"""PyPI's python-socketio for tests/interop/test_transports.py; does what
tests/node/transports_server.mjs does: ``python -m tests.interop.transports_server``.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import socketio
import uvicorn


def make_application() -> Any:
    """Make the ASGI application."""
    module: Any = socketio
    server = module.AsyncServer(
        async_mode="asgi", max_http_buffer_size=20_000, ping_interval=0.3, ping_timeout=2
    )

    async def echo(_: str, *values: Any) -> Any:
        return values

    async def transport(sid: str) -> str:
        name: str = server.transport(sid)
        return name

    async def flood(sid: str, count: int) -> int:
        for number in range(count):
            data = "text" if number % 3 else bytes([number & 255])
            await server.emit("number", (number, data), to=sid)
            if number % 10 == 9:
                await asyncio.sleep(0.002)
        return count

    for name, handler in {"echo": echo, "transport": transport, "flood": flood}.items():
        server.on(name, handler)
    return module.ASGIApp(server)


def main() -> None:
    """Serve until the process ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(f"listening {listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(make_application(), log_level="error", lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
