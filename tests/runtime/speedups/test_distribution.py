"""What is published: the sources build from a fresh checkout, and what was built is what the
runtime expects.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.runtime.speedups.building import ROOT, SPEEDUPS

BUILD = (
    "import sys; from setuptools import build_meta; "
    "print(getattr(build_meta, 'build_' + sys.argv[1])(sys.argv[2]))"
)
USED = """
import json
from ackord.runtime import compiled
from ackord.runtime.sockets import payloads
from ackord.runtime.protocol.socketio.packet import split_event
from ackord.runtime.websocket.framing import take_text, take_texts
functions = (take_text, take_texts, split_event, payloads._find_exponent)
print(json.dumps([function.__name__ if "speedups" in str(function.__module__) else None for function in functions]))
"""
NAMES = ["take_text", "take_texts", "split_event", "find_exponent"]


def python(*arguments: str, cwd: Path, **environment: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    sources = folder / "speedups"
    shutil.copytree(
        SPEEDUPS, sources, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
    )
    return folder / python("-c", BUILD, "sdist", str(folder), cwd=sources).splitlines()[-1]


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """Built from the source distribution, as pip does it."""
    python("-m", "tarfile", "--extract", str(sdist), str(sdist.parent), cwd=ROOT)
    sources = sdist.parent / sdist.name.removesuffix(".tar.gz")
    return (
        sdist.parent / python("-c", BUILD, "wheel", str(sdist.parent), cwd=sources).splitlines()[-1]
    )


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    folder = wheel.parent / "installed"
    python(
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--target",
        str(folder),
        str(wheel),
        cwd=ROOT,
    )
    return folder


@pytest.mark.slow
def test_the_source_distribution_holds_what_a_build_needs(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    package = "src/ackord_speedups"
    assert {
        f"{package}/{name}" for name in ("__init__.py", "_speedups.c", "_speedups.pyi", "py.typed")
    } < names
    assert {"pyproject.toml", "setup.py", "README.md", "LICENSE"} < names


@pytest.mark.slow
def test_the_wheel_holds_the_module_its_types_and_its_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(
            next(name for name in names if name.endswith(".dist-info/METADATA"))
        ).decode()
    package = [name for name in names if name.startswith("ackord_speedups/")]
    assert sorted(name.partition("/")[2].split(".")[0] for name in package) == [
        "__init__",
        "_speedups",
        "_speedups",
        "_speedups",
        "py",
    ]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert "License-Expression: MIT\n" in metadata
    assert "\nRequires-Dist:" not in metadata


@pytest.mark.slow
def test_the_types_are_those_of_the_module(installed: Path) -> None:
    paths = {"PYTHONPATH": str(installed), "MYPYPATH": str(installed)}
    assert "Success" in python("-m", "mypy.stubtest", "ackord_speedups", cwd=installed, **paths)


@pytest.mark.slow
def test_the_runtime_uses_what_is_installed_unless_told_otherwise(
    installed: Path, tmp_path: Path
) -> None:
    assert json.loads(python("-c", USED, cwd=tmp_path, PYTHONPATH=str(installed))) == NAMES
    assert (
        json.loads(python("-c", USED, cwd=tmp_path, PYTHONPATH=str(installed), ACKORD_SPEEDUPS="1"))
        == NAMES
    )
    assert (
        json.loads(python("-c", USED, cwd=tmp_path, PYTHONPATH=str(installed), ACKORD_SPEEDUPS="0"))
        == [None] * 4
    )


OTHERS = {
    "of another API": (
        "API = 3\ndef take_text(*_): ...\ntake_texts = split_event = find_exponent = take_text\n"
    ),
    "that can't be loaded": "raise ImportError('built for another Python')\n",
    "that are no helpers": "",  # as the empty folder that an uninstallation leaves
}


@pytest.mark.parametrize("other", OTHERS)
def test_the_runtime_leaves_helpers_alone_that_it_cannot_use(other: str, tmp_path: Path) -> None:
    (tmp_path / "ackord_speedups.py").write_text(OTHERS[other], encoding="utf-8")
    assert json.loads(python("-c", USED, cwd=tmp_path, PYTHONPATH=str(tmp_path))) == [None] * 4


def test_the_license_is_the_projects_own() -> None:
    assert (SPEEDUPS / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
