"""The Python snippets of docs/api.md print what the page says."""

from __future__ import annotations

import asyncio
import re
import textwrap
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ackord.runtime.client import ClientSocket, connect
from ackord.runtime.errors import AckTimeoutError, ConnectRefusedError
from ackord.runtime.server import BroadcastTimeoutError, RefusalReply, Server, Socket
from ackord.runtime.testing import Link, run

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SORTED = {"Rooms"}
"""Sections whose output is sorted by client."""


class Section(NamedTuple):
    title: str
    server: str
    client: str
    output: str


def sections() -> list[Section]:
    found: list[Section] = []
    for part in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, body = part.partition("\n")
        blocks = [(language, code) for language, code in FENCE.findall(body) if language != "js"]
        if not blocks:
            continue
        code = [code for language, code in blocks if language == "python"]
        (server,) = [one for one in code if one.startswith("# server\n")]
        (client,) = [one for one in code if one.startswith("# client\n")]
        (output,) = [code for language, code in blocks if language == "text"]
        assert len(blocks) == 3, title
        found.append(Section(title, server, client, output))
    return found


SECTIONS = sections()


def client_function(code: str, names: dict[str, Any]) -> Callable[[], Coroutine[Any, Any, None]]:
    """Make a coroutine function of a client's snippet."""
    exec("async def client():\n" + textwrap.indent(code, "    "), names)  # noqa: S102  # the page is ours
    function: Callable[[], Coroutine[Any, Any, None]] = names["client"]
    return function


async def perform(section: Section, printed: list[str]) -> None:
    def note(*values: object) -> None:
        printed.append(" ".join(str(value) for value in values))

    names: dict[str, Any] = {
        "Any": Any,
        "AckTimeoutError": AckTimeoutError,
        "BroadcastTimeoutError": BroadcastTimeoutError,
        "ClientSocket": ClientSocket,
        "RefusalReply": RefusalReply,
        "ConnectRefusedError": ConnectRefusedError,
        "Socket": Socket,
        "asyncio": asyncio,
        "print": note,
        "server": Server(),
    }
    exec(section.server, names)  # noqa: S102  # the page is ours
    server: Server = names["server"]
    linked = partial(connect, connector=Link(server))
    names["connect"] = linked
    client = client_function(
        section.client.replace("from ackord.runtime.client import connect\n", ""), names
    )
    if "connect(" in section.client:
        await client()
    else:
        async with linked("http://localhost:3000") as socket:
            names["socket"] = socket
            await client()
            await asyncio.sleep(20)
    await asyncio.sleep(20)
    await server.close()


@pytest.mark.parametrize("section", SECTIONS, ids=[section.title for section in SECTIONS])
def test_the_snippets_print_what_the_page_says(section: Section) -> None:
    printed: list[str] = []
    run(perform(section, printed))
    if section.title in SORTED:
        printed.sort(key=lambda line: line.split(" ", 1)[0])
    assert "\n".join(printed) + "\n" == section.output


def test_the_page_has_all_sections() -> None:
    assert len(SECTIONS) >= 25
