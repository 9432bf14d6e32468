"""The load generator as a program: how it is built, called and read, and what it costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attempts import hold_once
from tests.bench import cpu
from tests.bench.generator import FLAGS, SANITIZERS, GeneratorError, Result, build, run

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program() -> Path:
    """The generator, built so that a wrong access to memory ends it."""
    return build(SANITIZERS)


@pytest.mark.parametrize(
    ("workload", "options"),
    [
        pytest.param("echo", {"clients": 50}, id="echo"),
        pytest.param("echo", {"clients": 50, "inflight": 8}, id="echo, pipelined"),
        pytest.param("broadcast", {"clients": 100}, id="broadcast"),
    ],
)
def test_it_costs_less_than_the_cheapest_server(workload: str, options: dict[str, float]) -> None:
    def claim(seconds: float) -> None:
        command = [sys.executable, "-m", "tests.bench.servers.raw_websockets"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            port = int(server.stdout.readline().split()[1])
            before = cpu.read(server.pid)
            result = run(port, workload, program=build(), warmup=0, seconds=seconds, **options)
            spent = cpu.read(server.pid) - before
            server.kill()
        # Half of it, and most of that is the kernel's.
        assert result.cpu_user + result.cpu_system < 0.8 * spent.total

    hold_once(claim, (1, 1, 4))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "--workload is missing"),
        (["--workload=echo"], "--port is missing"),
        (["--workload=sleep"], "there is no workload sleep"),
        (["--workload=echo", "--port=0"], "--port must be a number from 1 to 65535, not 0"),
        (["--workload=echo", "--port=8o"], "--port must be a number from 1 to 65535, not 8o"),
        (
            ["--workload=echo", "--port=1", "--clients=2.5"],
            "--clients must be a whole number, not 2.5",
        ),
        (
            ["--workload=echo", "--port=1", "--seconds=nan"],
            "--seconds must be a number from 0.01 to 3600, not nan",
        ),
        (["--workload=echo", "--port=1", '--event=a"b'], "--event can't hold \""),
        (["--workload=echo", "--port=1", "--event="], "--event must have 1 to 200 characters"),
        (["--workload=echo", "--port=1", "--path=x"], "--path must begin with a slash"),
        (["--workload=echo", "--port=1", "--rate=5"], "the workload echo takes no --rate"),
        (["--workload=latency", "--port=1"], "the workload latency needs a --rate"),
        (["--workload=oneway", "--port=1", "--bytes=20"], "an item has at least 47 bytes"),
        (["--workload=echo", "--port=1", "more"], "what is more?"),
        (["--workload=echo", "--prot=1"], "unrecognized option '--prot=1'"),
    ],
)
def test_a_mistake_on_the_command_line_is_named(
    arguments: list[str], complaint: str, program: Path
) -> None:
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith(complaint)


def test_what_is_built_already_is_not_built_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(cache=tmp_path)
    assert os.access(first, os.X_OK)
    built = first.stat().st_mtime_ns
    assert build(cache=tmp_path) == first
    assert first.stat().st_mtime_ns == built
    assert build(["-O1"], cache=tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 2


def test_a_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(
        GeneratorError,
        match="needs a C compiler, and there is no 'no-such-compiler': install gcc or clang",
    ):
        build(cache=tmp_path)


def test_warnings_are_errors_and_what_the_compiler_says_is_shown(tmp_path: Path) -> None:
    assert "-Werror" in FLAGS
    with pytest.raises(GeneratorError, match=r"can't compile the load generator:\n(.|\n)*BATCH"):
        build(["-DBATCH="], cache=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_line_that_is_no_result_is_refused() -> None:
    for line in (
        "",
        "begin",
        "end",
        "end []",
        "end {}",
        'end {"count": 1, "seconds": 1, "cpu_user": 0, "cpu_system": 0, "more": 1}',
    ):
        with pytest.raises(GeneratorError, match="this is no result"):
            Result.parse(line)
    assert (
        Result.parse('end {"count": 1, "seconds": 2.5, "cpu_user": 0.25, "cpu_system": 1}').seconds
        == 2.5
    )
