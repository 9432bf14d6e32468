"""Pausing Python's garbage collector while many objects are made that stay."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Generator[None]:
    """Keep the garbage collector from running.

    pydantic makes hundreds of thousands of objects for a large contract. The collector would look
    at all of them again and again, and could free few: that takes a tenth of the whole time.
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
