"""How applications run on uvicorn as it comes; python-socketio and our plain ASGI hosting have the
same settings.
"""

from __future__ import annotations

import socket
from typing import Any

import uvicorn


def serve(app: Any, listener: socket.socket) -> None:
    """Serve `app` with what uvicorn has best, and without compression, which is our default,
    too.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listener])
