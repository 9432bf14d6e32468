"""What all tests share.

- In CI (``ACKORD_NO_SKIP=1``) nothing may skip.
- No example of hypothesis fails for being slow: a machine may stand still for a while. What must be
  done in bounded time says so itself, and measures CPU time.
- ``--unit`` runs only what needs no network, no other process and no compiler, and fails where a
  test needs one after all; ``--rest`` runs the rest.
- With workers (``pytest -n``) files that wait for real time come first, and a test that is marked
  `alone` runs while no other test does.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import sysconfig
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests.suite import share
from tests.turns import turn

ROOT: Final = Path(__file__).resolve().parents[1]
NOTHING_SKIPS: Final = os.environ.get("ACKORD_NO_SKIP") == "1"
OUTSIDE: Final = (
    "tests/attack",
    "tests/bench",
    "tests/codegen",
    "tests/conformance",
    "tests/examples",
    "tests/fuzz/test_targets.py::test_a_mistake_is_found_and_kept",
    "tests/house",
    "tests/interop",
    "tests/runtime/adapters/test_broker.py",
    "tests/runtime/adapters/test_stream_entries.py",
    "tests/runtime/adapters/test_stream_recovery.py",
    "tests/runtime/budget/test_budget.py",
    "tests/runtime/cli",
    "tests/runtime/budget/test_counting.py",
    "tests/runtime/budget/test_guard.py",
    "tests/runtime/websocket/test_network.py",
    "tests/runtime/websocket/test_client_framing.py",
    "tests/runtime/sockets/test_queue_endings.py::test_no_order_of_events_and_ends_leaves_a_task",
    "tests/runtime/hosting",
    "tests/runtime/server/test_cost.py",
    "tests/runtime/server/test_input_costs.py",
    "tests/runtime/protocol/socketio/test_values.py::test_json_is_the_same_on_an_interpreter_that_writes",
    "tests/runtime/speedups",
    "tests/runtime/test_option_values.py::test_a_connection_that_fails_shows_neither_password",
    "tests/runtime/logs/test_packets.py",
    "tests/runtime/test_public_api.py::test_the_package_loads_nothing_until_a_name_is_used",
    "tests/runtime/test_public_api.py::test_a_server_needs_neither_uvicorn_nor_the_client",
    "tests/runtime/testing/test_clock.py::test_networks_are_refused",
    "tests/runtime/polling/test_body.py::test_a_body_in_many_parts_takes_little_more_memory",
    "tests/runtime/polling/test_client.py::test_nobody_listens",
    "tests/runtime/polling/test_client.py::test_what_servers_answer_over_the_network",
    "tests/runtime/typed/test_definitions.py::test_the_types_of_a_contract_load_neither",
    "tests/runtime/typed/test_sync_client.py::test_a_program_that_ends_forks_or_is_interrupted",
    "tests/runtime/validation/test_arguments.py::test_half_a_million_wrong_items_are_refused",
    "tests/runtime/validation/test_completion.py::test_adapters_of_a_large_type_are_small",
    "tests/schema/test_formatting.py",
    "tests/schema/test_fuzz.py",
    "tests/schema/test_javascript_patterns.py::test_patterns_without_a_warning",
    "tests/soak",
    "tests/typing",
)
"""Not for ``--unit``: how the names of folders, files and tests begin that need a network, other
processes or a compiler, take long, or count what each version of Python counts otherwise.
"""
COMPILED: Final = (
    "tests/bench/test_bench.py",
    "tests/bench/test_generator",
    "tests/runtime/speedups",
)
"""Folders and files, or how their names begin, that need a C compiler and Python's headers."""
WAITING: Final = (
    "tests/soak",
    "tests/interop",
    "tests/conformance",
    "tests/attack",
    "tests/runtime/hosting",
    "tests/typing",
    "tests/codegen",
    "tests/bench",
    "tests/fuzz",
    "tests/runtime/budget",
)
"""Folders of which files take long, or wait: the workers begin with them."""
ALONE: Final = (
    "tests/attack/test_attack.py::test_a_stranger_is_served_while_somebody_attacks",
    "tests/bench/test_bench.py::test_what_perf_counts_meanwhile_is_told_for_each_unit",
    "tests/runtime/hosting/test_guard.py::test_a_flood_of_control_frames_leaves_others_their_turn",
    "tests/runtime/hosting/test_pressure.py::test_a_close_does_not_wait_forever",
)
"""How the names of tests begin that are marked `alone`: a machine with much to do fails them."""
REACHING_OUT: Final = {"socket.bind", "socket.connect", "subprocess.Popen"}
"""Events of Python's audit of what ``--unit`` doesn't need."""

