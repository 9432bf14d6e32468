"""The web page of the chat, beside its Socket.IO server: one small ASGI application.

Which files exist is settled when the application is made; a request only looks its path up, so no
path can lead anywhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
File: TypeAlias = tuple[bytes, bytes]
"""Content type and content."""

WEB: Final = Path(__file__).parent / "web"
CONTENT_TYPES: Final = {
    ".html": b"text/html; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".svg": b"image/svg+xml",
}
CONTENT_POLICY: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    b"connect-src 'self' ws: wss:; "
    b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = [
    (b"content-security-policy", CONTENT_POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
]


class Pages:
    """Serve the files of the page."""

    def __init__(self) -> None:
        self._files = _load_files()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("this application has no lifespan")
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        status, (content_type, content) = self._answer(scope)
        headers = [
            (b"content-type", content_type),
            (b"content-length", str(len(content)).encode()),
            *SECURITY_HEADERS,
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send(
            {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content}
        )

    def _answer(self, scope: Scope) -> tuple[int, File]:
        if scope["method"] not in {"GET", "HEAD"}:
            return 405, (b"text/plain", b"only GET and HEAD\n")
        file = self._files.get(scope["path"])
        if file is None:
            return 404, (b"text/plain", b"not found\n")
        return 200, file


def _load_files() -> dict[str, File]:
    files = {
        f"/{path.name}": (CONTENT_TYPES[path.suffix], path.read_bytes())
        for path in WEB.iterdir()
        if path.suffix in CONTENT_TYPES
    }
    files["/"] = files["/index.html"]
    return files
