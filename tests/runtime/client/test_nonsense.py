"""Whatever a server says, the client either goes on or leaves with "parse error"; it never raises,
hangs or leaks.
"""

from __future__ import annotations

import asyncio
import logging

import pytest
from ackord.runtime.client import connect
from ackord.runtime.testing import RawServer, run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        "4",
        "2",
        "3",
        "5",
        "6",
        "0",
        "1",
        "/",
        ",",
        "-",
        "[",
        "]",
        "{",
        "}",
        '"x"',
        "12",
        ":",
        '["x",',
        '{"_placeholder":true,"num":0}',
        "null",
        "²",
        " ",
    ]
)
PACKETS = st.one_of(
    st.lists(PIECES, max_size=8).map("".join),
    st.lists(PIECES, max_size=8).map(lambda pieces: "4" + "".join(pieces)),
    st.sampled_from(
        [
            '42["x",1]',
            '421["x"]',
            '451-["x",{"_placeholder":true,"num":0}]',
            "430[1]",
            "41",
            '40{"sid":"y"}',
            "2",
        ]
    ),
    st.text(max_size=20),
    st.binary(max_size=4),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(messages=st.lists(PACKETS, max_size=12))
def test_a_server_may_say_anything(
    caplog: pytest.LogCaptureFixture, messages: list[str | bytes]
) -> None:
    async def scenario() -> None:
        server = RawServer()
        socket = connect("http://test", connector=server)
        reasons: list[str] = []
        socket.on("disconnect", reasons.append)
        socket.on("x", lambda: None)
        peer = await server.join(socket)
        waiting = asyncio.create_task(socket.emit_with_ack("ask", timeout=100))
        await asyncio.sleep(1)
        for message in messages:
            if socket.connected:
                await peer.send(message)
                await asyncio.sleep(0)
        await asyncio.sleep(1)
        assert (reasons == []) == socket.connected
        assert set(reasons) <= {"parse error", "io server disconnect", "transport close"}
        await socket.disconnect()
        await asyncio.wait([waiting], timeout=1)
        assert waiting.done()
        waiting.exception()
        assert len(reasons) == 1
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run(scenario())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
