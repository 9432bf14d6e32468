"""Defects of other implementations, and advisories against them, that must not be repeated; each
named by where it was found.

The numbers are those of python-engineio's list of reproduced defects; what Socket.IO does above the
engine is tested with the Socket.IO server.
"""

from __future__ import annotations

import asyncio
import json

import pytest
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run

from tests.runtime.engine.harness import DeniedError, Request, Site


def test_defect_3_a_post_of_many_packets_is_delivered_whole() -> None:
    async def scenario() -> None:
        site = Site()
        packets = [f"4{number}" for number in range(2000)]
        response = await site.post(await site.open_polling(), "\x1e".join(packets).encode())
        assert response.text == "ok"
        assert site.recorder.log == packets

    run(scenario())


@pytest.mark.parametrize("polling_first", [True, False])
def test_defect_4_a_broadcast_with_binary_reaches_each_transport_in_its_own_form(
    *, polling_first: bool
) -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        websocket = await site.open_websocket()
        base64 = await site.open_websocket("&b64=1")
        prepared = Prepared("451-[]", [b"\x00\x04\x02\xff"])
        for recorder in site.recorders if polling_first else site.recorders[::-1]:
            recorder.socket.send_prepared(prepared)
        assert (await site.get(query)).text == "451-[]\x1ebAAQC/w=="
        assert [await websocket.receive(), await websocket.receive()] == [
            "451-[]",
            b"\x00\x04\x02\xff",
        ]
        assert [await base64.receive(), await base64.receive()] == ["451-[]", "bAAQC/w=="]

    run(scenario())


@pytest.mark.parametrize(
    ("polling", "websocket", "is_base64"),
    [("&b64=1", "", 0), ("", "&b64=1", 1), ("&b64=1", "&b64=", 0)],
)
def test_each_transport_says_for_itself_whether_it_takes_base64_only(
    polling: str, websocket: str, is_base64: int
) -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        query = await site.open_polling(polling)
        upgraded = await site.websocket(
            query.removesuffix(polling).replace("=polling", "=websocket") + websocket
        )
        site.recorder.socket.send_binary(b"before")
        upgraded.send("5")
        upgraded.send(b"after")
        form = [(b"before", b"after"), ("bYmVmb3Jl", "bYWZ0ZXI=")][is_base64]
        assert (await upgraded.receive(), await upgraded.receive()) == form

    run(scenario())


def test_defect_5_noops_are_paced_and_the_probe_is_given_up() -> None:
    async def scenario() -> None:
        site = Site()
        query, websocket = await site.probed()
        loop = asyncio.get_running_loop()
        answers: list[str] = []
        while loop.time() < 3:
            answers.append((await site.get(query)).text)
        assert 25 <= len(answers) <= 31
        assert set(answers) == {"6"}
        assert await websocket.closed() == 1000
        assert loop.time() == pytest.approx(10)
        assert site.engine.sessions == 1

    run(scenario())


def test_defect_7_nothing_is_sent_to_a_get_that_is_gone() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        poll = Request(site.app, "GET", query)
        await asyncio.sleep(0.1)
        poll.disconnect()
        assert await poll.unanswered()
        site.recorder.socket.send("4lost")
        assert not site.recorder.socket.is_open

    run(scenario())


def test_defect_8_fractions_of_a_second_are_announced() -> None:
    async def scenario() -> None:
        response = await Site(ping_interval=0.3, ping_timeout=0.29).get("EIO=4&transport=polling")
        content = json.loads(response.text[1:])
        assert (content["pingInterval"], content["pingTimeout"]) == (300, 290)

    run(scenario())


def test_defect_10_no_noop_strays_onto_the_websocket() -> None:
    async def scenario() -> None:
        site = Site(echo=True)
        _, websocket = await site.probed()
        await asyncio.sleep(1)
        websocket.send("5")
        websocket.send("4first")
        assert await websocket.receive() == "4first"

    run(scenario())


def test_defect_12_the_address_is_that_of_the_peer() -> None:
    async def scenario() -> None:
        site = Site()
        await site.open_polling()
        assert site.recorder.socket.request.address == "192.0.2.1"

    run(scenario())


def test_defect_13_the_session_ends_with_an_invalid_packet_or_close_and_post_answers_ok() -> None:
    async def scenario() -> None:
        site = Site()
        assert (await site.post(await site.open_polling(), b"4a")).text == "ok"
        for body in (b"abc", b"1"):
            query = await site.open_polling()
            await site.post(query, body)
            assert (await site.get(query)).status == 400
        assert (await site.get("EIO=4")).status == 400

    run(scenario())


def test_cve_2017_16031_session_ids_come_from_a_secure_source() -> None:
    async def scenario() -> None:
        site = Site()
        for _ in range(50):
            await site.open_polling()
        ids = [recorder.socket.sid for recorder in site.recorders]
        for position in range(20):  # no character is a counter or a constant
            assert len({sid[position] for sid in ids}) > 10

    run(scenario())


def test_cve_2020_36049_a_body_of_separators_or_of_packets_without_meaning_is_harmless() -> None:
    async def scenario() -> None:
        site = Site()
        assert (await site.post(await site.open_polling(), b"\x1e" * 1_000_000)).status == 400
        assert (
            await site.post(await site.open_polling(), b"\x1e".join([b"6"] * 100_000))
        ).status == 200
        assert [recorder.log for recorder in site.recorders] == [[], []]

    run(scenario())


@pytest.mark.parametrize(
    "name", ["__proto__", "constructor", "toString", "webtransport", "Polling", "polling "]
)
def test_cve_2023_31125_an_unknown_transport_is_refused_on_every_way_in(name: str) -> None:
    async def scenario() -> None:
        site = Site()
        query = (await site.open_polling()).replace("=polling", "=" + name)
        for request in (
            site.get(query),
            site.post(query, b"4a"),
            site.get(f"EIO=4&transport={name}"),
        ):
            assert (await request).text == '{"code":0,"message":"Transport unknown"}'
        for websocket in (query, f"EIO=4&transport={name}"):
            with pytest.raises(DeniedError):
                await site.websocket(websocket)
        assert site.engine.sessions == 1

    run(scenario())


def test_cve_2026_48802_a_flood_of_pongs_starts_nothing() -> None:
    async def scenario() -> None:
        site = Site()
        websocket = await site.open_websocket()
        tasks = len(asyncio.all_tasks())
        for _ in range(1000):
            websocket.send("3")
        await asyncio.sleep(1)
        assert len(asyncio.all_tasks()) == tasks
        assert await websocket.receive() == "2"
        assert asyncio.get_running_loop().time() == pytest.approx(25)

    run(scenario())


def test_cve_2026_59725_a_binary_post_is_answered() -> None:
    async def scenario() -> None:
        site = Site()
        query = await site.open_polling()
        response = await asyncio.wait_for(
            site.post(query, b"\x00", headers={"content-type": "application/octet-stream"}), 1
        )
        assert response.status == 400

    run(scenario())
