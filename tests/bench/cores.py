"""Which core is whose: the server has one for itself, the load generator another."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """The cores of one benchmark; `None` where the machine has just one, and everybody shares
    it.
    """

    server: int | None
    load: int | None

    @classmethod
    def choose(cls) -> Cores:
        """Take the first two cores that this process may run on."""
        cores = sorted(os.sched_getaffinity(0))
        return cls(cores[0], cores[1]) if len(cores) > 1 else cls(None, None)

    def leave_the_server_alone(self) -> None:
        """Run this process, which sleeps while there is load, on the load's core from now on."""
        if self.load is not None:
            os.sched_setaffinity(0, {self.load})
