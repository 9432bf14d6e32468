"""How many problems are shown: a broken file of one megabyte can have half a million."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from ackord.schema.diagnostics.diagnostic import Diagnostic

MAX_SHOWN: Final = 200
"""Problems of one file that are shown; errors come before warnings."""


def shown(diagnostics: Iterable[Diagnostic]) -> tuple[list[Diagnostic], Mapping[str, int]]:
    """Return the problems to show, in their order, and how many more each file has."""
    found = list(diagnostics)
    kept: set[int] = set()
    counts: Counter[str] = Counter()
    for index in sorted(range(len(found)), key=lambda index: found[index].severity != "error"):
        file = found[index].file
        counts[file] += 1
        if counts[file] <= MAX_SHOWN:
            kept.add(index)
    more = {file: count - MAX_SHOWN for file, count in counts.items() if count > MAX_SHOWN}
    return [one for index, one in enumerate(found) if index in kept], more


def count_more(count: int) -> str:
    """Say how many problems aren't shown."""
    return f"{count} more problem{' is' if count == 1 else 's are'} not shown"
