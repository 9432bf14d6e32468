"""Golden folders: a schema and the package that it gives.

``UPDATE_GOLDEN=1`` writes what is generated now; the difference is then reviewed like any other.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from ackord.codegen import generate
from ackord.schema import load_contract

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.parent.name for path in GOLDEN.glob("*/schema.yaml"))


def files_of(name: str) -> Mapping[str, str]:
    result = load_contract(GOLDEN / name / "schema.yaml")
    assert result.contract is not None, result.diagnostics
    return generate(result.contract, source="schema.yaml")


def run(*command: str, seed: str = "random") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_gives_the_files_that_are_committed(name: str) -> None:
    files = files_of(name)
    expected = GOLDEN / name / "expected"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(expected, ignore_errors=True)
        expected.mkdir()
        for file, text in files.items():
            (expected / file).write_text(text, encoding="utf-8")
    committed = {
        path.name: path.read_text(encoding="utf-8") for path in expected.iterdir() if path.is_file()
    }
    assert sorted(committed) == sorted(files)
    for file, text in files.items():
        assert text == committed[file], (
            f"{name}/expected/{file} differs; set UPDATE_GOLDEN=1 to write it anew"
        )


def test_there_are_the_golden_folders_that_matter() -> None:
    assert NAMES == [
        "chat",
        "every_type",
        "imports",
        "minimal",
        "names_from_hell",
        "other_apis",
        "tenants",
        "travels",
        "two_namespaces",
        "types_only",
    ]


def test_ruff_format_leaves_generated_code_as_it_is() -> None:
    formatted = run(sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(GOLDEN))
    assert formatted.returncode == 0, formatted.stdout
    assert "already formatted" in formatted.stderr


def test_generated_code_imports_nothing_that_it_does_not_use() -> None:
    checked = run(sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F", str(GOLDEN))
    assert checked.returncode == 0, checked.stdout


def test_mypy_strict_has_nothing_to_say(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text(
        "[mypy]\nstrict = True\nenable_error_code = explicit-override, truthy-bool, "
        "ignore-without-code, redundant-expr\n"
        "mypy_path = "
        f"{ROOT / 'schema'}:{ROOT / 'codegen'}:{ROOT / 'runtime'}\nexplicit_package_bases = "
        "True\nfollow_imports = silent\n"
        f"cache_dir = {ROOT / '.mypy_cache' / 'golden'}\n"
    )
    checked = run(sys.executable, "-m", "mypy", "--config-file", str(config), str(GOLDEN))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{8 * len(NAMES)} source files" in checked.stdout


def test_pyright_strict_has_nothing_to_say(tmp_path: Path) -> None:
    config = tmp_path / "pyrightconfig.json"
    settings = {
        "typeCheckingMode": "strict",
        "reportImplicitOverride": True,
        "include": [os.path.relpath(GOLDEN, tmp_path)],  # absolute ones are ignored
        "extraPaths": [str(ROOT / each) for each in ("schema", "codegen", "runtime")],
        "pythonVersion": "3.11",
    }
    config.write_text(json.dumps(settings))
    checked = run(
        sys.executable,
        "-m",
        "pyright",
        "--pythonpath",
        sys.executable,
        "--project",
        str(config),
        "--outputjson",
    )
    report = json.loads(checked.stdout)
    assert report["generalDiagnostics"] == []
    assert report["summary"]["filesAnalyzed"] == 8 * len(NAMES)


def test_no_suppression_stands_in_generated_code() -> None:
    for path in GOLDEN.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for suppression in ("type: ignore", "pyright:", "noqa", "fmt:"):
            assert suppression not in text, path


def test_the_same_schema_gives_the_same_bytes_under_any_hash_seed() -> None:
    script = (
        "import sys; from pathlib import Path; from ackord.schema import load_contract; from "
        "ackord.codegen import generate\n"
        "for name in sys.argv[1:]:\n"
        "    result = load_contract(Path(name)); assert result.contract is not None\n"
        "    for file, text in generate(result.contract, source='schema.yaml')"
        ".items(): print(file, text)\n"
    )
    schemas = [str(GOLDEN / name / "schema.yaml") for name in NAMES]
    # This process has a random seed.
    assert run(sys.executable, "-c", script, *schemas, seed="12345").stdout == "".join(
        f"{file} {text}\n" for name in NAMES for file, text in files_of(name).items()
    )


def test_the_header_names_the_source_and_no_hash_directory_date_or_release() -> None:
    first = "# Generated by `ackord generate` from schema.yaml for codegen API 1; do not edit."
    for file, text in files_of("chat").items():
        if file.endswith(".py"):
            assert text.splitlines()[0] == first
        assert str(ROOT) not in text
        assert re.search(r"[0-9a-f]{32}", text) is None
