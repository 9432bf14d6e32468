"""Two servers of one cluster behind nginx and HAProxy, with the files of examples/proxies."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from http.client import HTTPSConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

import pytest
from ackord.runtime.client import ClientSocket, Manager

from tests.interop.cluster.test_operations import EVERYBODY, Person
from tests.interop.conftest import NodeScripts, serving_module
from tests.interop.transports import TRANSPORTS
from tests.ports import free_port
from tests.proxies import configuration, serving_proxy
from tests.redis import serving_redis
from tests.runtime.hosting.test_tls import CERTIFICATE, KEY

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

MODULE: Final = "tests.interop.cluster.proxied_node"
PATHS: Final = ("/socket.io/", "/live/socket.io/")
TLS: Final = ssl.create_default_context(cadata=CERTIFICATE)
on_both = pytest.mark.parametrize("name", ["nginx", "haproxy"])
both_ways = pytest.mark.parametrize("by_address", [False, True], ids=["cookie", "address"])


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The URL of a Redis."""
    with serving_redis() as server:
        yield server.url


@pytest.fixture(scope="module")
def nodes(redis: str) -> Iterator[tuple[str, str]]:
    """The URLs of two servers."""
    with serving_module(MODULE, redis) as one, serving_module(MODULE, redis) as two:
        yield one, two


@contextmanager
def proxied(
    name: str, nodes: tuple[str, str], folder: Path, *, by_address: bool = False, timeout: str = ""
) -> Generator[int]:
    """Run a proxy in front of two servers; give its port."""
    port, (one, two) = free_port(), (node.removeprefix("http://") for node in nodes)
    (folder / "site.pem").write_text(KEY + CERTIFICATE, encoding="ascii")
    replaced = {"one:8000": one, "two:8000": two, **({"60s": timeout} if timeout else {})}
    text = configuration(name, port, folder, replaced, by_address=by_address)
    with serving_proxy(name, text, folder, port):
        yield port


