"""What ackord's runtime does for every message, in C; `ackord.runtime.compiled` uses it where it is
installed.

It is no interface for applications: the functions follow the runtime, and `API` tells which of its
versions they follow.
"""

from ackord_speedups._speedups import API, find_exponent, split_event, take_text, take_texts

__all__ = ["API", "find_exponent", "split_event", "take_text", "take_texts"]
