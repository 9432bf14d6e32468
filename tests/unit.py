"""Run the unit tests, some of their files on each core: ``python -m tests.unit [ARGUMENT …]``.

The arguments are pytest's; where they name a file or folder, one process runs it.

pytest-xdist would be as good but for its cost: each of its workers imports all files, and telling
of a test takes nearly as long as a small test.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
NOTHING_FOUND: Final = 5
"""pytest's exit status where no test was selected."""


def share(files: Iterable[Path], parts: int) -> list[set[Path]]:
    """Divide files into parts of about the same size."""
    shares: list[set[Path]] = [set() for _ in range(parts)]
    sizes = [0] * parts
    for file in sorted(files, key=lambda file: (-file.stat().st_size, file)):
        smallest = sizes.index(min(sizes))
        shares[smallest].add(file)
        sizes[smallest] += file.stat().st_size
    return shares


def main(arguments: list[str]) -> int:
    """Run all parts at once, print what they say one after another, and return the exit status."""
    is_named = any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)
    parts = 1 if is_named else len(os.sched_getaffinity(0))
    running: list[tuple[subprocess.Popen[bytes], Path]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(parts):
            said = Path(folder) / str(number)
            command = [
                *(sys.executable, "-m", "pytest", "-q", "-n", "0", "--unit"),
                *("--part", f"{number}/{parts}", *arguments),
            ]
            with said.open("wb") as output:
                # The first part is seen at work.
                stdout = None if number == 0 else output
                process = subprocess.Popen(command, cwd=ROOT, stdout=stdout, stderr=stdout)
            running.append((process, said))
        statuses = [process.wait() for process, _ in running]
        for _, said in running:
            sys.stdout.write(said.read_text(encoding="utf-8"))
    failed = [status for status in statuses if status not in {0, NOTHING_FOUND}]
    return max(failed) if failed else min(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
