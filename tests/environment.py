"""Set up the virtual environment: ``python3 tests/environment.py .venv``.

Runs on the system's Python with nothing installed, so it imports the standard library only and
stays readable to Python 3.6, which then gets a message instead of a syntax error.
`make` calls it when `pyproject.toml`, or what the helpers in C are built from, is newer than the
last set-up.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST = (3, 11)
SPEEDUPS = Path("runtime") / "speedups"
VENV_HINT = (
    "Python's venv or pip is missing; on Debian and Ubuntu: apt install python3-venv python3-pip"
)


def main(folder: Path) -> int:
    """Create the environment in `folder` if it isn't there, and install this project with its tools
    into it.
    """
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:3])
        return _fail(
            f"this is Python {found}, but 3.11 or newer is needed; name one with: make "
            "PYTHON=python3.11"
        )
    python = folder / "bin" / "python"
    if not _runs(python):
        print(f"== creating the virtual environment {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        if subprocess.run(
            [sys.executable, "-m", "venv", str(folder)], check=False
        ).returncode != 0 or not _runs(python):
            shutil.rmtree(folder, ignore_errors=True)
            return _fail(VENV_HINT)
    print(
        f"== installing Ackord and its tools into {folder} (the first time takes a minute or two)",
        flush=True,
    )
    command = [str(python), "-m", "pip", "install", "--quiet", "--editable", ".[dev]"]
    if subprocess.run(command, check=False).returncode != 0:
        return _fail(
            "pip could not install the packages: see its message above; it needs the Python "
            "package index once"
        )
    install_speedups(python)
    return 0


def install_speedups(python: Path) -> None:
    """Build and install the helpers in C where that is possible; Ackord needs them for nothing but
    speed.
    """
    wanted = (
        "import sysconfig; print(sysconfig.get_config_var('CC') or ''); "
        "print(sysconfig.get_path('include'))"
    )
    found = subprocess.run(
        [str(python), "-c", wanted], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    usual, headers = found.splitlines()
    compiler = os.environ.get("CC") or next(
        (name for name in (usual, "cc", "gcc", "clang") if name and shutil.which(name.split()[0])),
        None,
    )
    if compiler is None:
        _note("no C compiler was found (gcc or clang)")
    elif not (Path(headers) / "Python.h").is_file():
        _note("Python's C headers were not found (on Debian and Ubuntu: apt install python3-dev)")
    else:
        command = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            str(SPEEDUPS),
        ]
        if subprocess.run(command, env={**os.environ, "CC": compiler}, check=False).returncode != 0:
            _note(f"{compiler} could not compile {SPEEDUPS}: see its message above")


def _note(reason: str) -> None:
    print(
        f"note: {reason}, so Ackord is installed without its compiled helpers.\n"
        "      Everything works without them, if a little slower; `make test` skips their tests, "
        "and `make bench` needs the compiler.",
        file=sys.stderr,
    )


def _runs(python: Path) -> bool:
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return (
            subprocess.run(
                [str(python), "-c", check], stderr=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def _fail(message: str) -> int:
    print("error: " + message, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
