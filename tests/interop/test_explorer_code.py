"""The code that the explorer copies, for each event of the golden contracts: both languages' type
checkers accept it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.typescript_project import GOLDEN, Project
from tests.node.required import require_node

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = sorted(path.parents[1].name for path in GOLDEN.glob("*/expected/contract.json"))

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A folder with the code of all events, and the packages that it imports."""
    folder = tmp_path_factory.mktemp("copied")
    project = Project(folder)
    for name in CONTRACTS:
        shutil.copytree(GOLDEN / name / "expected", folder / "packages" / name)
        project.add_package(name, {}, called=f"typescript/{name}")
    script = project.bundle(str(ROOT / "tests/node/explorer_code.ts"), "--platform=node")
    files = [str(folder / "packages" / name / "contract.json") for name in CONTRACTS]
    done = subprocess.run(
        [require_node(), script, folder, *files], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"problems": []}
    assert len(list(folder.glob("*.py"))) > 70
    return project


def test_mypy_accepts_the_python(project: Project) -> None:
    files = [path.name for path in project.directory.glob("*.py")]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--explicit-package-bases",
    ]
    done = subprocess.run(
        [*command, *files], cwd=project.directory, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compiler_accepts_the_typescript(project: Project) -> None:
    assert project.compile("typescript") == []
