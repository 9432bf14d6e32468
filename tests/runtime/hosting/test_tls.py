"""Direct hosting speaks through TLS as well: the protocol of a TLS transport is replaced in the
same way.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvicorn
import uvloop
from ackord.runtime.hosting.uvicorn.websocket import DirectWebSocket

from tests.runtime.engine.harness import Site
from tests.runtime.hosting.network import Served, frame, masked, until
from tests.runtime.hosting.ways import Hosting, everything, on_every_hosting, send_in_pieces, text

# Self-signed, for localhost, until 2126; made for this test and of no use elsewhere.
KEY = """-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIAP7pfDJ5p1nwsKeJBFOU/W4IV9/vpOoUEVIa7InKfhEoAoGCCqGSM49
AwEHoUQDQgAE3SVGlCXg2/NYfFI3a/g7mc/23LzBPplyijEhHL93WPzxOL1PZfz5
Rb4WQtp1cMpkAfeaKZzgoCzc0J8jwusPrQ==
-----END EC PRIVATE KEY-----
"""
CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUUFyDTfISYHNI3sQN2rsu6mhFMbUwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA0MTMzOFoYDzIxMjYxMDMw
MDQxMzM4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATdJUaUJeDb81h8Ujdr+DuZz/bcvME+mXKKMSEcv3dY/PE4vU9l/PlF
vhZC2nVwymQB95opnOCgLNzQnyPC6w+to28wbTAdBgNVHQ4EFgQUXqEuJ+qwz/wp
WsZdFtAhGsOtXXswHwYDVR0jBBgwFoAUXqEuJ+qwz/wpWsZdFtAhGsOtXXswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhAIP4eB9uavnJkQtPXLS1lAPWOZMJ8JoQBYm82X8CQgA6AiEA
wXgwhkdKb30RxUDgOco2Bk5Gh02zT0ByOW8oh0sZV4Y=
-----END CERTIFICATE-----
"""


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "server.pem"
    path.write_text(KEY + CERTIFICATE, encoding="ascii")
    return path


@on_every_hosting
def test_messages_go_both_ways_through_tls(hosting: Hosting, certificate: Path) -> None:
    async def scenario(served: Served) -> None:
        reader, writer = await served.connect(ssl.create_default_context(cadata=CERTIFICATE))
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        assert (await frame(reader))[1].startswith(b"0{")
        assert served.site.recorder.socket.request.secure
        [connection] = served.host.server_state.connections
        assert isinstance(connection, DirectWebSocket) == hosting.direct
        large = "4" + "x" * 500_000
        await send_in_pieces(
            (reader, writer), text("4hi") * 3, text(large)[:1000], text(large)[1000:]
        )
        assert [await frame(reader) for _ in range(4)] == [(0x81, b"4hi")] * 3 + [
            (0x81, large.encode())
        ]
        await send_in_pieces((reader, writer), masked(0x88, b"\x03\xe8"))
        assert await everything(reader) == [(0x88, b"\x03\xe8")]
        assert served.site.recorder.ends == [("transport close", "close code 1000")]

    hosting.play(scenario, settings={"ssl_certfile": certificate})


@pytest.mark.parametrize("reads", [True, False], ids=["a client", "a client that reads nothing"])
@pytest.mark.parametrize("loop_factory", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_plain_uvicorn_with_tls_logs_no_error_for_a_refused_websocket(
    loop_factory: Callable[[], asyncio.AbstractEventLoop],
    reads: bool,
    certificate: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        site = Site()
        host = uvicorn.Server(
            uvicorn.Config(site.app, port=0, ssl_certfile=certificate, ws_per_message_deflate=False)
        )
        task = asyncio.create_task(host.serve())
        await until(lambda: host.started or task.done())
        port = host.servers[0].sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=ssl.create_default_context(cadata=CERTIFICATE)
        )
        writer.write(
            b"GET /socket.io/?EIO=4&transport=websocket&sid=none HTTP/1.1\r\nHost: x\r\n"
            b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        if reads:
            assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
            writer.close()
        else:
            writer.transport.pause_reading()  # type: ignore[attr-defined]  # a transport that reads
            await until(lambda: any("refused" in each for each in caplog.messages))
            writer.transport.abort()
        await until(lambda: not host.server_state.connections)
        host.should_exit = True
        await task

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(main())
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
