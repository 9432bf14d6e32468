"""WebSockets that go past ASGI."""

from __future__ import annotations

from ackord.runtime.hosting.uvicorn.guard import GuardedHttp
from ackord.runtime.hosting.uvicorn.upgrade import ServerContext, Upgrade
from ackord.runtime.hosting.uvicorn.upgrade_request import UpgradeRequest, websocket_key
from typing_extensions import override


class FastHttp(GuardedHttp):
    """uvicorn's HTTP/1.1, guarded, with WebSockets that go past ASGI where the application has them do so."""

    @override
    def _upgrade(self, early: bytes) -> None:
        context = ServerContext(self.config, self.server_state, self.app_state, self.loop)
        key = (
            websocket_key(self.headers, is_compressing=context.config.ws_per_message_deflate)
            if context.has_common_websockets
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
        Upgrade(context, self.transport, UpgradeRequest(self.url, self.headers, key), early).start()
        # It holds this object, and this object it.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does itself when a connection is lost
