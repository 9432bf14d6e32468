"""The functions in C of the extra `speedups`, if it is installed. The modules that use a function
have it in Python as well, with the docstring.

``ACKORD_SPEEDUPS=0`` in the environment leaves them out.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from types import ModuleType
from typing import Final

_API: Final = 2
"""The version of the functions' parameters and results that these modules expect."""


def _find() -> ModuleType | None:
    if os.environ.get("ACKORD_SPEEDUPS") == "0":
        return None
    try:
        import ackord_speedups  # noqa: PLC0415  # only where it is wanted
    except ImportError:
        return None
    return ackord_speedups if getattr(ackord_speedups, "API", None) == _API else None


_helpers: Final = _find()

ENABLED: Final = _helpers is not None
"""Whether the functions in C are used."""

take_text: Final[Callable[[bytes | bytearray, int], str | None] | None] = getattr(
    _helpers, "take_text", None
)
"""See `ackord.runtime.websocket.framing.take_text`."""

take_texts: Final[Callable[[bytes | bytearray, int, int, int], tuple[list[str], int]] | None] = (
    getattr(_helpers, "take_texts", None)
)
"""See `ackord.runtime.websocket.framing.take_texts`."""

split_event: Final[Callable[[str], tuple[str, int | None, str, str] | None] | None] = getattr(
    _helpers, "split_event", None
)
"""See `ackord.runtime.protocol.socketio.packet.split_event`."""

find_exponent: Final[Callable[[str], object] | None] = getattr(_helpers, "find_exponent", None)
"""See `ackord.runtime.sockets.payloads`."""
