"""The fast lane on uvicorn: WebSockets whose handshake is ASGI's, and whose frames go straight
between the transport and the engine.

As with frames, the common handshake is answered by us, and everything else is left to uvicorn and
the `websockets` library.
"""

from __future__ import annotations

from ackord.runtime.hosting.uvicorn.guard import GuardedHttp
from ackord.runtime.hosting.uvicorn.opening import Opening, key_of
from ackord.runtime.hosting.uvicorn.upgrade import Handshake, Site
from typing_extensions import override


class FastHttp(GuardedHttp):
    """uvicorn's HTTP/1.1, guarded, with WebSockets on the fast lane where the application takes
    it.
    """

    @override
    def _upgrade(self, early: bytes) -> None:
        site = Site(self.config, self.server_state, self.app_state, self.loop)
        key = (
            key_of(self.headers, is_compressing=site.config.ws_per_message_deflate)
            if site.has_common_websockets
            else None
        )
        is_common = (
            self.scope["method"] == "GET"
            and self.scope["http_version"] == "1.1"
            and self.url[:1] == b"/"
            and self.url.isascii()
        )
        if key is None or not is_common:
            super()._upgrade(early)
            return
        self.connections.discard(self)
        Handshake(site, self.transport, Opening(self.url, self.headers, key), early).start()
        # It holds this object, and this object it.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does itself when a connection is lost
