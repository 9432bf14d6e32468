"""How many files a process may open: each of ten thousand connections is one, in the server and in
the load generator.
"""

from __future__ import annotations

import resource
from typing import Final

NEEDED: Final = 10_300


def allow_many() -> bool:
    """Let processes that start from now on open as many files as this user may; return whether
    these are enough.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = NEEDED if hard == resource.RLIM_INFINITY else min(NEEDED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted >= NEEDED
