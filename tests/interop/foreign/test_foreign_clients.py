"""What clients in other languages put on the wire, byte for byte as their sources have it; no such
client runs here.
"""

from __future__ import annotations

import asyncio
import re
from typing import Final

import pytest
from ackord.runtime.server import ConnectionStateRecovery

from tests.hosts import Hosting
from tests.interop.foreign.raw import POLLING, WEBSOCKET, Raw, Site, play
from tests.runtime.hosting.network import until

on_every_hosting = pytest.mark.parametrize("hosting", list(Hosting))

JOINED: Final = '40{"sid":"…'


@on_every_hosting
@pytest.mark.parametrize("is_parked", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_dotnet_upgrades_without_a_probe(
    hosting: Hosting, *, is_parked: bool, together: bool
) -> None:
    async def script(site: Site) -> None:
        http, poll, websocket = await site.connect(), await site.connect(), await site.connect()
        query = f"{POLLING}&sid={await http.open_polling()}"
        assert await http.request(
            "POST", query, "Content-Type: text/plain; charset=utf-8\n", "40"
        ) == (200, "ok")
        assert (await http.request("GET", query))[1].startswith("40{")
        if is_parked:
            poll.begin("GET", query)
            await asyncio.sleep(0.02)
        await websocket.upgrade(query.replace("=polling", "=websocket"))
        if together:
            websocket.send("5", '42["echo",1]', '420["echo",2]')
        else:
            websocket.send("5")
            websocket.send('42["echo",1]')
            websocket.send('420["echo",2]')
        await websocket.expect('42["echo",1]', '42["echo",2]', "430[2]")
        if is_parked:
            assert await poll.response() == (200, "1")
        websocket.send("5", '42["echo",3]')
        await websocket.expect('42["echo",3]')
        assert (await http.request("GET", query))[0] == 400
        websocket.close(b"\x03\xe8")
        await until(lambda: site.ends == ["transport close"])

    play(hosting, script)


@on_every_hosting
def test_older_dotnet_uses_a_websocket_only(hosting: Hosting) -> None:
    async def script(site: Site) -> None:
        websocket = await site.connect()
        await websocket.upgrade(WEBSOCKET)
        await websocket.expect('0{"sid":"…')
        websocket.send("40")
        await websocket.expect(JOINED)
        websocket.send("5", '42["echo","after a packet without a meaning"]')
        await websocket.expect('42["echo","after a packet without a meaning"]')

    play(hosting, script)


@on_every_hosting
@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("wss://example.org", "example.org:443"),
        ("ws://example.org", "example.org:80"),
        ("ws://example.org:8000", "example.org:8000"),
    ],
)
def test_swift_with_starscream(hosting: Hosting, origin: str, host: str) -> None:
    async def script(site: Site) -> None:
        http, poll, websocket = await site.connect(), await site.connect(), await site.connect()
        sid = await http.open_polling("transport=polling&b64=1&EIO=4")
        query = f"transport=polling&b64=1&EIO=4&sid={sid}"
        assert await http.request(
            "POST", query, "Content-Type: text/plain; charset=UTF-8\n", "40/,"
        ) == (200, "ok")
        assert (await http.request("GET", query))[1].startswith("40{")
        poll.begin("GET", query)
        await websocket.upgrade(
            f"transport=websocket&EIO=4&sid={sid}", f"Origin: {origin}\n", host=host
        )
        websocket.send("2probe")
        await websocket.expect("3probe")
        assert await http.request(
            "POST", query, "Content-Type: text/plain; charset=UTF-8\n", "6"
        ) == (200, "ok")
        assert await poll.response() == (200, "6")
        websocket.send(
            "5", '42/,1["echo",7]', '451-/,["echo",{"_placeholder":true,"num":0}]', b"\x00\xff"
        )
        await websocket.expect(
            '42["echo",7]', "431[7]", '451-["echo",{"_placeholder":true,"num":0}]', b"\x00\xff"
        )
        websocket.send("41/,")
        await until(lambda: site.ends == ["client namespace disconnect"])

    play(hosting, script)


