"""The tag of a worker in its session ids: ``.`` and the worker's number.

With several workers, each session belongs to one of them. A worker that gets a request of another
worker's session finds the owner by the tag. The rest of a session id is as secret as without a tag.
"""

from __future__ import annotations

import re
from typing import Final

MAX_WORKERS: Final = 1000
"""Workers of one server, so that a tag has four characters at most."""

_TAGGED: Final = re.compile(r"[A-Za-z0-9_.~-]{1,256}\.(0|[1-9][0-9]{0,2})")


def tag_of(worker: int) -> str:
    """Return the end of the session ids of a worker, which are numbered from 0."""
    return f".{worker}"


def worker_of(sid: str) -> int | None:
    """Return the number of the worker that has made a session id, `None` without a tag."""
    match = _TAGGED.fullmatch(sid)
    return None if match is None else int(match[1])
