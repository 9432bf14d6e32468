"""A request of long-polling that a test answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from ackord.runtime.engine.client_transport import HttpResponse, TransportLostError


class RawRequest:
    """One GET or POST of a client."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        """Take what the client has sent."""
        self.method = method
        self.url = url
        self.query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        self.headers = headers
        self.body = "" if body is None else body.decode()
        self._response: asyncio.Future[HttpResponse] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        """Whether the request was answered, or the client has given up."""
        return self._response.done()

    async def response(self) -> HttpResponse:
        """Wait for the answer."""
        return await self._response

    def answer(
        self, body: str = "ok", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        """Answer; ``ok`` is what a server says to a POST."""
        self._response.set_result(
            HttpResponse(status, list((headers or {}).items()), body.encode())
        )

    def cut(self, description: str = "cut") -> None:
        """Let the connection break instead of answering."""
        self._response.set_exception(TransportLostError("transport error", description))
