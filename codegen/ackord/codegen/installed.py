"""What is noted of this distribution where it is installed.

`importlib.metadata` knows it, too, but importing it takes longer than reading most contracts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ackord.codegen.version import VERSION


def noted(name: str) -> str | None:
    """Return the content of a file of the distribution's metadata, such as ``METADATA``; `None` if
    it isn't found.
    """
    for folder in sys.path:
        try:
            return Path(folder, f"ackord-{VERSION}.dist-info", name).read_text(encoding="utf-8")
        except OSError:
            continue
    return None
