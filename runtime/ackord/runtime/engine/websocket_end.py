"""The engine's end of a WebSocket: it passes messages from the transport to the session.

A session over long-polling takes a WebSocket for an upgrade by `offer_websocket`. The session goes
on over long-polling until the client sends UPGRADE on that WebSocket; the rules are in
`ackord.runtime.protocol.engineio.session`.
"""

from __future__ import annotations

from ackord.runtime.bounds.memory import Part
from ackord.runtime.engine.link import EngineRequest
from ackord.runtime.engine.session import EngineSession, wants_base64
from ackord.runtime.engine.violations import warn_of_size, warn_of_violation
from ackord.runtime.engine.websocket import CloseCode, ServerWebSocket, WebSocketReceiver
from ackord.runtime.protocol.engineio.packet import MESSAGE, Packet, utf8_length
from typing_extensions import override


class WebSocketEnd(WebSocketReceiver):
    """The receiver of one WebSocket; short messages go straight to the handler, all others through
    the machine.
    """

    __slots__ = ("_handler", "_session", "_websocket")

    def __init__(self, session: EngineSession, websocket: ServerWebSocket) -> None:
        self._session = session
        self._websocket = websocket
        self._handler = session.handler

    @override
    def receive(self, message: str | bytes) -> bool:
        session = self._session
        try:
            if len(message) <= session.unchecked_length and session.websocket is self._websocket:
                if isinstance(message, bytes):
                    return self._handler.receive_binary(message)
                if message[:1] == MESSAGE:
                    return self._handler.receive_text(message)
            _receive(session, self._websocket, message)
        except BaseException as exc:  # noqa: BLE001 - nothing of one client may reach another
            session.blame_handler(exc)
        return not self._handler.congested

    @override
    def oversized(self, size: int | None) -> None:
        session = self._session
        warn_of_size(session.log, session.request, size, session.max_payload)

    @override
    def hold(self, part: Part, size: int) -> None:
        self._session.hold(part, size)

    @override
    def closed(self, description: str | None = None, *, is_violation: bool = False) -> None:
        session = self._session
        if is_violation:
            warn_of_violation(session.log, session.request, description)
        if session.account is not None:
            session.account.hold(Part.UNFINISHED, 0)
        if self._websocket is session.websocket:
            session.machine.websocket_closed(description, is_violation=is_violation)
        elif self._websocket is session.probe:
            session.probe = None
            session.machine.probe_closed()
        session.run()

    @override
    async def ready(self) -> None:
        await self._handler.ready()


def offer_websocket(
    session: EngineSession, websocket: ServerWebSocket, request: EngineRequest
) -> bool:
    """Take a WebSocket for an upgrade, opened by `request`; false if it must be refused."""
    accepted = session.machine.offer_websocket(session.loop.time())
    if accepted:
        session.probe = websocket
        session.probe_wants_base64 = wants_base64(request)
        session.run()
    return accepted


def _receive(session: EngineSession, websocket: ServerWebSocket, message: Packet) -> None:
    """Take a message that must go through the session's machine."""
    size = len(message) if isinstance(message, bytes) else utf8_length(message)
    now = session.loop.time()
    if websocket is session.websocket:
        if size > session.max_payload:
            warn_of_size(session.log, session.request, size, session.max_payload)
            session.machine.close_with_error("message too big", code=CloseCode.MESSAGE_TOO_BIG)
        else:
            session.machine.receive(message, now)
    elif websocket is session.probe:
        session.machine.receive_probe(message, now)
    session.run()
