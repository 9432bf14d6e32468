"""What the clients of the conformance tests share: plain requests of long-polling, which add
nothing to what a test says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import aiohttp

WEBSOCKET = "EIO=4&transport=websocket"
POLLING = "EIO=4&transport=polling"


@dataclass(frozen=True)
class HttpClient:
    """The requests of a client to a server below `path`."""

    http: aiohttp.ClientSession
    address: str
    path: str

    def url(self, query: str) -> str:
        return f"http://{self.address}{self.path}?{query}"

    async def get(self, query: str) -> tuple[int, str]:
        async with self.http.get(self.url(query)) as response:
            return response.status, await response.text()

    async def send(self, method: str, query: str, body: str = "") -> tuple[int, str]:
        async with self.http.request(method, self.url(query), data=body) as response:
            return response.status, await response.text()

    async def open_polling(self) -> str:
        """Open a session and return its query string."""
        status, text = await self.get(POLLING)
        assert status == 200
        sid: str = json.loads(text[1:])["sid"]
        return f"{POLLING}&sid={sid}"
