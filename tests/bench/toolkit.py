"""The CPU of the command line on a large contract: ``python -m tests.bench.toolkit``.

Each figure is the best of five processes, as a ratio to a canary (a loop of CPython's, about half a
second) that runs between them.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

EVENTS: Final = 500
MODELS: Final = 300
NAMESPACES: Final = 5
ROUNDS: Final = 5
CANARY: Final = "sum(i * i for i in range(6_000_000))"
ACKORD: Final = (sys.executable, "-m", "ackord.codegen")


def large_schema(events: int = EVENTS, models: int = MODELS) -> str:
    """Write a schema file with so many events and models, of all kinds of types."""
    return "".join(
        [
            "ackord: 1\nname: large\nversion: 1.0.0\n\ntypes:\n",
            "  Key: {newtype: str, max_length: 40}\n",
            "  State: {enum: [new, open, closed], open: true}\n",
            *(_model(number, models) for number in range(models)),
            "\nerrors:\n  Denied: {fields: {reason: str}}\n  Missing: {fields: {key: Key}}\n",
            '\nrooms:\n  topic: {name: "topic:{key}", params: {key: Key}}\n\nnamespaces:\n',
            *(
                _namespace(number, range(number, events, NAMESPACES), models)
                for number in range(NAMESPACES)
            ),
        ]
    )


def _model(number: int, models: int) -> str:
    return (
        f"  Model{number}:\n"
        f"    doc: The model number {number}.\n"
        "    fields:\n"
        "      id: Key\n"
        "      state: State = new\n"
        "      title: {type: str, min_length: 1, max_length: 200}\n"
        "      at: datetime\n"
        "      scores: list[float] = []\n"
        "      labels: map[str, int]?\n"
        + (f"      parent: Model{number - 1} | null\n" if number % 3 else "")
    )


def _namespace(number: int, events: range, models: int) -> str:
    middle = len(events) // 2
    sent = "".join(
        f"      save_{event}:\n"
        f"        doc: Save a model, number {event}.\n"
        f"        args: {{key: Key, value: Model{event % models}, force: bool = false}}\n"
        f"        ack: Model{event * 7 % models}\n"
        "        errors: [Denied, Missing]\n"
        for event in events[:middle]
    )
    received = "".join(
        f"      saved_{event}:\n"
        f"        rooms: [topic]\n"
        f"        args: {{value: Model{event % models}, note: str?}}\n"
        for event in events[middle:]
    )
    return (
        f"  /part{number}:\n    auth: {{fields: {{token: str}}}}\n"
        f"    client_to_server:\n{sent}    server_to_client:\n{received}"
    )


def child_cpu(command: Sequence[str], directory: Path, accepted: Sequence[int] = (0,)) -> float:
    """Run a process and return the seconds of CPU that it took, those of its children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in accepted:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def python(code: str) -> tuple[str, ...]:
    """Return the command that runs a line of Python."""
    return (sys.executable, "-c", code)


LOAD: Final = "from pathlib import Path; from ackord.schema import load_contract; "
REGISTER: Final = (
    "import time; from ackord.runtime.server import Server; import large.server as s; "
    "spaces = [type('N', (c,), {n: getattr(c, n) for n in ()}) for c in ()]"
)
STEPS: Final[Mapping[str, tuple[Sequence[str], float | None]]] = {
    "load (process)": (python(f"{LOAD}load_contract(Path('large.yaml'))"), 0.9),
    "ackord generate": ((*ACKORD, "generate", "large.yaml", "--out", "again"), 2.0),
    "ackord check": ((*ACKORD, "check", "large.yaml", "--out", "large"), 2.0),
    "ackord lint": ((*ACKORD, "lint", "large.yaml"), 1.2),
    "ackord --version": ((*ACKORD, "--version"), None),
    "ackord --help": ((*ACKORD, "--help"), 0.6),
}
