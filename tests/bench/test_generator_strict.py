"""The load generator against servers that do something wrong: it ends, soon, and says what was
wrong.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.attempts import hold_once
from tests.bench.generator import SANITIZERS, GeneratorError, build, run
from tests.bench.scripted import ITEM, OPEN, Frame, Peer, Script, answer, frame, load, serving


@pytest.fixture(scope="module")
def program() -> Path:
    """The generator, built so that a wrong access to memory ends it."""
    return build(SANITIZERS)


WRONG: dict[str, tuple[Callable[[Frame], bytes], str]] = {
    "another item": (
        lambda event: frame('430[{"id":1}]'),
        r'got what it doesn\'t expect: 430\[\{"id":1\}\]',
    ),
    "an item and more": (lambda event: frame(f"430[{ITEM},1]"), "got what it doesn't expect: 430"),
    "an error": (
        lambda event: frame('430[{"error":{"code":"internal"}}]'),
        "got what it doesn't expect",
    ),
    "no id": (lambda event: frame(f"43[{ITEM}]"), "got what it doesn't expect"),
    "an id that wasn't asked": (
        lambda event: frame(f"431[{ITEM}]"),
        "got what it doesn't expect: 431",
    ),
    "a huge id": (
        lambda event: frame(f"43{'9' * 30}[{ITEM}]"),
        "got what it doesn't expect: 4399999",
    ),
    "two answers": (lambda event: 3 * frame(f"430[{ITEM}]"), "got what it doesn't expect: 430"),
    "an event": (lambda event: frame('42["shouted",1]'), "got what it doesn't expect: 42"),
    "another namespace": (lambda event: frame(f"43/n0,0[{ITEM}]"), "got what it doesn't expect"),
    "an empty frame": (lambda event: frame(""), "got what it doesn't expect:$"),
    "a binary message": (lambda event: frame(b"430[]"), "got a binary message"),
    "a fragment": (lambda event: frame("430[", 0x01), "sent a fragmented message"),
    "a masked frame": (lambda event: b"\x81\x81\0\0\0\0x", "sent a masked frame"),
    "reserved bits": (lambda event: frame("430[]", 0xC1), "sent a frame with reserved bits: 0xc1"),
    "an unknown opcode": (lambda event: frame("430[]", 0x83), "sent a frame of opcode 3"),
    "a long ping": (lambda event: frame(b"x" * 126, 0x89), "sent a long control frame"),
    "a frame without end": (
        lambda event: b"\x81\x7f" + b"\xff" * 8,
        "sent a frame of 18446744073709551615 bytes",
    ),
    "a disconnect": (lambda event: frame("41"), "got what it doesn't expect: 41"),
    "a close": (
        lambda event: frame(b"\x03\xe9bye", 0x88),
        "the server closed the WebSocket with code 1001",
    ),
    "a close without a code": (
        lambda event: frame(b"", 0x88),
        "the server closed the WebSocket with code 1005",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_ends_the_run(name: str, program: Path) -> None:
    wrong, complaint = WRONG[name]

    def script(peer: Peer) -> None:
        peer.join()
        for number, event in enumerate(peer.frames()):
            peer.send(frame(answer(event)) if number < 3 else wrong(event))

    with pytest.raises(GeneratorError, match=complaint):
        load(program, script, seconds=20)


def silent(peer: Peer) -> None:
    peer.join()
    for _ in peer.frames():
        pass


def closing(peer: Peer) -> None:
    peer.join()
    peer.frame()
    peer.close()


def losing(peer: Peer) -> None:
    """Answer every event but the fifth."""
    peer.join()
    for number, event in enumerate(peer.frames()):
        if number != 5:
            peer.send_text(answer(event))


def mute(peer: Peer) -> None:
    peer.request()
    peer.frame()


def refusing(head: bytes, peer: Peer) -> None:
    peer.request()
    peer.send(head)
    peer.frame()


def unkind(packet: str, peer: Peer) -> None:
    peer.upgrade()
    peer.send_text(OPEN)
    peer.frame()
    peer.send_text(packet)
    peer.frame()


UNUSABLE: dict[str, tuple[Script, str]] = {
    "silent": (silent, r"nothing came from the server in [\d.]+ seconds"),
    "closing": (closing, "client 0: the server closed the connection"),
    "losing": (losing, r"answers that didn't come in [\d.]+ seconds: 1"),
    "mute": (mute, r"0 of 1 clients have joined, and none for [\d.]+ seconds"),
    "refusing": (
        partial(refusing, b"HTTP/1.1 403 Forbidden\r\n\r\n"),
        r"the server refused the WebSocket: HTTP/1\.1 403 Forbidden$",
    ),
    "not HTTP": (
        partial(refusing, b"x" * 20_000),
        "the server sent no HTTP response, or one with a very long head",
    ),
    "no key": (
        partial(refusing, b"HTTP/1.1 101 Yes\r\n\r\n"),
        "the server didn't confirm the WebSocket's key",
    ),
    "unkind": (
        partial(unkind, '44{"message":"no"}'),
        r'client 0 got what it doesn\'t expect: 44\{"message":"no"\}',
    ),
    "hasty": (partial(unkind, '42["shouted",1]'), r"client 0 got what it doesn't expect: 42"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_server_that_is_of_no_use_ends_the_run_in_time(name: str, program: Path) -> None:
    script, complaint = UNUSABLE[name]

    def claim(patience: float) -> None:
        began = time.monotonic()
        with pytest.raises(GeneratorError, match=complaint):
            load(program, script, inflight=2, patience=patience, seconds=patience / 5)
        assert time.monotonic() - began < 10 * patience

    hold_once(claim, (0.5, 2, 8))


def test_nobody_listens(program: Path) -> None:
    with serving(silent) as port:
        pass
    with pytest.raises(GeneratorError, match="client 0: Connection refused"):
        run(port, "echo", program=program)


def test_a_shout_that_is_heard_twice_or_not_at_all_ends_the_run(program: Path) -> None:
    def script(times: int, peer: Peer) -> None:
        peer.join()
        for event in peer.frames():
            peer.send(times * frame(event.text.replace("shout", "shouted")))

    assert load(program, partial(script, 1), "broadcast", least=4).count > 3
    # Each that is heard is followed by another shout, so that there are more and more, until one is
    # too many.
    with pytest.raises(
        GeneratorError, match=r"doesn't expect: 42|more than \d+ pieces wait to be sent"
    ):
        load(program, partial(script, 2), "broadcast", least=1)
    with pytest.raises(GeneratorError, match="nothing came from the server"):
        load(program, partial(script, 0), "broadcast")
