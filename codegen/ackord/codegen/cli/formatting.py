"""What ``ackord format`` does."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Final

import click
from ackord.codegen.cli.loading import STANDARD_INPUT, look_here, name_of, show, stop_for_errors
from ackord.codegen.cli.outcome import FAILED, FINDINGS, fail
from ackord.codegen.cli.project import find_schemas
from ackord.codegen.configuration import shown
from ackord.schema import FormatResult, format_bytes, load_contract

_TEMPORARY: Final = ".ackord-temporary-"


def format_all(named: Sequence[str]) -> None:
    """Format files: all of them, or none if one can't be formatted."""
    for path, (before, after) in _format(named).items():
        if path == STANDARD_INPUT:
            sys.stdout.buffer.write(after)
        elif before == after:
            click.echo(f"{path} is formatted")
        else:
            try:
                _replace(path, after)
            except OSError as error:
                fail([f"can't write {path}: {error.strerror}"], FAILED)
            click.echo(f"formatted {path}")


def check_all(named: Sequence[str], *, diff: bool) -> None:
    """Say which files aren't formatted; ends the program with findings if there are some."""
    changed = [(path, *both) for path, both in _format(named).items() if both[0] != both[1]]
    for path, before, after in changed:
        if diff:
            click.echo(_diff(path, before, after), nl=False)
        click.echo(f"{name_of(path)} isn't formatted", err=True)
    if changed:
        again = "".join(f" {path}" for path, _, _ in changed) if named else ""
        click.echo(f"run: ackord format{again}", err=True)
        raise click.exceptions.Exit(FINDINGS)


def _format(named: Sequence[str]) -> Mapping[Path, tuple[bytes, bytes]]:
    """Return the content of each file before and after; shows why a file can't be formatted, and
    ends the program then.

    Without names, these are the files of the configuration, and all that they import.
    """
    look_here()
    waiting = list(find_schemas(named))
    contents: dict[Path, tuple[bytes, bytes]] = {}
    refused: list[tuple[Path, FormatResult]] = []
    done: set[Path] = set()
    while waiting:
        path = waiting.pop(0)
        if path.resolve() in done:
            continue
        done.add(path.resolve())
        before, result = _format_one(path)
        if result.data is None:
            refused.append((path, result))
            continue
        contents[path] = (before, result.data)
        if result.note is not None:
            click.echo(f"{path}: {result.note}", err=True)
        if not named:
            waiting += [shown(Path(file)) for file in result.loaded.sources]
    if refused:
        _refuse(refused)
    return contents


def _format_one(path: Path) -> tuple[bytes, FormatResult]:
    if path == STANDARD_INPUT:
        before = sys.stdin.buffer.read()
        return before, format_bytes(before, "<stdin>")
    try:
        before = path.read_bytes()
    except OSError:
        return b"", FormatResult(data=None, loaded=load_contract(path))
    return before, format_bytes(before, path.as_posix())


def _refuse(refused: Sequence[tuple[Path, FormatResult]]) -> None:
    for path, result in refused:
        if result.note is not None:
            fail([result.note], FAILED, where=f"{path} - ")
    stop_for_errors(show([result.loaded for _, result in refused]))


def _replace(path: Path, content: bytes) -> None:
    """Replace a file by a complete one in one step; its permissions and a link to it stay."""
    target = path.resolve()
    with tempfile.NamedTemporaryFile(
        prefix=_TEMPORARY, dir=target.parent, delete=False
    ) as temporary:
        written = Path(temporary.name)
        try:
            temporary.write(content)
            temporary.close()
            shutil.copymode(target, written)
            written.replace(target)
        finally:
            written.unlink(missing_ok=True)


def _diff(path: Path, before: bytes, after: bytes) -> str:
    name = "stdin" if path == STANDARD_INPUT else path.as_posix().lstrip("/")
    lines = unified_diff(
        before.decode(errors="replace").splitlines(keepends=True),
        after.decode(errors="replace").splitlines(keepends=True),
        f"a/{name}",
        f"b/{name}",
    )
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
