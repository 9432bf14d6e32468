"""What docs/client.md shows works: each example runs, and prints what stands below it."""

from __future__ import annotations

import ast
import asyncio
import inspect
import io
import re
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import redirect_stdout
from functools import partial
from importlib import import_module
from typing import Any

import pytest
import uvicorn

from tests.examples.test_readme import ACKORD, ROOT, blocks

PAGE = (ROOT / "docs/client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)


async def lose_the_connection(client: Any) -> None:
    """Cut the connection of a client, as a network does it."""
    # The server has an event loop of its own, in another thread.
    (socket,) = NAMESPACE["server"].of("/tasks").sockets.values()
    socket.conn.loop.call_soon_threadsafe(
        partial(socket.conn.close, discard=True, reason="transport error")
    )
    while client.connected:  # noqa: ASYNC110  # whatever turn of the loop it is
        await asyncio.sleep(0.001)


NAMESPACE: dict[str, Any] = {"lose_the_connection": lose_the_connection}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Generator[int]:
    """Generate the README's contract and serve it, in this process so that examples can reach in."""
    folder = tmp_path_factory.mktemp("client")
    (folder / "tasks.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
    (folder / "served.py").write_text(blocks("python")[0], encoding="utf-8")
    generate = [*ACKORD, "generate", "tasks.yaml", "--out", "tasks"]
    subprocess.run(generate, cwd=folder, check=True, capture_output=True)
    sys.path.insert(0, str(folder))
    served = import_module("served")
    NAMESPACE["server"] = served.server
    server = uvicorn.Server(
        uvicorn.Config(served.app, port=0, log_level="warning", ws="websockets-sansio")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()
    sys.path.remove(str(folder))
    for name in [each for each in sys.modules if each.partition(".")[0] in {"served", "tasks"}]:
        del sys.modules[name]


def perform(code: str, printed: io.StringIO) -> None:
    """Run an example, in which ``await`` may stand anywhere."""
    compiled = compile(code, "docs/client.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    with redirect_stdout(printed):
        result = eval(compiled, NAMESPACE)  # noqa: S307  # our own page
        if inspect.iscoroutine(result):
            asyncio.run(result)


def test_the_examples_print_what_the_page_says(port: int) -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == PAGE.count("```text")
    for code, expected in EXAMPLES:
        printed = io.StringIO()
        perform(code.replace("127.0.0.1:8000", f"127.0.0.1:{port}"), printed)
        assert printed.getvalue() == expected, code
