"""The CPU of the command line on a large contract: ``python -m tests.bench.toolkit``.

Each figure is the best of five processes, as a ratio to a canary (a loop of CPython's, about half a
second) that runs between them.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench import editor, peer_toolkit

EVENTS: Final = 500
MODELS: Final = 300
NAMESPACES: Final = 5
ROUNDS: Final = 5
CANARY: Final = "sum(i * i for i in range(6_000_000))"
ENVIRONMENT: Final = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
"""What the processes get: they keep compiled modules, as everywhere where Ackord is installed."""
ACKORD: Final = (sys.executable, "-m", "ackord.codegen")


def large_schema(events: int = EVENTS, models: int = MODELS) -> str:
    """Write a schema file with so many events and models, of all kinds of types."""
    return "".join(
        [
            "ackord: 1\nname: large\nversion: 1.0.0\n\ntypes:\n",
            "  Key: {newtype: str, max_length: 40}\n",
            "  State: {enum: [new, open, closed], open: true}\n",
            *(_model(number) for number in range(models)),
            "\nerrors:\n  Denied: {fields: {reason: str}}\n  Missing: {fields: {key: Key}}\n",
            '\nrooms:\n  topic: {name: "topic:{key}", params: {key: Key}}\n\nnamespaces:\n',
            *(
                _namespace(number, range(number, events, NAMESPACES), models)
                for number in range(NAMESPACES)
            ),
        ]
    )


def _model(number: int) -> str:
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


def child_cpu(command: Sequence[str], directory: Path, accepted: Sequence[int]) -> float:
    """Run a process and return the seconds of CPU that it and its children took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=directory, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in accepted:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def own_cpu(code: str, directory: Path) -> float:
    """Run Python that prints the seconds of CPU that a part of it took."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, cwd=directory, env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def python(code: str) -> tuple[str, ...]:
    """Return the command that runs a line of Python."""
    return (sys.executable, "-c", code)


@dataclass(frozen=True, slots=True)
class Step:
    """What is measured."""

    name: str
    measure: Callable[[Path], float]
    target: float | None = None
    """The most that it may be, in canaries."""


def process(
    name: str, *command: str, target: float | None = None, accepted: Sequence[int] = (0,)
) -> Step:
    """Measure a process, with Python's own start."""
    return Step(name, lambda directory: child_cpu(command, directory, accepted), target)


def keystroke(name: str, before: str, character: str, *, target: float | None = None) -> Step:
    """Measure a keystroke in an editor, behind a text of the file."""
    return Step(name, lambda folder: editor.keystroke(folder, before, character), target)


IMPORT: Final = (
    "import time, ackord.runtime.client, ackord.runtime.server; "
    "from ackord.runtime.stubs import v1; from pydantic import BaseModel, Field, TypeAdapter; "
    "v1.Client; began = time.process_time(); import {}; print(time.process_time() - began)"
)
"""Prints what a module costs beside those that it uses."""


def importing(name: str, module: str) -> Step:
    """Measure the import of a generated module alone."""
    return Step(name, lambda directory: own_cpu(IMPORT.format(module), directory))


IMPORT_PYDANTIC: Final = (
    "import time; began = time.process_time(); from pydantic import BaseModel, Field, TypeAdapter; "
    "print(time.process_time() - began)"
)
REGISTER: Final = """
import inspect, time
import large.server
from ackord.runtime.server import Server

def implement(base):
    body = {}
    for name in base.__abstractmethods__:
        parameters = ", ".join(inspect.signature(getattr(base, name)).parameters)
        exec(f"async def {name}({parameters}): ...", body)
    body.pop("__builtins__")
    return type(base)(f"My{base.__name__}", (base,), body)()

namespaces = [implement(getattr(large.server, f"Part{number}Namespace")) for number in range(5)]
server = Server()
began = time.process_time()
for namespace in namespaces:
    server.register(namespace)
print(time.process_time() - began)
"""
BREAKING: Final = (*ACKORD, "breaking", "large.yaml", "--against")
LOAD: Final = "from pathlib import Path; from ackord.schema import load_contract; "
STEPS: Final = (
    process("Python's own start", *python("pass")),
    process("load", *python(f"{LOAD}load_contract(Path('large.yaml'))"), target=0.9),
    process("ackord generate", *ACKORD, "generate", "large.yaml", "--out", "new", target=2.0),
    process("ackord check", *ACKORD, "check", "large.yaml", "--out", "large", target=2.0),
    process("ackord lint", *ACKORD, "lint", "large.yaml", target=1.2, accepted=(100,)),
    process("ackord breaking", *BREAKING, "before.yaml", target=1.8, accepted=(100,)),
    process("ackord breaking, contract.json", *BREAKING, "large/contract.json", target=1.8),
    keystroke("a keystroke in a comment", "# a comment", "x", target=0.3),
    keystroke("a keystroke in an event", "doc: Save a model, number 1", "x", target=0.3),
    keystroke("a keystroke that breaks YAML", "doc: Save a model, number 1", "\n"),
    process("ackord --version", *ACKORD, "--version"),
    process("ackord --help", *ACKORD, "--help", target=0.6),
    Step("registering", lambda directory: own_cpu(REGISTER, directory), 1.0),
    importing("importing 100 events (package)", "middle"),
    importing("importing 100 events (client)", "middle.client"),
    importing("importing 100 events (server)", "middle.server"),
    Step("importing pydantic", lambda directory: own_cpu(IMPORT_PYDANTIC, directory)),
    process("ackord generate, models alone", *ACKORD, "generate", "models.yaml", "--out", "new"),
)
PEER: Final = process(peer_toolkit.PACKAGE, *peer_toolkit.command())
"""The same models, by another generator."""


def measure(directory: Path, steps: Sequence[Step], rounds: int) -> Mapping[str, float]:
    """Return the best of some rounds of each step, and of the canary, by name."""
    best: dict[str, float] = {}
    canary = process("canary", *python(CANARY))
    for _ in range(rounds):
        for step in (canary, *steps):
            shutil.rmtree(directory / "new", ignore_errors=True)
            seconds = step.measure(directory)
            best[step.name] = min(best.get(step.name, seconds), seconds)
    return best


def prepare(directory: Path, events: int = EVENTS, models: int = MODELS) -> None:
    """Write and generate the contracts that are measured."""
    for name, shares in (("large", 1), ("middle", 5)):
        schema = large_schema(events // shares, models // shares)
        path = directory / f"{name}.yaml"
        path.write_text(schema.replace("name: large", f"name: {name}"))
        child_cpu((*ACKORD, "generate", path.name, "--out", name), directory, (0,))
    # A field had another limit, which breaks old clients in each event that uses its model.
    before = large_schema(events, models).replace("max_length: 200", "max_length: 300", 1)
    (directory / "before.yaml").write_text(before)
    (directory / "models.yaml").write_text(large_schema(0, models))
    peer_toolkit.write_schema(directory, models)


def report(best: Mapping[str, float], steps: Sequence[Step]) -> str:
    """Write the table of ratios to the canary."""
    canary = best["canary"]
    lines = [f"the canary took {canary:.2f} s of CPU"]
    for step in steps:
        ratio = best[step.name] / canary
        target = "" if step.target is None else f"  (at most {step.target})"
        lines.append(f"{step.name:30} {ratio:5.2f}{target}")
    return "\n".join(lines)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder))
        steps: tuple[Step, ...] = STEPS
        if peer_toolkit.install(Path(folder)):
            steps += (PEER,)
        else:
            print(f"{PEER.name} can't be installed here")
        print(report(measure(Path(folder), steps, ROUNDS), steps))


if __name__ == "__main__":
    main()
