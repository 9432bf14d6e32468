"""``ackord listen``: what it prints, when it ends, and what it says of the connection."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ackord.runtime.server import Server, Socket

from tests.hosts import Hosting, host
from tests.runtime.cli.conftest import LONG, run

ROOT = Path(__file__).parents[3]
SCHEMA = str(ROOT / "examples/chat/chat.yaml")
EVENTS: list[dict[str, Any]] = [
    {"event": "posted", "args": ["hi", {"image": {"$base64": "AP8="}}]},
    {"event": "typing", "args": [True]},
    {"event": "long", "args": [LONG]},
    {"event": "asked", "args": [1]},
    {"event": "done", "args": []},
]


@pytest.mark.parametrize(
    ("arguments", "events", "code"),
    [
        (["--count", "5"], EVENTS, 0),
        (["-n", "2", "--for", "60"], EVENTS[:2], 0),
        (["done", "typing", "--count", "2"], [EVENTS[1], EVENTS[4]], 0),
        (["--for", "1"], EVENTS, 0),
        (["done", "--for", "0.5", "--count", "2"], [EVENTS[4]], 1),
        (["nothing", "--for", "0.5"], [], 0),
    ],
)
def test_events_are_lines_of_json_until_the_end_that_is_asked_for(
    url: str, arguments: list[str], events: list[object], code: int
) -> None:
    answer = run("listen", url, "/emits", *arguments)
    assert (answer.code, answer.lines, answer.error) == (code, events, "")


@pytest.mark.parametrize(
    ("emitted", "args", "said"),
    [
        (["join 5"], [5], ""),
        (['join -5 {"a": [1]}  "x y"', "join 2"], [-5, {"a": [1]}, "x y"], ""),
        (['"join" {"$base64": "AP8="}'], [{"$base64": "AP8="}], ""),
        (["silent", "join 1"], [1], "ackord: event 'silent': no acknowledgement within 0.5 s\n"),
    ],
)
def test_events_of_its_own_come_first(
    url: str, emitted: list[str], args: list[object], said: str
) -> None:
    options = [part for text in emitted for part in ("--emit", text)]
    answer = run("listen", url, "/rooms", *options, "-n", "1", "-t", "0.5", "--for", "60")
    assert (answer.code, answer.lines, answer.error) == (
        0,
        [{"event": "entered", "args": args}],
        said,
    )


def test_with_a_contract_its_own_events_are_checked(url: str) -> None:
    options = ["/chat", "member_joined", "-c", SCHEMA, "-a", '{"name":"ada"}', "--for", "60"]
    for emitted, code, said in (
        ("join 5", 2, "the arguments of 'join' aren't as declared: room: "),
        ("joined", 2, "no event 'joined' of clients in namespace /chat; did you mean 'join'?"),
        (
            'send_message "lobby" {"kind":"text_body","text":"hi"}',
            100,
            "the server answered 'send_message' with the error not_in_room",
        ),
    ):
        answer = run("listen", url, *options, "-e", emitted)
        assert (answer.code, answer.out) == (code, "")
        assert said in answer.error


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["/rooms", "-e", 'join "closed"'], 100, "the server answered 'join' with the error closed: Nobody\\ngets in"),
        (["/rooms", "-e", "join lobby"], 2, "--emit is no JSON: "),
        (["/rooms", "-e", " "], 2, "--emit needs the name of an event"),
        (["/rooms", "-e", "connect 5"], 2, "reserved"),
        (["/nope"], 100, "the server refused the connection: Invalid namespace"),
        (["/closed", "--count", "1"], 100, "the server refused the connection: Go \\x1b[31maway"),
        (["/leaves"], 1, "disconnected (io server disconnect)"),
        (["/emits", "--count", "0"], 2, "--count"),
        (["/emits", "--for", "-1"], 2, "--for"),
        (["/emits", "--auth", "nonsense"], 2, "--auth is no JSON"),
        (["/chat", "posted", "-c", SCHEMA, "-a", '{"name":"x"}'], 2, "no event 'posted' of the server in namespace /chat"),
        ([], 2, "Missing argument"),
    ],
)  # fmt: skip
def test_other_ends_are_said_and_have_a_code(
    url: str, arguments: list[str], code: int, said: str
) -> None:
    answer = run("listen", url, *arguments)
    assert answer.code == code
    assert said in answer.error


def test_without_a_connection_it_ends_at_once() -> None:
    answer = run("listen", "http://127.0.0.1:1", "/")
    assert (answer.code, answer.out) == (1, "")
    assert "127.0.0.1:1" in answer.error


def test_events_that_are_not_as_declared_are_printed_and_said(liar: str) -> None:
    arguments = ["/chat", "-c", SCHEMA, "-a", '{"name":"ada"}', "--count", "3"]
    answer = run("listen", liar, *arguments)
    assert answer.code == 100
    assert [line["event"] for line in answer.lines] == ["announcement"] * 2 + ["unheard_of"]
    assert answer.error.splitlines() == [
        "ackord: event 'announcement' isn't as declared: text: Input should be a valid string",
        "ackord: event 'unheard_of' isn't as declared: the contract has no such event of the server",
    ]
    assert run("listen", liar, *arguments[:-1], "1").code == 0


@contextmanager
def started(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """Run a verb as a process, whose id is its last argument if it is a call."""
    program = (
        "import os, sys; from ackord.codegen.main import main;"
        "sys.argv += [str(os.getpid())] * (sys.argv[1] == 'call'); main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_cleanly(url: str, ending: signal.Signals) -> None:
    with started("listen", url, "/emits") as process:
        assert process.stdout is not None
        # One of them asks for an acknowledgement: that too is no trouble to speak of.
        assert [json.loads(process.stdout.readline()) for _ in EVENTS] == EVENTS
        process.send_signal(ending)
        _, error = process.communicate(timeout=60)
        assert (process.returncode, error) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are another thing there")
def test_ctrl_c_in_a_call_is_130(url: str) -> None:
    with started("call", url, "/", "interrupt") as process:
        out, error = process.communicate(timeout=60)
        assert (process.returncode, out, error) == (130, "", "")


def test_a_reader_that_goes_away_ends_it(url: str) -> None:
    with started("listen", url, "/emits") as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, error = process.communicate(timeout=60)
        assert process.returncode == 1
        assert error == "ackord: nobody reads standard output any more\n"


async def serve_once(port: int, number: int) -> int:
    """Serve until somebody is connected and told the number; return the port."""
    server, told = Server(), asyncio.Event()

    @server.on("connection")
    def tell(client: Socket) -> None:
        @client.on("hello")
        def start() -> None:
            client.emit("start", number)
            told.set()

    uvicorn = host(server.asgi(), Hosting.PLAIN)
    with socket.create_server(("127.0.0.1", port)) as listening:
        serving = asyncio.create_task(uvicorn.serve([listening]))
        await told.wait()
        uvicorn.should_exit = True
        await serving
    return number


@pytest.mark.parametrize(
    ("options", "starts", "code"), [(["-n", "3"], 3, 0), (["--no-reconnect"], 1, 1)]
)
def test_a_server_that_is_restarted_is_connected_to_again(
    options: list[str], starts: int, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    async def serve() -> list[int]:
        return [await serve_once(port, number) for number in range(starts)]

    async def scenario() -> None:
        serving = asyncio.create_task(serve())
        await asyncio.sleep(0)  # it listens
        with started("listen", f"http://127.0.0.1:{port}", "/", "-e", "hello", *options) as process:
            await serving
            out, error = await asyncio.to_thread(process.communicate)
        assert [json.loads(line)["args"] for line in out.splitlines()] == [
            [n] for n in range(starts)
        ]
        assert process.returncode == code, error
        assert error.count("the connection was lost (transport close") == starts - 1
        assert error.count("connected again; events may be missing") == starts - 1
        assert error.count("disconnected (transport close") == (starts == 1)

    asyncio.run(scenario())
