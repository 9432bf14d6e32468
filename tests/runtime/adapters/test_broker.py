"""The broker between the workers of one machine."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from ackord.runtime.adapters.broker import broker as broker_module
from ackord.runtime.adapters.broker import frames
from ackord.runtime.adapters.broker.broker import Broker
from ackord.runtime.adapters.broker.channels import BrokerChannels
from ackord.runtime.adapters.broker.frames import FrameError, FrameReader
from ackord.runtime.errors import ClusterError
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.hosting.network import until

Received = list[tuple[str, bytes]]


class Stage:
    """A broker, and workers' ends of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broker = Broker(asyncio.get_running_loop(), path)
        self._ends: list[BrokerChannels] = []

    async def join(self) -> tuple[BrokerChannels, Received]:
        channels = BrokerChannels(self.path)
        received: Received = []
        await channels.open(lambda name, data: received.append((name, data)))
        self._ends.append(channels)
        return channels, received

    async def close(self) -> None:
        for end in self._ends:
            await end.close()
        self.broker.close()
        await asyncio.sleep(0)


def play(tmp_path: Path, scenario: Callable[[Stage], Awaitable[None]]) -> None:
    async def main() -> None:
        stage = Stage(tmp_path / "broker")
        async with asyncio.timeout(60):
            try:
                await scenario(stage)
            finally:
                await stage.close()

    asyncio.run(main())


async def subscribed(channels: BrokerChannels, name: str) -> None:
    """Wait until somebody has subscribed to a channel again."""
    while await channels.count(name) == 0:  # noqa: ASYNC110  # only the broker knows
        await asyncio.sleep(0.01)


def test_a_message_reaches_all_that_have_subscribed_in_order(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        (one, first), (two, second), (three, third) = [await stage.join() for _ in range(3)]
        await one.subscribe(["a", "ü#"])
        await two.subscribe(["ü#"])
        assert [await three.count(name) for name in ("a", "ü#", "b")] == [1, 2, 0]
        futures = [three.publish("ü#", b"%d" % number) for number in range(100)]
        await futures[-1]
        await three.publish("a", b"")
        await one.count("a")  # and everything before has come
        await two.count("a")
        assert second == [("ü#", b"%d" % number) for number in range(100)]
        assert first == [*second, ("a", b"")]
        assert third == []
        one.unsubscribe(["ü#", "never"])
        assert await one.count("ü#") == 1
        await two.close()
        while await one.count("ü#"):
            pass

    play(tmp_path, scenario)


def test_large_messages_arrive_whole_and_too_large_ones_are_refused(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        one, first = await stage.join()
        await one.subscribe(["a"])
        data = bytes(range(256)) * 20_000
        await one.publish("a", data)
        assert first == [("a", data)]
        with pytest.raises(ClusterError, match="too many for the broker"):
            await one.publish("a", bytes(frames.MAX_FRAME))

    play(tmp_path, scenario)


def test_a_worker_that_is_slow_is_cut_off_says_so_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(broker_module, "MAX_BUFFERED", 1_000_000)

    async def scenario(stage: Stage) -> None:
        (one, _), (two, second) = [await stage.join() for _ in range(2)]
        await two.subscribe(["a"])
        connection = two._connection
        assert connection is not None
        transport = connection._transport
        assert transport is not None
        transport.pause_reading()
        while two.losses == 0:
            await one.publish("a", bytes(100_000))
            if "takes its messages too slowly" in caplog.text and not transport.is_closing():
                transport.resume_reading()
        assert one.losses == 0
        await subscribed(one, "a")
        second.clear()
        await one.publish("a", b"again")
        await two.count("a")
        assert second == [("a", b"again")]

    with caplog.at_level(logging.WARNING):
        play(tmp_path, scenario)
    assert "may have missed broadcasts" in caplog.text


def test_without_a_broker_calls_fail_at_once_and_it_is_found_again(tmp_path: Path) -> None:
    async def scenario(stage: Stage) -> None:
        one, first = await stage.join()
        await one.subscribe(["a"])
        stage.broker.close()
        with pytest.raises(ClusterError):
            await one.publish("a", b"lost")
        await until(lambda: one.losses > 0)
        with pytest.raises(ClusterError, match="no connection to the broker"):
            await one.publish("a", b"lost")
        with pytest.raises(ClusterError):
            await one.count("a")
        await one.subscribe(["b"])
        with pytest.raises(ClusterError):
            await BrokerChannels(stage.path.parent / "none").open(print)
        stage.path.unlink()
        stage.broker = Broker(asyncio.get_running_loop(), stage.path)
        two, _ = await stage.join()
        await subscribed(two, "b")
        for name in "ab":
            await two.publish(name, b"1")
        await one.count("a")
        assert first == [("a", b"1"), ("b", b"1")]

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    "data",
    [
        b"\0\0\0\0",
        b"\xff\xff\xff\xff",
        frames.frame(9, b"\0\0\0\0"),
        frames.frame(frames.PUBLISH, b"\0"),
        frames.frame(frames.PUBLISH, b"\0\0\0\0", b"\0"),
        frames.frame(frames.SUBSCRIBE, b"\0\0\0\0", b"\0\x05ab"),
        frames.frame(frames.MESSAGE, b"\0\0\0\0"),
    ],
)
def test_who_sends_nonsense_is_cut_off_alone(tmp_path: Path, data: bytes) -> None:
    async def scenario(stage: Stage) -> None:
        one, _ = await stage.join()
        reader, writer = await asyncio.open_unix_connection(str(stage.path))
        writer.write(data)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        assert await one.count("a") == 0

    play(tmp_path, scenario)


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=50))), st.integers(1, 60))
def test_frames_are_read_whatever_their_pieces(written: list[tuple[int, bytes]], size: int) -> None:
    reader = FrameReader()
    stream = b"".join(frames.frame(kind, content) for kind, content in written)
    read = [
        each for at in range(0, len(stream), size) for each in reader.feed(stream[at : at + size])
    ]
    assert read == written


@given(st.binary(max_size=60))
def test_any_content_is_read_or_refused(content: bytes) -> None:
    readers: list[Callable[[bytes], object]] = [
        frames.read_number,
        lambda data: frames.read_channels(data, 0),
        lambda data: list(FrameReader().feed(data)),
    ]
    for read in readers:
        try:
            read(content)
        except FrameError:
            continue
