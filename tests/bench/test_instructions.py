from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.bench.child import Child, ChildError
from tests.bench.instructions import EVENTS, are_counted, counting, figures
from tests.bench.report import targets_report, workload_report
from tests.bench.results import Instructions, SystemResult
from tests.bench.samples import results, sample, workload

TASK_CLOCK = ("task-clock:u",)
"""Milliseconds that a process runs: perf counts them on every machine, also where it counts no
instructions.
"""


@contextmanager
def spinning() -> Generator[Child]:
    child = Child(
        "a busy process", (sys.executable, "-c", "print('ready', flush=True)\nwhile True: pass")
    )
    try:
        assert child.line(10) == "ready"
        yield child
    finally:
        child.end()


def test_counts_are_read_and_what_is_not_counted_is_left_out() -> None:
    printed = [
        "Events enabled",
        "877.59,msec,task-clock:u,877589037,100.00,0.525,CPUs utilized",
        "<not supported>,,instructions:k,0,100.00,,",
        "924,,context-switches,1,100.00,,",
    ]
    assert figures("\n".join(printed)) == [877.59, 924.0]
    assert figures("") == []


def test_where_instructions_are_counted_they_are_a_column_and_a_ratio_of_the_targets() -> None:
    ours = SystemResult([sample(0, 8.0, instructions=Instructions(30_000.0, 10_000.0))])
    node = SystemResult([sample(0, 10.0, instructions=Instructions(60_000.0, 20_000.0))])
    measured = workload("echo-100", ackord=ours, node=node)
    line = workload_report(measured, "text").splitlines()[2]
    assert line.split()[-5:] == ["40,000", "0.50", "(0.50", "to", "0.50)"]
    target = targets_report(results(measured), "text").splitlines()[2]
    assert "  0.80 (0.80 to 0.80)  0.50 (0.50 to 0.50)     0.80  met" in target


# Elsewhere there is nothing to try.
if shutil.which("perf") is not None:

    def test_a_process_is_counted_between_start_and_stop() -> None:
        with spinning() as child, counting(child.pid, None, TASK_CLOCK) as counter:
            time.sleep(0.5)
            began = time.monotonic()
            counter.start()
            time.sleep(0.2)
            (milliseconds,) = counter.stop()
            assert (
                1 < milliseconds < (time.monotonic() - began) * 1000 + 250
            )  # and not the half a second before

    def test_instructions_are_a_figure_for_each_side_of_the_kernel_or_none_at_all() -> None:
        with spinning() as child, counting(child.pid, None) as counter:
            counter.start()
            time.sleep(0.05)
            assert len(counter.stop()) == (len(EVENTS) if are_counted() else 0)

    def test_a_perf_that_fails_is_an_error_and_no_silence() -> None:
        unknown = ("no-such-event",)
        with (
            spinning() as child,
            counting(child.pid, None, unknown) as counter,
            pytest.raises(ChildError, match="perf has ended\nevent syntax error"),
        ):
            counter.start()
