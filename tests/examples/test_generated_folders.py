"""The generated folders in the repository are what their schemas give."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACKORD = (sys.executable, "-c", "from ackord.codegen.main import main; main()")


def check(schema: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ACKORD, "check", schema, "--out", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("schema", "folder"),
    [
        ("examples/chat/chat.yaml", "examples/chat/contract"),
        ("tests/bench/bench.yaml", "tests/bench/contract"),
    ],
)
def test_generating_again_changes_nothing(schema: str, folder: str) -> None:
    done = check(schema, ROOT / folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_check_finds_a_changed_file(tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "examples/chat/contract", tmp_path / "contract")
    with (folder / "server.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    done = check("examples/chat/chat.yaml", folder)
    assert done.returncode == 100
    assert "-# edited" in done.stdout + done.stderr
