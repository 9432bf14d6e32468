"""PyPI's python-socketio with the handlers of tests/node/command_line_server.mjs; prints
``listening PORT``.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import socketio
import uvicorn
from socketio.exceptions import ConnectionRefusedError as Refused

server: Any = socketio.AsyncServer(async_mode="asgi", namespaces=["/", "/closed"])


async def connect(sid: str, environ: Any, auth: Any) -> None:
    await server.emit("hello", (auth or {}, b"\x00\xff"), to=sid)


async def refuse(sid: str, environ: Any) -> None:
    raise Refused("closed", {"code": 7})


async def echo(sid: str, *values: Any) -> Any:
    return values


async def hang(sid: str) -> None:
    await asyncio.Event().wait()


async def kill(sid: str) -> None:
    await server.disconnect(sid)


def main() -> None:
    server.on("connect", refuse, namespace="/closed")
    for handler in (connect, echo, hang, kill):
        server.on(handler.__name__, handler)
    app: Any = socketio.ASGIApp(server)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print("listening", listening.getsockname()[1], flush=True)
        config = uvicorn.Config(app, log_level="warning", ws="websockets-sansio")
        uvicorn.Server(config).run([listening])


if __name__ == "__main__":
    main()