class Stranger:
    """A client that opens a connection for each request, from an address of its own."""

    def __init__(self, port: int, address: str = "127.0.0.1", *, keeps_cookies: bool) -> None:
        self._port = port
        self._address = address
        self._keeps_cookies = keeps_cookies
        self._cookies: SimpleCookie = SimpleCookie()
        self._session = ""

    def send(self, packet: str | None = None, **headers: str) -> str:
        """Send a packet, or receive some."""
        query = f"{PATHS[0]}?EIO=4&transport=polling{self._session}"
        connection = HTTPSConnection(
            "localhost", self._port, context=TLS, timeout=20, source_address=(self._address, 0)
        )
        cookies = "; ".join(f"{name}={item.value}" for name, item in self._cookies.items())
        headers |= {"Cookie": cookies} if cookies else {}
        connection.request("GET" if packet is None else "POST", query, packet, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie", []) if self._keeps_cookies else ():
            self._cookies.load(line)
        connection.close()
        assert answer.status == 200, text
        return text

    def enter(self, **headers: str) -> list[Any]:
        """Open a session; return what the server says to ``who``."""
        self._session = ""
        self._session = "&sid=" + json.loads(self.send(**headers)[1:])["sid"]
        self.send('40{"name":"stranger"}')
        while "40{" not in self.send():
            pass
        return self.who()

    def who(self) -> list[Any]:
        """Ask the server which one it is, and what it sees."""
        self.send('421["who"]')
        while True:
            for packet in self.send().split("\x1e"):
                if packet.startswith("431"):
                    answer: list[Any] = json.loads(packet[3:])[0]
                    return answer


@both_ways
@on_both
def test_clients_reach_their_server_and_all_others_over_each_transport(
    name: str, by_address: bool, nodes: tuple[str, str], tmp_path: Path, node: NodeScripts
) -> None:
    async def scenario(port: int) -> None:
        async with AsyncExitStack() as stack:

            async def enter(url: str, **options: Any) -> Person:
                manager = await stack.enter_async_context(Manager(url, **options))
                person = Person(url, manager.socket("/", auth={"name": "python"}))
                await stack.enter_async_context(person.socket)
                return person

            listeners = [await enter(url) for url in nodes]
            for path in PATHS:
                for options in TRANSPORTS.values():
                    person = await enter(f"https://localhost:{port}", path=path, ssl=TLS, **options)
                    pid, *seen = await person.socket.emit_with_ack("who")
                    assert seen == ["127.0.0.1", True]
                    await person.do("emit", EVERYBODY, path, pid, b"\x01" * 100_000)
                    for other in (*listeners, person):
                        await other.hears(path, pid, b"\x01" * 100_000)
                    await person.socket.disconnect()

    with proxied(name, nodes, tmp_path, by_address=by_address) as port:
        asyncio.run(scenario(port))
        certificate, url = tmp_path / "ca.pem", f"https://localhost:{port}"
        certificate.write_text(CERTIFICATE, encoding="ascii")
        seen = node.observe("cluster_proxy_client.mjs", url, str(certificate), *PATHS)
        assert seen == {
            path: [
                [transport, ["127.0.0.1", True], 100_000]
                for transport in ("polling", "websocket", "websocket")
            ]
            for path in PATHS
        }


@both_ways
@on_both
def test_sessions_stay_on_one_server_and_are_spread_over_both(
    name: str, by_address: bool, nodes: tuple[str, str], tmp_path: Path
) -> None:
    invented = {"X-Forwarded-For": "203.0.113.9"}
    with proxied(name, nodes, tmp_path, by_address=by_address) as port:
        servers: set[int] = set()
        for number in range(2, 18):
            address = f"127.0.0.{number}"
            stranger = Stranger(port, address, keeps_cookies=not by_address)
            entered = stranger.enter(**invented)
            # What the client itself says of its address isn't believed.
            assert entered[1:] == [address, True]
            assert stranger.who() == stranger.enter() == entered
            servers.add(entered[0])
        assert len(servers) == 2


@on_both
def test_silent_connections_stay_open_where_timeouts_are_longer_than_the_ping_interval(
    name: str, nodes: tuple[str, str], tmp_path: Path
) -> None:
    async def left(port: int) -> list[str]:
        """Be silent for five intervals of the servers; return the transports that are left."""
        async with AsyncExitStack() as stack:
            sockets: dict[str, ClientSocket] = {}
            for transport in ("polling", "websocket"):
                options: dict[str, Any] = {"path": PATHS[0], "ssl": TLS, **TRANSPORTS[transport]}
                manager = Manager(f"https://localhost:{port}", reconnection=False, **options)
                await stack.enter_async_context(manager)
                sockets[transport] = manager.socket("/", auth={"name": transport})
                await stack.enter_async_context(sockets[transport])
            await asyncio.sleep(2.6)
            return [transport for transport, socket in sockets.items() if socket.connected]

    async def scenario(long: int, short: int) -> None:
        all_left, none_left = await asyncio.gather(left(long), left(short))
        assert (all_left, none_left) == (["polling", "websocket"], [])

    folders = tmp_path / "long", tmp_path / "short"
    for folder in folders:
        folder.mkdir()
    with (
        proxied(name, nodes, folders[0], timeout="2s") as long,
        proxied(name, nodes, folders[1], timeout="300ms") as short,
    ):
        asyncio.run(scenario(long, short))


@on_both
def test_pages_of_other_origins_are_refused_whatever_host_the_client_invents(
    name: str, nodes: tuple[str, str], tmp_path: Path
) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with proxied(name, nodes, tmp_path) as port:
        for origin, host, status in [
            (f"https://localhost:{port}", "", 101),
            ("https://evil.example", "", 400),
            ("https://evil.example", "evil.example", 400),
        ]:
            headers = {"Origin": origin, **({"X-Forwarded-Host": host} if host else {}), **upgrade}
            connection = HTTPSConnection("localhost", port, context=TLS, timeout=20)
            connection.request("GET", f"{PATHS[0]}?EIO=4&transport=websocket", headers=headers)
            assert connection.getresponse().status == status, origin
            connection.close()


@both_ways
@on_both
def test_clients_of_a_server_that_is_gone_reach_the_other(
    name: str, by_address: bool, redis: str, nodes: tuple[str, str], tmp_path: Path
) -> None:
    strangers: list[Stranger] = []
    with ExitStack() as stack:
        leaving = stack.enter_context(ExitStack())
        doomed = leaving.enter_context(serving_module(MODULE, redis))
        port = stack.enter_context(
            proxied(name, (doomed, nodes[0]), tmp_path, by_address=by_address)
        )
        for number in range(2, 18):
            address = f"127.0.0.{number}"
            strangers.append(Stranger(port, address, keeps_cookies=not by_address))
        assert len({stranger.enter()[0] for stranger in strangers}) == 2
        leaving.close()
        assert len({stranger.enter()[0] for stranger in strangers}) == 1
