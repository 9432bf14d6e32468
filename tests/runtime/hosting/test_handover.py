"""The way of a connection into a worker that has no file descriptors left."""

from __future__ import annotations

import array
import asyncio
import os
import resource
import socket
from pathlib import Path

import pytest
from ackord.runtime.hosting.workers import handover
from ackord.runtime.hosting.workers.handover import Door


def test_without_file_descriptors_a_worker_waits_says_so_and_takes_connections_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(handover, "PAUSE", 0.05)

    async def main() -> None:
        taken: asyncio.Future[tuple[socket.socket, bytes]] = (
            asyncio.get_running_loop().create_future()
        )
        door = Door(tmp_path / "door", lambda arrived, data: taken.set_result((arrived, data)))
        client, connection = socket.socketpair()
        with client, connection, socket.socket(socket.AF_UNIX) as way:
            soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
            fillers = [os.dup(0) for _ in range(20)]
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(fillers), hard))
            try:
                way.connect(str(tmp_path / "door"))
                descriptor = array.array("i", [connection.fileno()])
                way.sendmsg(
                    [b"\0\0\0\x05hello"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)]
                )
                await asyncio.sleep(0.2)
                assert not taken.done()
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                for each in fillers:
                    os.close(each)
            async with asyncio.timeout(10):
                adopted, data = await taken
            assert data == b"hello"
            with adopted:
                adopted.sendall(b"there")
            assert client.recv(5) == b"there"
        door.close()

    asyncio.run(main())
    told = [line for line in caplog.messages if "ulimit" in line]
    assert 1 <= len(told) <= 6  # one for each pause, not one for each turn of the event loop
