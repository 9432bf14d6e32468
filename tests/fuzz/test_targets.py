"""Every decoder takes anything: hypothesis throws it, and a coverage-guided run of seconds;
``python -m tests.fuzz`` is the long one.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.targets import CUT, TARGETS, Target, failing_logs

ROOT = Path(__file__).parents[2]
LANGUAGE = [
    *(
        CUT,
        b"\0",
        b"\x1e",
        b"0",
        b"1",
        b"2",
        b"3",
        b"4",
        b"5",
        b"6",
        b"9" * 20,
        b"-",
        b"/",
        b",",
        b"[",
        b"]",
        b"{",
        b"}",
        b":",
        b'"',
    ),
    *(
        b'"a"',
        b"\\",
        b"\\ud800",
        b"\\u0000",
        b"null",
        b"true",
        b"NaN",
        b"1e999",
        b"-0",
        b"1.5",
        b'{"_placeholder":true,"num":0}',
    ),
    *(b'"num":-1', b"\xc3\xa9", b"\xed\xa0\x80", b"=", b"&", b"%", b"\n"),
]
PIECES = st.sampled_from(LANGUAGE)


@pytest.fixture(scope="module", autouse=True)
def _failing_logs() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]  # pytest uses it
    with failing_logs():
        yield


def inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Noise, the language's pieces, and seeds with a part replaced."""
    part = st.one_of(st.binary(max_size=8), st.lists(PIECES, max_size=5).map(b"".join))

    def replace(seed: bytes, start: int, length: int, new: bytes) -> bytes:
        start = start % (len(seed) + 1)
        return seed[:start] + new + seed[start + length :]

    mutated = st.builds(
        replace, st.sampled_from(list(target.seeds)), st.integers(0, 500), st.integers(0, 8), part
    )
    return st.one_of(st.binary(max_size=100), st.lists(PIECES, max_size=20).map(b"".join), mutated)


@pytest.mark.parametrize("name", TARGETS)
def test_a_decoder_raises_nothing_but_what_it_declares(name: str) -> None:
    target = TARGETS[name]
    for seed in target.seeds:
        target.run(seed)

    @given(inputs(target))
    def check(data: bytes) -> None:
        target.run(data)

    check()


MEGABYTE = 1_000_000
HUGE: dict[str, Callable[[], bytes]] = {
    "digits": lambda: b"2" + b"9" * MEGABYTE,
    "digits in the name": lambda: b"[" + b"9" * MEGABYTE + b"]",
    "attachment digits": lambda: b"5" + b"1" * MEGABYTE + b"-",
    "a namespace": lambda: b"2/" + b"a" * MEGABYTE + b",[]",
    "separators": lambda: b"\x1e" * MEGABYTE,
    "small packets": lambda: b"\x1e".join([b"4"] * (MEGABYTE // 2)),
    "base64": lambda: b"b" + b"A" * MEGABYTE,
    "nothing but cuts": lambda: CUT * MEGABYTE,
    "nested arrays": lambda: b"[" * MEGABYTE,
    "nested and closed": lambda: b'["a",' + b"[" * 499_000 + b"]" * 499_000 + b"]",
    "nested objects": lambda: b'{"a":' * 200_000,
    "empty arrays": lambda: b'["a"' + b",[]" * 330_000 + b"]",
    "keys": lambda: b"{" + b",".join(b'"%d":0' % number for number in range(90_000)) + b"}",
    "one key over and over": lambda: b"{" + b",".join([b'"a":0'] * 150_000) + b"}",
    "lone surrogates": lambda: b'["' + b"\\ud800" * 160_000 + b'"]',
    "backslashes": lambda: b'["' + b"\\" * MEGABYTE + b'"]',
    "placeholders": lambda: (
        b'["nested",{"a":['
        + b",".join([b'{"_placeholder":true,"num":0}'] * 32_000)
        + b"]}]"
        + CUT
        + b"x" * 1000
    ),
    "a wrong item, half a million times": lambda: (
        b'["nested",{},[' + b",".join([b"null"] * 190_000) + b"]]"
    ),
    "numbers": lambda: b'["a",' + b",".join([b"9" * 4000] * 240) + b"]",
    "one number": lambda: b'["a",' + b"9" * MEGABYTE + b"]",
    "an exponent": lambda: b'["scalars","1","1e' + b"9" * 900_000 + b'"]',
    "a query": lambda: b"a&" * 500_000,
    "a query of percent signs": lambda: b"a=" + b"%41" * 300_000,
    "an origin": lambda: b"EIO=4&transport=polling\norigin\n" + b"http://" * 100_000,
    "msgpack: nested": lambda: (
        b"\x84\xa4type\x02\xa3nsp\xa1/\xa2id\x01\xa4data" + b"\x91" * MEGABYTE
    ),
    "msgpack: an array of 4 billion": lambda: (
        b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\xdd\xff\xff\xff\xff"
    ),
    "msgpack: bytes of 4 billion": lambda: (
        b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\xc6\xff\xff\xff\xff"
    ),
    "msgpack: empty maps": lambda: (
        b"\x83\xa4type\x02\xa3nsp\xa1/\xa4data\xdd\x00\x0f\x42\x40\xa1a" + b"\x80" * 999_999
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("data", HUGE)
@pytest.mark.parametrize("name", [name for name in TARGETS if name not in {"server", "surrogates"}])
def test_a_megabyte_takes_bounded_time_and_memory(name: str, data: str) -> None:
    """The largest message that gets through: half a second on an idle machine, and memory for what
    it means.
    """
    megabyte = HUGE[data]()
    TARGETS[name].run(TARGETS[name].seeds[0])  # adapters are built once
    start = time.process_time()
    TARGETS[name].run(megabyte)
    taken = time.process_time() - start
    assert taken < 5  # a busy machine takes several times as long
    if taken < 0.02:
        return  # too little to fill much memory
    tracemalloc.start()
    try:
        TARGETS[name].run(megabyte)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 250_000_000


@pytest.mark.slow
def test_the_guided_run_can_be_started_and_finds_nothing(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "typed_arguments",
        "--seconds",
        "2",
        "--folder",
        str(tmp_path),
    ]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"typed_arguments +[0-9]+ inputs, +[0-9]{2,} places reached", done.stdout), (
        done.stdout
    )
    assert list((tmp_path / "corpus" / "typed_arguments").iterdir()) != []


def test_a_mistake_is_found_and_kept(tmp_path: Path) -> None:
    """The run itself works: a planted mistake ends it, and the input that shows it is there."""
    pytest.importorskip("atheris")
    command = [sys.executable, "-m", "tests.fuzz.guided", "planted", str(tmp_path), "20"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode != 0
    assert [path.read_bytes()[:3] for path in tmp_path.glob("crash-*")] == [b"bug"]
