"""The load generator's long-polling, against servers that answer in every way that HTTP allows, or
wrongly.
"""

from __future__ import annotations

import queue
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.bench.generator import SANITIZERS, GeneratorError, build
from tests.bench.scripted import ITEM, OPEN, Peer, Script, load

POLLS = b"GET /socket.io/?EIO=4&transport=polling"
GLANCE = 0.05
"""Seconds after which a waiting poll looks whether its client is still there."""


@pytest.fixture(scope="module")
def program() -> Path:
    """The generator, built so that a wrong access to memory ends it."""
    return build(SANITIZERS)


def with_length(body: bytes) -> list[bytes]:
    return [
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\nContent-Type: text/plain\r\n\r\n%s"
        % (len(body), body)
    ]


def in_two_pieces(body: bytes) -> list[bytes]:
    whole = b"".join(with_length(body))
    return [whole[:-1], whole[-1:]]


def chunked(body: bytes) -> list[bytes]:
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 7]), body[at : at + 7])
        for at in range(0, len(body), 7)
    )
    return [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunks, b"0\r\n\r\n"]


def bytewise(body: bytes) -> list[bytes]:
    return [bytes((byte,)) for byte in b"".join(chunked(body))]


def echo(body: str) -> list[str]:
    return [f"43{body[2]}[{ITEM}]"]


class PollingServer:
    """One session for each client: what is posted is echoed into the next poll."""

    def __init__(
        self,
        form: Callable[[bytes], list[bytes]],
        reply: Callable[[str], list[str]] = echo,
        posted: bytes = b"ok",
    ) -> None:
        self._form = form
        self._reply = reply
        self._posted = posted
        self._waiting: defaultdict[str, queue.Queue[list[str]]] = defaultdict(queue.Queue)
        self._sessions = 0
        self.posts: list[str] = []

    def __call__(self, peer: Peer) -> None:
        while True:
            head, body = peer.request()
            session = re.search(rb"&sid=(\w+) ", head)
            if head.startswith(POLLS + b" "):
                self._sessions += 1
                self._answer(peer, OPEN.replace('"s"', f'"s{self._sessions}"').encode())
            elif session is not None and head.startswith(POLLS):
                self._answer(peer, "\x1e".join(self._wait(peer, session[1].decode())).encode())
            elif session is not None:
                self._post(session[1].decode(), body.decode())
                self._answer(peer, self._posted)

    def _wait(self, peer: Peer, session: str) -> list[str]:
        while not peer.is_gone:
            with suppress(queue.Empty):
                return self._waiting[session].get(timeout=GLANCE)
        raise ConnectionError("the generator went away")

    def _post(self, session: str, body: str) -> None:
        self.posts.append(body)
        if body == "40":
            self._waiting[session].put(["2", '40{"sid":"p"}'])
        elif body == "1":
            self._waiting[session].put(["6"])
        elif body != "3":
            self._waiting[session].put(self._reply(body))

    def _answer(self, peer: Peer, body: bytes) -> None:
        for piece in self._form(body):
            peer.send(piece)


@pytest.mark.parametrize("form", [with_length, in_two_pieces, chunked, bytewise])
def test_responses_are_read_in_every_form(
    form: Callable[[bytes], list[bytes]], program: Path
) -> None:
    server = PollingServer(form)
    assert load(program, server, "polling", clients=2, least=8).count >= 8
    assert set(server.posts) == {"40", "3", "1", f'420["echo",{ITEM}]', f'421["echo",{ITEM}]'}
    assert server.posts.count("3") == 2


def test_heartbeats_and_empty_polls_come_between_answers(program: Path) -> None:
    server = PollingServer(with_length, lambda body: ["2", *echo(body), "6"])
    result = load(program, server, "polling", least=3)
    assert result.count >= 3
    assert server.posts.count("3") >= result.count


def refusing(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno!")
    peer.request()


def endless(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + OPEN.encode())
    peer.request()


def oversized(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    peer.request()


def disordered(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n0{}0\r\n\r\n")
    peer.request()


WRONG: dict[str, tuple[Script, str]] = {
    "another item": (
        PollingServer(with_length, lambda body: ["430[1]"]),
        r"client 0 got what it doesn't expect: 430\[1\]",
    ),
    "two answers": (
        PollingServer(with_length, lambda body: 2 * echo(body)),
        "client 0 got what it doesn't expect: 43",
    ),
    "an empty body": (
        PollingServer(with_length, lambda body: [""]),
        "client 0 got what it doesn't expect:",
    ),
    "no answer": (
        PollingServer(with_length, lambda body: ["6"]),
        r"nothing came from the server in 0\.1 seconds",
    ),
    "a close": (
        PollingServer(with_length, lambda body: ["1"]),
        "client 0 got what it doesn't expect: 1",
    ),
    "no ok": (PollingServer(with_length, posted=b"no"), "client 0: status 200 for a POST: no"),
    "refusing": (refusing, "client 0: status 400 for a poll: no!"),
    "endless": (endless, "the server sent a response without a length"),
    "oversized": (oversized, "the server sent a body of 1000000000 bytes"),
    "disordered": (disordered, "the server sent malformed chunks"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_ends_the_run(name: str, program: Path) -> None:
    script, complaint = WRONG[name]
    with pytest.raises(GeneratorError, match=complaint):
        load(program, script, "polling", seconds=0.1 if name == "no answer" else 5)
