"""A short soak on each run of the tests; ``python -m tests.soak`` is the long one."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tests.soak.__main__ import soak
from tests.soak.client import Client, Tally


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_many_clients_live_through_random_cuts() -> None:
    happened: list[str] = []
    for seconds in (
        8,
        16,
        32,
    ):  # how long it takes until enough has happened is the machine's affair
        # A heartbeat is a matter of seconds, and on a busy machine a request takes three of them.
        outcome = uvloop.run(
            soak(150, seconds, 0.4, 4, "--ping-interval", "1", "--ping-timeout", "20")
        )
        assert outcome.failures == [], str(outcome)
        tally = outcome.tally
        if (
            tally.acked > 1_000
            and tally.upgrades > 10
            and {"settle", "cut", "close", "leave", "vanish"} == set(tally.ends)
        ):
            return
        happened.append(str(outcome))
    raise AssertionError("too little has happened:\n" + "\n".join(happened))


@pytest.mark.parametrize(
    ("packets", "problem"),
    [
        (['2["tick",1]', '2["tick",3]'], "polling: tick +2 instead of +1"),
        (['27["down",1]', '28["down",1]'], "polling: down +0 instead of +1"),
        (['27["down",2]'], "polling: down +2 instead of +1"),
        (["32[2]"], "polling: ack +2 instead of +1"),
        (['51-7["down",1,{"_placeholder":true,"num":0}]', b"other"], "polling: a wrong attachment"),
        (
            ['51-7["down",1,{"_placeholder":true,"num":0}]', '2["tick",1]'],
            "polling: text between a packet and its attachments",
        ),
        (['2["else"]'], "polling: unexpected packet '2[\"else\"]'"),
    ],
)
def test_a_client_of_the_soak_notices(packets: list[str | bytes], problem: str) -> None:
    async def scenario() -> None:
        tally = Tally()
        client = Client(1, "polling", tally)
        for packet in packets:
            client.receive(packet)
        assert dict(tally.problems) == {problem: 1}

    asyncio.run(scenario())
