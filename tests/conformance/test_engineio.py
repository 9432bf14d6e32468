"""The 25 cases of the official Engine.IO v4 suite, over real sockets, under their own names."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import pytest

from tests.attempts import hold_once
from tests.conformance.http_client import WEBSOCKET, HttpClient
from tests.conformance.serving import serving_subprocess
from tests.hosts import Hosting

PING_INTERVAL = 0.3
PING_TIMEOUT = 0.2


@pytest.fixture(scope="module")
def suite_address(hosting: Hosting) -> Iterator[str]:
    """A server with the times of the suite, for what they matter to."""
    with serving_subprocess("tests.conformance.engineio_server", hosting) as address:
        yield address


@pytest.fixture(scope="module")
def pinging_address(hosting: Hosting) -> Iterator[str]:
    """A server that sends pings as the suite expects, and is patient with who answers late."""
    with serving_subprocess(
        "tests.conformance.engineio_server", hosting, "--ping-timeout", "20"
    ) as address:
        yield address


@pytest.fixture(scope="module")
def address(hosting: Hosting) -> Iterator[str]:
    """A server that can be waited for."""
    with serving_subprocess(
        "tests.conformance.engineio_server",
        hosting,
        "--ping-interval",
        "25",
        "--ping-timeout",
        "20",
    ) as address:
        yield address


class Client(HttpClient):
    """A client whose WebSockets are bare ones."""

    async def websocket(self, query: str = WEBSOCKET) -> aiohttp.ClientWebSocketResponse:
        return await self.http.ws_connect(self.url(query))

    async def open_websocket(self) -> aiohttp.ClientWebSocketResponse:
        websocket = await self.websocket()
        assert (await websocket.receive_str()).startswith("0")
        return websocket

    async def upgraded(self) -> tuple[str, aiohttp.ClientWebSocketResponse]:
        query = await self.open_polling()
        websocket = await self.websocket(query.replace("polling", "websocket"))
        await websocket.send_str("2probe")
        assert await websocket.receive_str() == "3probe"
        await websocket.send_str("5")
        return query, websocket


def play_in_time(address: str, scenario: Callable[[Client], Awaitable[None]]) -> None:
    """Run a scenario that says how soon something happens: a busy machine may need several
    attempts.
    """
    hold_once(lambda _: play(address, scenario), range(3))


def play(address: str, scenario: Callable[[Client], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            await scenario(Client(http, address, "/engine.io/"))

    asyncio.run(main())


async def closed(websocket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in websocket:
        pass


def check_handshake(packet: str, upgrades: list[str]) -> None:
    assert packet.startswith("0")
    value: dict[str, Any] = json.loads(packet[1:])
    assert set(value) == {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
    assert isinstance(value["sid"], str)
    assert value["upgrades"] == upgrades
    assert (value["pingInterval"], value["pingTimeout"], value["maxPayload"]) == (
        300,
        200,
        1_000_000,
    )


# handshake / HTTP long-polling


def test_handshake_polling_successfully_opens_a_session(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        status, text = await client.get("EIO=4&transport=polling")
        assert status == 200
        check_handshake(text, ["websocket"])

    play(suite_address, scenario)


def test_handshake_polling_fails_with_an_invalid_eio_query_parameter(address: str) -> None:
    async def scenario(client: Client) -> None:
        for query in ("transport=polling", "EIO=abc&transport=polling", "EIO=3&transport=polling"):
            assert await client.get(query) == (
                400,
                '{"code":5,"message":"Unsupported protocol version"}',
            )

    play(address, scenario)


def test_handshake_polling_fails_with_an_invalid_transport_query_parameter(address: str) -> None:
    async def scenario(client: Client) -> None:
        for query in ("EIO=4", "EIO=4&transport=abc", "EIO=4&transport=__proto__"):
            assert await client.get(query) == (400, '{"code":0,"message":"Transport unknown"}')

    play(address, scenario)


def test_handshake_polling_fails_with_an_invalid_request_method(address: str) -> None:
    async def scenario(client: Client) -> None:
        for method in ("POST", "PUT"):
            assert await client.send(method, "EIO=4&transport=polling") == (
                400,
                '{"code":2,"message":"Bad handshake method"}',
            )

    play(address, scenario)


# handshake / WebSocket


def test_handshake_websocket_successfully_opens_a_session(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        check_handshake(await (await client.websocket()).receive_str(), [])

    play(suite_address, scenario)


@pytest.mark.parametrize("query", ["transport=websocket", "EIO=abc&transport=websocket"])
def test_handshake_websocket_fails_with_an_invalid_eio_query_parameter(
    address: str, query: str
) -> None:
    play(address, refused(query))


@pytest.mark.parametrize("query", ["EIO=4", "EIO=4&transport=abc"])
def test_handshake_websocket_fails_with_an_invalid_transport_query_parameter(
    address: str, query: str
) -> None:
    play(address, refused(query))


def refused(query: str) -> Callable[[Client], Awaitable[None]]:
    async def scenario(client: Client) -> None:
        with pytest.raises(aiohttp.WSServerHandshakeError) as info:
            await client.websocket(query)
        assert info.value.status == 400

    return scenario


# message / HTTP long-polling


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param("4hello", id="one plain text packet"),
        pytest.param("4test1\x1e4test2\x1e4test3", id="several plain text packets"),
        pytest.param("4hello\x1ebAQIDBA==", id="plain text and binary packets"),
    ],
)
def test_message_polling_sends_and_receives_a_payload_containing(
    address: str, payload: str
) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        assert await client.send("POST", query, payload) == (200, "ok")
        assert await client.get(query) == (200, payload)

    play(address, scenario)


def test_message_polling_closes_the_session_upon_invalid_packet_format(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        assert (await client.send("POST", query, "abc"))[0] == 400
        assert (await client.get(query))[0] == 400

    play(address, scenario)


def test_message_polling_closes_the_session_upon_duplicate_poll_requests(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        first = asyncio.create_task(client.get(query))
        await asyncio.sleep(0.005)
        second = await client.get(query + "&t=burst")
        assert await first == (200, "1")
        assert second[0] == 400
        assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


def test_message_polling_closes_the_session_upon_cancelled_polling_request(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        poll = asyncio.create_task(client.get(query))
        await asyncio.sleep(0.005)
        poll.cancel()
        assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


# message / WebSocket


def test_message_websocket_sends_and_receives_a_plain_text_packet(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str("4hello")
        assert await websocket.receive_str() == "4hello"

    play(address, scenario)


def test_message_websocket_sends_and_receives_a_binary_packet(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_bytes(b"\x01\x02\x03\x04")
        assert await websocket.receive_bytes() == b"\x01\x02\x03\x04"

    play(address, scenario)


def test_message_websocket_closes_the_session_upon_invalid_packet_format(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str("abc")
        await closed(websocket)

    play(address, scenario)


# heartbeat


def test_heartbeat_polling_sends_ping_pong_packets(pinging_address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        for _ in range(3):
            assert await client.get(query) == (200, "2")
            assert await client.send("POST", query, "3") == (200, "ok")

    play(pinging_address, scenario)


def test_heartbeat_polling_closes_the_session_upon_ping_timeout(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        await asyncio.sleep(PING_INTERVAL + PING_TIMEOUT)
        assert await client.get(query) == (400, '{"code":1,"message":"Session ID unknown"}')

    play_in_time(suite_address, scenario)


def test_heartbeat_websocket_sends_ping_pong_packets(pinging_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        for _ in range(3):
            assert await websocket.receive_str() == "2"
            await websocket.send_str("3")

    play(pinging_address, scenario)


def test_heartbeat_websocket_closes_the_session_upon_ping_timeout(suite_address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        started = asyncio.get_running_loop().time()
        await closed(websocket)
        assert 0.45 < asyncio.get_running_loop().time() - started < 1

    play_in_time(suite_address, scenario)


# close


def test_close_polling_forcefully_closes_the_session(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        poll, push = await asyncio.gather(client.get(query), client.send("POST", query, "1"))
        assert poll == (200, "6")
        assert push == (200, "ok")
        assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


def test_close_websocket_forcefully_closes_the_session(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str("1")
        await asyncio.wait_for(closed(websocket), 0.2)  # the reference needs a ping timeout

    play_in_time(address, scenario)


# upgrade


def test_upgrade_successfully_upgrades_from_polling_to_websocket(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        websocket = await client.websocket(query.replace("polling", "websocket"))
        await websocket.send_str("2probe")
        assert await websocket.receive_str() == "3probe"
        assert await client.get(query) == (200, "6")
        await websocket.send_str("5")
        await websocket.send_str("4hello")
        assert await websocket.receive_str() == "4hello"

    play(address, scenario)


def test_upgrade_ignores_http_requests_with_same_sid_after_upgrade(address: str) -> None:
    async def scenario(client: Client) -> None:
        query, websocket = await client.upgraded()
        assert await client.get(query) == (400, '{"code":3,"message":"Bad request"}')
        await websocket.send_str("4hello")
        assert await websocket.receive_str() == "4hello"

    play(address, scenario)


def test_upgrade_ignores_websocket_connection_with_same_sid_after_upgrade(address: str) -> None:
    async def scenario(client: Client) -> None:
        query, websocket = await client.upgraded()
        # The suite listens for "close" only: an error at the handshake would fail it.
        await closed(await client.websocket(query.replace("polling", "websocket")))
        await websocket.send_str("4hello")
        assert await websocket.receive_str() == "4hello"

    play_in_time(address, scenario)


# Violations close promptly: within seconds while the ping interval is 25 s, so that a ping timeout
# can't pass for the check, and a busy machine can't fail it.

PROMPT = 5


VIOLATIONS = ["", "abc", "7", "9", "²", "b!", "2", "2probe", "1"]


@pytest.mark.parametrize("packet", VIOLATIONS)
def test_a_violation_closes_a_websocket_promptly(address: str, packet: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str(packet)
        await asyncio.wait_for(closed(websocket), PROMPT)

    play_in_time(address, scenario)


@pytest.mark.parametrize("packet", VIOLATIONS)
def test_a_violation_answers_the_parked_get_and_ends_the_session_promptly(
    address: str, packet: str
) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        poll = asyncio.create_task(client.get(query))
        await asyncio.sleep(0.02)
        async with asyncio.timeout(PROMPT):
            await client.send("POST", query, packet)
            assert await poll == (200, "6" if packet == "1" else "1")
            assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


def test_a_message_over_the_limit_closes_a_websocket_promptly(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str("4" + "x" * 1_000_000)
        await asyncio.wait_for(closed(websocket), PROMPT)
        assert websocket.close_code == 1009

    play_in_time(address, scenario)


def test_a_client_that_breaks_off_a_poll_loses_its_session_promptly(address: str) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        poll = asyncio.create_task(client.get(query))
        await asyncio.sleep(0.02)
        poll.cancel()
        async with asyncio.timeout(PROMPT):
            assert (await client.get(query))[0] == 400

    play_in_time(address, scenario)


@pytest.mark.parametrize("packet", ["0", "3", "5", "6"])
def test_packets_without_a_meaning_close_nothing(address: str, packet: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send_str(packet)
        await websocket.send_str("4still here")
        assert await websocket.receive_str() == "4still here"

    play(address, scenario)
