"""The Redis Streams adapter: clients come back to another server, of Ackord or of Node, and nothing
that was acknowledged is lost while Redis is restarted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final
from urllib.request import urlopen

import pytest

from tests.interop.conftest import NodeScripts, serving_module
from tests.redis import serving_redis

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

MODULE: Final = "tests.interop.cluster.node"
EVERYBODY: Final = {"rooms": ["everybody"], "except": []}


class Poller:
    """A client that writes and reads the packets of one namespace by long-polling."""

    def __init__(self, url: str, **auth: Any) -> None:
        self._url = f"{url}/socket.io/?EIO=4&transport=polling"
        self._unread: list[str] = []
        self._url += "&sid=" + json.loads(self._request()[1:])["sid"]
        self._request(f"40{json.dumps(auth)}")
        self.missed: list[list[Any]] = []
        while (packet := self._next()).startswith("4") and not packet.startswith("40"):
            self.missed.append(json.loads(packet[2:]))
        self.welcome: dict[str, str] = json.loads(packet[2:])

    def hear(self) -> list[Any]:
        """Return the next event."""
        return list(json.loads(self._next()[2:]))

    def do(self, operation: str, target: dict[str, list[str]], *values: Any) -> Any:
        """Make the server do something, and return what it answers; nothing else may come."""
        self._request(f"421{json.dumps(['do', operation, target, *values])}")
        answer = self._next()
        assert answer.startswith("431"), answer
        return next(iter(json.loads(answer[3:])), None)

    def lose(self) -> None:
        """Lose the connection."""
        self._request("1")

    def _next(self) -> str:
        while not self._unread:
            self._unread = [part for part in self._request().split("\x1e") if part != "2"]
        return self._unread.pop(0)

    def _request(self, body: str | None = None) -> str:
        data = None if body is None else body.encode()
        with urlopen(self._url, data, timeout=20) as answer:  # noqa: S310  # on this machine
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def urls(node: NodeScripts) -> Iterator[dict[str, str]]:
    """The URLs of the servers, which have connection state recovery."""
    with ExitStack() as stack:
        redis = stack.enter_context(serving_redis()).url
        python = (MODULE, "recovery", redis)
        yield {
            "python": stack.enter_context(serving_module(*python)),
            "other": stack.enter_context(serving_module(*python)),
            "node": stack.enter_context(node.serving("cluster_server.mjs", "recovery", redis)),
        }


@pytest.mark.parametrize(
    ("home", "away"),
    [("python", "other"), ("python", "python"), ("python", "node"), ("node", "python")],
)
@pytest.mark.parametrize("sender", ["other", "node"])
def test_a_client_comes_back_to_another_server(
    urls: dict[str, str], home: str, away: str, sender: str
) -> None:
    writer = Poller(urls[sender], name="writer")
    reader = Poller(urls[home], name="reader")
    sid, pid = reader.welcome["sid"], reader.welcome["pid"]
    to_reader = {"rooms": ["reader"], "except": []}
    writer.do("emit", to_reader, "before")
    *heard, offset = reader.hear()
    assert heard == ["told", "before"]
    reader.lose()
    while sid in {socket["id"] for socket in writer.do("fetch", EVERYBODY)}:
        pass
    writer.do("emit", to_reader, "é😀", 1)
    writer.do("emit", {"rooms": ["everybody"], "except": ["reader", "writer"]}, "not for it")
    writer.do("emit", {"rooms": ["elsewhere"], "except": []}, "not for it")
    writer.do("emit", {"rooms": [sid], "except": []}, 2)
    back = Poller(urls[away], pid=pid, offset=offset, name="new")
    assert [missed[:-1] for missed in back.missed] == [["told", "é😀", 1], ["told", 2]]
    assert back.welcome == {"sid": sid, "pid": pid}
    writer.do("emit", to_reader, "after")
    *heard, last = back.hear()
    assert heard == ["told", "after"]
    offsets = [offset, *(missed[-1] for missed in back.missed), last]
    assert offsets == sorted(set(offsets))
