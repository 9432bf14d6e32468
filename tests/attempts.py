"""Claims about time, on machines that may stand still for a while: each attempt makes the whole
claim, and one of them has to bear it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Setting = TypeVar("Setting")


def hold_once(claim: Callable[[Setting], None], settings: Iterable[Setting]) -> None:
    """Make `claim` with one setting after the other until it holds.

    It's for what a busy machine can only spoil, and never bring about.

    Raises:
        ExceptionGroup: it never did; all failures are in it.
    """
    failures: list[Exception] = []
    for setting in settings:
        try:
            claim(setting)
        except Exception as failure:  # noqa: BLE001  # raised below, with the others
            failures.append(failure)
        else:
            return
    raise ExceptionGroup(f"the claim held in none of {len(failures)} attempts", failures)
