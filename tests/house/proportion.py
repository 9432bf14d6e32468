"""Print how many lines of tests there are for a line of product: ``python -m
tests.house.proportion``.

All lines of hand-written files count, blank ones and comments too. What only measures or attacks
is listed apart, and what the generator wrote isn't counted.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PRODUCT: Final = ("schema", "codegen", "runtime")
MEASURING: Final = ("tests/attack", "tests/bench", "tests/soak", "tests/runtime/budget")
"""Benchmarks, load, and what pins down how something is done rather than what."""
WRITTEN: Final = {".c", ".h", ".jinja", ".mjs", ".py", ".pyi"}
GENERATED: Final = {"contract", "expected"}
"""Folders that `ackord generate` writes."""


def count() -> Counter[str]:
    """Count the lines of the committed files of product, tests, and what measures."""
    listed = subprocess.run(
        ["git", "ls-files", *PRODUCT, "tests"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines: Counter[str] = Counter()
    for name in listed.stdout.splitlines():
        path = PurePosixPath(name)
        if path.suffix in WRITTEN and not GENERATED & set(path.parts) and (ROOT / path).is_file():
            lines[kind(path)] += (ROOT / path).read_bytes().count(b"\n")
    return lines


def kind(path: PurePosixPath) -> str:
    """Say what a file is a part of."""
    if any(path.is_relative_to(folder) for folder in MEASURING):
        return "measuring"
    return "tests" if path.parts[0] == "tests" else "product"


def main() -> None:
    lines = count()
    for name in ("product", "tests", "measuring"):
        print(f"{name:10}{lines[name]:7,} lines")
    print(
        f"{lines['tests'] / lines['product']:.2f} lines of tests for a line of product; at most 1.3"
    )


if __name__ == "__main__":
    main()
