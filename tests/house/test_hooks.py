"""The hooks for pre-commit and the action for GitHub: their commands are run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.codegen.test_cli import ackord

ROOT: Final = Path(__file__).resolve().parents[2]
GIT: Final = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")  # fmt: skip


def read(name: str) -> Any:
    loader: Any = YAML(typ="safe")
    return loader.load((ROOT / name).read_text(encoding="utf-8"))


HOOKS: Final[dict[str, dict[str, Any]]] = {hook["id"]: hook for hook in read(".pre-commit-hooks.yaml")}  # fmt: skip
STEPS: Final[dict[str, dict[str, Any]]] = {
    step["name"]: step for step in read("action.yml")["runs"]["steps"] if "run" in step
}


def run(command: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def git(cwd: Path, *arguments: str) -> str:
    done = run([*GIT, *arguments], cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "chat"
    assert ackord("init", directory).returncode == 0
    git(directory, "init", "--quiet")
    git(directory, "add", ".")
    git(directory, "commit", "--quiet", "-m", "a")
    return directory


def change(project: Path, old: str, new: str) -> None:
    schema = project / "chat.yaml"
    text = schema.read_text(encoding="utf-8")
    assert old in text
    schema.write_text(text.replace(old, new), encoding="utf-8")


CHANGES: Final = {
    "ackord-check": ("version: 0.1.0", "version: 0.2.0"),
    "ackord-lint": (", max_length: 500", ""),
    "ackord-format": ("name: chat", "name:  chat"),
    "ackord-breaking": ("      post:\n", "      send:\n"),
}
"""What each hook must object to."""


@pytest.mark.parametrize(
    "name", CHANGES
)  # fmt: skip
def test_each_hook_passes_and_objects(project: Path, name: str) -> None:
    hook = HOOKS[name]
    assert hook["language"] == "python"
    assert hook["pass_filenames"] is False
    assert hook.get("always_run") or re.search(hook["files"], "deep/chat.yaml")
    command = [*shlex.split(hook["entry"]), *hook.get("args", [])]
    passed = run(command, project)
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert git(project, "status", "--porcelain") == ""
    change(project, *CHANGES[name])
    objected = run(command, project)
    if name == "ackord-format":  # pre-commit fails if a hook has changed a file
        assert objected.returncode == 0
        assert git(project, "status", "--porcelain") == ""
    else:
        assert objected.returncode == 100


def test_there_are_no_other_hooks_and_steps() -> None:
    assert HOOKS.keys() == CHANGES.keys()
    assert list(STEPS) == ["install", "lint", "check", "fetch", "breaking"]
    inputs = read("action.yml")["inputs"]
    for step in STEPS.values():
        # A value of the pull request's author must not become a part of the script.
        assert "${{" not in step["run"]
        for value in step["env"].values():
            assert set(re.findall(r"inputs\.([a-z-]+)", value)) <= inputs.keys()


def step(name: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    assert environment.keys() == STEPS[name]["env"].keys()
    output = cwd.parent / "output"
    return run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
        cwd,
        GITHUB_OUTPUT=str(output),
        **environment,
    )


@pytest.mark.parametrize("schemas", ["", "\n  \nchat.yaml\n"])
def test_the_action_annotates_what_lint_finds_and_checks_the_packages(
    project: Path, schemas: str
) -> None:
    for name in ("lint", "check"):
        done = step(name, project, SCHEMAS=schemas)
        assert done.returncode == 0, done.stderr
    change(project, *CHANGES["ackord-lint"])
    linted = step("lint", project, SCHEMAS=schemas)
    assert linted.returncode == 100
    assert linted.stdout.startswith("::warning ")
    assert "file=chat.yaml" in linted.stdout
    assert step("check", project, SCHEMAS=schemas).returncode == 100


def shallow(project: Path) -> tuple[Path, str]:
    """Return a checkout with only the newest commit, and the commit before."""
    old = git(project, "rev-parse", "HEAD")
    change(project, *CHANGES["ackord-breaking"])
    git(project, "commit", "--quiet", "--all", "-m", "b")
    checkout = project.parent / "checkout"
    git(project.parent, "clone", "--quiet", "--depth=1", project.as_uri(), str(checkout))
    return checkout, old


def test_the_action_fetches_the_base_into_a_shallow_checkout(project: Path) -> None:
    checkout, old = shallow(project)
    for against in (old, "main"):
        done = step("fetch", checkout, AGAINST=against)
        assert done.returncode == 0, done.stderr
    new = git(checkout, "rev-parse", "HEAD")
    output = (checkout.parent / "output").read_text()
    assert output == f"commit={old}\ncommit={new}\n"
    assert step("fetch", checkout, AGAINST="nothing").returncode != 0


@pytest.mark.parametrize("rollout", ["", "old_clients\n"])
def test_the_action_annotates_whom_a_change_breaks(project: Path, rollout: str) -> None:
    checkout, old = shallow(project)
    assert step("fetch", checkout, AGAINST=old).returncode == 0
    for schemas in ("", "chat.yaml"):
        done = step("breaking", checkout, SCHEMAS=schemas, ROLLOUT=rollout, COMMIT=old)
        assert done.returncode == 100, done.stderr
        assert "::error " in done.stdout
        assert "file=chat.yaml" in done.stdout
