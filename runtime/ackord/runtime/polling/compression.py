"""Compression of polling responses (RFC 9110, 8.4)."""

from __future__ import annotations

import asyncio
import re
import zlib
from typing import Final, Literal, TypeAlias

Coding: TypeAlias = Literal["gzip", "deflate"]

_WINDOW: Final[dict[Coding, int]] = {"gzip": 31, "deflate": 15}
"""zlib's `wbits`: a window of 32 KB, and the header of the coding."""

_WEIGHT: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
"""RFC 9110, 12.4.2: `float` would take digits of other scripts, underscores and exponents as well.
"""

SLICE: Final = 65_536
"""Bytes that are compressed in one turn of the event loop: about two milliseconds."""


def choose_coding(accept_encoding: str | None) -> Coding | None:
    """Return the coding that an ``Accept-Encoding`` header prefers, gzip before deflate; `None` for
    neither.
    """
    if not accept_encoding:
        return None
    weights: dict[str, float] = {}
    for item in accept_encoding.lower().split(","):
        name, _, parameters = item.partition(";")
        weights.setdefault(name.strip(" \t"), _weight(parameters))
    other = weights.get("*", 0.0)
    gzip, deflate = weights.get("gzip", other), weights.get("deflate", other)
    if gzip <= 0 and deflate <= 0:
        return None
    return "gzip" if gzip >= deflate else "deflate"


async def compress(body: bytes, coding: Coding) -> bytes:
    """Compress a body in slices; the event loop goes on between them."""
    compressor = zlib.compressobj(wbits=_WINDOW[coding])
    parts: list[bytes] = []
    for start in range(0, len(body), SLICE):
        if start:
            await asyncio.sleep(0)
        parts.append(compressor.compress(body[start : start + SLICE]))
    parts.append(compressor.flush())
    return b"".join(parts)


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip(" \t") != "q":
        return 1.0
    return float(value) if _WEIGHT.fullmatch(value.strip(" \t")) else 0.0
