"""Run what of the runtime needs no network on the newest other Python of this machine: ``python3 -m
tests.newest_python``.

Only newer ones than the one that runs this are looked for: by name on the path, and among pyenv's.
Where there is none, it says so, and that is all: nobody needs a second Python to work on Ackord, or
to check it. Arguments go to pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias

Version: TypeAlias = tuple[int, ...]

ROOT: Final = Path(__file__).resolve().parents[1]
NEWEST: Final = 20
"""The minor version up to which names on the path are tried."""
_PROBE: Final = (
    "import ensurepip, ssl, sys, venv; print(*sys.version_info[:3], sys.version_info.releaselevel)"
)

INSTALLED: Final = (
    "pyproject.toml",
    "tests/environment.py",
    "runtime/speedups/*.*",
    "runtime/speedups/src/ackord_speedups/*.*",
)
"""What the environment is made of, and made anew for."""


def main(arguments: Sequence[str] = ()) -> int:
    found = newest()
    if found is None:
        print(
            f"== no newer Python than {_text(sys.version_info[:3])} was found: the tests run "
            "on that one alone"
        )
        return 0
    version, python = found
    folder = ROOT / ".cache" / f"python-{_text(version)}"
    print(f"== testing the runtime on Python {_text(version)}, too", flush=True)
    prepared = folder / ".ackord-installed"
    wanted = max(file.stat().st_mtime for pattern in INSTALLED for file in ROOT.glob(pattern))
    if not prepared.exists() or prepared.stat().st_mtime < wanted:
        if (
            subprocess.run(
                [python, "tests/environment.py", str(folder)], cwd=ROOT, check=False
            ).returncode
            != 0
        ):
            return 1
        prepared.touch()
    options = ("-q", "-p", "no:cacheprovider", "--unit", "-n", "auto", "--dist", "loadfile")
    command = [str(folder / "bin" / "python"), "-m", "pytest", *options, "tests/runtime"]
    return subprocess.run([*command, *arguments], cwd=ROOT, check=False).returncode


def newest() -> tuple[Version, str] | None:
    """Return the newest Python that is newer than this one, and fit to make a virtual
    environment.
    """
    versions = {
        version: python for python in candidates() if (version := probe(python)) is not None
    }
    newer = [version for version in versions if version[:2] > sys.version_info[:2]]
    return (max(newer), versions[max(newer)]) if newer else None


def candidates() -> Iterator[str]:
    """Name the Pythons that may be there."""
    for minor in range(sys.version_info.minor + 1, NEWEST + 1):
        python = shutil.which(f"python3.{minor}")
        if python is not None:
            yield python
    pyenv = Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser()
    yield from (str(python) for python in sorted(pyenv.glob("versions/3.*/bin/python")))


def probe(python: str) -> Version | None:
    """Return the version of a Python; `None` unless it is released, and has what a virtual
    environment needs.
    """
    try:
        done = subprocess.run(
            [python, "-c", _PROBE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
    except OSError:
        return None
    *version, level = done.stdout.split() or ["none"]
    return tuple(map(int, version)) if done.returncode == 0 and level == "final" else None


def _text(version: Version) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
