"""The masks of clients' WebSocket frames (RFC 6455, 5.3), applied in C where the `websockets`
library was built with it.
"""

from __future__ import annotations

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

__all__ = ["apply_mask"]
