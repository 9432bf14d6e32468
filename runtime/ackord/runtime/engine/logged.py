"""Sessions whose packets are written to the log, on both transports and both ways of hosting."""

from __future__ import annotations

from typing import Any, ClassVar

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.logs.packets import PacketLog
from ackord.runtime.logs.text import masked_url, quoted, shortened
from ackord.runtime.protocol.engineio.actions import Action, AnswerPoll, End
from ackord.runtime.protocol.engineio.packet import SEPARATOR
from ackord.runtime.protocol.engineio.prepared import Prepared
from typing_extensions import override


class LoggedSession(EngineSession):
    """An `EngineSession` that logs packets over long-polling, and wraps its WebSockets to log
    theirs.
    """

    __slots__ = ("_packets",)

    is_logged: ClassVar[bool] = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._packets = PacketLog(
            f"Session {shortened(self.sid)} of {quoted(self.request.address)}", is_server=True
        )
        self._packets.note(f"is opened by {masked_url(self.request.url)}")
        given: ServerWebSocket | None = options["websocket"]
        self.websocket = None if given is None else LoggedWebSocket(given, self._packets)

    @override
    def watch_websocket(self, websocket: ServerWebSocket) -> ServerWebSocket:
        return LoggedWebSocket(websocket, self._packets)

    @override
    def watch_receiver(self, receiver: WebSocketReceiver) -> WebSocketReceiver:
        return LoggedReceiver(receiver, self._packets)

    @override
    def watch_payload(self, body: bytes) -> None:
        for packet in body.decode("utf-8", "replace").split(SEPARATOR):
            self._packets.received(packet)

    @override
    def perform(self, action: Action) -> None:
        if isinstance(action, AnswerPoll):
            for packet in action.payload.split(SEPARATOR):
                self._packets.sent(packet)
        elif isinstance(action, End):
            self._packets.note(
                f"has ended: {action.reason}"
                + (f", {quoted(action.description)}" if action.description else "")
            )
        super().perform(action)


class LoggedWebSocket(ServerWebSocket):
    """A `ServerWebSocket` that logs the messages that are sent."""

    __slots__ = ("_packets", "_websocket")

    def __init__(self, websocket: ServerWebSocket, packets: PacketLog) -> None:
        self._websocket = websocket
        self._packets = packets

    @property
    @override
    def buffered(self) -> int:
        return self._websocket.buffered

    @property
    @override
    def paused(self) -> bool:
        return self._websocket.paused

    @override
    def send(self, message: str | bytes) -> None:
        self._packets.sent(message)
        self._websocket.send(message)

    @override
    def send_prepared(self, prepared: Prepared) -> None:
        self._packets.sent_prepared(prepared)
        self._websocket.send_prepared(prepared)

    @override
    def close(self, code: int | None = None) -> None:
        self._websocket.close(code)

    @override
    def abort(self) -> None:
        self._websocket.abort()


class LoggedReceiver(WebSocketReceiver):
    """A `WebSocketReceiver` that logs the messages that are received."""

    __slots__ = ("_packets", "_receiver")

    def __init__(self, receiver: WebSocketReceiver, packets: PacketLog) -> None:
        self._receiver = receiver
        self._packets = packets

    @override
    def receive(self, message: str | bytes) -> bool:
        self._packets.received(message)
        return self._receiver.receive(message)

    @override
    def oversized(self, size: int | None) -> None:
        self._receiver.oversized(size)

    @override
    def hold(self, part: Part, size: int) -> None:
        self._receiver.hold(part, size)

    @override
    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        self._receiver.closed(description, is_violation=is_violation)

    @override
    async def ready(self) -> None:
        await self._receiver.ready()
