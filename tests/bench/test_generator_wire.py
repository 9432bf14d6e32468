"""What the load generator sends, and that it reads what is sent in an unusual way."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

import pytest

from tests.attempts import hold_once
from tests.bench.generator import SANITIZERS, GeneratorError, build
from tests.bench.scripted import ITEM, OPEN, Frame, Peer, answer, frame, load


@pytest.fixture(scope="module")
def program() -> Path:
    """The generator, built so that a wrong access to memory ends it."""
    return build(SANITIZERS)


def test_events_are_masked_differently_and_read_as_they_should(program: Path) -> None:
    seen: list[Frame] = []

    def script(peer: Peer) -> None:
        peer.join()
        for event in peer.frames():
            seen.append(event)
            peer.send_text(answer(event))

    result = load(program, script, inflight=3, least=12)
    assert result.count <= len(seen)
    assert {event.opcode for event in seen} == {1}
    assert {event.text for event in seen} == {f'42{number}["echo",{ITEM}]' for number in range(6)}
    masks = {event.mask for event in seen}
    assert len(masks) >= 8
    assert bytes(4) not in masks


def test_an_attachment_follows_its_event_and_is_no_text(program: Path) -> None:
    seen: list[Frame] = []

    def script(peer: Peer) -> None:
        peer.join()
        for received in peer.frames():
            seen.append(received)
            if received.opcode == 2:
                peer.send_text(f"43{seen[-2].text[4]}[70000]")

    load(program, script, "binary", bytes=70_000, least=2)
    assert [received.opcode for received in seen] == [1, 2] * (len(seen) // 2)
    assert {received.text for received in seen[::2]} == {
        f'451-{number}["upload",{{"_placeholder":true,"num":0}}]' for number in range(2)
    }
    (attachment,) = {received.payload for received in seen[1::2]}
    assert len(attachment) == 70_000
    assert len(set(attachment)) == 256


@pytest.mark.parametrize("length", [100, 10_000])
def test_notes_have_the_length_that_is_asked_for_and_every_65th_event_is_a_sync(
    length: int, program: Path
) -> None:
    def script(peer: Peer) -> None:
        peer.join()
        for number, event in enumerate(peer.frames(), 1):
            if number % 65 == 0:
                batch = number // 65 - 1
                assert event.text == f'42{batch % 2}["sync"]'
                peer.send_text(f"43{batch % 2}[]")
            else:
                assert event.text.startswith('42["note",{"id":123456,"text":"the quick')
                assert len(event.text) == length + len('42["note",]')

    result = load(program, script, "oneway", bytes=length, least=128)
    assert result.count % 64 == 0


def test_no_more_than_two_batches_are_sent_before_a_sync_is_answered(program: Path) -> None:
    def script(peer: Peer) -> None:
        peer.join()
        for _ in islice(peer.frames(), 130):
            pass
        peer.frame()
        raise AssertionError("the generator sent more")

    with pytest.raises(GeneratorError, match=r"nothing came from the server in 0\.1 seconds"):
        load(program, script, "oneway")


def test_messages_are_read_from_single_bytes(program: Path) -> None:
    def script(peer: Peer) -> None:
        peer.upgrade()
        peer.send_bytewise(frame(OPEN))
        assert peer.frame().text == "40"
        peer.send_bytewise(frame('40{"sid":"p"}'))
        for event in peer.frames():
            if event.text != "3":
                peer.send_bytewise(frame("2") + frame(answer(event)))

    assert load(program, script, least=3).count >= 3


def test_messages_are_read_from_pieces_of_many(program: Path) -> None:
    together: list[int] = []

    def script(peer: Peer) -> None:
        peer.join()
        answers = b""
        count = 0
        for turn, event in enumerate(peer.frames()):
            answers += frame(answer(event))
            count += 1
            if not peer.has_more:
                together.append(count)
                cut = turn % len(answers)
                peer.send(answers[:cut])
                peer.send(answers[cut:])
                answers, count = b"", 0

    assert load(program, script, inflight=8, least=64).count >= 64
    # What is due at a time goes out in one write.
    assert max(together) == 8


def test_pings_of_both_protocols_are_answered(program: Path) -> None:
    answered: list[str] = []

    def script(peer: Peer) -> None:
        peer.join()
        for received in peer.frames():
            if received.opcode == 10 or received.text == "3":
                answered.append(received.text)
                continue
            peer.send(frame("2") + frame(b"x" * 125, 0x89) + frame(b"", 0x8A))
            peer.send_text(answer(received))

    load(program, script, least=2)
    assert set(answered) == {"3", "x" * 125}


def test_a_stall_counts_for_all_that_should_have_been_sent_meanwhile(program: Path) -> None:
    def script(peer: Peer) -> None:
        peer.join()
        for number, event in enumerate(peer.frames()):
            if number == 20:
                time.sleep(0.5)  # what a garbage collector does
            peer.send_text(answer(event))

    def claim(_: int) -> None:
        result = load(program, script, "latency", warmup=0, seconds=1, rate=400)
        assert result.p50_us is not None
        assert result.p90_us is not None
        assert result.max_us is not None
        # 200 of 400 messages were due in that half a second, and waited a quarter of a second on
        # average.
        assert result.p90_us > 350_000
        assert result.max_us > 480_000

    hold_once(claim, range(3))


def test_the_time_is_prolonged_until_as_much_is_answered_as_must_be(program: Path) -> None:
    def script(peer: Peer) -> None:
        peer.join()
        for number, event in enumerate(peer.frames()):
            if number == 2:
                time.sleep(0.3)
            peer.send_text(answer(event))

    result = load(program, script, warmup=0, seconds=0.01, least=4)
    assert result.count >= 4
    assert result.seconds > 0.25
