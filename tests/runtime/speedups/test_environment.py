"""Without a compiler the environment is set up all the same, and says what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.environment import install_speedups


def test_who_has_no_compiler_is_told_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    install_speedups(Path(sys.executable))
    out, error = capfd.readouterr()
    assert out == ""
    assert error.startswith("note: no C compiler was found (gcc or clang), so Ackord is installed without its compiled helpers.\n")
