"""A stranger connects while an attacker tries to use up what belongs to all, on each way of
hosting, with proxies and without.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from ackord.runtime.hosting.uvicorn.waiting import WaitingConnections, waiting_of
from ackord.runtime.server import Server
from typing_extensions import override

from tests.ports import free_port
from tests.proxies import require_proxy
from tests.runtime.hosting.network import Connection, Served, frame, response
from tests.runtime.hosting.ways import DIRECT, THROUGH_ASGI, Hosting, text

ATTACKER, STRANGER = (f"\nX-Forwarded-For: {address}" for address in ("203.0.113.1", "203.0.113.2"))
TRUSTED: Final = ("127.0.0.1",)
on_both_ways = pytest.mark.parametrize(
    "hosting", [DIRECT, THROUGH_ASGI], ids=lambda hosting: hosting.name
)


async def check_echo(connection: Connection) -> None:
    reader, writer = connection
    writer.write(text("4hello"))
    assert await frame(reader) == (0x81, b"4hello")


async def shake_hands(served: Served, count: int, headers: str) -> None:
    """Open sessions over long-polling on one connection, and say nothing."""
    reader, writer = await served.connect()
    for _ in range(count):
        writer.write(
            f"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\nHost: x{headers}\n\n".replace(
                "\n", "\r\n"
            ).encode()
        )
        assert (await response(reader))[0] == 200


@on_both_ways
@pytest.mark.parametrize(
    "trusted", [TRUSTED, ()], ids=["behind a trusted proxy", "whose addresses tell nothing"]
)
def test_handshakes_without_end_keep_nobody_out(hosting: Hosting, trusted: tuple[str, ...]) -> None:
    async def scenario(served: Served) -> None:
        early = await served.open_websocket(STRANGER)
        await check_echo(early)
        for _ in range(3):
            await shake_hands(served, 30, ATTACKER)
            late = await served.open_websocket(STRANGER)
            query = await served.open_polling(STRANGER)
            await shake_hands(served, 15 if trusted else 5, ATTACKER)
            await check_echo(late)
            post = f"POST /socket.io/?{query} HTTP/1.1\nHost: x\nContent-Length: 6"
            assert await served.request(post, b"4hello") == (200, b"ok")
        await check_echo(early)
        assert served.site.engine.half_open <= 20

    hosting.play(scenario, trusted_proxies=trusted, max_half_open=20)


@on_both_ways
def test_connections_of_one_address_leave_room_for_others(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        strangers: list[Connection] = []
        for _ in range(3):
            for _ in range(12):
                await check_echo(await served.open_websocket(ATTACKER))
            strangers.append(await served.open_websocket(STRANGER))
            await shake_hands(served, 12, ATTACKER)
            for stranger in strangers:
                await check_echo(stranger)
        assert served.site.engine.sessions == 10

    hosting.play(scenario, trusted_proxies=TRUSTED, max_connections=10)


@on_both_ways
def test_who_has_no_address_of_its_own_is_refused_only_where_all_is_taken(hosting: Hosting) -> None:
    async def scenario(served: Served) -> None:
        taken = [await served.open_websocket() for _ in range(4)]
        for connection in taken:
            await check_echo(connection)
        status, body = await served.get("EIO=4&transport=polling")
        assert (status, json.loads(body)["message"]) == (503, "Too many connections")
        with pytest.raises(AssertionError):
            await served.websocket()
        taken[0][1].close()
        await served.gone(3)
        await check_echo(await served.open_websocket())

    hosting.play(scenario, max_connections=4)


NGINX: Final = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 200; }}
http {{
    access_log off;
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    server {{
        listen 127.0.0.1:{port};
        location /socket.io/ {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }}
    }}
}}
"""


@pytest.mark.interop
@on_both_ways
def test_behind_nginx_each_client_has_its_own_share(hosting: Hosting, tmp_path: Path) -> None:
    program = require_proxy("nginx")

    async def scenario(served: Served) -> None:
        port = free_port()
        configuration = NGINX.format(folder=tmp_path, port=port, upstream=served.host.port)
        (tmp_path / "nginx.conf").write_text(configuration, encoding="utf-8")
        nginx = await asyncio.create_subprocess_exec(
            program, "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")
        )
        try:
            await until_open(port)
            served.port = port
            # nginx appends the address of its own peer, which is trusted as well: what stands
            # before that is the client.
            for _ in range(2):
                for _ in range(12):
                    await check_echo(await served.open_websocket(ATTACKER))
                await shake_hands(served, 40, ATTACKER)
                stranger = await served.open_websocket(STRANGER)
                await shake_hands(served, 40, ATTACKER)
                await check_echo(stranger)
            assert served.site.engine.sessions <= 20
            addresses = {recorder.socket.request.client for recorder in served.site.recorders}
            assert addresses == {"203.0.113.1", "203.0.113.2"}
        finally:
            nginx.terminate()
            await nginx.wait()

    hosting.play(scenario, trusted_proxies=TRUSTED, max_connections=20, max_half_open=10)


async def until_open(port: int) -> None:
    for _ in range(1000):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.005)
        else:
            writer.close()
            return
    raise AssertionError("nginx doesn't listen")


@on_both_ways
@pytest.mark.parametrize("beginning", [b"", b"G", b"GET / HTTP/1.1\r\n"])
def test_connections_without_requests_keep_nobody_out(
    hosting: Hosting, beginning: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario(served: Served) -> None:
        early = await served.open_websocket()
        reader, writer = await served.connect()
        head = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n"
        writer.write(head)
        assert (await response(reader))[0] == 200
        silent = [await served.connect() for _ in range(50)]
        for _, each in silent:
            each.write(beginning)
        # The oldest have gone, the newest wait.
        for gone, _ in silent[:30]:
            with suppress(ConnectionResetError):
                assert await gone.read() == b""
        await check_echo(await served.open_websocket())
        await check_echo(early)
        writer.write(head)  # a connection that is idle doesn't count
        assert (await response(reader))[0] == 200
        assert len(waiting_of(served.host.server_state)) == 19

    hosting.play(scenario, max_half_open=20)
    [line] = [each for each in caplog.messages if "no request has come" in each]
    assert "max_half_open at 20" in line


def test_of_connections_without_requests_the_greediest_address_loses_its_oldest() -> None:
    class Transport(asyncio.Transport):
        def __init__(self, address: str) -> None:
            super().__init__({"peername": (address, 1)})
            self.is_gone = False

        @override
        def abort(self) -> None:
            self.is_gone = True

    waiting = WaitingConnections(Server(max_half_open=20).engine)
    stranger, *attackers = [
        Transport("203.0.113.2"),
        *(Transport("203.0.113.1") for _ in range(50)),
    ]
    for transport in (stranger, *attackers):
        waiting.add(transport)
    assert not stranger.is_gone
    assert [each.is_gone for each in attackers] == [True] * 41 + [False] * 9
    for transport in (stranger, *attackers):
        waiting.remove(transport)
    assert len(waiting) == 0
