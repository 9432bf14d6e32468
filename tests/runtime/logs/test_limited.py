"""Which lines the log gets of many that could be written: one for each cause and minute, and the
number of the others.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
from ackord.runtime.logs.limited import INTERVAL, MAX_CAUSES, LimitedLog
from ackord.runtime.protocol.socketio.error_acks import InvalidArgumentsError
from ackord.runtime.server import RefusalReply, Server, Socket
from ackord.runtime.testing import run

from tests.runtime.server.stage import Stage, play

LOG = LimitedLog(logging.getLogger("test"))


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    LOG.close()


def lines(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    found = [record.getMessage() for record in caplog.records if record.levelno == level]
    caplog.clear()
    return found


def test_the_number_of_lines_left_out_is_said_after_the_interval_and_a_new_line_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        for _ in range(13):
            LOG.write_warning("kind", "key", "once")
        assert lines(caplog) == ["once"]
        await asyncio.sleep(INTERVAL + 1)
        assert lines(caplog) == ["12 more of these since, not written in full: once"]
        LOG.write_warning("kind", "key", "again")
        assert lines(caplog) == ["again"]

    run(scenario())


def test_a_log_outlives_its_event_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario() -> None:
        await asyncio.sleep(1000 if not caplog.records else 0)
        LOG.write_warning("kind", "key", "once")
        LOG.write_warning("kind", "key", "once")

    run(scenario())
    run(scenario())  # whose clock begins anew
    assert lines(caplog) == ["once", "1 more of these since, not written in full: once", "once"]


def test_keys_that_a_peer_makes_up_are_bounded_and_silence_no_other_kind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for number in range(10_000):
        LOG.write_warning("kind", number, f"line {number}")
    written = lines(caplog)
    assert len(written) == MAX_CAUSES + 1
    assert "others are counted only" in written[-1]
    LOG.write_warning("another kind", 0, "heard")
    LOG.crash("A handler", ValueError("heard"))
    assert lines(caplog) == ["heard"]
    LOG.close()
    assert lines(caplog) == [
        f"{10_000 - MAX_CAUSES - 1} more of these since, not written in full: line {MAX_CAUSES}"
    ]


def test_keys_that_one_client_makes_up_leave_lines_for_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for client in ("203.0.113.1", "203.0.113.2", "203.0.113.3"):
        for number in range(1000):
            LOG.write_warning("kind", (client, number), "line", client=client)
        LOG.write_warning("another kind", None, "line", client=client)
    assert len(lines(caplog)) == MAX_CAUSES // 2 + 1 + 2 + 1 + 1
    LOG.write_warning("kind", "stranger", "heard", client="203.0.113.4")
    LOG.write_warning("kind", "somebody", "heard")
    assert lines(caplog) == ["heard", "heard"]


class UnprintableError(Exception):
    __str__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]  # the point


def test_a_logging_handler_that_raises_stops_nobody() -> None:
    def fail(record: logging.LogRecord) -> bool:
        raise LookupError(record)

    logger = logging.getLogger("test")
    logger.addFilter(fail)
    try:
        LOG.crash("A handler", UnprintableError())
    finally:
        logger.removeFilter(fail)


def serve_mistakes() -> Server:
    """Serve events whose handlers fail in their own ways."""
    server = Server()

    @server.main.use_event
    def check(_: Socket, name: str, arguments: tuple[object, ...]) -> None:
        if "bad" in arguments:
            raise InvalidArgumentsError
        if name.startswith("made up"):
            raise OverflowError(name)

    @server.on("connection")
    def connected(socket: Socket) -> None:
        def first() -> None:
            raise ValueError("first\nERROR forged")

        def second() -> None:
            raise KeyError("second")

        def event(which: str) -> None:
            {"1": first, "2": second}[which]()

        socket.on("event", event)

    return server


def test_a_clients_mistakes_never_hide_crashes_and_crashes_never_hide_one_another(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(stage: Stage) -> None:
        peer, sid = await stage.join()
        await peer.send('42["event","bad"]', *(f'42["{number}\\n"]' for number in range(1001)))
        await peer.expect_silence(1)
        warnings = lines(caplog)
        assert len(warnings) == 1 + MAX_CAUSES + 1
        assert all("\n" not in line and sid in line and "'127.0.0.1'" in line for line in warnings)
        await peer.send(
            *['42["event","1"]'] * 12,
            '42["event","2"]',
            *(f'42["made up {number}"]' for number in range(1001)),
        )
        await peer.expect_silence(1)
        crashes = lines(caplog, logging.ERROR)
        assert [line.partition(":")[2].split(" at ")[0] for line in crashes] == [
            " ValueError",
            " KeyError",
            " OverflowError",
        ]
        assert "test_limited.py:" in crashes[0]
        assert (
            "in serve_mistakes.<locals>.connected.<locals>.first: 'first\\nERROR forged'"
            in crashes[0]
        )

    play(serve_mistakes(), scenario)
    assert {"11 more of these", "1000 more of these"} <= {
        line.partition(" since")[0] for line in lines(caplog, logging.ERROR)
    }


def test_a_middleware_that_raises_writes_one_traceback_for_any_number_of_connects(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server()

    @server.of("/t/{id}").use
    def check(_: Socket) -> None:
        raise LookupError("broken")

    @server.of("/closed").use
    def refuse(_: Socket) -> None:
        raise RefusalReply("closed")

    async def scenario(stage: Stage) -> None:
        peer, _ = await stage.join()
        for number in range(100):
            await peer.send(f"40/t/{number}\n,", "40/closed,")
            assert (await peer.receive_text()).startswith("44/")
            assert (await peer.receive_text()).startswith("44/")
        [line] = lines(caplog, logging.ERROR)
        assert "in namespace '/t/0\\n'" in line

    play(server, scenario)
