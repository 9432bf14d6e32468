from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from tests.bench import cpu
from tests.bench.canary import Canary
from tests.bench.child import ROOT, Child, ChildError, only_core
from tests.bench.cores import Cores
from tests.bench.memory import resident

linux = pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="reads Linux's /proc")  # noqa: PTH110  # a decorator's condition


@contextmanager
def python(code: str, core: int | None = None) -> Generator[Child]:
    child = Child("the child", (sys.executable, "-c", code), core=core)
    try:
        yield child
    finally:
        child.end()


def test_lines_arrive_one_by_one_however_they_were_written() -> None:
    with python("import os; os.write(1, b'one\\ntw'); input(); os.write(1, b'o\\nthree')") as child:
        assert child.line(10) == "one"
        child.tell("go on")
        assert child.line(10) == "two"
        with pytest.raises(ChildError, match=r"^the child ended with status 0$"):
            child.line(10)
        child.finish(10)


def test_silence_ends_in_time() -> None:
    with python("input()") as child:
        with pytest.raises(ChildError, match=r"^the child printed nothing for 0\.05 seconds$"):
            child.line(0.05)
        with pytest.raises(ChildError, match=r"^the child doesn't end$"):
            child.finish(0.05)
        assert child.is_alive
    assert not child.is_alive


def test_what_a_process_complained_about_is_told_without_the_paths_of_this_machine() -> None:
    complaint = r"^the child ended with status 1\nno such file: tests/x\.py$"
    with (
        python(f"import sys; sys.exit('no such file: {ROOT}/tests/x.py')") as child,
        pytest.raises(ChildError, match=complaint),
    ):
        child.finish(10)


def test_of_long_complaints_the_end_is_kept() -> None:
    with python("import sys; sys.stderr.write('x' * 10000 + 'the end'); sys.exit(3)") as child:
        with pytest.raises(ChildError, match="ended with status 3"):
            child.finish(10)
        assert child.complaints().endswith("xthe end")
        assert len(child.complaints()) == 2000
    assert child.complaints() == ""


def test_one_that_would_not_end_when_asked_ends_at_once() -> None:
    with python(
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', "
        "flush=True); time.sleep(60)"
    ) as child:
        assert child.line(10) == "ready"
        child.end()
        assert not child.is_alive


def test_a_child_runs_on_the_core_that_it_is_given_and_its_parent_where_it_was() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with python("import os; print(*os.sched_getaffinity(0))", core) as child:
        assert child.line(10) == str(core)
    assert os.sched_getaffinity(0) == before
    with only_core(None):
        assert os.sched_getaffinity(0) == before


def test_server_and_load_have_different_cores_where_there_are_two() -> None:
    cores = Cores.choose()
    several = len(os.sched_getaffinity(0)) > 1
    assert (cores.server is not None, cores.load is not None) == (several, several)
    assert not several or cores.server != cores.load


def test_ten_thousand_files_may_be_opened_where_the_user_may() -> None:
    script = (
        "import resource; from tests.bench.files import allow_many; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, {hard})); "
        "print(allow_many(), *resource.getrlimit(resource.RLIMIT_NOFILE), flush=True)"
    )
    with python(script.format(hard="resource.getrlimit(resource.RLIMIT_NOFILE)[1]")) as child:
        enough, soft, hard = child.line(10).split()
        assert enough == str(soft == "10300")
        assert hard == "-1" or int(soft) == min(10300, int(hard))
    with python(script.format(hard=300)) as child:
        assert child.line(10) == "False 300 300"


@linux
def test_cpu_time_and_memory_of_another_process_grow_with_what_it_does() -> None:
    code = (
        "print('ready', flush=True); input(); data = bytearray(b'x') * 50_000_000; "
        "sum(range(3_000_000)); print('done', flush=True); input()"
    )
    with python(code) as child:
        assert child.line(30) == "ready"
        before, held = cpu.read(child.pid), resident(child.pid)
        child.tell("")
        assert child.line(30) == "done"
        spent = cpu.read(child.pid) - before
        assert 0.005 < spent.total < 20
        assert 0 <= spent.user <= spent.total + 2 * cpu.TICK
        assert 0 <= spent.waited < 30
        assert 49_000_000 < resident(child.pid) - held < 80_000_000
        child.tell("")


@linux
def test_the_canary_tells_microseconds_of_an_exchange() -> None:
    with Canary(Cores.choose()) as canary:
        assert 1 < canary.measure() < 5000
