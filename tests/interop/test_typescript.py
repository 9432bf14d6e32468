"""The generated TypeScript client against the generated Python server, in Node and in Chromium."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from tests.codegen.typescript_project import COMPILERS, Project
from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, serving_python

SCENARIO: Final = Path(__file__).parent / "typescript" / "scenario.ts"
ROW: Final = {
    "id": 1,
    "at": "2024-02-29T12:00:00Z",
    "big": "9007199254740993",
    "price": "1.50",
    "blob": "bytes 0,255",
    "parts": ["bytes 1", "bytes "],
    "named": {"p": {"kind": "picture", "pixels": "bytes 9"}, "d": {"kind": "dot", "x": 0.5}},
    "note": None,
}
SENT: Final = {
    **ROW,
    "id": 7,
    "parts": ["bytes ", "bytes 97"],
    "named": {"p": {"kind": "picture", "pixels": "bytes 1,2"}, "d": {"kind": "dot", "x": 0.5}},
}
REFUSED: Final = {"code": "refused", "message": "refused", "data": {"row": {**ROW, "id": -1}}}
EXPECTED: Final[dict[str, Any]] = {
    "version": "1.0.0",
    "refused": [
        {"refused": ["closed", "2030-01-02", "closed", "bytes 251,255,0", "text"]},
        {
            "refused": [
                "unknown",
                "invalid_request",
                [["auth", "token"]],
                "The auth payload isn't as declared",
            ]
        },
        {"refused": ["unknown", "internal", [], "Internal error"]},
    ],
    "auth fails": {"name": "ConnectionFailedError", "message": "no token"},
    "echo": {"ok": True, "value": ROW},
    "declared error": {"ok": False, "error": REFUSED},
    "unwrap": {"name": "ResultError", "error": REFUSED},
    "unwrapped": "bytes 0,255",
    "invalid": {
        "ok": False,
        "error": {
            "code": "unknown",
            "receivedCode": "invalid_request",
            "message": "The arguments don't fit the event",
            "issues": [
                {
                    "loc": ["row", "note"],
                    "type": "string_too_long",
                    "msg": "String should have at most 20 characters",
                }
            ],
        },
    },
    "told": {"ok": True, "value": [3, 1, "good", 2, "bad", 3, "so-so"]},
    "optional": [[1, None, 5], [1, "b", 5], [1, None, 2]],
    "split": {"ok": True, "value": ["a", 2, ["bytes 98", "bytes 99"]]},
    "table": {"ok": True, "value": {"error": 1}},
    "nothing": {"ok": True},
    "crash": {
        "ok": False,
        "error": {
            "code": "unknown",
            "receivedCode": "internal",
            "message": "The handler failed",
        },
    },
    "slow": {"name": "AckTimeoutError", "message": "slow: no answer in time"},
    "timeout": {"name": "AckTimeoutError", "message": "slow: no answer in time"},
    "heard": [
        ["posted", [SENT, None, 3]],
        ["posted", [SENT, "because", 9]],
        ["bare", []],
        ["one", {"kind": "picture", "pixels": "bytes 9"}],
    ],
    "streamed": [[7, "absent", 3, "bytes 0,255"], [7, "because", 9, "bytes 0,255"]] * 2,
    "after break": {"done": True},
    "full": [
        False,
        {"name": "SlowConsumerError", "message": "posted: more than 1 events are waiting"},
        {"done": True},
    ],
    "asked without handlers": ["unknown_event", "unknown_event"],
    "asked": [9, ["refused", 7, 2], [True, None], {"error": 2}, None],
    "asked again": ["unknown_event", ["row", 7, 2, "1.50"], [False], "internal"],
    "of": {"ok": True, "value": "blue"},
    # The same namespace twice, another contract, and what asks for it have connections of their own,
    # and so have clients that come when all others have left.
    "shared": [
        [0, 0, 2, 3, 4],
        [{"ok": True, "value": "blue"}, {"ok": True, "value": [0]}, {"ok": True, "value": 5}],
        [5, 5, 7, 8, 9],
    ],
    "other parameter": {"refused": ["unknown", "", [], "Invalid namespace"]},
    "given up": [
        {"name": "ConnectionFailedError", "message": "No attempts to connect are left"},
        {"name": "DisconnectedError", "message": "bare: forced close"},
        {"name": "ConnectionFailedError", "message": "No attempts to connect are left"},
    ],
    "pending": {"name": "DisconnectedError", "message": "slow: the connection was lost"},
    "after reconnection": [{"done": False}, True],
    "ended by server": {"name": "DisconnectedError", "message": "bare: io server disconnect"},
    "events": [
        "forced close",
        "connect",
        "io server disconnect",
        {"name": "ConnectRefusedError", "message": "closed"},
    ],
    "over a socket": [4, None, 5],
    "closed": [{"done": True}, False, "2030-01-02"],
    "hasty": [True, "rate_limited", True],
    "expired": [True, True, True, "auth_expired", False],
    "thrown": ["a listener that fails", "a listener that fails", "a handler that fails"],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("typescript"))
    made.add_package("travels", {})
    made.add_package("minimal", {})
    shutil.copy(SCENARIO, made.directory)
    return made


@pytest.fixture(scope="module")
def validating(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("validating"))
    made.add_package("travels", {"validate": "standard-schema"})
    made.add_package("minimal", {})
    shutil.copy(SCENARIO, made.directory)
    return made


@pytest.fixture(scope="module")
def url() -> Any:
    with serving_python("tests.interop.travels_server", Hosting.DIRECT) as found:
        yield found


@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_scenario_is_well_typed(project: Project, compiler: str) -> None:
    assert project.compile(compiler) == []


@pytest.mark.interop
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_every_kind_of_event_goes_both_ways_in_node(
    project: Project, node: NodeScripts, url: str, transport: str
) -> None:
    bundle = project.bundle("scenario.ts", "--platform=node", "--format=cjs")
    check(node.observe("typescript_client.mjs", str(bundle), url, transport), transport)


@pytest.mark.interop
def test_a_client_that_validates_refuses_by_itself_what_the_server_would_refuse(
    validating: Project, node: NodeScripts, url: str
) -> None:
    bundle = validating.bundle("scenario.ts", "--platform=node", "--format=cjs")
    observed = node.observe("typescript_client.mjs", str(bundle), url, "websocket")
    long = "Input should have at most 20 characters"
    closed, _, crashed = EXPECTED["refused"]
    unsent = {"name": "InvalidPayloadError", "message": f"row.note: {long}"}
    refused = [closed, {"name": "ConnectionFailedError", "message": f"token: {long}"}, crashed]
    check(observed | {"invalid": EXPECTED["invalid"], "refused": EXPECTED["refused"]}, "websocket")
    assert (observed["invalid"], observed["refused"]) == (unsent, refused)


@pytest.mark.interop
@pytest.mark.browser
@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_every_kind_of_event_goes_both_ways_in_chromium(
    project: Project, node: NodeScripts, chromium: str, url: str, transport: str
) -> None:
    bundle = project.bundle("scenario.ts", "--format=iife", "--global-name=scenario")
    check(node.observe("typescript_client.mjs", str(bundle), url, transport, chromium), transport)


def check(observed: dict[str, Any], transport: str) -> None:
    failed = "xhr poll error" if transport == "polling" else "websocket error"
    assert observed == {
        **EXPECTED,
        "nobody there": {"name": "ConnectionFailedError", "message": failed},
    }
