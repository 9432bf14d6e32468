"""Compare two implementations over a corpus; ``python -m tests.runtime.speedups.differential
LIBRARY`` compares the C in `LIBRARY` with the Python.

The tests run it in a process in which a wrong access to memory is the end.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.runtime.speedups.frames import SIZES, corpus, frame
from tests.runtime.speedups.functions import PYTHON, Functions, in_c

HUGE: Final = 10**30

HEADS: Final = ("42", "42/n,", "42/,", "42/n", '42/a"b,', "42/" + "n" * 999 + ",", "42/" + "n" * 1000 + ",", "42/" + "n" * 1001 + ",", "4", "", "43", "2", "42/é€,", "42/\U0001f600,", "42/[\n,", " 42")  # fmt: skip
IDS: Final = (
    "",
    "0",
    "7",
    "007",
    "9" * 15,
    "9" * 16,
    "-1",
    "+1",
    "1_0",
    "٣",
    "²",
    "1٣",
    " ",
    "1.0",
)
ARRAYS: Final = ("", "[", '["', '["a', '["a"', '[""', '["a"]', '["a",1]', '["",1]', '["a\\"b",1]', '["a\\\\",1]', '["a"\\', '[ "a"]', '["é"]', '["a","é"]', '["€",1]', '["\U0001f600"]', '["\ud800"]', '["a","\n\r\u2028"]', '["\0"]', "[1]", "{}", '["' + "n" * 2000 + '"]', '["' + "n" * 2000)  # fmt: skip
EXPONENTS: Final = ("", "e", "e1", "e+", "e-1", "E1", "ee1", "eee", "e:", "e/", "e0", "e9", "e٣", "xe1", "e" * 50 + "9", "e" * 50, "\ue031", "e\u0131", "\u6531", "\u65e1", "\U0001f600e1", "€e1", "ée1", "é" * 30 + "e", "1e5\ud800")  # fmt: skip


def exact(data: bytes) -> Any:
    """Return a copy in memory that ends where the data does, unlike that of `bytes`."""
    return (ctypes.c_ubyte * len(data)).from_buffer_copy(data)


Call: TypeAlias = tuple[str, tuple[Any, ...]]
"""The name of a function, and the arguments to call it with."""


def calls() -> Iterator[Call]:
    """Yield every kind of trouble, for each of the functions."""
    for data, max_size in product(corpus(), (0, 7, 125, 126, 65_536, HUGE, -1, -HUGE)):
        yield "take_text", (data, max_size)
        for limit in (1, 2, HUGE):
            yield "take_texts", (data, 0, max_size, limit)
    for limit in (0, -1, -HUGE, 3):
        yield "take_texts", (corpus()[-1], 0, 100, limit)
    for size, off in product(SIZES, (-1, 0, 1)):
        yield "take_texts", (frame(b"x" * size), 0, size + off, 1)
        yield "take_text", (frame(b"x" * size), size + off)
    yield from cut()
    for head, number, array in product(HEADS, IDS, ARRAYS):
        yield "split_event", (head + number + array,)
    for text, more in product(EXPONENTS, ("", "a", "é", "€", "\U0001f600", "e" * 20)):
        yield "find_exponent", (more + text,)
        yield "find_exponent", (text + more,)


def cut() -> Iterator[Call]:
    """Yield reads that end at every byte of some frames, taken from every index on."""
    for data in (
        frame(b"abc") + frame("é".encode() * 5),
        frame(b"x" * 130),
        frame(b"x" * 9, width=8),
        frame(b""),
    ):
        for end in range(len(data) + 1):
            yield "take_text", (data[:end], 1000)
            for at in range(end + 3):
                yield "take_texts", (data[:end], at, 1000, 9)


def compare(functions: Functions, make: Callable[[bytes], Any] = bytes) -> int:
    """Call `functions` and the reference with everything, data as `make` gives it; return how many
    results were the same.

    Raises:
        AssertionError: two results differ; the message says where.
    """
    count = 0
    for name, arguments in calls():
        mine = tuple(
            make(argument) if isinstance(argument, bytes) else argument for argument in arguments
        )
        result, expected = getattr(functions, name)(*mine), getattr(PYTHON, name)(*arguments)
        assert same(result, expected), (
            f"{name}{ascii(arguments)[:200]}: {ascii(result)[:200]}, not {ascii(expected)[:200]}"
        )
        count += 1
    return count


def same(one: Any, other: Any) -> bool:
    """Tell whether two results are equal, of the same types and sizes, so that strings are in their
    only valid form.
    """
    if type(one) is not type(other):
        return False
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and sys.getsizeof(one) == sys.getsizeof(other)


def main() -> None:
    functions = in_c(Path(sys.argv[1]))
    print("the same:", compare(functions), compare(functions, exact), compare(functions, bytearray))


if __name__ == "__main__":
    main()
