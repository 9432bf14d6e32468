"""The load generator: C of `tests/bench/load`, built when it is needed.

One run of it is one workload on one server.
It prints ``connected`` when all clients have joined, ``begin`` after the warm-up, and ``end`` with
a JSON object after the measured time; then it sends nothing new, waits for what is still
unanswered, says goodbye and exits with status 0. It exits with status 1 and a line on its standard
error at anything that is wrong: a wrong, unasked or missing answer, a lost connection, silence.
`accept` prints ``begin`` before the first connection and ``end`` after the last, and stays
connected until a line arrives on its standard input.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = HERE / "load"
CACHE: Final = HERE.parents[1] / ".cache" / "bench"
FLAGS: Final = (
    "-std=gnu17",
    "-D_GNU_SOURCE",
    "-O2",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wconversion",
    "-Werror",
)
SANITIZERS: Final = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
"""Flags with which a mistake in the C code ends the program, slowly: for tests."""
LONGEST: Final = 600.0
"""Seconds after which `run` gives the generator up; it ends by itself long before."""


class GeneratorError(Exception):
    """The generator can't be built, or a run of it failed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run has measured, between ``begin`` and ``end``."""

    count: int
    """Messages answered, deliveries, or connections."""
    seconds: float
    cpu_user: float
    """Seconds of CPU that the generator itself used."""
    cpu_system: float
    """The kernel's part of them, in addition."""
    p50_us: float | None = None
    """Microseconds from when a message was meant to be sent until it was answered; `None` where
    there is no schedule.
    """
    p90_us: float | None = None
    p99_us: float | None = None
    max_us: float | None = None
    lag_p99_us: float | None = None
    """Microseconds by which the generator itself was late, a part of the latencies."""
    unanswered: int | None = None
    """Messages of the latencies that had no answer yet; their age until ``end`` stands for it."""
    slow_closed: int | None = None
    """Clients that read nothing which the server has closed."""

    @classmethod
    def parse(cls, line: str) -> Result:
        """Read the line that begins with ``end``.

        Raises:
            GeneratorError: it is no such line.
        """
        word, _, text = line.partition(" ")
        try:
            values: dict[str, Any] = json.loads(text)
            if word == "end" and values.keys() <= {field.name for field in fields(cls)}:
                return cls(**values)
        except (ValueError, TypeError, AttributeError) as error:
            raise GeneratorError(f"this is no result: {line!r}") from error
        raise GeneratorError(f"this is no result: {line!r}")


def build(extra: Sequence[str] = (), cache: Path = CACHE) -> Path:
    """Compile the generator, unless these very sources are compiled already; return the program.

    Raises:
        GeneratorError: there is no C compiler, or it failed.
    """
    sources = sorted(SOURCES.glob("*.[ch]"))
    compiler = os.environ.get("CC", "cc")
    command = [
        compiler,
        *FLAGS,
        *extra,
        *(str(path) for path in sources if path.suffix == ".c"),
        "-lm",
    ]
    digest = hashlib.sha256(
        "\0".join(command).encode() + b"".join(path.read_bytes() for path in sources)
    ).hexdigest()
    program = cache / f"load-{digest[:16]}"
    if program.exists():
        return program
    if shutil.which(compiler) is None:
        raise GeneratorError(
            f"the load generator needs a C compiler, and there is no {compiler!r}: install "
            "gcc or clang, or name one in CC"
        )
    cache.mkdir(parents=True, exist_ok=True)
    # Complete or not there: another process may want it, too.
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        unfinished = Path(folder) / "load"
        done = subprocess.run(
            [*command, "-o", str(unfinished)], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise GeneratorError(
                f"{compiler} can't compile the load generator:\n{done.stderr.strip()}"
            )
        unfinished.replace(program)
    return program


def run(port: int, workload: str, *, program: Path | None = None, **options: float | str) -> Result:
    """Put `workload` on the server at `port` of 127.0.0.1, once; `options` are those of the command
    line.

    Raises:
        GeneratorError: the generator can't be built, or the server did something wrong.
    """
    arguments = [f"--{name}={value}" for name, value in options.items()]
    command = [str(program or build()), f"--port={port}", f"--workload={workload}", *arguments]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST,
    )
    if done.returncode != 0:
        raise GeneratorError(
            done.stderr.strip() or f"the load generator ended with status {done.returncode}"
        )
    return Result.parse(done.stdout.splitlines()[-1])
