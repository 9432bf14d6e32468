"""The explorer in Chromium: served by an Ackord server, and by `ackord explore` before npm's."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ackord.codegen import generate, write
from ackord.schema import Contract, load_contract

from tests.codegen.typescript_project import Project
from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, serving_process, serving_python
from tests.node.required import require_node

SCHEMA = Path(__file__).parent / "explorer/lab.yaml"

pytestmark = [pytest.mark.interop, pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["asgi", "explore"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def url(way: str, node: NodeScripts) -> Iterator[str]:
    """The URL of the page."""
    if way == "asgi":
        with serving_python("tests.interop.explorer_server", Hosting.DIRECT) as server:
            yield f"{server}/docs/live"
        return
    verb = [sys.executable, "-m", "ackord.codegen", "explore", str(SCHEMA), "--url"]
    with (
        node.serving("explorer_server.mjs") as server,
        serving_process([*verb, server]) as line,
    ):
        yield line.split(" is at ")[1].split()[0]


@pytest.fixture(scope="module")
def page(node: NodeScripts, chromium: str, url: str) -> dict[str, Any]:
    return node.observe("explorer_page.mjs", url, chromium)


def test_the_contract_is_documented_and_searched(page: dict[str, Any]) -> None:
    said = page["documentation"]
    assert (said["title"], said["events"]) == ("lab: Ackord explorer", 19)
    assert said["text"] == (
        "Link Try it Arguments dividend int divisor int Acknowledgement float within 5 s "
        'Errors division_by_zero: Nobody can do that. Example [ "divide", 1, 1 ] Answer 0.5'
    )
    assert page["search"] == {"found": ["divide", "division_by_zero"], "none": True}
    assert page["link"] == "Every"


@pytest.mark.parametrize(
    ("step", "seen"),
    [
        ("auth refused by the page", "has fewer than 3 characters"),
        ("auth refused by the server", "The server refused the connection: wrong_key"),
        ("connected", "Connected"),
        (
            "no arguments",
            {"size": "69 bytes", "sent": "Sent. This event has no acknowledgement."},
        ),
        ("acknowledged without a value", "Answered, without a valueN ms"),
        ("form to JSON and back", {"fields": 30, "raw": {"$base64": "AQID"}, "whole": "42"}),
        (
            "invalid by the page's own check",
            {"said": "Not sent: see the fields.", "at": "is greater than 100", "marked": "true"},
        ),
        (
            "invalid by the server's check",
            {
                "said": "invalid_request The arguments don't fit the eventerror · N ms",
                "at": "Input should be less than or equal to 100",
            },
        ),
        (
            "types that contain themselves",
            {"empty": "formula left value right value node value next pair", "answer": "4"},
        ),
        ("result style", {"refused": "can't hold bytes", "answer": '{ "a": [ 1, null ] }'}),
        ("large values", {"parts": 1900, "text": True, "more": True, "packet": 20_033}),
        (
            "rooms",
            {
                "names": ["name", "text"],
                "values": ['"blue"', '"<img src=x onerror=alert(1)>"'],
                "elements": 0,
            },
        ),
        ("the server asks", ['"said True"', '"refused: no time"']),
        ("a question among many events", {"asked": ["confirm waits for an answer"], "left": 0}),
        (
            "JSON that no form can hold",
            [
                "true: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
                "Not sent: see the fields.",
                "true: nested more than 100 deep",
                "Not sent: see the fields.",
                "true: values isn't in the contract",
                "Not sent: see the fields.",
                "must be one of red, light-blue",
            ],
        ),
        (
            "code without an acknowledgement, with many bytes",
            [
                True,
                "# Replace bytes(1000) by the content of a file.",
                "// Replace new Uint8Array(1000) by the content of a file.",
                "# Replace FILE by the name of a file with the bytes.",
            ],
        ),
        ("the log", {"shown": ["said"], "paused": 0, "resumed": 2, "cleared": 0}),
        ("dynamic namespace", '"tenant 5"'),
        (
            "authentication that expires",
            ["wrong_key", "Answered, without a valueN ms", 0],
        ),
        ("try it", "divide"),
        ("by keyboard", {"tab": "JSON", "answer": "4", "next": "Send", "skipped": "Add a client"}),
        ("disconnected", {"status": "Disconnected", "send": True}),
        (
            "read-only",
            {
                "sends": 0,
                "notice": "This explorer is read-only: it listens, and sends no events.",
                "others": 1,
            },
        ),
        ("many events", {"choices": 500, "found": ["divide_499"]}),
        (
            "no namespaces, no contract",
            ["There is no typed namespace to show.", "The explorer can't load the contract"],
        ),
        ("deep types, long names and strange texts", []),
        (
            "a lost server",
            [
                ["Connected", False, False],
                ["Reconnecting…", True, True],
                ["Connected", False, False],
                ["The connection was lost before the answer came.", 0],
            ],
        ),
        ("accessible", []),
        ("problems", []),
        ("foreign requests", []),
    ],
)
def test_what_one_sees(page: dict[str, Any], step: str, seen: object) -> None:
    assert page[step] == seen


def test_every_type_is_sent_from_its_form_and_comes_back(page: dict[str, Any]) -> None:
    every = page["every type"]
    assert (every["said"], every["problems"]) == ("AnswerN ms", [])
    assert every["sent"] == every["received"]
    assert every["sent"].count('": ') > 30


def test_a_declared_error_is_told_from_others(page: dict[str, Any]) -> None:
    error = page["typed error"]
    assert re.fullmatch(r"division_by_zero.*declared error · N ms", error["said"])
    assert error["data"].split() == ["{", '"dividend":', "6", "}"]
    assert error["then"] == "1.5"


def test_bytes_are_shown_saved_and_seen_on_the_wire(page: dict[str, Any]) -> None:
    seen = page["bytes both ways"]
    assert (seen["name"], seen["same"]) == ("bytes.png", True)
    assert re.search(
        r'451-/lab,\d+\["picture",\{"_placeholder":true,"num":0}] \+ 69 bytes', seen["packet"]
    )


def test_an_answer_that_is_not_as_declared_is_marked(page: dict[str, Any], way: str) -> None:
    seen = page["not as declared"]
    if way == "asgi":  # our server doesn't send it
        assert seen["said"].startswith("invalid_response")
    else:
        assert seen["problem"] == ["The answer isn't as the contract declares: see the log."]


def test_the_code_that_is_copied_works(page: dict[str, Any], way: str, tmp_path: Path) -> None:
    contract = load_contract(SCHEMA).contract
    assert contract is not None
    write(generate(contract, source=SCHEMA.name), tmp_path / "lab")
    copied = page["code"]["Python"]
    unknown = '# Replace lab by the package that "ackord generate" wrote.\n'
    assert copied.startswith("import asyncio\n" if way == "asgi" else unknown)
    (tmp_path / "copied.py").write_text(copied)
    checked = [sys.executable, "-m", "mypy", "--strict", "copied.py"]
    commands = [[sys.executable, "copied.py"], shlex.split(page["code"]["Command line"])]
    if way == "asgi":
        commands.append(checked)
    said = run_typescript(page["code"]["TypeScript"], contract, tmp_path / "page")
    assert "raw: Uint8Array(3)" in said
    assert "span: 'PT1H30M'" in said
    said = ""
    for command in commands:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        said += done.stdout
    assert "span=datetime.timedelta(seconds=5400)" in said
    assert '"raw":{"$base64":"AQID"}' in said


@pytest.mark.parametrize("language", ["Python", "Command line"])
def test_copied_texts_arrive_as_they_are(
    page: dict[str, Any], language: str, tmp_path: Path
) -> None:
    contract = load_contract(SCHEMA).contract
    assert contract is not None
    write(generate(contract, source=SCHEMA.name), tmp_path / "lab")
    code = page["code of strange texts"][language]
    command = [sys.executable, "-c", code] if language == "Python" else ["sh", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    text = json.loads(done.stdout) if language != "Python" else done.stdout.strip()
    assert text == page["code of strange texts"]["text"]


def run_typescript(code: str, contract: Contract, folder: Path) -> str:
    """Compile a module beside the generated package, run it; return what it prints."""
    folder.mkdir()
    project = Project(folder)
    files = generate(contract, source=SCHEMA.name, target="typescript")
    write(files, folder / "lab")
    (folder / "copied.ts").write_text(code)
    assert project.compile("typescript") == []
    bundled = project.bundle("copied.ts", "--format=esm", "--packages=external")
    script = bundled.with_suffix(".mjs")
    bundled.rename(script)
    done = subprocess.run(
        [require_node(), script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