settings.register_profile("ackord", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unit", settings.get_profile("ackord"), max_examples=20)
settings.register_profile("thorough", settings.get_profile("ackord"), max_examples=1000)
# What hypothesis itself brings for CI is the same, and takes the same examples each time: new ones
# are looked for elsewhere.
settings.load_profile("ci" if NOTHING_SKIPS else "ackord")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--unit",
        action="store_true",
        help="run only what needs no network, no other process and no compiler, and isn't slow",
    )
    parser.addoption("--rest", action="store_true", help="run only what --unit leaves out")
    parser.addoption("--part", default="0/1", help="run one part of the files, counted from 0")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--unit") and not config.getoption("--hypothesis-profile"):
        settings.load_profile("unit")


def _refuse_to_reach_out(event: str, arguments: tuple[object, ...]) -> None:
    if event in REACHING_OUT:
        pytest.fail(f"a unit test makes no {event}: name its file in OUTSIDE of tests/conftest.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Take two workers for each core, since many tests wait."""
    return len(os.sched_getaffinity(0)) * 2


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what ``--unit`` doesn't run before it is imported."""
    if config.getoption("--unit") and collection_path.is_relative_to(ROOT):
        name = collection_path.relative_to(ROOT).as_posix()
        is_left_out = name.startswith(OUTSIDE) or (
            collection_path.is_file() and collection_path not in part_of(config.getoption("--part"))
        )
        return True if is_left_out else None
    return None


@cache
def part_of(part: str) -> set[Path]:
    """Return the files of one part of the unit tests."""
    number, _, parts = part.partition("/")
    files = (ROOT / "tests").rglob("test_*.py")
    is_unit = [file for file in files if not file.relative_to(ROOT).as_posix().startswith(OUTSIDE)]
    return share(is_unit, int(parts))[int(number)]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--unit") or config.getoption("--rest"):
        parts: dict[bool, list[pytest.Item]] = {True: [], False: []}
        for item in items:
            parts[_is_unit(item)].append(item)
        wanted = bool(config.getoption("--unit"))
        config.hook.pytest_deselected(items=parts[not wanted])
        items[:] = parts[wanted]
    if config.getoption("--unit"):
        sys.addaudithook(_refuse_to_reach_out)
    for item in items:
        if item.nodeid.startswith(COMPILED):
            item.add_marker("compiler")
        if item.nodeid.startswith(ALONE):
            item.add_marker("alone")
    # Stable, and so as random as before within both parts.
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


def pytest_collection_finish() -> None:
    """Set aside what is there before the first test, and look at the rest seldom: what a test needs
    collected it collects itself.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


@pytest.fixture
def young_heap() -> None:
    """Set aside what earlier tests have left, so that `gc.collect()` looks only at what the test
    itself makes.
    """
    gc.freeze()


def _is_unit(item: pytest.Item) -> bool:
    is_marked = any(item.get_closest_marker(name) for name in ("slow", "outside"))
    return not is_marked and not item.nodeid.startswith(OUTSIDE)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let the workers take turns; before the time limit of the test begins."""
    if not hasattr(item.config, "workerinput"):
        return (yield)
    with turn(ROOT / ".cache" / "turns", alone=item.get_closest_marker("alone") is not None):
        return (yield)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs a compiler where there is none; with one reason, so that it is one line."""
    if item.get_closest_marker("compiler") and not _can_compile():
        pytest.skip("no C compiler (gcc or clang; CC names another), or no C headers of Python")


def _can_compile() -> bool:
    compiler = shutil.which(os.environ.get("CC", "cc"))
    return compiler is not None and Path(sysconfig.get_path("include"), "Python.h").is_file()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may skip."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and NOTHING_SKIPS:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"nothing may skip here (ACKORD_NO_SKIP=1): {reason}"
    return report
