"""Whatever breaks the Socket.IO protocol closes the connection at once; whatever only looks odd
doesn't.

The ping interval is 25 seconds, so that a ping timeout can't pass for the check.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import Iterator

import pytest

from tests.conformance.serving import serving_subprocess
from tests.conformance.sio_client import Client, play, play_in_time
from tests.hosts import Hosting

PROMPT = 5
SEPARATOR = "\x1e"


@pytest.fixture(scope="module")
def address(hosting: Hosting) -> Iterator[str]:
    times = ["--ping-interval", "25", "--ping-timeout", "20", "--connect-timeout", "30"]
    with serving_subprocess("tests.conformance.socketio_server", hosting, *times) as address:
        yield address


PLACEHOLDER = '{"_placeholder":true,"num":%s}'

VIOLATIONS: list[tuple[str | bytes, ...]] = [
    # packet types
    ("4abc",),
    ("49",),
    ("4",),
    ('47["message"]',),
    ("4²",),
    # payloads of EVENT
    ("42{}",),
    ("42[]",),
    ("42[true]",),
    ("42[null,1]",),
    ("42[[]]",),
    ('42[{"toString":"foo"}]',),
    ("42",),
    ("421",),
    ('42["message"',),
    ('42["message"]x',),
    ('42["message",NaN]',),
    ('42["message",Infinity]',),
    ('42["message",1e999]',),
    ('42["message",{"deep":[-1e0999]}]',),
    ('42["message",' + "9" * 400 + ".0]",),
    ('42["message",01]',),
    ("42" + "[" * 20_000 + "]" * 20_000,),
    ('42["' + "n" * 5_000 + '"]',),
    # reserved names, plain and escaped
    ('42["connect"]',),
    ('42["connect_error"]',),
    ('42["disconnect"]',),
    ('42["disconnecting"]',),
    ('42["newListener"]',),
    ('42["removeListener"]',),
    (r'42["conn\u0065ct"]',),
    ('42 ["connect"]',),
    ('42[ "connect"]',),
    # ack ids
    ('42abc["message"]',),
    ('421.5["message"]',),
    ('42-1["message"]',),
    ('42 1["message"]',),
    ('42²["message"]',),
    ("42" + "1" * 100 + '["message"]',),
    # CONNECT
    ("40",),
    ("40{}",),
    ("40/custom,[]",),
    ("40/custom,null",),
    ('40/custom,"x"',),
    ("40/custom,1",),
    ("40/custom,{",),
    ("40/" + "n" * 5_000,),
    # DISCONNECT
    ("41{}",),
    ("41/custom,{}",),
    # ACK
    ("43{}",),
    ("431[",),
    ('431["x"]]',),
    ('461-1["x",{"_placeholder":true,"num":1}]', b"nobody waits for it, and yet"),
    # CONNECT_ERROR
    ("44",),
    ('44{"message":"x"}',),
    # attachment counts
    ("45",),
    ("451",),
    ("45a-",),
    ("451.23-",),
    ('451e1-["message"]',),
    ('450-["message"]',),
    ('45-["message"]',),
    ('4511-["message"]',),
    ('459999999999-["message"]',),
    ('45²-["message"]',),
    # attachments
    ('451-["message",' + PLACEHOLDER % 0 + "]", "42[]"),
    ('451-["message",' + PLACEHOLDER % 0 + "]", '42["message"]'),
    (b"\1",),
    ('451-["message",' + PLACEHOLDER % 1 + "]", b"\1"),
    ('451-["message",' + PLACEHOLDER % -1 + "]", b"\1"),
    ('451-["message",' + PLACEHOLDER % 0.5 + "]", b"\1"),
    ('451-["message",' + PLACEHOLDER % "true" + "]", b"\1"),
    ('451-["message",' + PLACEHOLDER % '"splice"' + "]", b"\1"),
    ('451-["message",{"deep":[' + PLACEHOLDER % "null" + "]}]", b"\1"),
    ('451-["message"', b"\1"),
    ('451-["connect"]', b"\1"),
    # namespaces that were not joined
    ('42/custom,["message"]',),
    ('42/random,["message"]',),
    ("43/custom,1[]",),
    ("41/custom,",),
    ('451-/custom,["message",' + PLACEHOLDER % 0 + "]",),
]

BEFORE_CONNECT: list[tuple[str | bytes, ...]] = [
    ("40[]",),
    ("40null",),
    ('40"x"',),
    ("40{",),
    ('42["message"]',),
    ("41",),
    ("431[]",),
    ('451-["message",' + PLACEHOLDER % 0 + "]",),
    (b"\1",),
]

TOLERATED: list[str] = [
    "43",
    "431[]",
    "4399[1,2]",
    '42["unknown event"]',
    '42["__proto__"]',
    '42["error"]',
    '42["connection"]',
    '42["*"]',
    '42[1,"x"]',
    '42[1.5,"x"]',
    r'42["unknown \ud800"]',
]


def name(messages: object) -> str:
    return repr(messages)[:40]


@pytest.mark.parametrize("messages", VIOLATIONS, ids=name)
def test_a_violation_closes_the_websocket_promptly(
    address: str, messages: tuple[str | bytes, ...]
) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send(*messages)
        await websocket.expect_close(PROMPT)

    play_in_time(address, scenario)


@pytest.mark.parametrize("messages", BEFORE_CONNECT, ids=name)
def test_a_violation_before_connect_closes_the_websocket_promptly(
    address: str, messages: tuple[str | bytes, ...]
) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.open_websocket()
        await websocket.send(*messages)
        await websocket.expect_close(PROMPT)

    play_in_time(address, scenario)


@pytest.mark.parametrize("packet", TOLERATED, ids=name)
def test_what_is_only_odd_leaves_the_connection_alone(address: str, packet: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send(packet, '42["message",1]')
        assert await websocket.text() == '42["message-back",1]'

    play(address, scenario)


def test_a_namespace_that_was_refused_is_not_joined(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send("40/random")
        assert await websocket.text() == '44/random,{"message":"Invalid namespace"}'
        await websocket.send('42/random,["message"]')
        await websocket.expect_close(PROMPT)

    play_in_time(address, scenario)


def test_a_namespace_that_was_left_is_not_joined(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send("41", '42["message"]')
        await websocket.expect_close(PROMPT)

    play_in_time(address, scenario)


def test_a_lone_surrogate_is_replaced_and_not_a_violation(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send(r'421["message-with-ack","\ud83d","\ud83d\ude00"]')
        assert await websocket.text() == '431["\N{REPLACEMENT CHARACTER}","\N{GRINNING FACE}"]'

    play(address, scenario)


def test_one_attachment_may_stand_in_two_places_and_another_in_none(address: str) -> None:
    async def scenario(client: Client) -> None:
        websocket = await client.join()
        await websocket.send(
            f'452-1["message-with-ack",{PLACEHOLDER % 1},{PLACEHOLDER % 1}]', b"unused", b"used"
        )
        assert await websocket.text() == f"461-1[{PLACEHOLDER % 0},{PLACEHOLDER % 0}]"
        assert await websocket.binary() == b"used"

    play(address, scenario)


@pytest.mark.parametrize("messages", VIOLATIONS, ids=name)
def test_a_violation_ends_a_polling_session_promptly(
    address: str, messages: tuple[str | bytes, ...]
) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        assert await client.send("POST", query, "40") == (200, "ok")
        assert (await client.get(query))[1].startswith("40{")
        await expect_prompt_end(client, query, messages)

    play_in_time(address, scenario)


@pytest.mark.parametrize("messages", BEFORE_CONNECT, ids=name)
def test_a_violation_before_connect_ends_a_polling_session_promptly(
    address: str, messages: tuple[str | bytes, ...]
) -> None:
    async def scenario(client: Client) -> None:
        await expect_prompt_end(client, await client.open_polling(), messages)

    play_in_time(address, scenario)


async def expect_prompt_end(client: Client, query: str, messages: tuple[str | bytes, ...]) -> None:
    """Send a payload while a GET is parked: the GET is answered with the end, and the session is
    gone.
    """
    poll = asyncio.ensure_future(client.get(query))
    await asyncio.sleep(0.02)
    packets = [
        message if isinstance(message, str) else "b" + b64encode(message).decode()
        for message in messages
    ]
    started = time.monotonic()
    post = asyncio.ensure_future(client.send("POST", query, SEPARATOR.join(packets)))
    status, text = await poll
    assert time.monotonic() - started < PROMPT
    await post
    assert (status, text) == (200, "1") or status == 400 or text.startswith("42"), (status, text)
    while status == 200:
        status, text = await client.get(query)
        assert status == 400 or text in {"1", "6\x1e1"}, (status, text)


def test_packets_before_a_violation_in_one_payload_are_handled_and_those_after_it_are_not(
    address: str,
) -> None:
    async def scenario(client: Client) -> None:
        query = await client.open_polling()
        await client.send("POST", query, "40")
        assert (await client.get(query))[1].startswith("40{")
        await client.send("POST", query, '42["message",1]\x1e42["connect"]\x1e42["message",2]')
        _, text = await client.get(query)
        assert '42["message-back",1]' in text
        assert '42["message-back",2]' not in text
        if not text.endswith("1"):
            assert (await client.get(query))[1] in {"1", "6\x1e1"}
        assert (await client.get(query))[0] == 400

    play(address, scenario)
