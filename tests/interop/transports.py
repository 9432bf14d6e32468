"""The transports that a client can be told to use, as options of its manager."""

from __future__ import annotations

from typing import Any, Final

TRANSPORTS: Final[dict[str, dict[str, Any]]] = {
    "websocket": {"transports": ("websocket",)},
    "polling": {"transports": ("polling",)},
    "upgrade": {"transports": ("polling", "websocket")},
}
