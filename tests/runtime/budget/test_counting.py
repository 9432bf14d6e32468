"""The counters count what they say."""

from __future__ import annotations

import asyncio
import gc
import sys
import tracemalloc

import pytest

from tests.runtime.budget.counting import count_calls, count_opcodes, kept_bytes, transient_bytes


def nothing() -> None:
    """Do nothing."""


def test_calls_of_python_and_of_c_are_counted_by_name() -> None:
    def step() -> None:
        nothing()
        len("text")
        nothing()

    counts = count_calls(step, nothing, 10)
    assert {name.rpartition(".")[2]: count for name, count in counts.items()} == {
        "step": 10,
        "nothing": 20,
        "len": 10,
    }


def test_a_call_into_the_event_loop_counts_and_what_that_calls_does_not() -> None:
    loop = asyncio.SelectorEventLoop()

    def step() -> None:
        loop.call_soon(nothing)

    try:
        counts = count_calls(step, nothing, 10)
    finally:
        loop.close()
    assert {name.rpartition(".")[2]: count for name, count in counts.items()} == {
        "step": 10,
        "call_soon": 10,
    }


def test_every_round_of_a_loop_is_so_many_instructions() -> None:
    def rounds(count: int) -> int:
        def step() -> None:
            left = count
            while left > 0:
                left -= 1

        return count_opcodes(step, nothing, 1)

    ten, twenty, thirty = rounds(10), rounds(20), rounds(30)
    assert thirty - twenty == twenty - ten
    assert 40 <= twenty - ten <= 100


def test_memory_counts_at_its_peak_although_it_is_given_back() -> None:
    def step() -> None:
        bytearray(10_000)
        bytearray(50_000)

    assert transient_bytes(step, nothing, 5) == pytest.approx(50_000, abs=500)


def test_memory_that_is_held_counts_and_what_was_there_before_does_not() -> None:
    held: list[bytearray] = []
    assert kept_bytes(
        lambda: held.append(bytearray(90_000)), lambda: held.append(bytearray(10_000))
    ) == pytest.approx(10_000, abs=500)


def test_whoever_watches_this_process_goes_on_watching() -> None:
    calls: list[str] = []

    def watch(frame: object, event: str, arg: object) -> None:
        calls.append(event)

    before = (sys.getprofile(), gc.isenabled(), tracemalloc.is_tracing())
    sys.setprofile(watch)
    try:
        count_calls(nothing, nothing, 1)
        count_opcodes(nothing, nothing, 1)
        transient_bytes(nothing, nothing, 1)
        assert sys.getprofile() is watch
    finally:
        sys.setprofile(before[0])
    assert (sys.getprofile(), gc.isenabled(), tracemalloc.is_tracing()) == before
    assert calls
