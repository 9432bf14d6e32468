"""Handovers to and from a worker that has no file descriptors left."""

from __future__ import annotations

import array
import asyncio
import os
import resource
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ackord.runtime.hosting.workers import handover
from ackord.runtime.hosting.workers.balance import Balance, Loads
from ackord.runtime.hosting.workers.handover import (
    Adopt,
    HandoverClient,
    HandoverServer,
    Outcome,
)


def descriptors() -> int:
    """Return how many file descriptors this process has."""
    return len(list(Path("/dev/fd").iterdir()))


def listen(folder: Path, adopt: Adopt) -> HandoverServer:
    """Take connections as the only worker."""
    return HandoverServer(folder / "socket", adopt, Balance(Loads(1), 0))


@contextmanager
def without_descriptors() -> Generator[None]:
    """Let this process open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    fillers = [os.dup(0) for _ in range(20)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(fillers), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for each in fillers:
            os.close(each)


def test_a_worker_without_file_descriptors_tells_the_clients_of_others_to_come_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        server = listen(tmp_path, lambda _, __: pytest.fail("it was taken"))
        client = HandoverClient(lambda _: tmp_path / "socket")
        one, other = socket.socketpair()
        with one, other:
            with without_descriptors():
                assert await client.hand_over(one.fileno(), 1, b"hello") is Outcome.BUSY
            one.close()  # as if too many descriptors were on their way: it can't be sent
            assert await client.hand_over(999_999, 1, b"hello") is Outcome.BUSY
        server.close()
        assert await client.hand_over(0, 1, b"hello") is Outcome.NO_OWNER

    asyncio.run(main())
    (told,) = caplog.messages
    assert "get 503: [Errno 24] Too many open files" in told


def test_what_is_no_connection_is_closed(tmp_path: Path) -> None:
    async def main() -> None:
        taken: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        server = listen(tmp_path, lambda arrived, _: taken.set_result(arrived))
        client = HandoverClient(lambda _: tmp_path / "socket")
        one, other = socket.socketpair()
        datagrams = socket.socket(type=socket.SOCK_DGRAM)
        with socket.create_server(("127.0.0.1", 0)) as listener, datagrams, one, other:
            before = descriptors()
            folder = os.open(tmp_path, os.O_RDONLY)
            for each in (listener.fileno(), datagrams.fileno(), folder):
                assert await client.hand_over(each, 1, b"hello") is Outcome.GONE
            os.close(folder)
            assert await client.hand_over(one.fileno(), 1, b"hello") is Outcome.GONE
            (await taken).close()
            assert descriptors() == before
        server.close()

    asyncio.run(main())


def test_without_file_descriptors_a_worker_waits_says_so_and_takes_connections_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handover, "PAUSE", 0.05)

    async def main() -> None:
        taken: asyncio.Future[tuple[socket.socket, bytes]] = (
            asyncio.get_running_loop().create_future()
        )
        server = listen(tmp_path, lambda arrived, data: taken.set_result((arrived, data)))
        client, connection = socket.socketpair()
        with client, connection, socket.socket(socket.AF_UNIX) as connecting:
            with without_descriptors():
                connecting.connect(str(tmp_path / "socket"))
                descriptor = array.array("i", [connection.fileno()])
                connecting.sendmsg(
                    [b"\0\0\0\x05hello"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)]
                )
                await asyncio.sleep(0.2)
                assert not taken.done()
            async with asyncio.timeout(60):
                adopted, data = await taken
            assert data == b"hello"
            with adopted:
                adopted.sendall(b"there")
            assert client.recv(5) == b"there"
        server.close()

    asyncio.run(main())
    told = [line for line in caplog.messages if "ulimit" in line]
    assert 1 <= len(told) <= 2  # the first pause, and how many there were besides
