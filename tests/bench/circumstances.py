"""When, where and with what a benchmark ran."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

from tests.bench.child import ROOT
from tests.bench.results import Circumstances
from tests.node.toolchain import MODULES, find_node

PYTHON_PACKAGES: Final = (
    "uvicorn",
    "uvloop",
    "httptools",
    "websockets",
    "pydantic",
    "python-socketio",
    "python-engineio",
    "aiohttp",
    "ackord-speedups",
)
NPM_PACKAGES: Final = ("socket.io", "engine.io", "ws", "bufferutil", "zod")


def circumstances(note: str = "") -> Circumstances:
    """Tell them as they are now."""
    return Circumstances(
        datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), _commit(), _machine(), _versions(), note
    )


def _commit() -> str:
    try:
        commit = _git("rev-parse", "--short=12", "HEAD")
        return commit + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def _machine() -> dict[str, str]:
    models = [
        line.partition(":")[2].strip()
        for line in _lines("/proc/cpuinfo")
        if line.startswith("model name")
    ]
    memory = next(
        (int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal:")),
        0,
    )
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 1024 / 1024:.0f} GB",
        "kernel": f"{platform.system()} {platform.release()}",
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8", errors="replace").splitlines()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _versions() -> dict[str, str]:
    node = subprocess.run(
        [find_node().path, "--version"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return {
        platform.python_implementation(): platform.python_version(),
        **{name: _version(name) for name in PYTHON_PACKAGES},
        "Node": node.removeprefix("v"),
        **{
            name: json.loads((MODULES / name / "package.json").read_text(encoding="utf-8"))[
                "version"
            ]
            for name in NPM_PACKAGES
        },
    }
