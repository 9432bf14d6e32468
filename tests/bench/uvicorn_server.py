"""How both Python servers are run: the same uvicorn, the same settings."""

from __future__ import annotations

import socket
from typing import Any

import uvicorn


def serve(app: Any) -> None:
    """Serve `app` on a free port of 127.0.0.1 and print ``listening PORT``."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="websockets-sansio", ws_per_message_deflate=False, log_level="warning", lifespan="off"
    )
    uvicorn.Server(config).run(sockets=[listener])
