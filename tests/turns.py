"""Turns on the machine, for the workers of pytest-xdist: a test that is marked `alone` runs
while no other test does.

What takes turns are two locks on files. Each test holds the lock of the machine, shared with others
or, if the test must be alone, for itself. A test that waits for the machine holds the lock of the
queue meanwhile, so that no new test keeps a test waiting that must be alone.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(folder: Path, *, alone: bool) -> Generator[None]:
    """Wait for the machine, keep it until the end of the block, and let others have it then."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "queue").open("a") as queue, (folder / "machine").open("a") as machine:
        fcntl.flock(queue, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(queue, fcntl.LOCK_UN)
        yield
