"""Run the tests: ``python -m tests.suite [--unit] [ARGUMENT …]``, where the arguments are pytest's.

The unit tests come first, or alone with ``--unit``: one pytest on each core has some of their
files. pytest-xdist would be as good but for its cost: each of its workers imports all files, and
telling of a test takes nearly as long as a small test. All other tests run in its workers, which
divide them as they go, since they take from milliseconds to a minute.

Where the arguments name files, tests or a number of workers, one pytest runs everything.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

ROOT: Final = Path(__file__).resolve().parents[1]
NOTHING_FOUND: Final = 5
"""pytest's exit status where no test was selected."""
# All tests of a file run in one worker, so that they share what the file sets up.
PARALLEL: Final = ("-n", "auto", "--dist", "loadfile", "--no-loadscope-reorder")


def share(files: Iterable[Path], parts: int) -> list[set[Path]]:
    """Divide files into parts of about the same size."""
    shares: list[set[Path]] = [set() for _ in range(parts)]
    sizes = [0] * parts
    for file in sorted(files, key=lambda file: (-file.stat().st_size, file)):
        smallest = sizes.index(min(sizes))
        shares[smallest].add(file)
        sizes[smallest] += file.stat().st_size
    return shares


def main(arguments: Sequence[str]) -> int:
    """Run the tests and return the exit status."""
    is_unit = "--unit" in arguments
    given = [argument for argument in arguments if argument != "--unit"]
    is_named = any((ROOT / argument.partition("::")[0]).exists() for argument in given)
    if is_named or "-n" in given:
        workers = () if "-n" in given else ("-n", "0") if is_unit else PARALLEL
        return _pytest(*(["--unit"] if is_unit else []), *workers, *given).wait()
    if is_unit:
        return worst(_run_unit_tests(given))
    # With all random cases that the profile asks for.
    profile = "ci" if os.environ.get("ACKORD_NO_SKIP") == "1" else "ackord"
    statuses = _run_unit_tests([f"--hypothesis-profile={profile}", *given])
    return worst([*statuses, _pytest("-rs", "--rest", *PARALLEL, *given).wait()])


def worst(statuses: Sequence[int]) -> int:
    """Return the exit status of several runs: a part may have nothing of what was asked for."""
    failed = [status for status in statuses if status not in {0, NOTHING_FOUND}]
    return max(failed) if failed else min(statuses)


def _run_unit_tests(arguments: Sequence[str]) -> list[int]:
    """Run all parts at once, print what they say one after another, and return their statuses."""
    parts = len(os.sched_getaffinity(0))
    running: list[tuple[subprocess.Popen[bytes], Path]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(parts):
            said = Path(folder) / str(number)
            part = ("-q", "-n", "0", "--unit", "--part", f"{number}/{parts}", *arguments)
            with said.open("wb") as output:
                # The first part is seen at work.
                running.append((_pytest(*part, output=None if number == 0 else output), said))
        statuses = [process.wait() for process, _ in running]
        for _, said in running:
            sys.stdout.write(said.read_text(encoding="utf-8"))
    sys.stdout.flush()
    return statuses


def _pytest(*arguments: str, output: BinaryIO | None = None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
