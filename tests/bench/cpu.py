"""CPU time of another process, from /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK: Final = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds that a process has used, over all its threads."""

    total: float
    user: float
    waited: float
    """Seconds in which the main thread would have run, had its core been free."""

    def __sub__(self, other: CpuTime) -> CpuTime:
        return CpuTime(self.total - other.total, self.user - other.user, self.waited - other.waited)


def read(pid: int) -> CpuTime:
    """Read what `pid` has used: the total to the nanosecond, the user's part to the clock tick."""
    total = 0.0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        # A thread may end meanwhile; none of the servers ends one under load.
        with suppress(FileNotFoundError, ProcessLookupError):
            total += int((thread / "schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    waited = int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    return CpuTime(total, int(fields[11]) * TICK, waited)
