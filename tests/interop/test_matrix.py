"""The matrix: each client over each transport with each parser sends the same things, and a cell
says what came back.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Final, TypeAlias

import pytest

from tests.hosts import Hosting
from tests.interop.conftest import NodeScripts, observe_python, serving_python

pytestmark = [pytest.mark.interop, pytest.mark.timeout(240)]

Observed: TypeAlias = dict[str, Any]

CLIENTS: Final = {
    "npm-4.8": "socket.io-client",
    "npm-3.1": "socket.io-client-3",
    "python-socketio": None,
}
PARSERS: Final[dict[str, tuple[str, ...]]] = {"json": (), "msgpack": ("--msgpack",)}
"""By their names the arguments of the server."""
MODES: Final = ("polling", "websocket", "upgrade")

EXPECTED: Final[dict[str, Any]] = {
    "text": [
        *("plain", "", 0, -1, 1.5, 2**53, 1e-7, True, None, [], {}, [[["deep"]]]),
        {"": {"a": [1, {"b": None}]}},
    ],
    "numbers beyond 64 bits": [1e21, -1.5e300],
    "no arguments": [[], ["/"]],
    "binary": [
        {
            "list": [{"bytes": "010203"}, {"inner": {"bytes": "00ff"}, "none": {"bytes": ""}}],
            "text": "beside",
        },
        {"bytes": b"last".hex()},
    ],
    "binary without acknowledgement": ["/", {"a": {"bytes": "09"}}, {"bytes": "0807"}],
    "unicode": [
        'grüß 日本 \x00\x1e\u2028\u2029\ufeff "\\/ e\u0301',
        "😀👩‍👩‍👧 𝄞",
        {"ключ 🔑": "😀"},
    ],
    # Half of a pair becomes U+FFFD on its way through Python, whose strings couldn't be encoded
    # with it; the connection goes on.
    "lone surrogates": [[ord("a"), 0xFFFD, ord("b")], [0xD83D, 0xDE00], [0xFFFD], ["still here"]],
    "a megabyte of text": [1 << 20, True],
    "a megabyte of bytes": [1 << 20, True],
    "many at once": True,
    "acks both ways": [{"you said": [2, "what?", {"data": {"bytes": "0506"}}]}],
    "several namespaces on one connection": {
        "orderly": [True, True, True],
        "who": [["/second", True], ["/third", True]],  # each with the auth that it was given
        "ids": 4,  # three sockets and a session
        "connected": [True, False],
    },
    "refused auth": {
        "message": "not welcome",
        "data": {"code": 42, "hint": ["a word", None]},
        "beside": ["goes on"],
        "welcome": {"word": "sesame"},
    },
    "a cut connection is opened again": {"renewed": True, "works": [1]},
}
# npm's msgpack parser breaks these before they are sent: such numbers are cut to 64 bits, and half
# of a pair takes the next character with it.
EXPECTED_OF_NPM_MSGPACK: Final[dict[str, Any]] = {
    "numbers beyond 64 bits": [3875820019684212700, 0],
    "lone surrogates": [
        [ord("a"), 0xD800, 0xDC00 | ord("b")],
        [0xD83D, 0xDE00],
        [0xD800, 0xDC00],
        ["still here"],
    ],
}

RECOVERY: Final = "recovery after a cut connection"
RECOVERED: Final = {
    "recovered": True,
    "same": True,
    "rooms": 2,
    "heard": [[number, {"bytes": f"{number:02x}"}] for number in range(1, 7)],
}
"""What was published meanwhile comes once and in order, and only of the client's own rooms."""


class Matrix:
    """Runs each family of clients once, all at the same time, and keeps what they observed."""

    def __init__(self, pool: ThreadPoolExecutor, node: NodeScripts, urls: dict[str, str]) -> None:
        self._families: dict[tuple[str, str], Future[Observed]] = {}
        for parser in PARSERS:
            for client, package in CLIENTS.items():
                url = urls[parser]
                if package is None:
                    future = pool.submit(observe_python, "tests.interop.python_peer", url, parser)
                else:
                    recovery = [urls[f"{parser} with recovery"]] if client == "npm-4.8" else []
                    future = pool.submit(
                        node.observe, "matrix_client.mjs", url, package, parser, *recovery
                    )
                self._families[client, parser] = future

    def family(self, client: str, parser: str) -> Observed:
        """Return what a client observed, by ``MODE: STEP``."""
        return self._families[client, parser].result()


@pytest.fixture(scope="module")
def urls(hosting: Hosting) -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        servers = PARSERS | {
            f"{parser} with recovery": (*arguments, "--recovery")
            for parser, arguments in PARSERS.items()
        }
        yield {
            name: stack.enter_context(
                serving_python("tests.interop.matrix_server", hosting, *arguments)
            )
            for name, arguments in servers.items()
        }


@pytest.fixture(scope="module")
def matrix(node: NodeScripts, urls: dict[str, str]) -> Iterator[Matrix]:
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield Matrix(pool, node, urls)


@pytest.mark.parametrize("step", EXPECTED)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("client", CLIENTS)
def test_the_matrix(matrix: Matrix, client: str, parser: str, mode: str, step: str) -> None:
    seen = matrix.family(client, parser)
    assert f"{mode}: connect" not in seen, seen[f"{mode}: connect"]
    special = EXPECTED_OF_NPM_MSGPACK if parser == "msgpack" and client.startswith("npm") else {}
    assert seen[f"{mode}: {step}"] == special.get(step, EXPECTED[step])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("parser", PARSERS)
def test_npm_4_8_misses_nothing_when_its_connection_is_cut(
    matrix: Matrix, parser: str, mode: str
) -> None:
    assert matrix.family("npm-4.8", parser)[f"{mode}: {RECOVERY}"] == RECOVERED


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_client_ends_on_the_transport_that_it_asked_for(
    matrix: Matrix, client: str, parser: str, mode: str
) -> None:
    assert matrix.family(client, parser)[f"{mode}: transport"] == (
        "polling" if mode == "polling" else "websocket"
    )


@pytest.fixture(scope="module")
def old(node: NodeScripts, urls: dict[str, str]) -> Observed:
    return node.observe("old_client.mjs", urls["json"])


@pytest.mark.parametrize(
    ("transport", "message", "description"),
    [
        ("polling", "xhr poll error", "400"),
        ("websocket", "websocket error", "Unexpected server response: 400"),
    ],
)
def test_npm_2_5_is_refused_with_a_connect_error_and_nothing_else(
    old: Observed, transport: str, message: str, description: str
) -> None:
    assert old[transport] == {
        "message": message,
        "type": "TransportError",
        "description": description,
        "heard": [],
    }


def test_npm_2_5_is_told_that_its_protocol_version_is_not_supported(old: Observed) -> None:
    assert old["answer"] == [
        400,
        "application/json",
        '{"code":5,"message":"Unsupported protocol version"}',
    ]
