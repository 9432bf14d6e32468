"""What users write, with and without mistakes: both checkers must report exactly the lines that are
marked.

``# E: mypy pyright`` at the end of a line says who reports it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SNIPPETS = Path(__file__).parent / "snippets"
FILES = sorted(SNIPPETS.glob("*.py"))
MARK = re.compile(r"#\ E:\ (?P<checkers>[a-z ]+)$")

Lines = Mapping[str, set[int]]
"""Numbers of lines, by the name of the file."""


def marked(checker: str, files: list[Path]) -> Lines:
    found: dict[str, set[int]] = defaultdict(set)
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            mark = MARK.search(line)
            if mark is not None and checker in mark["checkers"].split():
                found[path.name].add(number)
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1", "MYPY_FORCE_COLOR": "0"}
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def mypy(directory: Path, scratch: Path) -> Lines:
    """Run mypy with the configuration that the documentation recommends."""
    config = scratch / "mypy.ini"
    roots = ":".join(str(ROOT / each) for each in ("schema", "codegen", "runtime", "."))
    config.write_text(
        "[mypy]\nstrict = True\nenable_error_code = explicit-override, "
        "truthy-bool\nexplicit_package_bases = True\nfollow_imports = silent\n"
        f"mypy_path = {roots}\ncache_dir = {ROOT / '.mypy_cache' / 'snippets'}\n"
    )
    checked = run(
        "mypy",
        "--config-file",
        str(config),
        "--output",
        "json",
        *map(str, sorted(directory.glob("*.py"))),
    )
    assert checked.returncode in {0, 1}, checked.stdout + checked.stderr
    found: dict[str, set[int]] = defaultdict(set)
    for line in checked.stdout.splitlines():
        if line.startswith("{"):
            report = json.loads(line)
            if report["severity"] == "error":
                found[Path(report["file"]).name].add(report["line"])
    return found


def pyright(directory: Path, scratch: Path) -> Lines:
    """Run pyright in strict mode."""
    config = scratch / "pyrightconfig.json"
    config.write_text(
        json.dumps(
            {
                "typeCheckingMode": "strict",
                "reportImplicitOverride": True,
                "include": [os.path.relpath(directory, scratch)],  # absolute ones are ignored
                "extraPaths": [str(ROOT / each) for each in ("schema", "codegen", "runtime", ".")],
                "pythonVersion": "3.11",
            }
        )
    )
    checked = run(
        "pyright", "--pythonpath", sys.executable, "--project", str(config), "--outputjson"
    )
    assert checked.returncode in {0, 1}, checked.stdout + checked.stderr
    report = json.loads(checked.stdout)
    assert report["summary"]["filesAnalyzed"] >= len(list(directory.glob("*.py")))
    found: dict[str, set[int]] = defaultdict(set)
    for one in report["generalDiagnostics"]:
        if one["severity"] == "error":
            found[Path(one["file"]).name].add(one["range"]["start"]["line"] + 1)
    return found


CHECKERS = {"mypy": mypy, "pyright": pyright}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Lines]:
    return {
        name: check(SNIPPETS, tmp_path_factory.mktemp(name)) for name, check in CHECKERS.items()
    }


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exactly_the_marked_lines_are_reported(
    reported: Mapping[str, Lines], checker: str, path: Path
) -> None:
    expected, found = (
        marked(checker, FILES).get(path.name, set()),
        reported[checker].get(path.name, set()),
    )
    assert sorted(found - expected) == [], (
        f"{checker} reports lines of {path.name} that aren't marked"
    )
    assert sorted(expected - found) == [], (
        f"{checker} doesn't report lines of {path.name} that are marked"
    )


def test_there_are_mistakes_of_each_kind_and_a_file_without_any() -> None:
    assert [path.stem for path in FILES] == [
        "clean",
        "guards",
        "handling",
        "imports",
        "open_types",
        "other_apis",
        "results",
        "rooms",
        "sending",
        "tenants",
        "three_states",
    ]
    counts = {path.stem: len(marked("mypy", FILES).get(path.name, set())) for path in FILES}
    assert counts["clean"] == 0
    assert sum(counts.values()) > 90


def test_a_mark_on_a_line_without_a_mistake_would_be_noticed(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text(
        "from examples.chat.contract import ChatRoom\n\nroom: ChatRoom | None = None  # E: "
        "mypy pyright\n"
    )
    bad.write_text("from examples.chat.contract import ChatRoom\n\nroom: ChatRoom = 3\n")
    for name, check in CHECKERS.items():
        found = check(tmp_path, tmp_path)
        assert marked(name, [good, bad]) == {"good.py": {3}}
        assert found == {"bad.py": {3}}
