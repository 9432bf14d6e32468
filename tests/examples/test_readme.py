"""What the README shows works: its schema is generated, its Python is type-checked and run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ACKORD = (sys.executable, "-c", "from ackord.codegen.main import main; main()")
DRIVER = """
import asyncio
import runpy
import sys

import uvicorn
from server import app


async def serve() -> None:
    server = uvicorn.Server(uvicorn.Config(app, port=8000, log_level="warning", ws="websockets-sansio"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    script = open("client.py").read().replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    client = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    code = await client.wait()
    server.should_exit = True
    await task
    sys.exit(code)


asyncio.run(serve())
""".replace("port=8000", "port=0")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```\n", README, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    shown = dict(zip(("server.py", "client.py"), blocks("python"), strict=True)) | {
        "tasks.yaml": blocks("yaml")[0]
    }
    for name, content in shown.items():
        assert f"`{name}`" in README
        (folder / name).write_text(content, encoding="utf-8")
    done = subprocess.run(
        [*ACKORD, "generate", "tasks.yaml", "--out", "tasks"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_its_python_passes_mypy_strict(folder: Path) -> None:
    cache = ROOT / ".mypy_cache" / "readme"
    options = ["--strict", "--config-file=", f"--cache-dir={cache}"]
    command = [sys.executable, "-m", "mypy", *options, "server.py", "client.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_its_server_and_client_talk(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    run_client = next(block for block in blocks("sh") if block.startswith("python client.py\n"))
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        re.findall(r"(?m)^# (.*)$", run_client),
    ), done.stderr
