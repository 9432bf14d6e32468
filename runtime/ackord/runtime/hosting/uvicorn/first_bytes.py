"""What a connection meets first on uvicorn: whether it opens a WebSocket, or is for HTTP."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

from ackord.runtime.hosting.uvicorn import guard
from ackord.runtime.hosting.uvicorn.guard import GuardedHttp
from ackord.runtime.hosting.uvicorn.opening import read_opening
from ackord.runtime.hosting.uvicorn.upgrade import Handshake, Site
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.server import ServerState

_SOON: Final = 0.1
"""Seconds that waiting connections may be dropped late, so that one timer does for many."""


class Doors:
    """Makes an `Entrance` for each connection of a server: what uvicorn calls as its `http=`
    class.
    """

    def __init__(self, http: type[GuardedHttp]) -> None:
        self._http = http
        self._site: Site | None = None
        self._waiting: dict[Entrance, float] = {}  # and since when, the oldest first
        self._timer: asyncio.TimerHandle | None = None

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> Entrance:
        """Make the protocol of a new connection."""
        site = self._site
        if site is None or site.server_state is not server_state or site.app_state is not app_state:
            site = self._site = Site(
                config, server_state, app_state, _loop or asyncio.get_running_loop()
            )
            self._waiting.clear()
            self._timer = None
        return Entrance(self, site)

    def make_http(self, site: Site) -> GuardedHttp:
        """Make what serves a connection that doesn't begin with a WebSocket."""
        return self._http(
            config=site.config,
            server_state=site.server_state,
            app_state=site.app_state,
            _loop=site.loop,
        )

    def await_head(self, entrance: Entrance, site: Site) -> None:
        """Drop a connection if nothing comes for too long."""
        loop = site.loop
        site.waiting.add(entrance.transport)
        self._waiting[entrance] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(guard.HEAD_TIMEOUT, self._look, loop)

    def forget(self, entrance: Entrance) -> None:
        """Wait no longer."""
        self._waiting.pop(entrance, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        now = loop.time()
        for entrance, since in list(self._waiting.items()):
            left = since + guard.HEAD_TIMEOUT - now
            if left > _SOON:
                self._timer = loop.call_later(left, self._look, loop)
                return
            del self._waiting[entrance]
            entrance.transport.abort()


class Entrance(asyncio.Protocol):
    """A connection until its first bytes: a whole and common opening handshake is taken here, with
    what follows it; everything else is left to uvicorn's HTTP.
    """

    __slots__ = ("_doors", "_site", "transport")

    transport: asyncio.Transport

    def __init__(self, doors: Doors, site: Site) -> None:
        self._doors = doors
        self._site = site

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass
        self._site.registry.add(self)
        self._doors.await_head(self, self._site)

    @override
    def data_received(self, data: bytes) -> None:
        site = self._site
        self._leave()
        opening = None
        if site.has_common_websockets:
            opening = read_opening(data, is_compressing=site.config.ws_per_message_deflate)
        if opening is not None:
            site.waiting.remove(self.transport)
            Handshake(site, self.transport, *opening).start()
            return
        http = self._doors.make_http(site)
        http.connection_made(self.transport)
        self.transport.set_protocol(http)
        http.data_received(data)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        self._site.waiting.remove(self.transport)

    def shutdown(self) -> None:
        """Close because the server stops; called by uvicorn."""
        self.transport.close()

    def _leave(self) -> None:
        self._site.registry.discard(self)
        self._doors.forget(self)
