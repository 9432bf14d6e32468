"""``ackord format``: which files it writes, and what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codegen.test_cli import ackord

UGLY = b"ackord:  1\nname: demo # c\nversion: 1.0.0\n"
PRETTY = b"ackord: 1\nname: demo  # c\nversion: 1.0.0\n"
CONFIGURATION = '[[contracts]]\nschema = "a.yaml"\ntargets = [{name = "python", out = "a"}]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "ackord.toml").write_text(CONFIGURATION)
    (tmp_path / "a.yaml").write_bytes(UGLY)
    (tmp_path / "a.yaml").chmod(0o640)
    return tmp_path / "a.yaml"


def test_check_and_diff_write_nothing(file: Path) -> None:
    checked = ackord("format", "--check", cwd=file.parent)
    says = "a.yaml isn't formatted\nrun: ackord format\n"
    assert (checked.returncode, checked.stdout, checked.stderr) == (100, "", says)
    shown = ackord("format", "--diff", "a.yaml", cwd=file.parent)
    assert (shown.returncode, shown.stdout) == (
        100,
        (
            "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,3 +1,3 @@\n-ackord:  1\n-name: demo # c\n"
            "+ackord: 1\n+name: demo  # c\n version: 1.0.0\n"
        ),
    )
    assert file.read_bytes() == UGLY


def test_files_are_replaced_whole_and_only_where_something_changes(file: Path) -> None:
    (file.parent / "link.yaml").symlink_to(file)
    done = ackord("format", "link.yaml", "a.yaml", cwd=file.parent)
    assert (done.returncode, done.stdout) == (0, "formatted link.yaml\n"), done.stderr
    assert file.read_bytes() == PRETTY
    assert (file.parent / "link.yaml").is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    os.utime(file, (1, 1))
    again = ackord("format", cwd=file.parent)
    assert (again.returncode, again.stdout) == (0, "a.yaml is formatted\n")
    assert file.stat().st_mtime == 1
    assert ackord("format", "--check", cwd=file.parent).returncode == 0
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.yaml", "ackord.toml", "link.yaml"]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code", "says"), [(b"a: [", 100, "b.yaml:1:"), (None, 1, "can't be read")]
)
def test_nothing_is_written_if_one_file_cannot_be_read(
    file: Path, content: bytes | None, code: int, says: str
) -> None:
    if content is not None:
        (file.parent / "b.yaml").write_bytes(content)
    done = ackord("format", "a.yaml", "b.yaml", cwd=file.parent)
    assert done.returncode == code
    assert says in done.stderr
    assert file.read_bytes() == UGLY


def test_other_errors_of_the_contract_stay_and_are_no_obstacle(file: Path) -> None:
    file.write_bytes(UGLY + b"types:  {A: Nothing}\n")
    assert ackord("format", cwd=file.parent).returncode == 0
    assert file.read_bytes() == PRETTY + b"types: {A: Nothing}\n"


def test_standard_input_is_written_to_standard_output() -> None:
    for arguments, code, out in (([], 0, PRETTY), (["--check"], 100, b"")):
        done = subprocess.run(
            [sys.executable, "-m", "ackord.codegen", "format", "-", *arguments],
            input=UGLY,
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, out)


def test_json_is_left_alone(file: Path) -> None:
    file.write_text('{"ackord":1}')
    done = ackord("format", "--check", cwd=file.parent)
    assert done.returncode == 0
    assert done.stderr == "a.yaml: this file is written as JSON, and was left as it is\n"
