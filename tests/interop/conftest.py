"""Real processes for the interop tests: the chat's server, and Node with npm's packages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.hosts import Hosting
from tests.node.required import require_node

ROOT: Final = Path(__file__).resolve().parents[2]
NODE_SCRIPTS: Final = ROOT / "tests" / "node"
LONGEST_RUN: Final = 200.0
"""Seconds after which a script is killed."""


class NodeScripts:
    """Runs the scripts of tests/node."""

    def __init__(self, node: str) -> None:
        self._node = node

    def observe(self, script: str, *arguments: str, timeout: float = LONGEST_RUN) -> dict[str, Any]:
        """Run `script` to its end; return what it observed, one JSON object by the name of each
        step.
        """
        return _observe([self._node, str(NODE_SCRIPTS / script), *arguments], timeout)

    @contextmanager
    def serving(self, script: str, *arguments: str) -> Generator[str]:
        """Run a server that prints ``listening PORT``; give its URL."""
        command = [self._node, str(NODE_SCRIPTS / script), *arguments]
        with serving_process(command) as line:
            yield f"http://127.0.0.1:{line.split()[1]}"


def observe_python(module: str, *arguments: str) -> dict[str, Any]:
    """Run ``python -m module`` to its end; return what it observed, as `NodeScripts.observe`
    does.
    """
    return _observe([sys.executable, "-m", module, *arguments])


def _observe(command: list[str], timeout: float = LONGEST_RUN) -> dict[str, Any]:
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode != 0:
        pytest.fail(f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return {
        name: value
        for line in done.stdout.strip().split("\n")
        for name, value in json.loads(line).items()
    }


@contextmanager
def serving_process(command: list[str]) -> Generator[str]:
    """Start a server; give the first line that it prints; end it."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                process.wait(timeout=10)
                errors.seek(0)
                pytest.fail(f"{command} did not start\n{errors.read()}")
            yield line
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


@contextmanager
def serving_python(module: str, hosting: Hosting, *arguments: str) -> Generator[str]:
    """Run ``python -m module --hosting HOSTING``, a server that prints ``listening PORT``; give its
    URL.
    """
    with serving_module(module, "--hosting", hosting, *arguments) as url:
        yield url


@contextmanager
def serving_module(module: str, *arguments: str) -> Generator[str]:
    """Run ``python -m module``, a server that prints ``listening PORT``; give its URL."""
    with serving_process([sys.executable, "-m", module, *arguments]) as line:
        yield f"http://127.0.0.1:{line.split()[1]}"


@pytest.fixture(scope="session")
def node() -> NodeScripts:
    """Node with npm's packages, or a skip that says how to get them."""
    return NodeScripts(require_node())


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path, or a skip."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        path = shutil.which(name)
        if path is not None:
            return path
    pytest.skip("Chromium was not found; on Debian and Ubuntu: apt install chromium")


@pytest.fixture(scope="module", params=list(Hosting))
def hosting(request: pytest.FixtureRequest) -> Hosting:
    """How the server is hosted; each test that takes this fixture runs with each way."""
    return Hosting(request.param)


@pytest.fixture(scope="module")
def chat_url(hosting: Hosting) -> Iterator[str]:
    """The URL of a chat server of its own process, fresh for each module."""
    with serving_python("tests.interop.chat_server", hosting) as url:
        yield url
