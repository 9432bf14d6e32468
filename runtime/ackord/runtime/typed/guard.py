"""The version guard: generated code and the installed runtime must fit together."""

from __future__ import annotations

from typing import Final

from ackord.runtime.errors import ContractVersionError

API: Final = (1, 4)
"""The version of the interface between generated code and this runtime: major number, and newest
minor number.

The major number changes when old generated code no longer works, the minor number when names are
added.
"""


def check(*, api: tuple[int, int], source: str) -> None:
    """Check that generated code fits this runtime; generated modules call this when they are
    imported.

    Raises:
        ContractVersionError: it doesn't fit; the message names both ways to solve it.
    """
    major, minor = api
    if major == API[0] and minor <= API[1]:
        return
    older = (major, minor) < API
    raise ContractVersionError(
        f"the code generated from {source} is for codegen API {major}.{minor}, but the "
        f"installed ackord runtime has {API[0]}.{API[1]}: "
        f"run `ackord generate` for {source} again, or install "
        f"{'an older' if older else 'a newer'} ackord"
    )
