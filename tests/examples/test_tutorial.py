"""What the tutorial shows works: a reader's files are written and a reader's commands run, page by
page, and print what the pages say.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from tests.node.toolchain import MODULES, find_node

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/tutorial").glob("[1-9]-*.md"))
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]*)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)
SERVER = "a terminal for the server"
# What the tests have installed already, and where they are already.
INSTALLED = ("mkdir ", "cd ", "python3 -m venv ", ". .venv/", "pip install ", "npm install")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_folder(tmp_path_factory.mktemp("polls"))


def new_folder(folder: Path) -> Path:
    """Give an empty folder the packages of Node that pages install."""
    (folder / "node_modules").symlink_to(MODULES)
    return folder


@pytest.mark.timeout(300)
def test_each_page_works(folder: Path) -> None:
    assert len(PAGES) == 7
    for page in PAGES:
        follow(page, folder)


def follow(page: Path, folder: Path) -> None:
    """Do what a page says, in its order; a server ends with the page, or when the next one starts."""
    port = free_port()
    text = page.read_text(encoding="utf-8").replace("8000", str(port))
    servers: list[subprocess.Popen[str]] = []
    try:
        for language, title, content in BLOCK.findall(text):
            if title == SERVER:
                for server in servers:
                    stop(server)
                servers.clear()
                servers.append(serve(content.removeprefix("$ ").strip(), folder, port))
            elif language == "console":
                status = int(title.removeprefix("exits with ").partition(":")[0]) if title else 0
                for command, printed in commands(content):
                    done = perform(command, folder)
                    assert done.returncode == status, (page.name, command, done)
                    assert printed in {"", done.stdout}, (page.name, command)
            elif title:
                (folder / title).parent.mkdir(exist_ok=True)
                (folder / title).write_text(content, encoding="utf-8")
        for url in re.findall(r"<(http://127.0.0.1:[^>]*)>", text):
            assert httpx.get(url).status_code == 200
    finally:
        for server in servers:
            stop(server)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def commands(content: str) -> Generator[tuple[str, str]]:
    """Yield the commands of a block of a terminal, each with what it prints."""
    for shown in content.removeprefix("$ ").split("\n$ "):
        command, _, printed = shown.partition("\n")
        if not command.startswith(INSTALLED):
            yield command, printed.rstrip("\n") + "\n" if printed.strip() else ""


def environment(folder: Path) -> dict[str, str]:
    programs = (
        Path(sys.executable).parent,
        folder / "node_modules/.bin",
        Path(find_node().path).parent,
    )
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache/tutorial")}


def perform(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command.removeprefix("npx "))
    return subprocess.run(
        words, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )


def serve(command: str, folder: Path, port: int) -> subprocess.Popen[str]:
    """Start a server of a page, and wait until it listens."""
    words = shlex.split(command)
    if words[0] == "uvicorn":
        words += ["--port", str(port)]
    server = subprocess.Popen(words, cwd=folder, env=environment(folder), text=True)
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.02)
    raise AssertionError(f"{command} has ended with {server.returncode}")


def stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(signal.SIGINT)
    assert server.wait(timeout=30) in {0, 1, -signal.SIGINT, 130}
