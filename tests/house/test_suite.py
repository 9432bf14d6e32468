"""How the tests are run: what `--unit` leaves out, how it is divided, who takes turns."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.conftest import ALONE, COMPILED, OUTSIDE, ROOT, WAITING, part_of
from tests.house.proportion import MEASURING
from tests.suite import share, worst
from tests.turns import turn


def test_what_the_configuration_names_is_there() -> None:
    for name in (*OUTSIDE, *COMPILED, *WAITING, *ALONE, *MEASURING):
        path, _, test = name.partition("::")
        (found, *_) = ROOT.glob(f"{path}*")
        assert found.is_dir() or f"def {test}" in found.read_text(encoding="utf-8"), name


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_each_file_is_in_one_part_and_the_parts_are_of_about_one_size(parts: int) -> None:
    files = set((ROOT / "tests/runtime").rglob("test_*.py"))
    shares = share(files, parts)
    assert sorted(file for part in shares for file in part) == sorted(files)
    sizes = [sum(file.stat().st_size for file in part) for part in shares]
    assert max(sizes) < 1.1 * min(sizes)


def test_one_part_of_the_unit_tests_collects_its_own_files_only() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--unit", "--collect-only"]
    done = subprocess.run(
        [*command, "--part", "1/20"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    assert found
    assert {ROOT / name for name in found} <= part_of("1/20")


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [(False, False, True), (False, True, False), (True, False, False), (True, True, False)],
)
def test_only_tests_that_need_not_be_alone_run_at_the_same_time(
    tmp_path: Path, first: bool, second: bool, together: bool
) -> None:
    has_it = threading.Event()

    def take_a_turn() -> None:
        with turn(tmp_path, alone=second):
            has_it.set()

    # Each opens the files for itself, so that threads wait for each other as processes do.
    other = threading.Thread(target=take_a_turn)
    with turn(tmp_path, alone=first):
        other.start()
        assert has_it.wait(60 if together else 0.1) is together
    assert has_it.wait(60)
    other.join()


@pytest.mark.parametrize(
    ("statuses", "expected"), [([0, 0], 0), ([5, 0], 0), ([5, 5], 5), ([0, 1], 1), ([1, 5, 2], 2)]
)
def test_a_part_may_have_nothing_of_what_was_asked_for(statuses: list[int], expected: int) -> None:
    assert worst(statuses) == expected


def test_each_test_is_either_a_unit_test_or_one_of_the_rest() -> None:
    unit, rest = (collected(option) for option in ("--unit", "--rest"))
    assert unit
    assert rest
    assert not unit & rest


def collected(option: str) -> set[str]:
    """Return the tests of a file that has both kinds."""
    file = "tests/runtime/test_public_api.py"
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only", option, file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line for line in done.stdout.splitlines() if "::" in line}
