"""The examples of docs/testing.md that are complete, run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ackord.runtime.testing import run

PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


def blocks() -> list[str]:
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_the_first_example_runs_and_the_raw_peers_too() -> None:
    first, *others = blocks()
    names: dict[str, Any] = {"__name__": "documentation"}
    exec(first, names)  # noqa: S102 - the page is ours
    names["test_the_server_greets"]()
    raw = [block for block in others if "raw()" in block or "RawServer()" in block]
    assert len(raw) == 2
    for block in raw:
        exec("from ackord.runtime.testing import RawServer\n" + block, names)  # noqa: S102 - see above
        run(names["scenario"]())
