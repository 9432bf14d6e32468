"""A session whose packets are written to the log, on both transports and both ways of hosting."""

from __future__ import annotations

from typing import Any, ClassVar

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.socket import EngineSocket
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.logs.packets import PacketLog
from ackord.runtime.logs.text import masked_url, quoted, shortened
from ackord.runtime.protocol.engineio.actions import Action, AnswerPoll, End
from ackord.runtime.protocol.engineio.packet import SEPARATOR
from ackord.runtime.protocol.engineio.prepared import Prepared
from typing_extensions import override


class LoggedSocket(EngineSocket):
    """An `EngineSocket` that writes what goes over long-polling, and gives its WebSockets what
    writes theirs.
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
    def receive_payload(self, body: bytes) -> Any:
        for packet in body.decode("utf-8", "replace").split(SEPARATOR):
            self._packets.received(packet)
        return super().receive_payload(body)

    @override
    def _perform(self, action: Action) -> None:
        if isinstance(action, AnswerPoll):
            for packet in action.payload.split(SEPARATOR):
                self._packets.sent(packet)
        elif isinstance(action, End):
            self._packets.note(
                f"has ended: {action.reason}"
                + (f", {quoted(action.description)}" if action.description else "")
            )
        super()._perform(action)


class LoggedWebSocket:
    """A `ServerWebSocket` that writes what is sent."""

    __slots__ = ("_packets", "_websocket")

    def __init__(self, websocket: ServerWebSocket, packets: PacketLog) -> None:
        self._websocket = websocket
        self._packets = packets

    @property
    def buffered(self) -> int:
        """See `ServerWebSocket.buffered`."""
        return self._websocket.buffered

    @property
    def paused(self) -> bool:
        """See `ServerWebSocket.paused`."""
        return self._websocket.paused

    def send(self, message: str | bytes) -> None:
        """See `ServerWebSocket.send`."""
        self._packets.sent(message)
        self._websocket.send(message)

    def send_prepared(self, prepared: Prepared) -> None:
        """See `ServerWebSocket.send_prepared`."""
        self._packets.sent_prepared(prepared)
        self._websocket.send_prepared(prepared)

    def close(self, code: int | None = None) -> None:
        """See `ServerWebSocket.close`."""
        self._websocket.close(code)

    def abort(self) -> None:
        """See `ServerWebSocket.abort`."""
        self._websocket.abort()


class LoggedReceiver:
    """A `WebSocketReceiver` that writes what is received."""

    __slots__ = ("_packets", "_receiver")

    def __init__(self, receiver: WebSocketReceiver, packets: PacketLog) -> None:
        self._receiver = receiver
        self._packets = packets

    def receive(self, message: str | bytes) -> bool:
        """See `WebSocketReceiver.receive`."""
        self._packets.received(message)
        return self._receiver.receive(message)

    def oversized(self, size: int | None) -> None:
        """See `WebSocketReceiver.oversized`."""
        self._receiver.oversized(size)

    def hold(self, part: Part, size: int) -> None:
        """See `WebSocketReceiver.hold`."""
        self._receiver.hold(part, size)

    def lost(self, description: str | None = None, *, is_violation: bool = False) -> None:
        """See `WebSocketReceiver.lost`."""
        self._receiver.lost(description, is_violation=is_violation)

    async def ready(self) -> None:
        """See `WebSocketReceiver.ready`."""
        await self._receiver.ready()
