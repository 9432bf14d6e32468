"""The Python of docs/engine.md runs, and does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ackord.runtime.hosting.asgi import AsgiApp
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import Request

PAGE = Path(__file__).parents[3] / "docs" / "engine.md"
BLOCKS: dict[str, str] = {
    title: code
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    for title, _, body in [section.partition("\n")]
    for code in re.findall(r"^```python\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
}
HANDSHAKE = "EIO=4&transport=polling"


def load(title: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "page"}
    exec(BLOCKS[title], names)  # noqa: S102  # the page is ours
    return names


def test_hooks_of_the_engine(capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        app: AsgiApp = load("Hooks")["server"].asgi()
        response = await Request(app, "GET", HANDSHAKE, headers={"x-user": "ada"}).response()
        assert response.status == 200
        assert (response.headers["x-node"], response.headers["x-served"]) == ("7", "ackord")
        assert response.headers["set-cookie"].startswith("node=")
        assert response.text.endswith("\x1e4welcome")
        assert (await Request(app, "GET", f"{HANDSHAKE}&token=stolen").response()).status == 400
        banned = await Request(app, "GET", HANDSHAKE, client=("192.0.2.66", 1)).response()
        assert (banned.status, banned.text) == (403, '{"code":4,"message":"banned"}')

    run(scenario())
    assert capsys.readouterr().out.splitlines() == [
        "3 Bad request {'name': 'MIDDLEWARE_FAILURE', 'error': 'a stolen token'}",
        "4 banned {'message': 'banned'}",
    ]
