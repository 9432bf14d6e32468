"""The engine on a WebSocket that writes to its network at once and delivers frames at once, as a
server's own protocol class does.
"""

from __future__ import annotations

from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server import EngineServer
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.protocol.engineio.prepared import Prepared
from ackord.runtime.testing.clock import run
from typing_extensions import override

from tests.runtime.engine.harness import Recorder, Site

REQUEST = EngineRequest(
    url="/", query={"EIO": "4", "transport": "websocket"}, headers={}, address=""
)


class Wire:
    """Messages as they would go to an asyncio transport, each as a frame."""

    def __init__(self) -> None:
        self._messages: list[str | bytes] = []
        self.buffered = 0
        self.paused = True
        self.is_closed = False

    def send(self, message: str | bytes) -> None:
        self._messages.append(message)

    def send_prepared(self, prepared: Prepared) -> None:
        self._messages += [prepared.text, *prepared.attachments]

    def close(self, code: int | None = None) -> None:
        self.is_closed = True

    def abort(self) -> None:
        self.is_closed = True

    def taken(self) -> list[str | bytes]:
        taken, self._messages = self._messages, []
        return taken


async def opened(site: Site) -> tuple[Recorder, WebSocketReceiver, Wire]:
    wire = Wire()
    socket: ServerWebSocket = wire
    receiver = await site.engine.open_websocket(REQUEST, socket)
    [packet] = wire.taken()
    assert isinstance(packet, str)
    assert packet.startswith("0{")
    return site.recorders[-1], receiver, wire


def test_a_message_is_handled_and_answered_before_receive_returns() -> None:
    async def scenario() -> None:
        recorder, receiver, wire = await opened(Site(echo=True))
        receiver.receive("4hello")
        assert recorder.log == ["4hello"]
        assert wire.taken() == ["4hello"]
        receiver.receive(b"\x01\x02")
        assert wire.taken() == [b"\x01\x02"]

    run(scenario())


def test_a_broadcast_reaches_all_whole() -> None:
    async def scenario() -> None:
        site = Site()
        ends = [await opened(site) for _ in range(3)]
        prepared = Prepared("451-[]", [b"\x00"])
        for recorder, _, _ in ends:
            recorder.socket.send_prepared(prepared)
        assert [wire.taken() for _, _, wire in ends] == [["451-[]", b"\x00"]] * 3

    run(scenario())


def test_a_violation_closes_before_receive_returns() -> None:
    async def scenario() -> None:
        recorder, receiver, wire = await opened(Site())
        receiver.receive("2")
        assert wire.is_closed
        assert recorder.ends == [("transport error", "invalid heartbeat direction")]
        receiver.receive("4late")
        receiver.closed()
        assert (recorder.log, len(recorder.ends)) == ([], 1)

    run(scenario())


def test_a_network_that_takes_nothing_ends_the_session_but_not_from_within_a_send() -> None:
    async def scenario() -> None:
        site = Site(max_buffered=10)
        recorder, _, wire = await opened(site)
        wire.buffered = 11
        recorder.socket.send("4a")
        assert recorder.ends == []
        assert not recorder.socket.is_open
        assert wire.taken() == []

    run(scenario())


def test_nothing_is_sent_after_a_close_even_by_the_handler_of_the_first_message() -> None:
    class Hasty(Recorder):
        @override
        def receive_text(self, packet: str) -> bool:
            self.socket.close()
            self.socket.send("4too late")
            return True

    async def scenario() -> None:
        engine = EngineServer(EngineOptions(), Hasty)
        wire = Wire()
        receiver = await engine.open_websocket(REQUEST, wire)
        wire.taken()
        receiver.receive("4first")
        assert wire.is_closed
        assert wire.taken() == []

    run(scenario())
