"""Where the helpers can't be compiled the environment is set up all the same, and it and the tests
say what is missing.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.environment import install_speedups
from tests.runtime.speedups.building import compile_module

PYTHON = "#!/bin/sh\necho '{compiler}'\necho '{headers}'\n"
"""Answers what the set-up asks the Python of the environment."""


@pytest.mark.parametrize(
    ("compiler", "missing"),
    [
        ("gcc", "no C compiler was found (gcc or clang)"),
        (
            "/bin/sh",
            "Python's C headers were not found (on Debian and Ubuntu: apt install python3-dev)",
        ),
    ],
)
def test_who_misses_something_is_told_and_goes_on(
    compiler: str,
    missing: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    python = tmp_path / "python"
    python.write_text(PYTHON.format(compiler=compiler, headers=tmp_path), encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    install_speedups(python)
    out, error = capfd.readouterr()
    assert out == ""
    assert error.startswith(
        f"note: {missing}, so Ackord is installed without its compiled helpers.\n"
    )


def test_tests_that_need_a_compiler_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(
        RuntimeError,
        match=r"a C compiler, and there is no 'no-such-compiler': install gcc or clang",
    ):
        compile_module()
