"""The runtime's tests pass with the helpers in C and without them; this process has one of the two,
so these runs take the other one.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ackord.runtime import compiled

from tests.runtime.speedups.building import ROOT, stage

IS_COMPILED = compiled.take_texts is not None
IS_OTHER_WAY = (
    "from ackord.runtime import compiled; "
    f"assert (compiled.take_texts is not None) is not {IS_COMPILED}"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    if IS_COMPILED:
        return {**os.environ, "ACKORD_SPEEDUPS": "0"}
    others = {name: value for name, value in os.environ.items() if name != "ACKORD_SPEEDUPS"}
    return {**others, "PYTHONPATH": str(stage(tmp_path_factory.mktemp("staged")))}


def test_it_is_the_other_way(environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-c", IS_OTHER_WAY], cwd=ROOT, env=environment, check=True)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("folder", ["websocket", "protocol", "sockets", "server"])
def test_the_tests_pass_the_other_way(
    folder: str, environment: dict[str, str], tmp_path: Path
) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--unit",
        "-p",
        "no:cacheprovider",
        f"--basetemp={tmp_path}/pytest",
        f"tests/runtime/{folder}",
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=590, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
