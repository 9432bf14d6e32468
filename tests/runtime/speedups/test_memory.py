"""The C and memory: nothing is read or written where it shouldn't be, nothing leaks, and there may
be none.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator

import pytest

from tests.runtime.speedups.building import (
    FAILING_MEMORY,
    ROOT,
    compile_module,
    compile_sanitized,
    sanitizer_runtimes,
)
from tests.runtime.speedups.frames import frame
from tests.runtime.speedups.functions import Functions, in_c, load_extension


@pytest.fixture(scope="module")
def functions() -> Functions:
    return in_c(compile_module())


@pytest.fixture
def no_garbage_collection() -> Iterator[None]:
    """While memory fails, the garbage of other tests must stay where it is."""
    gc.disable()
    yield
    gc.enable()


def sanitized(*arguments: str, runtimes: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(runtimes),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself doesn't free all that it has when it ends
        "PYTHONMALLOC": "malloc",  # so that the sanitizer knows where each object ends
    }
    # The sanitizers want to know where memory is; some versions of them fail at times where the
    # kernel randomizes much.
    fixed = ["setarch", "--addr-no-randomize"]
    if (
        shutil.which(fixed[0]) is None
        or subprocess.run([*fixed, "true"], capture_output=True, check=False).returncode != 0
    ):
        fixed = []
    return subprocess.run(
        [*fixed, sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.slow
def test_sanitizers_find_nothing_in_the_whole_corpus() -> None:
    library = compile_sanitized()
    runtimes = sanitizer_runtimes(library)
    assert runtimes != []
    done = sanitized("-m", "tests.runtime.speedups.differential", str(library), runtimes=runtimes)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the same: ")


BEYOND = """
import ctypes, sys
library = ctypes.PyDLL(sys.argv[1])
ctypes.memmove((ctypes.c_ubyte * 100)(), (ctypes.c_ubyte * 100)(), 101)
"""


@pytest.mark.slow
def test_sanitizers_would_find_an_access_beyond_the_data() -> None:
    library = compile_sanitized()
    done = sanitized("-c", BEYOND, str(library), runtimes=sanitizer_runtimes(library))
    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr


def test_nothing_is_kept_of_a_call_that_is_over() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.runtime.speedups.leaks",
        str(compile_module()),
        str(compile_module(FAILING_MEMORY)),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=True
    )
    found: dict[str, int] = json.loads(done.stdout)
    bytes_more = found.pop("bytes")
    assert bytes_more < 20 * found.pop("rounds")  # the smallest object is larger
    assert {
        name: more for name, more in found.items() if abs(more) > 100
    } == {}  # each round uses each of them


def test_a_buffer_can_be_resized_after_every_call(functions: Functions) -> None:
    for data in (
        bytearray(frame(b"abc") * 3),
        bytearray(frame(b"abc") + frame(b"\xff")),
        bytearray(b"\x81"),
    ):
        functions.take_texts(data, 0, 100, 9)
        functions.take_text(data, 100)
        data.extend(b"more")  # BufferError if it were still held


ALLOCATING = {
    "take_text": (frame(b"some text"), 100),
    "take_text of a wrong frame": (frame(b"\xff"), 100),
    "take_texts": (
        frame(b"some text") + frame("später €".encode()) + frame(b"x" * 600) * 20,
        0,
        1000,
        99,
    ),
    "take_texts of what can be resized": (bytearray(frame(b"some text") * 9), 0, 1000, 99),
    "take_texts of a wrong frame": (frame(b"some text") * 300 + frame(b"\xff"), 0, 1000, 999),
    "split_event": ('42/namespace,9876543210["name",1]',),
    "split_event of wide characters": ('42/namespace€,9876543210["name",1]',),
    "find_exponent": ("1e5",),
}


@pytest.mark.usefixtures("no_garbage_collection")
@pytest.mark.parametrize("name", ALLOCATING)
def test_every_allocation_may_fail(functions: Functions, name: str) -> None:
    run = load_extension(compile_module(FAILING_MEMORY)).run
    function = getattr(functions, name.partition(" ")[0])
    arguments = ALLOCATING[name]
    expected = function(*arguments)
    failed = 0
    for number in range(1000):
        result, is_out_of_memory, was_reached = run(number, function, *arguments)
        if not was_reached:
            break
        # What isn't there for the exception of wrong UTF-8 is no memory either.
        assert is_out_of_memory
        assert result is None
        if isinstance(arguments[0], bytearray):
            arguments[0].append(0)  # BufferError if it were still held
        failed += 1
    else:
        pytest.fail("there is no end of allocations")
    assert result == expected  # what was appended is no whole frame
    assert failed > 0 or name == "find_exponent"


def test_the_headers_of_python_are_there() -> None:
    """Without them none of this can be built: Debian and Ubuntu have them in `python3-dev`."""
    assert (ROOT / sysconfig.get_path("include") / "Python.h").is_file()
