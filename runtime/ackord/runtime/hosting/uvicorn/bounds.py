"""Bounds of one HTTP connection on uvicorn, beside the bodies of its requests."""

from __future__ import annotations

from typing import Final

MAX_HEAD: Final = 65_536
"""Bytes of one request beside its body: request line, headers, trailers, and more framing of chunks
than real clients need.
"""
HEAD_TIMEOUT: Final = 30.0
"""Seconds from the connection, or from the first byte of a later request, to the end of its
headers.
"""
MAX_AHEAD: Final = 64
"""Requests of one connection that wait for the answer to an earlier one. Each takes 5 KB and the
time of several events, and one read may bring thousands.
"""
MAX_PIPELINED_BYTES: Final = 65_536
"""Bytes that are read behind such requests, after the read that brought the first of them."""
