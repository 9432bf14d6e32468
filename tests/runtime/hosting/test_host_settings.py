"""What a server does about its host: it warns of settings that cost much, and ends a process whose
event loop gets no memory.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from typing import Any

import pytest
from ackord.runtime.adapters import LocalBus
from ackord.runtime.hosting.out_of_memory import EXIT_CODE
from ackord.runtime.server import Server

from tests.hosts import Hosting, host
from tests.runtime.hosting.network import until

PROCESS = """
import asyncio, sys
from ackord.runtime.adapters import LocalBus
from ackord.runtime.hosting.out_of_memory import end_without_memory

def fail():
    raise {error}

async def main():
    loop = asyncio.get_running_loop()
    end_without_memory(loop)
    loop.call_soon(fail)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sys.exit(3)

with asyncio.Runner(loop_factory={factory}) as runner:
    runner.run(main())
"""


@pytest.mark.parametrize("factory", ["None", "__import__('uvloop').new_event_loop"])
@pytest.mark.parametrize(("error", "code"), [("MemoryError", EXIT_CODE), ("LookupError", 3)])
def test_a_process_whose_event_loop_gets_no_memory_ends(
    error: str, code: int, factory: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS.format(error=error, factory=factory)],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert ("gets no memory" in done.stderr) == (code == EXIT_CODE)


@pytest.mark.parametrize(
    ("hosting", "settings", "warns"),
    [
        (Hosting.PLAIN, {}, True),
        (Hosting.PLAIN, {"ws_per_message_deflate": False}, False),
        (Hosting.DIRECT, {"per_message_deflate": True}, False),
    ],
)
def test_compression_that_inflates_ahead_is_warned_of(
    hosting: Hosting, settings: dict[str, Any], caplog: pytest.LogCaptureFixture, *, warns: bool
) -> None:
    async def main() -> None:
        server = host(Server().asgi(), hosting, port=0, **settings)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        server.should_exit = True
        await task

    with caplog.at_level(logging.WARNING):
        asyncio.run(main())
    assert (
        any("--ws-per-message-deflate false" in record.getMessage() for record in caplog.records)
        == warns
    )


class GunicornWorker:
    """The part of uvicorn's worker for gunicorn that uvicorn is given."""

    def __init__(self, workers: int) -> None:
        self.cfg = type("Config", (), {"workers": workers})

    async def callback_notify(self) -> None: ...


@pytest.mark.parametrize(
    ("hosting", "settings", "has_adapter", "warns"),
    [
        (Hosting.PLAIN, {"workers": 4}, False, True),
        (Hosting.PLAIN, {}, False, True),  # WEB_CONCURRENCY says 3
        (Hosting.PLAIN, {"workers": 1}, False, False),
        (Hosting.PLAIN, {"workers": 4}, True, False),
        (Hosting.PLAIN, {"callback_notify": GunicornWorker(4).callback_notify}, False, True),
        (Hosting.PLAIN, {"callback_notify": GunicornWorker(1).callback_notify}, False, False),
        (Hosting.DIRECT, {}, False, False),
    ],
)
def test_a_server_without_an_adapter_that_is_one_of_several_says_so_once(
    hosting: Hosting,
    settings: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_adapter: bool,
    warns: bool,
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "3")

    async def main() -> None:
        options: Any = {"adapter": LocalBus().make_adapter} if has_adapter else {}
        server = host(Server(**options).asgi(), hosting, port=0, **settings)
        task = asyncio.create_task(server.serve())
        await until(lambda: server.started)
        server.should_exit = True
        await task

    asyncio.run(main())
    found = [each for each in caplog.messages if "the host has started for this server" in each]
    assert len(found) == warns
