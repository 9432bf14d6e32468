"""examples/auction can be copied out of the repository: the copy is checked, tested and served."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from ackord.runtime.client import ClientSocket, connect

from tests.node.required import require_node
from tests.node.toolchain import MODULES

ROOT = Path(__file__).resolve().parents[2]
AUCTION = ROOT / "examples/auction"
INSTRUCTION = re.compile(r"^([A-Z]+) (.+)$", re.MULTILINE)
SCRIPTS = json.loads((AUCTION / "package.json").read_text(encoding="utf-8"))["scripts"]
PACKAGES = ("contract", "page/contract")
BIDDERS = 12


def copy(folder: Path) -> Path:
    """Copy what is committed, or will be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=AUCTION,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(AUCTION / name, folder / name)
    return folder


def environment(**more: str) -> dict[str, str]:
    """The programs of this environment; pip installs nothing that isn't here."""
    programs = (Path(sys.executable).parent, MODULES / ".bin", Path(require_node()).parent)
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    cache = str(ROOT / ".mypy_cache/auction")
    return {**os.environ, "PATH": path, "MYPY_CACHE_DIR": cache, "PIP_NO_INDEX": "1", **more}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = copy(tmp_path_factory.mktemp("auction"))
    (project / "node_modules").symlink_to(MODULES)
    for package in PACKAGES:
        shutil.rmtree(project / package)
    subprocess.run(["ackord", "generate"], cwd=project, env=environment(), check=True)
    return project


@pytest.mark.parametrize("package", PACKAGES)
def test_generating_again_changes_nothing(project: Path, package: str) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    assert files(project / package) == files(AUCTION / package)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        "ackord lint",
        "ackord format --check",
        "mypy .",
        f"pyright --pythonpath {sys.executable}",
        "python -m pytest -q -p no:randomly -p no:cacheprovider",
        SCRIPTS["check"],
    ],
)
def test_the_copy_passes_its_checks(project: Path, command: str) -> None:
    done = subprocess.run(
        shlex.split(command),
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_page_is_what_its_sources_give(project: Path) -> None:
    built = project / "web/auction.js"
    built.unlink()
    subprocess.run(shlex.split(SCRIPTS["build"]), cwd=project, env=environment(), check=True)
    assert built.read_bytes() == (AUCTION / "web/auction.js").read_bytes(), "run `make page`"


def test_the_image_serves_bidders_in_two_processes(tmp_path: Path) -> None:
    """What the Dockerfile says is done without Docker, in a folder in place of the image's."""
    (context := tmp_path / "context").mkdir()
    (image := tmp_path / "image").mkdir()
    variables, command = follow(copy(context), image)
    assert command[-2:] == ["--workers", "2"]
    asyncio.run(bid_at_once(image, {**variables, "EXPLORER": "1"}, command))


def follow(context: Path, image: Path) -> tuple[Mapping[str, str], list[str]]:
    """Do what a Dockerfile says; return the variables and the command of its image."""
    text = (context / "Dockerfile").read_text(encoding="utf-8")
    instructions = INSTRUCTION.findall(text)
    assert len(instructions) == len([line for line in text.splitlines() if line])
    variables: dict[str, str] = {}
    command: list[str] = []
    for instruction, argument in instructions:
        match instruction:
            case "COPY":
                source, target = argument.split()
                assert target == "."
                copied = context / source
                if copied.is_dir():
                    shutil.copytree(copied, image, dirs_exist_ok=True)
                else:
                    shutil.copy(copied, image)
            case "RUN":
                subprocess.run(shlex.split(argument), cwd=image, env=environment(), check=True)
            case "ENV":
                name, _, value = argument.partition("=")
                variables[name] = value
            case "CMD":
                command = json.loads(argument)
            case _:
                assert instruction in {"FROM", "WORKDIR", "VOLUME", "USER", "EXPOSE"}
    return variables, command


@asynccontextmanager
async def serving(
    folder: Path, variables: Mapping[str, str], command: list[str]
) -> AsyncGenerator[str]:
    """Run the command of an image on a free port of this machine; give its URL."""
    words = ["0" if word == "8000" else word for word in command]
    server = await asyncio.create_subprocess_exec(
        *words, cwd=folder, env=environment(**variables), stderr=asyncio.subprocess.PIPE
    )
    assert server.stderr is not None
    try:
        async with asyncio.timeout(60):
            log = [(await server.stderr.readline()).decode()]
        found = re.search(r"listens on http://0\.0\.0\.0:(\d+)", log[0])
        assert found, log
        yield f"http://127.0.0.1:{found[1]}"
        server.send_signal(signal.SIGTERM)
        assert await server.stderr.read() == b""
        assert await server.wait() == 0
    finally:
        if server.returncode is None:
            server.kill()
            await server.wait()


async def bid_at_once(folder: Path, variables: Mapping[str, str], command: list[str]) -> None:
    async with (
        serving(folder, variables, command) as url,
        httpx.AsyncClient(base_url=url) as browser,
        AsyncExitStack() as stack,
    ):
        page = await browser.get("/")
        assert 'src="auction.js"' in page.text
        explored = (await browser.get("/explorer/contract.json")).json()
        assert [each["name"] for each in explored["contracts"]] == ["auction"]

        async def enter(user: str, *, sells: bool = False) -> ClientSocket:
            answer = await browser.post("/login", json={"user": user, "sells": sells})
            client = connect(f"{url}/auction", auth={"token": answer.json()})
            return await stack.enter_async_context(client)

        seller = await enter("sue", sells=True)
        picture = {"mime": "image/png", "data": b"\x89PNG"}
        lot = await seller.emit_with_ack("offer", "A lamp", 500, 5, picture)
        shown = await browser.get(f"/pictures/{lot['id']}")
        assert (shown.headers["content-type"], shown.content) == ("image/png", b"\x89PNG")

        # Connections are spread over both processes.
        bidders = [await enter(f"bidder {number}") for number in range(BIDDERS)]
        placed: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in bidders]
        for bidder, heard in zip(bidders, placed, strict=True):
            bidder.on("bid_placed", partial(note_amount, heard))
            await bidder.emit_with_ack("watch", lot["id"])
        for amount in (500, 600, 700):
            await bid_the_same(bidders, lot["id"], amount)
        watched = await seller.emit_with_ack("watch", lot["id"])
        amounts = [bid["amount"] for bid in watched["bids"]]
        assert (amounts, watched["lot"]["bids"]) == ([700, 600, 500], 3)
        async with asyncio.timeout(30):
            for heard in placed:
                assert sorted([await heard.get() for _ in amounts]) == sorted(amounts)


def note_amount(heard: asyncio.Queue[int], _: int, bid: dict[str, Any]) -> None:
    heard.put_nowait(bid["amount"])


async def bid_the_same(bidders: list[ClientSocket], lot: int, amount: int) -> None:
    """All bid the same amount at once: one bid is taken, all others are too low."""
    answers: list[Any] = await asyncio.gather(
        *(bidder.emit_with_ack("bid", lot, amount) for bidder in bidders)
    )
    errors = [answer["error"] for answer in answers if "error" in answer]
    assert {(each["code"], each["data"]["least"]) for each in errors} == {("too_low", amount + 100)}
    assert len(errors) == len(bidders) - 1
