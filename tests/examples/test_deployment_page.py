"""The files of docs/how-to/deployment.md start the application, and stop it without losing answers."""

from __future__ import annotations

import asyncio
import configparser
import json
import re
import shlex
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml
from ackord.runtime.client import connect

from tests.examples.test_tutorial import BLOCK, ROOT, free_port, new_folder, serve

PAGE: Final = (ROOT / "docs/how-to/deployment.md").read_text(encoding="utf-8")
FILES: Final = {title: content for _, title, content in BLOCK.findall(PAGE)}
SERVICE, MANIFEST = FILES["app.service"], list(yaml.safe_load_all(FILES["app.k8s.yaml"]))
POD: Final[dict[str, Any]] = MANIFEST[0]["spec"]["template"]
CONTAINER: Final[dict[str, Any]] = POD["spec"]["containers"][0]


def systemd() -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its documentation says
    parser.read_string(SERVICE)
    return dict(parser["Service"])


def docker() -> list[str]:
    command: list[str] = json.loads(FILES["Dockerfile"].rpartition("\nCMD ")[2])
    return command


COMMANDS: Final = {
    "systemd": shlex.split(systemd()["ExecStart"].removeprefix("/srv/app/.venv/bin/")),
    "docker": docker(),
    "kubernetes": CONTAINER["args"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_each_starts_the_application_and_stops_without_losing_an_answer(
    name: str, tmp_path: Path
) -> None:
    (new_folder(tmp_path) / "app.py").write_text(FILES["app.py"], encoding="utf-8")
    with running(COMMANDS[name], tmp_path) as (server, url):
        for probe in ("readinessProbe", "livenessProbe"):
            assert httpx.get(url + CONTAINER[probe]["httpGet"]["path"]).json() == "ok"
        assert asyncio.run(ask_and_stop(url, server)) == "done"
        # A single process ends by the signal itself, as uvicorn does.
        assert server.wait(timeout=30) in {0, -signal.SIGTERM}


async def ask_and_stop(url: str, server: subprocess.Popen[str]) -> Any:
    """Stop the server while a handler runs; return its answer."""
    async with connect(url, reconnection=False) as client:
        answer = asyncio.create_task(client.emit_with_ack("report"))
        await asyncio.sleep(0.2)
        server.send_signal(signal.SIGTERM)
        return await answer


@contextmanager
def running(command: list[str], folder: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    arguments = (
        shlex.join(command).replace("8000", str(port)).replace("0.0.0.0", "127.0.0.1")
    )  # what the files have
    server = serve(arguments, folder, port)
    try:
        yield server, f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def test_what_stops_the_process_waits_longer_than_the_drain() -> None:
    found = re.search(r"drain_timeout=(\d+)", FILES["app.py"])
    assert found is not None
    pause = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][1])
    assert int(systemd()["TimeoutStopSec"]) > int(found[1])
    assert POD["spec"]["terminationGracePeriodSeconds"] > pause + int(found[1])


def test_the_manifest_fits_itself_and_the_application() -> None:
    deployment, service = MANIFEST
    assert deployment["spec"]["selector"]["matchLabels"] == POD["metadata"]["labels"]
    assert service["spec"]["selector"] == POD["metadata"]["labels"]
    assert service["spec"]["ports"][0]["targetPort"] == CONTAINER["ports"][0]["containerPort"]
    assert all(f'"{each["name"]}"' in FILES["app.py"] for each in CONTAINER["env"])
