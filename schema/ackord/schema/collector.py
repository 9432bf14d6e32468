"""Pausing Python's garbage collector while many objects are made that stay."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Generator[None]:
    """Keep the garbage collector from running.

    A tree of a hundred thousand nodes makes the collector look at all of them again and again, and
    none can be freed: that takes as long as the work itself.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():  # else the application has frozen objects of its own
            # All objects become old at once: otherwise the collector looks at the new ones now.
            gc.freeze()
            gc.unfreeze()
        gc.enable()
