"""The generated folders in the repository are what their schemas give."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.node.required import require_node
from tests.node.toolchain import MODULES

ROOT = Path(__file__).resolve().parents[2]
ACKORD = (sys.executable, "-c", "from ackord.codegen.main import main; main()")


def check(schema: str, folder: Path, target: str = "python") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*ACKORD, "check", schema, "--out", str(folder), "--target", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("schema", "folder", "target"),
    [
        ("examples/chat/chat.yaml", "examples/chat/contract", "python"),
        ("examples/chat/chat.yaml", "examples/chat/page/contract", "typescript"),
        ("tests/bench/bench.yaml", "tests/bench/contract", "python"),
    ],
)
def test_generating_again_changes_nothing(schema: str, folder: str, target: str) -> None:
    done = check(schema, ROOT / folder, target)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("compiler", ["typescript-oldest", "typescript-newest"])
def test_the_page_of_the_chat_is_well_typed(compiler: str) -> None:
    script = str(MODULES / compiler / "bin" / "tsc")
    command = [require_node(), script, "-p", "examples/chat/page"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


def test_the_page_of_the_chat_is_what_its_sources_give(tmp_path: Path) -> None:
    require_node()
    out = tmp_path / "chat.js"
    build = (ROOT / "Makefile").read_text(encoding="utf-8").split("\npage: ")[1].splitlines()[2]
    command = build.strip().removeprefix("@").replace("examples/chat/web/chat.js", str(out))
    subprocess.run(command, cwd=ROOT, shell=True, check=True)  # noqa: S602 - it is the Makefile's
    assert out.read_bytes() == (ROOT / "examples/chat/web/chat.js").read_bytes(), "run `make page`"


def test_check_finds_a_changed_file(tmp_path: Path) -> None:
    folder = shutil.copytree(ROOT / "examples/chat/contract", tmp_path / "contract")
    with (folder / "server.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    done = check("examples/chat/chat.yaml", folder)
    assert done.returncode == 100
    assert "-# edited" in done.stdout + done.stderr
