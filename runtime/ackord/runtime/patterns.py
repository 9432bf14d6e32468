"""Regular expressions of the application for text that comes from clients."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def as_ascii(pattern: re.Pattern[str]) -> re.Pattern[str]:
    r"""Return a pattern with ASCII's meaning of ``\d``, ``\w``, ``\s``, ``\b`` and of upper and
    lower case, as in JavaScript.

    By default Python's ``\d`` also matches the digits of other scripts, and its `re.IGNORECASE`
    takes a long s for an ``s``. A pattern that asks for Unicode by an inline ``(?u)`` stays as it
    is.
    """
    try:
        return re.compile(pattern.pattern, pattern.flags & ~re.UNICODE | re.ASCII)
    except ValueError:  # "ASCII and UNICODE flags are incompatible"
        return pattern
