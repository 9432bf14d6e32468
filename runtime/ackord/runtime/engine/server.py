"""The Engine.IO v4 server: it opens, finds and closes sessions."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ackord.runtime.asgi_types import Header
from ackord.runtime.bounds.memory import MemoryBudget, budget_of
from ackord.runtime.engine.capacity import Capacity
from ackord.runtime.engine.cors import CorsPolicy
from ackord.runtime.engine.handshake_hooks import (
    SID_BYTES,
    check_allowed,
    make_sid,
    tag_ids,
)
from ackord.runtime.engine.hooks import EngineHooks
from ackord.runtime.engine.hosts import AllowedHosts
from ackord.runtime.engine.link import EngineHandler, EngineRequest, EngineSocket
from ackord.runtime.engine.logged import LoggedSession
from ackord.runtime.engine.options import EngineOptions
from ackord.runtime.engine.server_loop import ServerLoop
from ackord.runtime.engine.session import EngineSession
from ackord.runtime.engine.timers import AlarmClock
from ackord.runtime.engine.websocket import ServerWebSocket, WebSocketReceiver
from ackord.runtime.engine.websocket_end import WebSocketEnd, offer_websocket
from ackord.runtime.logs.packets import LOGGER
from ackord.runtime.protocol.engineio import handshake
from ackord.runtime.protocol.engineio.errors import HandshakeRefusedError
from ackord.runtime.protocol.engineio.handshake import Refusal
from ackord.runtime.protocol.engineio.open_packet import encode_open_packet
from ackord.runtime.protocol.engineio.packet import MESSAGE, Packet
from ackord.runtime.protocol.engineio.session import Session

SHUTTING_DOWN: Final = "server shutting down"
"""The disconnect reason when the server closes."""

DRAIN_INTERVAL: Final = 0.01
"""Seconds between two checks whether the clients have fetched everything."""


class EngineServer(EngineHooks):
    """The sessions of one server, independent of its host.

    `connect` is called for each new session, after its open packet was written, and returns the
    upper layer's `EngineHandler`. `discarded` is called when an event loop has ended, after the
    sessions of that loop were discarded.
    """

    def __init__(
        self,
        options: EngineOptions,
        connect: Callable[[EngineSocket], EngineHandler],
        discarded: Callable[[], None] | None = None,
    ) -> None:
        self._hosts = AllowedHosts(options.allowed_hosts)
        super().__init__(shows_all=not self._hosts.is_open)
        self.options = options
        self.cors = CorsPolicy(options)
        self._connect = connect
        self._discarded = discarded
        self.server_loop = ServerLoop(self._discard)
        """The event loop that the server works in."""
        self._limits = options.limits
        self._sessions: dict[str, EngineSession] = {}
        self._capacity = Capacity(
            max_half_open=options.max_half_open, max_connections=options.connections, log=self.log
        )
        self._clock = AlarmClock()
        self._memory: MemoryBudget | None = None
        self._closing = False
        self.was_opened = False
        """Whether a host or a lifespan has ever started the server."""

    @property
    def sessions(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    @property
    def half_open(self) -> int:
        """How many sessions belong to clients that have sent no message yet."""
        return len(self._capacity.half_open)

    @property
    def memory(self) -> MemoryBudget:
        """The memory budget of the clients in the running event loop."""
        if self._memory is None:
            limit = self.options.memory_budget
            self._memory = (
                budget_of(asyncio.get_running_loop()) if limit is None else MemoryBudget(limit)
            )
        return self._memory

    async def open_websocket(
        self, request: EngineRequest, websocket: ServerWebSocket
    ) -> WebSocketReceiver:
        """Open a session over a WebSocket, or offer it to the polling session that the query string
        names.

        The engine may write to `websocket` at once. The caller accepts the WebSocket on the network
        when this has returned.

        Raises:
            HandshakeRefusedError: the request is refused.
        """
        self.server_loop.enter()
        try:
            self._check_host(request)
            await self.run_middlewares(request)
            session = self._find(request, is_websocket=True)
            if session is None:
                session = await self._open(request, websocket)
                websocket = session.websocket or websocket
            else:
                if session.is_logged:
                    websocket = session.watch_websocket(websocket)
                self._offer(session, websocket, request)
            end = WebSocketEnd(session, websocket)
            return session.watch_receiver(end) if session.is_logged else end
        except HandshakeRefusedError as exc:
            self.report(request, exc.refusal)
            raise

    async def open_polling(self, request: EngineRequest) -> EngineSession:
        """Return the session that a request of long-polling names, or open a session; the answer to
        its first GET has the open packet.

        Raises:
            HandshakeRefusedError: the request is refused.
        """
        self.server_loop.enter()
        try:
            self._check_host(request)
            await self.run_middlewares(request)
            return self._find(request, is_websocket=False) or await self._open(request, None)
        except HandshakeRefusedError as exc:
            self.report(request, exc.refusal)
            raise

    def find_polling(self, query: Mapping[str, str], origin: str | None) -> EngineSession | None:
        """Return the open session that an ordinary request of long-polling names, or `None` if
        `open_polling` must be called.

        That is the case for a handshake, for a request that must be refused, and if middlewares,
        listeners or `allowed_hosts` must see each request.
        """
        session = self._sessions.get(query.get("sid", ""))
        if (
            session is None
            or session.websocket is not None
            or query.get("transport") != handshake.POLLING
            or query.get("EIO") != handshake.PROTOCOL
            or self.has_observers
            or session.loop.is_closed()
        ):
            return None
        # Of all other checks, only that of the origin is left.
        if origin is not None and (
            handshake.check_request(
                query,
                method="GET",
                is_websocket=False,
                transports=self.options.transports,
                origin=origin,
            )
            is not None
        ):
            return None
        session.expire_if_due()
        return session if session.sid in self._sessions else None

    def response_headers(
        self, request: EngineRequest, session: EngineSession | None = None
    ) -> list[Header]:
        """Return the headers of the answer to a request, without those of the transport; `session`
        is the session of a request of long-polling.
        """
        is_initial = not request.query.get("sid")
        cookie = self.options.cookie
        headers = self.headers(request, is_initial=is_initial)
        if is_initial and cookie is not None and session is not None:
            headers.insert(0, (b"set-cookie", cookie.header(session.sid).encode("latin-1")))
        return headers

    def become_worker(self, number: int) -> None:
        """Make session ids from now on that tell other workers of this server which one has made
        them.
        """
        generate = tag_ids(self.options.generate_id, number)
        self.options = replace(self.options, generate_id=generate)

    def open(self) -> None:
        """Accept new sessions, also again after `stop_accepting` or `close`."""
        self._closing = False
        self.was_opened = True

    def stop_accepting(self) -> None:
        """Accept no new sessions; open sessions go on."""
        self._closing = True

    async def drain(self, timeout: float) -> None:  # noqa: ASYNC109 - one bound for the many waits
        """Accept no new sessions, and close all with the reason "server shutting down" after their
        buffered packets.

        Parked polls are answered at once; packets that clients haven't fetched after `timeout`
        seconds are discarded.
        """
        self.stop_accepting()
        sessions = list(self._sessions.values())
        for session in sessions:
            session.close(reason=SHUTTING_DOWN)
        websockets = [each.websocket for each in sessions if each.websocket is not None]
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        # A WebSocket doesn't tell when it has written everything, so its buffer is checked again
        # after a while.
        while (  # noqa: ASYNC110  # sessions and WebSockets end in many places
            self._sessions or any(websocket.buffered for websocket in websockets)
        ) and loop.time() < deadline:
            await asyncio.sleep(DRAIN_INTERVAL)
        await self.close()

    async def close(self) -> None:
        """Accept no new sessions, and close all with the reason "server shutting down"; buffered
        packets are discarded.
        """
        self.stop_accepting()
        for session in list(self._sessions.values()):
            session.close(discard=True, reason=SHUTTING_DOWN)
        self._clock.close()
        self.log.close()
        # One turn of the loop, so that the answers to parked polls have begun.
        await asyncio.sleep(0)

    def _discard(self) -> None:
        """Forget the sessions of an event loop that has ended: nothing can be sent or run there any
        more.
        """
        for session in self._sessions.values():
            session.discard()
        self._sessions.clear()
        self._capacity.clear()
        self._memory = None
        self._clock.close()
        self._closing = False
        if self._discarded is not None:
            self._discarded()

    def _check_host(self, request: EngineRequest) -> None:
        if self._hosts.is_open:
            return
        # Proxies append to X-Forwarded-Host: the values before the last one may be invented by the
        # client.
        forwarded = request.headers.get("x-forwarded-host", "")
        hosts = (
            forwarded.split(",")
            if forwarded.partition(",")[0].strip() == request.host
            else [request.host]
        )
        if not all(map(self._hosts.allows, hosts)):
            raise HandshakeRefusedError(
                handshake.BAD_REQUEST.because(name="HOST_NOT_ALLOWED", host=request.host)
            )

    def _find(self, request: EngineRequest, *, is_websocket: bool) -> EngineSession | None:
        """Return the session that a request names, `None` for a handshake.

        Raises:
            HandshakeRefusedError: the request is refused.
        """
        _raise(
            handshake.check_request(
                request.query,
                method=request.method,
                is_websocket=is_websocket,
                transports=self.options.transports,
                origin=request.headers.get("origin"),
            )
        )
        if is_websocket and not self.cors.allows_websocket(
            request.headers, request.host or request.headers.get("host", "")
        ):
            raise HandshakeRefusedError(
                handshake.FORBIDDEN.because(
                    name="ORIGIN_NOT_ALLOWED", origin=request.headers["origin"]
                )
            )
        sid = request.query.get("sid")
        if not sid:
            return None
        session = self._sessions.get(sid)
        if session is not None:
            session.expire_if_due()
            session = self._sessions.get(sid)
        current = None if session is None else session.transport
        _raise(
            handshake.check_session_request(
                request.query, is_websocket=is_websocket, current=current
            )
        )
        return session

    def _offer(
        self, session: EngineSession, websocket: ServerWebSocket, request: EngineRequest
    ) -> None:
        if not self.options.upgrades:
            raise HandshakeRefusedError(handshake.BAD_REQUEST.because(name="UPGRADES_NOT_ALLOWED"))
        if not offer_websocket(session, websocket, request):
            raise HandshakeRefusedError(handshake.TAKEN.because(name="ALREADY_UPGRADING"))

    async def _open(
        self, request: EngineRequest, websocket: ServerWebSocket | None
    ) -> EngineSession:
        self._check_accepting()
        self._capacity.check(request)
        options = self.options
        if options.allow_request is not None:
            await check_allowed(options.allow_request, request, self.log)
        _raise(handshake.check_version(request.query))
        if options.generate_id is None:
            sid = secrets.token_urlsafe(SID_BYTES)
        else:
            sid = await make_sid(options.generate_id, request, self._sessions, self.log)
        self._check_accepting()  # a session that opens after `close` would never be closed
        self._capacity.make_room(request)
        machine = Session(
            self._limits, is_websocket=websocket is not None, now=asyncio.get_running_loop().time()
        )
        kind = LoggedSession if LOGGER.isEnabledFor(logging.DEBUG) else EngineSession
        session = kind(
            sid,
            request.kept(),
            machine,
            websocket=websocket,
            clock=self._clock,
            max_payload=options.max_payload,
            max_buffered=options.max_buffered,
            budget=self.memory,
            on_first_message=self._capacity.half_open.remove,
            on_closed=self._session_closed,
            log=self.log,
        )
        self._sessions[sid] = session
        self._capacity.add(session)
        packets: list[Packet] = [
            encode_open_packet(
                sid=sid,
                upgrades=options.upgrades if websocket is None else (),
                ping_interval=options.ping_interval,
                ping_timeout=options.ping_timeout,
                max_payload=options.max_payload,
            )
        ]
        initial = options.initial_packet
        if initial is not None:
            packets.append(MESSAGE + initial if isinstance(initial, str) else initial)
        try:
            session.start(packets, self._connect)
        except BaseException:
            self._session_closed(session)
            raise
        return session

    def _check_accepting(self) -> None:
        if self._closing:
            raise HandshakeRefusedError(handshake.CLOSED_FOR_SHUTDOWN)

    def _session_closed(self, session: EngineSession) -> None:
        if self._sessions.pop(session.sid, None) is not None:
            self._capacity.remove(session)


def _raise(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise HandshakeRefusedError(refusal)
