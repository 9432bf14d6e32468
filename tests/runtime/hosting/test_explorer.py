"""The explorer of a server: what is served, where, and with which headers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.runtime.asgi_types import Application, Message
from ackord.runtime.errors import UsageError
from ackord.runtime.server import Explorer, Server

from examples.chat.contract import ChatNamespace
from examples.chat.server import Chat
from tests.codegen.conftest import load_package
from tests.node.required import require_node

ROOT: Final = Path(__file__).resolve().parents[3]
BUILT: Final = ROOT / "runtime/ackord/runtime/hosting/explorer/page.html"


class Answer:
    """The answer to one request of HTTP."""

    def __init__(self, messages: list[Message]) -> None:
        self.status: int = messages[0]["status"]
        self.headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    app: Application, path: str, *, method: str = "GET", root: str = "", **headers: str
) -> Answer:
    """Send an application one request."""
    messages: list[Message] = []
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "http_version": "1.1", "scheme": "http", "method": method, "path": path,
             "raw_path": path.encode(), "root_path": root, "query_string": b"", "client": ("127.0.0.1", 5),
             "server": ("127.0.0.1", 8000), "headers": [(b"host", b"127.0.0.1"), *named]}  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]  # an awaitable of any kind
    return Answer(messages)


def serve(**options: Any) -> Any:
    server = Server()
    server.register(Chat())
    return server.asgi(**options)


@pytest.mark.parametrize(
    ("options", "path", "status"),
    [
        ({}, "/explorer", 404),
        ({"explorer": False}, "/explorer", 404),
        ({"explorer": True}, "/explorer", 200),
        ({"explorer": True}, "/explorer/", 200),
        ({"explorer": True}, "/explorer/contract.json", 200),
        ({"explorer": True}, "/explorer/other", 404),
        ({"explorer": True}, "/explorers", 404),
        ({"explorer": True}, "/contract.json", 404),
        ({"explorer": "/docs/live/"}, "/docs/live", 200),
        ({"explorer": "/docs/live"}, "/explorer", 404),
        ({"explorer": Explorer(path="/try", read_only=True)}, "/try", 200),
    ],
)
def test_it_is_there_only_if_asked_for_and_only_there(
    options: dict[str, Any], path: str, status: int
) -> None:
    assert ask(serve(**options), path).status == status


def test_mounted_below_a_prefix_it_is_found_there() -> None:
    app = serve(explorer=True)
    assert ask(app, "/live/explorer", root="/live").status == 200
    assert ask(app, "/live/explorer/contract.json", root="/live").json["page"] == "/explorer"


def test_the_data_are_the_contracts_of_what_is_registered() -> None:
    told = ask(serve(explorer=Explorer(read_only=True)), "/explorer/contract.json").json
    kept = json.loads((ROOT / "examples/chat/contract/contract.json").read_text())
    assert told == {
        "contracts": [{**kept, "package": "examples.chat.contract"}],
        "read_only": True,
        "page": "/explorer",
        "socketio": "/socket.io/",
        "server": None,
    }


def test_namespaces_that_the_server_does_not_have_are_left_out() -> None:
    server = Server(path="/live")
    app = server.asgi(explorer=True)
    assert ask(app, "/explorer/contract.json").json["contracts"] == []
    shop = load_package("explored_shop", ROOT / "tests/codegen/golden/two_namespaces/expected")
    generated = shop.server.GuestsNamespace
    handlers = dict.fromkeys(generated.__abstractmethods__, unused)
    server.register(type("Guests", (generated,), handlers)())
    told = ask(app, "/explorer/contract.json").json
    assert [each["path"] for each in told["contracts"][0]["namespaces"]] == ["/guests"]
    assert told["socketio"] == "/live/"


async def unused(_: object, *_arguments: object) -> None:
    """A handler that is never called."""


def test_a_package_without_the_file_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChatNamespace, "__module__", "examples.chat.server")
    assert ask(serve(explorer=True), "/explorer/contract.json").json["contracts"] == []
    monkeypatch.setattr(ChatNamespace, "__module__", "alone")
    assert ask(serve(explorer=True), "/explorer/contract.json").json["contracts"] == []


def test_the_page_lets_nothing_run_but_its_own_script_and_style() -> None:
    page = ask(serve(explorer=True), "/explorer")
    text = page.body.decode()
    digests = {
        tag: base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
        for tag, found in re.findall(r"<(script|style)[^>]*>(.*?)</\1>", text, re.DOTALL)
    }
    policy = page.headers["content-security-policy"]
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digests['script']}'; "
        f"style-src 'sha256-{digests['style']}'; connect-src 'self'; img-src blob: data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert not re.search(r"""(src|href)=["']?https?:""", text)


def test_the_page_is_compressed_for_browsers_and_small() -> None:
    app = serve(explorer=True)
    plain, small = ask(app, "/explorer"), ask(app, "/explorer", accept_encoding="br, gzip")
    assert gzip.decompress(small.body) == plain.body
    assert small.headers["content-encoding"] == "gzip"
    assert len(small.body) < 150_000
    head = ask(app, "/explorer", method="HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(plain.body)))
    assert ask(app, "/explorer", method="POST").status == 405


def test_behind_the_authentication_of_an_application_as_the_page_says() -> None:
    server = Server()
    server.register(Chat())
    page = (ROOT / "docs/explorer.md").read_text(encoding="utf-8")
    code = next(
        each
        for each in re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        if "FastAPI" in each
    )
    said: dict[str, Any] = {"server": server}
    exec(code, said)  # noqa: S102  # our own page
    for path in ("/explorer", "/explorer/contract.json"):
        assert ask(said["api"], path).status == 401
        assert ask(said["api"], path, authorization="Bearer admin").status == 200
    told = ask(said["api"], "/explorer/contract.json", authorization="Bearer admin").json
    assert (told["page"], told["socketio"]) == (None, "/socket.io/")
    assert ask(server.asgi(), "/explorer").status == 404
    elsewhere = server.explorer_app(socketio_path="/live/socket.io/")
    assert ask(elsewhere, "/x/contract.json").json["socketio"] == "/live/socket.io/"


@pytest.mark.parametrize(
    ("explorer", "message"),
    [
        ("explorer", "the explorer's path must look like '/explorer', not 'explorer'"),
        ("/", "the explorer's path must look like '/explorer', not '/'"),
        ("/a?b", "the explorer's path must look like '/explorer'"),
        ("/socket.io/explorer", "the explorer can't be at '/socket.io/explorer': Socket.IO is at"),
        (1, "explorer must be True or False, a text or an Explorer, not 1"),
    ],
)
def test_a_place_that_cannot_be_is_refused(explorer: Any, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        serve(explorer=explorer)


def test_only_http_is_answered() -> None:
    async def nothing(*_: object) -> Message:
        return {"type": "websocket.connect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    app = Server().explorer_app()
    asyncio.run(app({"type": "websocket", "path": "/"}, nothing, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]
    with pytest.raises(RuntimeError, match="unknown ASGI scope type 'lifespan'"):
        asyncio.run(app({"type": "lifespan"}, nothing, send))


@pytest.mark.interop
def test_the_committed_page_is_what_its_sources_give(tmp_path: Path) -> None:
    node = require_node()
    script = "tests/node/node_modules/typescript/bin/tsc"
    subprocess.run([node, script, "-p", "runtime/explorer"], cwd=ROOT, check=True)
    out = tmp_path / "page.html"
    subprocess.run([node, "runtime/explorer/build.mjs", str(out)], cwd=ROOT, check=True)
    assert out.read_bytes() == BUILT.read_bytes(), "run `make explorer`"
