"""What one HTTP connection on uvicorn may cost beside the bodies of its requests."""

from __future__ import annotations

from typing import Final

MAX_HEAD: Final = 65_536
"""Bytes of one request that aren't its body: request line, headers, trailers, and the frames of
chunks beyond what real clients need.
"""
HEAD_TIMEOUT: Final = 30.0
"""Seconds from the connection, or from the first byte of a later request, to the end of its
headers.
"""
MAX_AHEAD: Final = 64
"""Requests of one connection that wait for the answer to an earlier one: each takes 5 KB and as
long as several events, and one read brings thousands.
"""
MAX_PIPELINED_BYTES: Final = 65_536
"""Bytes of these that are read beside the read that brought the first of them."""
