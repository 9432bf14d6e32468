"""The 32 cases of the official Socket.IO v5 suite, over real sockets, under their own names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import aiohttp
import pytest

from tests.conformance.http_client import POLLING, WEBSOCKET
from tests.conformance.serving import serving_subprocess
from tests.conformance.sio_client import Client, WebSocket, play, play_in_time
from tests.hosts import Hosting

PING_TIMEOUT = 0.2


@pytest.fixture(scope="module")
def suite_address(hosting: Hosting) -> Iterator[str]:
    """A server with the times of the suite, for what they matter to."""
    with serving_subprocess("tests.conformance.socketio_server", hosting) as address:
        yield address


@pytest.fixture(scope="module")
def pinging_address(hosting: Hosting) -> Iterator[str]:
    """A server that sends pings as the suite expects, and is patient with who answers late."""
    with serving_subprocess(
        "tests.conformance.socketio_server",
        hosting,
        "--ping-timeout",
        "20",
        "--connect-timeout",
        "30",
    ) as address:
        yield address


@pytest.fixture(scope="module")
def impatient_address(hosting: Hosting) -> Iterator[str]:
    """A server that waits for CONNECT as long as the suite expects, and sends no pings
    meanwhile.
    """
    with serving_subprocess(
        "tests.conformance.socketio_server", hosting, "--ping-interval", "25"
    ) as address:
        yield address


@pytest.fixture(scope="module")
def address(hosting: Hosting) -> Iterator[str]:
    """A server that can be waited for."""
    times = ["--ping-interval", "25", "--ping-timeout", "20", "--connect-timeout", "30"]
    with serving_subprocess("tests.conformance.socketio_server", hosting, *times) as address:
        yield address


def check_open_packet(text: str, upgrades: list[str]) -> str:
    assert text.startswith("0")
    value = json.loads(text[1:])
    assert set(value) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    assert value["upgrades"] == upgrades
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (
        300,
        200,
        1_000_000,
    )
    sid: str = value["sid"]
    return sid


async def probed(client: Client) -> tuple[str, WebSocket]:
    query = await client.open_polling()
    websocket = WebSocket(
        await client.http.ws_connect(client.url(query.replace("polling", "websocket")))
    )
    await websocket.send("2probe")
    assert await websocket.text() == "3probe"
    return query, websocket


async def upgraded(client: Client) -> tuple[str, WebSocket]:
    query, websocket = await probed(client)
    await websocket.send("5")
    return query, websocket


# Engine.IO protocol / handshake / HTTP long-polling


def test_polling_should_successfully_open_a_session(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        status, text = await client.get(POLLING)
        assert status == 200
        check_open_packet(text, ["websocket"])

    play(suite_address, scenario)


@pytest.mark.parametrize("query", ["transport=polling", "EIO=abc&transport=polling"])
def test_polling_should_fail_with_an_invalid_eio_query_parameter(address: str, query: str) -> None:
    async def scenario(client: Client) -> None:
        status, _ = await client.get(query)
        assert status == 400

    play(address, scenario)


@pytest.mark.parametrize("query", ["EIO=4", "EIO=4&transport=abc"])
def test_polling_should_fail_with_an_invalid_transport_query_parameter(
    address: str, query: str
) -> None:
    async def scenario(client: Client) -> None:
        status, _ = await client.get(query)
        assert status == 400

    play(address, scenario)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_polling_should_fail_with_an_invalid_request_method(address: str, method: str) -> None:
    async def scenario(client: Client) -> None:
        status, _ = await client.send(method, POLLING)
        assert status == 400

    play(address, scenario)


# Engine.IO protocol / handshake / WebSocket


def test_websocket_should_successfully_open_a_session(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = WebSocket(await client.http.ws_connect(client.url(WEBSOCKET)))
        check_open_packet(await websocket.text(), [])

    play(suite_address, scenario)


@pytest.mark.parametrize("query", ["transport=websocket", "EIO=abc&transport=websocket"])
def test_websocket_should_fail_with_an_invalid_eio_query_parameter(
    address: str, query: str
) -> None:
    async def scenario(client: Client) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.http.ws_connect(client.url(query))

    play(address, scenario)


@pytest.mark.parametrize("query", ["EIO=4", "EIO=4&transport=abc"])
def test_websocket_should_fail_with_an_invalid_transport_query_parameter(
    address: str, query: str
) -> None:
    async def scenario(client: Client) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.http.ws_connect(client.url(query))

    play(address, scenario)


# Engine.IO protocol / heartbeat


def test_polling_should_send_ping_pong_packets(pinging_address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        for _ in range(3):
            assert await client.get(query) == (200, "2")
            assert await client.send("POST", query, "3") == (200, "ok")

    play(pinging_address, scenario)


def test_polling_should_close_the_session_upon_ping_timeout(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        await asyncio.sleep(0.5)
        assert (await client.get(query))[0] == 400

    play_in_time(suite_address, scenario)


def test_websocket_should_send_ping_pong_packets(pinging_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        for _ in range(3):
            assert await websocket.text() == "2"
            await websocket.send("3")

    play(pinging_address, scenario)


def test_websocket_should_close_the_session_upon_ping_timeout(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        assert await websocket.text() == "2"
        await websocket.expect_close(within=PING_TIMEOUT + 0.2)

    play_in_time(suite_address, scenario)


# Engine.IO protocol / close


def test_polling_should_forcefully_close_the_session(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        poll, _ = await asyncio.gather(client.get(query), client.send("POST", query, "1"))
        assert poll == (200, "6")
        assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


def test_websocket_should_forcefully_close_the_session(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send("1")
        await websocket.expect_close(within=5)

    play_in_time(address, scenario)


# Engine.IO protocol / upgrade


def test_should_successfully_upgrade_from_http_long_polling_to_websocket(address: str) -> None:
    async def scenario(client: Client) -> None:
        query, websocket = await probed(client)
        assert await client.get(query) == (200, "6")
        await websocket.send("5")
        await websocket.send("40")
        assert (await websocket.text()).startswith("40{")

    play(address, scenario)


def test_should_ignore_http_requests_with_same_sid_after_upgrade(address: str) -> None:
    async def scenario(client: Client) -> None:
        query, websocket = await upgraded(client)
        await websocket.send("40")
        assert (await websocket.text()).startswith("40{")
        assert (await client.get(query))[0] == 400

    play(address, scenario)


def test_should_ignore_websocket_connection_with_same_sid_after_upgrade(address: str) -> None:
    async def scenario(client: Client) -> None:
        query, websocket = await upgraded(client)
        await websocket.send("40")
        assert (await websocket.text()).startswith("40{")
        # The suite listens for "close" only: an error at the handshake would fail it.
        second = await client.http.ws_connect(client.url(query.replace("polling", "websocket")))
        assert (await second.receive()).type is aiohttp.WSMsgType.CLOSE

    play(address, scenario)


# Socket.IO protocol / connect


def test_should_allow_connection_to_the_main_namespace(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send("40")
        assert set(json.loads((await websocket.text())[2:])) == {"sid"}
        assert await websocket.text() == '42["auth",{}]'

    play(address, scenario)


def test_should_allow_connection_to_the_main_namespace_with_a_payload(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send('40{"token":"123"}')
        assert set(json.loads((await websocket.text())[2:])) == {"sid"}
        assert await websocket.text() == '42["auth",{"token":"123"}]'

    play(address, scenario)


@pytest.mark.parametrize("connect", ["40/custom,", "40/custom"])
def test_should_allow_connection_to_a_custom_namespace(address: str, connect: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send(connect)
        assert set(json.loads((await websocket.text()).removeprefix("40/custom,"))) == {"sid"}
        assert await websocket.text() == '42/custom,["auth",{}]'

    play(address, scenario)


def test_should_allow_connection_to_a_custom_namespace_with_a_payload(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send('40/custom,{"token":"abc"}')
        assert set(json.loads((await websocket.text()).removeprefix("40/custom,"))) == {"sid"}
        assert await websocket.text() == '42/custom,["auth",{"token":"abc"}]'

    play(address, scenario)


def test_should_disallow_connection_to_an_unknown_namespace(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send("40/random")
        assert await websocket.text() == '44/random,{"message":"Invalid namespace"}'

    play(address, scenario)


def test_should_disallow_connection_with_an_invalid_handshake(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send("4abc")
        await websocket.expect_close(within=5)

    play_in_time(address, scenario)


def test_should_close_the_connection_if_no_handshake_is_received(impatient_address: str) -> None:
    async def scenario(client: Client) -> None:
        started = asyncio.get_running_loop().time()
        websocket = await client.open_websocket()
        await websocket.expect_close(within=10)
        assert asyncio.get_running_loop().time() - started > 0.9

    play(impatient_address, scenario)


# Socket.IO protocol / disconnect


def test_should_disconnect_from_the_main_namespace(pinging_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send("41")
        assert await websocket.text() == "2"

    play(pinging_address, scenario)


@pytest.mark.parametrize("disconnect", ["41/custom,", "41/custom"])
def test_should_connect_then_disconnect_from_a_custom_namespace(
    address: str, disconnect: str
) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send("40/custom")
        assert (await websocket.text()).startswith("40/custom,{")
        assert await websocket.text() == '42/custom,["auth",{}]'
        await websocket.send(disconnect, '42["message","message to main namespace"]')
        assert await websocket.text() == '42["message-back","message to main namespace"]'

    play(address, scenario)


# Socket.IO protocol / message


def test_should_send_a_plain_text_packet(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send('42["message",1,"2",{"3":[true]}]')
        assert await websocket.text() == '42["message-back",1,"2",{"3":[true]}]'

    play(address, scenario)


def test_should_send_a_packet_with_binary_attachments(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        body = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
        await websocket.send(f'452-["message",{body}', b"\1\2\3", b"\4\5\6")
        assert await websocket.text() == f'452-["message-back",{body}'
        assert await websocket.binary() == b"\1\2\3"
        assert await websocket.binary() == b"\4\5\6"

    play(address, scenario)


def test_should_send_a_plain_text_packet_with_an_ack(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send('42456["message-with-ack",1,"2",{"3":[false]}]')
        assert await websocket.text() == '43456[1,"2",{"3":[false]}]'

    play(address, scenario)


def test_should_send_a_packet_with_binary_attachments_and_an_ack(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        body = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]'
        await websocket.send(f'452-789["message-with-ack",{body}', b"\1\2\3", b"\4\5\6")
        assert await websocket.text() == f"462-789[{body}"
        assert await websocket.binary() == b"\1\2\3"
        assert await websocket.binary() == b"\4\5\6"

    play(address, scenario)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param("4abc", id="unknown packet type"),
        pytest.param("42{}", id="invalid payload format"),
        pytest.param('42abc["message-with-ack",1,"2",{"3":[false]}]', id="invalid ack id"),
    ],
)
def test_should_close_the_connection_upon_invalid_format(address: str, packet: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send(packet)
        await websocket.expect_close(within=5)

    play_in_time(address, scenario)
