"""Tells requests for the page, for Socket.IO, and of strangers apart."""

from __future__ import annotations

import secrets
from typing import Final

from ackord.runtime.asgi_types import Receive, Scope, Send
from ackord.runtime.cli.proxy.http import HttpPassing
from ackord.runtime.cli.proxy.upstream import Upstream
from ackord.runtime.cli.proxy.websocket import pass_websocket
from ackord.runtime.hosting.explorer.app import ExplorerApp
from ackord.runtime.polling.body import respond

_LOCAL: Final = frozenset({b"127.0.0.1", b"localhost"})
_METHODS: Final = frozenset({"GET", "POST", "HEAD"})


class ProxyApp:
    """The page and the server below ``/TOKEN``, and nothing elsewhere."""

    def __init__(self, upstream: Upstream, explorer: ExplorerApp, token: str) -> None:
        self._upstream = upstream
        self._explorer = explorer
        self._prefix = f"/{token}"
        self._http = HttpPassing(upstream)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        rest = self._below_token(scope)
        if rest is None:
            await _refuse(scope, receive, send)
        elif rest == self._upstream.path:
            if scope["type"] == "websocket":
                await pass_websocket(self._upstream, scope, receive, send)
            elif scope["method"] in _METHODS:
                await self._http.pass_request(scope, receive, send)
            else:
                await respond(send, 405, (), b"Method Not Allowed", b"text/plain")
        elif scope["type"] == "http" and self._explorer.serves(rest):
            await self._explorer(scope, receive, send)
        else:
            await _refuse(scope, receive, send)

    def _below_token(self, scope: Scope) -> str | None:
        """Return the path behind the token; `None` for a request without it, for a name of this
        machine that a page elsewhere may have made up, and for a page of another origin.
        """
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"http://127.0.0.1").removeprefix(b"http://")
        if not (_is_local(headers.get(b"host", b"")) and _is_local(origin)):
            return None
        path: str = scope["path"]
        given = path[: len(self._prefix)]
        if not secrets.compare_digest(given.encode(), self._prefix.encode()):
            return None
        return path[len(self._prefix) :]

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._http.close()
        await send({"type": "lifespan.shutdown.complete"})


def _is_local(host: bytes) -> bool:
    """Whether a host, with its port, is this machine."""
    return host.partition(b":")[0] in _LOCAL


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await respond(send, 404, (), b"Not Found", b"text/plain")
    else:
        await receive()  # "websocket.connect"
        await send({"type": "websocket.close", "code": 1008})
