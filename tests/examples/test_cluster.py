"""The servers of examples/cluster/compose.yaml work together: its commands run on this machine, with
other addresses.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from ackord.runtime.client import Manager

from tests.interop.cluster.test_proxies import TLS
from tests.ports import await_port, free_port
from tests.proxies import configuration, serving_proxy
from tests.redis import require_redis
from tests.runtime.hosting.test_tls import CERTIFICATE, KEY

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

FOLDER: Final = Path(__file__).resolve().parents[2] / "examples" / "cluster"
SERVICES: Final[dict[str, Any]] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))[
    "services"
]


def replaced(text: str, ports: Mapping[str, int]) -> str:
    """Put addresses of this machine in place of names of services and of Docker's networks."""
    for name, port in ports.items():
        text = text.replace(f"//{name}:6379", f"//127.0.0.1:{port}")
    return text.replace("172.16.0.0/12", "127.0.0.1")


def command_of(name: str, ports: Mapping[str, int]) -> list[str]:
    """Return the command of a service, with the port that it has here."""
    program, *arguments = shlex.split(SERVICES[name]["command"])
    if program == "redis-server":
        return [require_redis(), *arguments, "--port", str(ports[name])]
    assert program == "ackord"
    there = {"0.0.0.0": "127.0.0.1", "8000": str(ports[name])}  # Docker's
    return [str(Path(sys.executable).with_name(program)), *(there.get(a, a) for a in arguments)]


@contextmanager
def running(name: str, ports: Mapping[str, int], folder: Path) -> Generator[None]:
    """Run a service until it listens."""
    environment = {
        key: replaced(value, ports) for key, value in SERVICES[name].get("environment", {}).items()
    }
    where = FOLDER if "build" in SERVICES[name] else folder
    with (folder / name).open("wb") as said:
        process = subprocess.Popen(
            command_of(name, ports),
            cwd=where,
            env=os.environ | environment,
            stdout=said,
            stderr=said,
        )
        try:
            await_port(ports[name], process, folder / name)
            yield
        finally:
            process.terminate()
            process.wait()


def test_what_a_client_says_is_heard_by_the_clients_of_both_servers(tmp_path: Path) -> None:
    async def scenario(port: int) -> None:
        servers: set[str] = set()
        async with AsyncExitStack() as stack:
            told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
            clients = 0

            def hear(who: str, what: str, _offset: str) -> None:
                told.put_nowait((who, what))

            while len(servers) < 2:
                manager = await stack.enter_async_context(
                    Manager(f"https://localhost:{port}", ssl=TLS)
                )
                client = manager.socket("/")
                client.on("said", hear)
                await stack.enter_async_context(client)
                clients += 1
                servers.add(await client.emit_with_ack("say", "hi"))
                for _ in range(clients):
                    assert await told.get() == ("127.0.0.1", "hi")

    assert set(SERVICES) == {"redis", "one", "two", "nginx"}
    assert "COPY server.py" in (FOLDER / "Dockerfile").read_text("utf-8")
    ports = {name: free_port() for name in SERVICES}
    (tmp_path / "site.pem").write_text(KEY + CERTIFICATE, "ascii")
    here = {f"{name}:8000": f"127.0.0.1:{ports[name]}" for name in ("one", "two")}
    with ExitStack() as stack:
        for name in ("redis", "one", "two"):
            stack.enter_context(running(name, ports, tmp_path))
        text = configuration("nginx", ports["nginx"], tmp_path, here)
        stack.enter_context(serving_proxy("nginx", text, tmp_path, ports["nginx"]))
        asyncio.run(scenario(ports["nginx"]))
