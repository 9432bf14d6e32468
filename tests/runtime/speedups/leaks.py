"""Count what calls leave behind: ``python -m tests.runtime.speedups.leaks LIBRARY FAILING_MEMORY``
prints it as JSON.

In a process of its own, where nothing else comes and goes.
"""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tests.runtime.speedups.differential import HUGE
from tests.runtime.speedups.frames import frame
from tests.runtime.speedups.functions import in_c, load_extension

ROUNDS: Final = 500
GOOD: Final = frame(b"2") + frame("später €".encode()) + frame(b"x" * 1000)
BAD: Final = frame(b"abc") + frame(b"\xff" * 9)
MESSAGE: Final = '42["name of an event",{}]'
CALLS: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    *(
        ("take_texts", (data, 0, 10_000, 9))
        for data in (GOOD, BAD, bytearray(GOOD), bytearray(BAD), b"")
    ),
    *(("take_texts", (GOOD, at, 1, 1)) for at in (-1, HUGE, None)),
    *(
        ("take_texts", arguments)
        for arguments in ((None, 0, 1, 1), (GOOD, 0, None, 1), (GOOD, 0, 1, None), (GOOD,))
    ),
    *(
        ("take_text", (data, 100))
        for data in (frame(b"2"), frame(b"abc"), frame(b"\xff"), frame("é".encode()), GOOD)
    ),
    *(("take_text", arguments) for arguments in ((None, 1), (GOOD, None), (GOOD,))),
    *(
        ("split_event", (text,))
        for text in (MESSAGE, '42/n,9876543210["name",1]', '42["€","\U0001f600"]', "42/n", None)
    ),
    *(("find_exponent", (text,)) for text in ("1e5", "€1e5", "none", None)),
)
"""Each way that leads to a result, and each that leads to an exception."""

CALLS_FOR_MEMORY: Final[tuple[tuple[str, tuple[Any, ...]], ...]] = (
    ("take_texts", (GOOD, 0, 10_000, 9)),
    ("take_texts", (bytearray(GOOD), 0, 10_000, 9)),
    ("take_text", (frame(b"some text"), 100)),
    ("split_event", ('42/n,9876543210["name",1]',)),
)
"""Those of which each allocation fails, too."""


def main() -> None:
    gc.disable()  # or it would run while memory fails
    functions = in_c(Path(sys.argv[1]))
    calls = [(getattr(functions, name), arguments) for name, arguments in CALLS]
    fail = load_extension(Path(sys.argv[2])).run
    calls += [
        (fail, (number, getattr(functions, name), *arguments))
        for name, arguments in CALLS_FOR_MEMORY
        for number in range(15)
    ]

    def run(rounds: int) -> None:
        for _ in range(rounds):
            for function, arguments in calls:
                with suppress(TypeError, ValueError, OverflowError):
                    function(*arguments)

    shared = {
        "None": None,
        "True": True,
        "False": False,
        "slash": "/",
        "empty": "",
        "message": MESSAGE,
        "good": GOOD,
        "bad": BAD,
    }
    tracemalloc.start()
    run(20)
    gc.collect()
    references = {name: sys.getrefcount(value) for name, value in shared.items()}
    start, _ = tracemalloc.get_traced_memory()
    run(ROUNDS)
    gc.collect()
    end, _ = tracemalloc.get_traced_memory()
    more = {name: sys.getrefcount(value) - references[name] for name, value in shared.items()}
    print(json.dumps({"rounds": ROUNDS, "bytes": end - start, **more}))


if __name__ == "__main__":
    main()
