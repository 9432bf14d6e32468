"""Settings of the ASGI server, as far as an application can see them."""

from __future__ import annotations

from typing import Any, Final

from ackord.runtime.asgi_types import Receive

INFLATES_AHEAD: Final = (
    "uvicorn compresses WebSocket messages (its default), and inflates all frames of one read "
    "before the first is handled: 250 KB of a client become "
    "180 MB. Start it with --ws-per-message-deflate false, or use Server.run, or "
    "`ackord.runtime.hosting.configure`; see docs/hosting.md."
)


def inflates_ahead(receive: Receive) -> bool:
    """Whether the `receive` of a lifespan belongs to a uvicorn that inflates WebSocket messages
    without `GuardedWebSocket`, which bounds them.
    """
    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    if not getattr(config, "ws_per_message_deflate", False):
        return False
    protocol = getattr(config, "ws_protocol_class", None)
    return protocol is not None and not protocol.__module__.startswith("ackord.runtime.")