@on_every_hosting
@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("auth", ['{"token":"x"}', '{"pid":"abc","offset":null}'])
def test_dart(hosting: Hosting, transport: str, auth: str) -> None:
    headers = (
        "user-agent: Dart/3.5 (dart:io)\ncache-control: no-cache\naccept-encoding: gzip\n"
        "content-length: 0\n"
    )

    async def script(site: Site) -> None:
        client = await site.connect()
        if transport == "polling":
            query = f"{POLLING}&sid={await client.open_polling(headers=headers)}"
            assert await client.request(
                "POST", query, "content-type: text/plain; charset=utf-8\n", f"40{auth}"
            ) == (200, "ok")
            assert (await client.request("GET", query, headers))[1].startswith("40{")
        else:
            await client.upgrade(
                WEBSOCKET,
                headers + "sec-websocket-extensions: permessage-deflate; client_max_window_bits\n",
            )
            # With a plain `uvicorn app:app`, and only there, the server takes the compression that
            # is offered.
            if hosting is Hosting.PLAIN:
                return
            await client.expect('0{"sid":"…')
            client.send(f"40{auth}", '42["echo","é"]')
            await client.expect(JOINED)
            answer = await client.receive()
            assert re.fullmatch(
                r'42\["echo","é",".+"\]', str(answer)
            )  # the offset, as recovery is on
        assert site.auth == [
            {"token": "x"} if "token" in auth else {}
        ]  # what is for the recovery is no auth

    play(hosting, script, recovery=ConnectionStateRecovery())


@on_every_hosting
def test_java_and_android_on_okhttp(hosting: Hosting) -> None:
    headers = "Accept-Encoding: gzip\nUser-Agent: okhttp/3.12.12\n"

    async def script(site: Site) -> None:
        client = await site.connect()
        await client.upgrade(WEBSOCKET, headers)
        await client.expect('0{"sid":"…')
        client.send("40", '42["echo",1.0]')
        await client.expect(JOINED, '42["echo",1.0]')
        client.close(b"\x03\xe8")
        await until(lambda: site.ends == ["transport close"])

    play(hosting, script)


@on_every_hosting
def test_cpp_leaves_the_comma_out(hosting: Hosting) -> None:
    async def script(site: Site) -> None:
        client = await site.connect()
        await client.upgrade(f"{WEBSOCKET}&t=1764600000")
        await client.expect('0{"sid":"…')
        client.send("40", "40/admin")
        await client.expect(JOINED, '40/admin,{"sid":"…')
        client.send('42/admin,["echo",1]', "41/admin", '42["echo",2]')
        await client.expect('42/admin,["echo",1]', '42["echo",2]')
        await until(lambda: site.ends == ["client namespace disconnect"])

    play(hosting, script)


@on_every_hosting
@pytest.mark.parametrize("probe", [("2probe", "5"), ("5",)], ids=["since November 2020", "before"])
def test_arduino_on_one_connection(hosting: Hosting, probe: tuple[str, ...]) -> None:
    device = "Origin: file://\nUser-Agent: arduino-WebSocket-Client\n"

    async def script(site: Site) -> None:
        client = await site.connect()
        sid = await client.open_polling(headers="Connection: keep-alive\n" + device)
        head = await client.upgrade(
            f"{WEBSOCKET}&sid={sid}", "Sec-WebSocket-Protocol: arduino\n" + device
        )
        assert "sec-websocket-protocol: arduino\r\n" in head
        client.send(*probe)
        if "2probe" in probe:
            await client.expect("3probe")
        client.send("40/")
        await client.expect(JOINED)
        client.send('42["echo",{"now":1}]')
        await client.expect('42["echo",{"now":1}]')

    play(hosting, script)


@on_every_hosting
def test_godot_writes_whole_numbers_with_a_fraction(hosting: Hosting) -> None:
    async def script(site: Site) -> None:
        client = await site.connect()
        await client.upgrade(WEBSOCKET)
        await client.expect('0{"sid":"…')
        client.send("40", '421["echo",5.0]')
        await client.expect(JOINED, '42["echo",5.0]', "431[5.0]")

    play(hosting, script)


@on_every_hosting
@pytest.mark.parametrize("query", ["&sid=", "&t=Px_1", "&EIO=4", "&sid=&t=1"])
@pytest.mark.parametrize("beginning", ["EIO=4&transport=", "EIO=3&EIO=4&transport="])
def test_hand_written_clients(hosting: Hosting, beginning: str, query: str) -> None:
    async def script(site: Site) -> None:
        http, websocket = await site.connect(), await site.connect()
        await http.open_polling(f"{beginning}polling{query}")
        await http.open_polling(f"transport=polling&EIO=4{query}")
        await websocket.upgrade(f"{beginning}websocket{query}")
        await websocket.expect('0{"sid":"…')

    play(hosting, script)


@on_every_hosting
@pytest.mark.parametrize("connection", ["keep-alive, Upgrade", "upgrade", "Upgrade"])
def test_the_headers_of_browsers_and_proxies(hosting: Hosting, connection: str) -> None:
    async def script(site: Site) -> None:
        client: Raw = await site.connect()
        await client.open_polling(
            headers=f"Connection: {connection}\n"
        )  # nginx sends it with each request
        await client.upgrade(WEBSOCKET, connection=connection)
        await client.expect('0{"sid":"…')

    play(hosting, script)
