"""What works without the extras, and what is said where one is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {
    "codegen": ("jinja2", "yaml", "click"),
    "server": ("httptools", "uvicorn", "uvloop", "websockets"),
    "client": ("websockets",),
}
WITHOUT = """
import importlib.abc, sys

class Without(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        if fullname.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"No module named {{fullname!r}}", name=fullname)

sys.meta_path.insert(0, Without())
"""
IN_MEMORY = """
from ackord.runtime.server import Server
from ackord.runtime.testing import Link, run
from tests.bench.contract import BenchClient
from tests.bench.servers.application import Bench

async def scenario():
    server = Server()
    server.register(Bench())
    async with BenchClient("http://test", connector=Link(server)) as client:
        assert client.connected

run(scenario())
"""


def python(code: str, *missing: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format(missing=missing) + code
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_servers_clients_and_tests_of_both_need_no_extra() -> None:
    done = python(IN_MEMORY, *(package for extra in EXTRAS.values() for package in extra))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("extra", "code", "message"),
    [
        ("codegen", "from ackord.codegen.main import main; main()", "the command line needs"),
        (
            "server",
            "from ackord.runtime.server import Server; Server().run()",
            "Server.run needs the package uvicorn",
        ),
        (
            "client",
            (
                "import asyncio, ackord.runtime.client as client; "
                "asyncio.run(client.connect('http://127.0.0.1:9').connect())"
            ),
            "a client needs the package websockets",
        ),
    ],
)
def test_whoever_misses_an_extra_is_told_its_name(extra: str, code: str, message: str) -> None:
    done = python(code, *EXTRAS[extra])
    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    assert f"pip install 'ackord[{extra}]'" in done.stderr.splitlines()[-1]
