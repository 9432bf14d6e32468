"""Tools for tests of applications: servers and clients connected in memory, virtual time, peers
that send raw packets, contexts without a server.

::

    async def scenario() -> None:
        async with connect("http://test", connector=Link(server)) as socket:
            assert await socket.emit_with_ack("hello", "world") == "hello world"


    def test_hello() -> None:
        run(scenario())

It needs no test framework.
"""

from ackord.runtime.testing.clock import DeadlockError, VirtualClockLoop, run
from ackord.runtime.testing.fake_context import FakeContext
from ackord.runtime.testing.link import Link
from ackord.runtime.testing.memory import MemoryServerWebSocket, MemoryWebSocket
from ackord.runtime.testing.peer import RawPeer
from ackord.runtime.testing.raw_request import RawRequest
from ackord.runtime.testing.raw_server import OPEN_PACKET, RawServer
from ackord.runtime.testing.recorder import Recorder
from ackord.runtime.testing.stage import Sent

__all__ = [
    "OPEN_PACKET",
    "DeadlockError",
    "FakeContext",
    "Link",
    "MemoryServerWebSocket",
    "MemoryWebSocket",
    "RawPeer",
    "RawRequest",
    "RawServer",
    "Recorder",
    "Sent",
    "VirtualClockLoop",
    "run",
]
