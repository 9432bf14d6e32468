"""What one WebSocket may cost before and beside its messages, whichever way it is hosted."""

from __future__ import annotations

from typing import Final

STALL_TIMEOUT: Final = 20.0
"""Seconds in which a client that is written to must take at least something."""
PROGRESS_TIMEOUT: Final = 30.0
"""Seconds in which something must come of a message that has begun, frame or fragments."""
CLOSE_TIMEOUT: Final = 10.0
"""Seconds that what was written before the end of a WebSocket has to go out, and that a peer has to
answer a close frame.
"""
MAX_FRAGMENTS: Final = 16_384
"""Fragments of one message, as in the `ws` package since 8.23: the size of a message doesn't bound
empty ones.
"""
FRAMES_PER_TURN: Final = 256
"""Frames of one read after which other connections have their turn."""
BYTES_PER_TURN: Final = 131_072
"""Bytes of one read after which they have, too: uvloop reads up to 32 times from one connection,
256 KB each, before it looks at another.
"""
