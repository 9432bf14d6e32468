"""Which other Python the runtime's tests run on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import newest_python


def plant(python: Path, says: str) -> None:
    """Put a program where a Python is looked for."""
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    python.chmod(0o755)


@pytest.fixture
def pyenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where pyenv's Pythons are looked for; nothing is on the path."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "versions"


def test_where_no_newer_one_is_nothing_runs_and_that_is_said(
    pyenv: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant(pyenv / "3.10.1" / "bin" / "python", "echo 3 10 1 final")
    (pyenv / "{}.{}.{}".format(*sys.version_info) / "bin").mkdir(parents=True)
    (pyenv / "{}.{}.{}".format(*sys.version_info) / "bin" / "python").symlink_to(sys.executable)
    assert newest_python.main() == 0
    assert capsys.readouterr().out.startswith("== no newer Python than 3.")


def test_the_newest_that_is_released_and_complete_is_taken(pyenv: Path) -> None:
    plant(pyenv / "3.97.2" / "bin" / "python", "echo 3 97 2 final")
    plant(pyenv / "3.98.0" / "bin" / "python", "echo 3 98 0 final")
    plant(pyenv / "3.99.0" / "bin" / "python", "echo 3 99 0 candidate")
    plant(
        pyenv / "3.99.1" / "bin" / "python",
        "exit 127  # as pyenv's own do for versions that aren't chosen",
    )
    (pyenv / "3.99.2" / "bin").mkdir(parents=True)
    (pyenv / "3.99.2" / "bin" / "python").write_text("no program", encoding="utf-8")
    assert newest_python.newest() == ((3, 98, 0), str(pyenv / "3.98.0" / "bin" / "python"))


def test_those_on_the_path_count_as_well(pyenv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = f"python3.{sys.version_info.minor + 1}"
    plant(pyenv / "bin" / newer, f"echo 3 {sys.version_info.minor + 1} 5 final")
    monkeypatch.setenv("PATH", str(pyenv / "bin"))
    assert newest_python.newest() == (
        (3, sys.version_info.minor + 1, 5),
        str(pyenv / "bin" / newer),
    )
