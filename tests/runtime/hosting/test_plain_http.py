"""HTTP as old clients, health checks and proxies speak it."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.runtime.hosting.network import Served, play, until

HANDSHAKE = "EIO=4&transport=polling"


async def whole(served: Served, request: str) -> tuple[str, bytes]:
    """Send a request after which the server closes the connection; return head and body."""
    reader, writer = await served.connect()
    writer.write(request.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    head, _, body = (await asyncio.wait_for(reader.read(), 2)).partition(b"\r\n\r\n")
    return head.decode().lower(), body


def test_http_1_0_is_answered_and_the_connection_closed() -> None:
    async def scenario(served: Served) -> None:
        head, body = await whole(served, f"GET /socket.io/?{HANDSHAKE} HTTP/1.0")
        assert " 200 " in head.splitlines()[0]
        assert f"content-length: {len(body)}" in head
        sid = json.loads(body[1:])["sid"]
        reader, writer = await served.connect()
        writer.write(
            f"POST /socket.io/?{HANDSHAKE}&sid={sid} HTTP/1.0\r\nContent-Length: 2\r\n\r\n4a".encode()
        )
        assert (await reader.read()).endswith(b"ok")
        head, body = await whole(served, f"GET /socket.io/?{HANDSHAKE}&sid={sid} HTTP/1.0")
        assert body == b"4a"

    play(scenario)


def test_a_parked_poll_over_http_1_0_is_answered_too() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        poll = asyncio.create_task(whole(served, f"GET /socket.io/?{query} HTTP/1.0"))
        await until(lambda: served.site.recorder.socket.writable)
        served.site.recorder.socket.send("4a")
        assert (await poll)[1] == b"4a"

    play(scenario)


@pytest.mark.parametrize(
    ("version", "more"), [("1.0", ""), ("1.1", "\nHost: x\nConnection: close")]
)
def test_head_has_the_status_of_a_wrong_method_and_no_body(version: str, more: str) -> None:
    async def scenario(served: Served) -> None:
        head, body = await whole(served, f"HEAD /socket.io/?{HANDSHAKE} HTTP/{version}{more}")
        assert (" 400 " in head.splitlines()[0], body) == (True, b"")
        query = await served.open_polling()
        head, body = await whole(served, f"HEAD /socket.io/?{query} HTTP/{version}{more}")
        assert (" 500 " in head.splitlines()[0], body) == (True, b"")
        assert served.site.recorder.socket.is_open

    play(scenario)


def test_requests_may_share_a_connection_and_be_sent_ahead() -> None:
    async def scenario(served: Served) -> None:
        query = await served.open_polling()
        reader, writer = await served.connect()
        post = f"POST /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n4a"
        get = f"GET /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        writer.write((post + post + get).encode())
        received = await asyncio.wait_for(reader.read(), 2)
        assert received.count(b"\r\n\r\nok") == 2
        assert received.endswith(b"4a\x1e4a")

    play(scenario)


def test_defect_12_a_client_of_this_machine_can_not_make_up_its_address() -> None:
    async def scenario(served: Served) -> None:
        await served.request(
            f"GET /socket.io/?{HANDSHAKE} HTTP/1.1\nHost: x\nX-Forwarded-For: "
            "203.0.113.9\nX-Forwarded-Proto: https"
        )
        request = served.site.recorder.socket.request
        assert (request.address, request.secure) == ("127.0.0.1", False)

    play(scenario)


def test_defect_12_a_trusted_proxy_on_this_machine_says_who_it_is() -> None:
    async def scenario(served: Served) -> None:
        await served.request(
            f"GET /socket.io/?{HANDSHAKE} HTTP/1.1\nHost: x\nX-Forwarded-For: "
            "203.0.113.9\nX-Forwarded-Proto: https"
        )
        request = served.site.recorder.socket.request
        assert (request.address, request.secure) == ("203.0.113.9", True)

    play(scenario, trusted_proxies=("127.0.0.1",))
