"""The terminal client of the chat, as somebody types into it."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import pytest
from ackord.runtime.hosting import configure

from examples.chat import client
from examples.chat.server import make_server

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def talk(*sessions: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Run one client after the other against one chat: name, room and what is typed; return their
    exit codes.
    """
    host = configure(make_server().asgi(), port=0)
    serving = asyncio.create_task(host.serve())
    while not host.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    url = f"http://127.0.0.1:{host.port}"
    try:
        codes: list[int] = []
        for name, room, typed in sessions:
            monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
            codes.append(await client.run(url, name, room))
        return codes
    finally:
        host.should_exit = True
        await serving


def test_lines_are_sent_commands_done_and_mistakes_explained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "view.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("no picture")
    typed = (
        f"hello\n\n/rooms\n{'x' * 2001}\n/image {tmp_path}/view.png\n"
        f"/image {tmp_path}/notes.txt\n/image {tmp_path}/none.png\nbye\n"
    )
    codes = asyncio.run(
        talk(("ada", "lobby", typed), ("bob", "lobby", "/quit\n"), monkeypatch=monkeypatch)
    )
    assert codes == [0, 0]
    ada, _, bob = capsys.readouterr().out.partition("* in #lobby: bob")
    assert ada.splitlines() == [
        "* in #lobby: ada (/image FILE, /rooms, /quit)",
        "* #lobby (1)",
        "! text: String should have at most 2000 characters",
        "! mime: Input should be 'image/png', 'image/jpeg', 'image/gif' or 'image/webp'",
        f"! [Errno 2] No such file or directory: '{tmp_path}/none.png'",
    ]
    assert [line.partition(" ada: ")[2] for line in bob.splitlines()[1:]] == [
        "hello",
        f"[image/png, {len(PNG)} bytes] view.png",
        "bye",
    ]


@pytest.mark.parametrize(
    ("name", "room", "message"),
    [
        ("", "lobby", "! name: String should have at least 1 character"),
        (
            "ada",
            "No Room",
            "! arguments of 'join': room: String should match pattern '^[a-z0-9-]{1,32}$'",
        ),
    ],
)
def test_who_cannot_enter_is_told_why(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    room: str,
    message: str,
) -> None:
    assert asyncio.run(talk((name, room, ""), monkeypatch=monkeypatch)) == [1]
    assert capsys.readouterr().out == f"{message}\n"


def test_a_server_that_is_away_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(client.run("http://127.0.0.1:9", "ada", "lobby")) == 1
    assert capsys.readouterr().out.startswith("! can't connect to ws://127.0.0.1:9/socket.io/: ")
