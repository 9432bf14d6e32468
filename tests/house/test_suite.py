"""How the tests are run: what `--unit` leaves out, who takes turns."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.conftest import ALONE, COMPILED, OUTSIDE, ROOT, WAITING
from tests.house.proportion import MEASURING
from tests.turns import turn


def test_what_the_configuration_names_is_there() -> None:
    for name in (*OUTSIDE, *COMPILED, *WAITING, *ALONE, *MEASURING):
        path, _, test = name.partition("::")
        (found, *_) = ROOT.glob(f"{path}*")
        assert found.is_dir() or f"def {test}" in found.read_text(encoding="utf-8"), name


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
