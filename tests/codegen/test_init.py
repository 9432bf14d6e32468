"""``ackord init``: the project that it writes works at once."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.codegen.test_cli import ackord

FILES = [".gitignore", "README.md", "client.py", "contract", "my_chat.yaml", "pyproject.toml", "server.py", "test_server.py"]  # fmt: skip


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


@pytest.mark.slow
def test_the_project_passes_its_checks_and_its_server_and_client_talk(tmp_path: Path) -> None:
    done = ackord("init", "My Chat", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "My Chat"
    assert sorted(path.name for path in project.iterdir()) == FILES
    assert done.stdout.endswith(
        "\nnext:\n  cd 'My Chat'\n  python server.py   # then open http://127.0.0.1:8000/explorer and try it\n  python client.py   # in another terminal\n  pytest\n"
    )
    for verb in ("check", "lint", "validate"):
        assert ackord(verb, cwd=project).returncode == 0
    assert ackord("format", "--check", cwd=project).returncode == 0
    run("pytest", "-q", "-p", "no:randomly", cwd=project)
    run("mypy", "--strict", ".", cwd=project)
    run("pyright", "--pythonpath", sys.executable, cwd=project)
    run("ruff", "format", "--check", "--isolated", ".", cwd=project)
    port = free_port()
    environment = {**os.environ, "SERVER": f"http://127.0.0.1:{port}", "PORT": port}
    with subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=project,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stderr is not None
            started = next(line for line in server.stderr if port in line)
            assert f"explorer at http://127.0.0.1:{port}/explorer" in started
            shown = httpx.get(f"http://127.0.0.1:{port}/explorer/contract.json").json()
            assert [each["name"] for each in shown["contracts"]] == ["my_chat"]
            for number in (1, 2):
                client = subprocess.run(
                    [sys.executable, "client.py"],
                    cwd=project,
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                assert sorted(client.stdout.splitlines()) == [
                    f"mine is post {number}",
                    f"post {number}: hello",
                ]
        finally:
            server.terminate()


def test_no_existing_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text("mine")
    (tmp_path / "contract").mkdir()
    done = ackord("init", "--name", "chat", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: server.py exists already\nerror: contract exists already\n"
        "error: nothing was written; name another directory, or move these\n"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["contract", "server.py"]
    (tmp_path / "file").touch()
    assert ackord("init", tmp_path / "file").returncode == 1


def test_a_project_with_another_pyproject_gets_its_configuration_in_a_file_of_its_own(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ackord]\n")
    done = ackord("init", "--name", "chat", cwd=tmp_path)
    assert "error: pyproject.toml exists already\n" in done.stderr
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    done = ackord("init", "--name", "chat", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pyproject.toml").read_text() == "[project]\nname = 'x'\n"
    assert "wrote ackord.toml\n" in done.stdout
    assert ackord("check", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("directory", "name", "code"),
    [
        ("team-chat.v2", "team_chat_v2", 0),
        ("2chat", None, 2),
        ("чат", None, 2),
        ("server", "server", 0),
        ("None", "none", 0),
    ],
)
def test_the_name_of_the_contract_comes_from_the_directory(
    tmp_path: Path, directory: str, name: str | None, code: int
) -> None:
    done = ackord("init", directory, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    if name is None:
        assert not (tmp_path / directory).exists()
        assert "--name" in done.stderr
    else:
        project = tmp_path / directory
        assert f"name: {name}\n" in (project / f"{name}.yaml").read_text()
        run("compileall", "-q", ".", cwd=project)
        run("pytest", "-q", "-p", "no:randomly", cwd=project)
    assert ackord("init", "a", "--name", "No", cwd=tmp_path).returncode == 2
