"""Fuzz every decoder, guided by coverage: ``python -m tests.fuzz --minutes 5``.

The time is shared by the targets. Inputs that reach new code are kept in the folder, and are where
the next run begins; those that show a mistake are ``crash-…``, ``timeout-…`` and ``oom-…`` there.
Exits with 1 if there was one. Needs the extra ``ackord[fuzz]`` (atheris, on Linux).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzz the decoders, guided by coverage."
    )
    parser.add_argument(
        "targets",
        nargs="*",
        default=list(TARGETS),
        help=f"what to fuzz: {', '.join(TARGETS)} (default: all)",
    )
    parser.add_argument(
        "--minutes", type=float, default=5, help="for all targets together (default: %(default)s)"
    )
    parser.add_argument("--seconds", type=float, help="instead of minutes")
    parser.add_argument(
        "--folder",
        type=Path,
        default=ROOT / ".cache" / "fuzz",
        help="where inputs are kept (default: %(default)s)",
    )
    options = parser.parse_args()
    names: list[str] = options.targets
    if unknown := set(names) - set(TARGETS):
        parser.error(f"unknown targets: {', '.join(sorted(unknown))}")
    total: float = options.minutes * 60 if options.seconds is None else options.seconds
    seconds = max(1, round(total / len(names)))
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"guided by coverage, {seconds} s for each of {len(names)} targets; inputs in {folder}",
        flush=True,
    )
    failed = [name for name in names if not fuzz(name, folder, seconds)]
    if failed:
        print(f"mistakes in: {', '.join(failed)}")
        return 1
    print("nothing but what is declared, in bounded time and memory")
    return 0


def fuzz(name: str, folder: Path, seconds: int) -> bool:
    """Fuzz one target; tell whether nothing was found."""
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(folder), str(seconds)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds + 90,
        check=False,
    )
    output = done.stdout + done.stderr
    runs = re.search(r"number_of_executed_units: (\d+)", output)
    slowest = re.search(r"slowest_unit_time_sec: *(\d+)", output)
    reached = re.findall(r"cov: (\d+)", output)
    memory = re.search(r"peak_rss_mb: *(\d+)", output)
    print(
        f"  {name:18} {runs[1] if runs else '?':>9} inputs, "
        f"{reached[-1] if reached else '?':>5} places reached, "
        f"slowest {slowest[1] if slowest else '?'} s, {memory[1] if memory else '?'} MB",
        flush=True,
    )
    if done.returncode != 0:
        print(output[-4000:])
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
