"""What docs/how-to/fastapi.md shows works on uvicorn, with FastAPI beside and above it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from ackord.runtime.client import connect
from ackord.runtime.errors import DisconnectedError
from ackord.runtime.server import Server, Socket

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/fastapi.md").read_text(encoding="utf-8")


def example(heading: str) -> str:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return block[1]


def make_server() -> Server:
    server = Server()

    @server.on("connection")
    def connected(socket: Socket) -> None:  # pyright: ignore[reportUnusedFunction]
        @socket.on("hello")
        def hello(name: str) -> str:  # pyright: ignore[reportUnusedFunction]
            return f"hello {name}"

    return server


async def ask(app: Any, path: str, elsewhere: str) -> None:
    """Serve `app`; see that clients reach the server at `path` only, and that FastAPI answers for
    the rest.
    """
    host = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="websockets-sansio"))
    serving = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{host.servers[0].sockets[0].getsockname()[1]}"
    try:
        async with connect(url, path=path) as client:
            assert await client.emit_with_ack("hello", "ada") == "hello ada"
        with pytest.raises(DisconnectedError, match="403"):
            await connect(url, path=elsewhere).connect()
        async with httpx.AsyncClient(base_url=url) as browser:
            assert (await browser.get("/openapi.json")).json()["info"]["title"] == "FastAPI"
            assert (
                await browser.get(f"{path}/", params={"EIO": "4", "transport": "polling"})
            ).text.startswith('0{"sid"')
            assert (await browser.get("/elsewhere")).status_code == 404
    finally:
        host.should_exit = True
        await serving


@pytest.mark.parametrize(
    ("heading", "path", "elsewhere"),
    [
        ("Below another application", "/live/socket.io", "/socket.io"),
        ("In front of another application", "/socket.io", "/live/socket.io"),
    ],
)
def test_fastapi_has_it_below_or_behind(heading: str, path: str, elsewhere: str) -> None:
    names: dict[str, Any] = {"server": make_server()}
    exec(example(heading), names)  # noqa: S102  # the documentation's own code
    asyncio.run(ask(names["app"], path, elsewhere))
