"""``ackord call`` and ``ackord listen`` talk to servers that aren't ours."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest

from tests.interop.conftest import NodeScripts, serving_process
from tests.runtime.cli.conftest import LONG, run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", params=["npm", "python-socketio"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "npm":
        node: NodeScripts = request.getfixturevalue("node")
        with node.serving("command_line_server.mjs") as served:
            yield served
    else:
        command = [sys.executable, "-m", "tests.interop.psio_command_line_server"]
        with serving_process(command) as line:
            yield f"http://127.0.0.1:{line.split()[1]}"


@pytest.mark.parametrize(
    ("verb", "arguments", "code", "printed"),
    [
        ("call", ["/", "echo", '{"a": "é😀"}', "[1, null]"], 0, [{"a": "é😀"}, [1, None]]),
        ("call", ["/", "echo", '"one"'], 0, "one"),
        ("call", ["/", "echo", '{"b": {"$base64": "AP8="}}'], 0, {"b": {"$base64": "AP8="}}),
        ("call", ["/", "echo", json.dumps(LONG[:900_000])], 0, LONG[:900_000]),
        ("call", ["/", "echo", json.dumps(LONG)], 2, None),
        ("call", ["/", "hang", "--timeout", "1"], 1, None),
        ("call", ["/", "kill"], 1, None),
        ("call", ["/closed", "echo"], 100, {"message": "closed", "data": {"code": 7}}),
        (
            "listen",
            ["/", "--count", "1", "--auth", '{"token": "t"}', "-q", "ackord=other@1.0.0"],
            0,
            {"event": "hello", "args": [{"token": "t"}, {"$base64": "AP8="}]},
        ),
        ("listen", ["/", "nothing", "--for", "0.5", "--count", "1"], 1, None),
        ("listen", ["/closed"], 100, {"message": "closed", "data": {"code": 7}}),
    ],
)
def test_other_servers_are_called_and_listened_to(
    url: str, verb: str, arguments: list[str], code: int, printed: object
) -> None:
    answer = run(verb, url, *arguments)
    assert answer.code == code, answer.error
    assert json.loads(answer.out or "null") == printed


def test_an_unknown_namespace_is_refused(url: str) -> None:
    answer = run("call", url, "/nope", "echo")
    assert (answer.code, list(answer.json)) == (100, ["message"])
