"""The Engine.IO v4 server: opens sessions, finds them, closes them."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable

from ackord.runtime.engineio import handshake
from ackord.runtime.engineio.errors import HandshakeRefusedError
from ackord.runtime.engineio.handshake import Refusal
from ackord.runtime.engineio.session import Session
from ackord.runtime.server.cors import CorsPolicy
from ackord.runtime.server.engine_options import AllowRequest, EngineOptions
from ackord.runtime.server.engine_socket import EngineSocket
from ackord.runtime.server.link import EngineHandler, HandshakeRequest
from ackord.runtime.server.timers import AlarmClock
from ackord.runtime.server.websocket_end import WebSocketEnd
from ackord.runtime.transports.base import ServerWebSocket, WebSocketReceiver

__all__ = ["AllowRequest", "EngineOptions", "EngineServer", "EngineSocket"]

_logger = logging.getLogger(__name__)

_SID_BYTES = 15
"""Random bytes of a session id: 20 characters, as the reference implementation's."""


class EngineServer:
    """The sessions of one server, whatever hosts it.

    `connect` is called for each session that opens, its open packet being written already, and returns the upper layer's end of it.
    """

    def __init__(self, options: EngineOptions, connect: Callable[[EngineSocket], EngineHandler]) -> None:
        self.options = options
        self.cors = CorsPolicy(options.cors_origins, credentials=options.cors_credentials)
        self._connect = connect
        self._limits = options.limits
        self._sockets: dict[str, EngineSocket] = {}
        self._clock = AlarmClock()
        self._closing = False

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self._sockets)

    async def open_websocket(self, request: HandshakeRequest, socket: ServerWebSocket) -> WebSocketReceiver:
        """Open a session over a WebSocket, or offer it to the polling session that the query string names.

        The socket may be written to at once; it is for the caller to accept it in the network's sense when this has returned.

        Raises:
            HandshakeRefusedError: the request opens nothing.
        """
        existing = self.find(request, method="GET", is_websocket=True)
        if existing is not None:
            if not self.options.upgrades:
                raise HandshakeRefusedError(handshake.BAD_REQUEST)
            if not existing.offer(socket):
                raise HandshakeRefusedError(handshake.TAKEN)
            return WebSocketEnd(existing, socket)
        engine_socket = await self._open(request, socket)
        return WebSocketEnd(engine_socket, socket)

    async def open_polling(self, request: HandshakeRequest) -> EngineSocket:
        """Open a session over long-polling, after `find` has found none; its first `EngineSocket.poll` has the open packet.

        Raises:
            HandshakeRefusedError: the request opens nothing.
        """
        return await self._open(request, None)

    def find(self, request: HandshakeRequest, *, method: str, is_websocket: bool) -> EngineSocket | None:
        """Return the session that a request names, or `None` for a handshake.

        Raises:
            HandshakeRefusedError: the request is neither.
        """
        _raise(
            handshake.check_request(
                request.query,
                method=method,
                is_websocket=is_websocket,
                transports=self.options.transports,
                origin=request.headers.get("origin"),
            )
        )
        if is_websocket and not self.cors.allows_websocket(request.headers):
            raise HandshakeRefusedError(handshake.FORBIDDEN)
        sid = request.query.get("sid")
        if sid is None:
            return None
        socket = self._sockets.get(sid)
        if socket is not None:
            socket.expire_if_due()
            socket = self._sockets.get(sid)
        current = None if socket is None else socket.transport
        _raise(handshake.check_session_request(request.query, is_websocket=is_websocket, current=current))
        return socket

    def open(self) -> None:
        """Open sessions again after `stop_accepting` or `close`."""
        self._closing = False

    def stop_accepting(self) -> None:
        """Open no more sessions; those that are open go on."""
        self._closing = True

    async def close(self) -> None:
        """Open no more sessions and close all with the reason "server shutting down", discarding what they have buffered."""
        self.stop_accepting()
        for socket in list(self._sockets.values()):
            socket.close(discard=True, reason="server shutting down")
        self._clock.close()
        # One turn of the loop, so that parked polls and writers have started to answer.
        await asyncio.sleep(0)

    async def _open(self, request: HandshakeRequest, websocket: ServerWebSocket | None) -> EngineSocket:
        self._check_accepting()
        _raise(await self._ask(request))
        self._check_accepting()  # a session that opens after `close` would never be closed
        _raise(handshake.check_version(request.query))
        sid = secrets.token_urlsafe(_SID_BYTES)
        session = Session(self._limits, is_websocket=websocket is not None, now=asyncio.get_running_loop().time())
        socket = EngineSocket(
            sid,
            request,
            session,
            websocket=websocket,
            clock=self._clock,
            max_payload=self.options.max_payload,
            max_buffered=self.options.max_buffered,
            forget=self._forget,
        )
        self._sockets[sid] = socket
        options = self.options
        packet = handshake.open_packet(
            sid=sid,
            upgrades=options.upgrades if websocket is None else (),
            ping_interval=options.ping_interval,
            ping_timeout=options.ping_timeout,
            max_payload=options.max_payload,
        )
        try:
            socket.start(packet, self._connect)
        except BaseException:
            self._forget(socket)
            raise
        return socket

    def _check_accepting(self) -> None:
        if self._closing:
            raise HandshakeRefusedError(handshake.SHUTTING_DOWN)

    async def _ask(self, request: HandshakeRequest) -> Refusal | None:
        """Ask the application about a handshake."""
        if self.options.allow_request is None:
            return None
        try:
            message = await self.options.allow_request(request)
        except Exception:
            _logger.exception("The allow_request hook raised; the handshake is refused")
            return handshake.FORBIDDEN
        return None if message is None else Refusal(handshake.FORBIDDEN.code, message, handshake.FORBIDDEN.status)

    def _forget(self, socket: EngineSocket) -> None:
        self._sockets.pop(socket.sid, None)


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise HandshakeRefusedError(refusal)
