"""Serves the explorer and the contracts that it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from ackord.runtime.asgi_types import Receive, Scope, Send
from ackord.runtime.hosting.explorer.page import SECURITY_HEADERS, load_page
from ackord.runtime.polling.body import JSON

Contracts: TypeAlias = Sequence[Mapping[str, Any]]
"""Contracts in their JSON form, as ``contract.json`` has it, with the name of the generated Python
``package`` where that is known.
"""

Header: TypeAlias = tuple[bytes, bytes]

CONTRACT: Final = "/contract.json"
"""Where the data of the page is, below the page."""
_HTML: Final = b"text/html; charset=utf-8"
_TEXT: Final = b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the page and the Socket.IO server are, as a browser sees them."""

    page: str | None
    """The path of the page, which has the same place as `socketio`; `None` if the page may be
    anywhere else.
    """
    socketio: str
    """The path of Socket.IO, as ``/socket.io/``."""
    server: tuple[str, str] | None = None
    """URL and path of the server in the code that the page writes, if the page reaches it by way of
    a proxy.
    """


class ExplorerApp:
    """An ASGI application that serves the page, wherever it is mounted."""

    def __init__(
        self, contracts: Callable[[], Contracts], place: Place, *, read_only: bool
    ) -> None:
        """Take what gives the contracts whenever the page is opened."""
        self._contracts = contracts
        self._place = place
        self._read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await receive()  # "websocket.connect"
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            raise RuntimeError(f"unknown ASGI scope type {scope['type']!r}")
        status, body, headers = self._find(scope)
        every = [(b"content-length", b"%d" % len(body)), *headers, *SECURITY_HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": every})
        sent = b"" if scope["method"] == "HEAD" else body
        await send({"type": "http.response.body", "body": sent})

    def _find(self, scope: Scope) -> tuple[int, bytes, list[Header]]:
        if scope["method"] not in ("GET", "HEAD"):
            return 405, b"Only GET and HEAD", [(b"content-type", _TEXT), (b"allow", b"GET, HEAD")]
        if str(scope["path"]).endswith(CONTRACT):
            return 200, self._data(), [(b"content-type", JSON)]
        accepted = b",".join(text for name, text in scope["headers"] if name == b"accept-encoding")
        body, headers = _page(b"gzip" in accepted)
        return 200, body, [(b"content-type", _HTML), *headers]

    @property
    def path(self) -> str | None:
        """The path of the page, if it is known."""
        return self._place.page

    def serves(self, *paths: str) -> bool:
        """Whether one of these is the path of the page or of its data."""
        page = self._place.page
        return page is not None and any(
            path in (page, f"{page}/", page + CONTRACT) for path in paths
        )

    def _data(self) -> bytes:
        server = self._place.server
        data = {
            "contracts": self._contracts(),
            "read_only": self._read_only,
            "page": self._place.page,
            "socketio": self._place.socketio,
            "server": None if server is None else {"url": server[0], "path": server[1]},
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _page(accepts_gzip: bool) -> tuple[bytes, list[Header]]:
    """Return the page in the form that a browser takes, with the headers that are its own."""
    page = load_page()
    headers = [(b"content-security-policy", page.policy), (b"vary", b"accept-encoding")]
    if not accepts_gzip:
        return page.html, headers
    return page.compressed, [*headers, (b"content-encoding", b"gzip")]
